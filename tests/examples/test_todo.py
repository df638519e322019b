"""examples/todo over a port, asked by curl."""
# SPDX-License-Identifier: MIT
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402


def curl(url, *args):
    """(status, body)"""
    done = subprocess.run(['curl', '-s', '-m', '10', '-w', '\n%{http_code}', *args, url],
                          stdout=subprocess.PIPE, check=True)
    body, _, status = done.stdout.decode().rpartition('\n')
    return int(status), json.loads(body) if body else None


class Todo(unittest.TestCase):
    def test_curl(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)  # where the program keeps its database
            self.addCleanup(os.chdir, '/')
            post = ('-H', 'Content-Type: application/json', '-d')
            server = gale_wire.Program('todo', '--port=0')
            base = f'http://127.0.0.1:{server.port}/todos'
            milk = {'id': 1, 'title': 'Buy milk', 'done': False}
            self.assertEqual(curl(base, *post, '{"title": "Buy milk"}'), (201, milk))
            milk['done'] = True
            self.assertEqual(curl(base + '/1', '-X', 'PATCH', *post, '{"done": true}'), (200, milk))
            self.assertEqual(server.stop()[0], 0)
            server = gale_wire.Program('todo', '--port=0')
            base = f'http://127.0.0.1:{server.port}/todos'
            self.assertEqual(curl(base), (200, {'todos': [milk]}))
            self.assertEqual(curl(base + '/1', '-X', 'DELETE'), (204, None))
            self.assertEqual(server.stop()[0], 0)
            self.assertEqual(os.listdir(folder), ['todo.db'])
            os.chdir('/')


if __name__ == '__main__':
    gale_wire.main()
