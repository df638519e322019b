"""gale_postgres - a PostgreSQL server of a test's own, in a folder of its own, that can be killed and come back."""
# SPDX-License-Identifier: MIT
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import gale_wire


def find(name):
    found = sorted(glob.glob('/usr/lib/postgresql/*/bin/' + name),
                   key=lambda path: int(path.split('/')[4]) if path.split('/')[4].isdigit() else 0)
    return found[-1] if found else shutil.which(name)


SERVER, INITDB = find('postgres'), find('initdb')
MISSING = '' if SERVER and INITDB else 'no PostgreSQL server (Debian: postgresql)'


def someone():
    """Whom the server runs as: it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ('postgres', 'nobody'):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {'user': user.pw_uid, 'group': user.pw_gid, 'extra_groups': []}
    return {}


class Postgres:
    """A server on a Unix socket in its folder and on a port of 127.0.0.1."""

    def __init__(self, **settings):
        self.folder = tempfile.TemporaryDirectory(prefix='gale-pg-')
        self.path, self.who, self.settings = self.folder.name, someone(), settings
        self.process = None
        if self.who:
            os.chown(self.path, self.who['user'], self.who['group'])
        password = os.path.join(self.path, 'password')
        with open(password, 'w') as f:
            f.write('secret word\n')
        done = subprocess.run(
            [INITDB, '-D', self.data, '--no-sync', '-A', 'trust', '--auth-host', 'scram-sha-256', '-E', 'UTF8',
             '--locale=C', '-U', 'gale', '--pwfile', password], cwd='/', stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **self.who)
        if done.returncode:
            raise AssertionError(done.stdout.decode())
        self.has_tls = bool(shutil.which('openssl'))
        if self.has_tls:
            self.certify()
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            self.port = s.getsockname()[1]
        self.start()

    @property
    def data(self):
        return os.path.join(self.path, 'data')

    @property
    def conninfo(self):
        return f'host={self.path} port={self.port} user=gale dbname=postgres'

    @property
    def conninfo_tcp(self):
        return f'host=localhost port={self.port} user=gale password=\'secret word\' dbname=postgres'

    def start(self):
        settings = {'listen_addresses': '127.0.0.1', 'port': self.port, 'unix_socket_directories': self.path,
                    'fsync': 'off', 'max_wal_senders': 0, 'autovacuum': 'off', 'shared_buffers': '8MB',
                    'max_connections': 40, **self.settings}
        with open(os.path.join(self.path, 'log'), 'ab') as log:
            self.process = subprocess.Popen(
                [SERVER, '-D', self.data, *(w for k, v in settings.items() for w in ('-c', f'{k}={v}'))],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd='/', **self.who)
        end = time.monotonic() + gale_wire.TIMEOUT
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > end:
                with open(os.path.join(self.path, 'log')) as log:
                    raise AssertionError(log.read())
            time.sleep(0.02)

    def is_ready(self):
        """Whether it takes users: its file of the socket has said so."""
        try:
            with open(os.path.join(self.data, 'postmaster.pid')) as f:
                lines = f.read().split('\n')
        except OSError:
            return False
        return lines[0] == str(self.process.pid) and len(lines) > 7 and lines[7].strip() == 'ready'

    def certify(self):
        """A certificate of its own, for TLS."""
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
                        '-subj', '/CN=localhost', '-keyout', 'server.key', '-out', 'server.crt'], cwd=self.data,
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name in ('server.key', 'server.crt'):
            path = os.path.join(self.data, name)
            os.chmod(path, 0o600)
            if self.who:
                os.chown(path, self.who['user'], self.who['group'])
        self.settings = {'ssl': 'on', **self.settings}

    def create(self, database):
        """Makes a database, if it is not there."""
        psql = find('psql')
        done = subprocess.run([psql, self.conninfo, '-qc', f'CREATE DATABASE {database} STRATEGY file_copy'],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode and b'already exists' not in done.stdout:
            raise AssertionError(done.stdout.decode())

    def kill(self):
        """As in a crash: connections end at once."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
        self.process.wait(gale_wire.TIMEOUT)

    def stop(self):
        self.kill()
        self.folder.cleanup()
