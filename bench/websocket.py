"""websocket - what WebSockets cost: echo and broadcast against a raw epoll server that knows no
frames, memory of idle ones, and the same of peers, all in one run, in turns.
"""
# SPDX-License-Identifier: MIT
import os
import signal
import socket
import statistics
import subprocess
import time

import servers

GALE = "bench/websocket_server"
TARGETS = ["bench/websocket_raw", "bench/websocket_load", GALE]
PEERS = {"Tornado": "tornado_websocket.py", "websockets (Python)": "python_websocket.py"}
SIZES = [(64, 70, 66), (16384, 16392, 16388)]    # bytes of a message, of its frame, of its echo


class Server:
    """A server on a core of its own; a context manager."""

    def __init__(self, command, env=None):
        self.port = servers.free_port()
        self.process = subprocess.Popen([*command, f"--port={self.port}"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env=dict(os.environ, **(env or {})),
                                        preexec_fn=servers.child_setup(servers.cores()[0]))

    def __enter__(self):
        end = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    self.__exit__()
                    raise servers.Unavailable("it does not listen")
                time.sleep(0.02)

    def __exit__(self, *unused):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def heap(self):
        return int(servers.exchange(self.port, b"GET /memory HTTP/1.1\r\nHost: a\r\n\r\n").rpartition(b"\n")[2])

    def resident(self):
        with open(f"/proc/{self.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def load(build, server, *options):
    """Nanoseconds of the server's processor time for each message."""
    done = subprocess.run([os.path.join(build, "bench/websocket_load"), f"--port={server.port}",
                           f"--pid={server.process.pid}", *options], capture_output=True, text=True,
                          timeout=120, preexec_fn=servers.child_setup(servers.cores()[1]))
    if done.returncode:
        raise servers.Unavailable(done.stderr.strip()[-200:])
    return float(done.stdout.split()[3])


def ratios(build, raw, gale, pairs, *options):
    """Medians: raw, gale, gale in raws; one after the other, so that both see the same machine."""
    found = [(load(build, raw, *options), load(build, gale, *options)) for _ in range(pairs)]
    return (statistics.median(r for r, _ in found), statistics.median(g for _, g in found),
            statistics.median(g / r for r, g in found))


def idle(build, server, path, count, of):
    """Bytes for each of count connections, by what `of` measures, beyond what a tenth of them has
    made the program keep."""
    def hold(n):
        holder = subprocess.Popen([os.path.join(build, "bench/websocket_load"), f"--port={server.port}",
                                   f"--connections={n}", f"--path={path}", "--hold"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if not holder.stdout.readline():
            raise servers.Unavailable(f"does not hold {n} connections")
        time.sleep(0.5)
        return holder, of()

    first, before = hold(count // 10)
    second, after = hold(count - count // 10)
    for holder in (first, second):
        holder.communicate(b"x")
    return (after - before) / (count - count // 10)


def backend(build, name, pairs, seconds, count):
    """The lines of one backend, and its figures."""
    figures = {}
    raw_program = os.path.join(build, "bench/websocket_raw")
    options = [f"--seconds={seconds}"]
    gale_command = [os.path.join(build, GALE), "--logging=none"]
    with Server(gale_command, {"GALE_IOLOOP": name}) as gale:
        for size, into, out in SIZES:
            with Server([raw_program, f"--in={into}", f"--out={out}"]) as raw:
                figures[f"echo of {size} bytes"] = ratios(build, raw, gale, pairs, f"--size={size}", *options)
        with Server([raw_program, "--in=70", "--out=66", "--broadcast"]) as raw:
            many = ["--connections=5000", "--broadcast", "--path=/topic", *options]
            figures["broadcast to 5000"] = ratios(build, raw, gale, pairs, *many)
    with Server(gale_command, {"GALE_IOLOOP": name}) as gale:
        figures["idle"] = idle(build, gale, "/echo", count, gale.heap)
    with Server(gale_command, {"GALE_IOLOOP": name}) as gale:
        figures["idle, resident"] = idle(build, gale, "/echo", count, gale.resident)
    return figures


def peers(build, seconds, count):
    for name, file in PEERS.items():
        command = ["/usr/bin/python3", "-B", os.path.join(servers.PEERS, file)]
        try:
            with Server(command) as server:
                cells = [load(build, server, f"--size={size}", f"--seconds={seconds}") for size, *_ in SIZES]
                yield name, cells, idle(build, server, "/echo", count, server.resident)
        except (servers.Unavailable, subprocess.TimeoutExpired) as error:
            yield name, str(error), 0


def verdict(text, value, most):
    return f"- {'PASS' if value <= most else 'MISS'}: {text}: {value:.2f} (target at most {most})"


def report(build, quick, say):
    """The section of the report."""
    pairs, seconds = (3, 0.4) if quick else (9, 1)
    count = min(2000 if quick else 19000, servers.raise_descriptor_limit() - 1000)
    lines = ["Processor time of the server for each message, in a raw epoll server that knows no frames = 1.",
             "", "| | nanoseconds, raw | gale | ratio |", "|---|---|---|---|"]
    verdicts = []
    for name in ("epoll", "io_uring"):
        found = backend(build, name, pairs, seconds, count)
        for what, most in (("echo of 64 bytes", 1.1), ("echo of 16384 bytes", 1.1), ("broadcast to 5000", 1.05)):
            raw, gale, ratio = found[what]
            lines.append(f"| {what}, {name} | {raw:.0f} | {gale:.0f} | {ratio:.2f} |")
            verdicts.append(verdict(f"{what}, {name}, in raw servers", ratio, most))
        verdicts.append(verdict(f"bytes of heap for each of {count} idle, {name}", found["idle"], 300))
        lines.append(f"| {count} idle, {name} | | {found['idle']:.0f} bytes of heap, "
                     f"{found['idle, resident']:.0f} resident | |")
        say("\n".join(verdicts[-4:]))
    for name, cells, bytes_idle in peers(build, seconds, min(count, 2000)):
        lines.append(f"| {name} | | {cells if isinstance(cells, str) else ' and '.join(f'{c:.0f}' for c in cells)} "
                     f"for echoes, {bytes_idle:.0f} bytes resident | |")
    return "\n".join(lines + [""] + verdicts)
