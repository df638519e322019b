"""test_build - `gale build`: programs to ship, alone in an empty directory."""
# SPDX-License-Identifier: MIT
import os
import shutil
import subprocess
import sys
import unittest

import project


class Build(project.Case):
    def setUp(self):
        super().setUp()
        self.gale('new', 'shop')
        self.shop = self.folder / 'shop'
        (self.shop / 'static/deep').mkdir()
        (self.shop / 'static/deep/a b"?%.bin').write_bytes(bytes(range(256)) * 300)
        (self.shop / 'static/empty').write_bytes(b'')

    def alone(self):
        """The program in a directory of its own, its sources gone."""
        place = self.folder / 'alone'
        place.mkdir()
        shutil.move(self.shop / 'app', place / 'app')
        shutil.rmtree(self.shop)
        return project.Served(place / 'app', place)

    def check_site(self, served):
        status, headers, page = served.get('/')
        self.assertEqual(200, status)
        self.assertIn('Welcome to shop', page)
        self.assertIn('Hello, &lt;b&gt;!', served.get('/hello/%3Cb%3E')[2])
        url = page.split('stylesheet" href="')[1].split('"')[0]
        self.assertRegex(url, r'^/static/style\.css\?v=[0-9a-f-]+$')
        status, headers, style = served.get(url)
        self.assertEqual((200, 'text/css'), (status, headers.get_content_type()))
        self.assertIn('font-weight', style)
        self.assertIn('immutable', headers['Cache-Control'])
        self.assertTrue(headers['Last-Modified'])
        self.assertEqual(304, served.get(url, **{'If-None-Match': headers['Etag']})[0])
        self.assertEqual((206, style[:5]),
                         served.get(url, Range='bytes=0-4')[::2])
        for missing in ('nothing', 'deep', 'style.css/', '../app.c', 'style', 'style.cssx', ''):
            self.assertIn(served.get('/static/' + missing)[0], (403, 404), missing)
        self.assertEqual((200, ''), served.get('/static/empty')[::2])

    def test_one_file_serves_page_template_and_static_file(self):
        self.gale('build', 'app.c', '--release', '--embed', cwd=self.shop)
        with self.alone() as served:
            self.check_site(served)
            done = subprocess.run(['curl', '-sf', served.origin + '/static/deep/a%20b%22%3F%25.bin'],
                                  capture_output=True, timeout=10)
            self.assertEqual(bytes(range(256)) * 300, done.stdout)

    def test_static_needs_no_library(self):
        self.gale('build', 'app.c', '--static', '--embed', cwd=self.shop)
        said = subprocess.run(['ldd', self.shop / 'app'], capture_output=True, text=True)
        self.assertIn('not a dynamic executable', said.stdout + said.stderr)
        with self.alone() as served:
            self.check_site(served)

    def test_without_embed_the_files_are_read(self):
        self.gale('build', 'shop/app.c', '-o', 'shop/app')
        (self.shop / 'static/late.txt').write_text('late')
        with project.Served(self.shop / 'app', self.folder) as served:
            self.assertEqual('late', served.get('/static/late.txt')[2])

    def test_errors(self):
        said = self.gale('build', 'shop/none.c', code=1)
        self.assertIn('shop/none.c: No such file', said.stderr)
        self.assertIn('which file?', self.gale('build', code=2).stderr)
        (self.shop / 'bad.c').write_text('int main(void) { return x; }\n')
        self.assertRegex(self.gale('build', 'shop/bad.c', code=1).stderr, r"bad\.c:1:.*x.*undeclared")
        (self.shop / 'templates/home.html').write_text('{{ 1 + }}')
        self.assertIn('home.html:1:', self.gale('build', 'shop/app.c', '--embed', code=1).stderr)
        said = self.gale('build', 'shop/app.c', '--embed', '--templates=/etc', code=2)
        self.assertIn("'/etc' is no directory beside the source", said.stderr)


if __name__ == '__main__':
    project.Case.command = os.path.abspath(sys.argv.pop(1))
    unittest.main()
