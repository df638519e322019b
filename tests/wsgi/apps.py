"""apps - WSGI applications for test_wsgi_wire: one function for each thing PEP 3333 speaks of."""
# SPDX-License-Identifier: MIT
import gzip
import io
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import wsgiref.validate

TEXT = [('Content-Type', 'text/plain')]
closed = []    # what was closed, by name
gates = {}     # events by name: what waits here goes on when another request says so
kept = {}      # what outlives its request
local = threading.local()


class Iterable:
    """Pieces, and whether it was closed."""

    def __init__(self, name, pieces, close=None):
        self.name, self.pieces, self.on_close = name, iter(pieces), close

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.pieces)

    def close(self):
        closed.append(self.name)
        if self.on_close:
            self.on_close()


def gate(name):
    return gates.setdefault(name, threading.Event())


def fail():
    raise RuntimeError('as asked')


def hello(environ, start_response):
    start_response('200 OK', TEXT)
    return [b'Hello, world']


def env(environ, start_response):
    start_response('200 Fine', [('Content-Type', 'application/json')])
    kinds = {k: type(v).__name__ for k, v in environ.items()}
    plain = {k: v for k, v in environ.items() if isinstance(v, (str, bool, tuple))}
    return [json.dumps({'kinds': kinds, 'values': plain, 'exact': type(environ) is dict}).encode()]


def echo(environ, start_response):
    start_response('200 OK', TEXT)
    return [environ['wsgi.input'].read()]


def methods(environ, start_response):
    """The readers of wsgi.input, as a list of calls in the query: read(3),readline(),list()"""
    stream, out = environ['wsgi.input'], []
    for call in environ['QUERY_STRING'].split(';'):
        name, _, argument = call.partition('=')
        arguments = [] if argument == '' else [None if argument == 'None' else int(argument)]
        value = list(stream) if name == 'iter' else getattr(stream, name)(*arguments)
        out.append([v.decode() for v in value] if isinstance(value, list) else value.decode())
    start_response('200 OK', TEXT)
    return [json.dumps(out).encode()]


def count(environ, start_response):
    n, stream = 0, environ['wsgi.input']
    while piece := stream.read(100000):
        n += len(piece)
    start_response('200 OK', TEXT)
    return [str(n).encode()]


def ping_pong(environ, start_response):
    """Each line that has come is answered before the next is read."""
    start_response('200 OK', TEXT)
    for line in environ['wsgi.input']:
        yield b'got ' + line


def stepwise(environ, start_response):
    start_response('200 OK', TEXT)

    def pieces():
        yield b''
        yield b'one'
        gate('step').wait(20)
        yield b'two'
    return Iterable('stepwise', pieces())


def written(environ, start_response):
    write = start_response('200 OK', TEXT)
    write(b'written, ')
    write(b'')
    return [b'returned']


def late(environ, start_response):
    """start_response at the first piece."""
    yield b''
    start_response('201 Late', TEXT)
    yield b'late'


def nothing(environ, start_response):
    start_response('200 OK', TEXT)
    return Iterable('nothing', [])


def no_content(environ, start_response):
    start_response(environ['QUERY_STRING'] or '204 No Content', [('X-A', '1')])
    return [b'dropped']


def fields(environ, start_response):
    start_response('299 Odd One', [('Set-Cookie', 'a=1'), ('Set-Cookie', 'b=2'), ('X-Name', 'caf\xe9'),
                                   ('Server', 'mine'), ('Etag', '"x"'), ('Content-Length', '2')])
    return iter([b'o', b'k'])


def error_page(environ, start_response):
    start_response('200 OK', [('X-First', '1')])
    try:
        fail()
    except RuntimeError:
        start_response('503 Sorry', TEXT, sys.exc_info())
    return [b'an error page']


def error_too_late(environ, start_response):
    write = start_response('200 OK', TEXT)
    write(b'begun')
    try:
        fail()
    except RuntimeError:
        start_response('503 Sorry', TEXT, sys.exc_info())
    return [b'never']


