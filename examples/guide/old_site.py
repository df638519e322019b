"""old_site - a WSGI site that is about to move to C, page by page (docs/guide/wsgi.md).

    python3 old_site.py 8000
"""
# SPDX-License-Identifier: MIT
import json
import sys
import time
from http.cookies import SimpleCookie
from wsgiref.simple_server import WSGIRequestHandler, make_server


def index(environ):
    yield f"the old page of {environ['HTTP_HOST']}, by {environ['HTTP_X_FORWARDED_PROTO']}\n"


def countdown(environ):
    for number in (3, 2, 1):
        yield f'{number}\n'
        time.sleep(0.05)


def upload(environ):
    left, total = int(environ.get('CONTENT_LENGTH') or 0), 0
    while left > 0:
        piece = environ['wsgi.input'].read(min(left, 65536))
        if not piece:
            break
        left, total = left - len(piece), total + len(piece)
    yield f'{total} bytes\n'


def me(environ):
    user = SimpleCookie(environ.get('HTTP_COOKIE', '')).get('user')
    yield json.dumps(user.value if user else None)


PAGES = {'/': index, '/countdown': countdown, '/upload': upload, '/me': me}


def application(environ, start_response):
    page = PAGES.get(environ['PATH_INFO'])
    start_response('200 OK' if page else '404 Not Found', [
        ('Content-Type', 'text/plain'), ('Set-Cookie', 'seen=1'), ('Set-Cookie', 'old=1')])
    return (text.encode() for text in (page(environ) if page else ['no such page\n']))


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


if __name__ == '__main__':
    with make_server('127.0.0.1', int(sys.argv[1]), application, handler_class=Quiet) as server:
        print(f'port {server.server_port}', flush=True)
        server.serve_forever()
