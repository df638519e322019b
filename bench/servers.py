"""servers - the table of servers that are measured, and starting and stopping one.

A server is a row: name, command line, what it needs, a note. @PORT@, @DIR@ (a scratch folder of
its own), @BUILD@ (the build folder) and @NOFILE@ are filled in. `source` is compiled by the
runner; a row whose program or library is missing is skipped with a line that says so. A server is
ready when it answers a request.
"""
# SPDX-License-Identifier: MIT
import ctypes
import dataclasses
import os
import resource
import shlex
import shutil
import signal
import socket
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(HERE, "peers")
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)
SETTINGS = {"ahead": False}      # --ahead: before all other work of the machine


@dataclasses.dataclass
class Row:
    name: str
    command: str
    package: str = ""            # Debian package whose version is reported
    source: str = ""             # in peers/, compiled to @DIR@-independent @BUILD@/peers/NAME
    libs: str = ""               # what the compiler needs for it
    config: str = ""             # in peers/, filled in and written to @DIR@/config
    env: dict = dataclasses.field(default_factory=dict)
    gale: bool = False
    logs: bool = False           # is to write a line for each request
    uring: bool = False          # must be running on io_uring, not have fallen back
    max_idle: int = 19000        # connections it can hold
    max_busy: int = 1000000      # connections it answers when all ask at once
    slow: bool = False           # thousands of requests a second: no row at 512 x 16
    note: str = ""
    request: bytes = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"    # to see that it is ready


GALE = "@BUILD@/examples/helloworld --port=@PORT@"

# It takes three quarters of the descriptors for connections, unless told otherwise.
GALE_ROWS = [
    Row("gale, epoll", GALE + " --logging=none", env={"GALE_IOLOOP": "epoll"}, gale=True,
        max_idle=14000),
    Row("gale, io_uring", GALE + " --logging=none", env={"GALE_IOLOOP": "io_uring"}, gale=True,
        max_idle=14000, uring=True),
    Row("gale, epoll, access log", GALE + " --logging=info", env={"GALE_IOLOOP": "epoll"},
        gale=True, max_idle=14000, logs=True, note="log to a file"),
    Row("gale, io_uring, access log", GALE + " --logging=info", env={"GALE_IOLOOP": "io_uring"},
        gale=True, max_idle=14000, logs=True, uring=True, note="log to a file"),
]

PEER_ROWS = [
    Row("nginx", "nginx -p @DIR@ -e @DIR@/nginx.error -c @DIR@/config", "nginx",
        config="nginx.conf.in", note="return 200, one process"),
    Row("h2o", "h2o -c @DIR@/config", "h2o", config="h2o.conf.in", note="12-byte file, one thread"),
    Row("lighttpd", "lighttpd -D -f @DIR@/config", "lighttpd", config="lighttpd.conf.in",
        max_idle=9000, note="12-byte file"),
    Row("haproxy", "haproxy -db -f @DIR@/config", "haproxy", config="haproxy.conf.in",
        max_idle=9000, note="http-request return, one thread"),
    Row("libevent evhttp", "@PEER@ --port=@PORT@", "libevent-dev", "libevent.c", "-levent"),
    Row("libevhtp", "@PEER@ --port=@PORT@", "libevhtp-dev", "libevhtp.c",
        "-levhtp -levent -lssl -lcrypto"),
    Row("libmicrohttpd", "@PEER@ --port=@PORT@", "libmicrohttpd-dev", "libmicrohttpd.c",
        "-lmicrohttpd", max_busy=127,
        note="epoll, one thread, turbo; stalls when 128 connections become ready at once"),
    Row("libwebsockets", "@PEER@ --port=@PORT@", "libwebsockets-dev", "libwebsockets.c",
        "-lwebsockets", note="its HTTP side"),
    Row("libsoup 3", "@PEER@ --port=@PORT@", "libsoup-3.0-dev", "libsoup.c",
        "`pkg-config --cflags --libs libsoup-3.0`", note="GLib main loop"),
    Row("civetweb", "@PEER@ --port=@PORT@", "libcivetweb-dev", "civetweb.c", "-lcivetweb",
        max_idle=500, note="600 threads: one for each connection"),
    Row("cpp-httplib", "@PEER@ --port=@PORT@", "libcpp-httplib-dev", "httplib.cpp",
        "-lcpp-httplib -pthread",
        max_idle=500, note="600 threads: one for each connection"),
    Row("Boost.Beast", "@PEER@ --port=@PORT@", "libboost-dev", "beast.cpp", "-pthread",
        note="asynchronous, one thread"),
    Row("RESTinio", "@PEER@ --port=@PORT@", "librestinio-dev", "restinio.cpp",
        "-lhttp_parser -lfmt -pthread", note="one thread"),
    Row("Pistache", "@PEER@ --port=@PORT@", "libpistache-dev", "pistache.cpp",
        "-lpistache -lssl -lcrypto -pthread", note="one worker"),
    Row("Tornado", "/usr/bin/python3 -B @PEERS@/tornado_hello.py --port=@PORT@", "python3-tornado",
        slow=True, note="access log off"),
    Row("aiohttp", "/usr/bin/python3 -B @PEERS@/aiohttp_hello.py --port=@PORT@", "python3-aiohttp",
        slow=True, note="access log off"),
]


class Unavailable(Exception):
    """This server cannot be measured here; the text says why."""


def cores():
    """The core of the server and the core of the load generator."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


def go_ahead():
    """Nice counts inside a session only where the kernel groups by session (autogroup), so the
    session's own is lowered too."""
    try:
        os.setsid()
        os.setpriority(os.PRIO_PROCESS, 0, -15)
        with open("/proc/self/autogroup", "w") as file:
            file.write("-15")
    except OSError:
        pass


