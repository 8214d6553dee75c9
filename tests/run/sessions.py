#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Each function is a case: a program in Weft, built or run, and what it does with real connections."""
import json, os, signal, socket, subprocess, sys, tempfile, threading, time

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.realpath(os.environ.get("BUILD", os.path.join(ROOT, "build")))
WEFT = os.path.join(BUILD, "weft")
SERVICE = """apiVersion: v1
kind: Service
metadata: {{ name: web, namespace: shop, creationTimestamp: "2026-01-01T00:00:00Z" }}
spec: {{ selector: {{ app: web }}, ports: [{ports}] }}
"""
POLICY = """apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{ name: {name}, namespace: shop }}
spec: {{ action: {action}, rules: [{rules}] }}
"""


def backend():
    """A server that sends back what it gets, in capitals; ends when the peer has ended. Its port."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve(peer):
        try:
            while data := peer.recv(65536):
                peer.sendall(data.upper())
            peer.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        peer.close()

    def accept():
        while True:
            threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return server.getsockname()[1]


def connect(port, seconds=5):
    end = time.monotonic() + seconds
    while True:
        try:
            peer = socket.create_connection(("127.0.0.1", port), 2)
            peer.settimeout(3)
            return peer
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


def refused(port, seconds=3):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except ConnectionRefusedError:
            return True
        time.sleep(0.02)
    return False


def says(peer, text):
    peer.sendall(text)
    got = b""
    while len(got) < len(text):
        more = peer.recv(65536)
        if not more:
            break
        got += more
    assert got == text.upper(), got[:80]


def is_cut(peer):
    try:
        return peer.recv(1) == b""
    except ConnectionResetError:
        return True
    except socket.timeout:
        return False


class Program:
    """`weft run` of a text, or a built program, until the case ends."""

    def __init__(self, folder, text, *options, build=(), name="main", prefix=()):
        self.folder = folder
        path = os.path.join(folder, name + ".weft")
        with open(path, "w") as f:
            f.write(text)
        command = [WEFT, "run", path]
        if build:
            command = [os.path.join(folder, "program")]
            subprocess.run([WEFT, "build", path, *build, "-o", command[0]], check=True, stderr=subprocess.DEVNULL)
        self.log = open(os.path.join(folder, "log"), "w+")
        self.process = subprocess.Popen([*prefix, *command, *options], stdout=self.log, stderr=self.log)

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        self.process.kill()
        self.process.wait()
        if kind:
            self.log.seek(0)
            print(self.log.read())

    def ends(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(5)


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path + ".part", "w") as f:
        f.write(text)
    os.rename(path + ".part", path)


def forward(folder):
    port = backend()
    with Program(folder, "listener web on *:8080 {\n  forward 127.0.0.1:%d\n}\n" % port) as program:
        peer = connect(8080)
        says(peer, b"hello")
        says(peer, b"x" * 300_000)
        peer.shutdown(socket.SHUT_WR)
        assert peer.recv(1) == b"", "half-close"
        live = connect(8080)
        says(live, b"still here")
        program.process.send_signal(signal.SIGTERM)
        assert refused(8080), "it still accepts"
        says(live, b"draining")
        live.close()
        assert program.process.wait(5) == 0


def per_port(folder):
    port = backend()
    manifests = os.path.join(folder, "manifests")
    os.mkdir(manifests)
    text = open(os.path.join(ROOT, "examples/02-per-port/main.weft")).read()
    one = "{ port: 8081, targetPort: %d }" % port
    two = "{ name: alt, port: 8082, targetPort: %d }" % port
    write(manifests, "web.yaml", SERVICE.format(ports=one))
    with Program(folder, text, "--manifests", manifests, "--set", "namespace=shop", "--set", "labels=app=web") as program:
        kept = connect(8081)
        says(kept, b"before")
        write(manifests, "web.yaml", SERVICE.format(ports=one + ", " + two))
        says(connect(8082), b"new")
        says(kept, b"while")
        write(manifests, "web.yaml", SERVICE.format(ports=two))
        assert refused(8081)
        says(kept, b"draining goes on")
        kept.close()
        assert program.ends() == 0


def revocation_with_workers(folder):
    revocation(folder, "--workers", "2")


def revocation(folder, *options):
    port = backend()
    manifests = os.path.join(folder, "manifests")
    os.mkdir(manifests)
    text = open(os.path.join(ROOT, "examples/bookinfo/main.weft")).read()
    write(manifests, "web.yaml", SERVICE.format(ports="{ port: 8083, targetPort: %d }" % port))
    with Program(folder, text, "--manifests", manifests, "--set", "namespace=shop", "--set", "labels=app=web", *options) as program:
        live = connect(8083)
        says(live, b"open")
        write(manifests, "ops.yaml", POLICY.format(name="here", action="ALLOW", rules='{ from: [{ source: { ipBlocks: ["127.0.0.0/8"] } }] }'))
        time.sleep(0.3)
        says(live, b"still allowed")
        write(manifests, "deny.yaml", POLICY.format(name="never", action="DENY", rules='{ to: [{ operation: { ports: ["%d"] } }] }' % 8083))
        assert is_cut(live), "a connection outlives its permission"
        assert is_cut(connect(8083)), "a new connection gets in"
        os.remove(os.path.join(manifests, "deny.yaml"))
        time.sleep(0.3)
        says(connect(8083), b"back again")
        assert program.ends() == 0


def unreadable(folder):
    """A policy that cannot be read closes its namespace; one that does not even show whose it is closes every one."""
    port = backend()
    manifests = os.path.join(folder, "manifests")
    os.mkdir(manifests)
    text = open(os.path.join(ROOT, "examples/bookinfo/main.weft")).read()
    write(manifests, "web.yaml", SERVICE.format(ports="{ port: 8084, targetPort: %d }" % port))
    broken = "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n%sspec: { action: DENY, rules: [\n"
    with Program(folder, text, "--manifests", manifests, "--set", "namespace=shop", "--set", "labels=app=web") as program:
        live = connect(8084)
        says(live, b"open")
        write(manifests, "broken.yaml", broken % "metadata: { name: one, namespace: other }\n")
        time.sleep(0.3)
        says(live, b"not ours")
        says(connect(8084), b"nor new ones")
        for text in broken % "metadata: { name: one, namespace: shop }\n", broken % "", "kind: {{{\n":
            write(manifests, "broken.yaml", text)
            assert is_cut(live), "a connection outlives what cannot be read: " + text
            assert is_cut(connect(8084)), "a new connection gets in: " + text
            os.remove(os.path.join(manifests, "broken.yaml"))
            time.sleep(0.3)
            live = connect(8084)
            says(live, b"back again")
        live.close()
        assert program.ends() == 0


def user_code(folder):
    text = open(os.path.join(ROOT, "tests/run/user.weft")).read().replace("PORT", str(backend()))
    build = [os.path.join(ROOT, "tests/run/user.c")]
    with Program(folder, text, build=build, name="user") as program:
        assert connect(8090).makefile().read() == "hello from home\n"
        says(connect(8091), b"by the backend of the extern collection")
        assert program.ends() == 0


def embed(folder):
    out = os.path.join(folder, "c")
    for name, source in (("ports", "examples/02-per-port/main.weft"), ("web", "examples/01-forward/main.weft")):
        path = os.path.join(folder, name + ".weft")
        write(folder, name + ".weft", open(os.path.join(ROOT, source)).read())
        subprocess.run([WEFT, "build", "--emit", "c", "-o", out, path], check=True)
    program = os.path.join(folder, "embed")
    includes = ["-I" + out, "-I" + os.path.join(ROOT, "runtime/include")]
    for header in ("ports.h", "web.h"):
        subprocess.run(["g++", "-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror", "-x", "c++", *includes, "-fsyntax-only",
                        os.path.join(out, header)], check=True)
    subprocess.run(["gcc", "-std=c11", "-g", "-fsanitize=address,undefined", "-Wall", "-Wextra", "-Werror", *includes,
                    os.path.join(ROOT, "tests/run/embed.c"), os.path.join(out, "ports.c"), os.path.join(out, "web.c"),
                    os.path.join(BUILD, "libweft.a"), "-luring", "-lyaml", "-lpthread", "-o", program], check=True)
    subprocess.run([program, str(backend())], check=True, timeout=60)


def label_file(folder):
    """`selects` follows the downward API's label file: another workload, other listeners."""
    port = backend()
    manifests, info = os.path.join(folder, "manifests"), os.path.join(folder, "info")
    os.mkdir(manifests)
    os.mkdir(info)
    for i, app in enumerate(("web", "db")):
        spec = "{ port: %d, targetPort: %d }" % (8086 + i, port)
        write(manifests, app + ".yaml", SERVICE.format(ports=spec).replace("web", app))
    text = """use kubernetes.{Service}

collection self: Workload from file("%s/labels")
collection services[namespace, name]: Service from kubernetes

derive ports[port] =
  for s in services
  where s.selector selects (self?.labels else skip)
  for p in s.ports
  yield { port: p.port, target: p.target_port else skip, service: s.id }
  on conflict keep first by s.created

listener per_port for p in ports on *:{p.port} {
  forward 127.0.0.1:{p.target}
}
""" % info
    with Program(folder, text, "--manifests", manifests) as program:
        assert refused(8086), "the labels are not there yet"
        os.mkdir(os.path.join(info, "..1"))
        write(info, "..1/labels", 'app="web"\nzone="a"\n')
        os.symlink("..1", os.path.join(info, "..data"))
        os.symlink("..data/labels", os.path.join(info, "labels"))
        kept = connect(8086)
        says(kept, b"web")
        os.mkdir(os.path.join(info, "..2"))
        write(info, "..2/labels", 'app="db"\n')
        os.symlink("..2", os.path.join(info, "..data_tmp"))
        os.rename(os.path.join(info, "..data_tmp"), os.path.join(info, "..data"))
        says(connect(8087), b"db")
        assert refused(8086), "the old labels' listener is still open"
        says(kept, b"drains")
        kept.close()
        assert program.ends() == 0


