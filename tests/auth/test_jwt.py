"""test_jwt - keys and tokens: the vectors of the RFCs, other implementations, what is not believed.

RFC 7515 (signed), 7516 (encrypted), 7517 (keys), 7518 (algorithms), 7519 (tokens), 7636 (PKCE), 8037
(EdDSA, X25519). Tokens go to and fro between gale/jwt.h and Debian's python3-jwcrypto.
"""
# SPDX-License-Identifier: MIT
import base64
import datetime
import hashlib
import json
import pathlib
import random
import subprocess
import sys
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

try:
    from jwcrypto import jwe, jwk, jws
except ImportError:
    jwe = None

VECTORS = json.loads((pathlib.Path(__file__).parent / 'jose_vectors.json').read_text())
JOE = {'iss': 'joe', 'exp': 1300819380, 'http://example.com/is_root': True}
NOW = 1300819000
SIGNING = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA',
           'HS256', 'HS384', 'HS512']
CONTENTS = ['A128CBC-HS256', 'A192CBC-HS384', 'A256CBC-HS512', 'A128GCM', 'A192GCM', 'A256GCM']


def b64(data):
    return base64.urlsafe_b64encode(data if isinstance(data, bytes) else data.encode()).rstrip(b'=').decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


def token_of(header, payload, signature=b''):
    return '.'.join([b64(json.dumps(header)), b64(json.dumps(payload)), b64(signature)])


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tool = subprocess.Popen([sys.argv[1]] if len(sys.argv) > 1 else ['jwt_tool'], text=True,
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    @classmethod
    def tearDownClass(cls):
        cls.tool.stdin.close()
        cls.tool.stdout.close()
        assert cls.tool.wait() == 0

    def ask(self, op, **args):
        self.tool.stdin.write(json.dumps({'op': op, **args}) + '\n')
        self.tool.stdin.flush()
        return json.loads(self.tool.stdout.readline())

    def verify(self, token, keys, decryption_keys=None, **rules):
        args = {'decryption_keys': decryption_keys} if decryption_keys else {}
        return self.ask('verify', token=token, keys=keys, rules=rules, **args)

    def refused(self, error, text, *args, **kwargs):
        answer = self.verify(*args, **kwargs)
        self.assertEqual(answer.get('error'), error, answer)
        self.assertRegex(answer['text'], text)


class Vectors(Case):
    def test_rfc7515_a1_to_a3(self):
        for name, alg in (('a1', 'HS256'), ('a2', 'RS256'), ('a3', 'ES256')):
            v = VECTORS['rfc7515_' + name]
            answer = self.verify(v['token'], v['key'], algorithms=[alg], now=NOW)
            self.assertEqual(answer, {'claims': JOE}, name)
            self.refused('GALE_ETIMEDOUT', 'expired', v['token'], v['key'], algorithms=[alg])

    def test_rfc7515_a4_es512(self):
        v = VECTORS['rfc7515_a4']    # its payload is the text "Payload", which are no claims
        self.refused('GALE_EPROTO', 'payload', v['token'], v['key'], algorithms=['ES512'])
        self.refused('GALE_EAUTH', 'signature', v['token'][:-4] + 'AAAA', v['key'], algorithms=['ES512'])

    def test_rfc7515_a5_and_a6_are_not_believed(self):
        key = VECTORS['rfc7515_a1']['key']
        for algorithms in (None, ['none'], ['none', 'HS256']):
            rules = {'algorithms': algorithms} if algorithms else {}
            self.refused('GALE_EAUTH', "algorithm 'none'", VECTORS['rfc7515_a5']['token'], key, now=NOW, **rules)
        self.refused('GALE_EPROTO', 'no token', VECTORS['rfc7515_a6']['token'], key, now=NOW)

    def test_rfc7516(self):
        for name, rules in (('a1', {}), ('a2', {'encryption_algorithms': ['RSA1_5']}),
                            ('a3', {'encryption_algorithms': ['A128KW']})):
            v = VECTORS['rfc7516_' + name]
            answer = self.ask('decrypt', token=v['token'], decryption_keys=v['key'], rules=rules)
            self.assertEqual(answer.get('plain'), v['plain'], (name, answer))
        answer = self.ask('decrypt', token=v['token'], decryption_keys=v['key'], rules={})
        self.assertRegex(answer['text'], "'A128KW', which is not taken")

    def test_rfc7517(self):
        public = self.ask('keys', keys=VECTORS['rfc7517_a1'])
        self.assertEqual(public['count'], 2)
        for told, key in zip(public['public']['keys'], VECTORS['rfc7517_a1']['keys']):
            self.assertEqual({k: told.get(k) for k in key}, key)
        private = self.ask('keys', keys=VECTORS['rfc7517_a2'])
        self.assertEqual(private['count'], 2)
        for told, key in zip(private['public']['keys'], VECTORS['rfc7517_a2']['keys']):
            self.assertFalse({'d', 'p', 'q', 'dp', 'dq', 'qi'} & set(told))
            self.assertEqual([told.get(k) for k in ('n', 'x', 'y')], [key.get(k) for k in ('n', 'x', 'y')])
        symmetric = self.ask('keys', keys=VECTORS['rfc7517_a3'])
        self.assertEqual(symmetric, {'count': 2, 'public': {'keys': []}})
        self.assertEqual(self.ask('keys', keys=VECTORS['rfc7517_b'])['count'], 1)

    def test_rfc7518_b_content_encryption(self):
        rows = {
            'A128CBC-HS256': (32, 'c80edfa32ddf39d5ef00c0b468834279a2e46a1b8049f792f76bfe54b903a9c9a94ac9b47ad2655c5f'
                              '10f9aef71427e2fc6f9b3f399a221489f16362c703233609d45ac69864e3321cf82935ac4096c86e133314'
                              'c54019e8ca7980dfa4b9cf1b384c486f3a54c51078158ee5d79de59fbd34d848b3d69550a6764634442'
                              '7ade54b8851ffb598f7f80074b9473c82e2db', '652c3fa36b0a7c5b3219fab3a30bc1c4'),
            'A192CBC-HS384': (48, 'ea65da6b59e61edb419be62d19712ae5d303eeb50052d0dfd6697f77224c8edb000d279bdc14c10726'
                              '54bd30944230c657bed4ca0c9f4a8466f22b226d1746214bf8cfc2400add9f5126e479663fc90b3bed787a'
                              '2f0ffcbf3904be2a641d5c2105bfe591bae23b1d7449e532eef60a9ac8bb6c6b01d35d49787bcd57ef48'
                              '4927f280adc91ac0c4e79c7b11efc60054e3', '8490ac0e58949bfe51875d733f93ac2075168039ccc733d7'),
            'A256CBC-HS512': (64, '4affaaadb78c31c5da4b1b590d10ffbd3dd8d5d302423526912da037ecbcc7bd822c301dd67c373bcc'
                              'b584ad3e9279c2e6d12a1374b77f077553df829410446b36ebd97066296ae6427ea75c2e0846a11a09ccf5'
                              '370dc80bfecbad28c73f09b3a3b75e662a2594410ae496b2e2e6609e31e6e02cc837f053d21f37ff4f51'
                              '950bbe2638d09dd7a4930930806d0703b1f6',
                              '4dd3b4c088a7f45c216839645b2012bf2e6269a8c56a816dbc1b267761955bc5'),
        }
        plain = (b'A cipher system must not be required to be secret, and it must be able to fall into the '
                 b'hands of the enemy without inconvenience')
        for enc, (size, data, tag) in rows.items():
            args = {'enc': enc, 'key': bytes(range(size)).hex(), 'iv': '1af38c2dc2b96ffdd86694092341bc04',
                    'aad': b'The second principle of Auguste Kerckhoffs'.hex(), 'data': data, 'tag': tag}
            self.assertEqual(unb64(self.ask('open', **args).get('plain', '')), plain, enc)
            args['aad'] = '00' + args['aad'][2:]
            self.assertEqual(self.ask('open', **args), {}, enc)

    def test_rfc7518_c_key_agreement(self):
        bob = {'kty': 'EC', 'crv': 'P-256', 'x': 'weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ',
               'y': 'e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck', 'd': 'VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw'}
        header = {'alg': 'ECDH-ES', 'enc': 'A128GCM', 'apu': 'QWxpY2U', 'apv': 'Qm9i',
                  'epk': {'kty': 'EC', 'crv': 'P-256', 'x': 'gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0',
                          'y': 'SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps'}}
        self.assertEqual(self.ask('agree', keys=bob, header=header, size=16), {'key': 'VqqN6vgjbSBcIijNcacQGg'})

    def test_rfc7519(self):
        """3.1 is A.1 of RFC 7515; 6.1 is unsigned; A.1 holds claims that nobody signed; A.2 a signed token."""
        rsa_key, signer = VECTORS['rfc7516_a2']['key'], VECTORS['rfc7515_a2']['key']
        rules = {'encryption_algorithms': ['RSA1_5'], 'now': NOW}
        unsigned = 'eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.'
        self.refused('GALE_EAUTH', "algorithm 'none'", unsigned, signer, now=NOW)
        plain = self.ask('decrypt', token=VECTORS['rfc7519_a1']['token'], decryption_keys=rsa_key, rules=rules)
        self.assertEqual(json.loads(unb64(plain['plain'])), JOE)
        self.refused('GALE_EPROTO', 'no token', VECTORS['rfc7519_a1']['token'], signer, rsa_key, **rules)
        answer = self.verify(VECTORS['rfc7519_a2']['token'], signer, rsa_key, **rules)
        self.assertEqual(answer, {'claims': JOE})

    def test_rfc7636_b(self):
        verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
        self.assertEqual(b64(hashlib.sha256(verifier.encode()).digest()), 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')

    def test_rfc8037_a4(self):
        key = {'kty': 'OKP', 'crv': 'Ed25519', 'x': '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'}
        token = ('eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.'
                 'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg')
        self.refused('GALE_EPROTO', 'payload', token, key)
        self.refused('GALE_EAUTH', 'signature', token[:-3] + 'AAA', key)


@unittest.skipUnless(jwe, 'no python3-jwcrypto here')
class Others(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keys = {'RSA': jwk.JWK.generate(kty='RSA', size=2048, kid='rsa'),
                    'P-256': jwk.JWK.generate(kty='EC', crv='P-256', kid='p256'),
                    'P-384': jwk.JWK.generate(kty='EC', crv='P-384', kid='p384'),
                    'P-521': jwk.JWK.generate(kty='EC', crv='P-521', kid='p521'),
                    'Ed25519': jwk.JWK.generate(kty='OKP', crv='Ed25519', kid='ed'),
                    'Ed448': jwk.JWK.generate(kty='OKP', crv='Ed448', kid='ed448'),
                    'X25519': jwk.JWK.generate(kty='OKP', crv='X25519', kid='x'),
                    'oct': jwk.JWK.generate(kty='oct', size=512, kid='oct')}
        cls.all = {'keys': [k.export(as_dict=True) for k in cls.keys.values()]}
        cls.public = {'keys': [k.export_public(as_dict=True) for n, k in cls.keys.items() if n != 'oct']}

    def key_for(self, alg):
        return {'R': 'RSA', 'P': 'RSA', 'H': 'oct'}.get(alg[0]) or \
            {'ES256': 'P-256', 'ES384': 'P-384', 'ES512': 'P-521', 'EdDSA': 'Ed25519'}[alg]

    def test_theirs_is_believed_and_ours_by_them(self):
        claims = {'sub': 'ada', 'exp': NOW + 10, 'text': 'é€'}
        for alg in SIGNING:
            key = self.keys[self.key_for(alg)]
            theirs = jws.JWS(json.dumps(claims))
            theirs.add_signature(key, alg, json.dumps({'alg': alg, 'kid': key.kid}))
            self.assertEqual(self.verify(theirs.serialize(True), self.all, algorithms=[alg], now=NOW),
                             {'claims': claims}, alg)
            ours = self.ask('sign', claims=claims, keys=self.all, kid=key.kid, alg=alg)['token']
            back = jws.JWS()
            back.deserialize(ours)
            back.verify(key, alg)
            self.assertEqual(json.loads(back.payload), claims)
            self.assertEqual(self.ask('peek', token=ours),
                             {'header': {'alg': alg, 'typ': 'JWT', 'kid': key.kid}, 'claims': claims})
        ed448 = self.ask('sign', claims=claims, keys=self.keys['Ed448'].export(as_dict=True))['token']
        self.assertEqual(self.verify(ed448, self.public, now=NOW), {'claims': claims})

    def test_encrypted_by_them(self):
        claims = {'sub': 'ada', 'exp': NOW + 10}
        inner = self.ask('sign', claims=claims, keys=self.all, kid='p256')['token']
        oct_key = lambda n: jwk.JWK.generate(kty='oct', size=n * 8)
        rows = [(a, self.keys['RSA']) for a in ('RSA-OAEP', 'RSA-OAEP-256', 'RSA1_5')]
        rows += [(a, self.keys[k]) for a in ('ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW')
                 for k in ('P-256', 'P-521', 'X25519')]
        rows += [(f'A{n * 8}{k}', oct_key(n)) for n in (16, 24, 32) for k in ('KW', 'GCMKW')]
        sizes = dict(zip(CONTENTS, (32, 48, 64, 16, 24, 32)))
        for i, (alg, key) in enumerate(rows + [('dir', None)] * 6):
            enc = CONTENTS[i % 6]
            key = key or oct_key(sizes[enc])
            header = {'alg': alg, 'enc': enc, 'cty': 'JWT'}
            if alg.startswith('ECDH') and i % 2:
                header.update(apu='QWxpY2U', apv='Qm9i')
            token = jwe.JWE(inner, json.dumps(header), algs=[alg, enc])
            token.add_recipient(key)
            text, private = token.serialize(True), key.export(as_dict=True)
            rules = {'encryption_algorithms': [alg], 'now': NOW}
            self.assertEqual(self.verify(text, self.public, private, **rules), {'claims': claims}, (alg, enc))
            self.damage(text, private, rules)

    def test_a_key_that_a_token_brings_is_a_point(self):
        """An RSA key with its secret half where a point belongs: its check, which takes long, is not made."""
        numbers = rsa.generate_private_key(65537, 3072).private_numbers()
        values = {'n': numbers.public_numbers.n, 'e': 65537, 'd': numbers.d, 'p': numbers.p, 'q': numbers.q,
                  'dp': numbers.dmp1, 'dq': numbers.dmq1, 'qi': numbers.iqmp}
        key = {'kty': 'RSA', **{n: b64(v.to_bytes((v.bit_length() + 7) // 8, 'big')) for n, v in values.items()}}
        private = self.keys['P-256'].export(as_dict=True)
        for more in ({}, {'crv': 'P-256'}):
            header = b64(json.dumps({'alg': 'ECDH-ES', 'enc': 'A128GCM', 'epk': {**key, **more}}).encode())
            self.refused('GALE_EAUTH', '^the token cannot be decrypted$', header + '..AAAA.AAAA.AAAA', self.public,
                         private)

    def damage(self, text, private, rules):
        parts = text.split('.')
        for i, part in enumerate(parts[1:], 1):
            if not part:
                continue
            data = bytearray(unb64(part))
            data[random.Random(i).randrange(len(data))] ^= 1
            bad = '.'.join(parts[:i] + [b64(bytes(data))] + parts[i + 1:])
            self.refused('GALE_EAUTH', '^the token cannot be decrypted$', bad, self.public, private, **rules)
        self.refused('GALE_EAUTH', '^the token cannot be decrypted$|not taken$',
                     '.'.join([b64('{"x":1,' + unb64(parts[0]).decode()[1:])] + parts[1:]), self.public, private, **rules)

    def test_keys_of_pem(self):
        keys = {'RS256': rsa.generate_private_key(65537, 2048), 'ES256': ec.generate_private_key(ec.SECP256R1()),
                'ES512': ec.generate_private_key(ec.SECP521R1()), 'EdDSA': ed25519.Ed25519PrivateKey.generate()}
        pem = serialization.Encoding.PEM
        for alg, key in keys.items():
            private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
            told = [self.ask('pem', pem=p.decode(), kid='k', alg=alg)['public']['keys'][0] for p in (private, public)]
            self.assertEqual(told[0], told[1])
            expected = jwk.JWK.from_pem(public).export_public(as_dict=True)
            self.assertEqual({k: told[0].get(k) for k in expected if k != 'kid'},
                             {k: v for k, v in expected.items() if k != 'kid'})
            self.assertEqual((told[0]['kid'], told[0]['alg']), ('k', alg))
        key = keys['RS256']
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, 'a')])
        start = datetime.datetime(2026, 1, 1)
        certificate = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(
            key.public_key()).serial_number(1).not_valid_before(start).not_valid_after(
            start + datetime.timedelta(9)).sign(key, hashes.SHA256()).public_bytes(pem).decode()
        self.assertEqual(self.ask('pem', pem=certificate)['count'], 1)
        locked = key.private_bytes(pem, serialization.PrivateFormat.PKCS8,
                                   serialization.BestAvailableEncryption(b'x')).decode()
        for text in (locked, '', 'no PEM', '-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n'):
            self.assertEqual(self.ask('pem', pem=text)['error'], 'GALE_EINVAL', text)


class Refusals(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rsa = rsa.generate_private_key(65537, 2048)
        cls.other = ec.generate_private_key(ec.SECP256R1())
        cls.p384 = ec.generate_private_key(ec.SECP384R1())

    def jwk(self, key, private=True, **more):
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                serialization.NoEncryption()).decode()
        numbers = key.private_numbers()
        public = self.ask('pem', pem=pem)['public']['keys'][0]
        if not private:
            return {**public, **more}
        size = (key.key_size + 7) // 8
        names = ({'d': numbers.private_value} if hasattr(numbers, 'private_value') else
                 {'d': numbers.d, 'p': numbers.p, 'q': numbers.q, 'dp': numbers.dmp1, 'dq': numbers.dmq1,
                  'qi': numbers.iqmp})
        values = {k: b64(v.to_bytes(size if len(names) == 1 else (v.bit_length() + 7) // 8, 'big'))
                  for k, v in names.items()}
        return {**public, **values, **more}

    def signed(self, key, claims, **args):
        return self.ask('sign', claims=claims, keys=key, **args)['token']

    def test_claims(self):
        key = self.jwk(self.other)
        good = {'iss': 'https://a', 'aud': ['x', 'site'], 'sub': 'ada', 'nonce': 'n', 'iat': NOW, 'exp': NOW + 60}
        rules = {'issuer': 'https://a', 'audience': 'site', 'subject': 'ada', 'nonce': 'n', 'max_age': 100, 'now': NOW}
        token = lambda **more: self.signed(key, {k: v for k, v in {**good, **more}.items() if v is not None})
        self.assertEqual(self.verify(token(), key, **rules)['claims'], good)
        rows = [
            (dict(iss='https://a/'), 'GALE_EAUTH', "iss is 'https://a/'"), (dict(iss=None), 'GALE_EAUTH', 'no iss'),
            (dict(iss=['https://a']), 'GALE_EAUTH', 'iss'), (dict(aud='sites'), 'GALE_EAUTH', 'audience'),
            (dict(aud=None), 'GALE_EAUTH', 'no aud'), (dict(aud=[]), 'GALE_EAUTH', 'audience'),
            (dict(aud={'site': 1}), 'GALE_EAUTH', 'audience'), (dict(sub='bob'), 'GALE_EAUTH', 'sub'),
            (dict(nonce='m'), 'GALE_EAUTH', 'nonce'), (dict(nonce=None), 'GALE_EAUTH', 'nonce'),
            (dict(iss='https://a\0'), 'GALE_E', 'iss|JSON|payload'),
            (dict(exp=NOW - 60), 'GALE_ETIMEDOUT', 'expired'), (dict(exp=None), 'GALE_EAUTH', 'no exp'),
            (dict(exp=str(NOW + 60)), 'GALE_EPROTO', 'exp'), (dict(exp=1e300), 'GALE_EPROTO', 'exp'),
            (dict(nbf=NOW + 61), 'GALE_ETIMEDOUT', 'not valid'), (dict(nbf=True), 'GALE_EPROTO', 'nbf'),
            (dict(iat=NOW + 61), 'GALE_ETIMEDOUT', 'made'), (dict(iat=NOW - 161), 'GALE_ETIMEDOUT', 'made'),
            (dict(iat=None), 'GALE_EAUTH', 'no iat'),
        ]
        for more, error, text in rows:
            answer = self.verify(token(**more), key, **rules)
            self.assertRegex(answer.get('error', 'none'), error, more)
            self.assertRegex(answer['text'], text, more)
        for more in (dict(exp=NOW - 59), dict(nbf=NOW + 60), dict(iat=NOW + 60), dict(iat=NOW - 160), dict(exp=NOW + 0.5)):
            self.assertIn('claims', self.verify(token(**more), key, **rules), more)
        self.refused('GALE_ETIMEDOUT', 'expired', token(exp=NOW), key, **{**rules, 'leeway': -1})
        self.assertIn('claims', self.verify(token(exp=None), key, no_expiry=True, now=NOW))

    def test_types(self):
        key = self.jwk(self.rsa)
        token = self.signed(key, {'exp': NOW + 9}, type='at+jwt')
        self.assertIn('claims', self.verify(token, key, type='AT+JWT', now=NOW))
        self.assertIn('claims', self.verify(token, key, type='application/at+jwt', now=NOW))
        self.refused('GALE_EAUTH', "type 'at\\+jwt'", token, key, type='JWT', now=NOW)

    def test_algorithms_are_not_confused(self):
        rsa_key, public = self.jwk(self.rsa), self.jwk(self.rsa, False)
        pem = self.rsa.public_key().public_bytes(serialization.Encoding.PEM,
                                                 serialization.PublicFormat.SubjectPublicKeyInfo)
        claims = {'exp': NOW + 9}
        for secret in (pem, unb64(public['n'])):
            forged = self.signed({'kty': 'oct', 'k': b64(secret)}, claims, alg='HS256')
            self.refused('GALE_EAUTH', "algorithm 'HS256'", forged, public, now=NOW)
            self.refused('GALE_ENOTFOUND', 'no key', forged, public, algorithms=['HS256', 'RS256'], now=NOW)
        token = self.signed(rsa_key, claims)
        for more in ({'alg': 'RS512'}, {'use': 'enc'}, {'key_ops': ['sign']}, {'key_ops': []}):
            self.refused('GALE_ENOTFOUND', 'no key', token, {**public, **more}, now=NOW)
        self.assertIn('claims', self.verify(token, {**public, 'use': 'sig', 'key_ops': ['verify', 'x']}, now=NOW))
        self.refused('GALE_EAUTH', "algorithm 'RS256'", token, public, algorithms=['ES256', 'PS256'], now=NOW)
        es384 = self.signed(self.jwk(self.p384), claims)
        as_256 = '.'.join([b64('{"alg":"ES256"}')] + es384.split('.')[1:])
        self.refused('GALE_ENOTFOUND', 'no key', as_256, self.jwk(self.p384, False), now=NOW)
        short = self.ask('sign', claims=claims, keys={'kty': 'oct', 'k': b64('short')}, alg='HS256')
        self.assertEqual(short['error'], 'GALE_ENOTFOUND')

    def test_keys_that_a_token_brings_do_not_count(self):
        mine, theirs = self.jwk(self.other), self.jwk(self.rsa, False, kid='a')
        claims = {'exp': NOW + 9}
        for more in ({'jwk': self.jwk(self.other, False)}, {'jku': 'https://evil/keys'}, {'x5u': 'https://evil'}):
            head = {'alg': 'ES256', 'kid': 'a', **more}
            signature = self.signed(mine, claims).split('.')[2]
            token = '.'.join([b64(json.dumps(head)), b64(json.dumps(claims)), signature])
            self.refused('GALE_ENOTFOUND', 'no key', token, theirs, now=NOW)

    def test_keys_by_name(self):
        keys = [self.jwk(k, kid=n) for n, k in (('a', self.rsa), ('b', self.other), ('c', self.p384))]
        public = {'keys': [self.jwk(self.rsa, False, kid='a'), self.jwk(self.other, False, kid='b')]}
        for key in keys[:2]:
            self.assertIn('claims', self.verify(self.signed(key, {'exp': NOW + 9}), public, now=NOW))
        unnamed = self.signed({k: v for k, v in keys[1].items() if k != 'kid'},
                              {'exp': NOW + 9})
        self.assertIn('claims', self.verify(unnamed, public, now=NOW))
        wrong = self.signed({**keys[1], 'kid': 'z'}, {'exp': NOW + 9})
        self.refused('GALE_ENOTFOUND', "key 'z'", wrong, public, now=NOW)
        swapped = self.signed({**self.jwk(self.other), 'kid': 'a'}, {'exp': NOW + 9})
        self.refused('GALE_ENOTFOUND', "key 'a'", swapped, public, now=NOW)

    def test_form(self):
        key, claims = self.jwk(self.other), {'exp': NOW + 9}
        token = self.signed(key, claims)
        head, payload, signature = token.split('.')
        bad = [('', 'no token'), ('.', 'no token'), ('..', 'JSON'), (token + '.', 'no token'), (head, 'no token'),
               (f'{head}=.{payload}.{signature}', 'base64url'), (f' {token}', 'base64url'), (token + '\n', 'base64url'),
               (f'{b64("[]")}.{payload}.{signature}', 'no object'), (f'{b64("{}")}.{payload}.{signature}', 'no alg'),
               (f'{b64("{")}.{payload}.{signature}', 'JSON'),
               (f'{b64(json.dumps({"alg": 1}))}.{payload}.{signature}', 'alg'),
               (f'{b64(json.dumps({"alg": "ES256", "crit": []}))}.{payload}.{signature}', 'crit'),
               (f'{b64("""{"alg":"ES256","alg":"ES256"}""")}.{payload}.{signature}', 'JSON|twice')]
        for text, why in bad:
            self.refused('GALE_EPROTO', why, text, key, now=NOW)
        twice = b64('{"exp":1,"exp":%d}' % (NOW + 9))
        self.assertIn('error', self.verify(f'{head}.{twice}.{signature}', key, now=NOW))
        self.refused('GALE_ETOOBIG', '65536', 'a' * 65537, key)
        self.refused('GALE_EAUTH', 'encrypted', 'a.b.c.d.e', key)
        last = signature[:-1] + {'A': 'B', 'Q': 'R', 'g': 'h', 'w': 'x'}[signature[-1]]    # bits nobody wrote
        self.refused('GALE_EPROTO', 'base64url', f'{head}.{payload}.{last}', key, now=NOW)

    def test_each_cut_and_each_changed_byte(self):
        key = self.jwk(self.other)
        token = self.signed(key, {'exp': NOW + 9, 'sub': 'ada'})
        for i in range(len(token)):
            self.assertIn('error', self.verify(token[:i], key, now=NOW), i)
            changed = token[:i] + ('A' if token[i] != 'A' else 'B') + token[i + 1:]
            self.assertIn('error', self.verify(changed, key, now=NOW), i)

    def test_ecdsa_signatures_of_other_lengths(self):
        key = self.jwk(self.other)
        head, payload, signature = self.signed(key, {'exp': NOW + 9}).split('.')
        raw = unb64(signature)
        der = self.other.sign(f'{head}.{payload}'.encode(), ec.ECDSA(hashes.SHA256()))
        for other in (der, raw + b'\0', raw[:-1], b'', b'\0' * 64, b'\0' + raw[:32] + b'\0' + raw[32:]):
            self.refused('GALE_EAUTH', 'signature', f'{head}.{payload}.{b64(other)}', key, now=NOW)

    def test_keys_that_are_none(self):
        weak = rsa.generate_private_key(65537, 1024)
        good = self.jwk(self.other, False)
        rows = [('', 'JSON'), ('[]', '.'), ('{}', 'kty'), ({'keys': []}, 'without keys'), ({'keys': {}}, 'no array'),
                ({'kty': 'EC'}, 'curve'), ({**good, 'crv': 'secp256k1'}, 'curve'), ({**good, 'y': good['x']}, 'key'),
                ({**good, 'x': good['x'] + 'AAAA'}, 'bytes|base64url'), ({**good, 'x': 7}, 'string'), ({**good, 'kid': 7}, 'string'),
                ({**good, 'd': b64(b'\1' * 32)}, 'key'), ({'kty': 'RSA', 'n': 'AQAB', 'e': 'AQAB'}, 'RSA'),
                ({'kty': 'RSA', 'e': 'AQAB', 'n': b64(
                    weak.public_key().public_numbers().n.to_bytes(128, 'big'))}, '1024'),
                ({'kty': 'oct', 'k': ''}, 'bytes'), ({'kty': 'OKP', 'crv': 'Ed25519', 'x': 'AA'}, 'bytes'),
                ({'kty': 'what'}, "type 'what'"), ({'keys': [{'kty': 'what'}]}, "type 'what'")]
        for key, text in rows:
            answer = self.ask('keys', keys=key)
            self.assertEqual(answer.get('error'), 'GALE_EINVAL', key)
            self.assertRegex(answer['text'], text, key)
        self.assertEqual(self.ask('keys', keys={'keys': [{'kty': 'what'}, good, {'kty': 'EC'}]})['count'], 1)
        self.assertEqual(self.ask('keys', keys={'keys': [good] * 101})['error'], 'GALE_ETOOBIG')
        self.assertEqual(self.ask('keys', keys=' ' * (256 * 1024 + 1))['error'], 'GALE_ETOOBIG')


if __name__ == '__main__':
    tool = sys.argv[1]
    unittest.main(argv=[sys.argv[0]] + sys.argv[2:])
