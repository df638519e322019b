"""tls - handshakes and bytes over TLS for each second of the server's processor time, gale against
nginx with the same certificate, in turns, in one run.
"""
# SPDX-License-Identifier: MIT
import os
import pathlib
import re
import socket
import statistics
import subprocess
import tempfile
import time

import servers

GALE = "bench/tls_bench_server"
TARGETS = [GALE]
MIB = 1 << 20
NGINX = """daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log /dev/null;
events {{ worker_connections 512; }}
http {{
    access_log off; keepalive_requests 1000000; ssl_session_tickets on; ssl_protocols TLSv1.2 TLSv1.3;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
              root {folder}; location = / {{ return 200 "Hello, world"; }} }}
}}"""


class Server:
    """On a core of its own; a context manager."""

    def __init__(self, command, port):
        self.port = port
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, preexec_fn=servers.child_setup(servers.cores()[0]))

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
        self.process.kill()
        self.process.wait()

    def seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60,
                          preexec_fn=servers.child_setup(servers.cores()[1]))
    return done.stdout + done.stderr


def handshakes(server, seconds, *way):
    before = server.seconds()
    said = run("openssl", "s_time", "-connect", f"127.0.0.1:{server.port}", *way, "-time",
               str(seconds))
    count = int(re.findall(r"(\d+) connections in \d+ real seconds", said)[-1])
    return count / max(server.seconds() - before, 0.01)


def bulk(server, times):
    before = server.seconds()
    run("curl", "-sk", "-o", "/dev/null", f"https://127.0.0.1:{server.port}/big?[1-{times}]")
    return times * MIB / 1e6 / max(server.seconds() - before, 0.01)


def report(build, quick, say):
    """The section of the report."""
    rounds, seconds, times = (3, 2, 500) if quick else (7, 5, 2000)
    kinds = {"full handshakes, TLS 1.3": lambda s: handshakes(s, seconds, "-new"),
             # s_time does not wait for the tickets of TLS 1.3.
             "resumed handshakes, TLS 1.2": lambda s: handshakes(s, seconds, "-reuse", "-tls1_2"),
             "MB in bodies of 1 MiB": lambda s: bulk(s, times)}
    lines = ["For each second of the server's processor time.", "", "| | nginx | gale | ratio |", "|---|---|---|---|"]
    with tempfile.TemporaryDirectory(prefix="gale-bench-") as folder:
        os.chmod(folder, 0o755)
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", "/CN=localhost", "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem")
        pathlib.Path(folder, "big").write_bytes(b"x" * MIB)
        ports = servers.free_port(), servers.free_port()
        pathlib.Path(folder, "conf").write_text(NGINX.format(folder=folder, port=ports[0]))
        commands = (["nginx", "-c", f"{folder}/conf", "-p", folder],
                    [os.path.join(build, GALE), f"--port={ports[1]}", "--logging=none",
                     f"--certfile={folder}/cert.pem", f"--keyfile={folder}/key.pem"])
        with Server(commands[0], ports[0]) as nginx, Server(commands[1], ports[1]) as gale:
            for kind, measure in kinds.items():
                found = [(measure(nginx), measure(gale)) for _ in range(rounds)]
                middle = [statistics.median(x) for x in (*zip(*found), [g / n for n, g in found])]
                lines.append("| {} | {:.0f} | {:.0f} | {:.2f} |".format(kind, *middle))
                say(lines[-1])
    return "\n".join(lines)