def wrong(environ, start_response):
    """What applications do wrong, by name."""
    what = environ['QUERY_STRING']
    if what == 'never':
        return [b'x']
    if what == 'write_before':
        return written_before(start_response)
    heads = {
        'status_bytes': (b'200 OK', TEXT), 'status_number': ('OK', TEXT), 'status_line': ('200 a\r\nb', TEXT),
        'status_100': ('100 Continue', TEXT), 'headers_tuple': ('200 OK', tuple(TEXT)),
        'pair_list': ('200 OK', [['A', 'b']]), 'pair_three': ('200 OK', [('A', 'b', 'c')]),
        'name_space': ('200 OK', [('A b', 'c')]), 'value_newline': ('200 OK', [('A', 'b\r\nX: y')]),
        'value_bytes': ('200 OK', [('A', b'b')]), 'value_wide': ('200 OK', [('A', '\u20ac')]),
        'hop': ('200 OK', [('Connection', 'close')]), 'chunked': ('200 OK', [('transfer-encoding', 'chunked')]),
        'status_header': ('200 OK', [('Status', '200')]), 'length': ('200 OK', [('Content-Length', 'x')]),
    }
    start_response(*heads.get(what, ('200 OK', TEXT)))
    if what == 'twice':
        start_response('200 OK', TEXT)
    if what == 'exc_info':
        start_response('200 OK', TEXT, (1, 2, 3))
    return {'bytes': b'abc', 'text': ['abc'], 'str': 'abc', 'none': None, 'number': [1]}.get(what, [b'x'])


def written_before(start_response):
    class Never:
        def __call__(self, *_):
            raise AssertionError('not reached')
    start_response.__call__    # is callable
    write = Never()
    write(b'x')


def longer(environ, start_response):
    start_response('200 OK', TEXT + [('Content-Length', '3')])
    return Iterable('longer', [b'abc', b'def'])


def shorter(environ, start_response):
    start_response('200 OK', TEXT + [('Content-Length', '10')])
    return Iterable('shorter', [b'abc', b'def'])


def raises(environ, start_response):
    what = environ['QUERY_STRING']
    if what == 'exit':
        sys.exit(3)
    if what == 'interrupt':
        raise KeyboardInterrupt
    if what == 'unprintable':
        class Odd(Exception):
            def __str__(self):
                raise ValueError('no text')
        raise Odd
    if what == 'nul':
        raise RuntimeError('a\0b')
    if what == 'surrogate':
        raise RuntimeError('\udc80 is not UTF-8')
    fail()


def raises_later(environ, start_response):
    start_response('200 OK', TEXT)

    def pieces():
        yield b'begun'
        gate('raise').wait(20)
        fail()
    return Iterable('raises_later', pieces())


def raises_in_close(environ, start_response):
    start_response('200 OK', TEXT)
    return Iterable('raises_in_close', [b'whole'], fail)


def logs(environ, start_response):
    errors = environ['wsgi.errors']
    errors.write('first line\nsecond ')
    errors.writelines(['line\n', 'third caf\xe9\x1b[31m'])
    errors.flush()
    print('fourth', file=errors)
    start_response('200 OK', TEXT)
    return [b'logged']


def send_file(environ, start_response):
    """The query: kind=…;from=…;length=…"""
    options = dict(o.split('=') for o in environ['QUERY_STRING'].split(';') if o)
    data = bytes(range(256)) * 2000
    if options.get('kind') == 'memory':
        stream = io.BytesIO(data)
    elif options.get('kind') == 'gzip':    # has a fileno(), of what is compressed
        packed = tempfile.TemporaryFile()
        packed.write(gzip.compress(data))
        packed.seek(0)
        stream = gzip.open(packed)
    else:
        stream = tempfile.TemporaryFile()
        stream.write(data)
        stream.flush()
    stream.seek(int(options.get('from', 0)))
    kept['stream'] = stream
    headers = TEXT + ([('Content-Length', options['length'])] if 'length' in options else [])
    start_response('200 OK', headers)
    return environ['wsgi.file_wrapper'](stream, 5000)


def stream_closed(environ, start_response):
    start_response('200 OK', TEXT)
    return [str(kept['stream'].closed).encode()]


def keep(environ, start_response):
    kept.update(environ=environ, start=start_response, write=start_response('200 OK', TEXT))
    return [b'kept']


