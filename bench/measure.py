"""measure - processor time in interleaved pairs, memory of open connections, coroutine switches.

Each figure is taken beside the raw server's in the same minute: a pair is one run against the
server and one against the raw server, the order alternating from pair to pair, and what is
reported is the median of the ratios pair by pair with its quartiles. What drifts over minutes
(clock speed, neighbours) so cancels.
"""
# SPDX-License-Identifier: MIT
import os
import resource
import statistics
import subprocess
import time

import servers


class Failed(Exception):
    """A run did not give a figure; the text says why."""


def parse(line):
    return {key: float(value) for key, value in
            (word.split("=") for word in line.split() if "=" in word)}


def quartiles(values):
    """First quartile, median, third quartile."""
    if len(values) < 2:
        return values[0], values[0], values[0]
    return tuple(statistics.quantiles(values, n=4, method="inclusive"))


def run_load(build, server, options, core):
    command = [os.path.join(build, "bench", "load"), f"--port={server.port}",
               "--pids=" + ",".join(map(str, server.pids()))] + options
    done = subprocess.run(command, capture_output=True, text=True, timeout=60,
                          preexec_fn=servers.child_setup(core))
    figures = parse(done.stdout)
    if done.returncode or not figures.get("requests"):
        said = done.stderr.strip().splitlines()
        raise Failed(said[-1] if said else f"{int(figures.get('errors', 0))} errors")
    return figures


def pairs(build, server, raw, connections, pipeline, n_pairs, seconds, say):
    """Runs the pairs; the figures of one cell of the table."""
    options = [f"--connections={connections}", f"--pipeline={pipeline}", f"--seconds={seconds}"]
    core = servers.cores()[1]
    rows = []
    with Machine([server, raw]) as machine:
        for i in range(n_pairs):
            both = {}
            for which in ((server, raw) if i % 2 else (raw, server)):
                both[which] = run_load(build, which, options, core)
            rows.append((both[server], both[raw]))
    cell = {
        "cpu": quartiles([a["server_ns"] / b["server_ns"] for a, b in rows]),
        "rate": quartiles([a["rate"] / b["rate"] for a, b in rows]),
        "ns": statistics.median(a["server_ns"] for a, _ in rows),
        "raw_ns": quartiles([b["server_ns"] for _, b in rows]),
        "per_second": statistics.median(a["rate"] for a, _ in rows),
        "raw_per_second": statistics.median(b["rate"] for _, b in rows),
        "bytes": int(rows[0][0]["response_bytes"]),
        "foreign": machine.foreign,
        "n": n_pairs,
    }
    say(f"  {connections} x {pipeline}: cpu {cell['cpu'][1]:.3f} "
        f"({cell['cpu'][0]:.3f}-{cell['cpu'][2]:.3f}) of raw, {cell['ns']:.0f} ns "
        f"(raw {cell['raw_ns'][1]:.0f}), rate {cell['rate'][1]:.3f}, "
        f"others used {cell['foreign']:.0%} of the machine")
    return cell


class Machine:
    """How much of the processors other programs used meanwhile: what the figures are worth."""

    def __init__(self, running):
        self.running = running
        self.foreign = 0.0

    def sample(self):
        with open("/proc/stat") as file:
            ticks = [int(word) for word in file.readline().split()[1:]]
        busy = sum(ticks[:3]) + sum(ticks[5:8])
        own = resource.getrusage(resource.RUSAGE_CHILDREN)
        mine = own.ru_utime + own.ru_stime + time.process_time()
        for server in self.running:
            for pid in server.pids():
                mine += process_seconds(pid)
        return time.monotonic(), busy / os.sysconf("SC_CLK_TCK"), mine

    def __enter__(self):
        self.start = self.sample()
        return self

    def __exit__(self, *unused):
        took, busy, mine = (b - a for a, b in zip(self.start, self.sample()))
        self.foreign = max(0.0, (busy - mine) / (took * os.cpu_count()))


def process_seconds(pid):
    """User and system time of a process: its processor-time clock, see clock_getcpuclockid."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def user_memory(pids):
    """Bytes of private and shared anonymous memory that are resident."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup") as file:
                for line in file:
                    if line.startswith(("Pss_Anon:", "Pss_Shmem:")):
                        total += int(line.split()[1]) * 1024
        except OSError:
            pass
    return total


class Held:
    """Connections that are open and stay so: a load generator with --hold."""

    def __init__(self, build, port, n, extra):
        command = [os.path.join(build, "bench", "load"), f"--port={port}", f"--connections={n}",
                   "--hold"] + extra
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, preexec_fn=servers.child_setup(
                                            servers.cores()[1]))

    def __enter__(self):
        self.held = int(parse(self.process.stdout.readline()).get("held", 0))
        return self

    def __exit__(self, *unused):
        self.process.stdin.close()
        self.process.stdout.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def idle_memory(build, server, n, say):
    """Growth for each idle connection that made one request. The server has worked before, so
    that what it touches once (a ring of buffers, a heap) is not counted as the connections'."""
    run_load(build, server, ["--connections=64", "--seconds=0.3"], servers.cores()[1])
    time.sleep(0.5)
    before = user_memory(server.pids())
    with Held(build, server.port, n, []) as held:
        time.sleep(2)
        after = user_memory(server.pids())
    if held.held < n:
        raise Failed(f"only {held.held} of {n} connections stayed open")
    say(f"  idle: {(after - before) / n:.0f} bytes for each of {n} connections")
    return {"each": (after - before) / n, "n": n, "before": before, "after": after}


def waiting_memory(build, server, n, request, say):
    """Growth for each request that waits in its handler; /waiting tells how many do."""
    time.sleep(0.3)
    before = user_memory(server.pids())
    with Held(build, server.port, n, ["--path=/wait", "--no-response"]):
        deadline = time.monotonic() + 20
        waiting = 0
        while waiting < n and time.monotonic() < deadline:
            time.sleep(0.1)
            waiting = int(servers.exchange(server.port, request).partition(b"\r\n\r\n")[2])
        after = user_memory(server.pids())
    if waiting < n:
        raise Failed(f"only {waiting} of {n} requests reached their handler")
    say(f"  waiting: {(after - before) / n:.0f} bytes for each of {n} requests")
    return {"each": (after - before) / n, "n": n, "before": before, "after": after}


def coroutines(build):
    """What bench/coro prints: medians in nanoseconds."""
    done = subprocess.run([os.path.join(build, "bench", "coro")], capture_output=True, text=True,
                          timeout=120, preexec_fn=servers.child_setup(servers.cores()[0]))
    if done.returncode:
        raise Failed(done.stderr.strip() or f"coro ended with {done.returncode}")
    return parse(done.stdout)
