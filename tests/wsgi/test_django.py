"""test_django - polls of Django's tutorial with its administration, unmodified, under a prefix."""
# SPDX-License-Identifier: MIT
import importlib.util
import json
import os
import re
import subprocess
import sys

import python_site
import gale_wire

if not importlib.util.find_spec('django'):
    print('skipped: no Django here')
    sys.exit(77)


class Django(python_site.Site):
    path = python_site.HERE / 'django_site'
    modules = ('site_of_polls.wsgi', 'validated')

    @classmethod
    def environment(cls, place):
        env = {'DJANGO_SITE_DB': f'{place}/polls.db', 'DJANGO_SITE_FILE': str(cls.big)}
        for command in (['migrate', '--run-syncdb', '--verbosity=0'],
                        ['createsuperuser', '--noinput', '--username=ada', '--email=ada@example.com']):
            subprocess.run(['/usr/bin/python3', 'manage.py', *command], cwd=cls.path, check=True, capture_output=True,
                           env={**os.environ, **env, 'DJANGO_SUPERUSER_PASSWORD': 'pw', 'PYTHONDONTWRITEBYTECODE': '1'})
        return env

    def token(self, page):
        return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]

    def send(self, browser, path, **fields):
        page = browser.open(path)[2]
        return browser.post(path, csrfmiddlewaretoken=self.token(page), **fields)

    def check_polls(self, prefix, text):
        browser = self.browser(prefix)
        status, at, page = browser.open('/admin/')
        self.assertEqual((status, at), (200, f'/admin/login/?next={prefix}/admin/'))
        self.assertIn('enter the correct username', self.send(browser, '/admin/login/', username='ada', password='no')[2])
        status, at, page = self.send(browser, '/admin/login/', username='ada', password='pw', next=prefix + '/admin/')
        self.assertEqual((status, at), (200, '/admin/'))
        css = re.search(r'href="([^"]*admin/css/base\.css)"', page)[1]
        self.assertIn('body', self.curl(self.base + css).decode())
        page = self.send(browser, '/admin/polls/question/add/', text=text)[2]
        number = int(re.search(r'question/(\d+)/change', page)[1])
        for choice in ('yes', '\u4e0d'):
            self.send(browser, '/admin/polls/choice/add/', question=number, text=choice, votes=0)
        page = browser.open('/polls/')[2]
        self.assertIn(f'<a href="{prefix}/polls/{number}/">{text}</a>', page)
        self.assertIn('You voted never.', page)
        page = browser.open(f'/polls/{number}/')[2]
        token, choice = self.token(page), re.findall(r'value="(\d+)">', page)[-1]
        self.assertEqual(browser.post(f'/polls/{number}/vote/', choice=choice)[0], 403)    # no token
        self.assertIn('Nothing was chosen.', browser.post(f'/polls/{number}/vote/', csrfmiddlewaretoken=token)[2])
        page = browser.post(f'/polls/{number}/vote/', csrfmiddlewaretoken=token, choice=choice)[2]
        self.assertIn('\u4e0d: 1', page)
        self.assertIn('You voted 1.', browser.open('/polls/')[2])
        self.assertIn('You voted never.', self.browser(prefix).open('/polls/')[2])
        self.assertIn('#654321', browser.open('/static/polls/style.css')[2])

    def test_forms_sessions_static_files(self):
        self.check_polls('/app', 'Under a prefix?')

    def test_the_same_between_validators(self):
        self.check_polls('', 'At the root?')

    def test_uploads(self):
        for prefix in ('/app', ''):
            seen = json.loads(self.upload_big(prefix + '/polls/upload/'))
            self.assertEqual(seen, {'size': python_site.BIG, 'sha256': self.sha256, 'note': 'caf\xe9'})

    def test_downloads(self):
        self.check_download('/app/polls/download/')
        self.check_download('/polls/download/')

    def test_streams(self):
        page = self.browser().open('/polls/stream/?n=2000')[2]
        self.assertEqual(page, ''.join(f'line {n} for /app/polls/stream/\n' for n in range(2000)))
        self.assertEqual(len(self.browser('').open('/polls/stream/?n=2000')[2].split('\n')), 2001)

    def test_errors(self):
        browser = self.browser()
        self.assertEqual(browser.open('/polls/77777/')[0], 404)
        status, _, page = browser.open('/polls/broken/')
        self.assertEqual(status, 500)
        self.assertIn('RuntimeError', page)    # Django's own page


if __name__ == '__main__':
    gale_wire.main()
