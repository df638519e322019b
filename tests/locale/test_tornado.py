"""test_tornado - asks Tornado's locale module and gale's the same, and compares.

They differ only where Tornado is wrong (docs/compared-to-tornado.md): the tests named
differs_... say how. Skipped where Tornado is not installed.

SPDX-License-Identifier: MIT
"""
import argparse
import datetime
import gettext
import logging
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

try:
    import tornado.httputil
    import tornado.locale
    import tornado.web
except ImportError:
    print('SKIP: no Tornado')
    sys.exit(77)

TOOL = None
DATE = 1000040700.0  # 2001-09-09 13:05:00 UTC
MINUTE, HOUR, DAY = 60, 3600, 86400

FRENCH_CSV = '''\ufeff"school","école"
"%(name)s liked this","%(name)s aime ceci","singular"
"%(name)s liked this","%(name)s aiment ceci","plural"
" trimmed\u3000","\u00a0rogné\t"
"two
lines","deux
lignes"
"a ""quote""","une ""citation""",unknown,more
bad,mauvais,dual

alone
"com,ma","vir,gule"
raw "middle" quotes,cela "va"
"closed" and more,"fer"mé
same,first
same,second
January,janvier
September,septembre
October,octobre
Sunday,dimanche
Saturday,samedi
Friday,vendredi
1 second ago,il y a 1 seconde,singular
%(seconds)d seconds ago,il y a %(seconds)d secondes,plural
1 minute ago,il y a 1 minute,singular
%(minutes)d minutes ago,il y a %(minutes)d minutes,plural
%(hours)d hours ago,il y a %(hours)s heures,plural
%(time)s,à %(time)s
yesterday,hier
yesterday at %(time)s,hier à %(time)s
%(weekday)s at %(time)s,%(weekday)s à %(time)s
%(month_name)s %(day)s,le %(day)s %(month_name)s
%(month_name)s %(day)s at %(time)s,le %(day)s %(month_name)s à %(time)s
"%(month_name)s %(day)s, %(year)s","le %(day)s %(month_name)s %(year)s 100%%"
"%(month_name)s %(day)s, %(year)s at %(time)s","le %(day)s %(month_name)s %(year)s à %(time)s"
"%(weekday)s, %(month_name)s %(day)s","%(weekday)s %(day)s %(month_name)s"
%(commas)s and %(last)s,%(commas)s et %(last)s
'''

PLURALS = {
    'fr': ('plural=n>1;', 2),
    'de': ('plural=(n != 1);', 2),
    'ja': ('plural=0;', 1),
    'pl': ('plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);', 3),
    'ru': ('plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 &&'
           ' (n%100<10 || n%100>=20) ? 1 : 2);', 3),
    'ar': ('plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 :'
           ' n%100>=11 ? 4 : 5);', 6),
    'ga': ('plural=n==1 ? 0 : n==2 ? 1 : n<7 ? 2 : n<11 ? 3 : 4;', 5),
    'lv': ('plural=(n%10==1 && n%100!=11 ? 0 : n != 0 ? 1 : 2);', 3),
    'sl': ('plural=(n%100==1 ? 0 : n%100==2 ? 1 : n%100==3 || n%100==4 ? 2 : 3);', 4),
    'cy': ('plural=(n==1) ? 0 : (n==2) ? 1 : (n != 8 && n != 11) ? 2 : 3;', 4),
}


def make_mo(path, plural_forms, messages, order='<', charset='UTF-8'):
    """A .mo file of messages: key -> text or list of forms; keys of lists are pairs."""
    header = f'Content-Type: text/plain; charset={charset}\nPlural-Forms: {plural_forms}\n'
    pairs = [('', header)]
    for key, text in messages.items():
        pairs.append(('\0'.join(key), '\0'.join(text)) if isinstance(key, tuple) else (key, text))
    pairs = sorted((a.encode(charset), b.encode(charset)) for a, b in pairs)
    at = 28 + 16 * len(pairs)
    tables, blob = [[], []], b''
    for side in (0, 1):
        for pair in pairs:
            tables[side] += [len(pair[side]), at + len(blob)]
            blob += pair[side] + b'\0'
    head = [0x950412de, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, at]
    words = head + tables[0] + tables[1]
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as file:
        file.write(struct.pack(f'{order}{len(words)}I', *words) + blob)


