"""test_tornado - the same templates with the same values through Tornado's engine and ours give the
same bytes, or the same failure; interpreted, and compiled to C.
"""
# SPDX-License-Identifier: MIT
import argparse
import datetime
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import types
import unittest
import unittest.mock
import warnings

import tornado.escape
import tornado.template

import cases
import random_cases

ARGS = None
REFERENCE = pathlib.Path(__file__).resolve().parents[2] / 'docs' / 'templates.md'


def shout(text):
    if isinstance(text, bytes):
        return text.upper()
    return ''.join(c.upper() if c.isascii() else c for c in str(text))


def fail():
    raise ValueError('failed as told')


MOD = types.ModuleType('mod')
MOD.twice = lambda v: v * 2
MOD.half = lambda n: n / 2
sys.modules['mod'] = MOD
# Debian's Tornado is older than the one we follow, and writes the apostrophe as &#39;.
tornado.escape._XHTML_ESCAPE_DICT["'"] = '&#x27;'
FUNCTIONS = {
    'shout': shout, 'fail': fail, 'greet': lambda name, greeting='Hi': f'{greeting}, {name}',
    'mods': lambda v, k: f'<mods {k}>',
}


class Modules:
    """{% module f(x) %} is _tt_modules.f(x)."""
    def __getattr__(self, name):
        return FUNCTIONS[name]


def files_of(template):
    if isinstance(template, str):
        return {'t.html': template}, 't.html'
    return template, 't.html' if 't.html' in template else next(iter(template))


def all_cases():
    """(production, files, name) of each template."""
    for production, text in cases.EXPRESSIONS.items():
        for line in text.split('\n'):
            if line.strip():
                for wrap in cases.WRAPS:
                    yield production, *files_of(wrap.replace('%%', '%').replace('%s', line.strip()))
    for production, templates in cases.TEMPLATES.items():
        for template in templates:
            yield production, *files_of(template)


def by_tornado(files, name):
    """The bytes, or the exception."""
    loader = tornado.template.DictLoader(dict(files))
    names = dict(json.loads(json.dumps(cases.VALUES)), **FUNCTIONS, _tt_modules=Modules())
    try:
        with unittest.mock.patch('tornado.template.app_log'):
            return loader.load(name).generate(**names)
    except Exception as error:
        return error


def ask(requests, *arguments):
    lines = ''.join(json.dumps(r) + '\n' for r in requests)
    done = subprocess.run([ARGS.tool, *arguments], input=lines.encode(), stdout=subprocess.PIPE,
                          timeout=300)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode or len(answers) != len(requests):
        where = requests[len(answers)] if len(answers) < len(requests) else 'its end'
        raise AssertionError(f'the tool ended with {done.returncode} at {where}')
    return answers


def request(files, name, **more):
    return {'templates': files, 'name': name, 'values': cases.VALUES, **more}


def shown(answer):
    return bytes.fromhex(answer['hex']) if 'hex' in answer else answer.get('report', answer)


def same_failure(error, answer):
    """Whether our message is that of Python's exception."""
    if 'error' not in answer:
        return False
    ours = re.sub(r' at \S+:\d+( \(via .*\))?$', '', answer['error'])
    if isinstance(error, tornado.template.ParseError):
        return sorted(re.findall(r'\w+', error.message)) == sorted(re.findall(r'\w+', ours))
    text = str(error).replace('_tt_execute.<locals>.', '').replace(' (unknown location)', '')
    return ours == f'{type(error).__name__}: {text}'


# Python's messages that ours need not repeat: what it says of names, of values that an escape
# function cannot take, of bytes with %.
LOOSE = [(r"NameError: cannot access free variable .*", r"UnboundLocalError: .*"),
         (r"TypeError: (Expected bytes, unicode, or None|expected string or bytes-like|quote_from_bytes).*",
          r"TypeError: \w+\(\) expected text or bytes.*"),
         (r"TypeError: must be str, not \w+", r"TypeError: \w+\(\) argument 1 must be str.*"),
         (r"TypeError: not all arguments converted during bytes.*", r"TypeError: unsupported operand.*"),
         (r"TypeError: .*", r"TypeError: .*")]


def like_failure(error, answer):
    if 'error' not in answer:
        return False
    if isinstance(error, (SyntaxError, tornado.template.ParseError)):
        return not re.match(r'\w+Error: ', answer['error'])
    said = f'{type(error).__name__}: {error}'
    return same_failure(error, answer) or any(
        re.fullmatch(theirs, said) and re.match(ours, answer['error']) for theirs, ours in LOOSE)


