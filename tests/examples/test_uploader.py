"""examples/upload and examples/uploader: both ends of a large upload, neither of which holds it."""
# SPDX-License-Identifier: MIT
import os
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402

SIZE = 64 << 20


class Upload(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.path = os.path.join(cls.directory.name, 'large.bin')
        with open(cls.path, 'wb') as f:
            f.truncate(SIZE)
        cls.server = gale_wire.Program('upload', '--port=0')

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.directory.cleanup()

    def peak(self, pid):
        with open(f'/proc/{pid}/status', encoding='ascii') as f:
            return int(re.search(r'VmHWM:\s+(\d+)', f.read())[1]) << 10

    def upload(self, *args):
        """What the client printed; its memory did not grow with the file, nor the server's."""
        environ = dict(os.environ, GALE_IOLOOP=gale_wire.BACKEND)
        before = self.peak(self.server.pid)
        done = subprocess.Popen([gale_wire.PROGRAMS['uploader'], *args], env=environ,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        with done.stdout:
            output = done.stdout.read().decode()
        _, status, usage = os.wait4(done.pid, 0)
        done.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(done.returncode, 0, output)
        sanitized = b'asan' in open(f'/proc/{self.server.pid}/maps', 'rb').read()
        room = (48 if sanitized else 8) << 20
        self.assertLess(self.peak(self.server.pid) - before, room)
        if not sanitized:
            self.assertLess(usage.ru_maxrss << 10, 32 << 20)
        return output

    def url(self, path):
        return f'http://127.0.0.1:{self.server.port}{path}'

    def test_a_produced_body(self):
        self.assertEqual(self.upload('-T', self.url('/name'), self.path),
                         f'200 OK\nname: {SIZE} bytes\n')

    def test_parts(self):
        with tempfile.NamedTemporaryFile() as small:
            small.write(b'small')
            small.flush()
            self.assertEqual(self.upload(self.url('/parts'), self.path, small.name),
                             f'200 OK\nfile: {SIZE} bytes\nfile: 5 bytes\n')


if __name__ == '__main__':
    gale_wire.main()
