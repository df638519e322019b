"""test_new - the projects of `gale new`: each kind is built by its own build file, passes its test
and serves."""
# SPDX-License-Identifier: MIT
import os
import shutil
import sys
import unittest

import project

COMMON = {'.gitignore', 'Dockerfile', 'README.md', 'app.c', 'meson.build', 'shop.service',
          'shop.socket', 'tests/test_app.c'}
OWN = {
    'site': {'static/style.css', 'templates/base.html', 'templates/hello.html',
             'templates/home.html'},
    'api': set(),
    'websocket': {'static/room.js', 'templates/room.html'},
}


class New(project.Case):
    def make(self, kind):
        said = self.gale('new', 'shop', f'--kind={kind}').stdout
        there = {path.relative_to(self.folder / 'shop').as_posix()
                 for path in (self.folder / 'shop').rglob('*') if path.is_file()}
        self.assertEqual(COMMON | OWN[kind], there)
        for name in there:
            self.assertIn(f'  shop/{name}\n', said)
            text = (self.folder / 'shop' / name).read_text()
            self.assertNotIn('@name@', text)
            self.assertTrue(text.endswith('\n') and '\t' not in text, name)
        return self.folder / 'shop'

    def build(self, shop):
        self.run_command('meson', 'setup', 'build', '-Dwerror=true', cwd=shop)
        self.run_command('ninja', '-C', 'build', 'test', cwd=shop)
        log = (shop / 'build/meson-logs/testlog.txt').read_text()
        self.assertRegex(log, r'Ok: +1\b')
        return project.Served(shop / 'build/shop', self.folder)

    def test_site(self):
        with self.build(self.make('site')) as served:
            status, _, body = served.get('/')
            self.assertEqual(200, status)
            self.assertIn('Welcome to shop', body)
            self.assertIn('Hello, you!', served.get('/hello/you')[2])
            self.assertEqual('text/css', served.get('/static/style.css')[1].get_content_type())
            self.assertEqual(404, served.get('/nothing')[0])

    def test_api(self):
        with self.build(self.make('api')) as served:
            self.assertEqual((200, '{"notes": []}'), served.get('/notes')[::2])
            self.assertEqual(404, served.get('/notes/0')[0])

    def test_websocket(self):
        with self.build(self.make('websocket')) as served:
            self.assertIn('<title>shop</title>', served.get('/')[2])
            self.assertEqual(400, served.get('/talk')[0])

    def test_site_is_the_usual_kind(self):
        self.gale('new', 'shop')
        self.assertTrue((self.folder / 'shop/templates/home.html').exists())

    def test_service_is_good(self):
        if not shutil.which('systemd-analyze'):
            self.skipTest('no systemd-analyze')
        shop = self.make('api')
        text = (shop / 'shop.service').read_text().replace('/usr/bin/shop', '/bin/true')
        (shop / 'shop.service').write_text(text)
        said = self.run_command('systemd-analyze', 'verify', './shop.service', './shop.socket',
                                cwd=shop)
        self.assertEqual('', said.stderr)


class Refused(project.Case):
    def test_a_directory_that_is_not_empty(self):
        (self.folder / 'shop').mkdir()
        self.gale('new', 'shop')
        before = (self.folder / 'shop/app.c').read_text()
        said = self.gale('new', 'shop', '--kind=api', code=1)
        self.assertEqual('gale new: the directory shop is there already, and not empty\n',
                         said.stderr)
        self.assertEqual(before, (self.folder / 'shop/app.c').read_text())
        (self.folder / 'file').write_text('')
        self.assertIn('file: Not a directory', self.gale('new', 'file', code=1).stderr)

    def test_bad_names(self):
        for name in ('', 'Shop', '9lives', 'a/b', '../up', '.', 'a b', 'shöp', '-', 'shop-', 'x' * 61,
                     'test', 'all'):
            said = self.gale('new', '--', name, code=2)
            self.assertIn('is no name for a project: one ', said.stderr, name)
        self.assertEqual(['pc'], os.listdir(self.folder))

    def test_bad_use(self):
        self.assertIn('which name?', self.gale('new', code=2).stderr)
        self.assertIn('one name', self.gale('new', 'a', 'b', code=2).stderr)
        for kind in ('shop', '', 'common', 'sit'):
            self.assertIn('is not site, api or websocket',
                          self.gale('new', 'shop', '--kind', kind, code=2).stderr)
        self.assertEqual(['pc'], os.listdir(self.folder))


if __name__ == '__main__':
    project.Case.command = os.path.abspath(sys.argv.pop(1))
    unittest.main()
