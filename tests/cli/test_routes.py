"""test_routes - gale routes: of a file, a directory, a project, a program; and of what has none."""
# SPDX-License-Identifier: MIT
import os
import sys
import unittest

import project

APP = r'''#include <gale/gale.h>
#include <stdio.h>

static int read_it(gale_handler *self)
{
    return gale_write(self, "one");
}
static int before(gale_handler *self, void *arg)
{
    (void)self;
    (void)arg;
    return 0;
}
static const gale_handler_class named = { .get = read_it, .name = "Home" };
static const gale_handler_class item = { .get = read_it, .post = read_it };
static const gale_middleware outer = { .before = before, .name = "outer" };
static const gale_middleware inner = { .before = before, .name = "inner" };

int main(int argc, char **argv)
{
    gale_app *api = gale_app_new((gale_route[]){ { .url = "/items/([0-9]+)", .handler = &item,
        .name = "item", .middleware = (const gale_middleware *const[]){ &inner, NULL } }, { 0 } },
        &(gale_settings){ .debug = GALE_ON });

    puts("said by the program");
    return gale_main(argc, argv, gale_app_new((gale_route[]){
        { .url = "/", .handler = &named },
        { .url = "/only", .handler = &item, .host = "a.example" },
        { .url = "/api", .app = api },
        { 0 } }, &(gale_settings){ .debug = GALE_ON,
                                   .middleware = (const gale_middleware *const[]){ &outer, NULL } }));
}
'''
TABLE = [
    ['METHODS', 'PATTERN', 'HANDLER', 'NAME', 'HOST', 'MIDDLEWARE', 'WHERE'],
    ['GET, HEAD, OPTIONS', '/', 'Home', '', '', 'outer', 'app.c:5'],
    ['GET, HEAD, POST, OPTIONS', '/only', 'read_it', '', 'a.example', 'outer', 'app.c:5'],
    ['GET, HEAD, POST, OPTIONS', '/api/items/([0-9]+)', 'read_it', 'item', '', 'outer, inner',
     'app.c:5'],
]


def columns(text):
    """The cells of a table whose columns begin where those of its head do."""
    lines = text.splitlines()
    starts = [lines[0].index(word) for word in lines[0].split()]
    return [[line[at:end].strip() for at, end in zip(starts, starts[1:] + [None])]
            for line in lines]


class Routes(project.Case):
    def setUp(self):
        super().setUp()
        (self.folder / 'site').mkdir()
        (self.folder / 'site/app.c').write_text(APP)
        self.environment.update(TMPDIR=str(self.folder), XDG_RUNTIME_DIR='', CCACHE_DISABLE='1',
                                CFLAGS=os.environ.get('GALE_TEST_CFLAGS', ''))

    def shown(self, *words, **more):
        done = self.gale('routes', *words, **more)
        return columns(done.stdout), done.stderr

    def test_of_a_file_and_a_directory(self):
        table, said = self.shown('site/app.c')
        self.assertEqual(TABLE, table)
        self.assertEqual('said by the program\n', said)
        self.assertEqual(TABLE, self.shown('.', cwd=self.folder / 'site')[0])
        self.assertEqual([], list(self.folder.glob('gale-run-*')), 'what was built is left')

    def test_of_a_new_project_and_its_program(self):
        self.gale('new', 'shop')
        flags = self.environment['CFLAGS']
        self.environment['LDFLAGS'] = flags
        said = self.gale('routes', 'shop').stdout
        self.assertRegex(said, r'(?m)^GET, HEAD, OPTIONS +/hello/.* app\.c:\d+$')
        self.assertNotIn('/_gale', said)
        again = self.gale('routes', 'shop/build/shop').stdout
        self.assertEqual([row[:2] for row in columns(said)], [row[:2] for row in columns(again)])

    def test_of_what_does_not_call_gale_main(self):
        ends = self.folder / 'ends.c'
        ends.write_text('int main(void) { return 3; }\n')
        self.assertIn('ends.c ended with status 3 before its routes were told',
                      self.gale('routes', 'ends.c', code=1).stderr)
        ends.write_text('#include <unistd.h>\nint main(void) { return pause(); }\n')
        self.assertIn('ends.c did not call gale_main() within 0.2 seconds',
                      self.gale('routes', '--timeout=0.2', 'ends.c', code=1).stderr)
        ends.write_text('#include <stdlib.h>\nint main(void) { abort(); }\n')
        self.assertIn('ends.c ended by signal 6', self.gale('routes', 'ends.c', code=1).stderr)

    def test_of_what_does_not_compile_or_is_refused(self):
        (self.folder / 'bad.c').write_text('int main(void) { retun 3; }\n')
        said = self.gale('routes', 'bad.c', code=1)
        self.assertEqual('', said.stdout)
        self.assertIn("bad.c:1:18: error: ", said.stderr)
        text = APP.replace('.url = "/only"', '.url = "/(only"')
        (self.folder / 'bad.c').write_text(text)
        self.assertIn('missing closing parenthesis', self.gale('routes', 'bad.c', code=1).stderr)

    def test_bad_use(self):
        self.assertIn('No such file', self.gale('routes', 'nothing', code=1).stderr)
        self.assertIn("'b.c' is too much", self.gale('routes', 'a.c', 'b.c', code=2).stderr)
        self.assertIn('--timeout is a number', self.gale('routes', '--timeout=x', code=2).stderr)


if __name__ == '__main__':
    project.Case.command = os.path.abspath(sys.argv.pop(1))
    unittest.main()