class Tool:
    """A process of locale_tool."""

    def __init__(self):
        self.process = subprocess.Popen([TOOL], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)

    def ask(self, *args):
        """The answer to a command."""
        escaped = [str(arg).replace('\\', '\\\\').replace('\n', '\\n').replace('\t', '\\t')
                   for arg in args]
        self.process.stdin.write('\t'.join(escaped).encode() + b'\n')
        self.process.stdin.flush()
        line = self.process.stdout.readline().decode().rstrip('\n')
        return line.replace('\\n', '\n').replace('\\t', '\t').replace('\\\\', '\\')

    def close(self):
        """Ends the process, which has to have gone well."""
        self.process.stdin.close()
        self.process.stdout.read()
        self.process.stdout.close()
        assert self.process.wait(30) == 0


class FixedDateTime(datetime.datetime):
    """A clock that stands still, in place of the module's."""
    NOW = DATE

    @classmethod
    def utcnow(cls):
        return cls.utcfromtimestamp(cls.NOW)


class FixedModule:
    """The datetime module with that clock."""
    timedelta = datetime.timedelta
    datetime = FixedDateTime


class Compare(unittest.TestCase):
    """Both sides load one directory."""

    def setUp(self):
        logging.disable(logging.CRITICAL)
        self.place = tempfile.mkdtemp(prefix='gale-locale-')
        self.tool = Tool()
        self.addCleanup(shutil.rmtree, self.place)
        self.addCleanup(self.tool.close)
        real = tornado.locale.datetime
        tornado.locale.datetime = FixedModule
        self.addCleanup(setattr, tornado.locale, 'datetime', real)
        tornado.locale._use_gettext = False
        tornado.locale.set_default_locale('en_US')
        self.n_compared = 0

    def write(self, name, text, encoding='utf-8'):
        """A file of the directory."""
        with open(os.path.join(self.place, name), 'wb') as file:
            file.write(text.encode(encoding))

    def load_csv(self, encoding=None):
        """Loads the directory."""
        tornado.locale.Locale._cache = {}
        tornado.locale.load_translations(self.place, encoding)
        self.assertEqual(self.tool.ask('csv', self.place, encoding or ''), 'ok')

    def load_gettext(self):
        """Loads the directory's domain "site"."""
        tornado.locale.Locale._cache = {}
        gettext._translations.clear()
        tornado.locale.load_gettext_translations(self.place, 'site')
        self.assertEqual(self.tool.ask('gettext', self.place, 'site'), 'ok')

    def use(self, *codes):
        """Tornado's locale for codes; gale's is the same."""
        locale = tornado.locale.get(*codes)
        self.assertEqual(self.tool.ask('closest', *codes), locale.code, codes)
        self.n_compared += 1
        return locale

    def same(self, expected, *command):
        """gale's answer to a command is Tornado's."""
        self.assertEqual(self.tool.ask(*command), expected, command)
        self.n_compared += 1


