"""gale_websocket - a WebSocket client that sends what it is told to, byte for byte."""
# SPDX-License-Identifier: MIT
import os
import struct

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='


def head(path='/', host='localhost', fields='', method='GET', version='HTTP/1.1', **changed):
    """A handshake; a field set to None is left out."""
    lines = {'Host': host, 'Upgrade': 'websocket', 'Connection': 'Upgrade', 'Sec-WebSocket-Key': KEY,
             'Sec-WebSocket-Version': '13'}
    lines.update({name.replace('_', '-'): value for name, value in changed.items()})
    text = ''.join(f'{name}: {value}\r\n' for name, value in lines.items() if value is not None)
    return f'{method} {path} {version}\r\n{text}{fields}\r\n'


def frame(opcode, data=b'', fin=True, masked=True, rsv=0):
    data = data.encode() if isinstance(data, str) else data
    first = bytes([fin << 7 | rsv << 4 | opcode])
    bit = 0x80 if masked else 0
    if len(data) < 126:
        size = bytes([bit | len(data)])
    elif len(data) < 65536:
        size = struct.pack('>BH', bit | 126, len(data))
    else:
        size = struct.pack('>BQ', bit | 127, len(data))
    if not masked:
        return first + size + data
    mask = os.urandom(4)
    key = (mask * (len(data) // 4 + 1))[:len(data)]
    mixed = int.from_bytes(data, 'big') ^ int.from_bytes(key, 'big')
    return first + size + mask + mixed.to_bytes(len(data), 'big')


def close_payload(code, reason=''):
    return struct.pack('>H', code) + reason.encode()


class WebSocket:
    """Over a gale_wire.Connection, after its handshake unless that is refused (then .response tells)."""

    def __init__(self, connection, path='/', behind=b'', **changed):
        self.connection = connection
        connection.send(head(path, **changed).encode() + behind)
        self.response = connection.response()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def send(self, data, opcode=None, **options):
        if opcode is None:
            opcode = TEXT if isinstance(data, str) else BINARY
        self.connection.send(frame(opcode, data, **options))

    def frame(self):
        """The next frame: first byte, payload."""
        first, size = self.connection.read(2)
        assert not size & 0x80, 'a server does not mask'
        if size == 126:
            size = struct.unpack('>H', self.connection.read(2))[0]
            assert size > 125
        elif size == 127:
            size = struct.unpack('>Q', self.connection.read(8))[0]
            assert size > 65535
        return first, self.connection.read(size)

    def read(self):
        """The next text or bytes, in one frame."""
        first, data = self.frame()
        assert first in (0x81, 0x82), (hex(first), data)
        return data.decode() if first == 0x81 else data

    def read_close(self):
        """The close frame that comes: code (None: none) and reason."""
        first, data = self.frame()
        assert first == 0x88, (hex(first), data)
        return (struct.unpack('>H', data[:2])[0], data[2:].decode()) if data else (None, '')

    def close(self, code=1000, reason=''):
        """The whole closing handshake: what the server answered; it closes the connection."""
        self.send(close_payload(code, reason) if code else b'', CLOSE)
        got = self.read_close()
        assert self.connection.is_closed()
        return got
