#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Dumps of a program's tables, one behind the other, as what each commit changed: `+ row`, `- row`."""
import sys

before = set()
for number, dump in enumerate(sys.stdin.read().split("==\n")[:-1]):
    now = set(dump.splitlines())
    print(f"commit {number + 1}")
    for row in sorted(before - now):
        print("-", row)
    for row in sorted(now - before):
        print("+", row)
    before = now
