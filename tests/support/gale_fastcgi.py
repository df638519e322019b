"""gale_fastcgi - FastCGI 1.0 as a web server speaks it: records made and read byte by byte.

Answers are read strictly: what comes has to be records of version 1, of requests that were begun,
with END_REQUEST as the last of each.
"""
# SPDX-License-Identifier: MIT
import re
import socket
import struct

import gale_wire

BEGIN_REQUEST, ABORT_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT, STDERR, DATA = range(1, 9)
GET_VALUES, GET_VALUES_RESULT, UNKNOWN_TYPE = range(9, 12)
COMPLETE, CANT_MPX_CONN, OVERLOADED, UNKNOWN_ROLE = range(4)


def record(kind, number, content=b'', padding=0, version=1):
    return struct.pack('>BBHHBB', version, kind, number, len(content), padding, 0) + content + b'\xff' * padding


def pair(name, value):
    def length(text):
        return bytes([len(text)]) if len(text) < 128 else struct.pack('>I', len(text) | 0x80000000)
    name, value = (t if isinstance(t, bytes) else t.encode('latin-1') for t in (name, value))
    return length(name) + length(value) + name + value


def begin(number, role=1, keep=True):
    return record(BEGIN_REQUEST, number, struct.pack('>HB5x', role, keep))


def stream(kind, number, content, piece=65000, padding=0):
    """The content of a stream in records, and its end."""
    pieces = [content[i:i + piece] for i in range(0, len(content), piece)]
    return b''.join(record(kind, number, p, padding) for p in pieces) + record(kind, number)


def params(method='GET', uri='/', **more):
    values = {'REQUEST_METHOD': method, 'REQUEST_URI': uri, 'SERVER_PROTOCOL': 'HTTP/1.1',
              'REMOTE_ADDR': '192.0.2.7', 'HTTP_HOST': 'example.org', **more}
    return b''.join(pair(n, v) for n, v in values.items() if v is not None)


def request(number, uri='/', method='GET', body=b'', keep=True, piece=65000, padding=0, **more):
    """A whole request. What is None among the parameters is not sent."""
    if body:
        more.setdefault('CONTENT_LENGTH', str(len(body)))
    return (begin(number, keep=keep) + stream(PARAMS, number, params(method, uri, **more), piece, padding) +
            stream(STDIN, number, body, piece, padding))


class Broken(Exception):
    """What came last is no record: an answer breaks off."""


class Answer:
    """The whole of it: .status, .headers, .body as of a Response; how it ended; whether STDOUT did."""

    def __init__(self, data, stdout_ended, app_status, protocol_status):
        self.data, self.stdout_ended = data, stdout_ended
        self.app_status, self.protocol_status = app_status, protocol_status
        self.response = None
        if b'\r\n\r\n' not in data:
            return
        head, body = data.split(b'\r\n\r\n', 1)
        lines = head.decode('latin-1').split('\r\n')
        match = re.fullmatch(r'Status: (\d{3}) (.+)', lines[0])
        assert match, lines[0]
        headers = [tuple(line.split(': ', 1)) for line in lines[1:]]
        self.response = gale_wire.Response(int(match[1]), match[2], headers, body)

    @property
    def status(self):
        return self.response.status

    @property
    def body(self):
        return self.response.body

    def __getitem__(self, name):
        return self.response[name]


class Connection:
    """One to where: "host:port" or "unix:/path"."""

    def __init__(self, where):
        family, address = socket.AF_UNIX, where[5:]
        if not where.startswith('unix:'):
            family, address = socket.AF_INET, (where.rsplit(':', 1)[0], int(where.rsplit(':', 1)[1]))
        self.sock = socket.socket(family)
        self.sock.settimeout(gale_wire.TIMEOUT)
        self.sock.connect(address)
        self.kept = b''
        self.order = []  # (request, bytes) of each record of STDOUT
        self.data, self.stdout_ended, self.ended = {}, set(), {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def record(self):
        """The next one: its type, request and content; None at the end of the connection."""
        need = 8
        while True:
            if len(self.kept) >= 8:
                version, kind, number, size, padding, _ = struct.unpack('>BBHHBB', self.kept[:8])
                if self.kept == bytes(8):
                    raise Broken
                assert version == 1, self.kept[:8]
                need = 8 + size + padding
            if len(self.kept) >= need and need >= 8 and len(self.kept) >= 8:
                content = self.kept[8:8 + size]
                self.kept = self.kept[need:]
                return kind, number, content
            more = self.sock.recv(1 << 18)
            if not more:
                assert not self.kept, self.kept
                return None
            self.kept += more

    def take(self):
        """The next record goes to its request; False at the end of the connection."""
        got = self.record()
        if not got:
            return False
        kind, number, content = got
        if kind == STDOUT:
            assert number not in self.ended and number not in self.stdout_ended, number
            self.order.append((number, len(content)))
            self.data[number] = self.data.get(number, b'') + content
            if not content:
                self.stdout_ended.add(number)
        else:
            assert kind == END_REQUEST and len(content) == 8, got
            assert number not in self.ended, number
            self.ended[number] = struct.unpack('>IB3x', content)
        return True

    def answer(self, number=1):
        while number not in self.ended:
            if not self.take():
                raise EOFError(f'closed before the end of {number}: {self.data.get(number, b"")[:200]!r}')
        return Answer(self.data.pop(number, b''), number in self.stdout_ended and
                      not self.stdout_ended.remove(number), *self.ended.pop(number))

    def ask(self, *args, **more):
        self.send(request(1, *args, **more))
        return self.answer(1)

    def is_closed(self):
        """True when it ends with nothing more to read."""
        try:
            return self.record() is None
        except ConnectionResetError:
            return True