class SameBytes(unittest.TestCase):
    maxDiff = None

    def check(self, wanted, answers):
        faults = []
        for (production, files, name), answer in zip(wanted, answers):
            expected = by_tornado(files, name)
            if isinstance(expected, Exception):
                if not same_failure(expected, answer):
                    faults.append(f'{production}: {files}\n  Tornado: {expected!r}\n  ours: {shown(answer)!r}')
            elif 'hex' not in answer or bytes.fromhex(answer['hex']) != expected:
                faults.append(f'{production}: {files}\n  Tornado: {expected!r}\n  ours: {shown(answer)!r}')
        if faults:
            self.fail(f'{len(faults)} of {len(wanted)} differ:\n' + '\n'.join(faults[:ARGS.show]))

    def test_interpreted(self):
        wanted = list(all_cases())
        self.assertGreater(len(wanted), 500)
        self.check(wanted, ask([request(files, name) for _, files, name in wanted]))

    def test_every_production_is_in_three_templates(self):
        grammar = re.search(r'```ebnf\n(.*?)```', REFERENCE.read_text(), re.S)[1]
        counts = {}
        for production, _, _ in all_cases():
            counts[production] = counts.get(production, 0) + 1
        # Productions that only gather others or are part of each use of another.
        parts = {'end', 'file-name', 'expression', 'expressions', 'primary', 'parameter'}
        for rule in re.findall(r'^([a-z-]+) +=', grammar, re.M):
            if rule not in parts:
                with self.subTest(rule):
                    self.assertGreaterEqual(counts.get(rule, 0), 3)

    def failures(self, templates):
        wanted = [('failure', *files_of(t)) for t in templates]
        for _, files, name in wanted:
            self.assertIsInstance(by_tornado(files, name), Exception, files)
        self.check(wanted, ask([request(files, name) for _, files, name in wanted]))

    def test_random_templates(self):
        """The same results, and failures of the same kind."""
        wanted = list(random_cases.templates(ARGS.seed, ARGS.random))
        faults, n_rendered = [], 0
        for template, answer in zip(wanted, ask([request(*files_of(t)) for t in wanted])):
            with warnings.catch_warnings():
                warnings.simplefilter('ignore')
                expected = by_tornado(*files_of(template))
            n_rendered += not isinstance(expected, Exception)
            good = (like_failure(expected, answer) if isinstance(expected, Exception) else
                    answer.get('hex') == expected.hex())
            # Python's integers have no end.
            if not good and 'OverflowError' not in answer.get('error', ''):
                faults.append(f'{template}\n  Tornado: {expected!r}\n  ours: {shown(answer)!r}')
        self.assertGreater(n_rendered, ARGS.random / 8)
        if faults:
            self.fail(f'{len(faults)} of {len(wanted)} differ:\n' + '\n'.join(faults[:ARGS.show]))

    def test_parse_errors(self):
        self.failures(cases.PARSE_ERRORS)

    def test_run_time_errors(self):
        self.failures(cases.FAILURES)

    def test_lines_of_errors(self):
        wanted = [(files_of(t), by_tornado(*files_of(t))) for t in cases.PARSE_ERRORS]
        for ((files, name), error), answer in zip(wanted, ask([request(*w[0]) for w in wanted])):
            with self.subTest(files):
                self.assertEqual((error.filename, error.lineno), (answer['name'], answer['line']))

    def test_whitespace_and_autoescape_options(self):
        texts = ['a \t b \n\n  c {{ html }}', '{% if x %}\n  {{ html }}\n{% end %}', '<pre> a\n\n</pre>{{ s }}']
        for whitespace in (None, 'all', 'single', 'oneline'):
            for autoescape in (None, 'None', 'xhtml_escape', 'url_escape', 'shout'):
                for name in ('t.html', 't.txt'):
                    requests = [request({name: t}, name, whitespace=whitespace, autoescape=autoescape) for t in texts]
                    for text, answer in zip(texts, ask(requests)):
                        more = {} if autoescape is None else {'autoescape': None if autoescape == 'None' else autoescape}
                        loader = tornado.template.DictLoader({name: text}, whitespace=whitespace, **more)
                        expected = loader.load(name).generate(**cases.VALUES, **FUNCTIONS)
                        self.assertEqual(expected, shown(answer), (whitespace, autoescape, text))


class Compiled(unittest.TestCase):
    """The same templates as C: the interpreter's bytes and messages."""

    def test_compiled_to_c(self):
        wanted = list(all_cases()) + [('failure', *files_of(t)) for t in cases.FAILURES]
        wanted = [w for w in wanted if not isinstance(by_tornado(*w[1:]), (SyntaxError, tornado.template.ParseError))]
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder, 'templates')
            for number, (_, files, _) in enumerate(wanted):
                for name, text in files.items():
                    path = root / f'c{number:04}' / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(text)
            compiled = build(folder, root)
            requests = [request(files, name, prefix=f'c{number:04}/')
                        for number, (_, files, name) in enumerate(wanted)]
            faults = []
            for one, interpreted, answer in zip(requests, ask(requests), ask(requests, f'--compiled={compiled}')):
                if not same(interpreted, answer, one['prefix']):
                    faults.append(f'{one["templates"]}\n  interpreted: {shown(interpreted)!r}\n  compiled: {shown(answer)!r}')
            if faults:
                self.fail(f'{len(faults)} of {len(requests)} differ:\n' + '\n'.join(faults[:ARGS.show]))


def same(interpreted, compiled, prefix):
    if 'hex' in interpreted:
        return interpreted == compiled
    keys = ('error', 'report', 'line', 'column', 'name', 'code')
    return all(str(compiled.get(k)).replace(prefix, '') == str(interpreted.get(k)) for k in keys)


def build(folder, root):
    """The templates below root as a library; its file."""
    source, library = os.path.join(folder, 'templates.c'), os.path.join(folder, 'templates.so')
    subprocess.run([ARGS.gale, 'template', 'compile', root, '-o', source], check=True, timeout=120)
    subprocess.run([os.environ.get('CC', 'cc'), '-std=c11', '-O0', '-Wall', '-Wextra', '-Wpedantic', '-Werror', '-shared', '-fPIC',
                    f'-I{ARGS.include}', source, '-o', library], check=True, timeout=300)
    return library


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('--tool', required=True)
    parser.add_argument('--gale', required=True)
    parser.add_argument('--include', required=True)
    parser.add_argument('--show', type=int, default=20)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--random', type=int, default=3000)
    ARGS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
