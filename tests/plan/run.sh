#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# plan: the operator graph of each program (`weft check --dump=plan`) and its costs (`weft cost`) must be NAME.plan; the graph must be
# one that dot accepts, where it is installed. UPDATE=1 writes the goldens anew.
set -u
cd "$(dirname "$0")"
weft=$(realpath "${WEFT:-../../build/weft}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

for program in ../../examples/*/main.weft ../engine-programs/*.weft *.weft; do
  [[ -e $program ]] || continue
  name=$(basename "$program" .weft)
  [[ $name == main ]] && name=$(basename "$(dirname "$program")")
  { "$weft" check --dump=plan "$program" && echo && "$weft" cost "$program"; } >"$work/out" 2>"$work/log"
  status=$?
  [[ ${UPDATE:-} ]] && cp "$work/out" "$name.plan"
  if ((status != 0)); then echo "FAIL $name: $(head -c 300 "$work/log")"; failed=1
  elif cmp -s "$name.plan" "$work/out"; then echo "ok $name"
  else echo "FAIL $name: another plan"; diff "$name.plan" "$work/out" | head -20; failed=1; fi
done

if "$weft" graph ../../examples/06-endpoints/main.weft >"$work/dot" 2>/dev/null && grep -q 'endpoints' "$work/dot" &&
   { ! command -v dot >/dev/null || dot -Tsvg "$work/dot" >/dev/null; }; then echo "ok graph"
else echo "FAIL graph: not a graph"; failed=1; fi
exit $failed