def status_and_watch(folder):
    """`weft status` and `weft watch` tell of a running program; a broken save is named, and changes nothing."""
    port = backend()
    manifests, admin = os.path.join(folder, "manifests"), os.path.join(folder, "admin.sock")
    os.mkdir(manifests)
    text = open(os.path.join(ROOT, "examples/02-per-port/main.weft")).read()
    spec = "{ port: 8088, targetPort: %d }" % port
    write(manifests, "web.yaml", SERVICE.format(ports=spec))

    def ask(*arguments):
        return subprocess.run([WEFT, *arguments, "--admin", admin], capture_output=True, text=True, timeout=5)

    assert ask("status").returncode == 1, "nobody is there"
    options = ("--manifests", manifests, "--set", "namespace=shop", "--set", "labels=app=web", "--admin", admin)
    with Program(folder, text, *options) as program:
        says(connect(8088), b"up")
        said = ask("status").stdout
        assert "per_port[8088]" in said and "Open" in said, said
        watch = subprocess.Popen([WEFT, "watch", "ports", "--json", "--admin", admin], stdout=subprocess.PIPE, text=True)
        assert json.loads(watch.stdout.readline())["insert"]["port"] == 8088
        assert json.loads(watch.stdout.readline()) == {"rows": 1}
        write(manifests, "web.yaml", SERVICE.format(ports=spec + ", { name: b, port: 8089, targetPort: %d }" % port))
        assert json.loads(watch.stdout.readline())["insert"]["port"] == 8089
        write(manifests, "web.yaml", SERVICE.format(ports=spec).replace("] }", "] "))
        end = time.monotonic() + 3
        state = json.loads(ask("status", "--json").stdout)
        while not state["rejected"] and time.monotonic() < end:
            state = json.loads(ask("status", "--json").stdout)
        assert [(r["collection"], r["place"]) for r in state["rejected"]] == [("services", "web.yaml:4")], state["rejected"]
        says(connect(8089), b"stays")
        assert ask("watch", "nothing").returncode == 1
        assert program.ends() == 0
        assert watch.wait(5) == 0 and watch.stdout.read() == ""
    assert not os.path.exists(admin)


