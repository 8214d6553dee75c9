#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# net: a compiled proxy in a network namespace of its own, with nftables redirecting to it: the original destination
# is seen for both families through the one dual-stack socket of `*`, and dialled. Needs root (or a user namespace) and nft.
set -u
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
if [[ ${1-} != inside ]]; then
  flags=-n; ((EUID)) && flags=-Urn
  if ! command -v nft >/dev/null || ! unshare $flags true 2>/dev/null; then echo "skip redirected: no nft or no namespaces here"; exit 0; fi
  exec unshare $flags "$0" inside
fi
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT
status=0
verdict() { if [[ $2 == *"$3"* ]]; then echo "ok $1"; else echo "FAIL $1: '$2' does not have '$3'"; status=1; fi; }

ip link set lo up && ip address add 10.99.0.1/32 dev lo && ip -6 address add fd99::1/128 dev lo nodad && nft -f - <<'N' || { echo "skip redirected: nft cannot redirect here"; exit 0; }
table inet t {
  chain out {
    type nat hook output priority -100;
    ip daddr 10.99.0.1 tcp dport { 18099, 9 } redirect to :15006
    ip6 daddr fd99::1 tcp dport { 18099, 9 } redirect to :15006
  }
}
N
"$build/weft" build tests/net/redirected.weft -o "$work/proxy" >"$work/build.log" 2>&1 || { echo "FAIL build: $(head -n 1 "$work/build.log")"; exit 1; }
python3 - <<'P' &
import socketserver
class H(socketserver.StreamRequestHandler):
    def handle(self): self.wfile.write(b'echo ' + self.rfile.readline())
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(('127.0.0.1', 18099), H).serve_forever()
P
"$work/proxy" >"$work/log" 2>&1 &
for _ in $(seq 100); do grep -q 'open$' "$work/log" && (exec 3<>/dev/tcp/127.0.0.1/18099) 2>/dev/null && break; sleep 0.05; done

ask() { (exec 3<>"/dev/tcp/$1" && echo hello >&3 && timeout 2 cat <&3) 2>&1; }
verdict redirected-v4 "$(ask 10.99.0.1/18099)" "echo hello"
verdict redirected-v6 "$(ask fd99::1/18099)" "echo hello"
ask 10.99.0.1/9 >/dev/null
sleep 0.1
log=$(<"$work/log")
verdict original-destination-v4 "$log" "wanted 10.99.0.1:18099"
verdict original-destination-v6 "$log" "wanted [fd99::1]:18099"
verdict denied-by-it "$log" "denied: nothing at 9"
# Not redirected: the original destination is the listener's own address, and a dial to it is one to oneself.
ask 127.0.0.1/15006 >/dev/null
sleep 0.1
verdict not-redirected "$(<"$work/log")" "wanted 127.0.0.1:15006"
exit $status