class Catalogues(Compare):
    """Texts of CSV files and of gettext."""

    def test_csv(self):
        self.write('fr.csv', FRENCH_CSV)
        self.load_csv()
        french = self.use('fr')
        for key in ('school', 'trimmed', 'two\nlines', 'a "quote"', 'com,ma', 'bad', 'alone',
                    'raw "middle" quotes', 'closed and more', 'same', '%(name)s liked this', ''):
            self.same(french.translate(key), 'translate', key)
        for count in (-1, 0, 1, 2, 100):
            self.same(french.translate('%(name)s liked this', '%(name)s liked this', count),
                      'translate', '%(name)s liked this', '%(name)s liked this', count)
            self.same(french.translate('cat', 'cats', count), 'translate', 'cat', 'cats', count)
        self.same(french.pgettext('x', 'school'), 'pgettext', 'x', 'school')

    def test_csv_encodings(self):
        for encoding, said in (('utf-16', None), ('utf-8-sig', None), ('utf-8', None),
                               ('utf-16', 'utf-16'), ('utf-16-le', 'utf-16-le'),
                               ('utf-16-be', 'utf-16-be'), ('latin-1', 'latin-1')):
            self.write('fr.csv', 'school,école\r\n"x","é"\n', encoding)
            self.load_csv(said)
            french = self.use('fr')
            for key in ('school', 'x', 'y'):
                self.same(french.translate(key), 'translate', key)

    def test_random_csv(self):
        random.seed(4)
        pieces = ['a', 'b', 'é', '"', '""', ',', '\n', '\r\n', ' ', 'plural', 'x,y\n', '"q"', '\t']
        for _ in range(150):
            text = ''.join(random.choice(pieces) for _ in range(random.randrange(40)))
            if text.count('"') % 2:
                text += '"'
            self.write('fr.csv', 'k,v\n' + text + '\n"end","fin"\n')
            self.load_csv()
            french = self.use('fr')
            known = {key for table in tornado.locale._translations['fr'].values() for key in table}
            for key in sorted(known | {'k', 'a', 'b'}):
                self.same(french.translate(key), 'translate', key)
                self.same(french.translate(key, key, 2), 'translate', key, key, 2)
                self.same(french.translate(key, key, 1), 'translate', key, key, 1)

    def test_gettext(self):
        for order in '<>':
            for code, (plural, n) in PLURALS.items():
                make_mo(f'{self.place}/{code}/LC_MESSAGES/site.mo', f'nplurals={n}; {plural}', {
                    'school': f'{code} école', 'a\x04right': 'one', 'b\x04right': 'other',
                    ('file', 'files'): [f'{code}{i}' for i in range(n)],
                    ('stick\x04club', 'clubs'): [f'{code} club {i}' for i in range(n)],
                    ('club', 'clubs'): [f'{code} Club {i}' for i in range(n)],
                }, order)
            self.load_gettext()
            for code in PLURALS:
                locale = self.use(code)
                for key in ('school', 'nothing', 'right'):
                    self.same(locale.translate(key), 'translate', key)
                for context in 'abc':
                    self.same(locale.pgettext(context, 'right'), 'pgettext', context, 'right')
                for count in list(range(130)) + [-1, -7, 1000000, 10**15]:
                    self.same(locale.translate('file', 'files', count),
                              'translate', 'file', 'files', count)
                    self.same(locale.translate('dog', 'dogs', count),
                              'translate', 'dog', 'dogs', count)
                for context in ('stick', 'none'):
                    for count in (0, 1, 2, 5):
                        self.same(locale.pgettext(context, 'club', 'clubs', count),
                                  'pgettext', context, 'club', 'clubs', count)

    def test_gettext_charsets(self):
        for code, charset, text in (('fr', 'ISO-8859-1', 'école'), ('ru', 'KOI8-R', 'школа'),
                                    ('pl', 'ISO-8859-2', 'szkoła'), ('ja', 'EUC-JP', '学校'),
                                    ('zh', 'GB18030', '学校'), ('de', 'windows-1252', 'Schüle€')):
            make_mo(f'{self.place}/{code}/LC_MESSAGES/site.mo', 'nplurals=1; plural=0;',
                    {'school': text, ('day', 'days'): [text]}, charset=charset)
        self.load_gettext()
        for code in ('fr', 'ru', 'pl', 'ja', 'zh', 'de'):
            locale = self.use(code)
            self.same(locale.translate('school'), 'translate', 'school')
            self.same(locale.translate('day', 'days', 3), 'translate', 'day', 'days', 3)

    def test_gettext_falls_back_to_the_language(self):
        make_mo(f'{self.place}/pt/LC_MESSAGES/site.mo', 'nplurals=2; plural=n!=1;',
                {'bus': 'autocarro', 'hello': 'olá', ('day', 'days'): ['dia', 'dias']})
        make_mo(f'{self.place}/pt_BR/LC_MESSAGES/site.mo', 'nplurals=2; plural=n>1;',
                {'bus': 'ônibus', ('car', 'cars'): ['carro', 'carros']})
        self.load_gettext()
        for code in ('pt', 'pt_BR', 'pt-PT'):
            locale = self.use(code)
            for key in ('bus', 'hello', 'none'):
                self.same(locale.translate(key), 'translate', key)
            for count in (0, 1, 2):
                self.same(locale.translate('day', 'days', count), 'translate', 'day', 'days', count)
                self.same(locale.translate('car', 'cars', count), 'translate', 'car', 'cars', count)

    def test_random_plural_rules(self):
        random.seed(5)
        makers = [lambda d: 'n', lambda d: str(random.randrange(12)), lambda d: 'n%10',
                  lambda d: f'({expression(d)})',
                  lambda d: f'{expression(d)}{random.choice(BINARY)}{expression(d)}',
                  # Python's "and" gives an operand, C's && a truth: the same for truths.
                  lambda d: f'{expression(d)}>1{random.choice(["&&", "||"])}{expression(d)}!=2',
                  lambda d: f'({expression(d)}) ? {expression(d)} : {expression(d)}']

        def expression(depth):
            return random.choice(makers if depth else makers[:3])(depth - 1)

        for _ in range(200):
            rule = expression(3)
            make_mo(f'{self.place}/fr/LC_MESSAGES/site.mo', f'nplurals=9; plural={rule};',
                    {('a', 'b'): [f'form {i}' for i in range(9)]})
            self.load_gettext()
            locale = self.use('fr')
            for count in (0, 1, 2, 3, 5, 10, 11, 21, 100, 101):
                try:
                    expected = locale.translate('a', 'b', count)
                except ArithmeticError:
                    expected = 'b' if count != 1 else 'a'
                with self.subTest(rule=rule):
                    self.same(expected, 'translate', 'a', 'b', count)

    def test_differs_in_the_message_without_words(self):
        make_mo(f'{self.place}/fr/LC_MESSAGES/site.mo', 'nplurals=1; plural=0;', {'a': 'b'})
        self.load_gettext()
        self.assertIn('Plural-Forms', self.use('fr').translate(''))
        self.assertEqual(self.tool.ask('translate', ''), '')


