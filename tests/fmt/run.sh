#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# fmt: x.weft here becomes x.out (UPDATE=1 writes it anew); and every program of the tree that parses: its formatted text has the
# same tree, formatting it again changes nothing. Programs in examples/ and stdlib/ are in the style already.
set -u
cd "$(dirname "$0")/../.."
weft=$(realpath "${WEFT:-build/weft}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail() { echo "FAIL $1: $2"; failed=1; }

for program in tests/fmt/*.weft; do
  golden=${program%.weft}.out
  "$weft" fmt - <"$program" >"$work/out" 2>&1
  if [[ ${UPDATE:-} ]]; then cp "$work/out" "$golden"; fi
  if cmp -s "$golden" "$work/out"; then echo "ok $program"; else fail "$program" "the text differs"; diff "$golden" "$work/out" | head; fi
done

while IFS= read -r program; do
  "$weft" check --dump=ast "$program" >"$work/tree" 2>/dev/null || continue
  "$weft" fmt - <"$program" >"$work/once.weft" || { fail "$program" "does not format"; continue; }
  "$weft" fmt - <"$work/once.weft" >"$work/twice.weft"
  "$weft" check --dump=ast "$work/once.weft" >"$work/tree2" 2>/dev/null
  if ! cmp -s "$work/once.weft" "$work/twice.weft"; then fail "$program" "formatting twice differs from once"
  elif ! cmp -s "$work/tree" "$work/tree2"; then fail "$program" "formatting changed the tree"
  elif [[ $program == examples/* || $program == stdlib/* ]] && ! cmp -s "$program" "$work/once.weft"; then
    fail "$program" "not in the style; run: weft fmt $program"
  else echo "ok $program again"; fi
done < <(find examples stdlib tests -name '*.weft' 2>/dev/null | sort)

exit $failed
