"""wsgi - hello of Flask on gale and on gunicorn, by processor time for each request, in turns; and
how long a handler in C takes while Python computes in the same process. Needs wrk, gunicorn, Flask."""
# SPDX-License-Identifier: MIT
import os
import re
import socket
import statistics
import subprocess
import threading
import time

import measure
import servers

WORKERS = 2
TARGET = 1.5
PEERS = os.path.join(servers.HERE, 'peers')


def commands(build):
    gunicorn = ['gunicorn', '--chdir', PEERS, '--workers', str(WORKERS), '--bind', '127.0.0.1:@PORT@']
    return {
        'gale wsgi': [os.path.join(build, 'gale-wsgi'), f'--path={PEERS}', f'--workers={WORKERS}', '--port=@PORT@',
                      '--address=127.0.0.1', '--logging=warning', 'flask_hello:app'],
        'gunicorn, sync': [*gunicorn, 'flask_hello:app'],
        'gunicorn, gthread of 8': [*gunicorn, '--threads', '8', 'flask_hello:app'],
    }


class Running:
    """A server and its children, pinned to no processor, ended with the block."""

    def __init__(self, command):
        self.port = servers.free_port()
        self.command = [word.replace('@PORT@', str(self.port)) for word in command]

    def __enter__(self):
        env = dict(os.environ, PATH='/usr/bin:' + os.environ.get('PATH', ''))
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
        deadline = time.monotonic() + 20
        while True:
            try:
                ask(self.port, '/')
                return self
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise servers.Unavailable(f'{self.command[0]} does not serve')
                time.sleep(0.02)

    def seconds(self):
        return sum(measure.process_seconds(pid) for pid in servers.family(self.process.pid))

    def __exit__(self, *unused):
        self.process.terminate()
        self.process.wait(20)


def ask(port, path):
    with socket.create_connection(('127.0.0.1', port), timeout=20) as connection:
        connection.sendall(f'GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'.encode())
        text = b''
        while data := connection.recv(65536):
            text += data
    if not text.startswith(b'HTTP/1.1 200 '):
        raise OSError(f'answered {text[:40]!r}')
    return text


def one_run(server, connections, seconds):
    """Microseconds of the server's processor time for a request, and requests in a second."""
    before = server.seconds()
    said = subprocess.run(['wrk', '-t1', f'-c{connections}', f'-d{seconds}s', f'http://127.0.0.1:{server.port}/'],
                          check=True, capture_output=True, text=True).stdout
    used = server.seconds() - before
    if 'Non-2xx' in said:
        raise servers.Unavailable(said)
    n = int(re.search(r'(\d+) requests in', said)[1])
    return used / n * 1e6, float(re.search(r'Requests/sec:\s+([\d.]+)', said)[1])


def throughput(build, rounds, seconds, say):
    lines = ['| | connections | CPU, µs a request | ratio of gunicorn\'s | requests/s |', '|---|---|---|---|---|']
    for connections in (1, 16, 64):
        rows = {}
        for _ in range(rounds):
            for name, command in commands(build).items():
                with Running(command) as server:
                    one_run(server, connections, 1)    # warm
                    rows.setdefault(name, []).append(one_run(server, connections, seconds))
        own = statistics.median(cpu for cpu, _ in rows['gale wsgi'])
        for name, figures in rows.items():
            cpu = statistics.median(cpu for cpu, _ in figures)
            rate = statistics.median(rate for _, rate in figures)
            lines.append(f'| {name} | {connections} | {cpu:.0f} | {"" if name == "gale wsgi" else f"{cpu / own:.2f}"} |'
                         f' {rate:.0f} |')
            say(lines[-1])
    return lines


def latencies(port, n):
    """Seconds that requests to the handler in C take, one after the other on one connection."""
    seen = []
    with socket.create_connection(('127.0.0.1', port), timeout=20) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(n):
            begin = time.perf_counter()
            connection.sendall(b'GET /c HTTP/1.1\r\nHost: localhost\r\n\r\n')
            connection.recv(4096)
            seen.append(time.perf_counter() - begin)
    return seen


def quantiles(seen):
    seen = sorted(seen)
    return [seen[int(len(seen) * q)] * 1e6 for q in (0.5, 0.9, 0.99)]


def beside(build, n, say):
    """The same while nobody asks Python, and while a view computes all the time."""
    figures = {'Python rests': [], 'Python computes': []}
    with Running([os.path.join(build, 'bench/wsgi_server'), PEERS, '--port=@PORT@', '--address=127.0.0.1',
                  '--logging=warning']) as server:
        for _ in range(5):
            figures['Python rests'] += latencies(server.port, n)
            busy = threading.Thread(target=ask, args=(server.port, '/busy?seconds=2'))
            busy.start()
            time.sleep(0.1)
            figures['Python computes'] += latencies(server.port, n)
            busy.join()
    lines = ['| a handler in C, while | median, µs | 90 of 100 | 99 of 100 |', '|---|---|---|---|']
    for name, seen in figures.items():
        lines.append(f'| {name} | ' + ' | '.join(f'{q:.0f}' for q in quantiles(seen)) + ' |')
        say(lines[-1])
    return lines


def report(build, quick, say):
    rounds, seconds = (1, 2) if quick else (5, 4)
    lines = ['## WSGI', '', f'Hello of Flask with {WORKERS} workers each, {rounds} rounds in turns, wrk '
             f'(`bench/run.py --wsgi`); target: gunicorn at least {TARGET} times.', '']
    lines += throughput(build, rounds, seconds, say) + [''] + beside(build, 2000 if quick else 5000, say)
    return '\n'.join(lines)
