"""test_browser - the examples in headless Chromium: login, forms, uploads, caching, events."""
# SPDX-License-Identifier: MIT
import pathlib
import re
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / 'support'))
import gale_wire  # noqa: E402
import webdriver  # noqa: E402


@unittest.skipUnless(webdriver.is_there(), 'no chromium and chromedriver here')
class TestBrowser(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = webdriver.Browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()

    def start(self, name, *args):
        program = gale_wire.Program(name, '--port=0', *args)
        self.addCleanup(program.stop)
        return program, f'http://localhost:{program.port}'

    def loaded(self, path, what):
        self.browser.wait(f'return document.readyState == "complete" && location.pathname == "{path}"',
                          what)

    def test_login_and_logout(self):
        _, site = self.start('login')
        browser = self.browser
        browser.open(site + '/')
        self.assertEqual(browser.url, site + '/login?next=%2F')
        browser.type('input[name=name]', 'Ada <3')
        browser.click('button')
        self.loaded('/', 'the home page after the login')
        self.assertIn('Hello, Ada <3.', browser.text('p'))
        self.assertEqual(browser.run('return document.cookie.includes("user=")'), False)
        browser.click('button')
        self.loaded('/login', 'the login page after the logout')
        browser.open(site + '/')
        self.assertIn('/login', browser.url)

    def test_form_with_xsrf_token(self):
        _, site = self.start('xsrf')
        browser = self.browser
        browser.open(site + '/')
        browser.type('input[name=text]', 'hello & <b>welcome</b>')
        browser.click('button')
        browser.wait('return document.querySelector("#last").innerText.includes("welcome")',
                     'the board shows what was said')
        self.assertEqual(browser.text('#last').strip(), 'hello & <b>welcome</b>')
        status = browser.run('const x = new XMLHttpRequest(); x.open("POST", "/", false);'
                             'x.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");'
                             'x.send("text=spam"); return x.status')
        self.assertEqual(status, 403)

    def test_upload(self):
        _, site = self.start('upload')
        browser = self.browser
        with tempfile.NamedTemporaryFile(prefix='gale-', suffix='.txt') as file:
            file.write(b'0123456789' * 20000)
            file.flush()
            browser.open(site + '/')
            browser.type('input[type=file]', file.name)
            browser.click('button')
            browser.wait('return document.body.innerText.includes("200000")',
                         'the answer names the size of the file')
            self.assertIn(pathlib.Path(file.name).name, browser.text('body'))

    def test_static_files_are_cached(self):
        program, site = self.start('staticfiles')
        browser = self.browser
        for _ in range(2):
            browser.open(site + '/')
            color = browser.run('return getComputedStyle(document.querySelector("h1")).color')
            self.assertEqual(color, 'rgb(11, 98, 184)')
        program.get('/files/the-end')
        log = program.read_until(rb'(?s).*/files/the-end')[0].decode()
        loads = re.findall(r'^.*?\b(\d{3}) GET (/static/style\.css\S*)', log, re.M)
        self.assertEqual([status for status, _ in loads], ['200'], log)

    def test_event_stream(self):
        _, site = self.start('events')
        self.browser.open(site + '/')
        self.browser.wait('return /\\d/.test(document.body.innerText)', 'the first event')
        before = self.browser.text('body')
        self.browser.wait(f'return document.body.innerText != {before!r}', 'another event')

    def test_chat_in_two_tabs(self):
        _, site = self.start('chat')
        browser = self.browser
        other, tab = browser.new_tab()
        connected = 'return document.querySelector("#state").textContent == "connected"'
        for name in (tab, other):
            browser.switch(name)
            browser.open(site + '/')
            browser.wait(connected, 'the WebSocket is open')
        spoken = 'return [...document.querySelectorAll("#messages li")].map(e => e.textContent.trim())'
        browser.type('[name=text]', 'hello <img src=x onerror=alert(1)>')
        browser.click('button')
        for name in (other, tab):
            browser.switch(name)
            browser.wait('return document.querySelector("#messages li")', 'the message in both tabs')
            self.assertEqual(browser.run(spoken), ['guest hello <img src=x onerror=alert(1)>'])
            self.assertEqual(browser.run('return document.querySelectorAll("#messages img").length'), 0)
        browser.type('[name=text]', 'and back')
        browser.click('button')
        browser.switch(other)
        browser.wait('return document.querySelectorAll("#messages li").length == 2', 'the answer')
        browser.open(site + '/')    # what was said is on the page
        self.assertEqual(len(browser.run(spoken)), 2)
        browser.close_tab()
        browser.switch(tab)

    def test_blog_of_templates(self):
        program, site = self.start('blog')
        browser = self.browser
        browser.open(site + '/language/en_US')     # another program's cookie may say otherwise
        self.assertEqual(browser.text('.count'), '2 entries')
        self.assertEqual(browser.run('return [...document.querySelectorAll(".entry h2")].map(e => e.innerText)'),
                         ['Is <b>this</b> safe?', 'Templates, in C'])
        # What the module brought: its style sheet, its script.
        self.assertEqual(browser.run('return getComputedStyle(document.querySelector(".entry")).borderLeftColor'),
                         'rgb(11, 98, 184)')
        self.assertEqual(browser.run('return document.documentElement.dataset.entries'), '2')
        self.assertEqual(browser.run('return document.querySelectorAll("link[href*=\'entry.css\']").length'), 1)
        browser.click('.entry:last-of-type h2 a')
        self.loaded('/entry/1', 'the entry')
        self.assertEqual(browser.run('return document.title'), 'Templates, in C')
        self.assertEqual(browser.run('return document.querySelector("article p a").href'),
                         'http://example.com/templates?a=1&b=2')
        self.assertEqual(browser.text('time'), 'January 1, 2025 at 12:00 am')

    def test_blog_form_and_language(self):
        program, site = self.start('blog')
        browser = self.browser
        browser.open(site + '/language/en_US?next=/compose')
        browser.type('input[name=title]', 'Tea & <i>toast</i>')
        browser.click('button')
        browser.wait('return !!document.querySelector(".error")', 'the form again, with what is missing')
        self.assertEqual(browser.text('.error'), 'A title and a text are needed.')
        self.assertEqual(browser.run('return document.querySelector("input[name=title]").value'),
                         'Tea & <i>toast</i>')
        browser.type('textarea', 'One.')
        browser.click('button')
        self.loaded('/entry/3', 'the new entry')
        self.assertEqual(browser.text('h1'), 'Tea & <i>toast</i>')
        browser.run('document.querySelector("nav a").click()')
        browser.wait('return document.readyState == "complete" && document.documentElement.lang == "zh-CN"',
                     'the page in Chinese')
        self.assertEqual(browser.text('header > a'), '用模板写成的博客')
        self.assertIn('年', browser.text('time'))
        browser.open(site + '/')
        self.assertEqual(browser.text('.count'), '3 篇文章')

    @unittest.skipUnless(any(arg.startswith('blog_site=') for arg in sys.argv), 'the blog was not built')
    def test_blog_with_users(self):
        with tempfile.TemporaryDirectory(prefix='gale-blog-') as folder:
            self.visit_blog(folder + '/blog.db')

    def visit_blog(self, file):
        _, site = self.start('blog_site', '--database=' + file)
        browser = self.browser
        browser.open(site + '/compose')
        self.assertEqual(browser.url, site + '/login?next=%2Fcompose')
        browser.open(site + '/register?next=/compose')
        browser.type('input[name=name]', 'Ann')
        browser.type('input[name=email]', 'ann@example.com')
        browser.type('input[name=password]', 'long enough')
        browser.click('main button')
        self.loaded('/compose', 'the form for an entry, as a user')
        browser.type('input[name=title]', 'Tea & toast')
        browser.type('textarea', 'It is *good*:\n\n- hot\n- [here](https://example.com/)\n\n<script>document.title = "no"</script>')
        browser.click('main button')
        self.loaded('/entry/tea-toast', 'the entry')
        self.assertEqual(browser.text('article h1'), 'Tea & toast')
        self.assertEqual(browser.text('article em'), 'good')
        self.assertEqual(browser.run('return document.querySelectorAll("article li").length'), 2)
        self.assertEqual(browser.run('return document.title'), 'Tea & toast')
        self.assertIn('by Ann', browser.text('.by'))
        browser.click('.by a')
        self.loaded('/compose', 'the form with the entry in it')
        self.assertTrue(browser.run('return document.querySelector("textarea").value').startswith('It is *good*'))
        browser.run('document.querySelector("textarea").value = "It is **better**."')
        browser.click('main button')
        self.loaded('/entry/tea-toast', 'the entry as edited')
        self.assertEqual(browser.text('article .text').strip(), 'It is better.')
        self.assertEqual(browser.text('article strong'), 'better')
        browser.click('nav button')
        self.loaded('/', 'the home page, logged out')
        self.assertEqual(browser.text('article h1'), 'Tea & toast')
        self.assertNotIn('Edit', browser.text('article'))
        browser.click('nav a[href*=login]')
        self.loaded('/login', 'the form to log in')
        browser.type('input[name=email]', 'ann@example.com')
        browser.type('input[name=password]', 'long enough')
        browser.click('main button')
        self.loaded('/', 'the home page, logged in')
        self.assertIn('Log out Ann', browser.text('nav'))


if __name__ == '__main__':
    gale_wire.main()
