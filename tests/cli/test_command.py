"""test_command - what all commands of `gale` have, completion and manual pages; secret; doctor."""
# SPDX-License-Identifier: MIT
import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

GALE = None
TOP = pathlib.Path(__file__).resolve().parents[2]
COMPLETION = TOP / 'share/bash-completion/completions/gale'


def gale(*words, code=0):
    done = subprocess.run([GALE, *words], capture_output=True, text=True, timeout=60,
                          env=dict(os.environ, LC_ALL='C.UTF-8'))
    if done.returncode != code:
        raise AssertionError(f'{words}: {done.returncode}\n{done.stdout}{done.stderr}')
    return done


def pages():
    """The manual pages there are: "gale", "gale-template-check"."""
    return gale('man', '--list').stdout.split()


def words_of(page):
    """The words on the command line that a page is for. No command has a hyphen in its name."""
    return page.split('-')[1:]


class Help(unittest.TestCase):
    def test_each_command_tells_its_use_with_examples(self):
        for page in pages():
            said = gale(*words_of(page), '--help').stdout
            self.assertTrue(said.startswith('usage: ' + page.replace('-', ' ')), said)
            self.assertRegex(said, r'\nexamples:\n  gale', page)
            self.assertLessEqual(max(map(len, said.splitlines())), 90, page)
            self.assertEqual(said, gale('help', *words_of(page)).stdout)

    def test_help_of_what_is_not(self):
        self.assertIn("did you mean 'template'", gale('help', 'tempalte', code=2).stderr)
        self.assertIn("'more' is too much", gale('help', 'secret', 'more', code=2).stderr)

    def test_hidden_commands_are_not_listed(self):
        self.assertNotRegex(gale('--help').stdout, r'\n  (man|complete) ')


class Manual(unittest.TestCase):
    def test_each_command_has_a_page_without_warnings(self):
        if not shutil.which('groff'):
            self.skipTest('no groff')
        for page in pages():
            text = gale('man', *words_of(page)).stdout
            self.assertIn(f'.TH "{page}" 1', text)
            for part in ('NAME', 'SYNOPSIS', 'DESCRIPTION', 'EXAMPLES', 'EXIT STATUS'):
                self.assertIn(f'\n.SH {part}\n', text, page)
            done = subprocess.run(['groff', '-man', '-Tascii', '-ww', '-z'], input=text,
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual((0, ''), (done.returncode, done.stderr), page)
            if shutil.which('mandoc'):
                done = subprocess.run(['mandoc', '-Tlint', '-Wwarning'], input=text,
                                      capture_output=True, text=True, timeout=60)
                self.assertEqual('', done.stdout, page)

    def test_the_build_makes_and_installs_all_pages(self):
        made = {path.stem for path in (pathlib.Path(GALE).parent / 'share').glob('*.1')}
        self.assertEqual(set(pages()), made)

    def test_options_are_in_the_page_as_in_the_help(self):
        text = gale('man', 'template', 'compile').stdout
        self.assertIn('.TP\n.B \\-o, \\-\\-output FILE\nwhere the C goes; standard output\n', text)


class Completion(unittest.TestCase):
    def complete(self, *words, before=''):
        """What bash offers at the end of the last word."""
        script = '\n'.join([
            f'source {COMPLETION}',
            f'{before}COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))',
            '_gale; printf "%s\\n" "${COMPREPLY[@]}"'])
        done = subprocess.run(['bash', '--norc', '-c', script, 'bash', GALE, *words],
                              capture_output=True, text=True, timeout=60, cwd=TOP)
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout.split()

    def test_bash_knows_the_function(self):
        done = subprocess.run(['bash', '--norc', '-c', f'source {COMPLETION}; complete -p gale; '
                               'compgen -A function _gale'], capture_output=True, text=True)
        self.assertEqual('complete -F _gale gale\n_gale\n', done.stdout)

    def test_commands(self):
        self.assertEqual(['template'], self.complete('te'))
        self.assertEqual(['check', 'compile'], self.complete('template', 'c'))
        everything = self.complete('')
        for page in pages()[1:]:
            self.assertIn(words_of(page)[0], everything)
        self.assertNotIn('complete', everything)
        self.assertEqual(['secret'], self.complete('help', 'sec'))

    def test_options(self):
        self.assertEqual(['--output'], self.complete('template', 'compile', '--o'))
        self.assertEqual(['--bytes', '--help'], self.complete('secret', '--'))
        self.assertEqual(['--json'], self.complete('doctor', '--j'))

    def test_files_where_no_command_is_meant(self):
        self.assertEqual(['README.md'], self.complete('template', 'check', 'READ'))


class Secret(unittest.TestCase):
    def test_a_secret_is_new_each_time(self):
        first, second = gale('secret').stdout, gale('secret').stdout
        self.assertRegex(first, r'^[A-Za-z0-9_-]{43}\n$')
        self.assertNotEqual(first, second)

    def test_length(self):
        for n, letters in ((16, 22), (17, 23), (18, 24), (256, 342)):
            self.assertEqual(letters, len(gale('secret', f'--bytes={n}').stdout.strip()))
        for bad in ('15', '257', 'x', '32x', '-1', '99999999999999999999'):
            self.assertIn('no number from 16 to 256', gale('secret', '--bytes', bad, code=2).stderr)
        gale('secret', 'more', code=2)


class Doctor(unittest.TestCase):
    def test_text_is_in_columns(self):
        said = gale('doctor').stdout
        for part in ('gale', 'tools', 'libraries', 'kernel', 'limits'):
            self.assertRegex(said, rf'(?m)^{part}$')
        for line in said.splitlines():
            self.assertRegex(line, r'^$|^[a-z]+$|^  (?=.{16} \S)\S?.*$')

    def test_json(self):
        report = json.loads(gale('doctor', '--json').stdout)
        self.assertIs(True, report['good'])
        found = {(x['part'], x['name']): x for x in report['findings']}
        for key in (('gale', 'version'), ('gale', 'event loop'), ('tools', 'compiler'),
                    ('libraries', 'OpenSSL'), ('kernel', 'io_uring'), ('kernel', 'kTLS'),
                    ('kernel', 'openat2'), ('kernel', 'pidfd'), ('limits', 'descriptors'),
                    ('limits', 'max_map_count'), ('limits', 'somaxconn')):
            self.assertIn(key, found)
        for finding in report['findings']:
            self.assertEqual(finding['state'] == 'good', finding['why'] is None, finding)
        self.assertRegex(found['gale', 'version']['value'], r'^\d+\.\d+\.\d+$')

    def limited(self, *words):
        return subprocess.run(['bash', '-c', 'ulimit -n 40; exec "$@"', 'bash', GALE, *words],
                              capture_output=True, text=True, timeout=60)

    def test_what_is_missing_fails(self):
        said = self.limited('doctor')
        self.assertEqual(1, said.returncode)
        self.assertRegex(said.stdout, r'  descriptors +40 of 40\n +missing: each connection')
        self.assertIn('something needed is missing', said.stderr)
        said = self.limited('doctor', '--json')
        self.assertEqual(1, said.returncode)
        self.assertIs(False, json.loads(said.stdout)['good'])

    def test_what_is_off_tells_why(self):
        said = subprocess.run([GALE, 'doctor'], capture_output=True, text=True, timeout=60,
                              env=dict(os.environ, CC='no-such-compiler'))
        self.assertEqual(0, said.returncode)
        self.assertRegex(said.stdout, r'  compiler +none\n +off: `gale run` and `gale build` need')


if __name__ == '__main__':
    GALE = os.path.abspath(sys.argv.pop(1))
    unittest.main()
