"""Logins by OpenID 2.0 against a provider of its own, which signs by private associations, says once
whether an assertion is its own, and misbehaves on demand.
"""
# SPDX-License-Identifier: MIT
import base64
import hashlib
import hmac
import html
import json
import os
import secrets
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402
from gale_browser import Browser, param, with_params  # noqa: E402
from gale_provider import FORM, Answer  # noqa: E402
from login_case import LoginCase  # noqa: E402

NS, AX, SREG = 'http://specs.openid.net/auth/2.0', 'http://openid.net/srv/ax/1.0', 'http://openid.net/extensions/sreg/1.1'
TYPE = 'http://axschema.org/'
ATTRIBUTES = {'ns.ext1': AX, 'ext1.mode': 'fetch_response',
              'ext1.type.a': TYPE + 'namePerson/first', 'ext1.value.a': 'Ann',
              'ext1.type.b': TYPE + 'namePerson/last', 'ext1.value.b': 'Example',
              'ext1.type.c': TYPE + 'contact/email', 'ext1.value.c': 'ann@example.org',
              'ext1.type.d': TYPE + 'pref/language', 'ext1.value.d': 'en-US',
              'ext1.type.e': TYPE + 'namePerson/friendly', 'ext1.value.e': 'ann'}
MUST_BE_SIGNED = ['op_endpoint', 'return_to', 'response_nonce', 'assoc_handle', 'claimed_id', 'identity']


class OpenID2Provider:
    def __init__(self, host, name):
        self.host, self.name, self.url = host, name, f'{host.url}/{name}'
        self.endpoint = self.url + '/openid'
        self.redirect_uris, self.logout_uris, self.requests, self.complaints = [], [], [], []
        self.secrets, self.key, self.asserted = set(), secrets.token_bytes(32), {}
        self.behave()

    def behave(self):
        self.before = lambda fields: fields  # changes an assertion before it is signed
        self.after = lambda fields: fields   # and afterwards
        self.is_signed = lambda names: names
        self.attributes = dict(ATTRIBUTES)
        self.mode = None                     # fields instead of an assertion
        self.instead = None                  # an Answer to check_authentication
        self.by_form = self.is_forgetful = False

    def reset(self):
        self.behave()
        self.requests, self.complaints = [], []

    def signature(self, fields):
        text = ''.join(f'{name}:{fields.get(name, "")}\n' for name in fields['signed'].split(','))
        return base64.b64encode(hmac.new(self.key, text.encode(), hashlib.sha256).digest()).decode()

    def answer(self, request, rest):
        self.requests.append(request)
        try:
            assert rest == '/openid', rest
            assert 'Cookie' not in request.headers
            return self.check_authentication(request) if request.method == 'POST' else self.checkid(request)
        except (AssertionError, KeyError) as e:
            self.complaints.append(f'{request}: {e!r}')
            return Answer(400, f'ns:{NS}\nerror:{e!r}\n')

    def checkid(self, request):
        asked = {name[7:]: value for name, value in request.params.items() if name.startswith('openid.')}
        assert len(asked) == len([n for n, _ in request.pairs(request.query) if n.startswith('openid.')])
        assert asked['ns'] == NS and asked['mode'] in ('checkid_setup', 'checkid_immediate'), asked
        assert asked['claimed_id'] == asked['identity'] == NS + '/identifier_select', asked
        assert asked['return_to'].startswith(asked['realm']) and asked['realm'].count('/') == 3, asked
        assert asked['ns.ax'] == AX and asked['ax.mode'] == 'fetch_request' and asked['ns.sreg'] == SREG
        for alias in asked['ax.required'].split(','):
            assert asked[f'ax.type.{alias}'].startswith(TYPE)
        fields = self.mode or self.assertion(asked)
        pairs = [('openid.' + name, value) for name, value in fields.items()]
        if self.by_form:
            inputs = ''.join(f'<input name="{n}" value="{html.escape(v)}">' for n, v in pairs)
            return Answer(200, f'<form method=post action="{html.escape(asked["return_to"])}">{inputs}</form>')
        return Answer(302, '', {'Location': asked['return_to'] + '&' + urllib.parse.urlencode(pairs)})

    def assertion(self, asked):
        now = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())
        fields = {'ns': NS, 'mode': 'id_res', 'op_endpoint': self.endpoint, 'claimed_id': self.url + '/ann#1',
                  'identity': self.url + '/ann', 'return_to': asked['return_to'], 'assoc_handle': secrets.token_hex(8),
                  'response_nonce': now + secrets.token_urlsafe(6), **self.attributes}
        fields = self.before(fields)
        fields['signed'] = ','.join(self.is_signed([name for name in fields if name not in ('ns', 'mode')]))
        fields['sig'] = self.signature(fields)
        self.asserted[fields['response_nonce']] = True
        return self.after(fields)

    def check_authentication(self, request):
        assert request.headers['Content-Type'].split(';')[0] == FORM
        assert not request.query
        pairs = request.pairs(request.body.decode('ascii'))
        fields = {name[7:]: value for name, value in pairs}
        assert len(fields) == len(pairs) and all(n.startswith('openid.') for n, _ in pairs), pairs
        assert fields['mode'] == 'check_authentication' and fields['ns'] == NS
        if self.instead:
            return self.instead
        is_new = self.asserted.pop(fields['response_nonce'], False) or self.is_forgetful
        is_valid = is_new and hmac.compare_digest(fields['sig'], self.signature(fields))
        return Answer(200, f'ns:{NS}\nis_valid:{"true" if is_valid else "false"}\n')


