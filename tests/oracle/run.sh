#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# oracle: random programs under random histories; after every transaction the compiled engine and the evaluation from scratch
# must agree. A failure prints its seed: tests/oracle/generate.py SEED PROGRAM HISTORY makes the two files again.
# The canary is a compiler with a planted bug in its plans, which must be found.
#   FIRST=1 PROGRAMS=20 TRANSACTIONS=40 tests/oracle/run.sh
set -u
cd "$(dirname "$0")/../.."
build=$(realpath "${BUILD:-build}")
first=${FIRST:-1} programs=${PROGRAMS:-20} transactions=${TRANSACTIONS:-40}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export WEFT_STDLIB=$PWD/stdlib
status=0

# The rows of the extern collections come from --feed: the C that a user would bring starts nothing.
for c in c0 c1 c2 c3; do echo "void ${c}_start(void *program); void ${c}_start(void *program) { (void)program; }"; done >"$work/start.c"
${CC:-cc} -c -o "$work/start.o" "$work/start.c" || exit 1
printf '#!/bin/sh\nexec %s "$@" "%s"\n' "${CC:-cc}" "$work/start.o" >"$work/cc"
chmod +x "$work/cc"

# judge TOOL SEED: runs it, leaves what it said in $work/said
judge() {
  python3 tests/oracle/generate.py "$2" "$work/p.weft" "$work/h.jsonl" "$transactions" >"$work/used" || return 2
  CC=$work/cc timeout 60 "$1" run --check "$work/p.weft" --feed "$work/h.jsonl" --admin none >"$work/said" 2>&1
}

for ((seed = first; seed < first + programs; seed++)); do
  if judge "$build/weft" $seed && grep -q ', 0 differences$' "$work/said"; then
    echo "ok seed $seed: $(tail -n 1 "$work/said")"
  else
    status=1
    echo "FAIL seed $seed: $(tail -n 1 "$work/said")"
    head -n 12 "$work/said" | cut -c1-400 | sed 's/^/  | /'
  fi
  tr ';' '\n' <"$work/used" >>"$work/all"
done
# Rules as collections: the program runs until it is told to end, so that outcomes come back.
cp tests/oracle/rules.weft tests/oracle/rules.yaml "$work/"
(cd "$work" && timeout -k 5 -s INT 3 "$build/weft" run --check rules.weft --admin none >said 2>&1)
if grep -q ', 0 differences$' "$work/said" && grep -q 'wanted by per_port' "$work/said"; then echo "ok rules: $(tail -n 1 "$work/said")"
else status=1; echo "FAIL rules: $(tail -n 1 "$work/said")"; fi

echo "operators used: $(sort "$work/all" | uniq -c | sort -rn | awk '{ n = $1; $1 = ""; printf "%s%s %d", (NR > 1 ? "," : ""), $0, n }')"

# A generator that leaves operators out proves nothing about them.
for operator in group self-join 'on conflict merge' 'on conflict reject' 'on conflict keep first' 'on conflict keep last' also 'walk over a list' \
  'look-up by full key' 'look-up by partial key' 'none over a table' 'some over a table' 'single value' ref 'conflicts(c)' selects 'list from a table' with \
  'match with payload' 'walk over a map' 'walk over labels' 'template in a key' 'for over an option' 'single record' 'group by ref' param; do
  ((programs < 20)) || grep -qxF "$operator" "$work/all" || { status=1; echo "FAIL coverage: no program used: $operator"; }
done

# The canary stands beside its library, so that it finds both.
mkdir -p "$work/canary/bin"
cp "$build/libweft.a" "$work/canary/bin/"
mkdir -p "$work/canary/runtime" && cp -r runtime/include "$work/canary/runtime/"
${CC:-cc} -std=c11 -O1 -DWEFT_PLANT -D_GNU_SOURCE -Icompiler -Idsl -I"$build/gen" -c -o "$work/plan_delta.o" compiler/plan_delta.c &&
  ${CC:-cc} -o "$work/canary/bin/weft" "$work/plan_delta.o" $(ls "$build"/compiler/*.o | grep -v /plan_delta.o) "$build/gen/lexer.o" "$build/gen/grammar.o" -lpthread
found=0
for seed in 1 2 3; do
  judge "$work/canary/bin/weft" $seed || { grep -q ' differences$' "$work/said" && found=1; }
done
if ((found)); then echo "ok canary: a planted bug in the plans is found"; else status=1; echo "FAIL canary: a planted bug in the plans is not found"; fi
exit $status
