#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# engine-programs: compiled programs are fed the transactions of NAME.jsonl; what each commit changes in their tables must be NAME.out.
# The C must compile without a warning, and run clean under the address and undefined-behaviour sanitizers. UPDATE=1 writes the .out anew.
set -u -o pipefail
cd "$(dirname "$0")"
root=../.. build=${BUILD:-../../build}
weft=${WEFT:-$build/weft}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow"
failed=0

# case NAME PROGRAM.weft [name value ...]
case_of() {
  local name=$1 program=$2 base
  shift 2
  mkdir -p "$work/$name"
  cp "$program" "$work/$name/$name.weft"
  if ! "$weft" build --emit c -o "$work/$name" "$work/$name/$name.weft" >"$work/log" 2>&1 ||
     ! ${CC:-cc} -std=c11 -g -O0 -fsanitize=address,undefined -fno-sanitize-recover=all $warnings -Werror -I$root/runtime/include -c \
       -o "$work/$name/$name.o" "$work/$name/$name.c" >>"$work/log" 2>&1 ||
     ! ${CC:-cc} -std=c11 -D_GNU_SOURCE -g -fsanitize=address,undefined -I$root/runtime/include -I$root/runtime "-DPROGRAM=${name}_program" \
       -o "$work/$name/run" harness.c "$work/$name/$name.o" "$build/libweft.a" -luring -lyaml -lpthread >>"$work/log" 2>&1 ||
     ! "$work/$name/run" "$name.jsonl" "$@" >"$work/dump" 2>>"$work/log"; then
    echo "FAIL $name: $(head -c 600 "$work/log")"
    failed=1
    return
  fi
  python3 changes.py <"$work/dump" >"$work/out"
  [[ ${UPDATE:-} ]] && cp "$work/out" "$name.out"
  if cmp -s "$name.out" "$work/out"; then echo "ok $name"
  else
    echo "FAIL $name: other rows"
    diff "$name.out" "$work/out" | head -20
    failed=1
  fi
}

# Every allocation of every transaction fails once, and nothing of it is seen; insert, then delete, leaves nothing.
without_memory() {
  local name=$1
  shift
  if ! ${CC:-cc} -std=c11 -D_GNU_SOURCE -g -fsanitize=address,undefined -I$root/runtime/include -I$root/runtime "-DPROGRAM=${name}_program" \
       -o "$work/$name/memory" memory.c "$work/$name/$name.o" "$build/libweft.a" -luring -lyaml -lpthread >"$work/log" 2>&1 ||
     ! timeout 60 "$work/$name/memory" "$name.jsonl" "$@" >"$work/said" 2>"$work/log"; then
    echo "FAIL $name without memory: $(head -c 600 "$work/log")"
    failed=1
  else
    echo "ok $name without memory: $(cat "$work/said")"
  fi
}

# A compiler that reads the state behind a driver NEW instead of OLD must be noticed: by a failing transaction, or by other rows.
canary() {
  local objects
  objects=$(find "$build/compiler" "$build/gen" -name '*.o' ! -name plan_delta.o)
  mkdir -p "$work/canary"
  if ! ${CC:-cc} -std=c11 -D_GNU_SOURCE -DPLANTED_PLAN_BUG -I$root/compiler -I$root/dsl -I"$build/gen" -c -o "$work/canary/plan_delta.o" \
         $root/compiler/plan_delta.c >"$work/log" 2>&1 ||
     ! ${CC:-cc} -o "$work/canary/weft" "$work/canary/plan_delta.o" $objects -lpthread >>"$work/log" 2>&1; then
    echo "FAIL canary: $(head -c 300 "$work/log")"
    failed=1
    return
  fi
  if [[ $(weft=$work/canary/weft UPDATE=; case_of aggregates aggregates.weft) == FAIL* ]]; then echo "ok canary"
  else echo "FAIL canary: a wrong plan was not noticed"; failed=1; fi
}

# The same changes beside 100 and beside 5,000 Services and Pods must cost the same, operator by operator.
flat() {
  local n program=$work/endpoints/run
  for n in 100 5000; do
    python3 flat.py $n >"$work/flat.jsonl"
    COUNTERS=1 "$program" "$work/flat.jsonl" 2>"$work/log" | tail -n 12 >"$work/flat.$n" || { echo "FAIL flat: $(head -c 300 "$work/log")"; failed=1; return; }
  done
  [[ ${UPDATE:-} ]] && cp "$work/flat.100" flat.out
  if cmp -s flat.out "$work/flat.100" && cmp -s flat.out "$work/flat.5000"; then echo "ok flat"
  else echo "FAIL flat: other counters"; diff flat.out "$work/flat.100"; diff "$work/flat.100" "$work/flat.5000"; failed=1; fi
}

export WEFT_STDLIB=$(realpath $root/stdlib)
case_of lookups lookups.weft
case_of aggregates aggregates.weft
case_of rules rules.weft
case_of shapes shapes.weft
case_of ports $root/examples/02-per-port/main.weft namespace shop labels "app=web,tier=front"
case_of endpoints $root/examples/06-endpoints/main.weft
for name in lookups aggregates rules shapes endpoints; do without_memory $name; done
without_memory ports namespace shop labels "app=web,tier=front"
flat
canary
exit $failed
