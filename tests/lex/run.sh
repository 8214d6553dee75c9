#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# lex: every line of cases.txt, `text ==> its tokens, without spaces and line breaks`; \n is a line break.
# UPDATE=1 writes the tokens anew.
set -u
cd "$(dirname "$0")"
weft=$(realpath "${WEFT:-../../build/weft}")
failed=0

tokens() {
  printf '%s' "${1//'\n'/$'\n'}" | "$weft" check --dump=tokens - 2>&1 | cut -d' ' -f2- | grep -vxE 'space|newline|end' |
    tr '\n' '|' | sed 's/|$//; s/|/ | /g'
}
if [[ ${UPDATE:-} ]]; then
  updated=$(while IFS= read -r line; do
    if [[ $line == "#"* || -z $line ]]; then echo "$line"; else echo "${line%% ==> *} ==> $(tokens "${line%% ==> *}")"; fi
  done <cases.txt)
  echo "$updated" >cases.txt
fi
while IFS= read -r line; do
  [[ $line == "#"* || -z $line ]] && continue
  got=$(tokens "${line%% ==> *}")
  if [[ $got == "${line#* ==> }" ]]; then echo "ok ${line%% ==> *}"
  else echo "FAIL ${line%% ==> *}: $got"; failed=1; fi
done <cases.txt

exit $failed
