#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# sim: 10,000 seeded schedules of the real relay and listener code in a simulated kernel, and 5,000 of sockets under owners
# of any temper; some of both with the sanitizers. The same schedules must find each of five bugs that are planted into
# builds of their own. A failure prints its seed:
#   build/sim/schedules relays SEED 1 -v
set -u
cd "$(dirname "$0")/../.."
out=${BUILD:-build}/sim
count=${SCHEDULES:-10000}
make -s -j2 -f tests/sim/build.mk BUILD="${BUILD:-build}" || exit 1
status=0

# run NAME COMMAND ...: beside the others
declare -A pids
run() { local name=$1; shift; "$@" >"$out/$name.out" 2>&1 & pids[$name]=$!; }
half=$((count / 2))
run first "$out/schedules" relays 1 $half
run second "$out/schedules" relays $((half + 1)) $((count - half))
# verdict NAME PROCESS ...
verdict() {
  local name=$1 p bad=0; shift
  for p; do wait "${pids[$p]}" || { bad=1; why=$(grep -hE '^seed |ERROR|runtime error' "$out/$p.out" | head -n 1); }; done
  if ((bad)); then status=1; echo "FAIL $name: ${why:-it crashed}"; else echo "ok $name"; fi
}
verdict "$count schedules of relays" first second
run owners "$out/schedules" owners 1 $half
run asan "$out/schedules-asan" relays 1 300
verdict "$half schedules of owners" owners
run asan-owners "$out/schedules-asan" owners 1 300
verdict "300 and 300 with the sanitizers" asan asan-owners

names=(none "lost half-close" "stale completion" "dropped byte" "leaked buffer" "missed re-arm")
for plant in 1 2 3 4 5; do
  timeout 60 "$out/schedules-plant$plant" relays 1 1000 >"$out/plant$plant.out" 2>&1
  found=$(grep -h '^seed ' "$out/plant$plant.out")
  if [[ -n $found ]]; then echo "ok finds the planted ${names[$plant]} ($found)"
  else status=1; echo "FAIL finds the planted ${names[$plant]}: 1000 schedules did not"; fi
done
exit $status
