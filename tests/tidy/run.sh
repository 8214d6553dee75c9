#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# tidy: the rules of the house that a machine can check: layers, sizes, names, banned calls, licences.
# Prints `ok RULE` or `FAIL RULE: places`.
set -u
cd "$(dirname "$0")/../.."
status=0
# verdict RULE: reads the offending places from standard input
verdict() {
  local places; places=$(cat)
  if [[ -z $places ]]; then echo "ok $1"; else
    status=1
    echo "FAIL $1: $(head -n 1 <<<"$places") ($(wc -l <<<"$places") in all)"
    sed 's/^/  | /' <<<"$places"
  fi
}
sources() { git ls-files '*.c' '*.h' '*.re' '*.y' '*.tbl'; }
generated() { git ls-files 'tests/emit/*'; }

# Include edges between the runtime's layers, as tests/layers.txt draws them.
git ls-files 'runtime/*.c' 'runtime/*.h' | while read -r f; do
  layer=$(cut -d/ -f2 <<<"$f")
  [[ $layer == include ]] && continue
  allowed="$layer $(sed -n "s/^$layer://p" tests/layers.txt)"
  grep -hoE '^#include "[a-z]+/' "$f" | sed 's/.*"//; s,/,,' | while read -r to; do
    [[ " $allowed " == *" $to "* ]] || echo "$f includes $to/"
  done
done | verdict layers

# Natives, examples and generated C see the public header only.
git grep -nE '^#include "(base|table|io|loop|net|proto|mesh|app)/' -- stdlib examples tests/emit | verdict public-headers-only

sources | grep -v '^tests/emit/' | while read -r f; do
  head -n 3 "$f" | grep -q 'SPDX-License-Identifier: Apache-2.0 OR MIT' || echo "$f"
done | verdict licence-line

sources | grep -v '^tests/' | xargs wc -l | awk '$2 != "total" && $1 > 1000 { print $2 ": " $1 " lines" }' | verdict file-size
sources | grep -v '^tests/' | grep '\.h$' | xargs wc -l | awk '$2 != "total" && $1 > 300 { print $2 ": " $1 " lines" }' | verdict header-size
# Tables (.tbl) are wide on purpose: one fact, one line.
sources | grep -E '\.[ch]$' | grep -v '^tests/emit/' | xargs grep -nE '.{101}' /dev/null | cut -d: -f1,2 | verdict line-length

# A function is what stands between a `{` and a `}` in the first column.
sources | grep -E '^(compiler|runtime)/.*\.c$' | while read -r f; do
  awk -v f="$f" '/^\{/ { start = NR } /^\}/ && start { if (NR - start - 1 > 70) print f ":" start ": " NR - start - 1 " lines"; start = 0 }' "$f"
done | verdict function-size

sources | grep -E '^(compiler|runtime)/' | xargs grep -nE '(^|[^_a-z.>])(sprintf|strcpy|strcat|gets|rand|srand|alloca|strtok)\(' /dev/null | verdict banned-calls
git ls-files 'runtime/*.c' | grep -v '^runtime/base/' | xargs grep -nE '[^_a-z](malloc|calloc|realloc)\(' /dev/null | verdict allocation-through-base
git ls-files 'compiler/*.c' 'runtime/*.c' | grep -v 'compiler/main.c' | xargs grep -nE '(^|[^_a-z])exit\(' /dev/null | grep -v 'compiler/base.c' | verdict exit-only-in-main
git grep -nE 'FIXME|XXX|HACK' -- '*.c' '*.h' '*.weft' '*.md' | grep -v XXXXXX | grep -v tests/tidy | verdict no-leftovers

# What a page links to is there; decisions have numbers of their own.
git ls-files '*.md' | while read -r f; do
  grep -oE '\]\([^)#:]+\)' "$f" | sed 's/^](//; s/)$//' | while read -r l; do [[ -e $(dirname "$f")/$l ]] || echo "$f links to $l"; done
done | verdict links
git ls-files dsl/decisions | sed 's,.*/,,' | cut -c1-4 | sort | uniq -d | verdict decision-numbers

# Each foreign library is seen by one file.
for lib in liburing.h yaml.h xxhash.h; do
  n=$(git grep -lE "^#include <$lib>" -- compiler runtime | wc -l)
  ((n > 1)) && git grep -nE "^#include <$lib>" -- compiler runtime
done | verdict one-file-per-library

build=${BUILD:-build}
if [[ -e $build/libweft.a ]]; then
  nm -g --defined-only "$build/libweft.a" 2>/dev/null | awk 'NF == 3 && $3 !~ /^(_?weft_|__asan|__odr)/ { print $3 }' | verdict symbols-begin-with-weft
  # The counters of allocation and of saturated arithmetic, and what an assert would print, decide nothing.
  objdump -t "$build/libweft.a" 2>/dev/null | awk '/file format/ { file = $1 } NF < 5 { next } $(NF - 2) ~ /^\.t?(data|bss)(\.[a-z_]*)?$/ && $(NF - 2) !~ /rel\.ro/ && $NF !~ /^\./ { print file " " $NF }' | grep -vE '^alloc.o|saturations|innermost' | verdict no-mutable-globals
else
  echo "FAIL symbols-begin-with-weft: $build/libweft.a is not there"; status=1
fi

# Every diagnostic has a golden test.
if [[ -e dsl/diags.tbl ]]; then
  grep -oE '^DIAG\(E[0-9]+|^DIAG\(W[0-9]+' dsl/diags.tbl | sed 's/DIAG(//' | while read -r id; do
    git grep -qE "\[$id\]" -- 'tests/diag/*' 'tests/type/*' || echo "$id has no golden test"
  done | verdict every-diagnostic-tested
fi
exit $status
