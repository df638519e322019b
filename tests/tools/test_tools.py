"""The checks of tools/ find what they are for: each is shown a fault here.

SPDX-License-Identifier: MIT
"""
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / 'tools'))

import banned
import check
import docsite
import guide
import headers
import layers
import packages
import programs
import reference
import symbols
import tree


class Tools(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root, tree.ROOT = tree.ROOT, pathlib.Path(self.folder.name)
        self.addCleanup(setattr, tree, 'ROOT', self.root)

    def write(self, name, text):
        path = tree.ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def layer_faults(self, name, text):
        path = self.write(name, text)
        faults = []
        layers.check_file(path, path.parent.name, {'web': 'web', 'error': 'base'}, {}, faults)
        return faults

    def test_reference_comments_become_doxygens_line_for_line(self):
        header = ('/* x.h - what.\n *\n * How.\n */\n/* SPDX-License-Identifier: MIT */\n'
                  '#ifndef GALE_X_H\n\n/* Both <of> them. */\nint gale_a(void);\n'
                  'int gale_b(void);\n\n/* nothing follows */\n\nint gale_c; /* behind */\n')
        seen = reference.filtered(header)
        self.assertEqual(len(seen.split('\n')), len(header.split('\n')))
        self.assertIn('/** @file\n\nHow.', seen)
        self.assertIn('/** Both \\<of\\> them. */ /**@{*/\nint gale_a(void);\nint gale_b(void);\n'
                      '/**@}*/\n', seen)
        self.assertIn('/* nothing follows */', seen)
        self.assertIn('int gale_c; /**< behind */', seen)

    def test_reference_names_what_has_no_contract(self):
        header = reference.Header('x.h', 'what', '')
        header.entries = [reference.Entry('function', 'gale_a', 9, 'int gale_a(void);', ''),
                          reference.Entry('function', 'gale_b', 11, 'int gale_b(void);', 'It.')]
        self.assertEqual(list(reference.missing([header])),
                         ['include/gale/x.h:9: no contract of gale_a'])

    def test_packages_each_file_is_in_one(self):
        wanted = [('gale', 'usr/bin/gale'), ('libgale-dev', 'usr/include/gale'),
                  ('libgale-redis-dev', 'usr/include/gale/redis.h'), ('gale', 'usr/share/man/man1')]
        paths = {'usr/bin/gale', 'usr/include/gale/web.h', 'usr/include/gale/redis.h',
                 'usr/share/man/man1/gale.1'}
        self.assertEqual(list(packages.check(paths, wanted, ['gale/redis.h'])), [])
        faults = list(packages.check(paths | {'usr/lib/ARCH/libgale.a'}, wanted, []))
        self.assertEqual(faults, [
            'usr/include/gale/redis.h: in libgale-dev and libgale-redis-dev (packaging/debian)',
            'usr/lib/ARCH/libgale.a: in no package (packaging/debian)'])
        self.assertEqual(list(packages.check(paths, wanted + [('gale', 'usr/games')], ['gale/redis.h'])),
                         ['packaging/debian/gale.install: nothing is installed as usr/games'])

    def test_docsite_finds_dead_links(self):
        texts = {'index.html': '<a href="guide/a.html#one">a</a> <a href="guide/b.html">b</a>',
                 'guide/a.html': '<h2 id="one">1</h2><a href="#two">2</a> <a href="../index.html">up</a>'
                                 '<img src="no.png"> <a href="https://example.com/">out</a>'}
        self.assertEqual(sorted(docsite.dead_links(tree.ROOT, texts)), [
            'guide/a.html: dead link no.png', 'guide/a.html: no place #two',
            'index.html: dead link guide/b.html'])

    def test_docsite_long_declarations_go_by_their_parameters(self):
        code = 'int gale_f(void (*handler)(int fd, int events), ' + 'x' * 60 + ', void *arg);'
        self.assertEqual(docsite.in_lines(code), 'int gale_f(\n    void (*handler)(int fd, int events),\n'
                                                 f'    {"x" * 60},\n    void *arg);')

    def test_layers_upward_include_is_a_fault_with_its_line(self):
        faults = self.layer_faults('src/base/x.c', '/* x */\n#include <gale/web.h>\n')
        self.assertEqual(len(faults), 1)
        self.assertTrue(faults[0].startswith('src/base/x.c:2: base may not include web'))

    def test_layers_downward_include_is_fine(self):
        self.assertEqual(self.layer_faults('src/web/x.c', '#include <gale/error.h>\n'), [])

    def test_layers_library_outside_its_home(self):
        self.assertEqual(len(self.layer_faults('src/http/x.c', '#include <pcre2.h>\n')), 1)

    def test_layers_umbrella_header_inside(self):
        self.assertEqual(len(self.layer_faults('src/web/x.c', '#include <gale/gale.h>\n')), 1)

    def test_layers_own_header_in_angle_brackets(self):
        for line in ('#include <gen/co.h>', '# include<gen/co.h>', '#include \\\n <gen/co.h>'):
            faults = self.layer_faults('src/base/x.c', line + '\n')
            self.assertEqual(len(faults), 1, line)
            self.assertIn('<gen/co.h> is ours', faults[0])

    def test_layers_include_through_a_macro(self):
        faults = self.layer_faults('src/base/x.c', '#define H "gen/co.h"\n#include H\n')
        self.assertEqual(len(faults), 1)
        self.assertTrue(faults[0].startswith('src/base/x.c:2: include H'))

    def public_faults(self, include, name='x'):
        path = self.write(f'include/gale/{name}.h', f'#include {include}\n')
        faults = []
        layers.check_file(path, 'base', {'error': 'base', 'web': 'web'}, {}, faults)
        return faults

    def test_layers_public_header_has_no_library(self):
        for library in ('libpq-fe.h', 'openssl/ssl.h', 'openssl/evp.h', 'pcre2.h', 'liburing.h',
                        'nghttp2/nghttp2.h', 'zlib.h', 'jansson.h', 'linux/types.h',
                        'sys/epoll.h'):
            self.assertEqual(len(self.public_faults(f'<{library}>')), 1, library)
        for standard in ('stdint.h', 'sys/socket.h', 'gale/error.h'):
            self.assertEqual(self.public_faults(f'<{standard}>'), [], standard)
        self.assertEqual(self.public_faults('<jansson.h>', 'json'), [])
        self.assertEqual(len(self.public_faults('"base/arena.h"')), 1)

    def test_layers_commented_include_does_not_count(self):
        self.assertEqual(self.layer_faults('src/base/x.c', '/* #include <gale/web.h> */\n'), [])

    def test_layers_circle_is_named(self):
        a, b, c = (('base', name) for name in 'abc')
        faults = []
        levels = layers.levels({a: {b}, b: {c}, c: {a}}, faults)
        self.assertEqual(len(faults), 1)
        self.assertIn('base/a -> base/b -> base/c -> base/a', faults[0])
        self.assertEqual(set(levels), {a, b, c})

    def test_layers_levels(self):
        a, b, c = (('base', name) for name in 'abc')
        self.assertEqual(layers.levels({a: {b, c}, b: {c}, c: set()}, []), {a: 2, b: 1, c: 0})

    def words(self, text):
        return [what for _, what in banned.c_text(self.write('src/base/x.c', text))]

    def test_banned_words(self):
        head = '/* x.c - a file. */\n/* SPDX-License-Identifier: MIT */\n'
        self.assertEqual(self.words(head + 'int x;\n'), [])
        self.assertEqual(self.words(head + 'int x; // no\n'), ['// comment'])
        self.assertEqual(self.words(head + 'const char *u = "http://x";\n'), [])
        self.assertEqual(self.words(head + 'x = strcpy(a, b);\n'), ['strcpy()'])
        self.assertEqual(self.words(head + '/* strcpy(a, b) */\n'), [])
        self.assertEqual(self.words(head + 'int ' + 'x' * 100 + ';\n'), ['105 columns'])
        self.assertEqual(len(self.words('int x;\n')), 2)
        body = '{\n' + '    x();\n' * 121 + '}\n'
        self.assertEqual(self.words(head + 'void f(void)\n' + body), ['a function of 121 lines'])

    def test_banned_notes_and_paths(self):
        path = self.write('docs/x.md', 'TO' + 'DO: write\nsee /wo' + 'rk/x\n')
        self.assertEqual([number for number, _ in banned.everywhere(path)], [1, 2])

    def test_headers_wants_a_comment_above(self):
        path = self.write('include/gale/x.h', '/* x */\nGALE_API int a(void);\n'
                          'GALE_API int b(void);\n\nGALE_API int c(void);\n'
                          'GALE_API int d(void); /* fine */\n')
        self.assertEqual([fault.split(':')[1] for fault in headers.undocumented(path)], ['5'])

    def test_headers_that_need_another_do_not_compile(self):
        path = self.write('include/gale/x.h', 'size_t gale_x(void);\n')
        self.assertTrue(list(headers.compile_alone(path)))

    def test_symbols_reads_declarations(self):
        self.write('include/gale/x.h', '#define GALE_API\n/* GALE_API int gale_no(void); */\n'
                   'GALE_API GALE_MUST_USE int *gale_a(int (*fn)(void), int b) GALE_PRINTF(1, 2);\n'
                   'extern GALE_API const gale_handler_class gale_b;\n'
                   'GALE_API int\ngale_c(void);\n')
        self.write('include/gale/redis.h', 'GALE_API int gale_redis_x(void);\n')
        self.assertEqual(symbols.declared(''), {'gale_a', 'gale_b', 'gale_c'})
        self.assertEqual(symbols.declared('redis'), {'gale_redis_x'})

    def test_programs_finds_whole_programs_only(self):
        self.write('README.md', '```c\nint main(void)\n{\n    return 0;\n}\n```\n\n```c\nint x;\n'
                   '```\n<!-- check: get /a -->\n```cpp\nint main()\n{\n}\n```\n')
        self.assertEqual([(where, language, hint) for where, language, hint, _ in
                          programs.blocks()], [('README.md:2', 'c', ''),
                                               ('README.md:13', 'c++', 'get /a')])

    def counted(self, result, output):
        count = check.Count()
        say, check.say = check.say, lambda text: None
        try:
            check.add_test('x', {'name': 'x', 'result': result, 'stdout': output}, count)
        finally:
            check.say = say
        return count.passed, count.failed, count.skipped

    def test_check_counts_cases(self):
        self.assertEqual(self.counted('OK', '[  PASSED  ] 7 test(s).\n'), (7, 0, 0))
        self.assertEqual(self.counted('FAIL', '[  PASSED  ] 6 test(s).\n[  FAILED  ] group: 1 '
                                      'test(s), listed below:\n[  FAILED  ] a\n'), (6, 1, 0))
        self.assertEqual(self.counted('OK', 'Ran 5 tests in 0.1s\n\nOK (skipped=2)\n'), (3, 0, 2))
        self.assertEqual(self.counted('FAIL', 'Ran 5 tests in 0.1s\n\nFAILED (failures=1, '
                                      'errors=1, skipped=1)\n'), (2, 2, 1))

    def test_check_counts_programs_without_cases(self):
        self.assertEqual(self.counted('OK', 'fine\n'), (1, 0, 0))
        self.assertEqual(self.counted('TIMEOUT', ''), (0, 1, 0))
        self.assertEqual(self.counted('ERROR', '[  PASSED  ] 7 test(s).\nLeakSanitizer'), (7, 1, 0))
        self.assertEqual(self.counted('SKIP', ''), (0, 0, 1))

    def chapter(self, name, english, chinese, linked=True):
        """The faults of a guide of one chapter."""
        for folder in ('GUIDE', 'CHINESE'):
            self.addCleanup(setattr, guide, folder, getattr(guide, folder))
        guide.GUIDE, guide.CHINESE = tree.ROOT / 'docs' / 'guide', tree.ROOT / 'docs' / 'zh'
        guide.examples.cache_clear()
        guide.anchors.cache_clear()
        self.addCleanup(guide.examples.cache_clear)
        path = self.write(f'docs/guide/{name}', english)
        if chinese is not None:
            self.write(f'docs/zh/{name}', chinese)
        self.write('docs/guide/README.md', f'[x]({name})\n' if linked else 'nothing\n')
        return [*guide.check_blocks(path), *guide.compare(path), *guide.check_links(path),
                *guide.check_contents(guide.GUIDE)]

    def test_guide_blocks_are_those_of_programs(self):
        self.write('examples/guide/x.c', 'int a;\n\nint b;\n\nint c;\n')
        for text, faults in (('int a;\n\n…\n\nint c;', 0), ('int c;\n\n…\n\nint a;', 1),
                             ('nt a;', 1), ('int d;', 1)):
            page = f'# X\n\n```c\n{text}\n```\n'
            self.assertEqual(len(self.chapter('x.md', page, page)), faults, text)
            page = page.replace('```c', '<!-- check: fragment -->\n```c')
            self.assertEqual(self.chapter('x.md', page, page), [], text)

    def test_guide_languages_have_the_same_blocks(self):
        one, two = '```console\n$ one\n```\n', '```console\n$ two\n```\n'
        for chinese, faults in ((one, 0), (two, 1), (one + two, 1), ('', 1), (None, 1)):
            self.assertEqual(len(self.chapter('x.md', '# X\n' + one, chinese)), faults, chinese)
            (tree.ROOT / 'docs/zh/x.md').unlink(missing_ok=True)
        self.assertEqual(self.chapter('x.md', '```text\nI\n```\n', '```text\n我\n```\n'), [])

    def test_guide_links_lead_somewhere(self):
        good = '# The first, `x`\n\n[a](#the-first-x) [b](x.md#the-first-x) [c](https://example.org)\n'
        self.assertEqual(self.chapter('x.md', good, ''), [])
        for link in ('#second', 'y.md', 'x.md#second'):
            self.assertEqual(len(self.chapter('x.md', f'# X\n\n[a]({link})\n', '')), 1, link)
        self.assertEqual(len(self.chapter('x.md', good, '', linked=False)), 1)


if __name__ == '__main__':
    unittest.main()
