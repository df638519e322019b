"""Logins by OAuth 1.0a against a provider of its own, which checks each request as RFC 5849 3.2 wants
it, with oauthlib's base strings, and misbehaves on demand.
"""
# SPDX-License-Identifier: MIT
import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import sys
import time
import urllib.parse

from oauthlib.oauth1.rfc5849 import signature as peer

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
import gale_wire  # noqa: E402
from gale_browser import Browser, param  # noqa: E402
from gale_provider import FORM, Answer  # noqa: E402
from login_case import LoginCase  # noqa: E402

USER = {'id': 38895958, 'id_str': '38895958', 'name': 'Ann Example', 'screen_name': 'ann', 'lang': 'en',
        'email': 'ann@example.org', 'profile_image_url_https': 'https://pbs.example/ann.png'}


def quote(text):
    return urllib.parse.quote(text, safe='~')


class Wrong(Exception):
    """What is wrong with a request."""


class OAuth1Provider:
    def __init__(self, host, name):
        self.host, self.name, self.url = host, name, f'{host.url}/{name}'
        self.client_id, self.client_secret = f'key of {name}/1', secrets.token_urlsafe(12) + '&= %+~'
        self.redirect_uris, self.logout_uris, self.requests, self.complaints = [], [], [], []
        self.secrets, self.nonces, self.pending, self.tokens = {self.client_secret}, set(), {}, {}
        self.behave()

    def behave(self):
        self.instead = {}                    # end point: an Answer
        self.edit = lambda pairs: pairs      # what the end points of tokens answer
        self.back = lambda token, verifier: [('oauth_token', token), ('oauth_verifier', verifier)]
        self.user = dict(USER)

    def reset(self):
        self.behave()
        self.requests, self.complaints = [], []

    def asked(self, endpoint):
        return [r for r in self.requests if r.endpoint == endpoint]

    def secret(self):
        text = secrets.token_urlsafe(9) + '/+&=%20'
        self.secrets.add(text)
        return text

    def answer(self, request, rest):
        request.endpoint = rest[1:]
        self.requests.append(request)
        try:
            answer = getattr(self, request.endpoint)(request)
        except Wrong as e:
            self.complaints.append(f'{request}: {e}')
            return Answer(401, str(e))
        return self.instead.get(request.endpoint, answer)

    def check(self, condition, text):
        if not condition:
            raise Wrong(text)

    def verify(self, request, method, token=None, secret='', names=()):
        """The parameters of the field, when the request is signed with them (RFC 5849 3.2)."""
        field = request.headers.get('Authorization', '')
        self.check(request.method == method, 'another method')
        self.check(field.startswith('OAuth '), 'no Authorization of OAuth')
        pairs = [re.fullmatch(r'(\w+)="([\w.~%-]*)"', pair).groups() for pair in re.split(', *', field[6:])]
        oauth = {name: urllib.parse.unquote(value) for name, value in pairs}
        self.check(len(oauth) == len(pairs), 'a parameter twice')
        expected = {'oauth_consumer_key', 'oauth_signature_method', 'oauth_timestamp', 'oauth_nonce', 'oauth_version',
                    'oauth_signature', *names, *(['oauth_token'] if token else [])}
        self.check(set(oauth) == expected, f'parameters {set(oauth) ^ expected}')
        self.check((oauth['oauth_consumer_key'], oauth.get('oauth_token')) == (self.client_id, token), 'other keys')
        self.check(oauth['oauth_signature_method'] == 'HMAC-SHA1' and oauth['oauth_version'] == '1.0', 'other method')
        self.check(abs(int(oauth['oauth_timestamp']) - time.time()) < 300, 'another time')
        self.check(oauth['oauth_nonce'] not in self.nonces and len(oauth['oauth_nonce']) >= 16, 'a nonce twice')
        self.nonces.add(oauth['oauth_nonce'])
        is_form = request.headers.get('Content-Type', '').split(';')[0] == FORM
        params = peer.collect_parameters(request.query, request.body.decode() if is_form else '',
                                         {'Authorization': field})
        uri = peer.base_string_uri(f'http://{request.headers["Host"]}{request.path}')
        text = peer.signature_base_string(request.method, uri, peer.normalize_parameters(params))
        key = f'{quote(self.client_secret)}&{quote(secret)}'.encode()
        wanted = base64.b64encode(hmac.new(key, text.encode(), hashlib.sha1).digest()).decode()
        self.check(oauth['oauth_signature'] == wanted, f'signature of {text}')
        return oauth

    def form(self, pairs):
        return Answer(200, urllib.parse.urlencode(self.edit(pairs)), {'Content-Type': FORM})

    def request_token(self, request):
        oauth = self.verify(request, 'POST', names=['oauth_callback'])
        self.check(oauth['oauth_callback'] in self.redirect_uris + ['oob'], f'callback {oauth["oauth_callback"]}')
        token, secret, verifier = secrets.token_urlsafe(9) + '=', self.secret(), self.secret()
        self.pending[token] = (secret, verifier, oauth['oauth_callback'])
        return self.form([('oauth_token', token), ('oauth_token_secret', secret), ('oauth_callback_confirmed', 'true')])

    def authorize(self, request):
        self.check(not request.headers.get('Authorization') and request.method == 'GET', 'not a browser')
        token = request.params['oauth_token']
        _, verifier, callback = self.pending[token]
        return Answer(302, '', {'Location': callback + '?' + urllib.parse.urlencode(self.back(token, verifier))})

    def access_token(self, request):
        token = re.search(r'oauth_token="([^"]*)"', request.headers['Authorization'])
        self.check(token, 'no token')
        token = urllib.parse.unquote(token[1])
        self.check(token in self.pending, 'no such token, or taken')
        secret, verifier, _ = self.pending.pop(token)
        oauth = self.verify(request, 'POST', token, secret, ['oauth_verifier'])
        if oauth['oauth_verifier'] != verifier:
            return Answer(401, 'oauth_problem=bad_verifier&oauth_problem_advice=Copy%20it%20again', {'Content-Type': FORM})
        access, secret = self.secret(), self.secret()
        self.tokens[access] = secret
        return self.form([('oauth_token', access), ('oauth_token_secret', secret), ('user_id', '7'),
                          ('screen_name', 'ann')])

    def with_token(self, request):
        token = urllib.parse.unquote(re.search(r'oauth_token="([^"]*)"', request.headers['Authorization'])[1])
        self.check(token in self.tokens, 'no such access token')
        self.verify(request, request.method, token, self.tokens[token])

    def user_json(self, request):
        self.with_token(request)
        return Answer(200, self.user)

    def resource(self, request):
        self.with_token(request)
        return Answer(200, f'{request.method} {request.query} {request.body.decode()}')


