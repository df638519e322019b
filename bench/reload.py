"""reload - how long it takes from a save to the reloaded page under `gale run`: a one-file program
is saved again and again; the page's event stream ends, comes back with another build, and the page
is asked for until it is the new one."""
# SPDX-License-Identifier: MIT
import os
import re
import socket
import statistics
import subprocess
import tempfile
import time

LIMIT = 0.5
APP = '''#include <gale/gale.h>

static int main_get(gale_handler *self)
{
    return gale_write(self, "<p>version %d</p>");
}

static const gale_handler_class main_handler = { .get = main_get };

int main(int argc, char **argv)
{
    return gale_main(argc, argv, gale_app_new((gale_route[]){
        { .url = "/", .handler = &main_handler },
        { 0 },
    }, NULL));
}
'''


def save(path, version):
    with open(path + '.new', 'w') as file:
        file.write(APP % version)
    os.rename(path + '.new', path)


def ask(port, path):
    """A connection with the answer under way."""
    connection = socket.create_connection(('127.0.0.1', port), timeout=20)
    connection.sendall(b'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' % path)
    return connection


def read_until(connection, pattern):
    """The match, or None at the end."""
    text = b''
    while not (match := re.search(pattern, text)):
        data = connection.recv(65536)
        if not data:
            return None
        text += data
    return match


def one_save(path, port, version):
    """Seconds until a page that was open shows the new version."""
    with ask(port, b'/_gale/reload') as stream:
        build = read_until(stream, rb'event: build\ndata: (\S+)')[1]
        begin = time.monotonic()
        save(path, version)
        while read_until(stream, rb'event: reload'):
            pass
    while True:
        with ask(port, b'/_gale/reload') as stream:
            if read_until(stream, rb'event: build\ndata: (\S+)')[1] == build:
                continue
        with ask(port, b'/') as page:
            if read_until(page, rb'version %d<' % version):
                return time.monotonic() - begin


def measure(build, n):
    with tempfile.TemporaryDirectory(prefix='gale-bench-') as place:
        path = os.path.join(place, 'app.c')
        save(path, 0)
        with open(os.path.join(place, 'log'), 'w+') as log:
            run = subprocess.Popen([os.path.join(build, 'gale'), 'run', '--port=0', path],
                                   stderr=log, stdout=log,
                                   env={**os.environ, 'CCACHE_DISABLE': '1'})
            try:
                until = time.monotonic() + 30
                while not (ready := re.search(r':(\d+)/(?s:.*)running \(pid',
                                              open(log.name).read())):
                    if time.monotonic() > until or run.poll() is not None:
                        raise RuntimeError(open(log.name).read())
                    time.sleep(0.02)
                return [one_save(path, int(ready[1]), i + 1) for i in range(n)]
            finally:
                run.terminate()
                run.wait()


def report(build, quick=False):
    times = measure(build, 5 if quick else 15)
    median = statistics.median(times)
    verdict = 'holds' if median < LIMIT else 'MISSED'
    return ('`gale run` on a one-file program, from the save to the page that shows the new version:\n\n'
            f'| saves | median | slowest | under {LIMIT * 1e3:.0f} ms |\n|---|---|---|---|\n'
            f'| {len(times)} | {median * 1e3:.0f} ms | {max(times) * 1e3:.0f} ms | {verdict} |\n')
