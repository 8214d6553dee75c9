#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# docs: executes every fenced block of every page: programs are checked, console sessions are run and compared.
cd "$(dirname "$0")/../.." || exit 1
git ls-files '*.md' | xargs python3 tests/docs/console.py
