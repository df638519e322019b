"""shop - a WSGI application that a program in C has inside (docs/guide/wsgi.md)."""
# SPDX-License-Identifier: MIT
import hashlib


def index(environ):
    yield f"Python, below '{environ['SCRIPT_NAME']}', at '{environ['PATH_INFO']}'\n"


def upload(environ):
    digest, total = hashlib.sha256(), 0
    while piece := environ['wsgi.input'].read(65536):
        digest.update(piece)
        total += len(piece)
    yield f'{total} bytes, {digest.hexdigest()[:8]}…\n'


def broken(environ):
    raise RuntimeError('no such thing')


def application(environ, start_response):
    page = {'/upload': upload, '/broken': broken}.get(environ['PATH_INFO'], index)
    start_response('200 OK', [('Content-Type', 'text/plain; charset=UTF-8')])
    return (text.encode() for text in page(environ))
