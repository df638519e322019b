"""test_tlsproxy - the example between Python's TLS client and a plain server, on both backends.

usage: test_tlsproxy.py PATH_OF_TLSPROXY
"""
# SPDX-License-Identifier: MIT
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

PROGRAM = sys.argv.pop(1) if len(sys.argv) > 1 else "./tlsproxy"
TIMEOUT = 20
MUCH = 64 * 1024 * 1024  # more than all buffers on the way hold


class Client:
    """The client's end: a TLS engine apart from its socket, so that each side can end by itself."""

    def __init__(self, port, ca):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.create_default_context(cafile=ca)
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="proxy.example")
        self.drive(self.tls.do_handshake)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def flush(self):
        self.sock.sendall(self.outgoing.read())

    def drive(self, call, *args):
        while True:
            try:
                result = call(*args)
                self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                data = self.sock.recv(65536)
                if data:
                    self.incoming.write(data)
                else:
                    self.incoming.write_eof()

    def send(self, data):
        self.drive(self.tls.write, data)

    def end(self):
        """close_notify: no more from here."""
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        self.flush()

    def read(self):
        """b"" at the peer's close_notify."""
        try:
            return self.drive(self.tls.read, 65536)
        except ssl.SSLZeroReturnError:
            return b""

    def read_all(self):
        pieces = []
        while piece := self.read():
            pieces.append(piece)
        return b"".join(pieces)


class TlsProxy(unittest.TestCase):
    backend = "epoll"

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.cert = os.path.join(cls.folder.name, "cert.pem")
        cls.key = os.path.join(cls.folder.name, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", cls.key, "-out",
                        cls.cert, "-days", "2", "-subj", "/CN=proxy.example", "-addext",
                        "subjectAltName=DNS:proxy.example"], check=True, capture_output=True)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def setUp(self):
        self.upstream = socket.create_server(("127.0.0.1", 0))
        self.upstream.settimeout(TIMEOUT)
        to = "127.0.0.1:%d" % self.upstream.getsockname()[1]
        env = dict(os.environ, GALE_IOLOOP=self.backend)
        self.proxy = subprocess.Popen(
            [PROGRAM, "--port=0", f"--certfile={self.cert}", f"--keyfile={self.key}", f"--to={to}"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
        self.port = int(self.proxy.stdout.readline().rsplit(":", 1)[1])

    def tearDown(self):
        self.upstream.close()
        self.proxy.terminate()
        _, err = self.proxy.communicate(timeout=TIMEOUT)
        self.assertNotIn("AddressSanitizer", err)
        self.assertNotIn("runtime error", err)
        self.assertNotIn("assertion failed", err)

    def pair(self):
        client = Client(self.port, self.cert)
        server, _ = self.upstream.accept()
        server.settimeout(TIMEOUT)
        return client, server

    def test_both_directions(self):
        client, server = self.pair()
        with client, server:
            client.send(b"to you")
            self.assertEqual(server.recv(100), b"to you")
            server.sendall(b"and back")
            self.assertEqual(client.read(), b"and back")

    def test_the_client_ends_first(self):
        client, server = self.pair()
        with client, server:
            client.send(b"question")
            client.end()
            with server.makefile("rb") as f:
                self.assertEqual(f.read(), b"question")
            server.sendall(b"answer")
            server.close()
            self.assertEqual(client.read_all(), b"answer")

    def test_the_server_ends_first(self):
        client, server = self.pair()
        with client, server:
            server.sendall(b"greeting")
            server.shutdown(socket.SHUT_WR)
            self.assertEqual(client.read_all(), b"greeting")
            client.send(b"thanks")
            client.end()
            with server.makefile("rb") as f:
                self.assertEqual(f.read(), b"thanks")

    def test_a_reader_that_comes_late_holds_the_writer(self):
        client, server = self.pair()
        data = os.urandom(1 << 20) * (MUCH >> 20)
        sent = []

        def write():
            server.settimeout(0.5)
            n = 0
            try:
                while n < MUCH:
                    n += server.send(memoryview(data)[n:n + 65536])
            except TimeoutError:
                pass
            sent.append(n)
            server.shutdown(socket.SHUT_WR)

        with client, server:
            writer = threading.Thread(target=write)
            writer.start()
            writer.join(TIMEOUT)
            self.assertLess(sent[0], MUCH)
            got = client.read_all()
            self.assertEqual(len(got), sent[0])
            self.assertTrue(got == data[:sent[0]])

    def test_options_that_are_unusable(self):
        no_target = "'%s' is no host and port"
        for port, to, why in (("abc", "a:1", "abc"), ("99999", "a:1", "99999"),
                              ("0", "a:abc", no_target % "a:abc"), ("0", ":1", no_target % ":1"),
                              ("0", "a", no_target % "a"), ("0", "a:99999", no_target % "a:99999")):
            r = subprocess.run([PROGRAM, f"--port={port}", f"--certfile={self.cert}",
                                f"--keyfile={self.key}", f"--to={to}"],
                               capture_output=True, text=True, timeout=TIMEOUT)
            self.assertEqual((r.returncode, r.stdout), (1, ""), r.stderr)
            self.assertRegex(r.stderr, f"^tlsproxy: .*{why}.*\n$")

    def test_a_client_that_breaks_off_ends_the_other_side(self):
        client, server = self.pair()
        with server:
            client.send(b"x")
            self.assertEqual(server.recv(1), b"x")
            client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.sock.close()
            try:
                self.assertEqual(server.recv(1), b"")
            except ConnectionError:
                pass

    def test_without_an_upstream_it_goes_on(self):
        self.upstream.close()
        with Client(self.port, self.cert) as client:
            try:
                self.assertEqual(client.read(), b"")
            except (ssl.SSLError, ConnectionError):
                pass
        with Client(self.port, self.cert):
            pass

    def test_plain_text_is_refused(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT) as s:
            s.sendall(b"GET / HTTP/1.0\r\n\r\n")
            try:
                while s.recv(4096):
                    pass
            except ConnectionError:
                pass
        self.test_both_directions()


class TlsProxyUring(TlsProxy):
    backend = "io_uring"


if __name__ == "__main__":
    unittest.main()
