"""test_site - the site of the documentation is built without a dead link, examples/site serves it as browsers
want it, and Chromium shows it: both languages, the reference, the search, light and dark, a phone's width."""
# SPDX-License-Identifier: MIT
import gzip
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / 'support'))
import gale_wire  # noqa: E402
import webdriver  # noqa: E402

ROOT = pathlib.Path(__file__).parents[2]


def setUpModule():
    """Builds the site, and starts the program that serves it."""
    global folder, site, program
    folder = tempfile.TemporaryDirectory(prefix='gale-site-')
    site = pathlib.Path(folder.name) / 'site'
    unittest.addModuleCleanup(folder.cleanup)
    build = pathlib.Path(gale_wire.PROGRAMS['site']).parents[1]
    done = subprocess.run([sys.executable, ROOT / 'tools' / 'docsite.py', build, site],
                          capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise AssertionError(done.stdout + done.stderr)
    program = gale_wire.Program('site', '--port=0', env={'SITE': str(site)})
    unittest.addModuleCleanup(program.stop)


class TestServed(unittest.TestCase):
    def test_pages_of_both_languages(self):
        for path, lang, words in (('/', 'en', 'gale is Tornado for C'), ('/guide/', 'en', 'Quick start'),
                                  ('/zh/', 'zh-Hans', '快速上手'), ('/man/gale-run.html', 'en', 'gale-run')):
            answer = program.get(path)
            page = answer.body.decode()
            self.assertEqual((answer.status, answer['Content-Type']), (200, 'text/html; charset=UTF-8'))
            self.assertIn(f'<html lang="{lang}">', page)
            self.assertIn(words, page)

    def test_every_chapter_has_its_translation(self):
        for chapter in (ROOT / 'docs' / 'guide').glob('*.md'):
            name = chapter.stem.replace('README', 'index')
            if not (ROOT / 'docs' / 'zh' / chapter.name).exists():
                continue
            self.assertIn(f'href="../zh/{name}.html"', (site / 'guide' / f'{name}.html').read_text())
            self.assertIn(f'href="../guide/{name}.html"', (site / 'zh' / f'{name}.html').read_text())

    def test_each_function_of_a_header_is_told(self):
        page = program.get('/api/web.html').body.decode()
        for name in re.findall(r'\bGALE_API\b[^;{(]*?\b(gale_\w+)\s*\(',
                               (ROOT / 'include' / 'gale' / 'web.h').read_text()):
            self.assertIn(f'id="{name}"', page)
        self.assertIn('Adds to the response. Text, bytes, printf, JSON.', page)
        self.assertIn('href="../api/web.html#gale_write"', program.get('/guide/quickstart.html').body.decode())

    def test_a_page_seen_before_is_not_sent_again(self):
        first = program.get('/guide/web.html')
        self.assertEqual(first['Cache-Control'], 'no-cache')
        again = program.get('/guide/web.html', f'If-None-Match: {first["Etag"]}\r\n')
        self.assertEqual((again.status, again.body), (304, b''))

    def test_a_versioned_file_is_kept(self):
        page = program.get('/').body.decode()
        style = re.search(r'href="(style\.css\?v=\w+)"', page)[1]
        self.assertEqual(program.get('/' + style)['Cache-Control'], 'max-age=31536000')

    def test_precompressed_forms(self):
        plain = program.get('/guide/web.html')
        small = program.get('/guide/web.html', 'Accept-Encoding: gzip\r\n')
        self.assertEqual(small['Content-Encoding'], 'gzip')
        self.assertEqual(gzip.decompress(small.body), plain.body)

    def test_a_folder_without_its_slash(self):
        answer = program.get('/api')
        self.assertEqual((answer.status, answer['Location']), (301, '/api/'))

    def test_a_page_that_is_not_there(self):
        answer = program.get('/guide/no/such/page.html')
        self.assertEqual(answer.status, 404)
        self.assertIn('没有这个页面', answer.body.decode())
        self.assertIn(program.get('/..%2f..%2fetc/passwd').status, (403, 404))


@unittest.skipUnless(webdriver.is_there(), 'no chromium and chromedriver here')
class TestSeen(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = webdriver.Browser()
        cls.addClassCleanup(cls.browser.close)
        cls.url = f'http://localhost:{program.port}'

    def at(self, path):
        self.browser.wait(f'return document.readyState == "complete" && location.pathname == "{path}"', path)

    def test_language_switch(self):
        browser = self.browser
        browser.open(self.url + '/guide/web.html')
        browser.click('a.language')
        self.at('/zh/web.html')
        self.assertEqual(browser.text('h1').rstrip('#'), 'Web 应用的结构')
        self.assertEqual(browser.text('nav [aria-current]'), 'Web 应用的结构')
        browser.click('a.language')
        self.at('/guide/web.html')

    def test_code_leads_to_the_reference(self):
        browser = self.browser
        browser.open(self.url + '/')
        browser.click('pre a[href$="#gale_main"]')
        self.at('/api/main.html')
        self.assertIn('Gives the process\'s exit status', browser.text('#text'))

    def test_search(self):
        browser = self.browser
        browser.open(self.url + '/guide/')
        browser.type('#search input', 'gale_write_json')
        browser.wait('return document.querySelector("#search li a")?.textContent.startsWith("gale_write_json")',
                     'the name is found')
        browser.click('#search li a')
        self.at('/api/web.html')
        self.assertEqual(browser.run('return location.hash'), '#gale_write_json')

    def test_light_and_dark(self):
        browser = self.browser
        browser.open(self.url + '/')
        paper = 'return getComputedStyle(document.body).backgroundColor'
        before = browser.run(paper)
        browser.click('#theme')
        self.assertNotEqual(browser.run(paper), before)
        browser.open(self.url + '/api/')    # and it stays
        self.assertNotEqual(browser.run(paper), before)
        browser.click('#theme')
        self.assertEqual(browser.run(paper), before)

    def test_lost_pages_lead_on(self):
        browser = self.browser
        browser.open(self.url + '/deep/in/nowhere.html')
        self.assertEqual(browser.text('h1'), '404: no such page')
        self.assertEqual(browser.run('return getComputedStyle(document.querySelector("header")).position'),
                         'sticky')
        browser.click('main a[href="/guide/index.html"]')
        self.at('/guide/index.html')

    def test_a_phone(self):
        browser = self.browser
        browser.resize(390, 800)
        self.addCleanup(browser.resize, 1200, 900)
        for path in ('/', '/guide/web.html', '/zh/web.html', '/api/web.html', '/compared-to-tornado.html'):
            browser.open(self.url + path)
            self.assertLessEqual(browser.run('return document.documentElement.scrollWidth'),
                                 browser.run('return innerWidth'), f'{path} is wider than the screen')
        browser.click('#menu')
        browser.click('nav a[href$="contributing.html"]')
        self.at('/contributing.html')


if __name__ == '__main__':
    gale_wire.main()
