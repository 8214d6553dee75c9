# SPDX-License-Identifier: Apache-2.0 OR MIT
"""fuzz.py WEFT SEED COUNT: programs of the tree, cut and with words dropped, doubled, swapped. Each must parse or be reported:
`weft fmt -` ends with 0 or with 1 and a report, never otherwise; what it wrote, it leaves as it is. A failure prints its seed and
keeps the program below build/test/fuzz."""
import glob, os, random, re, subprocess, sys

weft, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
texts = [open(name, "rb").read() for pattern in ("tests/parse/*.weft", "tests/diag/*/*.weft", "examples/*/*.weft", "stdlib/**/*.weft")
         for name in sorted(glob.glob(os.path.join(root, pattern), recursive=True))]
words = sorted({word for text in texts for word in re.findall(rb"[A-Za-z_]+|[^\sA-Za-z_]", text)})
words += [b'"', b"{", b"}", b"\\", b"\xff", b"\n", b'"a{', b"*:{", b"\\u{"]


def mutated(rnd):
    text = rnd.choice(texts)
    if rnd.random() < 0.2:
        text = text[:rnd.randrange(len(text) + 1)]
    for _ in range(rnd.choice([0, 1, 1, 2, 5, 20])):
        parts = re.findall(rb"\s+|[A-Za-z0-9_]+|[^\sA-Za-z0-9_]", text)
        if not parts:
            break
        at, kind = rnd.randrange(len(parts)), rnd.random()
        if kind < 0.3:
            del parts[at]
        elif kind < 0.6:
            parts.insert(at, rnd.choice(words))
        elif kind < 0.8:
            parts[at] = rnd.choice(words)
        elif kind < 0.9:
            parts[at:at] = parts[rnd.randrange(len(parts)):][:rnd.randrange(30)]
        else:
            parts[at] = bytes([rnd.randrange(1, 256)])
        text = b"".join(parts)
    return text


def fmt(text):
    try:
        return subprocess.run([weft, "fmt", "-"], input=text, capture_output=True, timeout=10)
    except subprocess.TimeoutExpired:
        return None


for number in range(seed, seed + count):
    text = mutated(random.Random(number))
    once = fmt(text)
    why = None
    if once is None or once.returncode not in (0, 1):
        why = "hangs" if once is None else "ended with status %d: %s" % (once.returncode, once.stderr[:300])
    elif once.returncode == 1 and b"error[" not in once.stderr:
        why = "neither formatted nor reported"
    elif once.returncode == 0 and fmt(once.stdout).stdout != once.stdout:
        why = "formatting twice differs from once"
    if why:
        folder = os.path.join(root, "build", "test", "fuzz")
        os.makedirs(folder, exist_ok=True)
        open(os.path.join(folder, "%d.weft" % number), "wb").write(text)
        print("FAIL fuzz: seed %d: %s" % (number, why))
        sys.exit(1)
print("ok fuzz %d to %d" % (seed, seed + count - 1))
