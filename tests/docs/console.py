#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Executes the fenced blocks of Markdown files.

    console.py FILE.md ...

```console   lines `$ COMMAND` (continued by a trailing backslash or a <<HERE document) and below each the output to expect. All blocks of a file
             run in one shell, in a copy of the file's folder, in a network namespace of their own with 10.0.0.5 on lo.
             In expected output `...` stands for any text within a line, alone on a line for any lines.
             A command may end in `&`: what it prints goes to the file it names, or nowhere.
```weft      a program: `weft check` must accept it; below `<!-- not in this version -->` it must be refused as just that;
             below `<!-- fragment -->` it is not checked.
Prints `ok FILE: what` or `FAIL FILE: what`.
"""
import os, re, shutil, subprocess, sys, tempfile, threading

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.realpath(os.environ.get("BUILD", os.path.join(ROOT, "build")))
MARK = "--8<-- end of command"
SECONDS_MAX = 30  # of one command


def blocks(path):
    """(language, first line number, preceding comment, lines) of each fenced block."""
    fence, note = None, ""
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        line = line.rstrip("\n")
        if fence is None and line.startswith("```"):
            fence, start, body = line[3:].strip(), number, []
        elif fence is not None and line.startswith("```"):
            yield fence, start, note, body
            fence, note = None, ""
        elif fence is not None:
            body.append(line)
        elif line.startswith("<!--"):
            note = line.strip("<!-> ")
        elif line.strip():
            note = ""


def commands(lines):
    """(command, expected lines) of a console block."""
    found = []
    going_on, here = False, None
    for line in lines:
        if here or going_on:
            found[-1][0] += "\n" + line
            going_on = going_on and line.endswith("\\")
            here = None if line == here else here
        elif line.startswith("$ "):
            found.append([line[2:], []])
            going_on = line.endswith("\\")
            document = re.search(r"<<'?(\w+)'?", line)
            here = document and document.group(1)
        elif found:
            found[-1][1].append(line)
    return found


def matches(expected, got):
    if not expected:
        return not got
    if expected[0] == "...":
        return any(matches(expected[1:], got[i:]) for i in range(len(got) + 1))
    if not got:
        return False
    pattern = ".*".join(re.escape(part) for part in expected[0].split("..."))
    return re.fullmatch(pattern, got[0]) is not None and matches(expected[1:], got[1:])


def strip(lines):
    lines = [l.rstrip() for l in lines]
    while lines and not lines[-1]:
        lines.pop()
    return lines


class Shell:
    """One bash in a namespace and a folder of its own."""

    def __init__(self, folder):
        self.home = tempfile.mkdtemp(prefix="weft-doc.")
        self.folder = os.path.join(self.home, os.path.basename(folder))
        shutil.copytree(folder, self.folder, symlinks=True)
        inside = "ip link set lo up 2>/dev/null && ip addr add 10.0.0.5/32 dev lo 2>/dev/null; exec bash"
        flags = "-n" if os.geteuid() == 0 else "-Urn"
        env = dict(os.environ, PATH=BUILD + ":" + os.environ["PATH"], NO_COLOR="1", XDG_RUNTIME_DIR=self.home, PS1="",
                   WEFT_TREE=ROOT)
        self.process = subprocess.Popen(
            ["unshare", flags, "--pid", "--fork", "--kill-child", "bash", "-c", inside], cwd=self.folder, env=env,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            start_new_session=True)

    def run(self, command):
        self.process.stdin.write(command + "\necho; echo '" + MARK + "' $?\n")
        self.process.stdin.flush()
        lines = []
        limit = threading.Timer(SECONDS_MAX, self.process.kill)
        limit.start()
        try:
            return self.answer(lines)
        finally:
            limit.cancel()

    def answer(self, lines):
        for line in self.process.stdout:
            line = line.rstrip("\n")
            if line.startswith(MARK):
                return strip(lines[:-1] if lines and lines[-1] == "" else lines)
            lines.append(line)
        return strip(lines + ["(the shell ended)"])

    def end(self):
        self.process.stdin.close()
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)


def check_program(text, note):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "main.weft")
        open(path, "w").write("\n".join(text) + "\n")
        done = subprocess.run([os.path.join(BUILD, "weft"), "check", path], capture_output=True, text=True)
    said = done.stdout + done.stderr
    if note == "not in this version":
        codes = set(re.findall(r"error\[(E\d+)\]", said))
        return (done.returncode == 1 and "in this version" in said), said or "accepted"
    return done.returncode == 0, said


def main(paths):
    failed = 0
    for path in paths:
        name = os.path.relpath(path, ROOT)
        shell = None
        for language, line, note, body in blocks(path):
            where = f"{name}:{line}"
            if language == "weft" and note != "fragment":
                good, said = check_program(body, note)
                print(f"ok {where} program" if good else f"FAIL {where}: the program: {said.strip()}")
                failed += not good
            elif language == "console":
                shell = shell or Shell(os.path.dirname(os.path.realpath(path)))
                for command, expected in commands(body):
                    got = shell.run(command)
                    good = matches(strip(expected), got)
                    print(f"ok {where} {command.splitlines()[0]}" if good else
                          f"FAIL {where}: {command}\n  expected:\n    " + "\n    ".join(strip(expected)) +
                          "\n  got:\n    " + "\n    ".join(got))
                    failed += not good
                    sys.stdout.flush()
        if shell:
            shell.end()
    return 1 if failed else 0


sys.exit(main(sys.argv[1:]))
