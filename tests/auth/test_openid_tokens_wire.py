"""ID tokens and userinfo, true, false and encrypted: nothing counts before it is verified."""
# SPDX-License-Identifier: MIT
import json
import time

from login_case import LoginCase, gale_wire, key, openid
from gale_provider import Answer
from gale_tokens import base64url, encrypt_token, half_hash, hmac_signer, make_token

NOW = time.time


class Tokens(LoginCase):
    """What the provider sends."""

    @classmethod
    def configure(cls, host):
        return {**openid(host, 'op', keys=[key('RS256'), key('ES256'), key('EdDSA'), key('RS256', 2)]),
                **openid(host, 'one'), **openid(host, 'exact', options={'leeway': -1})}

    def bad_claims(self):
        op, now = self.provider('op'), int(NOW())
        return {
            'nonce of another': {'nonce': 'x' * 43}, 'no nonce': {'nonce': None}, 'nonce is empty': {'nonce': ''},
            'nonce no text': {'nonce': 7}, 'expired': {'exp': now - 120}, 'expired long ago': {'exp': 1},
            'no exp': {'exp': None}, 'exp no number': {'exp': str(now + 300)}, 'negative exp': {'exp': -1},
            'not valid yet': {'nbf': now + 600}, 'from the future': {'iat': now + 3600},
            'other iss': {'iss': self.provider('one').url}, 'iss and slash': {'iss': op.url + '/'},
            'no iss': {'iss': None}, 'iss a list': {'iss': [op.url]}, 'other aud': {'aud': 'somebody else'},
            'no aud': {'aud': None}, 'no auds': {'aud': []}, 'aud in part': {'aud': op.client_id[:-1]},
            'aud nested': {'aud': [[op.client_id]]},
            'auds without azp': {'aud': [op.client_id, 'another']},
            'azp of another': {'azp': 'another'}, 'auds, azp of another': {'aud': [op.client_id, 'b'], 'azp': 'b'},
            'no sub': {'sub': None}, 'empty sub': {'sub': ''}, 'sub no text': {'sub': 1001},
            'NUL in sub': {'sub': 'ann-1001\0evil'}, 'at_hash': {'at_hash': half_hash('RS256', 'another')},
            'at_hash no text': {'at_hash': 1}, 'at_hash empty': {'at_hash': ''},
        }

    def fails_good_after(self, name='op', status=502, reason='bad_token'):
        p = self.provider(name)
        told = self.fails(self.browser.login(name), status, reason)
        self.assertEqual(p.asked('userinfo'), [], 'asked with tokens that were not verified')
        p.behave()
        self.assertEqual(self.browser.user(name)['id'], 'ann-1001')
        return told

    def test_bad_claims(self):
        for name, changed in self.bad_claims().items():
            with self.case(name):
                self.provider('op').edit_claims = lambda c: {
                    n: v for n, v in {**c, **changed}.items() if v is not None}
                self.fails_good_after()

    def test_good_claims(self):
        op, now = self.provider('op'), int(NOW())
        for name, changed in {
                'aud a list': {'aud': [op.client_id]}, 'azp': {'azp': op.client_id}, 'no at_hash': {'at_hash': None},
                'just expired': {'exp': now - 20}, 'clock before ours': {'iat': now + 20, 'nbf': now + 20},
                'times with fractions': {'exp': now + 300.5, 'iat': now - 0.5},
                'further ones': {'deep': [[[[{'x': 1}]]]], 'ünï': '☃'}}.items():
            with self.case(name):
                op.edit_claims = lambda c: {n: v for n, v in {**c, **changed}.items() if v is not None}
                self.assertEqual(self.browser.user('op')['id'], 'ann-1001')

    def bad_tokens(self):
        rsa, ec, other = key('RS256'), key('ES256'), key('RS256', 3)

        def signed(by, **header):
            return lambda h, c: make_token({n: v for n, v in {**h, **header}.items() if v is not None}, c, by)

        def cut(h, c, how):
            return how(make_token(h, c, rsa.sign).split('.'))
        evil = {**other.jwk(), 'kid': rsa.kid}
        return {
            'none': signed(lambda _: b'', alg='none'), 'None': signed(lambda _: b'', alg='None'),
            'nOnE': signed(lambda _: b'', alg='nOnE', kid=None), 'no alg': signed(rsa.sign, alg=None),
            'none with a signature': signed(rsa.sign, alg='none'), 'alg a number': signed(rsa.sign, alg=256),
            'HS256 by the PEM': signed(hmac_signer(rsa.pem()), alg='HS256'),
            'HS256 by the PEM, no kid': signed(hmac_signer(rsa.pem()), alg='HS256', kid=None),
            'HS256 by the PEM, stripped': signed(hmac_signer(rsa.pem().strip()), alg='HS256'),
            'HS256 by the DER': signed(hmac_signer(rsa.der()), alg='HS256'),
            'HS256 by the JWK': signed(hmac_signer(json.dumps(rsa.jwk()).encode()), alg='HS256'),
            'HS256 by nothing': signed(hmac_signer(b''), alg='HS256', kid=None),
            'HS256 by the secret': signed(hmac_signer(self.provider('op').client_secret.encode()), alg='HS256'),
            'forged': signed(other.sign), 'forged, no kid': signed(other.sign, kid=None),
            'key of the token itself': signed(other.sign, jwk=evil),
            'key of the token itself, no kid': signed(other.sign, jwk=evil, kid=None),
            'key of an address': signed(other.sign, jku=self.provider('op').url + '/attacker-keys'),
            'certificate of an address': signed(other.sign, x5u=self.provider('op').url + '/attacker-keys'),
            'key unknown': signed(other.sign, kid=other.kid), 'kid no text': signed(rsa.sign, kid=1),
            'kid empty': signed(other.sign, kid=''), 'crit': signed(rsa.sign, crit=['exp'], exp=1),
            'b64': signed(rsa.sign, b64=False, crit=['b64']),
            'RSA key, ES256': signed(ec.sign, alg='ES256'), 'EC key, RS256': signed(rsa.sign, kid=ec.kid),
            'PS256 not taken': signed(rsa.renamed('x', 'PS256').sign, alg='PS256'),
            'EC signature of zeros': signed(lambda _: bytes(64), alg='ES256', kid=ec.kid),
            'EC signature as DER': signed(lambda d: b'\x30\x44' + ec.sign(d), alg='ES256', kid=ec.kid),
            'Ed signature of zeros': signed(lambda _: bytes(64), alg='EdDSA', kid=key('EdDSA').kid),
            'no signature': lambda h, c: cut(h, c, lambda p: f'{p[0]}.{p[1]}.'),
            'two parts': lambda h, c: cut(h, c, lambda p: f'{p[0]}.{p[1]}'),
            'signature cut': lambda h, c: cut(h, c, lambda p: f'{p[0]}.{p[1]}.{p[2][:-4]}'),
            'four parts': lambda h, c: cut(h, c, lambda p: '.'.join([*p, p[2]])),
            'five parts': lambda h, c: cut(h, c, lambda p: '.'.join([*p, p[2], p[2]])),
            'other claims': lambda h, c: cut(h, c, lambda p: '.'.join(
                [p[0], base64url(json.dumps({**c, 'sub': 'root'})), p[2]])),
            'padded': lambda h, c: cut(h, c, lambda p: f'{p[0]}.{p[1]}.{p[2]}=='),
            'blanks': lambda h, c: cut(h, c, lambda p: ' ' + '.'.join(p)),
            'line break': lambda h, c: cut(h, c, lambda p: '.'.join(p) + '\n'),
            'other alphabet': lambda h, c: cut(h, c, lambda p: f'{p[0]}.{p[1]}.+/{p[2][2:]}'),
            'claims a list': lambda h, c: make_token(h, [c], rsa.sign),
            'claims no JSON': lambda h, c: make_token(h, b'{"iss":', rsa.sign),
            'claims no UTF-8': lambda h, c: make_token(h, json.dumps({**c, 'x': '?'}).encode().replace(
                b'"?"', b'"\xff"'), rsa.sign),
            'claim twice': lambda h, c: make_token(h, json.dumps(c)[:-1].encode() + b', "sub": "root"}', rsa.sign),
            'deep': lambda h, c: make_token(h, json.dumps(c)[:-1].encode() + b', "x": ' + b'[' * 9000 + b']' * 9000
                                            + b'}', rsa.sign),
            'dots': lambda h, c: '..', 'empty': lambda h, c: '', 'words': lambda h, c: 'not a token',
            'huge': lambda h, c: make_token(h, {**c, 'x': 'x' * 100000}, rsa.sign),
        }

    def test_bad_tokens(self):
        for name, made in self.bad_tokens().items():
            with self.case(name):
                self.provider('op').make_id_token = made
                self.fails_good_after()

    def test_good_tokens(self):
        rsa, ec, ed = key('RS256'), key('ES256'), key('EdDSA')
        for name, made in {
                'no kid, several keys': lambda h, c: make_token({'alg': 'RS256'}, c, key('RS256', 2).sign),
                'no kid, ES256': lambda h, c: make_token({'alg': 'ES256'}, c, ec.sign),
                'EdDSA': lambda h, c: make_token({'alg': 'EdDSA', 'kid': ed.kid}, {
                    n: v for n, v in c.items() if n != 'at_hash'}, ed.sign),
                'no typ': lambda h, c: make_token({'alg': 'RS256', 'kid': rsa.kid}, c, rsa.sign),
                'further header': lambda h, c: make_token({**h, 'x': {'y': 1}, 'jwk': key('RS256', 3).jwk()}, c, rsa.sign),
                }.items():
            with self.case(name):
                self.provider('op').make_id_token = made
                self.assertEqual(self.browser.user('op')['id'], 'ann-1001')

    def test_token_answers(self):
        """Of the token end point, as far as OpenID Connect goes; more in test_oauth2_wire.py."""
        for name, reason, edit in [
                ('no ID token', 'bad_answer', lambda t: t.pop('id_token') and t),
                ('ID token no text', 'bad_answer', lambda t: {**t, 'id_token': {'iss': 'x'}}),
                ('no access token', 'bad_answer', lambda t: t.pop('access_token') and t)]:
            with self.case(name):
                self.provider('op').edit_tokens = edit
                self.fails_good_after(reason=reason)

    def test_auth_time(self):
        op = self.provider('op')
        for name, changed, is_good in [
                ('in time', {'auth_time': int(NOW()) - 100}, True), ('too long ago', {'auth_time': int(NOW()) - 900}, False),
                ('missing', {'auth_time': None}, False), ('no number', {'auth_time': 'now'}, False)]:
            with self.case(name):
                op.edit_claims = lambda c: {n: v for n, v in {**c, **changed}.items() if v is not None}
                answer = self.browser.login('op', 'max_age=300')
                self.assertEqual(op.asked('authorize')[0].params['max_age'], '300')
                if is_good:
                    self.assertEqual(answer.status, 200, answer.body)
                else:
                    self.fails(answer, 502, 'bad_token')
        self.setUp()
        self.browser.user('op', 'max_age=-1')
        self.assertEqual(op.asked('authorize')[0].params['max_age'], '0')

    def test_max_age_counts_from_the_question(self):
        """Not from the answer: who takes long at the provider has shown who it is all the same."""
        op = self.provider('exact')
        began = int(NOW())
        op.edit_claims = lambda c: {**c, 'auth_time': began}
        self.assertEqual(self.browser.user('exact', 'max_age=1')['auth_time'], began)
        back = self.browser.visit(self.browser.begin('exact', 'max_age=-1'))
        op.edit_claims = lambda c: {**c, 'auth_time': int(NOW())}
        self.assertEqual(self.browser.finish(back).status, 200)
        op.edit_claims = lambda c: {**c, 'auth_time': began - 5}
        self.fails(self.new_browser().login('exact', 'max_age=1'), 502, 'bad_token')

    def test_an_address_is_verified_by_who_tells_it(self):
        mine, other = 'ann@example.org', 'other@example.org'
        for name, token, info, expected in [
                ('of another', {'email': other}, {'email': mine, 'email_verified': True}, (other, False)),
                ('of none', {'email_verified': True}, {'email': other}, (other, False)),
                ('of the same', {'email': mine}, {'email': mine, 'email_verified': True}, (mine, True)),
                ('of the token', {'email': mine, 'email_verified': True}, {'email': other}, (mine, True)),
                ('not, says the token', {'email': mine, 'email_verified': False},
                 {'email': mine, 'email_verified': True}, (mine, False)),
                ('of userinfo', {}, {'email': mine, 'email_verified': True}, (mine, True))]:
            with self.case(name):
                op = self.provider('op')
                op.edit_claims = lambda c: {**c, **token}
                op.edit_user = lambda u: {'sub': u['sub'], **info}
                user = self.browser.user('op')
                self.assertEqual((user['email'], user['email_verified']), expected)
                self.assertEqual(user['claims'].get('email_verified') is True, expected[1])

    def test_userinfo(self):
        op = self.provider('op')
        signed = {'Content-Type': 'application/jwt'}
        wrong = {
            'sub of another': ('bad_token', lambda u: {**u, 'sub': 'bob'}),
            'no sub': ('bad_token', lambda u: {'name': 'x'}),
            'sub no text': ('bad_token', lambda u: {**u, 'sub': 1}),
            'a list': ('bad_answer', lambda u: Answer(200, [u])),
            'no JSON': ('bad_answer', lambda u: Answer(200, '{"sub":', {'Content-Type': 'application/json'})),
            'a page': ('bad_answer', lambda u: Answer(200, '<p>hello', {'Content-Type': 'text/html'})),
            'empty': ('bad_answer', lambda u: Answer(200, '')),
            'huge': ('bad_answer', lambda u: Answer(200, {**u, 'x': 'x' * (3 << 20)})),
            'endless': ('bad_answer', lambda u: Answer(200, how='endless')),
            'deep': ('bad_answer', lambda u: Answer(200, '[' * 100000, {'Content-Type': 'application/json'})),
            'redirected': ('bad_answer', lambda u: Answer(302, headers={'Location': op.url + '/elsewhere'})),
            'forged JWT': ('bad_token', lambda u: Answer(200, make_token(
                {'alg': 'RS256', 'kid': key('RS256').kid}, {**u, 'iss': op.url, 'aud': op.client_id},
                key('RS256', 3).sign), signed)),
            'JWT of none': ('bad_token', lambda u: Answer(200, make_token({'alg': 'none'}, u, lambda _: b''), signed)),
            'JWT for another': ('bad_token', lambda u: Answer(200, make_token(
                {'alg': 'RS256', 'kid': key('RS256').kid}, {**u, 'iss': op.url, 'aud': 'another'},
                key('RS256').sign), signed)),
            'JWT of another user': ('bad_token', lambda u: Answer(200, make_token(
                {'alg': 'RS256', 'kid': key('RS256').kid}, {**u, 'iss': op.url, 'aud': op.client_id, 'sub': 'bob'},
                key('RS256').sign), signed)),
        }
        for name, (reason, edit) in wrong.items():
            with self.case(name):
                op.edit_user = edit
                self.fails(self.browser.login('op'), 502, reason)
                op.behave()
                self.browser.user('op')
        with self.subTest('unauthorized'):
            op.instead['userinfo'] = Answer(401, '', {'WWW-Authenticate': 'Bearer error="invalid_token"'})
            self.assertEqual(self.browser.login('op').status, 502)
            op.behave()
        with self.subTest('signed as JWT'):
            op.edit_user = lambda u: Answer(200, make_token(
                {'alg': 'RS256', 'kid': key('RS256').kid}, {**u, 'iss': op.url, 'aud': op.client_id},
                key('RS256').sign), signed)
            self.assertEqual(self.browser.user('op')['name'], 'Ann Example')


