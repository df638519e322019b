"""gale_wire - servers and raw HTTP for the wire tests: start a program, speak bytes to it.

A test module ends with gale_wire.main(): it takes `--program NAME=PATH` and `--backend
epoll|io_uring`, puts GALE_IOLOOP into the programs' environment and runs unittest. A program
prints a line with its port ("port 12345" or a URL) and is stopped by its process id.
"""
# SPDX-License-Identifier: MIT
import argparse
import ctypes
import os
import re
import select
import signal
import socket
import subprocess
import sys
import unittest

PROGRAMS = {}
BACKEND = None
TIMEOUT = float(os.environ.get("GALE_TEST_TIMEOUT", "20"))


class Program:
    """A server of the project's, running."""

    def __init__(self, name, *args, env=None):
        environ = dict(os.environ)
        if BACKEND:
            environ['GALE_IOLOOP'] = BACKEND
        environ.update(env or {})
        self.process = subprocess.Popen([PROGRAMS[name], *args], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environ)
        self.output = b''
        self.port = int(self.read_until(rb'(?m)(?:^port |http://[^\s/]*:)(\d+)')[1])

    @property
    def pid(self):
        return self.process.pid

    def read_until(self, pattern, timeout=TIMEOUT):
        """Waits for a match in what the program prints."""
        while True:
            match = re.search(pattern, self.output)
            if match:
                return match
            if not select.select([self.process.stdout], [], [], timeout)[0]:
                raise AssertionError(f'no {pattern!r} in time; printed: {self.output!r}')
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                raise AssertionError(f'ended without {pattern!r}; printed: {self.output!r}')
            self.output += data

    def take_output(self):
        """What it has printed by now: who makes many requests asks, or the pipe becomes full."""
        while select.select([self.process.stdout], [], [], 0)[0]:
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                break
            self.output += data

    def stop(self, how=signal.SIGTERM):
        """Ends it and gives its exit status and all it printed."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            rest, _ = self.process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            rest, _ = self.process.communicate()
            raise AssertionError(f'did not stop; printed: {self.output + rest!r}')
        self.output += rest
        return self.process.returncode, self.output.decode('utf-8', 'replace')

    def connect(self, host='127.0.0.1'):
        return Connection(socket.create_connection((host, self.port), timeout=TIMEOUT))

    def exchange(self, data):
        """One connection: sends data, gives all that comes until the server closes."""
        with self.connect() as c:
            c.send(data)
            return c.read_all()

    def get(self, path='/', headers=''):
        with self.connect() as c:
            c.send(f'GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n')
            return c.response()

    def memory(self):
        """Resident bytes of its own (anonymous)."""
        with open(f'/proc/{self.pid}/status') as f:
            return int(re.search(r'RssAnon:\s+(\d+) kB', f.read())[1]) * 1024

    def cpu_seconds(self):
        with open(f'/proc/{self.pid}/stat') as f:
            fields = f.read().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


class Response:
    def __init__(self, status, reason, headers, body):
        self.status, self.reason, self.headers, self.body = status, reason, headers, body

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    def __getitem__(self, name):
        values = self.all(name)
        return values[0] if values else None

    def __repr__(self):
        return f'<{self.status} {self.reason} {self.headers} {self.body[:200]!r}>'


class Connection:
    """A socket with the bytes that came and were not asked for yet."""

    def __init__(self, sock):
        self.sock, self.kept = sock, b''

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data.encode('latin-1') if isinstance(data, str) else data)

    def end(self):
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        """Closes with RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
        self.sock.close()

    def _more(self):
        data = self.sock.recv(65536)
        self.kept += data
        return bool(data)

    def read_until(self, mark):
        while mark not in self.kept:
            if not self._more():
                raise EOFError(f'closed before {mark!r}: {self.kept!r}')
        end = self.kept.index(mark) + len(mark)
        data, self.kept = self.kept[:end], self.kept[end:]
        return data

    def read(self, n):
        pieces, have = [self.kept], len(self.kept)
        while have < n:
            piece = self.sock.recv(65536)
            if not piece:
                raise EOFError(f'closed after {have} of {n} bytes')
            pieces.append(piece)
            have += len(piece)
        data = b''.join(pieces)
        data, self.kept = data[:n], data[n:]
        return data

    def read_all(self):
        while self._more():
            pass
        data, self.kept = self.kept, b''
        return data

    def is_closed(self):
        """True when the server ends the connection with nothing more to read."""
        return self.read_all() == b''

    def response(self, head_only=False):
        """The next response, strictly read."""
        lines = self.read_until(b'\r\n\r\n')[:-4].split(b'\r\n')
        match = re.fullmatch(rb'HTTP/1\.1 (\d{3}) (.*)', lines[0])
        assert match, f'bad status line {lines[0]!r}'
        status = int(match[1])
        headers = []
        for line in lines[1:]:
            field = re.fullmatch(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ([\t\x20-\x7e\x80-\xff]*)", line)
            assert field, f'bad header line {line!r}'
            headers.append((field[1].decode(), field[2].decode('latin-1')))
        r = Response(status, match[2].decode('latin-1'), headers, b'')
        if status < 200 or status in (204, 304) or head_only:
            assert r['Transfer-Encoding'] is None or head_only, r
            return r
        if r['Transfer-Encoding'] == 'chunked':
            assert r['Content-Length'] is None, r
            r.body = self._chunks()
        elif r['Content-Length'] is not None:
            r.body = self.read(int(r['Content-Length']))
        else:
            r.body = self.read_all()
        return r

    def _chunks(self):
        body = b''
        while True:
            size = int(self.read_until(b'\r\n')[:-2], 16)
            if not size:
                assert self.read(2) == b'\r\n'
                return body
            body += self.read(size)
            assert self.read(2) == b'\r\n'


class TestCase(unittest.TestCase):
    """Starts `program` with `args` once for the class."""
    program = None
    args = ()

    @classmethod
    def setUpClass(cls):
        if cls.program:
            cls.server = Program(cls.program, *cls.args)

    @classmethod
    def tearDownClass(cls):
        if cls.program:
            status, output = cls.server.stop()
            assert 'ERROR: AddressSanitizer' not in output and 'runtime error:' not in output, output[-6000:]
            assert 'LeakSanitizer' not in output and 'assertion failed' not in output, output[-6000:]
            assert status in (0, -signal.SIGTERM), (status, output[-2000:])


def kernel_has_io_uring():
    """Whether io_uring_setup works for this process; then the programs have to use it."""
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.syscall(425, 1, ctypes.create_string_buffer(256))
    if fd >= 0:
        os.close(fd)
    return fd >= 0


def main():
    global BACKEND
    parser = argparse.ArgumentParser()
    parser.add_argument('--program', action='append', default=[])
    parser.add_argument('--backend')
    known, rest = parser.parse_known_args()
    for pair in known.program:
        name, path = pair.split('=', 1)
        PROGRAMS[name] = os.path.abspath(path)
    BACKEND = known.backend
    if BACKEND == 'io_uring' and not kernel_has_io_uring():
        print('no io_uring here')
        sys.exit(77)
    unittest.main(module='__main__', argv=[sys.argv[0], *rest])
