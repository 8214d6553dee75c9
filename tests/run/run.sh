#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# run: programs compiled, linked and run, with real sockets on loopback.
cd "$(dirname "$0")/../.." || exit 1
status=0
# In a chroot the root is no mount point, and has no propagation to change.
for cases in sessions limits; do
  unshare $([[ $EUID == 0 ]] || echo -Ur) --net --pid --fork --kill-child --mount-proc --propagation unchanged \
    python3 -B tests/run/$cases.py || status=1
done
exit $status
