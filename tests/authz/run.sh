#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# authz: AuthorizationPolicies as the standard library judges them, by connecting: one running sidecar, a policy file saved
# anew for each case of cases.yaml.
set -u
cd "$(dirname "$0")"
weft=$(realpath "${WEFT:-../../build/weft}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$weft" build sidecar.weft -o "$work/sidecar" >"$work/log" 2>&1 || { cat "$work/log"; echo "FAIL build: sidecar.weft"; exit 1; }
python3 judge.py "$work"