def use_kept(environ, start_response):
    out = []
    for what in (lambda: kept['environ']['wsgi.input'].read(), lambda: kept['write'](b'x'),
                 lambda: kept['start']('200 OK', [])):
        try:
            out.append(repr(what()))
        except Exception as error:
            out.append(type(error).__name__)
    start_response('200 OK', TEXT)
    return [' '.join(out).encode()]


def endless(environ, start_response):
    start_response('200 OK', TEXT)

    def pieces():
        while True:
            yield b'x' * 10000
    return Iterable('endless', pieces())


def endless_head(environ, start_response):
    """As an event stream, which nobody gets."""
    start_response(environ['QUERY_STRING'].replace('+', ' '), TEXT)
    return Iterable('head', itertools.repeat(b'x'))


def wait(environ, start_response):
    seen = gate(environ['QUERY_STRING']).wait(20)
    start_response('200 OK', TEXT)
    return [str(seen).encode()]


def go(environ, start_response):
    gate(environ['QUERY_STRING']).set()
    start_response('200 OK', TEXT)
    return []


def kinds(environ, start_response):
    """Objects of ours that nobody else can make."""
    out = []
    for thing in (start_response, environ['wsgi.input'], environ['wsgi.errors']):
        try:
            type(thing)()
        except TypeError:
            out.append('no')
    start_response('200 OK', TEXT, (None, None, None))
    return [' '.join(out).encode()]


def duplex(environ, start_response):
    """The body is read by another thread while the answer leaves."""
    n = []

    def read():
        while piece := environ['wsgi.input'].read(4096):
            n.append(len(piece))
    reader = threading.Thread(target=read)
    reader.start()
    start_response('200 OK', TEXT)
    for _ in range(100):
        yield b'x' * 10000
    reader.join()
    yield str(sum(n)).encode()


def forever(environ, start_response):
    kept['is_busy'] = True
    while True:
        time.sleep(60)


def were_closed(environ, start_response):
    start_response('200 OK', TEXT)
    return [' '.join(closed).encode()]


def threads(environ, start_response):
    local.n = getattr(local, 'n', 0) + 1
    start_response('200 OK', TEXT)
    return [f'{threading.get_ident()} {local.n} {threading.current_thread() is threading.main_thread()}'.encode()]


def child(environ, start_response):
    """A program that is told to end."""
    program = subprocess.Popen(['sleep', '30'])
    program.terminate()
    start_response('200 OK', TEXT)
    return [str(program.wait()).encode()]


def signals(environ, start_response):
    try:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        text = 'set'
    except ValueError as error:
        text = str(error)
    start_response('200 OK', TEXT)
    return [text.encode()]


def busy(environ, start_response):
    """Computes until told: Python's lock is wanted all the time."""
    stop = gate('busy')
    kept['is_busy'] = True
    end = time.monotonic() + 20
    while not stop.is_set() and time.monotonic() < end:
        pass
    start_response('200 OK', TEXT)
    return [b'done']


def is_busy(environ, start_response):
    start_response('200 OK', TEXT)
    return [str(kept.get('is_busy')).encode()]


def crash(environ, start_response):
    os.kill(os.getpid(), signal.SIGSEGV)


def pid(environ, start_response):
    start_response('200 OK', TEXT)
    return [str(os.getpid()).encode()]


def validated(environ, start_response):
    """What keeps to the rules, between two who see that it and the server do."""
    def ruly(environ, start_response):
        stream = environ['wsgi.input']
        seen = stream.read(2) + stream.readline(100) + b''.join(stream.readlines(10)) + b''.join(stream)
        environ['wsgi.errors'].write('validated\n')
        environ['wsgi.errors'].flush()
        write = start_response('200 OK', [('Content-Type', 'text/plain')])
        if environ['REQUEST_METHOD'] != 'HEAD':
            write(b'seen ')
        return Iterable('ruly', [] if environ['REQUEST_METHOD'] == 'HEAD' else [seen])
    return wsgiref.validate.validator(ruly)(environ, start_response)


def application(environ, start_response):
    name = environ['PATH_INFO'].strip('/').split('/')[0]
    return (globals().get(name) or hello)(environ, start_response)


class Maker:
    made = 0

    def __call__(self, environ, start_response):
        start_response('200 OK', TEXT)
        return [b'made %d' % Maker.made]


def make():
    Maker.made += 1
    return Maker()


class namespace:
    app = staticmethod(hello)