class Encrypted(LoginCase):
    """ID tokens that are signed by the provider and encrypted to the site."""

    @classmethod
    def configure(cls, host):
        mine = json.dumps({'keys': [key('RS256', 4).private_jwk(), key('ES256', 4).private_jwk()]})
        return openid(host, 'op', options={'decryption_keys': mine})

    def encrypted(self, alg='RSA-OAEP-256', enc='A256GCM', to=None, inner=None, **how):
        to = to or key('ES256' if alg.startswith('ECDH') else 'RS256', 4)
        how = {'kid': to.kid, **how}

        def make(header, claims):
            signed = inner(header, claims) if inner else make_token(header, claims, key('RS256').sign)
            return encrypt_token(signed, alg, enc, to.private.public_key(), **how)
        self.provider('op').make_id_token = make

    def test_good(self):
        for alg, enc in (('RSA-OAEP', 'A128CBC-HS256'), ('RSA-OAEP-256', 'A256GCM'), ('ECDH-ES', 'A128GCM'),
                         ('ECDH-ES', 'A128CBC-HS256'), ('ECDH-ES+A256KW', 'A256CBC-HS512')):
            with self.case(f'{alg} {enc}'):
                self.encrypted(alg, enc)
                self.assertEqual(self.browser.user('op')['id'], 'ann-1001')
        with self.case('no kid'):
            self.encrypted(kid=None)
            self.browser.user('op')

    def test_bad(self):
        def spoiled(i):
            return lambda parts: [p if n != i else p[:-1] + bytes([p[-1] ^ 1]) for n, p in enumerate(parts)]
        for name, how in {
                'not taken': {'alg': 'RSA1_5'}, 'for another': {'to': key('RS256', 2), 'kid': None},
                'key spoiled': {'spoil': spoiled(1)}, 'iv spoiled': {'spoil': spoiled(2)},
                'content spoiled': {'spoil': spoiled(3)}, 'tag spoiled': {'spoil': spoiled(4)},
                'tag cut': {'spoil': lambda p: [*p[:4], p[4][:4]]}, 'no tag': {'spoil': lambda p: [*p[:4], b'']},
                'compressed': {'zip': 'DEF'}, 'crit': {'crit': ['x'], 'x': 1},
                'not signed inside': {'inner': lambda h, c: json.dumps(c)},
                'none inside': {'inner': lambda h, c: make_token({'alg': 'none'}, c, lambda _: b'')},
                'forged inside': {'inner': lambda h, c: make_token(h, c, key('RS256', 3).sign)},
                'claims of another': {'inner': lambda h, c: make_token(h, {**c, 'aud': 'x'}, key('RS256').sign)},
                'signed by the site': {'inner': lambda h, c: make_token({'alg': 'RS256'}, c, key('RS256', 4).sign)},
                }.items():
            with self.case(name):
                self.encrypted(**how)
                self.fails(self.browser.login('op'), 502, 'bad_token')
                self.assertEqual(self.provider('op').asked('userinfo'), [])
        self.setUp()
        self.browser.user('op')


if __name__ == '__main__':
    gale_wire.main()
