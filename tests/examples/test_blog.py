"""examples/blog-templates over a port: what is written comes out again, whole and well-formed."""
# SPDX-License-Identifier: MIT
import http.client
import os
import re
import sys
import unittest
import urllib.parse
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402

ATOM = '{http://www.w3.org/2005/Atom}'


class Blog(unittest.TestCase):
    def setUp(self):
        self.server = gale_wire.Program('blog', '--port=0')
        self.addCleanup(self.server.stop)

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection('127.0.0.1', self.server.port, timeout=10)
        self.addCleanup(connection.close)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer, answer.read()

    def publish(self, title, text):
        answer, page = self.ask('GET', '/compose')
        token = re.search(rb'name="_xsrf" value="([^"]+)"', page)[1].decode()
        form = urllib.parse.urlencode({'_xsrf': token, 'title': title, 'text': text})
        return self.ask('POST', '/compose', form,
                        **{'Cookie': answer.headers['Set-Cookie'].split(';')[0],
                           'Content-Type': 'application/x-www-form-urlencoded'})[0]

    def newest(self):
        """Title and summary in the feed."""
        entry = xml.etree.ElementTree.fromstring(self.ask('GET', '/feed')[1]).find(ATOM + 'entry')
        return entry.find(ATOM + 'title').text, entry.find(ATOM + 'summary').text

    def test_excerpts(self):
        words = 'word ' * 60
        for text, excerpt in (('short', 'short'), ('x' * 200, 'x' * 200),
                              (words, ('word ' * 40).rstrip() + ' \u2026'),
                              ('\u98ce' * 100, '\u98ce' * 66 + ' \u2026'),
                              ('a ' + '\u98ce' * 100, 'a ' + '\u98ce' * 66 + ' \u2026')):
            self.assertEqual(self.publish('t', text).status, 303)
            self.assertEqual(self.newest(), ('t', excerpt))

    def test_the_feed_stays_well_formed(self):
        title = 'a\x01b\x0bc\x0cd\uffffe <f> & \u98ce'
        self.assertEqual(self.publish(title, 'te\x0bxt\ufffe').status, 303)
        told, summary = self.newest()
        self.assertEqual(re.sub(' +', ' ', told), 'a b c d e <f> & \u98ce')
        self.assertEqual(summary.rstrip(), 'te xt')
        self.assertEqual(self.publish('\x0b', 'x').status, 422)


if __name__ == '__main__':
    gale_wire.main()
