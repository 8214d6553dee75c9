#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# parse: every program x.weft here gives the tree x.ast; every line of expressions.txt, `expression => tree on one line`, too.
# UPDATE=1 writes the trees anew.
set -u
cd "$(dirname "$0")"
weft=$(realpath "${WEFT:-../../build/weft}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

for program in *.weft; do
  golden=${program%.weft}.ast name=${program%.weft}
  "$weft" check --dump=ast "$program" >"$work/out" 2>&1
  if [[ ${UPDATE:-} ]]; then cp "$work/out" "$golden"; fi
  if cmp -s "$golden" "$work/out"; then echo "ok $name"
  else echo "FAIL $name: the tree differs"; diff "$golden" "$work/out" | head -20; failed=1; fi
done

tree() {
  printf 'derive x: Int = %s\n' "$1" | "$weft" check --dump=ast - 2>&1 | sed '1,/^      (list)$/d' | head -n -2 |
    sed -z 's/\n */ /g; s/^ *//; s/ $//'
}
cases=expressions.txt
if [[ ${UPDATE:-} ]]; then
  while IFS= read -r line; do
    if [[ $line == "#"* || -z $line ]]; then echo "$line"; else echo "${line%% ==> *} ==> $(tree "${line%% ==> *}")"; fi
  done <$cases >"$work/cases" && cp "$work/cases" $cases
fi
while IFS= read -r line; do
  [[ $line == "#"* || -z $line ]] && continue
  input=${line%% ==> *} expected=${line#* ==> }
  got=$(tree "$input")
  if [[ $got == "$expected" ]]; then echo "ok $input"
  else echo "FAIL $input: $got"; failed=1; fi
done <$cases

# The grammar has no conflicts: lemon would say so, and the build go on.
if command -v lemon >/dev/null; then
  cp ../../dsl/grammar.y "$work"/
  if (cd "$work" && lemon -s grammar.y 2>&1) | grep -q 'conflicts\.* *0$'; then echo "ok no conflicts"
  else echo "FAIL no conflicts: lemon counts some"; failed=1; fi
fi

# A few hundred broken programs; more with FUZZ=100000.
python3 fuzz.py "$weft" 1 "${FUZZ:-300}" || failed=1

exit $failed
