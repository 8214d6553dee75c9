#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# cli: the command line of weft: exit codes (0 clean, 1 errors in the program, 2 wrong use), suggestions, help, fmt, new,
# explain, dumps; the tool as it is installed; the time from save to running.
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
for command in check fmt build run test explain graph cost new status watch help; do
  expect "help-$command" 0 'Example:' "$weft" help "$command"
done
expect check-good 0 '' "$weft" check "$work/good.weft"
expect check-bad 1 'error[E0201]' "$weft" check "$work/bad.weft"
expect check-missing 2 'cannot read' "$weft" check "$work/missing.weft"
expect check-nothing 2 'which file?' "$weft" check
expect check-json 1 '"code":"E0201"' "$weft" check --json "$work/bad.weft"
expect no-colour-in-a-file 1 'error[E0201]: `forward` needs' "$weft" check "$work/bad.weft"
if command -v script >/dev/null; then
  expect colour-on-a-terminal 0 $'\e[' script -qc "env -u NO_COLOR TERM=xterm '$weft' check '$work/bad.weft'" /dev/null
fi
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

# What each pass makes can be seen, and a pass that is not there is named.
for pass in 'tokens:a type Service' 'ast:(derive ports' 'types:(name labels : Labels)' 'plan:table 0 services: input'; do
  expect "dump-${pass%%:*}" 0 "${pass#*:}" "$weft" check "--dump=${pass%%:*}" examples/02-per-port/main.weft
done
expect dump-nothing 2 'there are tokens, ast, types and plan' "$weft" check --dump=machine-code "$work/good.weft"
expect plan-later 2 'is not in this version' "$weft" plan
expect build-nowhere 1 'cannot write' "$weft" build "$work/good.weft" -o "$work/missing/bin"
echo 'int broken(' >"$work/broken.c"
expect build-broken-c 1 'with your C' "$weft" build "$work/good.weft" "$work/broken.c" -o "$work/bin"
expect test-later 2 'is not in this version' "$weft" test "$work/good.weft"

# Whatever a file is called, its program compiles; one that does nothing says so.
: >"$work/empty.weft"
expect build-empty 1 'nothing to run' "$weft" build "$work/empty.weft" -o "$work/bin"
for name in my-proxy 2nd.edge int tables weft kubernetes; do
  cp "$work/good.weft" "$work/$name.weft"
  expect "build-$name" 0 '' "$weft" build "$work/$name.weft" -o "$work/bin"
done
mkdir "$work/01 ünder way"; cp "$work/good.weft" "$work/01 ünder way/main.weft"
expect build-folder 0 '' "$weft" build "$work/01 ünder way/main.weft" -o "$work/bin"

# `weft cost` and `weft graph` of the sidecar: what a connection looks up, and a picture.
expect cost-connection 0 'served[target], ' "$weft" cost examples/04-sidecar/main.weft
expect cost-connection-groups 0 'guards[action]' "$weft" cost examples/04-sidecar/main.weft
expect graph-dot 0 'digraph' "$weft" graph examples/04-sidecar/main.weft
if command -v dot >/dev/null; then expect graph-svg 0 '<svg' "$weft" graph --svg examples/04-sidecar/main.weft; fi

# Installed, the tool needs nothing of the tree.
expect install 0 '' make -s install PREFIX="$work/usr" DESTDIR=
mkdir "$work/elsewhere"
cp -R examples/04-sidecar/main.weft "$work/elsewhere/"
cd "$work/elsewhere" || exit 1
installed=$work/usr/bin/weft
expect installed-build 0 '' "$installed" build main.weft -o sidecar
expect installed-emit 0 '' "$installed" build --emit c -o c main.weft
expect installed-check 0 '' env PATH="$work/usr/bin:$PATH" weft check main.weft
expect installed-runs 0 'Usage' ./sidecar --help
if command -v man >/dev/null; then
  expect man 0 'compile declarative mesh programs' env MANWIDTH=100 man -l "$work/usr/share/man/man1/weft.1"
fi

# From save to running in under one second: the sidecar with more of its kind, 98 lines.
for i in 1 2 3 4 5; do
  cat <<END

derive ports$i[port] =
  for s in services[namespace, _]
  where s.selector selects labels
  for p in s.ports
  where p.protocol == Tcp
  yield { port: p.port, target: p.target_port else skip, service: s.id }
  on conflict keep first by s.created

listener per_port$i for p in ports$i on 127.0.0.1:{p.port} {
  forward 127.0.0.1:{p.target}
}
END
done >>main.weft
sed -i 's/on \*:15006/on 127.0.0.1:15806/' main.weft
mkdir manifests
began=$(date +%s%N)
timeout 60 "$installed" run main.weft --manifests manifests --set labels=app=web >log 2>&1 &
for ((i = 0; i < 2000; i++)); do
  (: </dev/tcp/127.0.0.1/15806) 2>/dev/null && break
  sleep 0.005
done
took=$((($(date +%s%N) - began) / 1000000))
kill $! && wait $!
if ((i == 2000)); then echo "FAIL save-to-running: it does not listen: $(tail -n 3 log)"; failed=1
elif ((took > ${START_MS:-1000})) && ((took > 3000 || $(cut -d. -f1 /proc/loadavg) < 2)); then
  echo "FAIL save-to-running: $took ms"; failed=1
else echo "ok save-to-running ($(wc -l <main.weft) lines, $took ms)"; fi

exit $failed
