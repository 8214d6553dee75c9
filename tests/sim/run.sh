#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# sim: 10,000 seeded schedules of the real relay and listener code in a simulated kernel, 400 of them with the sanitizers; and
# the same schedules must find each of five bugs that are planted into builds of their own. A failure prints its seed:
#   build/sim/schedules SEED 1 -v
set -u
cd "$(dirname "$0")/../.."
out=${BUILD:-build}/sim
count=${SCHEDULES:-10000}
make -s -j2 -f tests/sim/build.mk BUILD="${BUILD:-build}" || exit 1
status=0

# half HOW FROM COUNT: one process of several
declare -A pids
run() { local name=$1; shift; "$@" >"$out/$name.out" 2>&1 & pids[$name]=$!; }
half=$((count / 2))
run first "$out/schedules" 1 $half
run second "$out/schedules" $((half + 1)) $((count - half))
wait "${pids[first]}"; one=$?
wait "${pids[second]}"; two=$?
if ((one == 0 && two == 0)); then echo "ok $count schedules"
else status=1; echo "FAIL $count schedules: $(grep -hv 'schedules$' "$out/first.out" "$out/second.out" | head -n 1)"; fi

if "$out/schedules-asan" 1 400 >"$out/asan.out" 2>&1; then echo "ok 400 schedules with the sanitizers"
else status=1; echo "FAIL 400 schedules with the sanitizers: $(head -n 1 "$out/asan.out")"; cat "$out/asan.out"; fi

names=(none "lost half-close" "stale completion" "dropped byte" "leaked buffer" "missed re-arm")
for plant in 1 2 3 4 5; do
  timeout 60 "$out/schedules-plant$plant" 1 1000 >"$out/plant$plant.out" 2>&1
  found=$(grep -h '^seed ' "$out/plant$plant.out")
  if [[ -n $found ]]; then echo "ok finds the planted ${names[$plant]} ($found)"
  else status=1; echo "FAIL finds the planted ${names[$plant]}: 1000 schedules did not"; fi
done
exit $status
