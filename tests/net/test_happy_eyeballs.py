"""test_happy_eyeballs - a name of two addresses, of which one is a black hole.

usage: test_happy_eyeballs.py PATH_OF_TCPECHO

Runs itself in a network and mount namespace of its own, where two addresses belong to a neighbour
whom nobody knows, so that what is sent there is lost, and a hosts file gives the name both
addresses. Left out, with a word, where making those is not permitted.
"""
# SPDX-License-Identifier: MIT
import os
import subprocess
import sys
import tempfile
import time
import unittest

INSIDE = "--inside"
SKIPPED = 77  # of meson

SETUP = """
set -e
ip link set lo up
ip link add gale0 type veth peer name gale1
ip link set gale0 up
ip link set gale1 up
ip addr add 192.0.2.1/24 dev gale0
ip -6 addr add 2001:db8::1/64 dev gale0 nodad
ip neigh add 192.0.2.99 lladdr 02:00:00:00:00:99 dev gale0 nud permanent
ip -6 neigh add 2001:db8::99 lladdr 02:00:00:00:00:99 dev gale0 nud permanent
mount --bind "$1" /etc/hosts
"""


def enter():
    """Starts this test again inside; its exit status."""
    with tempfile.TemporaryDirectory() as folder:
        hosts = os.path.join(folder, "hosts")
        with open(hosts, "w") as f:
            f.write("127.0.0.1 localhost\n"
                    "2001:db8::99 hole6.example\n127.0.0.1 hole6.example\n"
                    "192.0.2.99 hole4.example\n"
                    "2001:db8::99 holes.example\n192.0.2.99 holes.example\n")
        ready = subprocess.run(["unshare", "-rnm", "sh", "-c", SETUP, "sh", hosts],
                               capture_output=True, text=True)
        if ready.returncode != 0:
            print("skipped: no network namespace here:", ready.stderr.strip())
            return SKIPPED
        script = SETUP + 'shift; exec "$@"\n'
        return subprocess.run(["unshare", "-rnm", "sh", "-c", script, "sh", hosts,
                               sys.executable, __file__, *sys.argv[1:], INSIDE]).returncode


class HappyEyeballs(unittest.TestCase):
    backend = "epoll"

    def setUp(self):
        env = dict(os.environ, GALE_IOLOOP=self.backend)
        self.env = env
        self.server = subprocess.Popen([PROGRAM, "--port=0"], stdout=subprocess.PIPE, text=True,
                                       env=env)
        self.port = int(self.server.stdout.readline().rsplit(":", 1)[1])

    def tearDown(self):
        self.server.terminate()
        self.server.wait(10)
        self.server.stdout.close()

    def client(self, host):
        begin = time.monotonic()
        r = subprocess.run([PROGRAM, f"--connect={host}:{self.port}", "hello"],
                           capture_output=True, text=True, timeout=30, env=self.env)
        return r, time.monotonic() - begin

    def test_the_other_family_answers_after_a_moment(self):
        r, seconds = self.client("hole6.example")
        self.assertEqual((r.returncode, r.stdout, r.stderr), (0, "hello\n", ""))
        self.assertGreaterEqual(seconds, 0.3)
        self.assertLess(seconds, 5)

    def test_only_black_holes_time_out(self):
        begin = time.monotonic()
        clients = [subprocess.Popen([PROGRAM, f"--connect={host}:{self.port}", "hello"],
                                    stderr=subprocess.PIPE, text=True, env=self.env)
                   for host in ("hole4.example", "holes.example")]
        for client in clients:
            _, err = client.communicate(timeout=30)
            self.assertEqual(client.returncode, 1)
            self.assertRegex(err, r"^tcpecho: cannot connect to \S+: no connection in time\n$")
            self.assertGreaterEqual(time.monotonic() - begin, 2)


class HappyEyeballsUring(HappyEyeballs):
    backend = "io_uring"


if __name__ == "__main__":
    if INSIDE not in sys.argv:
        sys.exit(enter())
    sys.argv.remove(INSIDE)
    PROGRAM = sys.argv.pop(1)
    unittest.main()
