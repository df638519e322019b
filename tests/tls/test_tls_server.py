"""test_tls_server - HTTPS of ours with curl, openssl s_client, Python's ssl and nginx as clients."""
# SPDX-License-Identifier: MIT
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / 'support'))
import gale_wire  # noqa: E402
from certificates import Certificates  # noqa: E402


def setUpModule():
    global certs
    certs = Certificates()
    certs.sign('server', ['DNS:localhost', 'IP:127.0.0.1'])
    certs.sign('wild', ['DNS:*.example.org'])
    certs.sign('alice', ['DNS:alice'])
    certs.authority('other')
    certs.sign('mallory', ['DNS:mallory'], authority='other')


def tearDownModule():
    certs.close()


def curl(*args):
    return subprocess.run(['curl', '-sS', '--max-time', '20', *args], capture_output=True)


def read_to_end(connection):
    """All that comes, also when the end is a reset."""
    data = b''
    try:
        while piece := connection.sock.recv(65536):
            data += piece
    except ConnectionResetError:
        pass
    return data


class Base(gale_wire.TestCase):
    def start(self, **options):
        options = {'cert': certs / 'server.pem', 'key': certs / 'server.key', **options}
        program = gale_wire.Program('tls_server', *(f'{k}={v}' for k, v in options.items()))
        self.addCleanup(self.stop_well, program)
        return program

    def stop_well(self, program):
        status, output = program.stop()
        self.assertEqual(status, 0, output)

    def copy(self, name, folder):
        for kind in ('pem', 'key'):
            data = pathlib.Path(certs / f'{name}.{kind}').read_bytes()
            fresh = pathlib.Path(folder) / f'new.{kind}'
            fresh.write_bytes(data)
            fresh.rename(pathlib.Path(folder) / f'live.{kind}')

    def refused(self, **options):
        done = subprocess.run([gale_wire.PROGRAMS['tls_server'], *(f'{k}={v}' for k, v in options.items())],
                              capture_output=True, text=True, timeout=gale_wire.TIMEOUT)
        self.assertEqual(done.returncode, 1)
        return done.stdout

    def context(self, **kwargs):
        context = ssl.create_default_context(cafile=certs / 'ca.pem')
        for name, value in kwargs.items():
            setattr(context, name, value)
        return context

    def tls(self, program, context=None, name='localhost', session=None):
        raw = socket.create_connection(('127.0.0.1', program.port), timeout=gale_wire.TIMEOUT)
        try:
            return (context or self.context()).wrap_socket(raw, server_hostname=name, session=session)
        except BaseException:
            raw.close()
            raise

    def info(self, program, context=None, name='localhost'):
        with self.tls(program, context, name) as s:
            s.sendall(b'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
            answer = b''
            while True:
                piece = s.recv(65536)
                if not piece:
                    return answer.partition(b'\r\n\r\n')[2].decode()
                answer += piece


class TestServer(Base):
    def test_curl(self):
        server = self.start(root=certs.path)
        url = f'https://localhost:{server.port}'
        done = curl('--cacert', certs / 'ca.pem', f'{url}/', f'{url}/big?n=5')
        self.assertEqual(done.stderr, b'')
        self.assertRegex(done.stdout, rb'^https TLSv1.3 alpn=http/1.1 sni=localhost cn=none .*\nxxxxx$')
        done = curl('--cacert', certs / 'ca.pem', '-o', os.devnull, '-w', '%{size_download} ',
                    f'{url}/big?n=7000000')
        self.assertEqual(done.stdout, b'7000000 ')

    def test_files_and_uploads(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / 'data.bin'
            path.write_bytes(os.urandom(3_000_000))
            server = self.start(root=folder)
            url = f'https://localhost:{server.port}'
            done = curl('--cacert', certs / 'ca.pem', f'{url}/files/data.bin')
            self.assertEqual(done.stdout, path.read_bytes())
            done = curl('--cacert', certs / 'ca.pem', '--data-binary', f'@{path}', f'{url}/echo')
            self.assertEqual(done.stdout, path.read_bytes())
            ktls = 'ktls=1' in self.info(server)
        if not ktls:
            print('skipped: sendfile by kTLS (this kernel has none)', file=sys.stderr)

    def test_connection_is_kept(self):
        server = self.start()
        url = f'https://localhost:{server.port}/'
        done = curl('--cacert', certs / 'ca.pem', '-o', os.devnull, '-o', os.devnull, '-w', '%{num_connects} ',
                    url, url)
        self.assertEqual(done.stdout, b'1 0 ')

    def test_b5_old_versions_are_refused(self):
        server = self.start()
        for version in ('-tls1', '-tls1_1'):
            done = subprocess.run(['openssl', 's_client', '-connect', f'localhost:{server.port}', version,
                                   '-cipher', 'ALL:@SECLEVEL=0'], input=b'', capture_output=True)
            self.assertNotEqual(done.returncode, 0)
        for version, name in ((ssl.TLSVersion.TLSv1_2, 'TLSv1.2'), (ssl.TLSVersion.TLSv1_3, 'TLSv1.3')):
            context = self.context(minimum_version=version, maximum_version=version)
            self.assertIn(name, self.info(server, context))

    def test_min_version(self):
        server = self.start(min='1.3')
        with self.assertRaises(ssl.SSLError):
            self.tls(server, self.context(maximum_version=ssl.TLSVersion.TLSv1_2))
        self.assertIn('TLSv1.3', self.info(server))

    def test_certificate_by_name(self):
        server = self.start(host='*.example.org', host_cert=certs / 'wild.pem', host_key=certs / 'wild.key')
        for name in ('www.example.org', 'WWW.Example.ORG'):
            with self.tls(server, name=name) as s:
                self.assertEqual(s.getpeercert()['subjectAltName'], (('DNS', '*.example.org'),))
        for name in ('localhost', ):
            with self.tls(server, name=name) as s:
                self.assertIn(('DNS', 'localhost'), s.getpeercert()['subjectAltName'])
        for name in ('a.b.example.org', 'example.org', 'unknown.test'):  # the usual one, which is not theirs
            with self.assertRaises(ssl.SSLCertVerificationError):
                self.tls(server, name=name)

    def test_protocols(self):
        context = self.context()
        context.set_alpn_protocols(['h2', 'http/1.1'])
        self.assertIn('alpn=http/1.1', self.info(self.start(), context))
        context.set_alpn_protocols(['h2'])
        self.assertIn('alpn=none', self.info(self.start(), context))
        server = self.start(alpn='chat/1')
        with self.assertRaises(ssl.SSLError):
            self.tls(server, context)
        context.set_alpn_protocols(['h2', 'chat/1'])
        self.assertIn('alpn=chat/1', self.info(server, context))

    def test_protocol_and_session_of_a_host_by_name(self):
        server = self.start(host='*.example.org', host_cert=certs / 'wild.pem', host_key=certs / 'wild.key')
        context = self.context(maximum_version=ssl.TLSVersion.TLSv1_2)
        context.set_alpn_protocols(['h2', 'http/1.1'])
        with self.tls(server, context, 'www.example.org') as s:
            self.assertEqual(s.selected_alpn_protocol(), 'http/1.1')
            session = s.session
        with self.tls(server, context, 'www.example.org', session) as s:
            self.assertTrue(s.session_reused)
            self.assertEqual(s.selected_alpn_protocol(), 'http/1.1')

    def test_client_certificate(self):
        context, stranger, nobody = self.context(), self.context(), self.context()
        context.load_cert_chain(certs / 'alice.pem', certs / 'alice.key')
        stranger.load_cert_chain(certs / 'mallory.pem', certs / 'mallory.key')
        server = self.start(verify=1, ca=certs / 'ca.pem')
        self.assertRegex(self.info(server, context), r'cn=alice verified=1 .*der=[1-9]')
        for who in (stranger, nobody):
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                self.assertTrue(self.info(server, who))  # TLS 1.3 tells at the first read
                raise ConnectionError('an empty answer')
        server = self.start(verify=2, ca=certs / 'ca.pem')
        self.assertIn('cn=alice verified=1', self.info(server, context))
        self.assertIn('cn=none verified=0', self.info(server, nobody))

    def test_sessions_are_resumed(self):
        with tempfile.TemporaryDirectory() as folder:
            self.copy('server', folder)
            server = self.start(cert=f'{folder}/live.pem', key=f'{folder}/live.key')
            session = f'{folder}/session'
            common = ['openssl', 's_client', '-connect', f'localhost:{server.port}', '-quiet', '-ign_eof',
                      '-CAfile', certs / 'ca.pem']
            request = b'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
            for version in ('-tls1_2', '-tls1_3'):
                first = subprocess.run([*common, version, '-sess_out', session], input=request, capture_output=True)
                second = subprocess.run([*common, version, '-sess_in', session], input=request, capture_output=True)
                self.assertIn(b'resumed=0', first.stdout)
                self.assertIn(b'resumed=1', second.stdout, version)
            # Keys of tickets go with the files: workers that read the same ones again share them.
            for times, expected in ((None, b'resumed=1'), ((1, 1), b'resumed=0')):
                if times:
                    os.utime(f'{folder}/live.pem', times)
                os.kill(server.pid, signal.SIGHUP)
                server.read_until(rb'reloaded well')
                third = subprocess.run([*common, '-tls1_3', '-sess_in', session], input=request, capture_output=True)
                self.assertIn(expected, third.stdout)

    def test_resumption_can_be_off(self):
        server = self.start(resumption=-1)
        context = self.context(maximum_version=ssl.TLSVersion.TLSv1_2)
        with self.tls(server, context) as s:
            session = s.session
        with self.tls(server, context, session=session) as s:
            self.assertFalse(s.session_reused)

    def test_plain_http_is_closed_with_one_line(self):
        server = self.start()
        with server.connect() as c:
            c.send(b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
            self.assertNotIn(b'HTTP/1.1', read_to_end(c))
        self.assertIn('https', self.info(server))
        server.read_until(rb'TLS error with 127.0.0.1:\d+: http request')

    def test_port_scans_are_not_told(self):
        server = self.start()
        for data in (b'', b'\x16\x03\x01'):
            with server.connect() as c:
                c.send(data)
                c.end()
                read_to_end(c)
        self.assertIn('https', self.info(server))
        self.assertNotIn(b'TLS error', server.output)

    def test_handshake_that_takes_too_long(self):
        server = self.start(timeout=0.2)
        with server.connect() as c:
            c.send(b'\x16\x03')
            self.assertEqual(c.read_all(), b'')
        with self.tls(server) as s:  # the time was for the handshake alone
            s.sendall(b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
            self.assertIn(b'200 OK', s.recv(65536))

    def test_handshake_byte_by_byte(self):
        server = self.start()
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self.context().wrap_bio(incoming, outgoing, server_hostname='localhost')
        with server.connect() as c:
            c.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.pump(tls.do_handshake, incoming, outgoing, c)
            tls.write(b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
            answer = self.pump(lambda: tls.read(65536), incoming, outgoing, c)
        self.assertIn(b'200 OK', answer)

    def pump(self, step, incoming, outgoing, connection):
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                result = None
            data = outgoing.read()
            for i in range(len(data)):
                connection.send(data[i:i + 1])
            if result is not None or step.__name__ == 'do_handshake' and not data and self.is_done(step):
                return result
            if self.is_done(step):
                return result
            incoming.write(connection.sock.recv(65536))

    @staticmethod
    def is_done(step):
        return step.__name__ == 'do_handshake' and step.__self__.version() is not None and \
            step.__self__.cipher() is not None and step.__self__.getpeercert() is not None

    def test_client_that_ends_its_side_gets_its_answer(self):
        server = self.start()
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self.context().wrap_bio(incoming, outgoing, server_hostname='localhost')
        with server.connect() as c:
            self.pump(tls.do_handshake, incoming, outgoing, c)
            tls.write(b'GET /big?n=300000 HTTP/1.1\r\nHost: localhost\r\n\r\n')
            try:
                tls.unwrap()
            except ssl.SSLError:
                pass  # close_notify is written, theirs is awaited
            c.send(outgoing.read())
            c.end()
            incoming.write(c.read_all())
        self.assertGreater(incoming.pending, 300000)

    def test_renegotiation_is_refused(self):
        server = self.start()
        done = subprocess.run(['openssl', 's_client', '-connect', f'localhost:{server.port}', '-tls1_2'],
                              input=b'R\n', capture_output=True)
        self.assertIn(b'no renegotiation', done.stderr + done.stdout)

    def test_proxy_header_before_tls(self):
        server = self.start(proxy=1)
        for at_once in (False, True):
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = self.context().wrap_bio(incoming, outgoing, server_hostname='localhost')
            header = b'PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\r\n'
            with server.connect() as c:
                if at_once:
                    with self.assertRaises(ssl.SSLWantReadError):
                        tls.do_handshake()
                    c.send(header + outgoing.read())
                    incoming.write(c.sock.recv(65536))
                else:
                    c.send(header)
                self.pump(tls.do_handshake, incoming, outgoing, c)
                tls.write(b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
                answer = self.pump(lambda: tls.read(65536), incoming, outgoing, c)
            self.assertIn(b'200 OK', answer)
            server.read_until(rb'GET / \(192\.0\.2\.7\)')


class TestReload(Base):
    def test_a2_5_certificate_swapped_under_load(self):
        certs.sign('second', ['DNS:localhost'], common_name='second')
        with tempfile.TemporaryDirectory() as folder:
            self.copy('server', folder)
            server = self.start(cert=f'{folder}/live.pem', key=f'{folder}/live.key')
            seen, faults, stop = set(), [], threading.Event()

            def load():
                while not stop.is_set():
                    try:
                        with self.tls(server) as s:
                            seen.add(dict(x[0] for x in s.getpeercert()['subject'])['commonName'])
                            s.sendall(b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
                            if b'200 OK' not in s.recv(65536):
                                faults.append('no answer')
                    except OSError as e:
                        faults.append(repr(e))

            threads = [threading.Thread(target=load) for _ in range(4)]
            with self.tls(server) as old:
                for t in threads:
                    t.start()
                try:
                    while 'server' not in seen and not faults:
                        pass
                    self.copy('second', folder)
                    os.kill(server.pid, signal.SIGHUP)
                    server.read_until(rb'reloaded well')
                    while 'second' not in seen and not faults:
                        pass
                finally:
                    stop.set()
                    for t in threads:
                        t.join()
                old.sendall(b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
                self.assertIn(b'200 OK', old.recv(65536))
            self.assertEqual(faults, [])
            self.assertEqual(seen, {'server', 'second'})

    def test_a_bad_file_is_told_and_the_old_one_kept(self):
        with tempfile.TemporaryDirectory() as folder:
            self.copy('server', folder)
            server = self.start(cert=f'{folder}/live.pem', key=f'{folder}/live.key')
            pathlib.Path(f'{folder}/live.pem').write_text('no certificate\n')
            os.kill(server.pid, signal.SIGHUP)
            server.read_until(rb"reloaded TLS: cannot use the certificate of '[^']*live.pem'")
            self.assertIn('https', self.info(server))


class TestContexts(Base):
    def test_what_is_wrong_is_told(self):
        server = {'cert': certs / 'server.pem', 'key': certs / 'server.key'}
        for expected, options in (
                ('a server needs a certfile', {}),
                (r"cannot use the certificate of '[^']*missing.pem': No such file",
                 {**server, 'cert': certs / 'missing.pem'}),
                (r"cannot use the key of '[^']*missing.key'", {**server, 'key': certs / 'missing.key'}),
                (r"(wrong key in|cannot use the key of) '[^']*alice.key': key values mismatch",
                 {**server, 'key': certs / 'alice.key'}),
                (r"ca_certs '[^']*nowhere': No such file", {**server, 'ca': certs / 'nowhere', 'verify': 1}),
                ('min_version is \'1.1\'', {**server, 'min': '1.1'}),
                ('verify is 7', {**server, 'verify': 7}),
                (r"'\*\.\*\.org' is no host name",
                 {**server, 'host': '*.*.org', 'host_cert': certs / 'wild.pem'}),
                ("host 'a.org' has no certfile", {**server, 'host': 'a.org'})):
            with self.subTest(expected):
                self.assertRegex(self.refused(**options), 'refused: TLS: ' + expected)

    def test_encrypted_key(self):
        subprocess.run(['openssl', 'ec', '-in', certs / 'server.key', '-aes128', '-passout', 'pass:secret',
                        '-out', certs / 'locked.key'], check=True, capture_output=True)
        server = self.start(key=certs / 'locked.key', password='secret')
        self.assertIn('https', self.info(server))
        self.assertIn("cannot use the key of", self.refused(cert=certs / 'server.pem', key=certs / 'locked.key',
                                                          password='wrong'))


class TestNginx(Base):
    """nginx between a client and us, TLS on both sides."""

    def test_nginx_in_front(self):
        server = self.start()
        with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            port = probe.getsockname()[1]
            probe.close()
            pathlib.Path(f'{folder}/nginx.conf').write_text(f'''
daemon off; master_process off; pid {folder}/pid; error_log stderr;
events {{ }}
http {{
    access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    upstream ours {{ server 127.0.0.1:{server.port}; keepalive 4; }}
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certs / 'server.pem'}; ssl_certificate_key {certs / 'server.key'};
        location / {{
            proxy_pass https://ours; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_ssl_verify on; proxy_ssl_trusted_certificate {certs / 'ca.pem'};
            proxy_ssl_name localhost; proxy_ssl_server_name on; proxy_ssl_protocols TLSv1.3;
        }}
    }}
}}''')
            nginx = subprocess.Popen(['nginx', '-p', folder, '-c', f'{folder}/nginx.conf'],
                                     stderr=subprocess.PIPE)
            try:
                self.wait_for(port, nginx)
                for n in (5, 2_000_000):
                    done = curl('--cacert', certs / 'ca.pem', f'https://localhost:{port}/big?n={n}')
                    self.assertEqual(done.stdout, b'x' * n, done.stderr)
                done = subprocess.run([gale_wire.PROGRAMS['tls_tool'], f'fetch=https://localhost:{port}/', 'times=2',
                                       f'ca={certs / "ca.pem"}'], capture_output=True, timeout=20)
                self.assertEqual(len(re.findall(rb'(?m)^200 https TLSv1.3', done.stdout)), 2, done.stdout)
            finally:
                nginx.terminate()
                nginx.communicate()

    def wait_for(self, port, nginx):
        while True:
            self.assertIsNone(nginx.poll(), nginx.stderr)
            try:
                socket.create_connection(('127.0.0.1', port), 1).close()
                return
            except ConnectionRefusedError:
                threading.Event().wait(0.01)


if __name__ == '__main__':
    gale_wire.main()