BINARY = [' == ', '!=', '<', '>', '<=', '>=', '+', '-', '*', '/', '%']


class Closest(Compare):
    """Which language is taken."""

    CODES = ['fr', 'FR', 'fr-CA', 'fr_ca', 'pt', 'PT-br', 'pt_BR', 'pt-PT', 'zh-Hant-TW', 'zh-TW',
             'zh', 'de', 'en', 'en-us', 'EN_US', 'en_GB', '', '-', '_', '*', 'x-y-z', 'fr-', '-fr',
             'fr--CA', 'es', 'i-klingon', 'Fr_Fr']

    def setUp(self):
        super().setUp()
        for code in ('fr', 'pt_BR', 'zh_TW', 'es', 'es_MX', 'he_IL', 'fa'):
            self.write(f'{code}.csv', 'a,b\n')
        self.load_csv()

    def test_one_and_two_codes(self):
        for first in self.CODES:
            self.use(first)
            for second in self.CODES:
                self.use(first, second)

    def test_with_another_default(self):
        for default in ('fr', 'de', 'pt_BR'):
            tornado.locale.set_default_locale(default)
            self.assertEqual(self.tool.ask('default', default), 'ok')
            for code in self.CODES:
                self.use(code)

    def browser(self, accept, fallback):
        """What Tornado's handler makes of an Accept-Language field."""
        handler = tornado.web.RequestHandler.__new__(tornado.web.RequestHandler)
        handler.request = tornado.httputil.HTTPServerRequest(
            method='GET', uri='/',
            headers=tornado.httputil.HTTPHeaders({'Accept-Language': accept}))
        return tornado.web.RequestHandler.get_browser_locale(handler, fallback).code

    def test_accept_language(self):
        random.seed(6)
        weights = ['', ';q=1', ';q=0', ';q=0.5', '; q=0.3', ';q=0.30', ';q=-1', ';q=x', ';q=', ';x',
                   ';q=.4', ';q=0.999', ';q=2']
        codes = [code for code in self.CODES if code]
        for _ in range(400):
            accept = random.choice([',', ', ', ' , ']).join(
                random.choice(codes) + random.choice(weights)
                for _ in range(random.randrange(1, 6)))
            self.same(self.browser(accept, 'es'), 'browser', accept, 'es')


