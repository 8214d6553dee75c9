#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Compiled programs at their limits: stopped twice or late, addresses and ports that are not to be had, no descriptors left, a
dial to oneself. In each case what does not concern the trouble goes on."""
import os, resource, signal, socket, subprocess, sys, time

from sessions import WEFT, Program, SERVICE, ROOT, backend, connect, is_cut, refused, run_cases, says, write

TWO = "listener a on *:{a} {{ forward 127.0.0.1:{to} }}\nlistener b on *:{b} {{ forward 127.0.0.1:{to} }}\n"


def wait_for(path, text, seconds=8):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if text in open(path).read():
            return True
        time.sleep(0.02)
    return False


def served(port, seconds=10):
    """At last: what waited in the queue meanwhile may take the descriptors first."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            says(connect(port), b"again")
            return True
        except (OSError, AssertionError):
            time.sleep(0.05)
    return False


def second_signal_is_now(folder):
    with Program(folder, TWO.format(a=8101, b=8102, to=backend())) as program:
        live = connect(8101)
        says(live, b"up")
        program.process.send_signal(signal.SIGTERM)
        assert refused(8101), "it still listens while it drains"
        says(live, b"drains")
        began = time.monotonic()
        assert program.ends() == 0
        assert time.monotonic() - began < 2 and is_cut(live)


def drain_has_a_deadline(folder):
    with Program(folder, TWO.format(a=8101, b=8102, to=backend()), "--drain", "400ms") as program:
        live = connect(8101)
        says(live, b"up")
        began = time.monotonic()
        assert program.ends() == 0
        assert 0.3 < time.monotonic() - began < 3 and is_cut(live)


def a_row_returns_while_it_drains(folder):
    port, manifests = backend(), os.path.join(folder, "manifests")
    os.mkdir(manifests)
    text = open(os.path.join(ROOT, "examples/02-per-port/main.weft")).read()
    one = "{ port: 8103, targetPort: %d }" % port
    write(manifests, "web.yaml", SERVICE.format(ports=one))
    with Program(folder, text, "--manifests", manifests, "--set", "namespace=shop", "--set", "labels=app=web") as program:
        live = connect(8103)
        says(live, b"up")
        write(manifests, "web.yaml", SERVICE.format(ports=one.replace("8103", "8104")))
        assert refused(8103)
        says(connect(8104), b"instead")
        write(manifests, "web.yaml", SERVICE.format(ports=one))
        says(connect(8103), b"again")
        says(live, b"all the time")
        assert refused(8104)
        live.close()
        assert program.ends() == 0


def address_taken_by_another(folder):
    """Also when the other allows to share it: half of its connections would be stolen."""
    other = socket.socket()
    other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    other.bind(("0.0.0.0", 8105))
    other.listen()
    for workers in "0", "2":
        with Program(folder, TWO.format(a=8105, b=8106, to=backend()), "--workers", workers) as program:
            says(connect(8106), b"the rest works")
            assert wait_for(program.log.name, "in use"), "nothing said of 8105"
            if workers == "2":
                other.close()
                says(connect(8105, 20), b"retried")
            assert program.ends() == 0


def no_permission(folder):
    text = TWO.format(a=80, b=8107, to=backend())
    prefix = ("setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service")
    with Program(folder, text, prefix=prefix) as program:
        says(connect(8107), b"the rest works")
        assert wait_for(program.log.name, "permission"), "nothing said of 80"
        assert program.ends() == 0


def too_many_files(folder):
    port = backend()
    for name in "io_uring", "epoll":
        with Program(folder, TWO.format(a=8108, b=8109, to=port), "--backend", name, build=("-lm",)) as program:
            first = connect(8108)
            says(first, b"up")
            resource.prlimit(program.process.pid, resource.RLIMIT_NOFILE, (40, 40))
            crowd = [connect(8108) for _ in range(60)]
            time.sleep(0.3)
            says(first, b"goes on")
            assert len(os.listdir("/proc/%d/fd" % program.process.pid)) <= 40
            for peer in crowd:
                peer.close()
            assert served(8109), "not served again"
            says(first, b"still")
            first.close()
            assert program.ends() == 0


def dials_itself(folder):
    subprocess.run(["ip", "address", "add", "10.99.1.1/32", "dev", "lo"], check=True)
    admin = os.path.join(folder, "admin")
    text = "listener inbound on *:8110 {\n  let app = dial 10.99.1.1:8110 else close\n  relay conn <-> app\n}\n" \
        "listener rest on *:8111 { forward 127.0.0.1:%d }\n" % backend()
    with Program(folder, text, "--admin", admin) as program:
        for address in "127.0.0.1", "10.99.1.1":
            wait_for(program.log.name, "8110: open")
            with socket.create_connection((address, 8110), 10) as peer:
                peer.settimeout(3)
                assert is_cut(peer), address
        said = subprocess.run([WEFT, "status", "--admin", admin], capture_output=True, text=True).stdout
        assert [line.split()[-1] for line in said.splitlines() if line.split()[:1] == ["dial_failed"]] == ["2"], said
        says(connect(8111), b"the rest works")
        assert program.ends() == 0


if __name__ == "__main__":
    sys.exit(run_cases(second_signal_is_now, drain_has_a_deadline, a_row_returns_while_it_drains, address_taken_by_another,
        no_permission, too_many_files, dials_itself))
