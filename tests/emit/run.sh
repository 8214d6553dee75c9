#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# emit: the generated C of three programs against the golden files beside this one (`make update` writes them), the same bytes from another
# folder, every expression against the oracle, every example clean as C11 and as C++17 with all warnings, and how many lines of C a line of Weft gives.
set -u
cd "$(dirname "$0")/../.."
build=${BUILD:-build} weft=$(realpath "$build/weft") root=$PWD status=0
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
verdict() { if [[ $2 == 0 ]]; then echo "ok $1"; else status=1; echo "FAIL $1: $3"; fi; }

for example in 01-forward 02-per-port 04-sidecar; do
  out=$work/$example golden=tests/emit/$example
  "$weft" build --emit c -o "$out" "examples/$example/main.weft" || { verdict "$example" 1 "weft build --emit c fails"; continue; }
  if [[ -n ${UPDATE-} ]]; then rm -rf "$golden"; cp -R "$out" "$golden"; fi
  diff -ru "$golden" "$out" >"$work/diff"
  verdict "$example-golden" $? "$(head -n 12 "$work/diff" | tr '\n' '~')"
  (cd "examples/$example" && "$weft" build --emit c -o "$work/again" main.weft) && diff -rq "$out" "$work/again" >/dev/null
  verdict "$example-same-bytes" $? "another folder gives other bytes"
  rm -rf "$work/again"
done

flags="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -Iruntime/include -fsyntax-only"
compilers=("gcc -std=c11 -x c" "g++ -std=c++17 -x c++")
command -v clang >/dev/null && compilers+=("clang -std=c11 -x c" "clang++ -std=c++17 -x c++")
for program in examples/*/*.weft tests/emit/*.weft; do
  name=$(basename "$(dirname "$program")")/$(basename "$program" .weft)
  out=$work/clean/$name
  mkdir -p "$out"
  "$weft" build --emit c -o "$out" "$program" 2>"$work/log" || { verdict "clean-$name" 1 "$(head -n 3 "$work/log" | tr '\n' '~')"; continue; }
  for compiler in "${compilers[@]}"; do
    ok=0
    for file in "$out"/*.c; do $compiler $flags -I"$out" "$file" 2>"$work/log" || { ok=1; break; }; done
    verdict "clean-$name-${compiler%% *}" $ok "$(grep -m 1 -E 'error|warning' "$work/log" | sed "s|$work/||")"
  done
done

# Every kind of expression, computed by the C and by the oracle.
(cd tests/emit && timeout -s TERM 2 "$weft" run expressions.weft --check --feed expressions.jsonl) >"$work/log" 2>&1
grep -q 'check: 3 transactions held against the oracle, 0 differences' "$work/log"
verdict expressions $? "$(grep -v 'not judged' "$work/log" | cut -c1-300 | head -n 4 | tr '\n' '~')"

# Lines of C without the embedding API for each line of the program and of the library's modules that it uses.
lines() { cat "$@" | grep -vcE '^[[:space:]]*(//.*)?$'; }
for example in 01-forward 02-per-port 04-sidecar; do
  main=examples/$example/main.weft
  c=$(ls "$work/$example"/*.c | grep -v _main.c)
  used=(stdlib/prelude.weft)
  grep -q 'kubernetes' "$main" && used+=(stdlib/kubernetes.weft)
  grep -q 'istio' "$main" && used+=(stdlib/istio.weft)
  n=$(sed '/the embedding API: contracts/,$d' "$c" | grep -vc '^$') own=$(lines "$main") all=$(lines "$main" "${used[@]}")
  echo "$example: $n lines of C for $own lines of Weft ($all with the library's modules): $((n * 10 / all / 10)).$((n * 10 / all % 10)) each"
  ((n <= 120 + 6 * all)); verdict "$example-size" $? "$n lines of C for $all lines of Weft: over the budget of 120 + 6 each"
done
exit $status