class Formats(Compare):
    """Dates, days, lists, numbers."""

    def setUp(self):
        super().setUp()
        self.write('fr.csv', FRENCH_CSV)
        self.write('zh_CN.csv', 'a,b\n')
        self.write('fa.csv', 'a,b\n')
        self.write('en.csv', 'a,b\n')
        self.load_csv()

    def dates(self, locale, times, offsets=(0, 90, -720)):
        """Compares all ways to write these times."""
        for time in times:
            for offset in offsets:
                for flags in ('', 'r', 's', 'f', 'rs', 'rf', 'sf', 'rsf'):
                    expected = locale.format_date(time, offset, 'r' not in flags, 's' in flags,
                                                  'f' in flags)
                    self.same(expected, 'date', repr(time), repr(FixedDateTime.NOW), offset, flags)

    def test_dates(self):
        ago = [0, 1, 49, 50, 89, 90, 150, 3 * MINUTE, 50 * MINUTE - 1, 50 * MINUTE, 90 * MINUTE,
               2.5 * HOUR, 23 * HOUR, DAY - 1, DAY, DAY + 13 * HOUR, DAY + 14 * HOUR, 2 * DAY - 1,
               2 * DAY, 4 * DAY, 5 * DAY - 1, 5 * DAY, 30 * DAY, 333 * DAY, 334 * DAY, 400 * DAY,
               9000 * DAY, 0.25, 49.75, -5, -59, -59.5, -60, -61, -HOUR, -DAY + 5]
        for code in ('en_US', 'en', 'fr', 'zh_CN', 'fa'):
            self.dates(self.use(code), [DATE - seconds for seconds in ago])

    def test_random_dates(self):
        random.seed(7)
        french = self.use('fr')
        for _ in range(150):
            FixedDateTime.NOW = DATE + random.randrange(-10**8, 10**8)
            time = FixedDateTime.NOW - random.choice([10**2, 10**4, 10**6, 10**8]) * random.random()
            self.dates(french, [float(int(time))], [random.randrange(-840, 840)])
        FixedDateTime.NOW = DATE

    def test_differs_in_times_a_day_or_more_ahead(self):
        """Tornado forgets the days: this is a day and five seconds ahead."""
        english = self.use('en_US')
        self.assertEqual(english.format_date(DATE + DAY + 5), '0 seconds ago')
        self.assertEqual(self.tool.ask('date', DATE + DAY + 5, DATE, 0, ''),
                         'September 10, 2001 at 1:05 pm')

    def test_days(self):
        for code in ('en_US', 'fr'):
            locale = self.use(code)
            for day in range(0, 400, 3):
                date = datetime.datetime(2001, 1, 1, 20, 30) + datetime.timedelta(days=day)
                seconds = (date - datetime.datetime(1970, 1, 1)).total_seconds()
                for offset in (0, 300, -300):
                    for dow in (True, False):
                        self.same(locale.format_day(date, offset, dow),
                                  'day', seconds, offset, int(dow))

    def test_lists(self):
        for code in ('en_US', 'fr', 'fa'):
            locale = self.use(code)
            for parts in ([], ['a'], ['a', 'b'], ['a', 'b', 'c'], ['%s', '%(last)s', 'é', '%']):
                self.same(locale.list(parts), 'list', *parts)

    def test_numbers(self):
        random.seed(8)
        for code in ('en_US', 'en', 'fr'):
            locale = self.use(code)
            for _ in range(100):
                value = random.randrange(10**random.randrange(1, 18))
                self.same(locale.friendly_number(value), 'number', value)
            self.same(locale.friendly_number(-1234), 'number', -1234)

    def test_differs_in_negative_numbers_of_three_digits(self):
        self.assertEqual(self.use('en_US').friendly_number(-123), '-,123')
        self.assertEqual(self.tool.ask('number', -123), '-123')


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('--tool', required=True)
    options, rest = parser.parse_known_args()
    TOOL = options.tool
    unittest.main(argv=sys.argv[:1] + rest)
