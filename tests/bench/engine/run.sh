#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# run.sh: compiles the programs of this folder, links them with the driver and runs it: a table, and build/bench/engine.jsonl.
# Beside them a hand-written floor, and SQLite where libsqlite3-dev is. Each workload is a process of at most 30 s.
#   tests/bench/engine/run.sh [WORKLOAD]    join, krt, beside, policies, load, transfers
set -eu
cd "$(dirname "$0")/../../.."
build=${BUILD:-build}
out=$build/bench work=$build/bench/engine
mkdir -p "$work"
export WEFT_STDLIB=$PWD/stdlib
for p in join selected transfers load; do
  "$build/weft" build --emit c -o "$work" tests/bench/engine/$p.weft
done
sqlite=
[ ! -e /usr/include/sqlite3.h ] || sqlite=-lsqlite3
${CC:-cc} -std=c11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Iruntime/include -Iruntime -I"$work" -o "$work/bench" \
  tests/bench/engine/*.c "$work"/{join,selected,transfers,load}.c "$build/libweft.a" $sqlite -luring -lyaml -lpthread
"$work/bench" "$out/engine.jsonl" "$@"
