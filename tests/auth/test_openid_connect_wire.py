"""OpenID Connect over the wire, with a provider of the test's own that also misbehaves."""
# SPDX-License-Identifier: MIT
import base64
import json
import threading
import time
import urllib.parse

from login_case import LoginCase, gale_provider, gale_wire, key, openid
from gale_browser import param, with_params
from gale_provider import Answer

NOW = time.time


class Login(LoginCase):
    @classmethod
    def configure(cls, host):
        config = {
            **openid(host, 'op', keys=[key('RS256'), key('ES256'), key('EdDSA')]), **openid(host, 'other'),
            **openid(host, 'es256', 'ES256'), **openid(host, 'eddsa', 'EdDSA'),
            **openid(host, 'ps256', 'PS256'), **openid(host, 'named', 'PS256', {'algorithms': ['PS256']}),
            **openid(host, 'public', public=True), **openid(host, 'form', options={'response_mode': 'form_post'}),
            **openid(host, 'post', auth_methods=['client_secret_post', 'private_key_jwt']),
            **openid(host, 'basic', auth_methods=['client_secret_post', 'client_secret_basic']),
            **openid(host, 'quiet', options={'userinfo': -1}), **openid(host, 'no_iss'),
            **openid(host, 'brief', options={'state_max_age': 1e-6}),
            **openid(host, 'a/tenant'.replace('/', '-')),
        }
        return config

    def test_user(self):
        op = self.provider('op')
        user = self.browser.user('op', 'next=/members?x=1%262')
        tokens = user.pop('tokens')
        claims = user.pop('claims')
        auth_time = user.pop('auth_time')
        self.assertEqual(user, {
            'provider': 'op', 'issuer': op.url, 'id': 'ann-1001', 'name': 'Ann Example', 'first_name': 'Ann',
            'last_name': 'Example', 'username': 'ann', 'email': 'ann@example.org', 'email_verified': True,
            'locale': 'en-GB', 'picture': 'https://example.org/ann.png', 'next': '/members?x=1&2'})
        self.assertAlmostEqual(auth_time, NOW() - 10, delta=60)
        self.assertEqual((claims['iss'], claims['sub'], claims['aud']), (op.url, 'ann-1001', op.client_id))
        self.assertEqual(claims['preferred_username'], 'ann')
        self.assertIn(tokens['access_token'], op.access)
        self.assertIn(tokens['refresh_token'], op.refresh)
        self.assertEqual(tokens['json']['id_token'], tokens['id_token'])
        self.assertEqual((tokens['token_type'], tokens['scope']), ('Bearer', 'openid profile email'))
        self.assertAlmostEqual(tokens['expires'], NOW() + 3600, delta=60)
        self.assertEqual([r.endpoint for r in op.requests][-3:], ['authorize', 'token', 'userinfo'])

    def test_cookie(self):
        location = self.browser.begin('op', 'next=/somewhere-readable')
        request = dict(urllib.parse.parse_qsl(location.partition('?')[2]))
        login = max(self.browser.jar.values(), key=lambda c: len(c.value))
        for c in self.browser.jar.values():
            self.assertIn('httponly', c.attributes)
            self.assertEqual(c.same_site, 'Lax')
            self.assertEqual(c.path, '/done/op' if c is login else '/')  # the list of logins
            self.assertNotIn('domain', c.attributes)
            self.assertNotIn('secure', c.attributes)
            self.assertTrue(0 < int(c.attributes['max-age']) <= 600, c)
            self.assertLess(len(c.field), 2048)
        readable = login.value.encode()
        for piece in login.value.replace('|', '.').replace(':', '.').split('.'):
            for decode in (base64.b64decode, base64.urlsafe_b64decode):
                try:
                    readable += decode(piece + '=' * (-len(piece) % 4))
                except ValueError:
                    pass
        for text in (request['nonce'], request['state'], 'somewhere', 'done', request['code_challenge'], 'nonce'):
            self.assertNotIn(text.encode(), readable)
        self.assertEqual(self.browser.finish(self.browser.visit(location)).status, 200)
        self.assertEqual([c for c in self.browser.jar.values() if c.name == login.name], [])

    def test_cookie_of_a_site_with_tls(self):
        browser = self.new_browser(https=True)
        location = browser.begin('op')
        self.assertTrue(browser.jar)
        self.assertTrue(all(c.is_secure for c in browser.jar.values()), browser.jar)
        self.assertEqual(param(location, 'redirect_uri'), f'https://127.0.0.1:{self.server.port}/done/op')
        self.assertEqual(browser.finish(browser.visit(location)).status, 200)

    def test_form_post(self):
        """The answer comes by POST from another site: the cookie is SameSite=None, and needs TLS."""
        browser = self.new_browser(https=True)
        location = browser.begin('form')
        self.assertEqual(param(location, 'response_mode'), 'form_post')
        self.assertTrue(all(c.is_secure for c in browser.jar.values()), browser.jar)
        self.assertEqual([c.same_site for c in browser.jar.values() if c.path == '/done/form'], ['None'])
        back = browser.visit(location)
        self.assertIsInstance(back, tuple)
        self.fails(browser.get(f'{back[0]}?{back[1]}'), 403, 'bad_request')
        answer = browser.finish(back)
        self.assertEqual(answer.status, 200, answer.body)
        self.fails(browser.finish(back), 403, 'bad_state')

    def test_what_the_site_asks_for(self):
        location = self.browser.begin('op', 'prompt=login&login_hint=ann%40example.org&max_age=90&scope=openid+x'
                                      '&x_ui_locales=fr&x_acr_values=a+b')
        sent = dict(urllib.parse.parse_qsl(location.partition('?')[2]))
        for name, value in {'prompt': 'login', 'login_hint': 'ann@example.org', 'max_age': '90', 'scope': 'openid x',
                            'ui_locales': 'fr', 'acr_values': 'a b', 'response_type': 'code'}.items():
            self.assertEqual(sent[name], value)
        self.assertEqual(self.browser.finish(self.browser.visit(location)).status, 200)

    def test_parameters_of_the_protocol_are_not_the_callers(self):
        for name in ('state', 'nonce', 'redirect_uri', 'client_id', 'code_challenge', 'response_type'):
            with self.subTest(name):
                self.fails(self.browser.get(f'/login/op?x_{name}=evil'), 500, 'internal', text=name)

    def test_client_authentication(self):
        for name, how in (('op', 'basic'), ('post', 'post'), ('basic', 'basic'), ('public', 'none')):
            with self.subTest(name):
                self.browser.user(name)
                request, = self.provider(name).asked('token')
                found = 'basic' if 'Authorization' in request.headers else (
                    'post' if 'client_secret' in request.form else 'none')
                self.assertEqual(found, how)

    def test_algorithms(self):
        for name in ('es256', 'eddsa', 'named'):
            with self.subTest(name):
                self.assertEqual(self.browser.user(name)['id'], 'ann-1001')
        self.fails(self.browser.login('ps256'), 502, 'bad_token')

    def test_without_userinfo(self):
        user = self.browser.user('quiet')
        self.assertEqual((user['id'], user['name']), ('ann-1001', None))
        self.assertEqual(self.provider('quiet').asked('userinfo'), [])

    def test_state_grows_old(self):
        self.browser.begin('brief')
        jar = dict(self.browser.jar)
        location = self.browser.begin('brief')
        self.browser.jar.update(jar)
        self.fails(self.browser.finish(self.browser.visit(location)), 403, 'bad_state')
        self.assertEqual(self.provider('brief').asked('token'), [])


