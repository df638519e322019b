"""test_locale_wire - each request in its own language, over the wire."""
# SPDX-License-Identifier: MIT
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire

PAGE = ('<html lang="{{ locale.code }}" dir="{{ "rtl" if locale.rtl else "ltr" }}">'
        '{{ _("Hello") }}, {{ locale.list(["A", "B", "C"]) }}: '
        '{{ locale.friendly_number(12345) }}, '
        '{{ locale.format_date(1000040700, full_format=True) }}\n')

FILES = {
    'fr.csv': '"Hello","Bonjour"\n"%(commas)s and %(last)s","%(commas)s et %(last)s"\n'
              'September,septembre\n'
              '"%(month_name)s %(day)s, %(year)s at %(time)s",'
              '"%(day)s %(month_name)s %(year)s à %(time)s"\n',
    'pt_BR.csv': '"Hello","Olá"\n',
    'zh_TW.csv': '"Hello","你好"\n',
    'fa.csv': '"Hello","سلام"\n',
    'page.html': PAGE,
}

PO = '''msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=n>1;\\n"

msgid "Hello"
msgstr "%s"
'''


class Place(gale_wire.TestCase):
    """A server with a directory of catalogues."""
    env = {}

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        for name, text in FILES.items():
            cls.put(name, text)
        cls.prepare()
        cls.server = gale_wire.Program('locale_server', '--port=0',
                                       env={'PLACE': cls.directory.name, **cls.env})
        cls.program = 'locale_server'

    @classmethod
    def prepare(cls):
        """Further files."""

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.directory.cleanup()

    @classmethod
    def put(cls, name, text):
        """Writes a file of the directory, whole at once."""
        path = os.path.join(cls.directory.name, name)
        with open(path + '.new', 'w') as f:
            f.write(text)
        os.rename(path + '.new', path)

    def ask(self, path, accept=None):
        """The text of an answer."""
        r = self.server.get(path, f'Accept-Language: {accept}\r\n' if accept is not None else '')
        self.assertEqual(r.status, 200)
        return r.body.decode()


class Languages(Place):
    def test_accept_language(self):
        for accept, code in [
                (None, 'en_US'), ('', 'en_US'), ('fr', 'fr'), ('fr-CA', 'fr'), ('FR-ca', 'fr'),
                ('de,fr', 'fr'), ('pt', 'en_US'), ('pt-br', 'pt_BR'), ('PT_BR', 'pt_BR'),
                ('zh-Hant-TW, fr', 'fr'), ('zh-tw', 'zh_TW'), ('en', 'en_US'), ('*', 'en_US'),
                ('fr;q=0.2, fa;q=0.3', 'fa'), ('fr; q=0.2 , fa ; q=0.3', 'fa'),
                ('fr;q=0.5, fa;q=0.5', 'fr'), ('fr;q=0, fa;q=0.1', 'fa'),
                ('fr;q=-1, fa;q=0.1', 'fa'), ('fr;q=x, fa;q=0.1', 'fa'), ('fr;q=0', 'en_US'),
                ('xx, yy;q=0.9', 'en_US'), (',;,fa,', 'fa'), ('fa-IR-x-custom, fr;q=0.1', 'fr')]:
            with self.subTest(accept):
                self.assertEqual(self.ask('/code', accept).split()[:2], [code, code])

    def test_several_fields_are_one(self):
        r = self.server.get('/code', 'Accept-Language: xx\r\nAccept-Language: fr\r\n')
        self.assertTrue(r.body.startswith(b'fr fr Bonjour'))

    def test_the_user_before_the_browser(self):
        self.assertEqual(self.ask('/user?lang=pt-br', 'fr'), 'pt_BR pt_BR Olá')
        self.assertEqual(self.ask('/user?lang=xx', 'fr'), 'en_US en_US Hello')
        self.assertEqual(self.ask('/user', 'fr'), 'fr fr Bonjour')

    def test_each_request_has_its_own_at_the_same_time(self):
        answers = {'fr': 'fr fr Bonjour', 'pt-BR': 'pt_BR pt_BR Olá', 'zh-TW': 'zh_TW zh_TW 你好',
                   'fa': 'fa fa سلام', 'xx': 'en_US en_US Hello'}
        connections = []
        for i in range(40):
            language = list(answers)[i % len(answers)]
            c = self.server.connect()
            self.addCleanup(c.close)
            if i % 2:
                c.send(f'GET /user?lang={language} HTTP/1.1\r\nHost: x\r\n\r\n')
            else:
                c.send(f'GET /code HTTP/1.1\r\nHost: x\r\nAccept-Language: {language}\r\n\r\n')
            connections.append((c, answers[language]))
        for c, expected in connections:
            self.assertEqual(c.response().body.decode(), expected)

    def test_pages(self):
        self.assertEqual(self.ask('/page', 'fr'),
                         '<html lang="fr" dir="ltr">Bonjour, A, B et C: 12345, '
                         '9 septembre 2001 à 13:05\n')
        self.assertEqual(self.ask('/page', 'fa'),
                         '<html lang="fa" dir="rtl">سلام, A و B and C: 12345, '
                         'September 9, 2001 at 13:05\n')
        self.assertEqual(self.ask('/page'),
                         '<html lang="en_US" dir="ltr">Hello, A, B and C: 12,345, '
                         'September 9, 2001 at 1:05 pm\n')

    def test_files_that_change_count_at_the_next_start(self):
        self.put('it.csv', 'Hello,Ciao\n')
        self.addCleanup(os.unlink, os.path.join(self.directory.name, 'it.csv'))
        self.assertEqual(self.ask('/code', 'it'), 'en_US en_US Hello')


