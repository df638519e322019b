"""test_autoreload_wire - a program whose file is replaced is run anew, by gale_main with debug."""
# SPDX-License-Identifier: MIT
import os
import re
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire

OLD, NEW = b'version-of-this-program=old', b'version-of-this-program=new'


class Autoreload(gale_wire.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        self.path = os.path.join(self.dir.name, 'program')
        with open(gale_wire.PROGRAMS['reload_server'], 'rb') as f:
            self.built = f.read()
        self.assertIn(OLD, self.built)
        self.put(self.path, OLD)
        gale_wire.PROGRAMS['copy'] = self.path

    def put(self, path, version, part=None):
        """What a linker does: a new file, written, then made executable."""
        if os.path.exists(path):
            os.unlink(path)
        data = self.built.replace(OLD, version)
        with open(path, 'wb') as f:
            f.write(data[:part])
            if part:
                f.flush()
                self.assertEqual(self.exchange().status, 200)  # it has seen half a file
                f.write(data[part:])
        os.chmod(path, 0o755)

    def exchange(self):
        self.program.take_output()    # each request is logged, and there may be thousands
        return self.program.get('/')

    def start(self, *args, **env):
        self.program = gale_wire.Program('copy', '--port=0', *args, env=env)
        self.addCleanup(self.program.process.stdout.close)
        self.addCleanup(self.program.process.stdin.close)
        self.assertEqual(self.exchange().body, b'old a b')

    def follow(self):
        """Waits for the new program's line."""
        self.program.output = b''
        port = int(self.program.read_until(rb'http://[^\s/]*:(\d+)/')[1])
        self.assertEqual(port, self.program.port)    # it has the old one's sockets

    def stop(self):
        status, output = self.program.stop()
        self.assertEqual(status, 0, output)

    def test_a_new_program_answers(self):
        self.start()
        pid = self.program.pid
        self.program.output = b''
        self.put(self.path, NEW)
        self.program.read_until(rb'program modified; restarting server')
        port = self.program.read_until(rb'server[^$]*http://[^\s/]*:(\d+)/')[1]
        self.program.port = int(port)
        self.assertEqual(self.exchange().body, b'new a b')
        self.assertEqual(self.program.pid, pid)
        self.stop()

    def test_moved_into_place_twice(self):
        self.start()
        for version, answer in ((NEW, b'new a b'), (OLD, b'old a b')):
            self.put(self.path + '.tmp', version)
            self.program.output = b''
            os.rename(self.path + '.tmp', self.path)
            self.follow()
            self.assertEqual(self.exchange().body, answer)
        self.stop()

    def test_half_a_file_is_not_run(self):
        self.start()
        self.program.output = b''
        self.put(self.path, NEW, part=len(self.built) // 2)
        self.follow()
        self.assertEqual(self.exchange().body, b'new a b')
        self.stop()

    def test_a2_4_no_connection_is_refused(self):
        for args in ((), ('--workers=2', '--drain-timeout=1')):
            with self.subTest(args=args):
                self.put(self.path, OLD)
                self.start(*args)
                pid = self.program.pid
                self.put(self.path, NEW)
                while (body := self.exchange().body) == b'old a b':
                    pass
                self.assertEqual(body, b'new a b')
                for _ in range(5):
                    self.assertEqual(self.exchange().body, b'new a b')    # of all workers
                self.assertEqual(self.program.pid, pid)
                self.stop()

    def test_a2_4_a_program_that_does_not_start_changes_nothing(self):
        for args in ((), ('--workers=2',)):
            with self.subTest(args=args):
                self.put(self.path, OLD)
                self.start(*args)
                self.program.output = b''
                with open(self.path + '.tmp', 'w') as f:
                    f.write('#!/bin/sh\nexit 3\n')
                os.chmod(self.path + '.tmp', 0o755)
                os.rename(self.path + '.tmp', self.path)
                self.program.read_until(rb'exited with status 3; going on')
                self.assertEqual(self.exchange().body, b'old a b')
                self.put(self.path, NEW)
                self.follow()
                self.assertEqual(self.exchange().body, b'new a b')
                self.stop()

    def test_a2_4_who_hangs_at_its_start_is_not_waited_for_when_it_is_mended(self):
        for args in ((), ('--workers=2',)):
            with self.subTest(args=args):
                self.put(self.path, OLD)
                self.start(*args)
                with open(self.path + '.tmp', 'w') as f:
                    f.write('#!/bin/sh\necho it hangs >&2\nexec sleep 100\n')
                os.chmod(self.path + '.tmp', 0o755)
                os.rename(self.path + '.tmp', self.path)
                self.program.read_until(rb'it hangs')
                self.put(self.path, NEW)
                self.follow()
                self.assertEqual(self.exchange().body, b'new a b')
                self.stop()

    def test_off_by_itself(self):
        self.start(AUTORELOAD='off')
        self.put(self.path, NEW)
        for _ in range(5):
            self.assertEqual(self.exchange().body, b'old a b')
        status, output = self.program.stop()
        self.assertEqual(status, 0)
        self.assertIsNone(re.search('modified', output))


if __name__ == '__main__':
    gale_wire.main()
