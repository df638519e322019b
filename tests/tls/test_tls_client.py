"""test_tls_client - TLS streams of ours with openssl s_server and Python's ssl at the other end."""
# SPDX-License-Identifier: MIT
import pathlib
import socket
import ssl
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / 'support'))
import gale_wire  # noqa: E402
from certificates import Certificates  # noqa: E402


def setUpModule():
    global certs
    certs = Certificates()
    certs.sign('server', ['DNS:localhost', 'IP:127.0.0.1'])
    certs.sign('alice', ['DNS:alice'])
    certs.sign('expired', ['DNS:localhost'], days=-1)
    certs.sign('stars', ['DNS:' + '*.' * 20 + 'org', 'DNS:lo*st', 'DNS:*'])
    certs.authority('other')
    certs.sign('unknown', ['DNS:localhost'], authority='other')


def tearDownModule():
    certs.close()


class PythonServer:
    """Python's ssl: serves connections with fn(socket), one after the other."""

    def __init__(self, name='server', fn=None, starttls=False, **attributes):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certs / f'{name}.pem', certs / f'{name}.key')
        for attribute, value in attributes.items():
            setattr(self.context, attribute, value)
        self.fn, self.starttls, self.errors = fn or self.echo, starttls, []
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    @staticmethod
    def echo(s):
        while data := s.recv(4096):
            s.sendall(data)

    def run(self):
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            try:
                with raw:
                    raw.settimeout(gale_wire.TIMEOUT)
                    if self.starttls:
                        assert raw.recv(100) == b'STARTTLS\n'
                        raw.sendall(b'go\n')
                    with self.context.wrap_socket(raw, server_side=True) as s:
                        self.fn(s)
            except (OSError, AssertionError) as e:
                self.errors.append(e)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


class Base(gale_wire.TestCase):
    def serve(self, *args, **kwargs):
        server = PythonServer(*args, **kwargs)
        self.addCleanup(server.close)
        return server

    def visit(self, port, **options):
        options = {'name': 'localhost', 'ca': certs / 'ca.pem', **options, 'port': port}
        environment = {'GALE_IOLOOP': gale_wire.BACKEND or 'epoll'}
        done = subprocess.run([gale_wire.PROGRAMS['tls_tool'], *(f'{k}={v}' for k, v in options.items())],
                              capture_output=True, text=True, timeout=gale_wire.TIMEOUT, env=environment)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout


class TestClient(Base):
    def test_python(self):
        server = self.serve()
        said = self.visit(server.port)
        self.assertEqual(said, 'TLSv1.3 alpn=none subject=CN=server verified=1 resumed=0\nhello\n')
        self.assertIn('TLSv1.2', self.visit(self.serve(maximum_version=ssl.TLSVersion.TLSv1_2).port))

    def test_address_as_name(self):
        self.assertIn('hello', self.visit(self.serve().port, name='127.0.0.1'))
        self.assertIn('IP address mismatch', self.visit(self.serve().port, name='127.0.0.2'))

    def test_b3_whom_it_refuses(self):
        for name, reason in (('unknown', 'unable to get local issuer certificate'),
                             ('expired', 'certificate has expired')):
            said = self.visit(self.serve(name).port)
            self.assertRegex(said, f'^GALE_ETLS: certificate verify failed: {reason}')
            self.assertIn('hello', self.visit(self.serve(name).port, verify=-1))
        said = self.visit(self.serve().port, name='example.org')
        self.assertRegex(said, '^GALE_ETLS: certificate verify failed: hostname mismatch')
        self.assertIn('hello', self.visit(self.serve().port, name='example.org', check=-1))

    def test_b3_the_systems_store_is_the_default(self):
        options = {'port': self.serve().port, 'name': 'localhost'}
        done = subprocess.run([gale_wire.PROGRAMS['tls_tool'], *(f'{k}={v}' for k, v in options.items())],
                              capture_output=True, text=True, timeout=gale_wire.TIMEOUT)
        self.assertRegex(done.stdout, '^GALE_ETLS: certificate verify failed')

    def test_b5_old_versions_are_refused(self):
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            port = probe.getsockname()[1]
        server = subprocess.Popen(['openssl', 's_server', '-accept', f'127.0.0.1:{port}', '-tls1_1', '-cert',
                                   certs / 'server.pem', '-key', certs / 'server.key', '-cipher',
                                   'ALL:@SECLEVEL=0'], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  stdin=subprocess.PIPE)
        try:
            while b'ACCEPT' not in server.stdout.readline():
                pass
            self.assertRegex(self.visit(port), 'GALE_ETLS: .*(version|protocol)')
        finally:
            server.terminate()
            server.communicate()

    def test_b7_stars_in_certificates(self):
        server = self.serve('stars')
        for name in ('localhost', 'a.' * 20 + 'org', '*' * 200):
            began = time.monotonic()
            self.assertIn('GALE_ETLS: certificate verify failed', self.visit(server.port, name=name))
            self.assertLess(time.monotonic() - began, gale_wire.TIMEOUT / 2)

    def test_protocol(self):
        server = self.serve()
        server.context.set_alpn_protocols(['chat/1', 'chat/2'])
        self.assertIn('alpn=chat/2', self.visit(server.port, alpn='chat/2'))

    def test_certificate_of_its_own(self):
        seen = []

        def serve(s):
            seen.append(s.getpeercert())
            PythonServer.echo(s)
        server = self.serve(fn=serve, verify_mode=ssl.CERT_REQUIRED)
        server.context.load_verify_locations(certs / 'ca.pem')
        self.assertIn('hello', self.visit(server.port, cert=certs / 'alice.pem', key=certs / 'alice.key'))
        self.assertEqual(seen[0]['subject'], ((('commonName', 'alice'),),))
        # TLS 1.3 tells when the client is through: its alert, or the reset that follows it.
        self.assertRegex(self.visit(server.port), 'GALE_ETLS|ECONNRESET')

    def test_sessions_are_resumed(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            said = self.visit(self.serve(maximum_version=version).port, times=3)
            self.assertEqual([line[-1] for line in said.splitlines() if 'resumed' in line], ['0', '1', '1'])
        said = self.visit(self.serve().port, times=2, resumption=-1)
        self.assertNotIn('resumed=1', said)

    def test_a_session_of_1_3_is_used_once(self):
        for tickets, expected in ((1, '010'), (2, '011'), (9, '011')):
            def give_no_more(s):
                server.context.num_tickets = 0
                server.echo(s)

            server = self.serve(fn=give_no_more, num_tickets=tickets)
            said = self.visit(server.port, times=3)
            self.assertEqual(''.join(x[-1] for x in said.splitlines() if 'resumed' in x), expected, tickets)

    def test_dot_at_the_end_of_a_name(self):
        server, asked = self.serve(), []
        server.context.sni_callback = lambda s, name, context: asked.append(name)
        self.assertIn('hello', self.visit(server.port, name='localhost.'))
        self.assertEqual(asked, ['localhost'])
        self.assertIn('mismatch', self.visit(server.port, name='localhost..'))

    def test_starttls(self):
        server = self.serve(starttls=True)
        self.assertIn('verified=1 resumed=0\nhello', self.visit(server.port, starttls=1))
        self.assertEqual(server.errors, [])

    def test_no_tls_at_the_other_end(self):
        with socket.create_server(('127.0.0.1', 0)) as listener:
            def answer():
                for data in (b'220 this is plain text\r\n', b''):
                    raw, _ = listener.accept()
                    with raw:
                        raw.sendall(data)
                        raw.recv(1000)
            thread = threading.Thread(target=answer)
            thread.start()
            port = listener.getsockname()[1]
            self.assertIn('GALE_ETLS: wrong version number', self.visit(port))
            self.assertRegex(self.visit(port), 'GALE_ETLS: the peer closed|ECONNRESET')
            thread.join()

    def test_handshake_that_takes_too_long(self):
        with socket.create_server(('127.0.0.1', 0)) as listener:
            said = self.visit(listener.getsockname()[1], timeout=0.2)
        self.assertEqual(said, 'GALE_ETIMEDOUT: the handshake took too long\n')

    def test_an_end_without_close_notify_is_no_end(self):
        def cut(s):
            s.sendall(s.recv(100) + b'more')
            with socket.socket(fileno=socket.dup(s.fileno())) as raw:
                raw.shutdown(socket.SHUT_RDWR)

        def end(s):
            s.sendall(s.recv(100) + b'more')
            s.unwrap()
        self.assertIn('GALE_ETLS: ', self.visit(self.serve(fn=cut).port, to_close=1))
        self.assertNotIn('GALE_', self.visit(self.serve(fn=end).port, to_close=1))


class TestEcho(Base):
    """gale_tcpserver over TLS, from its beginning and after STARTTLS, with Python's client."""

    def start(self, **options):
        options = {'cert': certs / 'server.pem', 'key': certs / 'server.key', **options}
        program = gale_wire.Program('tls_tool', 'serve', *(f'{k}={v}' for k, v in options.items()))
        self.addCleanup(program.stop)
        return program

    def wrap(self, raw):
        return ssl.create_default_context(cafile=certs / 'ca.pem').wrap_socket(raw, server_hostname='localhost')

    def check(self, s):
        for data in (b'one\n', b'x' * 300_000 + b'\n'):
            s.sendall(data)
            got = b''
            while len(got) < len(data):
                got += s.recv(65536)
            self.assertEqual(got, data)

    def test_from_the_beginning(self):
        server = self.start()
        with self.wrap(server.connect().sock) as s:
            self.check(s)
            s.unwrap()
        server.read_until(rb'ended GALE_EEOF')

    def test_starttls(self):
        server = self.start(starttls=1)
        raw = server.connect().sock
        raw.sendall(b'STARTTLS\n')
        self.assertEqual(raw.recv(10), b'go\n')
        with self.wrap(raw) as s:
            self.check(s)

    def test_plain_text_behind_starttls_is_refused(self):
        server = self.start(starttls=1)
        with server.connect() as c:
            c.send(b'STARTTLS\ninjected\n')
            c.read_all()
        server.read_until(rb'ended GALE_ESTATE: TLS: there is plain text that was not read')

    def test_plain_text_before_tls_is_part_of_it(self):
        """Of a port that takes PROXY headers: what might have become one is nobody's plain text."""
        server = self.start(proxy=2)
        with self.wrap(server.connect().sock) as s:
            self.check(s)
        for data in (b'P', b'\r\n\r\n'):
            with server.connect() as c:
                c.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                c.send(data)
                with self.assertRaises(OSError):
                    self.wrap(c.sock)
        server.read_until(rb'ended GALE_ETLS: ')

    def test_failing_handshake_is_told(self):
        server = self.start(starttls=1)
        with server.connect() as c:
            c.send(b'STARTTLS\n')
            c.read_until(b'go\n')
            c.send(b'still plain text, says the peer\n')
            server.read_until(rb'ended GALE_ETLS: ')


if __name__ == '__main__':
    gale_wire.main()
