#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# diag: every broken program x.weft below this folder must give exactly the text x.out. UPDATE=1 writes the texts anew.
set -u
cd "$(dirname "$0")"
weft=${WEFT:-../../build/weft}
weft=$(realpath "$weft")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

for program in */*.weft; do
  golden=${program%.weft}.out name=${program%.weft}
  (cd "$(dirname "$program")" && "$weft" check "$(basename "$program")") >"$work/out" 2>&1
  status=$?
  if [[ ${UPDATE:-} ]]; then cp "$work/out" "$golden"; fi
  if ((status > 1)); then echo "FAIL $name: ended with status $status"; failed=1
  elif cmp -s "$golden" "$work/out"; then echo "ok $name"
  else echo "FAIL $name: the text differs"; diff "$golden" "$work/out" | head -20; failed=1; fi
  "$weft" check --json "$program" >>"$work/json" 2>/dev/null
done

if python3 -c 'import json, sys; [json.loads(line)["helps"] for line in sys.stdin]' <"$work/json"; then echo "ok json"
else echo "FAIL json: not one object per line"; failed=1; fi

# Every code has a page of more than its title. (That every code has a test is checked by tests/tidy.)
pages=0
while read -r code; do
  if (($("$weft" explain "$code" | wc -w) < 10)); then echo "FAIL $code: no page"; failed=1; fi
  pages=$((pages + 1))
done < <(grep -oE '^DIAG\([EW][0-9]+' ../../dsl/diags.tbl | sed 's/DIAG(//')
((pages)) && echo "ok $pages pages"

exit $failed