class Debug(Place):
    env = {'DEBUG': '1'}

    def test_changed_files_count_at_once(self):
        self.assertEqual(self.ask('/code', 'fr'), 'fr fr Bonjour')
        for word in ('Salut', 'Coucou', 'Bien le bonjour'):
            self.put('fr.csv', f'Hello,{word}\n')
            self.assertEqual(self.ask('/code', 'fr'), f'fr fr {word}')
        self.put('it.csv', 'Hello,Ciao\n')
        self.assertEqual(self.ask('/code', 'it'), 'it it Ciao')
        os.unlink(os.path.join(self.directory.name, 'it.csv'))
        self.assertEqual(self.ask('/code', 'it'), 'en_US en_US Hello')

    def test_what_is_wrong_is_said_once(self):
        self.put('pt_BR.csv', 'Hello,Oi\nalone\n')
        self.assertEqual(self.ask('/code', 'pt-br'), 'pt_BR pt_BR Oi')
        self.assertEqual(self.ask('/code', 'pt-br'), 'pt_BR pt_BR Oi')
        self.put('pt_BR.csv', 'Hello,Olá\n')
        self.assertEqual(self.ask('/code', 'pt-br'), 'pt_BR pt_BR Olá')
        self.server.read_until(b'pt_BR.csv line 2')
        self.assertEqual(self.server.output.count(b'pt_BR.csv line 2'), 1)


class Gettext(Place):
    env = {'DOMAIN': 'site', 'DEBUG': '1'}

    @classmethod
    def prepare(cls):
        cls.compile('fr', 'Bonjour de gettext')

    @classmethod
    def compile(cls, code, word):
        """A catalogue by msgfmt."""
        folder = os.path.join(cls.directory.name, code, 'LC_MESSAGES')
        os.makedirs(folder, exist_ok=True)
        subprocess.run(['msgfmt', '-o', os.path.join(folder, 'site.mo'), '-'],
                       input=(PO % word).encode(), check=True)

    def test_catalogues_of_gettext(self):
        self.assertEqual(self.ask('/code', 'fr'), 'fr fr Bonjour de gettext')
        self.assertEqual(self.ask('/code', 'pt-br'), 'en_US en_US Hello')
        self.compile('fr', 'Salut à tous')
        self.assertEqual(self.ask('/code', 'fr'), 'fr fr Salut à tous')


class ProcessLocale(Place):
    """The program's own locale is neither read nor changed."""
    env = {'PROCESS_LOCALE': 'de_DE.UTF-8', 'LANG': 'de_DE.UTF-8', 'LC_ALL': 'de_DE.UTF-8',
           'LANGUAGE': 'de', 'TZ': 'Asia/Tokyo'}

    def test_it_does_not_matter(self):
        before = self.ask('/process')
        self.assertEqual(self.ask('/page'),
                         '<html lang="en_US" dir="ltr">Hello, A, B and C: 12,345, '
                         'September 9, 2001 at 1:05 pm\n')
        self.assertIn('Bonjour', self.ask('/page', 'fr'))
        self.assertEqual(self.ask('/process', 'fr'), before)


if __name__ == '__main__':
    gale_wire.main()
