"""gale_fork_processes(), gale_run_threads() in programs that have a main() of their own."""
# SPDX-License-Identifier: MIT
import os
import select
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire    # noqa: E402


class Fork(unittest.TestCase):
    def run_it(self, what):
        done = subprocess.run([gale_wire.PROGRAMS['fork_program'], what], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=gale_wire.TIMEOUT)
        self.assertEqual(done.returncode, 0, done)
        self.assertNotIn('Sanitizer', done.stderr)
        self.assertNotIn('runtime error', done.stderr)
        return done.stdout.splitlines(), done.stderr

    def begin(self, what):
        process = subprocess.Popen([gale_wire.PROGRAMS['fork_program'], what], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def test_statuses_and_signals_restart_and_zero_does_not(self):
        out, log = self.run_it('codes')
        self.assertEqual(out[0], 'lives 2 2 2')
        self.assertEqual(out[1].split()[0], 'GALE_ESTOPPED')
        for text in (r'starting 3 processes', r'child 0 \(pid \d+\) exited with status 2, restarting',
                     r'child 1 \(pid \d+\) exited with status 3, restarting',
                     r'child 2 \(pid \d+\) killed by signal 9, restarting',
                     r'child 2 \(pid \d+\) exited normally'):
            self.assertRegex(log, text)

    def test_a2_2_a_crash_loop_backs_off_and_gives_up(self):
        out, log = self.run_it('crash')
        self.assertEqual(out[0], 'lives 6')     # the first, and five restarts
        self.assertEqual(out[-1], 'GALE_ETOOBIG too many child restarts, giving up')
        self.assertIn('too many child restarts, giving up', log)
        out, log = self.run_it('backoff')
        gaps = [float(line.split()[1]) for line in out if line.startswith('after')]
        for gap, least in zip(gaps, (0.02, 0.04, 0.08, 0.1, 0.1, 0.1)):
            self.assertGreaterEqual(gap, least - 0.002, gaps)
        self.assertEqual(len(gaps), 6)
        self.assertRegex(log, r'restarting in 0\.1 s')

    def test_before_loops_and_threads_only(self):
        out, _ = self.run_it('early')
        self.assertEqual(out[0], 'GALE_ESTATE workers are forked before any loop is made')
        self.assertEqual(out[1], 'GALE_ESTATE workers are forked before any thread is started')
        self.assertRegex(out[2], r'^GALE_EINVAL -1 workers')

    def test_children_of_others_are_left_alone(self):
        out, _ = self.run_it('children')
        self.assertEqual(out[:3], ['worker 0 of 1 runs', 'worker 0 ended, runs: 0', 'own child 5'])

    def test_a_program_takes_sockets_over(self):
        out, _ = self.run_it('reexec')
        self.assertEqual(out[:2], ['heir 1 3', 'ready 0'])
        self.assertEqual(out[2], 'ENOENT cannot run the new program: No such file or directory')
        self.assertRegex(out[3], r'^GALE_ETIMEDOUT the new program( \(pid \d+\))? was not ready in time')

    def test_a_program_that_forks_takes_over(self):
        out, log = self.run_it('reexec-forking')
        self.assertEqual(out[0], 'ended 0', log)

    def test_an_orphan_that_does_not_end_is_killed(self):
        process = self.begin('orphan')
        worker = int(process.stdout.readline())
        process.kill()
        process.wait()
        try:    # the worker holds what it prints to
            self.assertTrue(select.select([process.stdout], [], [], gale_wire.TIMEOUT)[0])
        finally:
            try:
                os.kill(worker, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def test_what_does_not_end_is_killed(self):
        process = self.begin('stuck')
        self.assertEqual(process.stdout.readline(), 'stuck\n')
        process.terminate()
        self.assertRegex(process.stdout.readline(), 'GALE_ESTOPPED')
        self.assertEqual(process.wait(gale_wire.TIMEOUT), 0)
        self.assertRegex(process.stderr.read(), r'child 0 \(pid \d+\) did not end in time: killed')

    def test_a_rolling_restart_that_fails_leaves_the_old_one(self):
        process = self.begin('late')
        self.assertEqual(process.stdout.readline(), 'life 1\n')
        process.send_signal(signal.SIGHUP)
        self.assertEqual(process.stdout.readline(), 'life 2\n')
        for line in process.stderr:
            if 'was not ready in time: the rolling restart ends' in line:
                break
        process.terminate()
        self.assertRegex(process.stdout.readline(), 'GALE_ESTOPPED')
        self.assertEqual(process.wait(gale_wire.TIMEOUT), 0)


class Threads(unittest.TestCase):
    run_it = Fork.run_it

    def test_loops_of_threads(self):
        out, _ = self.run_it('threads')
        self.assertEqual(out[0], 'bodies 3')
        self.assertEqual(out[1].split()[0], '?')

    def test_a_stop_is_not_used_up(self):
        out, _ = self.run_it('sync')
        self.assertEqual(out[:2], ['stopped some', 'after 0'])
        self.assertEqual(out[2].split()[0], '?')

    def test_one_that_fails_stops_the_others(self):
        out, _ = self.run_it('threads-fail')
        self.assertEqual(out[1], 'GALE_EPROTO the second one fails')


if __name__ == '__main__':
    gale_wire.main()
