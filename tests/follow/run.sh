#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# follow: the compiled program (ii) follows Bookinfo's manifests under traffic: on the main thread, with two workers, on epoll.
set -u
cd "$(dirname "$0")/../.."
build=$(realpath "${BUILD:-build}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags=-n; ((EUID)) && flags=-Urn
"$build/weft" build examples/02-per-port/main.weft -o "$work/per-port" >"$work/said" 2>&1 || { echo "FAIL build: $(head -n 1 "$work/said")"; exit 1; }
status=0
if ldd "$work/per-port" | grep -qE 'wolfssl|nftables'; then echo "FAIL links only what it uses"; status=1; else echo "ok links only what it uses"; fi
for options in "" "--workers 2" "--backend epoll"; do
  unshare $flags bash -c 'ip link set lo up; ulimit -n 4096; exec python3 tests/follow/follow.py "$@"' _ \
    "$work/per-port" examples/bookinfo/manifests $options | sed "s/^\(ok\|FAIL\) /\1 ${options:-one thread}: /" || :
  ((PIPESTATUS[0])) && status=1
done
exit $status
