"""test_run_browser - gale run in headless Chromium: a page that reloads itself, and compile errors that are
shown over it and go away when they are mended."""
# SPDX-License-Identifier: MIT
import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / 'support'))
import gale_wire  # noqa: E402
import webdriver  # noqa: E402

FLAGS = os.environ.get('GALE_TEST_CFLAGS', '')
APP = '''#include <gale/gale.h>

static int main_get(gale_handler *self)
{
    gale_set_header(self, "Content-Security-Policy", "default-src 'self'");
    return gale_render(self, "page.html", NULL)%s
}

static const gale_handler_class main_handler = { .get = main_get };

int main(int argc, char **argv)
{
    return gale_main(argc, argv, gale_app_new((gale_route[]){
        { .url = "/", .handler = &main_handler }, { 0 },
    }, &(gale_settings){ .template_path = ".", .static_path = "static" }));
}
'''
PAGE = '<!DOCTYPE html><html><head><link rel="stylesheet" href="/static/style.css"></head><body><h1>%s</h1></body></html>'
OVERLAY = 'document.querySelector("gale-status")'


@unittest.skipUnless(webdriver.is_there(), 'no chromium and chromedriver here')
class RunInABrowser(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix='gale-run-test-')
        self.addCleanup(place.cleanup)
        self.dir = pathlib.Path(place.name)
        (self.dir / 'static').mkdir()
        self.save('static/style.css', 'h1 { color: rgb(1, 2, 3) }')
        self.save('page.html', PAGE % 'one')
        self.save('app.c', APP % ';')
        self.browser = webdriver.Browser()
        self.addCleanup(self.browser.close)

    def save(self, name, text):
        path = self.dir / name
        beside = path.with_name(f'.{path.name}.new')
        beside.write_text(text)
        beside.rename(path)

    def start(self):
        self.program = gale_wire.Program('gale', 'run', '--port=0', str(self.dir / 'app.c'),
                                         env={'CFLAGS': FLAGS, 'CCACHE_DISABLE': '1'})
        self.addCleanup(self.program.process.stdout.close)
        self.addCleanup(self.program.process.stdin.close)
        self.addCleanup(self.program.stop)

    def shows(self, text):
        self.browser.wait(f'const h = document.querySelector("h1"); return h && h.innerText === "{text}"',
                          f'the page shows {text}')

    def overlay(self):
        self.browser.wait(f'return {OVERLAY}', 'the messages over the page')
        return self.browser.run(f'return {OVERLAY}.shadowRoot.textContent')

    def test_a_compile_error_is_shown_and_mended(self):
        self.start()
        self.program.read_until(rb'running \(pid')
        browser = self.browser
        browser.open(f'http://localhost:{self.program.port}/')
        self.shows('one')
        browser.run('window.same = true; return 0')
        self.save('app.c', APP % ' retrun')
        text = self.overlay()
        self.assertIn('It does not compile', text)
        self.assertIn("app.c:6: error: expected", text)
        self.assertIn('    6      return gale_render(self, "page.html", NULL) retrun', text)
        self.assertIn('27, 29, 35', browser.run(
            f'return getComputedStyle({OVERLAY}.shadowRoot.querySelector("div")).backgroundColor'))
        self.assertTrue(browser.run('return window.same'))    # the old version goes on below
        self.save('app.c', APP % ';')
        browser.wait(f'return !window.same && !{OVERLAY} && document.querySelector("h1")',
                     'the page again, loaded anew')
        self.shows('one')

        self.save('page.html', PAGE % 'two')    # no build: the program tells
        self.shows('two')
        browser.run('window.same = true; return 0')
        self.save('static/style.css', 'h1 { color: rgb(4, 5, 6) }')
        browser.wait('return !window.same && getComputedStyle(document.querySelector("h1")).color'
                     ' === "rgb(4, 5, 6)"', 'the style sheet')

    def test_what_has_never_compiled_becomes_the_page(self):
        self.save('app.c', APP % ' retrun')
        self.start()
        self.program.read_until(rb'the page shows why')
        browser = self.browser
        browser.open(f'http://localhost:{self.program.port}/')
        self.shows('It does not compile')
        self.assertIn('gale_render', browser.text('pre b'))
        self.save('app.c', APP % ' 7 7;')    # another error, on the same page
        browser.wait('return document.body.innerText.includes("7 7")', 'the other message')
        self.save('app.c', APP % ';')
        self.shows('one')


if __name__ == '__main__':
    gale_wire.main()