class OAuth1(LoginCase):
    @classmethod
    def configure(cls, host):
        config = {}
        for name, more in {'twitter': {'service': 'twitter'}, 'other': {'protocol': 3, 'name': 'other'},
                           'slow': {'protocol': 3, 'name': 'slow', 'request_timeout': 0.4},
                           'bare': {'protocol': 3, 'name': 'bare', 'userinfo': -1},
                           'oob': {'protocol': 3, 'name': 'oob', 'redirect_uri': 'oob'}}.items():
            p = host.add(OAuth1Provider, name)
            config[name] = {'client_id': p.client_id, 'client_secret': p.client_secret,
                            'redirect_uri': f'/done/{name}', 'request_token_url': f'{p.url}/request_token',
                            'authorize_url': f'{p.url}/authorize', 'token_url': f'{p.url}/access_token',
                            'userinfo_url': f'{p.url}/user_json?include_email=true', **more}
        gone = dict(config['other'], name='gone', redirect_uri='/done/gone', request_token_url=f'{host.gone_url}/r')
        return dict(config, gone=gone)

    def fails_at_login(self, name, status, reason, error=None, text='.'):
        return self.fails(self.browser.get(f'/login/{name}'), status, reason, error, text)

    def back(self, name='twitter'):
        return self.browser.visit(self.browser.begin(name))

    def test_login(self):
        p, answer = self.provider('twitter'), self.browser.get('/login/twitter')
        self.assertEqual((answer.status, answer['Cache-Control']), (302, 'no-store'))
        url = urllib.parse.urlsplit(answer['Location'])
        self.assertEqual(f'{url.scheme}://{url.netloc}{url.path}', f'{p.url}/authorize')
        token, = p.pending.keys() & {param(answer['Location'], 'oauth_token')}
        self.assertEqual(url.query, f'oauth_token={urllib.parse.quote_plus(token)}')
        for cookie in self.browser.jar.values():
            self.assertIn('httponly', cookie.attributes)
            self.assertNotIn(p.pending[token][0], urllib.parse.unquote(cookie.value))
        user = json.loads(self.browser.finish(self.browser.visit(answer['Location'])).body)
        self.assertEqual({n: user[n] for n in ('provider', 'issuer', 'id', 'name', 'username', 'email', 'locale', 'picture',
                                               'email_verified', 'next')},
                         {'provider': 'twitter', 'issuer': 'twitter', 'id': '38895958', 'name': 'Ann Example',
                          'username': 'ann', 'email': 'ann@example.org', 'locale': 'en',
                          'picture': 'https://pbs.example/ann.png', 'email_verified': False, 'next': '/'})
        self.assertEqual(user['claims'], USER)
        self.assertEqual(p.tokens[user['tokens']['access_token']], user['tokens']['token_secret'])
        self.assertEqual(user['tokens']['json']['user_id'], '7')
        self.assertEqual([r.endpoint for r in p.requests], ['request_token', 'authorize', 'access_token', 'user_json'])
        self.assertEqual([c for c in self.browser.jar.values() if token in c.value], [])

    def test_where_it_goes_and_with_what(self):
        for query, expected in {'next=/a%3Fb%3D1': '/a?b=1', 'next=//evil.example': '/', 'to=/c': '/c'}.items():
            self.assertEqual(self.browser.user('twitter', query)['next'], expected)
        url = self.browser.begin('twitter', 'x_force_login=true&x_lang=de%26')
        self.assertEqual([param(url, n) for n in ('force_login', 'lang')], ['true', 'de&'])
        for query in ('prompt=login', 'max_age=5', 'x_oauth_token=mine'):
            self.fails(self.browser.get(f'/login/twitter?{query}'), 500, 'internal')

    def test_without_userinfo(self):
        user = self.browser.user('bare')
        self.assertEqual((user['id'], user['username'], user['issuer']), ('7', 'ann', 'bare'))

    def test_numbers_and_texts_as_id(self):
        for told, expected in (({'id': 12345678901234567}, '12345678901234567'), ({'user_id': 'u'}, 'u'),
                               ({'id': 'x', 'login': 'l'}, 'x')):
            self.provider('other').user = told
            self.assertEqual(self.browser.user('other')['id'], expected)

    def test_no_user(self):
        for told in ({}, {'id': ''}, {'id': None}, {'id': 1.5}, {'id_str': ['a'], 'id': 'b'}, {'id': 'x' * 300},
                     {'id': 'a\0b'}, {'name': 'n'}):
            with self.case(str(told)[:40]):
                self.provider('other').user = told
                self.fails(self.browser.login('other'), 502, 'bad_answer')

    def test_denied(self):
        p = self.provider('twitter')
        p.back = lambda token, _: [('denied', token)]
        back = self.back()
        self.fails(self.browser.finish(back), 403, 'denied', 'access_denied')
        self.fails(self.browser.finish(back), 403, 'bad_state')
        self.assertEqual(p.asked('access_token'), [])
        self.fails(self.browser.get('/done/twitter?denied=other'), 403, 'bad_state')
        self.fails(self.browser.get('/done/twitter?denied='), 403, 'bad_request')
        p.back = lambda token, _: [('oauth_token', token), ('oauth_problem', 'user_refused')]
        self.fails(self.browser.login('twitter'), 403, 'denied', 'access_denied')
        p.back = lambda token, _: [('oauth_token', token), ('oauth_problem', 'consumer_key_rejected')]
        self.fails(self.browser.login('twitter'), 502, 'refused', 'consumer_key_rejected')

    def test_c14_answers_count_once_and_in_their_browser(self):
        p, back = self.provider('twitter'), self.back()
        self.fails(Browser(self.server).finish(back), 403, 'bad_state')
        self.fails(self.browser.finish(back.replace('twitter', 'other')), 403, 'bad_state')
        self.assertEqual(p.asked('access_token'), [])
        self.assertEqual(self.browser.finish(back).status, 200)
        self.fails(self.browser.finish(back), 403, 'bad_state')
        self.assertEqual(len(p.asked('access_token')), 1)

    def test_c14_a_cookie_that_came_back_is_used_up(self):
        back = self.back()
        jar = dict(self.browser.jar)
        self.assertEqual(self.browser.finish(back).status, 200)
        self.browser.jar = jar
        self.fails(self.browser.finish(back), 403, 'bad_state', text='used before')

    def test_c14_session_fixation(self):
        """The attacker's own answer, in the victim's browser, which has a login of its own under way."""
        self.back()
        attacker = Browser(self.server)
        self.fails(self.browser.finish(attacker.visit(attacker.begin('twitter'))), 403, 'bad_state')

    def test_wrong_answers_of_the_browser(self):
        token = urllib.parse.quote_plus(param(self.back(), 'oauth_token'))
        for query, reason in (('', 'bad_request'), (f'oauth_token={token}', 'bad_request'),
                              ('oauth_verifier=v', 'bad_request'), ('oauth_token=x&oauth_verifier=v', 'bad_state'),
                              (f'oauth_token={token}&oauth_verifier=', 'bad_request'),
                              (f'oauth_token={token}&oauth_token={token}&oauth_verifier=v', 'bad_request'),
                              (f'oauth_token={"x" * 2000}&oauth_verifier=v', 'bad_request'),
                              ('oauth_problem=user_refused', 'bad_request')):
            with self.subTest(query[:60]):
                self.fails(self.browser.get(f'/done/twitter?{query}'), 403, reason)
        self.fails(self.browser.get(f'/done/twitter?oauth_token={token}&oauth_verifier=other'), 502, 'refused',
                   'bad_verifier')

    def test_call_back_that_is_not_confirmed(self):
        for edit in (lambda pairs: pairs[:2], lambda pairs: [*pairs[:2], ('oauth_callback_confirmed', 'false')],
                     lambda pairs: [*pairs[:2], ('oauth_callback_confirmed', 'True')]):
            self.provider('twitter').edit = edit
            self.fails_at_login('twitter', 502, 'bad_answer', text='confirm')
            self.assertEqual(self.browser.jar, {})

    def test_broken_tokens(self):
        edits = {'no secret': lambda p: [p[0], *p[2:]], 'no token': lambda p: p[1:],
                 'empty token': lambda p: [('oauth_token', ''), *p[1:]], 'twice': lambda p: [p[0], *p],
                 'long': lambda p: [('oauth_token', 'x' * 1100), *p[1:]],
                 'not UTF-8': lambda p: [*p, ('x', b'\xff')], 'NUL': lambda p: [*p, ('x\0y', '')],
                 'many': lambda p: [*p, *((f'x{i}', '') for i in range(100))]}
        for name, edit in edits.items():
            with self.case(name):
                self.provider('twitter').edit = edit
                self.fails_at_login('twitter', 502, 'bad_answer')
            with self.case(name + ', access'):
                back = self.back()
                self.provider('twitter').edit = edit
                self.fails(self.browser.finish(back), 502, 'bad_answer')

    def test_misbehaviour(self):
        answers = {'a page': (Answer(200, '<html>'), 502, 'bad_answer', None),
                   'nothing': (Answer(200, ''), 502, 'bad_answer', None),
                   'error': (Answer(401, 'no\x1b[31m'), 502, 'refused', None),
                   'problem': (Answer(401, 'oauth_problem=nonce_used'), 502, 'refused', 'nonce_used'),
                   'broken': (Answer(500, 'oops'), 502, 'bad_answer', None),
                   'redirect': (Answer(302, '', {'Location': '/elsewhere'}), 502, 'bad_answer', None),
                   'endless': (Answer(how='endless'), 502, 'bad_answer', None)}
        for endpoint in ('request_token', 'access_token', 'user_json'):
            for name, (answer, *expected) in answers.items():
                with self.case(f'{endpoint} {name}'):
                    self.provider('twitter').instead[endpoint] = answer
                    result = (self.browser.get('/login/twitter') if endpoint == 'request_token' else
                              self.browser.login('twitter'))
                    self.fails(result, *expected)
        self.provider('slow').instead['request_token'] = Answer(how='hang')
        self.fails_at_login('slow', 504, 'timed_out')
        self.fails_at_login('gone', 503, 'unreachable')

    def test_out_of_band(self):
        p, answer = self.provider('oob'), self.browser.get('/login/oob?next=/a')
        self.assertEqual((answer.status, answer['Content-Type']), (200, 'text/plain; charset=UTF-8'))
        token = param(answer.body.decode(), 'oauth_token')
        self.assertEqual(answer.body.decode(), f'{p.url}/authorize?oauth_token={urllib.parse.quote_plus(token)}')
        query = urllib.parse.urlencode({'oauth_token': token, 'oauth_verifier': p.pending[token][1]})
        user = json.loads(self.browser.get(f'/done/oob?{query}').body)
        self.assertEqual((user['id'], user['next']), ('38895958', '/a'))

    def test_resources(self):
        user = self.browser.user('other')
        tokens = {'token': user['tokens']['access_token'], 'secret': user['tokens']['token_secret']}
        url = f'{self.provider("other").url}/resource?q=a+b%20c&q=&e=%C3%A9'
        told = json.loads(self.browser.post('/fetch/other', url=url, **tokens).body)
        self.assertEqual(told, {'status': 200, 'body': 'GET q=a+b%20c&q=&e=%C3%A9 '})
        told = json.loads(self.browser.post('/fetch/other', url=url, x_status='Hello, wörld + more!', x_b='', **tokens).body)
        self.assertEqual(told['status'], 200)
        self.assertTrue(told['body'].startswith('POST q=a+b%20c&q=&e=%C3%A9 status=Hello'), told)


if __name__ == '__main__':
    gale_wire.main()