class OpenID2(LoginCase):
    @classmethod
    def configure(cls, host):
        config = {}
        for name, more in {'op': {}, 'other': {}, 'slow': {'request_timeout': 0.4}, 'form': {'response_mode': 'form_post'},
                           'query': {'redirect_uri': '/done/query?via=a+b'}}.items():
            p = host.add(OpenID2Provider, name)
            config[name] = {'protocol': 4, 'name': name, 'redirect_uri': f'/done/{name}', 'authorize_url': p.endpoint,
                            **more}
        gone = dict(config['op'], name='gone', redirect_uri='/done/gone', authorize_url=f'{host.gone_url}/openid')
        return dict(config, gone=gone)

    def setUp(self):
        super().setUp()
        self.op = self.provider('op')

    def back(self, name='op'):
        return self.browser.visit(self.browser.begin(name))

    def asked(self, p=None):
        return [r for r in (p or self.op).requests if r.method == 'POST']

    def test_login(self):
        answer = self.browser.get('/login/op?next=/a')
        self.assertEqual((answer.status, answer['Cache-Control']), (302, 'no-store'))
        back = self.browser.visit(answer['Location'])
        user = json.loads(self.browser.finish(back).body)
        self.assertEqual({n: v for n, v in user.items() if n not in ('claims', 'tokens') and v is not None},
                         {'provider': 'op', 'issuer': 'op', 'id': self.op.url + '/ann#1', 'first_name': 'Ann',
                          'last_name': 'Example', 'name': 'Ann Example', 'email': 'ann@example.org', 'locale': 'en-us',
                          'username': 'ann', 'email_verified': False, 'auth_time': 0, 'next': '/a'})
        self.assertEqual(user['claims'][TYPE + 'contact/email'], 'ann@example.org')
        sent = urllib.parse.parse_qsl(back.partition('?')[2])
        expected = [(n, 'check_authentication' if n == 'openid.mode' else v) for n, v in sent if n != 'state']
        self.assertEqual(sorted(self.asked()[0].pairs(self.asked()[0].body.decode())), sorted(expected))

    def test_names(self):
        for attributes, expected in (({'ns.ax': AX, 'ax.type.n': TYPE + 'namePerson', 'ax.value.n': 'A. Example'}, 'A. Example'),
                                     ({'ns.ax': AX, 'ax.type.n': TYPE + 'namePerson/last', 'ax.value.n': 'Example'}, 'Example'),
                                     ({'ns.ax': AX, 'ax.type.e': TYPE + 'contact/email', 'ax.value.e': 'ann@a.example'}, 'ann'),
                                     ({'ns.s': SREG, 's.fullname': 'Simple', 's.nickname': 'nick'}, 'Simple'),
                                     ({}, None)):
            with self.case(str(attributes)):
                self.op.attributes = attributes
                self.assertEqual(self.browser.user('op').get('name'), expected)

    def test_what_is_not_signed_is_not_there(self):
        for left_out in ('ns.ext1', 'ext1.type.c', 'ext1.value.c'):
            with self.case(left_out):
                self.op.is_signed = lambda names: [n for n in names if n != left_out]
                user = self.browser.user('op')
                self.assertIsNone(user.get('email'))
                self.assertNotIn(TYPE + 'contact/email', user['claims'])
        with self.case('added by the browser'):
            self.op.attributes = {}
            back = self.back() + '&' + urllib.parse.urlencode(
                {'openid.ns.ax': AX, 'openid.ax.type.e': TYPE + 'contact/email', 'openid.ax.value.e': 'eve@example.org'})
            self.assertIsNone(json.loads(self.browser.finish(back).body).get('email'))

    def test_fields_that_must_be_signed(self):
        for name in MUST_BE_SIGNED:
            with self.case(name):
                self.op.is_signed = lambda names: [n for n in names if n != name]
                self.fails(self.browser.login('op'), 403, 'bad_request', text=name)
                self.assertEqual(self.asked(), [])
            with self.case('without ' + name):
                back = self.back()
                self.fails(self.browser.finish(with_params(back, **{'openid.' + name: None})), 403, 'bad_request')

    def test_changed_by_the_browser(self):
        back = self.back()
        changed = with_params(back, **{'openid.ext1.value.c': 'eve@example.org'})
        self.fails(self.browser.finish(changed), 502, 'bad_token')
        for name, reason in (('openid.ns', 'bad_request'), ('openid.mode', 'bad_request'), ('openid.signed', 'bad_request')):
            with self.case(name):
                back = self.back()
                self.fails(self.browser.finish(with_params(back, **{name: 'x'})), 403, reason)
                self.assertEqual(self.asked(), [])
        with self.case('twice'):
            back = self.back()
            self.fails(self.browser.finish(with_params(back, ('openid.identity', 'http://a/'))), 403, 'bad_request', text='twice')
        with self.case('many'):
            more = ''.join(f'&openid.x{i}=' for i in range(100))
            self.fails(self.browser.finish(self.back() + more), 403, 'bad_request', text='too long')

    def test_assertions_for_others(self):
        other = self.provider('other')
        changes = {'return_to': ({'return_to': 'http://evil.example/done'}, 'mix_up'),
                   'longer return_to': (lambda f: {'return_to': f['return_to'] + '&a=b'}, 'mix_up'),
                   'op_endpoint': ({'op_endpoint': other.endpoint}, 'mix_up'),
                   'old nonce': ({'response_nonce': '2005-05-15T17:11:51Zx'}, 'bad_state'),
                   'coming nonce': ({'response_nonce': '2099-05-15T17:11:51Zx'}, 'bad_state'),
                   'no time': ({'response_nonce': 'x'}, 'bad_request')}
        for name, (change, reason) in changes.items():
            with self.case(name):
                self.op.before = lambda f: {**f, **(change(f) if callable(change) else change)}
                self.fails(self.browser.login('op'), 403, reason)
                self.assertEqual(self.asked(), [])

    def test_identities_that_it_may_not_assert(self):
        for claimed, identity in (('https://victim.example/', self.op.url + '/eve'), (self.op.url + '/ann', self.op.url + '/anne'),
                                  (self.op.url + '/ann#1', ''), ('=eve', '=eve'), ('javascript:1', 'javascript:1'),
                                  (NS + '/identifier_select', NS + '/identifier_select')):
            with self.case(claimed):
                self.op.before = lambda f: {**f, 'claimed_id': claimed, 'identity': identity}
                self.fails(self.browser.login('op'), 502, 'bad_token')
                self.assertEqual(self.asked(), [])

    def test_c14_answers_count_once_and_in_their_browser(self):
        back = self.back()
        self.fails(Browser(self.server).finish(back), 403, 'bad_state')
        self.fails(self.browser.finish(back.replace('/op?', '/other?')), 403, 'bad_state')
        self.assertEqual(self.browser.finish(back).status, 200)
        self.fails(self.browser.finish(back), 403, 'bad_state')
        second = self.back()
        self.fails(self.browser.finish(with_params(back, state=param(second, 'state'))), 403, 'mix_up')
        for query in ('', 'state=', 'state=x&state=y'):
            self.fails(self.browser.get(f'/done/op?{query}'), 403, 'bad_state' if query == 'state=' else 'bad_request')

    def test_c14_a_nonce_counts_once(self):
        nonce = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime()) + 'same'
        self.op.before = lambda f: {**f, 'response_nonce': nonce}
        self.op.is_forgetful = True
        self.browser.user('op')
        self.fails(self.browser.login('op'), 403, 'bad_state', text='nonce')

    def test_other_modes(self):
        self.op.mode = {'ns': NS, 'mode': 'cancel'}
        back = self.back()
        self.fails(self.browser.finish(back), 403, 'denied', 'cancel')
        self.fails(self.browser.finish(back), 403, 'bad_state')
        self.op.mode = {'ns': NS, 'mode': 'error', 'error': 'out of \x1b order'}
        self.assertIn('out of', self.fails(self.browser.login('op'), 502, 'refused', 'error')['description'])
        self.op.mode = {'ns': NS, 'mode': 'setup_needed'}
        url = self.browser.begin('op', 'prompt=none')
        self.assertEqual(param(url, 'openid.mode'), 'checkid_immediate')
        self.fails(self.browser.finish(self.browser.visit(url)), 403, 'interaction', 'setup_needed')
        for query in ('prompt=login', 'max_age=1', 'x_openid.identity=a'):
            self.fails(self.browser.get(f'/login/op?{query}'), 500, 'internal')
        self.assertEqual(param(self.browser.begin('op', 'x_theme=dark'), 'theme'), 'dark')

    def test_arguments_of_its_own(self):
        self.assertEqual(self.browser.user('query')['provider'], 'query')
        for change in ({'via': 'c'}, {'via': None}):
            with self.case(str(change)):
                answer = self.browser.finish(with_params(self.back('query'), **change))
                self.fails(answer, 403, 'mix_up' if change['via'] else 'bad_request')
        with self.case('twice'):
            self.fails(self.browser.finish(with_params(self.back('query'), ('via', 'a b'))), 403, 'bad_request')

    def test_an_answer_by_form(self):
        self.browser = Browser(self.server, https=True)
        for by_form in (True, False):
            self.provider('form').by_form = by_form
            self.assertEqual(self.browser.user('form')['email'], 'ann@example.org')

    def test_b34_direct_answers(self):
        for body, status, reason in (('is_valid:false\n', 502, 'bad_token'), ('foo:is_valid:true\n', 502, 'bad_answer'),
                                     ('error:is_valid:true\nis_valid:false\n', 502, 'bad_token'),
                                     ('is_valid:true\nis_valid:false\n', 502, 'bad_answer'),
                                     ('is_valid:true\nis_valid:true\n', 502, 'bad_answer'),
                                     ('is_valid:trueish\n', 502, 'bad_answer'), (' is_valid:true\n', 502, 'bad_answer'),
                                     ('<p>is_valid:true</p>', 502, 'bad_answer'), ('', 502, 'bad_answer')):
            with self.case(body):
                self.op.instead = Answer(200, body)
                self.fails(self.browser.login('op'), status, reason)

    def test_misbehaviour(self):
        for name, (answer, *expected) in {
                'error': (Answer(400, 'error:no\n'), 502, 'refused'), 'broken': (Answer(500, 'is_valid:true\n'), 502, 'bad_answer'),
                'redirect': (Answer(302, 'is_valid:true\n', {'Location': '/elsewhere'}), 502, 'bad_answer'),
                'endless': (Answer(how='endless'), 502, 'bad_answer'),
                'slow': (Answer(how='hang'), 504, 'timed_out')}.items():
            with self.case(name):
                who = 'slow' if name == 'slow' else 'op'
                self.provider(who).instead = answer
                self.fails(self.browser.login(who), *expected)
        with self.case('gone'):
            back = self.browser.begin('gone')
            self.op.endpoint, endpoint = f'{self.host.gone_url}/openid', self.op.endpoint
            fields = self.op.assertion({'return_to': param(back, 'openid.return_to')})
            self.op.endpoint = endpoint
            target = with_params(self.browser.target(fields['return_to']), *((f'openid.{n}', v) for n, v in fields.items()))
            self.fails(self.browser.finish(target), 503, 'unreachable')


if __name__ == '__main__':
    gale_wire.main()
