"""features - what the web layer's features cost: each against a plain answer of the same server,
static files against nginx with sendfile, in interleaved pairs as in measure.py.
"""
# SPDX-License-Identifier: MIT
import dataclasses
import os
import re
import socket
import statistics
import subprocess
import time

import measure
import servers

SMALL, LARGE = "1k.bin", "1m.bin"
UPLOAD_BYTES = 10 << 20
HEAD = "Host: 127.0.0.1\r\nUser-Agent: gale-bench\r\nAccept: */*\r\n"


@dataclasses.dataclass
class Feature:
    name: str
    request: bytes
    baseline: bytes              # asked of the same server, or of nginx
    nginx: bool = False
    target: float = 0            # the ratio that was promised; 0: none
    connections: int = 64
    note: str = ""


def get(path, more=""):
    return f"GET {path} HTTP/1.1\r\n{HEAD}{more}\r\n".encode()


def post(path, content_type, body):
    return (f"POST {path} HTTP/1.1\r\n{HEAD}Content-Type: {content_type}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def ask(port, request):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.sendall(request)
        return sock.recv(65536)


def cookie_of(port):
    answer = ask(port, post("/login", "text/plain", b"x")).decode("latin-1")
    found = re.search(r"Set-Cookie: (user=[^;]*)", answer)
    if not found:
        raise measure.Failed(f"no cookie in {answer!r}")
    return found[1]


def upload(size):
    boundary = b"----benchmark7f3a"
    body = (b"--" + boundary + b"\r\nContent-Disposition: form-data; name=\"file\"; "
            b"filename=\"a.bin\"\r\nContent-Type: application/octet-stream\r\n\r\n"
            + bytes(range(256)) * (size // 256) + b"\r\n--" + boundary + b"--\r\n")
    return body, "multipart/form-data; boundary=" + boundary.decode()


def features(port):
    plain = get("/")
    body, kind = upload(UPLOAD_BYTES)
    return [
        Feature("JSON", get("/json"), plain, target=1.1, note="against plain text"),
        Feature("20 routes with groups", get("/items19/apple/42"), plain,
                note="the last of them, against one plain path"),
        Feature("signed cookie", get("/cookie", f"Cookie: {cookie_of(port)}\r\n"), plain,
                note="read and set, against plain text"),
        Feature("multipart 10 MiB", post("/upload", kind, body), post("/raw", "text/x", body),
                connections=4, note="against the same body unread"),
        Feature("static 1 KiB", get(f"/static/{SMALL}"), get(f"/static/{SMALL}"), nginx=True,
                target=0.65, note="against nginx with sendfile"),
        Feature("static 1 MiB", get(f"/static/{LARGE}"), get(f"/static/{LARGE}"), nginx=True,
                target=0.75, connections=16, note="against nginx with sendfile"),
        Feature("static 1 KiB, cached", get(f"/static/{SMALL}"), get(f"/cached/{SMALL}"),
                nginx=True, note="against nginx with open_file_cache as well"),
        Feature("static 1 MiB, cached", get(f"/static/{LARGE}"), get(f"/cached/{LARGE}"),
                nginx=True, connections=16, note="against nginx with open_file_cache as well"),
    ]


def one(args, server, request, name, connections, scratch):
    path = os.path.join(scratch, name)
    with open(path, "wb") as file:
        file.write(request)
    options = [f"--request={path}", f"--connections={connections}", f"--seconds={args.seconds * 2}"]
    return measure.run_load(args.build, server, options, servers.cores()[1])


def settle(server, request):
    """Until answers have the length they keep: a large file's Etag changes once it is hashed."""
    same, before = 0, 0
    for _ in range(100):
        length = len(servers.exchange(server.port, request))
        same = same + 1 if length == before else 0
        if same == 10:
            return
        before = length
        time.sleep(0.02)


def measure_feature(args, feature, server, nginx, scratch, say):
    other = nginx if feature.nginx else server
    settle(server, feature.request)
    rows = []
    running = [server, nginx] if nginx else [server]
    with measure.Machine(running) as machine:
        for i in range(args.pairs):
            asks = [("feature", server, feature.request), ("baseline", other, feature.baseline)]
            both = {}
            for name, which, request in (asks if i % 2 else asks[::-1]):
                both[name] = one(args, which, request, name, feature.connections, scratch)
            rows.append((both["feature"], both["baseline"]))
    ratio = measure.quartiles([a["server_ns"] / b["server_ns"] for a, b in rows])
    result = {"name": feature.name, "ratio": ratio, "target": feature.target,
              "note": feature.note, "foreign": machine.foreign,
              "ns": statistics.median(a["server_ns"] for a, _ in rows),
              "base_ns": statistics.median(b["server_ns"] for _, b in rows)}
    say(f"  {feature.name}: {ratio[1]:.3f} ({ratio[0]:.3f}-{ratio[2]:.3f}), "
        f"{result['ns']:.0f} ns, baseline {result['base_ns']:.0f}, others {machine.foreign:.0%}")
    return result


def write_files(folder):
    os.makedirs(folder, exist_ok=True)
    for name, size in ((SMALL, 1024), (LARGE, 1 << 20)):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(os.urandom(256) * (size // 256))


def with_nginx(args, scratch, core, then):
    row = servers.Row("nginx static", "nginx -p @DIR@ -e @DIR@/nginx.error -c @DIR@/config",
                      "nginx", config="nginx_static.conf.in")
    with servers.Server(row, args.build, scratch, core) as nginx:
        write_files(os.path.join(nginx.dir, "static"))
        return then(nginx)


def measure_backend(args, backend, scratch, say):
    core = servers.cores()[0]
    static = os.path.join(scratch, "files")
    write_files(static)
    row = servers.Row(f"gale, {backend}", "@BUILD@/bench/features_server --port=@PORT@ "
                      "--logging=none", env={"GALE_IOLOOP": backend, "BENCH_STATIC": static},
                      gale=True, uring=backend == "io_uring")
    say(f"features of {row.name}")

    def run(nginx):
        results = []
        with servers.Server(row, args.build, scratch, core) as server:
            for feature in features(server.port):
                if feature.nginx and not nginx:
                    continue
                try:
                    results.append(measure_feature(args, feature, server, nginx, scratch, say))
                except (measure.Failed, subprocess.TimeoutExpired) as error:
                    say(f"  {feature.name}: failed: {error}")
                    results.append({"name": feature.name, "error": str(error)})
        return results

    try:
        return with_nginx(args, scratch, core, run)
    except servers.Unavailable as error:
        say(f"  without nginx: {error}")
        return run(None)


def measure_all(args, scratch, say):
    return {backend: measure_backend(args, backend, scratch, say)
            for backend in ("epoll", "io_uring")}
