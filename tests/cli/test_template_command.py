"""test_template_command - `gale template check` and `gale template compile`, as one runs them."""
# SPDX-License-Identifier: MIT
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

GALE = None
INCLUDE = pathlib.Path(__file__).resolve().parents[2] / 'include'


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def put(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def gale(self, *words, code=0):
        done = subprocess.run([GALE, *words], cwd=self.folder, capture_output=True, text=True,
                              timeout=60, env=dict(os.environ, LC_ALL='C.UTF-8'))
        self.assertEqual(code, done.returncode, done.stdout + done.stderr)
        return done


class Words(Case):
    """Commands, options and help."""

    def test_help_is_for_each_command_with_examples(self):
        for words in ([], ['template'], ['template', 'check'], ['template', 'compile']):
            said = self.gale(*words, '--help')
            self.assertTrue(said.stdout.startswith(' '.join(['usage: gale', *words])), said.stdout)
            self.assertIn('examples:\n', said.stdout)
            self.assertEqual('', said.stderr)
            self.assertLessEqual(max(map(len, said.stdout.splitlines())), 90)
        said = self.gale('--help').stdout
        self.assertIn('  template     checks templates, or turns them into C\n', said)
        self.assertRegex(self.gale('--version').stdout, r'^gale \d+\.\d+\.\d+\n$')

    def test_a_command_is_needed(self):
        for words in ([], ['template']):
            said = self.gale(*words, code=2)
            self.assertEqual('', said.stdout)
            self.assertIn('usage: gale', said.stderr)

    def test_unknown_commands_and_options(self):
        for words, wanted in (
                (['tempalte'], "gale: there is no command 'tempalte'; did you mean 'template'?\n"),
                (['template', 'comp'], "gale template: there is no command 'comp'; did you mean "
                                       "'compile'?\n"),
                (['xyzzy'], "gale: there is no command 'xyzzy'\n"),
                (['template', 'check', '--ending', '.x', '.'],
                 'gale template check: there is no option --ending; did you mean --endings?\n'),
                (['template', 'check', '-x', '.'],
                 'gale template check: there is no option -x\n'),
                (['template', 'compile', '.', '-o'],
                 'gale template compile: -o needs a value\n'),
                (['template', 'check'], 'gale template check: which directory?\n'),
                (['template', 'compile', 'a', 'b'], 'gale template compile: one directory\n'),
                (['template', 'compile', '.', '--name', '1x'],
                 "gale template compile: --name: '1x' is not a name in C\n"),
                (['template', 'check', '--endings', ',', '.'],
                 'gale template check: --endings: none given; for example .html,.txt\n')):
            with self.subTest(words):
                said = self.gale(*words, code=2)
                self.assertTrue(said.stderr.startswith(wanted), said.stderr)
                self.assertRegex(said.stderr, r'\ntry: gale.* --help\n$')

    def test_directories_that_are_not(self):
        self.put('file.html', 'x')
        for command in ('check', 'compile'):
            said = self.gale('template', command, 'nowhere', code=1)
            self.assertEqual(f'gale template {command}: nowhere: No such file or directory\n',
                             said.stderr)
            said = self.gale('template', command, 'file.html', code=1)
            self.assertRegex(said.stderr, rf'^gale template {command}: .*file.html: Not a directory')
            said = self.gale('template', command, '--whitespace', 'some', '.', code=1)
            self.assertIn("whitespace mode 'some': all, single or oneline", said.stderr)
            self.assertEqual('', said.stdout)

    def test_no_templates_are_a_failure(self):
        (self.folder / 'empty').mkdir()
        self.put('t/a.html', 'x')
        for command in ('check', 'compile'):
            for words in (['empty'], ['--endings', '.none', 't']):
                said = self.gale('template', command, *words, code=1)
                self.assertEqual(('', f'gale template {command}: {words[-1]}: no templates\n'),
                                 (said.stdout, said.stderr))
        said = self.gale('template', 'check', 't', 'nowhere', code=1)
        self.assertEqual('', said.stdout)

    def test_names_that_c_and_gale_have(self):
        self.put('t/a.html', 'x')
        for name in ('int', 'class', 'NULL', 'true', 'main', 'stdin', 'memcpy', 'INT64_MIN',
                     'gale_value', 'GALE_API', 'json_array', '_x', '__x'):
            said = self.gale('template', 'compile', '--name', name, 't', code=2)
            self.assertIn(f"--name: '{name}' is a name of C, C++ or gale\n", said.stderr)

    def test_a_value_behind_its_letter(self):
        self.put('t/a.html', 'x')
        for number, words in enumerate((['-oout0.c'], ['-o=out1.c'], ['-o', 'out2.c'])):
            self.gale('template', 'compile', 't', *words)
            self.assertIn('.name = "a.html"', (self.folder / f'out{number}.c').read_text())


class Check(Case):
    def test_good_ones(self):
        self.put('t/a.html', '{% include b/c.html %}')
        self.put('t/b/c.html', '{{ x }}')
        self.put('t/notes.md', '{% if')
        said = self.gale('template', 'check', 't/')
        self.assertEqual(('2 templates, no errors\n', ''), (said.stdout, said.stderr))

    def test_every_error_with_file_line_and_column(self):
        self.put('t/base.html', 'x\n{{ 1 + }}\n')
        self.put('t/one.html', '{% extends base.html %}')
        self.put('t/two.html', '{% extends base.html %}')
        self.put('t/sub/late.html', '<p>\n  {{ f(é, ) }} {{ a b }}')
        self.put('t/latin.txt', b'ok\n\xe9')
        self.put('t/missing.html', '\n\n{% include nope.html %}')
        self.put('u/end.svg', '{% end %}')
        said = self.gale('template', 'check', 't', 'u', code=1)
        places = re.findall(r'^([^ ].*?):(\d+):(\d+): error: (.*)$', said.stderr, re.M)
        self.assertEqual([('t/base.html', '2'), ('t/latin.txt', '2'), ('t/missing.html', '3'),
                          ('t/sub/late.html', '2'), ('u/end.svg', '1')],
                         [place[:2] for place in places], said.stderr)
        self.assertEqual('7 templates, 5 errors\n', said.stdout)
        # The source line with a caret; the place is said once.
        self.assertRegex(said.stderr, r't/base\.html:2:\d+: error: (?!.* at base\.html).*\n'
                                      r' +\{\{ 1 \+ \}\}\n +\^\n')

    def test_all_errors_of_a_file_in_order(self):
        self.put('t/a.html', '{% include b.html %}{{ 1 + }}\n<p>{% if %}{{ x }}{% end %}\n'
                             '{% else %}\n{% unless x %}{% break %}{% end %}\n  {% end %}\n')
        self.put('t/b.html', '{{ }}\n{{ x')
        said = self.gale('template', 'check', 't', code=1)
        errors = re.findall(r'^([^ ].*? error: .*)$', said.stderr, re.M)
        self.assertEqual(['t/a.html:1:27: error: unexpected end of the expression',
                          't/a.html:2:4: error: if missing condition',
                          "t/a.html:3:1: error: else outside {'for', 'if', 'try', 'while'} block",
                          "t/a.html:4:1: error: unknown operator: 'unless'",
                          't/a.html:5:3: error: Extra {% end %} block',
                          't/b.html:1:1: error: Empty expression',
                          't/b.html:2:1: error: Missing end expression }}'], errors)
        self.assertEqual('2 templates, 7 errors\n', said.stdout)

    def test_other_endings_and_options(self):
        self.put('t/a.tex', '{{ }}')
        self.put('t/a.html', '{{ }}')
        said = self.gale('template', 'check', '--endings=.tex,.foo', 't', code=1)
        self.assertIn('t/a.tex:1:', said.stderr)
        self.assertNotIn('a.html', said.stderr)
        self.assertEqual('1 template, 1 error\n', said.stdout)
        self.put('t/a.html', '<a {{ x }}=1>')
        self.gale('template', 'check', 't')
        self.gale('template', 'check', '--autoescape', 'contextual', 't', code=1)

    def test_links_are_left_out(self):
        self.put('t/a.html', 'x')
        self.put('bad.html', '{{ }}')
        (self.folder / 't' / 'link.html').symlink_to('../bad.html')
        (self.folder / 't' / 'again').symlink_to('.')
        self.assertEqual('1 template, no errors\n', self.gale('template', 'check', 't').stdout)


class Compile(Case):
    def compile_c(self, source):
        for compiler in ('gcc', 'clang'):
            for level in ('-O0', '-O2'):
                done = subprocess.run(
                    [compiler, '-std=c11', level, '-Wall', '-Wextra', '-Wpedantic', '-Werror',
                     f'-I{INCLUDE}', '-c', source, '-o', os.devnull],
                    capture_output=True, text=True, timeout=120)
                if done.returncode == 127:
                    continue
                self.assertEqual((0, ''), (done.returncode, done.stderr))

    def test_the_c_compiles_without_warnings(self):
        self.put('t/a.html', 'x{{ 1 }}{% for a in b %}{{ a }}{% else %}none{% end %}')
        self.put('t/sub/b.html', '{% extends ../a.html %}')
        self.put('t/odd*/c*/d.txt', '??= ??/ \\ " %s \x01 \x00 é \U0001f389 */ /* {{!x }}')
        self.put('t/long.html', 'long ' * 5000 + '{{ "' + 'text ' * 3000 + '" }}{{ x }}')
        self.put('t/empty.html', '')
        self.put('t/try.html', '{% try %}{{ 1 / 0 }}{% except ZeroDivisionError as e %}{{ e }}'
                               '{% finally %}end{% end %}')
        self.put('t/lambda.html', '{% set f = lambda x, y=2: lambda: 3 %}{{ f(1)() }}')
        self.put('t/numbers.html', '{{ 1e999 }} {{ -1e999 }} {{ 0.1 }} {{ 9223372036854775807 }}')
        self.put('t/deep.html', '{{ [' + '1, ' * 1000 + '] }}{{ f(' + 'x, ' * 300 + ') }}')
        said = self.gale('template', 'compile', 't', '-o', 'out.c', '--header', 'out.h', '--name',
                         'pages')
        self.assertEqual('', said.stdout + said.stderr)
        self.compile_c(self.folder / 'out.c')
        text = (self.folder / 'out.c').read_text()
        self.assertIn('const gale_template_program *const pages[] = {\n', text)
        header = (self.folder / 'out.h').read_text()
        self.assertIn('extern const struct gale_template_program *const pages[];\n', header)
        self.put('use.c', '#include "out.h"\n#include "out.h"\n'
                          'int main(void) { return pages[0] == 0; }\n')
        self.compile_c(self.folder / 'use.c')
        self.put('use.cpp', (self.folder / 'use.c').read_text())
        done = subprocess.run(['g++', '-Wall', '-Wextra', '-Werror', '-fsyntax-only', 'use.cpp'],
                              cwd=self.folder, capture_output=True, text=True, timeout=120)
        self.assertEqual((0, ''), (done.returncode, done.stderr))
        self.assertEqual([], [p for p in self.folder.iterdir() if p.name.startswith('out.c.')])

    def test_a_source_is_there_once(self):
        self.put('t/base.html', '{# only here #}{% block b %}{% end %}')
        for name in 'one', 'two', 'three':
            self.put(f't/{name}.html', '{% extends base.html %}')
        self.gale('template', 'compile', 't', '-o', 'out.c')
        subprocess.run(['cc', f'-I{INCLUDE}', '-c', 'out.c'], cwd=self.folder, check=True,
                       timeout=120)
        self.assertEqual(1, (self.folder / 'out.o').read_bytes().count(b'{# only here #}'))

    def test_names_in_comments_are_plain(self):
        self.put('t/a\n*\\??/\x7fé.html', 'x')
        text = self.gale('template', 'compile', 't').stdout
        comment = re.search(r'/\* (a.*\.html) \*/', text).group(1)
        self.assertRegex(comment, r'^[a_/]+\.html$')

    def test_it_is_the_same_each_time(self):
        for name in 'zebra', 'apple', 'Mango', 'sub/x':
            self.put(f't/{name}.html', name)
        first = self.gale('template', 'compile', 't').stdout
        self.assertEqual(first, self.gale('template', 'compile', './t/').stdout)
        self.assertEqual(['Mango.html', 'apple.html', 'sub/x.html', 'zebra.html'],
                         re.findall(r'\.name = "(.*)"', first))

    def test_what_it_was_made_from(self):
        self.put('t/a b.html', 'x')
        self.put('t/sub/c.html', 'x')
        self.gale('template', 'compile', 't', '-o', 'out.c', '--depfile', 'out.d')
        self.assertEqual('out.c: \\\n  t \\\n  t/a\\ b.html \\\n  t/sub \\\n  t/sub/c.html\n',
                         (self.folder / 'out.d').read_text())

    def test_errors_leave_the_old_file(self):
        self.put('out.c', 'old')
        self.put('t/good.html', 'x')
        self.put('t/bad.html', '{% if %}')
        said = self.gale('template', 'compile', 't', '-o', 'out.c', code=1)
        self.assertIn('t/bad.html:1:', said.stderr)
        self.assertIn('gale template compile: 1 error, nothing was written\n', said.stderr)
        self.assertEqual('old', (self.folder / 'out.c').read_text())
        said = self.gale('template', 'compile', 't', '--endings', '.none', code=1)
        self.assertEqual('gale template compile: t: no templates\n', said.stderr)
        self.put('t/bad.html', 'mended')
        said = self.gale('template', 'compile', 't', '-o', 'no/such/out.c', code=1)
        self.assertEqual('gale template compile: no/such/out.c: No such file or directory\n',
                         said.stderr)


if __name__ == '__main__':
    GALE = os.path.abspath(sys.argv.pop(1))
    unittest.main()
