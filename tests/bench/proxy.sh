#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# proxy.sh: CPU time per request (and per GiB) of the proxy process, for the compiled program (i) beside HAProxy and nginx,
# by turns in one run, on loopback. Figures are medians; JSON lines go to build/bench/proxy.jsonl.
#   ROUNDS=3 SECONDS_EACH=2 tests/bench/proxy.sh
set -eu
cd "$(dirname "$0")/../.."
rounds=${ROUNDS:-3} seconds=${SECONDS_EACH:-2} build=${BUILD:-build}
out=$build/bench; mkdir -p "$out"
work=$(mktemp -d)
started=()
finish() { for p in "${started[@]}"; do kill "$p" 2>/dev/null || :; done; wait 2>/dev/null || :; rm -rf "$work"; }
trap finish EXIT

${CC:-cc} -O2 -o "$work/load" tests/bench/load.c
backend=19700
"$work/load" serve $backend & started+=($!)

printf 'listener web on 127.0.0.1:19701 {\n  forward 127.0.0.1:%d\n}\n' $backend >"$work/web.weft"
"$build/weft" build "$work/web.weft" -o "$work/weft" >/dev/null
"$work/weft" >"$work/weft.log" 2>&1 & weft=$!; started+=($weft)

cat >"$work/haproxy.cfg" <<CFG
global
  maxconn 5000
  nbthread 1
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen web
  bind 127.0.0.1:19702
  server b 127.0.0.1:$backend
CFG
haproxy -f "$work/haproxy.cfg" >"$work/haproxy.log" 2>&1 & haproxy=$!; started+=($haproxy)

module=$(ls /usr/lib/nginx/modules/ngx_stream_module.so 2>/dev/null || :)
cat >"$work/nginx.conf" <<CFG
${module:+load_module $module;}
daemon off; master_process off; worker_processes 1; pid $work/nginx.pid; error_log $work/nginx.err;
events { worker_connections 9000; }
stream { server { listen 127.0.0.1:19703 backlog=4096; proxy_pass 127.0.0.1:$backend; } }
CFG
nginx -c "$work/nginx.conf" -p "$work" >"$work/nginx.log" 2>&1 & nginx=$!; started+=($nginx)
for port in $backend 19701 19702 19703; do
  for _ in $(seq 100); do (exec 5<>/dev/tcp/127.0.0.1/$port) 2>/dev/null && break; sleep 0.05; done
done

for s in weft:$weft haproxy:$haproxy nginx:$nginx; do
  kill -0 "${s#*:}" 2>/dev/null || { echo "${s%:*} did not start:"; cat "$work/${s%:*}.log" "$work/nginx.err" 2>/dev/null; exit 1; }
done

tick=$(getconf CLK_TCK)
# microseconds of CPU that a process (all its threads) has used
cpu() { awk -v t="$tick" '{ sub(/.*\) /, ""); print int(($12 + $13) * 1000000 / t) }' "/proc/$1/stat"; }
rss() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }
median() { sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }

declare -A rest=([weft]=$(rss "$weft") [haproxy]=$(rss "$haproxy") [nginx]=$(rss "$nginx"))
: >"$out/proxy.jsonl"
# measure MODE CONNECTIONS BYTES: all three by turns
measure() {
  local mode=$1 connections=$2 bytes=$3 r s
  rm -f "$work"/figure.*
  for ((r = 0; r < rounds; r++)); do
    for s in weft:$weft:19701 haproxy:$haproxy:19702 nginx:$nginx:19703; do
      IFS=: read -r name pid port <<<"$s"
      before=$(cpu "$pid")
      read -r _ requests _ moved _ p50 _ p99 _ < <("$work/load" "$mode" "$port" "$connections" "$bytes" "$seconds")
      used=$(($(cpu "$pid") - before))
      if [[ $mode == bulk ]]; then awk -v u=$used -v b="$moved" 'BEGIN { printf "%.1f\n", u / (b / 1048576) }'
      else awk -v u=$used -v n="$requests" 'BEGIN { printf "%.2f\n", n ? u / n : 0 }'; fi >>"$work/figure.$name"
      echo "$p99" >>"$work/figure.p99.$name"
    done
  done
  printf '%-28s' "$mode $connections x $bytes"
  local own; own=$(median <"$work/figure.weft")
  for name in weft haproxy nginx; do
    m=$(median <"$work/figure.$name"); p=$(median <"$work/figure.p99.$name")
    printf ' %10s' "$m"
    [[ $name != weft ]] && printf ' (%.2f)' "$(awk -v a="$own" -v b="$m" 'BEGIN { print b ? a / b : 0 }')"
    unit=us_per_request; [[ $mode == bulk ]] && unit=us_per_MiB
    printf '{"workload":"%s","system":"%s","metric":"cpu","value":%s,"unit":"%s"}\n' "$mode $connections x $bytes" $name "$m" $unit >>"$out/proxy.jsonl"
    printf '{"workload":"%s","system":"%s","metric":"p99","value":%s,"unit":"ns"}\n' "$mode $connections x $bytes" $name "$p" >>"$out/proxy.jsonl"
  done
  echo
}

echo "CPU of the proxy in microseconds per request (bulk: per MiB); in brackets Weft's share of the peer's"
printf '%-28s %10s %17s %17s\n' workload weft haproxy nginx
measure pingpong 1 64
measure pingpong 64 64
measure pingpong 64 1024
measure pingpong 512 64
measure connect 64 64
measure bulk 1 0
measure bulk 16 0

echo
echo "memory (KiB): at the start, after the load, and for each of 1,000 idle connections"
for s in weft:$weft:19701 haproxy:$haproxy:19702 nginx:$nginx:19703; do
  IFS=: read -r name pid port <<<"$s"
  before=$(rss "$pid")
  "$work/load" idle "$port" 1000 - 2 >/dev/null & idle=$!
  sleep 1.5
  after=$(rss "$pid")
  wait $idle
  awk -v n=$name -v r="${rest[$name]}" -v a="$before" -v b="$after" 'BEGIN { printf "%-10s %8d %8d %8.2f\n", n, r, a, (b - a) / 1000 }'
done