def child_setup(core):
    """Runs in the child: pinned, and gone when the runner is gone."""
    def setup():
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.sched_setaffinity(0, {core})
        if SETTINGS["ahead"]:
            go_ahead()
    return setup


def raise_descriptor_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def free_port():
    """A port that is free on 127.0.0.1; five digits, so that each request has the same length."""
    while True:
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            port = sock.getsockname()[1]
        if 10000 <= port <= 65535:
            return port


def version(package):
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package],
                          capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""


def compile_peer(row, build):
    """Builds a peer's hello program unless it is there and newer than its source."""
    source = os.path.join(PEERS, row.source)
    target = os.path.join(build, "peers", row.source.rsplit(".", 1)[0])
    newest = max(os.path.getmtime(source), os.path.getmtime(os.path.join(HERE, "bench.h")))
    if os.path.exists(target) and os.path.getmtime(target) > newest:
        return target
    os.makedirs(os.path.dirname(target), exist_ok=True)
    cc = "c++ -std=c++17" if source.endswith(".cpp") else "cc -std=gnu11"
    line = f"{cc} -O2 -w -D_GNU_SOURCE {shlex.quote(source)} -o {shlex.quote(target)} {row.libs}"
    done = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=300)
    if done.returncode:
        errors = [text for text in done.stderr.splitlines() if "error" in text] or ["no compiler"]
        raise Unavailable(f"does not compile ({errors[0].strip()[-100:]}); is {row.package} there?")
    return target


def exchange(port, request, seconds=5):
    """Sends a request, returns the whole response (which has a Content-Length)."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as sock:
        sock.sendall(request)
        data = b""
        while True:
            head, end, body = data.partition(b"\r\n\r\n")
            if end:
                length = [line for line in head.lower().split(b"\r\n")
                          if line.startswith(b"content-length:")]
                if not length:
                    raise OSError("the response has no Content-Length")
                if len(body) >= int(length[0].split(b":")[1]):
                    return data
            more = sock.recv(65536)
            if not more:
                raise OSError("closed before the response was complete")
            data += more


def family(pid):
    """The process and everything it started."""
    parents = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat") as file:
                parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
        except OSError:
            pass
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


class Server:
    """A running server of one row; a context manager that ends what it started."""

    def __init__(self, row, build, scratch, core):
        self.row = row
        self.dir = os.path.join(scratch, "".join(c if c.isalnum() else "_" for c in row.name))
        self.port = free_port()
        self.process = None
        self.core = core
        os.makedirs(os.path.join(self.dir, "www"), exist_ok=True)
        with open(os.path.join(self.dir, "www", "index.html"), "w") as file:
            file.write("Hello, world")
        self.fill = {"@PORT@": str(self.port), "@DIR@": self.dir, "@BUILD@": build,
                     "@PEERS@": PEERS,
                     "@NOFILE@": str(resource.getrlimit(resource.RLIMIT_NOFILE)[0])}
        if row.source:
            self.fill["@PEER@"] = compile_peer(row, build)
        if row.config:
            with open(os.path.join(PEERS, row.config)) as file:
                text = self.filled(file.read())
            with open(os.path.join(self.dir, "config"), "w") as file:
                file.write(text)

    def filled(self, text):
        for key, value in self.fill.items():
            text = text.replace(key, value)
        return text

    def __enter__(self):
        command = shlex.split(self.filled(self.row.command))
        if not shutil.which(command[0], path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
            raise Unavailable(f"{os.path.basename(command[0])} is not there"
                              + (f": package {self.row.package}" if self.row.package else ""))
        env = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin",
                   PORT="", **self.row.env)
        env.pop("PORT")
        self.log = open(os.path.join(self.dir, "output"), "wb")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log, env=env, cwd=self.dir,
                                        preexec_fn=child_setup(self.core))
        try:
            self.wait_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def wait_ready(self):
        deadline = time.monotonic() + 10
        while True:
            if self.process.poll() is not None:
                raise Unavailable(f"ended at once: {self.output()}")
            try:
                exchange(self.port, self.row.request, 2)
                break
            except OSError as error:
                if time.monotonic() > deadline:
                    raise Unavailable(f"did not answer ({error}): {self.output()}")
                time.sleep(0.02)
        if self.row.uring and not self.has_uring():
            raise Unavailable("fell back from io_uring to another backend")

    def output(self):
        with open(os.path.join(self.dir, "output"), errors="replace") as file:
            lines = file.read(4000).strip().splitlines()
        return lines[-1][:200] if lines else "nothing said"

    def log_trouble(self):
        """What is wrong with the access log, if anything: the figures then mean something else."""
        wrote = os.path.getsize(os.path.join(self.dir, "output")) > 100000
        if wrote == self.row.logs:
            return ""
        return "wrote an access log that is to be off" if wrote else "wrote no access log"

    def has_uring(self):
        folder = f"/proc/{self.process.pid}/fd"
        for name in os.listdir(folder):
            try:
                if "io_uring" in os.readlink(os.path.join(folder, name)):
                    return True
            except OSError:
                pass
        return False

    def pids(self):
        return family(self.process.pid)

    def __exit__(self, *unused):
        pids = self.pids()
        self.process.terminate()
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.dir, ignore_errors=True)


def raw_row(request, response_file):
    """The row of the raw server, which knows requests by their length alone."""
    command = (f"@BUILD@/bench/raw_server --port=@PORT@ --request-bytes={len(request)} "
               f"--response-file={shlex.quote(response_file)} --seconds=1200")
    return Row("raw", command, request=request)