class Forgery(LoginCase):
    """What a browser may bring that is not its own login's answer."""

    @classmethod
    def configure(cls, host):
        return {**openid(host, 'op'), **openid(host, 'other'), **openid(host, 'no_iss', has_iss=False)}

    def asked_for_tokens(self):
        return [r for p in self.host.providers.values() for r in p.asked('token')]

    def test_another_browser_cannot_finish_it(self):
        """Login CSRF: the victim is sent the attacker's answer."""
        attacker, victim = self.new_browser(), self.new_browser()
        back = attacker.visit(attacker.begin('op'))
        self.fails(victim.finish(back), 403, 'bad_state')
        own = victim.visit(victim.begin('op'))
        self.fails(victim.finish(back), 403, 'bad_state')
        self.fails(victim.finish(with_params(own, state=param(back, 'state'))), 403, 'bad_state')
        self.assertEqual(self.asked_for_tokens(), [])
        self.assertEqual(victim.finish(own).status, 200)
        self.assertEqual(attacker.finish(back).status, 200)

    def test_code_of_another_login(self):
        """Code injection: the state is the victim's, the code the attacker's: PKCE does not fit."""
        attacker, victim = self.new_browser(), self.new_browser()
        stolen = attacker.visit(attacker.begin('op'))
        own = victim.visit(victim.begin('op'))
        self.fails(victim.finish(with_params(own, code=param(stolen, 'code'))), 502, 'refused', 'invalid_grant')
        self.assertIn('verifier and challenge', self.provider('op').complaints.pop())

    def test_replay(self):
        op = self.provider('op')
        back = self.browser.visit(self.browser.begin('op'))
        jar = dict(self.browser.jar)
        self.assertEqual(self.browser.finish(back).status, 200)
        self.fails(self.browser.finish(back), 403, 'bad_state')
        self.browser.jar = dict(jar)
        self.fails(self.browser.finish(back), 403, 'bad_state')
        # Even when the provider takes a code again.
        op.is_forgetful = True
        self.browser.jar = dict(jar)
        self.fails(self.browser.finish(back), 403, 'bad_state')
        self.assertEqual(len(op.asked('token')), 1)

    def test_replay_at_once(self):
        """Of the same answer many times at the same moment one counts."""
        self.provider('op').is_forgetful = True
        back = self.browser.visit(self.browser.begin('op'))
        jar, answers = dict(self.browser.jar), []

        def bring():
            browser = self.new_browser()
            browser.jar = dict(jar)
            answers.append(browser.finish(back).status)
        threads = [threading.Thread(target=bring) for _ in range(6)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(sorted(answers), [200] + [403] * 5)

    def test_replay_after_a_failure(self):
        """A login that failed is over too."""
        self.provider('op').edit_claims = lambda c: {**c, 'nonce': 'other'}
        back = self.browser.visit(self.browser.begin('op'))
        jar = dict(self.browser.jar)
        self.fails(self.browser.finish(back), 502, 'bad_token')
        self.browser.jar = jar
        self.fails(self.browser.finish(back), 403, 'bad_state')

    def test_head_uses_nothing_up(self):
        """Who looks at a link before it is followed does not take the answer."""
        back = self.browser.visit(self.browser.begin('op'))
        cookies = '; '.join(f'{c.name}={c.value}' for c in self.browser.jar.values())
        with self.server.connect() as c:
            c.send(f'HEAD {back} HTTP/1.1\r\nHost: 127.0.0.1:{self.server.port}\r\nCookie: {cookies}\r\n\r\n')
            answer = c.response(head_only=True)
        self.assertEqual((answer.status, answer.all('Set-Cookie')), (403, []))
        self.assertEqual(self.asked_for_tokens(), [])
        self.assertEqual(self.browser.finish(back).status, 200)

    def test_tabs(self):
        """Five logins in one browser at once, finished in another order."""
        backs = [(n, self.browser.visit(self.browser.begin('op', f'next=/tab{n}'))) for n in range(5)]
        for n, back in backs[::-1]:
            answer = self.browser.finish(back)
            self.assertEqual((answer.status, json.loads(answer.body)['next']), (200, f'/tab{n}'))

    def test_logins_that_are_given_up(self):
        """The browser's cookies do not grow with them: the site stays usable."""
        for n in range(30):
            self.browser.begin('op')
        self.assertLess(sum(len(c.name) + len(c.value) for c in self.browser.jar.values()), 8192)
        self.browser.user('op')

    def test_answers_of_wrong_form(self):
        wrong = {
            'no state': ('bad_request', lambda b: with_params(b, state=None)),
            'empty state': ('bad_request', lambda b: with_params(b, state='')),
            'other state': ('bad_state', lambda b: with_params(b, state='x' * 43)),
            'state of control characters': ('bad_state', lambda b: with_params(b, state='a\r\nb\0c; d=e')),
            'state cut': ('bad_state', lambda b: with_params(b, state=param(b, 'state')[:-1])),
            'state and more': ('bad_state', lambda b: with_params(b, state=param(b, 'state') + 'x')),
            'state twice': ('bad_request', lambda b: with_params(b, ('state', param(b, 'state')))),
            'two states': ('bad_request', lambda b: with_params(b, ('state', 'x' * 43))),
            'code twice': ('bad_request', lambda b: with_params(b, ('code', 'x'))),
            'error and code': ('bad_request', lambda b: with_params(b, ('error', 'access_denied'))),
            'no code': ('bad_request', lambda b: with_params(b, code=None)),
            'empty code': ('bad_request', lambda b: with_params(b, code='')),
            'huge code': ('bad_request', lambda b: with_params(b, code='x' * 5000)),
            'huge state': ('bad_request', lambda b: with_params(b, state='x' * 5000)),
            'nothing': ('bad_request', lambda b: b.partition('?')[0]),
        }
        for name, (reason, change) in wrong.items():
            with self.case(name):
                back = self.browser.visit(self.browser.begin('op'))
                self.fails(self.browser.finish(change(back)), 403, reason)
                self.assertEqual(self.asked_for_tokens(), [])
        self.browser.user('op')

    def test_cookie_of_wrong_form(self):
        def change(value, i):
            return value[:i] + ('A' if value[i] != 'A' else 'B') + value[i + 1:]
        for name, case in [(n, n) for n in ('begin', 'middle', 'end', 'cut', 'empty', 'other login', 'other provider')]:
            with self.case(name):
                other = self.browser.visit(self.browser.begin('other' if case == 'other provider' else 'op'))
                others = {c.name: c for c in self.browser.jar.values()}
                if case == 'other provider':
                    self.browser.jar.clear()
                back = self.browser.visit(self.browser.begin('op'))
                mine = [c for c in self.browser.jar.values() if c.name not in others]
                login = max(mine, key=lambda c: len(c.value))
                v = login.value
                login.value = {'begin': change(v, 0), 'middle': change(v, len(v) // 2), 'end': change(v, len(v) - 3),
                               'cut': v[:-8], 'empty': ''}.get(case) if 'other' not in case else max(
                                   others.values(), key=lambda c: len(c.value)).value
                self.fails(self.browser.finish(back), 403, 'bad_state')
                self.assertEqual(self.asked_for_tokens(), [])
                self.assertTrue(other)

    def test_mix_up(self):
        """The answer is another provider's: no code goes to where it was not begun (RFC 9207)."""
        op, other, no_iss = (self.provider(n) for n in ('op', 'other', 'no_iss'))
        wrong = {
            'iss of another': (op, lambda pairs: [(n, other.url if n == 'iss' else v) for n, v in pairs]),
            'iss and a slash': (op, lambda pairs: [(n, v + '/' if n == 'iss' else v) for n, v in pairs]),
            'iss is missing': (op, lambda pairs: pairs[:-1]),
            'iss is empty': (op, lambda pairs: [*pairs[:-1], ('iss', '')]),
            'iss where none was promised': (no_iss, lambda pairs: [*pairs, ('iss', op.url)]),
        }
        for name, (p, edit) in wrong.items():
            with self.case(name):
                p.edit_answer = edit
                self.fails(self.browser.login(p.name), 403, 'mix_up')
                self.assertEqual(self.asked_for_tokens(), [])
                p.reset()
                self.browser.user(p.name)
        with self.subTest('an error of another'):
            op.denial, op.edit_answer = [('error', 'access_denied')], wrong['iss of another'][1]
            self.fails(self.browser.login('op'), 403, 'mix_up')

    def test_wrong_call_back(self):
        """Begun at one provider, brought to the address of another."""
        back = self.browser.visit(self.browser.begin('op'))
        for c in self.browser.jar.values():
            c.path = '/'
        for change in (lambda b: b, lambda b: with_params(b, iss=self.provider('other').url)):
            told = json.loads(self.browser.finish(change(back.replace('/done/op', '/done/other'))).body)
            self.assertIn((told['status'], told['reason']), [(403, 'mix_up'), (403, 'bad_state')])
        self.assertEqual(self.asked_for_tokens(), [])

    def test_next_is_local(self):
        for wanted, gets in (
                ('/a?b=c%26d', '/a?b=c%26d'), ('//evil.example/', '/'), ('https://evil.example/', '/'),
                ('/\\evil.example', '/'), ('\\\\evil.example', '/'), ('/\t/evil.example', '/'),
                ('/\n/evil.example', '/'), ('///evil.example', '/'), ('javascript:alert(1)', '/'),
                ('evil.example', '/'), ('', '/'), ('/ok\r\nSet-Cookie: a=b', '/'), ('/\x00/evil', '/ /evil'),
                (' //evil.example', '/'), ('/%09/evil.example', '/%09/evil.example')):
            with self.subTest(wanted):
                query = urllib.parse.urlencode({'next': wanted})
                self.assertEqual(self.browser.user('op', query)['next'], gets)
        for wanted in ('/%FF', '/%C3'):
            with self.subTest('no UTF-8', wanted=wanted):
                self.fails(self.browser.get(f'/login/op?next={wanted}'), 403, 'bad_request', text='next|UTF|unicode')
        for wanted in ('//evil.example/', 'https://evil.example/', '/\\evil.example', '/\t/evil.example'):
            with self.subTest('of the caller', wanted=wanted):
                self.fails(self.browser.get('/login/op?' + urllib.parse.urlencode({'to': wanted})), 500, 'internal')

    def test_error_answers(self):
        op = self.provider('op')
        for error, reason, status in (
                ('access_denied', 'denied', 403), ('login_required', 'interaction', 403),
                ('interaction_required', 'interaction', 403), ('consent_required', 'interaction', 403),
                ('account_selection_required', 'interaction', 403), ('server_error', 'refused', 502),
                ('temporarily_unavailable', 'refused', 502), ('invalid_scope', 'refused', 502),
                ('unauthorized_client', 'refused', 502), ('of_its_own', 'refused', 502)):
            with self.subTest(error):
                op.denial = [('error', error), ('error_description', 'Because <b>so</b>.')]
                told = self.fails(self.browser.login('op'), status, reason, error)
                self.assertEqual(told['description'], 'Because <b>so</b>.')
        op.denial = [('error', 'access_denied\x1b[31m\r\nFORGED 1'), ('error_description', 'x\r\nFORGED 2\x1b[0m' * 300)]
        self.browser.login('op')
        op.denial = [('error', '')]
        self.fails(self.browser.login('op'), 403, 'bad_request')
        # An error that nobody asked for says nothing.
        self.fails(self.browser.get('/done/op?error=access_denied&state=' + 'x' * 43), 403, 'bad_state')
        self.server.take_output()
        self.assertNotIn(b'\nFORGED', self.server.output)
        op.reset()
        self.browser.user('op')


class LongNext(LoginCase):
    """What a browser would not keep is not asked of it."""
    longest_line = 7000

    @classmethod
    def configure(cls, host):
        return openid(host, 'op')

    def test_next_fits_a_cookie(self):
        for wanted, gets in (('a' * 1000, 'a' * 1000), ('a' * 1100, ''), ('%D1%8F' * 20, 'я' * 20),
                             ('%D1%8F' * 500, ''), ('%22' * 1000, '"' * 1000)):
            with self.case(wanted[:6]):
                location = self.browser.begin('op', f'next=/{wanted}')
                self.assertTrue(all(len(c.field) < 4000 for c in self.browser.jar.values()), location)
                answer = self.browser.finish(self.browser.visit(location))
                self.assertEqual(json.loads(answer.body)['next'], '/' + gets)


class Https(LoginCase):
    """A provider that is asked over TLS."""
    tls = True

    @classmethod
    def configure(cls, host):
        config = openid(host, 'op')
        for name in ('authorization_endpoint', 'token_endpoint', 'jwks_uri', 'userinfo_endpoint',
                     'end_session_endpoint', 'revocation_endpoint'):
            config.update(openid(host, name))
        return config

    def test_user(self):
        self.assertTrue(self.browser.begin('op').startswith('https://'))
        self.assertEqual(self.browser.user('op')['id'], 'ann-1001')

    def test_leads_to_nothing_of_this_machine(self):
        """http is for trying on loopback: a provider elsewhere may not name what listens there."""
        for name in sorted(self.host.providers.keys() - {'op'}):
            for url in ('http://127.0.0.1:6379/', 'HTTP://localhost/admin'):
                with self.subTest(name, url=url):
                    self.provider(name).edit_discovery = lambda d: {**d, name: url}
                    self.fails(self.browser.get('/login/' + name), 502, 'bad_answer', text=name)


class Keys(LoginCase):
    """Discovery and keys."""

    @classmethod
    def configure(cls, host):
        config = {}
        for name in ('once', 'at_once', 'rotated', 'unnamed', 'secret', 'flood', 'disc', *(f'keys{n}' for n in range(6))):
            config.update(openid(host, name))
        config.update(openid(host, 'slow', options={'request_timeout': 0.25}))
        config['gone'] = {**host.add(gale_provider.OpenID, 'gone', keys=[key('RS256')]).options(),
                          'issuer': host.gone_url}
        return config

    def test_fetched_once(self):
        for _ in range(3):
            self.browser.user('once')
        p = self.provider('once')
        self.assertEqual((len(p.asked('discovery')), len(p.asked('jwks'))), (1, 1))

    def test_fetched_once_by_many(self):
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(self.new_browser().login('at_once').status))
                   for _ in range(6)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(answers, [200] * 6)

    def test_rotation(self):
        p = self.provider('rotated')
        self.browser.user('rotated')
        began = self.browser.visit(self.browser.begin('rotated'))
        p.keys = [key('ES256'), key('RS256')]
        self.browser.user('rotated')
        self.assertEqual(self.browser.finish(began).status, 200)
        self.assertEqual(len(p.asked('jwks')), 2)
        # The old key is withdrawn: what it signs counts as long as its set is kept, then no more.
        p.keys = [key('ES256')]
        self.browser.user('rotated')
        self.assertEqual(len(p.asked('jwks')), 2)

    def test_rotation_of_keys_without_names(self):
        p = self.provider('unnamed')
        p.edit_header = lambda h: {n: v for n, v in h.items() if n != 'kid'}
        p.edit_keys = lambda s: {'keys': [{n: v for n, v in k.items() if n != 'kid'} for k in s['keys']]}
        self.browser.user('unnamed')
        p.keys = [key('RS256', 3)]
        self.browser.user('unnamed')
        self.assertEqual(len(p.asked('jwks')), 2)
        p.keys = [key('RS256', 2)]  # so soon again: nobody makes the site ask each time
        for _ in range(3):
            self.fails(self.browser.login('unnamed'), 502, 'bad_token')
        self.assertEqual(len(p.asked('jwks')), 2)

    def test_published_secrets_are_no_keys(self):
        p = self.provider('secret')
        secret = {'kty': 'oct', 'k': 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0'}
        p.edit_keys = lambda s: {'keys': [secret, {**s['keys'][0], 'd': 'AQAB'}]}
        self.fails(self.browser.login('secret'), 502, 'bad_answer', text='not public')
        p.edit_keys = lambda s: {'keys': [secret, *s['keys']]}
        self.browser.user('secret')

    def test_flood_of_unknown_keys(self):
        p = self.provider('flood')
        self.browser.user('flood')
        for n in range(6):
            p.edit_header = lambda h: {**h, 'kid': f'unknown-{n}'}
            self.fails(self.browser.login('flood'), 502, 'bad_token')
        self.assertEqual(len(p.asked('jwks')), 2)
        p.behave()
        self.browser.user('flood')

    def test_bad_key_sets(self):
        for i, (name, instead) in enumerate([
                ('no JSON', Answer(200, '{')), ('no set', Answer(200, [1])), ('empty', Answer(200, {'keys': []})),
                ('missing', Answer(404, 'no')), ('endless', Answer(200, how='endless')),
                ('too small', Answer(200, {'keys': [{'kty': 'RSA', 'n': 'AQAB', 'e': 'AQAB', 'kid': 'RS256-1'}]}))]):
            with self.case(name):
                p = self.provider(f'keys{i}')
                p.instead['jwks'] = instead
                told = json.loads(self.browser.login(p.name).body)
                self.assertIn((told['status'], told['reason']), [(502, 'bad_answer'), (502, 'bad_token')])
                p.behave()
                self.browser.user(p.name)

    def test_bad_discovery(self):
        p = self.provider('disc')
        d = p.discovery()

        def less(name):
            return {n: v for n, v in d.items() if n != name}
        for name, wrong in {
                'other issuer': {**d, 'issuer': self.provider('once').url}, 'issuer and slash': {**d, 'issuer': p.url + '/'},
                'no issuer': less('issuer'), 'issuer no text': {**d, 'issuer': 1},
                'no authorization_endpoint': less('authorization_endpoint'), 'no token_endpoint': less('token_endpoint'),
                'no jwks_uri': less('jwks_uri'), 'end point no text': {**d, 'token_endpoint': [d['token_endpoint']]},
                'script': {**d, 'authorization_endpoint': 'javascript:alert(1)'},
                'plain http elsewhere': {**d, 'token_endpoint': 'http://provider.example/token'},
                'keys by plain http': {**d, 'jwks_uri': 'http://provider.example/keys'},
                'a file': {**d, 'jwks_uri': 'file:///etc/passwd'}, 'relative': {**d, 'token_endpoint': '/token'},
                'no JSON': Answer(200, '{"issuer":'), 'a list': Answer(200, [d]), 'empty': Answer(200, ''),
                'missing': Answer(404, 'no'), 'cut': Answer(200, d, how='cut'), 'endless': Answer(200, how='endless'),
                'deep': Answer(200, '[' * 50000), 'broken': Answer(500, 'no'),
                'redirected': Answer(302, headers={'Location': p.url + '/elsewhere'})}.items():
            with self.case(name):
                p.edit_discovery = lambda _: wrong
                answer = self.browser.get('/login/disc')
                self.fails(answer, 502, 'bad_answer')
                self.assertEqual(p.asked('authorize'), [])
        self.assertLess(self.host.endless_bytes, 64 << 20)
        p.behave()
        self.browser.user('disc')

    def test_slow(self):
        p = self.provider('slow')
        p.instead['discovery'] = Answer(how='hang')
        self.fails(self.browser.get('/login/slow'), 504, 'timed_out')

    def test_gone(self):
        self.fails(self.browser.get('/login/gone'), 503, 'unreachable')


class Afterwards(LoginCase):
    """Refresh, logout, revocation, the user's resources."""

    @classmethod
    def configure(cls, host):
        return openid(host, 'op')

    def call(self, what, **form):
        return json.loads(self.browser.post(f'/{what}/op', **form).body)

    def test_refresh(self):
        op = self.provider('op')
        tokens = self.browser.user('op')['tokens']
        new = self.call('refresh', token=tokens['refresh_token'], subject='ann-1001')
        self.assertIn(new['access_token'], op.access)
        self.assertNotEqual(new['access_token'], tokens['access_token'])
        self.assertIn(new['refresh_token'], op.refresh)
        self.assertTrue(new['id_token'])
        # The same one once more: used up.
        self.assertEqual(self.call('refresh', token=tokens['refresh_token'])['code'], 'GALE_EAUTH')
        # Without a new one the old one stays.
        op.edit_tokens = lambda t: {n: v for n, v in t.items() if n not in ('refresh_token', 'id_token')}
        again = self.call('refresh', token=new['refresh_token'], subject='ann-1001')
        self.assertEqual(again['refresh_token'], new['refresh_token'])
        self.assertIsNone(again['id_token'])

    def test_refresh_that_is_not_believed(self):
        op = self.provider('op')
        for name, changed in {
                'another user': {'sub': 'bob'}, 'other issuer': {'iss': 'https://example.org'},
                'other audience': {'aud': 'x'}, 'expired': {'exp': 1}}.items():
            with self.case(name):
                token = self.browser.user('op')['tokens']['refresh_token']
                op.edit_claims = lambda c: {**c, **changed}
                told = self.call('refresh', token=token, subject='ann-1001')
                self.assertIn(told.get('code'), ('GALE_EAUTH', 'GALE_EPROTO'), told)

    def test_revoke(self):
        op = self.provider('op')
        tokens = self.browser.user('op')['tokens']
        self.assertEqual(self.call('revoke', token=tokens['refresh_token'])['code'], '0')
        self.assertNotIn(tokens['refresh_token'], op.refresh)
        self.assertEqual(self.call('refresh', token=tokens['refresh_token'])['code'], 'GALE_EAUTH')

    def test_resource(self):
        op = self.provider('op')
        token = self.browser.user('op')['tokens']['access_token']
        self.assertEqual(self.call('fetch', token=token, url=op.url + '/resource'),
                         {'status': 200, 'body': '{"things": 3}'})
        op.instead['resource'] = Answer(302, headers={'Location': op.url + '/elsewhere'})
        self.assertEqual(self.call('fetch', token=token, url=op.url + '/resource')['status'], 302)
        told = self.call('fetch', token=token, url='http://provider.example/resource')
        self.assertEqual(told['code'], 'GALE_EINVAL')

    def test_logout(self):
        op = self.provider('op')
        token = self.browser.user('op')['tokens']['id_token']
        for form in ({'id_token': token, 'next': '/bye'}, {'next': '/bye'}):
            with self.subTest(sorted(form)):
                answer = self.browser.post('/logout/op', **form)
                self.assertIn(answer.status, (302, 303))
                self.assertTrue(answer['Location'].startswith(op.url + '/end_session?'), answer)
                back = self.browser.visit(answer['Location'])
                self.assertEqual(back.partition('?')[0], '/bye')
        for evil in ('//evil.example', 'https://evil.example/', '/\\evil.example'):
            with self.subTest(evil):
                answer = self.browser.post('/logout/op', id_token=token, next=evil)
                self.assertNotIn('evil', answer['Location'] or '')


class Workers(LoginCase):
    """A login begun in one process, or thread, ends in another."""
    args = ('--workers=2',)

    @classmethod
    def configure(cls, host):
        return openid(host, 'op')

    def two(self):
        """A connection to each of two processes or threads."""
        found = {}
        for _ in range(200):
            c = self.server.connect()
            self.addCleanup(c.close)
            c.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
            found.setdefault(c.response()['X-Served-By'], c)
            if len(found) == 2:
                return list(found.values())
        self.fail(f'all by one: {found}')

    def test_begun_here_finished_there(self):
        here, there = self.two()
        for a, b in ((here, there), (there, here)):
            browser = self.new_browser(connection=a)
            back = browser.visit(browser.begin('op'))
            jar = dict(browser.jar)
            browser.connection = b
            answer = browser.finish(back)
            self.assertEqual(answer.status, 200, answer.body)
            for again in (a, b):
                browser.connection, browser.jar = again, dict(jar)
                self.assertNotEqual(browser.finish(back).status, 200)


class Threads(Workers):
    args = ('--threads=2',)


class NoSecret(LoginCase):
    @classmethod
    def configure(cls, host):
        return {**openid(host, 'op'), 'no_secret': True}

    def test_needs_cookie_secret(self):
        self.fails(self.browser.get('/login/op'), 500, 'internal', text='cookie_secret')


if __name__ == '__main__':
    gale_wire.main()
