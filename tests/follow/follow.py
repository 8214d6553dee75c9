#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Program (ii) on Bookinfo: 200 connections carry traffic, compared byte for byte, while a manifest opens a port and
closes it again. Prints a line a case. Runs in a network namespace of its own (run.sh).

    follow.py PROGRAM MANIFESTS [PROGRAM'S OPTIONS ...]
"""
import asyncio, os, random, shutil, signal, subprocess, sys, tempfile, time

CONNECTIONS = 200
TARGET = 19080
bad = 0


def case(name, good, why=""):
    global bad
    bad += not good
    print(f"ok {name}" if good else f"FAIL {name}: {why}", flush=True)


async def echo(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except (ConnectionError, OSError):
        pass
    finally:
        writer.close()


class Flow:
    """One connection that sends random bytes and compares what comes back."""

    def __init__(self, number):
        self.random = random.Random(number)
        self.requests, self.wrong = 0, None

    async def run(self, port, stop):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            while not stop.is_set():
                data = self.random.randbytes(self.random.choice([1, 100, 1400, 20000, 70000]))
                writer.write(data)
                await writer.drain()
                got = await asyncio.wait_for(reader.readexactly(len(data)), 10)
                if got != data:
                    self.wrong = f"{len(data)} bytes came back changed"
                    return
                self.requests += 1
                await asyncio.sleep(0.15 + 0.2 * self.random.random())
            writer.write_eof()
            if await asyncio.wait_for(reader.read(), 10) != b"":
                self.wrong = "bytes behind the end"
        except Exception as e:
            self.wrong = repr(e)
        finally:
            writer.close()


async def opens(port):
    try:
        _, w = await asyncio.open_connection("127.0.0.1", port)
        w.close()
        return True
    except OSError:
        return False


async def until(check, port, wanted, seconds):
    began = time.monotonic()
    while await check(port) != wanted:
        if time.monotonic() - began > seconds:
            return None
        await asyncio.sleep(0.001)
    return time.monotonic() - began


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


async def steady(pid, wanted):
    for _ in range(200):
        if descriptors(pid) == wanted:
            break
        await asyncio.sleep(0.01)
    return descriptors(pid)


SERVICE = """apiVersion: v1
kind: Service
metadata:
  name: productpage-more
spec:
  selector: {{ app: productpage }}
  ports:
  - {{ port: {port}, targetPort: 19080 }}
"""


def save(folder, text):
    """As editors do: a temporary beside it, then a rename."""
    path = os.path.join(folder, "more.yaml")
    with open(path + "~", "w") as f:
        f.write(text)
    os.rename(path + "~", path)


async def main(program, manifests, options):
    folder = tempfile.mkdtemp(prefix="weft-follow.")
    copy = os.path.join(folder, "manifests")
    shutil.copytree(manifests, copy)
    backend = await asyncio.start_server(echo, "127.0.0.1", TARGET, backlog=1024)
    log = open(os.path.join(folder, "log"), "w")
    proxy = subprocess.Popen([program, "--manifests", copy, "--set", "labels=app=productpage", "--admin", "none", *options],
                             stdout=log, stderr=log)
    try:
        case("listens", await until(opens, 9080, True, 5) is not None, "9080 did not open")
        await asyncio.sleep(0.3)  # the probe that found it open has gone
        rest = descriptors(proxy.pid)
        stop = asyncio.Event()
        flows = [Flow(i) for i in range(CONNECTIONS)]
        tasks = [asyncio.create_task(f.run(9080, stop)) for f in flows]
        await asyncio.sleep(1)
        busy = descriptors(proxy.pid)
        times = []
        for port in range(9443, 9448):
            save(copy, SERVICE.format(port=port))
            took = await until(opens, port, True, 5)
            times.append(5 if took is None else took)
            os.unlink(os.path.join(copy, "more.yaml"))
            gone = await until(opens, port, False, 5)
            case(f"port {port} opens and closes", took is not None and gone is not None, f"open {took}, closed {gone}")
        times.sort()
        print(f"from the saved manifest to the open listener: median {times[2] * 1000:.1f} ms, max {times[-1] * 1000:.1f} ms")
        case("opens within 50 ms of the save", times[2] <= 0.05, f"{times}")
        case("the same descriptors as before the changes", await steady(proxy.pid, busy) == busy, f"{busy}, then {descriptors(proxy.pid)}")
        before = [f.requests for f in flows]
        await asyncio.sleep(1)
        case("every connection goes on", all(f.requests > b for f, b in zip(flows, before)), "some stand still")
        stop.set()
        await asyncio.wait(tasks, timeout=20)
        wrong = [f.wrong for f in flows if f.wrong]
        case(f"{CONNECTIONS} connections, {sum(f.requests for f in flows)} requests, byte for byte", not wrong, str(wrong[:3]))
        case("descriptors as at the start", await steady(proxy.pid, rest) == rest, f"{rest}, then {descriptors(proxy.pid)}")
        proxy.send_signal(signal.SIGTERM)
        case("drains and leaves with status 0", await asyncio.to_thread(proxy.wait, 10) == 0, "another status")
    finally:
        if proxy.poll() is None:
            proxy.kill()
        backend.close()
        if bad:
            sys.stdout.write("".join("  | " + l for l in open(os.path.join(folder, "log")).readlines()[-20:]))
        shutil.rmtree(folder, ignore_errors=True)


asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
sys.exit(bad > 0)
