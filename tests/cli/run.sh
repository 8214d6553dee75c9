#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# cli: the command line of weft: exit codes (0 clean, 1 errors in the program, 2 wrong use), suggestions, help, fmt, new, explain.
set -u
cd "$(dirname "$0")/../.."
weft=$(realpath "${WEFT:-build/weft}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# expect NAME STATUS PATTERN COMMAND...: the exit status, and what stands somewhere in the output
expect() {
  local name=$1 status=$2 pattern=$3 got
  shift 3
  got=$("$@" 2>&1 </dev/null)
  local ended=$?
  if ((ended != status)); then echo "FAIL $name: status $ended, not $status"; failed=1
  elif ! grep -qF -- "$pattern" <<<"$got"; then echo "FAIL $name: no '$pattern' in: ${got:0:300}"; failed=1
  else echo "ok $name"; fi
}

printf 'listener web on *:8080 {\n  forward 10.0.0.5:9090\n}\n' >"$work/good.weft"
printf 'listener web on *:8080 {\n  forward\n}\n' >"$work/bad.weft"
printf 'listener   web on *:8080 {\nforward 10.0.0.5:9090\n}\n' >"$work/ugly.weft"

expect usage 2 'Usage: weft COMMAND' "$weft"
expect help 0 'Usage: weft COMMAND' "$weft" --help
expect version 0 'weft ' "$weft" --version
expect unknown-command 2 'did you mean `check`?' "$weft" chek
expect unknown-option 2 'did you mean `--dump`?' "$weft" check --dumb=ast "$work/good.weft"
expect missing-value 2 'a value must follow' "$weft" check --dump
expect check-help 0 'Example:' "$weft" check --help
for command in check fmt build run explain graph cost new status watch; do
  expect "help-$command" 0 'Example:' "$weft" help "$command"
done
expect check-good 0 '' "$weft" check "$work/good.weft"
expect check-bad 1 'error[E0201]' "$weft" check "$work/bad.weft"
expect check-missing 2 'cannot read' "$weft" check "$work/missing.weft"
expect check-nothing 2 'which file?' "$weft" check
expect check-json 1 '"code":"E0201"' "$weft" check --json "$work/bad.weft"
expect no-colour-in-a-file 1 'error[E0201]: `forward` needs' "$weft" check "$work/bad.weft"
expect explain 0 'error[E0202]: this `...` is not closed' "$weft" explain E0202
expect explain-unknown 2 'there is no code' "$weft" explain E9999
expect explain-all 0 'E0101' "$weft" explain
expect fmt-check-good 0 '' "$weft" fmt --check "$work/good.weft"
expect fmt-check-ugly 1 'ugly.weft' "$weft" fmt --check "$work/ugly.weft"
expect fmt-bad 1 'error[E0201]' "$weft" fmt "$work/bad.weft"
expect fmt-ugly 0 '' "$weft" fmt "$work/ugly.weft"
expect fmt-wrote 0 '' cmp "$work/ugly.weft" "$work/good.weft"
expect new 0 'begin with' "$weft" new "$work/shop"
expect new-checks 0 '' "$weft" check "$work/shop/main.weft"
expect new-is-formatted 0 '' "$weft" fmt --check "$work/shop/main.weft"
expect new-again 2 'exists' "$weft" new "$work/shop"

exit $failed
