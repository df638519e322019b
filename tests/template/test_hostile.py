"""test_hostile - templates and values made to crash, hang or fill memory: each ends in an answer, and
what a limit is for ends in that limit.
"""
# SPDX-License-Identifier: MIT
import argparse
import json
import resource
import subprocess
import sys
import unittest

ARGS = None
SECONDS = 240           # for the whole corpus: far more than any slow machine needs
STACK = 256 << 10       # of a coroutine
MEMORY = 512 << 20      # of data; the limit of a rendering is 64 MiB


def nested(opening, inner, closing, n):
    return opening * n + inner + closing * n


# The default, ten million steps, and 64 MiB of output take long under sanitizers.
SMALL = {'max_steps': 300000, 'max_output': 4 << 20}

# Each must fail, with a message that has this text.
REFUSED = [
    ('{{ [0] * 10**9 }}', 'limit'),
    ('{{ "x" * 10**9 }}', 'memory'),
    ('{{ b"x" * 10**12 }}', 'memory'),
    ('{{ (1, 2) * 10**12 }}', 'limit'),
    ('{% for i in range(10**18) %}{% end %}', 'steps'),
    ('{% while True %}{% end %}', 'steps'),
    ('{% while 1 %}{% continue %}{% end %}', 'steps'),
    ('{{ list(range(10**12)) }}', ''),
    ('{{ sum(range(10**15)) }}', ''),
    ('{{ sorted(range(10**15)) }}', ''),
    ('{{ max(range(10**15)) }}', ''),
    ('{{ 10**17 in (i for i in range(10**15)) }}', ''),
    ('{{ [i for i in range(10**15)] }}', ''),
    ('{{ {i: i for i in range(10**15)} }}', ''),
    ('{{ any(False for i in range(10**15)) }}', ''),
    ('{{ list(zip(range(10**15), range(10**15))) }}', ''),
    ('{{ list(map(str, range(10**15))) }}', ''),
    ('{{ "," .join(str(i) for i in range(10**15)) }}', ''),
    ('{{ "%1000000000d" % 1 }}', ''),
    ('{{ "%.1000000000f" % 1 }}', ''),
    ('{{ "%*d" % (10**9, 1) }}', ''),
    ('{{ "{:1000000000d}".format(1) }}', ''),
    ('{{ "{:.1000000000f}".format(1.0) }}', ''),
    ('{{ "{:{}}".format(1, 10**9) }}', ''),
    ('{{ format("x", "1000000000") }}', ''),
    ('{{ "x".ljust(10**9) }}', ''),
    ('{{ "x".center(10**12) }}', ''),
    ('{{ "1".zfill(10**10) }}', ''),
    ('{{ "\\t".expandtabs(10**9) }}', ''),
    ('{{ bytes(10**10) }}', ''),
    ('{{ ("ab" * 1000000).replace("", "x" * 1000) }}', 'memory'),
    ('{{ ("a" * 1000000).replace("a", "b" * 1000) }}', 'memory'),
    ('{% set s = "x" %}{% while True %}{% set s = s + s %}{% end %}', 'memory'),
    ('{% set a = [] %}{% while True %}{% set a.append(a) %}{% end %}', ''),
    ('{% set d = {} %}{% set i = 0 %}{% while True %}{% set d[i] = i %}{% set i += 1 %}{% end %}', ''),
    ('{% while True %}' + 'x' * 10000 + '{% end %}', 'output'),
    ('{% set s = "x" * 1000000 %}{% while True %}{{ s }}{% end %}', 'output'),
    ('{% apply escape %}{% while True %}' + '<' * 5000 + '{% end %}{% end %}', ''),
    ('{% set f = lambda f: f(f) %}{{ f(f) }}', 'recursion'),
    ('{% set f = lambda n: f(n + 1) %}{{ f(0) }}', 'recursion'),
    ('{% set f = lambda n: sorted([n, 1], key=f) %}{{ f(0) }}', 'recursion'),
    ('{% raw "\\ud800" if 0 else "" %}', 'U+D800'),
    ('{% set a = [] %}{% for i in range(100000) %}{% set a = [a] %}{% end %}{{ a }}', 'recursion'),
    ('{% set a = [] %}{% for i in range(100000) %}{% set a = [a] %}{% end %}{{ a == [[a]] }}', ''),
    ('{% set a = () %}{% for i in range(100000) %}{% set a = (a,) %}{% end %}{{ {a: 1} }}', ''),
    ('{% set a = [] %}{% for i in range(100000) %}{% set a = [a] %}{% end %}{{ json_encode(a) }}', ''),
    ('{% set a = [] %}{% set a.append(a) %}{{ json_encode(a) }}', ''),
    ('{{ 9223372036854775807 + 1 }}', 'OverflowError'),
    ('{{ -9223372036854775807 - 2 }}', 'OverflowError'),
    ('{{ 9223372036854775807 * 2 }}', 'OverflowError'),
    ('{{ (-9223372036854775807 - 1) // -1 }}', 'OverflowError'),
    ('{{ abs(-9223372036854775807 - 1) }}', 'OverflowError'),
    ('{{ -(-9223372036854775807 - 1) }}', 'OverflowError'),
    ('{{ 10 ** 10 ** 10 }}', 'OverflowError'),
    ('{{ 1 << 10**10 }}', 'OverflowError'),
    ('{{ 1 << 64 }}', 'OverflowError'),
    ('{{ int(1e300) }}', ''),
    ('{{ int("9" * 100) }}', ''),
    ('{{ 99999999999999999999 }}', ''),
    ('{{ round(1e308, -400) + nope }}', ''),
    ('{{ int(float("nan")) }}', ''),
    ('{{ chr(10**12) }}', ''),
    ('{{ chr(0xd800).encode() }}', ''),
    ('{{ datetime.date(10**12, 1, 1) }}', ''),
    ('{{ datetime.timedelta(days=10**18) }}', ''),
    ('{{ datetime.datetime.fromtimestamp(1e300) }}', ''),
    ('{{ datetime.datetime(9999, 12, 31) + datetime.timedelta(days=1) }}', ''),
    ('{{ ' + nested('(', '1', ')', 100000) + ' }}', 'nested'),
    ('{{ ' + nested('[', '', ']', 100000) + ' }}', 'nested'),
    ('{{ ' + nested('{1:', '2', '}', 100000) + ' }}', ''),
    ('{{ ' + '(' * 100000 + ' }}', ''),
    ('{{ ' + '-' * 100000 + '1 }}', ''),
    ('{{ ' + 'not ' * 100000 + '1 }}', ''),
    ('{{ ' + 'lambda: ' * 100000 + '1 }}', ''),
    ('{{ ' + '2 ** ' * 100000 + '1 }}', ''),
    ('{{ ' + '1 if 1 else ' * 100000 + '1 }}', ''),
    ('{{ x' + '.y' * 100000 + ' }}', ''),
    ('{{ x' + '[0]' * 100000 + ' }}', ''),
    ('{{ x' + '()' * 100000 + ' }}', ''),
    ('{{ ' + '1 + ' * 100000 + '1 }}', ''),
    (nested('{% if 1 %}', 'x', '{% end %}', 100000), ''),
    (nested('{% for i in [1] %}', 'x', '{% end %}', 10000), ''),
    (nested('{% apply escape %}', 'x', '{% end %}', 10000), ''),
    (nested('{% try %}', '{{ ' + nested('(', '1', ')', 99) + ' }}', '{% except %}{% end %}', 41), 'limited'),
    ('{% include "t.html" %}', 't.html'),
    ('{% extends "t.html" %}', 't.html'),
    ('{% include "../../../../etc/passwd" %}', ''),
    ('{% include "/etc/passwd" %}', ''),
    ('{{ "".__class__ }}', ''),
    ('{{ "".__class__.__mro__ }}', ''),
    ('{{ "{0.__class__}".format("") }}', ''),
    ('{{ [].__init__.__globals__ }}', ''),
    ('{{ (lambda: 1).__code__ }}', ''),
    ('{{ getattr("", "__class__") }}', ''),
    ('{{ open("/etc/passwd") }}', 'not defined'),
    ('{{ eval("1") }}', 'not defined'),
    ('{{ __import__("os") }}', ''),
    ('{% import os %}', ''),
    ('{% from os import system %}', ''),
    ('{{ handler }}', 'not defined'),
    ('{% set len = 1 %}{{ len([]) }}', 'callable'),
    ('{% set names[0] = 1 %}', 'cannot be changed'),
    ('{% set names.append(1) %}', 'cannot be changed'),
    ('{% set d["a"] = 1 %}', 'cannot be changed'),
    ('{% set d.clear() %}', 'cannot be changed'),
    ('{% set names += [1] %}', ''),
    ('{% set del d["a"] %}', 'cannot be changed'),
    ('{% set a = {1: 1} %}{% for k in a %}{% set a[k + 1] = 1 %}{% end %}', 'changed size'),
    ('{% set f = sorted %}{{ f([3, 1, 2], key=lambda n: nope) }}', 'not defined'),
    ('{{ {' + ', '.join(f'**{{{i}: 1}}' for i in range(3000)) + '}[-1] }}', ''),
    ('{% try %}{% while True %}{% end %}{% except %}caught{% end %}', 'steps'),
    ('{% try %}{{ "x" * 10**9 }}{% except %}caught{% end %}', 'memory'),
    ('{% try %}{% while True %}' + 'x' * 9999 + '{% end %}{% finally %}{% while True %}{% end %}{% end %}', ''),
    ('{{ "a".join(["b"] * 10000000) }}', ''),
    ('{{ ("a," * 3000000).split(",") }}', ''),
    ('{{ "x".encode("latin-1\\0") }}', ''),
    ('{% autoescape nope %}{{ 1 }}', 'not defined'),
    ('{{ escape(escape) + 1 }}', ''),
    ('{% set d = {i: 1 for i in range(4 * 10**4)} %}{% for i in range(10**4) %}{% set del d[i] %}{% end %}'
     '{% while True %}{% for k in d %}{% break %}{% end %}{% end %}', 'steps'),
    ('{% set d = {i: 1 for i in range(4 * 10**4)} %}{% for i in range(10**4) %}{% set del d[i] %}{% end %}'
     '{% set e = dict(d) %}{% set e[10**4] = 2 %}{% while True %}{% if d == e %}{% end %}{% end %}', 'steps'),
]

