"""test_tcpecho - the example as a program, over real sockets, with both backends.

usage: test_tcpecho.py PATH_OF_TCPECHO
"""
# SPDX-License-Identifier: MIT
import os
import socket
import subprocess
import sys
import unittest

PROGRAM = sys.argv.pop(1) if len(sys.argv) > 1 else "./tcpecho"


class TcpEcho(unittest.TestCase):
    backend = "epoll"

    def setUp(self):
        env = dict(os.environ, GALE_IOLOOP=self.backend)
        self.server = subprocess.Popen(
            [PROGRAM, "--port=0"], stdout=subprocess.PIPE, text=True, env=env
        )
        line = self.server.stdout.readline()
        self.assertRegex(line, r"^listening on 127\.0\.0\.1:\d+\n$")
        self.port = int(line.rsplit(":", 1)[1])

    def tearDown(self):
        self.server.terminate()
        self.server.wait(10)
        self.server.stdout.close()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def test_lines_come_back(self):
        with self.connect() as s, s.makefile("rb") as f:
            s.sendall(b"one\ntwo\n")
            self.assertEqual(f.readline(), b"one\n")
            self.assertEqual(f.readline(), b"two\n")
            for byte in b"slow line\n":
                s.sendall(bytes([byte]))
            self.assertEqual(f.readline(), b"slow line\n")

    def test_connections_do_not_wait_for_each_other(self):
        sockets = [self.connect() for _ in range(100)]
        for i, s in enumerate(sockets):
            s.sendall(b"line %d" % i)
        for i, s in reversed(list(enumerate(sockets))):
            s.sendall(b"\n")
            with s.makefile("rb") as f:
                self.assertEqual(f.readline(), b"line %d\n" % i)
            s.close()

    def test_much_with_a_reader_that_comes_late(self):
        line = b"x" * 60000 + b"\n"
        with self.connect() as s, s.makefile("rb") as f:
            s.settimeout(0.2)
            sent = 0
            try:
                while sent < 200 * len(line):
                    sent += s.send(line[sent % len(line):])
            except TimeoutError:
                pass
            s.settimeout(10)
            got = f.read(sent // len(line) * len(line))
            self.assertEqual(got, line * (sent // len(line)))

    def test_a_half_closed_peer_gets_its_answer(self):
        with self.connect() as s:
            s.sendall(b"last\n")
            s.shutdown(socket.SHUT_WR)
            with s.makefile("rb") as f:
                self.assertEqual(f.read(), b"last\n")

    def test_an_endless_line_is_cut_off(self):
        with self.connect() as s:
            try:
                for _ in range(100):
                    s.sendall(b"x" * 10000)
                self.assertEqual(s.recv(1), b"")
            except ConnectionError:
                pass
        self.test_lines_come_back()

    def client(self, *args):
        return subprocess.run([PROGRAM, *args], capture_output=True, text=True, timeout=20)

    def test_client(self):
        r = self.client(f"--connect=127.0.0.1:{self.port}", "hello there")
        self.assertEqual((r.returncode, r.stdout, r.stderr), (0, "hello there\n", ""))

    def test_client_by_name(self):
        r = self.client(f"--connect=localhost:{self.port}", "hello")
        self.assertEqual((r.returncode, r.stdout, r.stderr), (0, "hello\n", ""))
        r = self.client(f"--connect=[::1]:{self.port}", "hello")
        self.assertEqual(r.returncode, 1)
        self.assertRegex(r.stderr, r"tcpecho: cannot connect to \[::1\]:\d+: ")

    def test_refusals_are_one_line(self):
        r = self.client(f"--port={self.port}")
        self.assertEqual(r.returncode, 1)
        self.assertEqual(
            r.stderr,
            f"tcpecho: cannot listen on 127.0.0.1:{self.port}: Address already in use\n",
        )
        r = self.client("--connect=nonsense", "x")
        self.assertEqual(r.returncode, 1)
        self.assertEqual(r.stderr, "tcpecho: bad address 'nonsense': no port\n")

    def test_ports_that_are_none(self):
        for port in ("abc", "12x", "", "99999", "-1"):
            r = self.client(f"--port={port}")
            self.assertEqual(r.returncode, 1, port)
            self.assertRegex(r.stderr, r"^tcpecho: .*%s.*\n$" % port)
            self.assertEqual(r.stdout, "")
        for at, why in (("host:abc", "no port"), (":abc", "no host"), ("host:", "no port"),
                        ("host:0", "no port"), ("host:65536", "no port"), ("host:-1", "no port"),
                        ("host:1x", "no port"), (":80", "no host"), ("[]:80", "no host")):
            r = self.client(f"--connect={at}", "x")
            self.assertEqual((r.returncode, r.stderr), (1, f"tcpecho: bad address '{at}': {why}\n"))

    def test_says_how_it_is_used(self):
        for args in ([], ["--port=0", "x"], ["--connect=a:1"], ["--connect=a:1", "x", "y"],
                     ["--port=0", "--connect=a:1", "x"]):
            r = self.client(*args)
            self.assertEqual(r.returncode, 1, args)
            self.assertRegex(r.stderr, r"^usage: tcpecho ")


class TcpEchoUring(TcpEcho):
    backend = "io_uring"


if __name__ == "__main__":
    unittest.main()
