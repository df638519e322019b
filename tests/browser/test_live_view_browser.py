"""test_live_view_browser - /_gale in headless Chromium: it shows what happens, and goes on doing so."""
# SPDX-License-Identifier: MIT
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / 'support'))
import gale_wire  # noqa: E402
import webdriver  # noqa: E402


@unittest.skipUnless(webdriver.is_there(), 'no chromium and chromedriver here')
class LiveView(unittest.TestCase):
    def setUp(self):
        self.server = gale_wire.Program('live_view_server', '--port=0', '--logging=none')
        self.addCleanup(self.server.stop)
        self.browser = webdriver.Browser()
        self.addCleanup(self.browser.close)

    def shows(self, text, where='main'):
        self.browser.wait(f'return document.querySelector("{where}").innerText.includes({text!r})', text)

    def test_the_page_follows_the_server(self):
        browser, server = self.browser, self.server
        server.get('/fail', 'Connection: close\r\n')
        browser.open(f'http://localhost:{server.port}/_gale')
        self.shows(f'process {server.pid}', '#about')
        self.shows('GET /fail', '#slow')
        self.assertIn('5xx 1', browser.text('#classes'))
        # What is on the page changes without a reload, and what comes from clients is text.
        browser.run('window.same = true')
        for path in ('/slow?key=s3cret', '/<img/src=x/onerror=alert(1)>'):
            server.get(path, 'Connection: close\r\n')
        self.shows('GET /<img/src=x/onerror=alert(1)>', '#slow')
        self.shows('GET /slow', '#slow')
        self.shows('4xx 1', '#classes')
        self.assertEqual(browser.run('return document.querySelectorAll("img").length'), 0)
        self.assertNotIn('s3cret', browser.run('return document.documentElement.outerHTML'))
        # An opened stack stays open when the next answer comes.
        with server.connect() as c:
            c.send('GET /hang/7 HTTP/1.1\r\nHost: a\r\n\r\n')
            self.shows('waits in gale_sleep', '#coroutines')
            self.shows('GET /hang/7 for ', '#connections')
            browser.run('[...document.querySelectorAll("summary")].find(e => e.innerText.includes("/hang"))'
                        '.parentElement.open = true; window.shown = document.body.dataset.shown')
            browser.wait('return document.body.dataset.shown > Number(window.shown) + 1', 'another answer')
            self.shows('hang_get', '#coroutines details[open]')
        self.assertTrue(browser.run('return window.same'))
        for width in (390, 1280):
            browser._do('POST', '/goog/cdp/execute', {
                'cmd': 'Emulation.setDeviceMetricsOverride',
                'params': {'width': width, 'height': 800, 'deviceScaleFactor': 1, 'mobile': False}})
            self.assertTrue(browser.run('return document.documentElement.scrollWidth <= innerWidth'), width)
        server.stop()
        browser.wait('return document.body.classList.contains("away")', 'the page knows')


if __name__ == '__main__':
    gale_wire.main()