# Each must render; what comes out does not matter here.
ALLOWED = [
    '{% set a = [] %}{% set a.append(a) %}{{ len(a) }}',
    nested('{% try %}', '{{ ' + nested('(', '1', ')', 99) + ' }}', '{% except %}{% finally %}{% end %}', 10),
    nested('{% try %}', '{{ ' + nested('-(', '1', ')', 40) + ' }}', '{% except %}{% end %}', 38),
    nested('{% for a in [1] %}{% if a %}', '{{ ' + nested('[', '1', ']', 90) + ' }}', '{% end %}{% end %}', 19),
    '{% set a = [3, 1, 2] %}{% for x in a %}{% set a = [9] %}{{ x }}{% end %}',
    '{% set a = [1] %}{% for x in a %}{% if len(a) < 50 %}{% set a.append(x + 1) %}{% end %}{{ x }} {% end %}',
    '{{ nested }}', '{{ long }}', '{{ html }}', '{{ control }}', '{{ numbers }}', '{{ json_encode(nested) }}',
    '{% for i in range(3) %}{% set i = 100 %}{{ i }}{% end %}',
    '{{ "x" * 0 }}{{ [] * 10**18 }}{{ "" * 10**18 }}',
    '{{ (lambda: (lambda: (lambda: 1)())())() }}',
    '{{ range(-9223372036854775807, 9223372036854775807)[5] }}',
    '{{ 1e308 * 10 }}{{ -1e308 * 10 }}{{ float("nan") }}',
    '{{ "%s" % (("a",) * 1,) }}', '{{ "\\x00" }}{{ b"\\x00\\xff" }}',
    '{{ linkify("." * 100000) }}', '{{ linkify("(" * 100000) }}',
    '{{ linkify("http://" + "a." * 50000) }}', '{{ squeeze(" " * 100000) }}', '{{ "a" * 1000000 in "a" * 999999 + "b" }}',
    '{{ ("a" * 20000).count("a" * 10000) }}', '{{ ("ab" * 100000).find("b" * 1000) }}',
    '{{ len(("aab" * 100000).split("ab")) }}',
    # Items that are deleted are not passed by again and again.
    '{% set d = {i: 1 for i in range(10**5)} %}{% for i in range(10**5 - 1) %}{% set del d[i] %}{% end %}'
    '{% for i in range(10**5) %}{% for k in d %}{% break %}{% end %}{% end %}',
    '{% set d = {i: 1 for i in range(10**4)} %}{% while d %}{% set d.popitem() %}{% end %}',
    '{% set d = {} %}{% for i in range(10**5) %}{% set d[i] = 1 %}{% if i > 9 %}{% set del d[i - 10] %}{% end %}{% end %}',
]
VALUES = {
    'x': 1, 'names': ['a'], 'd': {'a': 1}, 'html': '<script>' * 1000, 'long': 'é' * 300000,
    'control': ''.join(chr(c) for c in range(1, 32)), 'numbers': [1e308, -0.0, 2**63 - 1, -2**63],
    'nested': json.loads(nested('[', '', ']', 90)),
}


