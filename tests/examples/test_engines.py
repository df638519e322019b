"""examples/templates and examples/ctemplate over HTTP: templates that are part of the program, and
those of another engine.
"""
# SPDX-License-Identifier: MIT
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402


class Notes(unittest.TestCase):
    def test_templates_in_the_program(self):
        server = gale_wire.Program('notes', '--port=0')
        page = server.get('/')
        self.assertEqual(200, page.status)
        head, _, body = page.body.partition(b'</style>\n')
        self.assertTrue(head.startswith(b'<!doctype html>\n'), head)
        self.assertIn(b'<title>Notes</title>\n', head)
        self.assertEqual(b'\n<h1>2 notes</h1>\n<ul>\n\n'
                         b'<li>Buy milk</li>\n\n<li>Fish &amp; &lt;chips&gt;</li>\n\n</ul>\n\n', body)
        self.assertEqual(0, server.stop()[0])


class AnotherEngine(unittest.TestCase):
    def setUp(self):
        if 'ctemplate' not in gale_wire.PROGRAMS:
            self.skipTest('no libctemplate')
        self.server = gale_wire.Program('ctemplate', '--port=0')

    def test_gale_render_is_the_same(self):
        page = self.server.get('/?reader=%3Cme%3E')
        self.assertEqual(200, page.status)
        self.assertEqual('text/html; charset=UTF-8', page['Content-Type'])
        text = page.body.decode()
        self.assertIn('<h1>Stories</h1>', text)
        self.assertIn('<li><a href="/story/1">Ships &amp; &lt;tides&gt;</a> (new)</li>', text)
        self.assertNotIn('javascript:', text)
        self.assertIn('<p>2 in all, for &lt;me&gt;</p>', text)
        self.assertEqual(0, self.server.stop()[0])

    def test_its_errors_are_500_and_in_the_log(self):
        self.assertEqual(500, self.server.get('/missing').status)
        self.assertEqual(200, self.server.get('/').status)
        code, output = self.server.stop()
        self.assertEqual(0, code)
        self.assertIn("ctemplate: no template 'missing.tpl'", output)


if __name__ == '__main__':
    gale_wire.main()
