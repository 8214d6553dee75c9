#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# deps.sh: installs what is missing of Debian's packages, saying what; sudo when not root.
#   tests/deps.sh build    what `make` needs
#   tests/deps.sh test     and what the tests use besides
set -eu
packages="gcc make libc6-dev re2c lemon liburing-dev libyaml-dev libxxhash-dev"
case ${1-build} in
build) ;;
test) packages="$packages g++ clang libclang-rt-14-dev python3 curl jq procps iproute2 nftables haproxy nginx-light libnginx-mod-stream" ;;
*) echo "deps.sh: build or test" >&2; exit 2 ;;
esac
missing=
for p in $packages; do
	case $(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null) in
	installed) ;;
	*) case $p in nginx-light) dpkg-query -W nginx-core >/dev/null 2>&1 || dpkg-query -W nginx >/dev/null 2>&1 || missing="$missing $p" ;; *) missing="$missing $p" ;; esac ;;
	esac
done
[ -n "$missing" ] || exit 0
echo "installing Debian packages:$missing"
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
# a server package must not start its server
policy=/usr/sbin/policy-rc.d
made=
if [ ! -e $policy ]; then printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null && $sudo chmod +x $policy && made=1; fi
trap '[ -z "$made" ] || $sudo rm -f $policy' EXIT
log=$(mktemp)
{ $sudo apt-get update -q && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing; } >"$log" 2>&1 ||
	{ tail -n 20 "$log" >&2; echo "the packages could not be installed; the whole log: $log" >&2; exit 1; }
rm -f "$log"
