#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# run: programs compiled, linked and run, with real sockets on loopback.
cd "$(dirname "$0")/../.." && exec unshare $([[ $EUID == 0 ]] || echo -Ur) --net --pid --fork --kill-child --mount-proc --propagation unchanged \
  python3 tests/run/sessions.py