def limits():
    if not ARGS.sanitized:
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_STACK, (STACK, STACK))


class Hostile(unittest.TestCase):
    def ask(self, templates, **more):
        lines = ''.join(json.dumps({'templates': {'t.html': t}, 'name': 't.html', 'values': VALUES, **more})
                        + '\n' for t in templates)
        done = subprocess.run([ARGS.tool], input=lines.encode(), stdout=subprocess.PIPE, timeout=SECONDS,
                              preexec_fn=limits)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        if len(answers) < len(templates):
            self.fail(f'it ended with {done.returncode} at {templates[len(answers)][:200]}')
        self.assertEqual(done.returncode, 0)
        return answers

    def test_what_must_be_refused(self):
        for (template, text), answer in zip(REFUSED, self.ask([t for t, _ in REFUSED], **SMALL)):
            with self.subTest(template[:120]):
                self.assertIn('error', answer)
                self.assertIn(text, answer['error'])
                self.assertTrue(answer['report'].endswith('\n'), answer['report'])

    def test_default_limits(self):
        steps, output, memory = self.ask(['{% while True %}{% end %}', '{% while True %}' + 'x' * 99999 + '{% end %}',
                                          '{% set s = "x" %}{% while True %}{% set s = s + s %}{% end %}'])
        self.assertIn('10000000 steps', steps['error'])
        self.assertIn('67108864', output['error'])
        self.assertIn('67108864', memory['error'])

    def test_what_must_be_rendered(self):
        for template, answer in zip(ALLOWED, self.ask(ALLOWED)):
            with self.subTest(template[:120]):
                self.assertIn('hex', answer, answer.get('error'))


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('--tool', required=True)
    parser.add_argument('--sanitized', action='store_true')
    ARGS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
