"""test_demo_browser - the front page of `make demo` and the demos behind it, in headless Chromium."""
# SPDX-License-Identifier: MIT
import json
import os
import pathlib
import signal
import sys
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / 'support'))
import gale_wire  # noqa: E402
import webdriver  # noqa: E402


@unittest.skipUnless(webdriver.is_there(), 'no chromium and chromedriver here')
class TestDemo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.demo = gale_wire.Program('demo', '--port=0', '--address=127.0.0.1')
        cls.addClassCleanup(cls.demo.stop)
        cls.site = f'http://localhost:{cls.demo.port}'
        cls.browser = webdriver.Browser()
        cls.addClassCleanup(cls.browser.close)

    def programs(self):
        self.demo.take_output()
        with urllib.request.urlopen(self.site + '/programs.json') as answer:
            return {p['path']: p for p in json.load(answer)}

    def open(self, path):
        """A program's page, by the link on the front page."""
        self.browser.open(self.site + '/')
        self.browser.click(f'[data-path="{path}"] > a')
        self.browser.wait(f'return location.port != "{self.demo.port}" && document.readyState == "complete"', path)

    def test_front_page_tells_what_becomes_of_a_program(self):
        browser = self.browser
        browser.open(self.site + '/')
        state = '[data-path="helloworld"] .state'
        self.assertEqual(browser.text(state), 'running')
        pid = self.programs()['helloworld']['pid']
        browser.wait(f'return document.querySelector(\'{state}\').title == "process {pid}"', 'the process')
        os.kill(pid, signal.SIGKILL)
        browser.wait(f'return !["", "process {pid}"].includes(document.querySelector(\'{state}\').title)',
                     'another process')
        self.assertEqual(browser.text('[data-path="helloworld"] .why'), 'started again after signal 9 (Killed)')
        self.open('helloworld')
        self.assertEqual(browser.text('body'), 'Hello, world')

    def test_no_page_is_wider_than_a_phone(self):
        browser = self.browser
        browser.resize(390, 800)
        self.addCleanup(browser.resize, 1200, 900)
        pages = [f'http://localhost:{p["port"]}/' for p in self.programs().values()
                 if p['path'] != 'tcpecho' and p['state'] == 'running']
        for page in pages + [self.site + path for path in ('/', '/spider', '/tcpecho', '/form', '/poll', '/live')]:
            browser.open(page)
            self.assertLessEqual(browser.run('return document.documentElement.scrollWidth'), 390, page)

    def test_todo(self):
        if self.programs()['todo/todo']['state'] == 'not built':
            self.skipTest('no SQLite')
        browser = self.browser
        self.open('todo/todo')
        browser.type('input[name=title]', 'Tea <b>& toast</b>')
        browser.click('form button')
        browser.wait('return document.querySelectorAll("li").length == 1', 'what was added')
        self.assertEqual(browser.text('li label').strip(), 'Tea <b>& toast</b>')
        browser.click('li input')
        browser.wait('return document.querySelector("li.done")', 'what was done')
        browser.open(browser.url)
        browser.wait('return document.querySelector("li.done input")?.checked', 'it stays so')
        browser.click('li button')
        browser.wait('return !document.querySelector("li")', 'nothing left')
        self.assertEqual(browser.text('#trouble'), '')

    def test_long_poll_in_two_tabs(self):
        browser = self.browser
        self.open('longpoll')
        page = browser.url
        tab, first = browser.new_tab()
        browser.switch(tab)
        browser.open(page)
        browser.type('input[name=text]', 'is <i>anybody</i> there?')
        browser.click('button')
        for each in (tab, first):
            browser.switch(each)
            browser.wait('return document.querySelector("li")?.innerText == "is <i>anybody</i> there?"', each)
        self.assertEqual(browser.run('return document.querySelector("input[name=text]").value'), '')
        browser.switch(tab)
        browser.close_tab()
        browser.switch(first)

    def test_spider_and_echo(self):
        browser = self.browser
        browser.open(self.site + '/spider')
        browser.click('form button')
        browser.wait('return /fetching.*\\n.*fetching/.test(found.textContent)', 'what it finds')
        tab, first = browser.new_tab()
        browser.switch(tab)
        browser.open(self.site + '/tcpecho')
        browser.type('input[name=line]', 'one <line>')
        browser.click('form button')
        browser.wait('return document.querySelector("#answer")?.innerText == "one <line>"', 'the line')
        browser.close_tab()
        browser.switch(first)
        self.assertIn('/stream', browser.text('#found'))


if __name__ == '__main__':
    gale_wire.main()
