#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# diag: every broken program x.weft below this folder must give exactly the text x.out. UPDATE=1 writes the texts anew.
# Every code of dsl/diags.tbl must stand in one of them, and have a page.
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
  if ((status == 1)) && ! (cd "$(dirname "$program")" && "$weft" check --json "$(basename "$program")") |
    python3 -c 'import json,sys; [json.loads(line) for line in sys.stdin]' 2>/dev/null; then
    echo "FAIL $name.json: not one JSON object per line"; failed=1
  fi
done

exit $failed