def save_to_running(folder):
    """A program of a hundred lines goes from save to running in under a second."""
    port = backend()
    fns = "".join("fn f%d(n: Int) -> Int = if n > %d { n * %d } else { n + %d }\n" % (i, i, i + 2, i) for i in range(95))
    use = " + ".join("f%d(%d)" % (i, i) for i in range(95))
    text = fns + "listener web on *:8085 {\n  log \"{%s}\"\n  forward 127.0.0.1:%d\n}\n" % (use, port)
    began = time.monotonic()
    with Program(folder, text) as program:
        says(connect(8085), b"up")
        seconds = time.monotonic() - began
        print("100 lines from save to running: %.2f s" % seconds)
        assert seconds < 3, "%.2f s" % seconds
        assert program.ends() == 0


def run_cases(*cases):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    failed = 0
    for case in cases:
        with tempfile.TemporaryDirectory(prefix="weft-run.") as folder:
            try:
                case(folder)
                print("ok", case.__name__, flush=True)
            except Exception as error:
                failed = 1
                text = str(error) or type(error).__name__
                print("FAIL %s: %s, line %d" % (case.__name__, text, sys.exc_info()[2].tb_next.tb_lineno), flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(run_cases(forward, per_port, revocation, revocation_with_workers, unreadable, user_code, embed, label_file,
        status_and_watch, save_to_running))
