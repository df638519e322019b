"""examples/httpbin as in test_httpbin.py, all of it through nginx over FastCGI."""
# SPDX-License-Identifier: MIT
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import gale_nginx  # noqa: E402
import gale_wire  # noqa: E402
import test_httpbin  # noqa: E402


class Behind:
    """What test_httpbin asks of its server: the program, and nginx in front of it."""

    def __init__(self, folder, program):
        self.program = program
        self.nginx = gale_nginx.Nginx({'httpbin': f'fastcgi_pass unix:{folder}/s;'})
        self.port, self.connect, self.pid = self.nginx.port, self.nginx.connect, program.pid

    def stop(self):
        self.nginx.stop()
        return self.program.stop()


class Httpbin(test_httpbin.Httpbin):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.args = ('--port=0', '--address=127.0.0.1', f'--fastcgi=unix:{cls.folder.name}/s')
        super().setUpClass()
        cls.server = Behind(cls.folder.name, cls.server)

    test_pieces_of_a_stream = None  # nginx cuts answers into pieces of its own

    def test_trace(self):
        """nginx answers it by itself."""
        self.assertEqual(test_httpbin.Answer(self.server.port, 'TRACE', '/get', (), None).status, 405)

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.folder.cleanup()


def load_tests(loader, tests, pattern):
    return unittest.TestSuite([loader.loadTestsFromTestCase(Httpbin)])


if __name__ == '__main__':
    gale_wire.main()
