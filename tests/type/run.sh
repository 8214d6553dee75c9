#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# type: small programs and what the checker says of them. A file holds cases, each `--- name: ID ...` with the codes that
# must be reported, in order of their places, or `ok`. `common.weft` stands before each case.
set -u
cd "$(dirname "$0")"
weft=${WEFT:-../../build/weft}
weft=$(realpath "$weft")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

judge() { # name, expected codes
  local got
  got=$("$weft" check --json "$work/case.weft" 2>"$work/err" | grep -o '"code": *"[EW][0-9]*"' | grep -o '[EW][0-9]*' | tr '\n' ' ')
  got=${got% }
  [[ -s $work/err ]] && got="$got $(head -n 1 "$work/err")"
  if [[ ${got:-ok} == "$2" ]]; then echo "ok $1"
  else echo "FAIL $1: want $2, got ${got:-ok}"; "$weft" check "$work/case.weft" 2>&1 | head -20 | sed 's/^/  | /'; failed=1; fi
}

for file in *.cases; do
  name='' expected=''
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ $line == '--- '* ]]; then
      [[ -n $name ]] && judge "$name" "$expected"
      name=${line#--- } expected=${name##*: } name="${file%.cases}/${name%: *}"
      cp common.weft "$work/case.weft"
    elif [[ -n $name ]]; then printf '%s\n' "$line" >>"$work/case.weft"; fi
  done <"$file"
  [[ -n $name ]] && judge "$name" "$expected"
done

# The standard library says nothing wrong.
for module in ../../stdlib/*.weft ../../stdlib/*/*.weft; do
  cp "$module" "$work/case.weft"
  judge "stdlib/$(basename "$module" .weft)" ok
done
exit $failed
