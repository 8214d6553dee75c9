# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# judge: runs the sidecar, saves each case's policies, waits until it answers as expected or half a second is over (a save is
# seen at once; a wrong answer stays), and prints a line for each. The cases are JSON in YAML's clothes: read without a library.
import json, os, re, signal, socket, subprocess, sys, threading, time

work = sys.argv[1]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def flow(text):
    """A flow-style YAML value as JSON: bare words are texts."""
    words = re.sub(r'"[^"]*"|[^\s{}\[\],:"]+(?:[^\s{}\[\],"]*[^\s{}\[\],:"])?', word, text)
    return json.loads(words)


def word(match):
    w = match.group(0)
    return w if w.startswith('"') or w in ("true", "false") else json.dumps(w)


def cases():
    for line in open("cases.yaml"):
        if line.startswith("- "):
            name, _, value = line[2:].partition(": ")
            yield name, flow(value)


def serve(server):
    while True:
        peer, _ = server.accept()
        try:
            peer.sendall(b"hello")
        except OSError:
            pass  # refused at the same moment
        peer.close()


def connects(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as s:
            return s.recv(5) == b"hello"
    except OSError:
        return False


def save(specs, root):
    objects = [(n, spec, "shop") for n, spec in enumerate(specs)] + [(n, spec, "istio-system") for n, spec in enumerate(root)]
    path = work + "/policies/all.yaml"
    with open(path + "~", "w") as f:
        for n, spec, namespace in objects:
            f.write("---\n" + json.dumps({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
                "metadata": {"name": f"p{n}", "namespace": namespace}, "spec": spec}) + "\n")
    os.rename(path + "~", path)


def main():
    port, failed = free_port(), 0
    server = socket.create_server(("127.0.0.1", 0), backlog=64)
    threading.Thread(target=serve, args=(server,), daemon=True).start()
    os.mkdir(work + "/policies")
    save([], [])
    env = dict(os.environ, PORT=str(port), BACKEND=str(server.getsockname()[1]), LABELS="app=web")
    log = open(work + "/log", "w")
    sidecar = subprocess.Popen([work + "/sidecar", "--manifests", work + "/policies"], env=env, stdout=log, stderr=log)
    for _ in range(100):
        if connects(port):
            break
        time.sleep(0.05)
    for name, case in cases():
        # Each case begins from the other answer, so that the answer that is waited for is its own.
        save([{"rules": []}] if case["allowed"] else [], [])
        wait(port, not case["allowed"])
        text = json.dumps(case).replace("PORT", str(port))
        case = json.loads(text)
        save(case.get("specs", []), case.get("root", []))
        if wait(port, case["allowed"]):
            print("ok", name)
        else:
            failed += 1
            print(f"FAIL {name}: {'refused' if case['allowed'] else 'let in'}")
    sidecar.send_signal(signal.SIGTERM)
    sidecar.wait(timeout=40)
    return failed != 0


def wait(port, allowed):
    for _ in range(50):
        if connects(port) == allowed:
            time.sleep(0.02)
            if connects(port) == allowed:
                return True
        time.sleep(0.01)
    return False


sys.exit(main())
