"""gale_tokens - keys, and signed and encrypted tokens, made by python3-cryptography for tests."""
# SPDX-License-Identifier: MIT
import base64
import datetime
import hashlib
import hmac
import ipaddress
import json
import os

from cryptography import x509
from cryptography.hazmat.primitives import ciphers, hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers import aead
from cryptography.hazmat.primitives.kdf import concatkdf


def base64url(data):
    return base64.urlsafe_b64encode(data.encode() if isinstance(data, str) else data).rstrip(b'=').decode()


def from_base64url(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


class Key:
    """A private key that signs by one algorithm: RS…, PS…, ES256, ES384, ES512, EdDSA."""
    CURVES = {'ES256': (ec.SECP256R1, 'P-256', 32), 'ES384': (ec.SECP384R1, 'P-384', 48),
              'ES512': (ec.SECP521R1, 'P-521', 66)}
    HASHES = {'256': hashes.SHA256, '384': hashes.SHA384, '512': hashes.SHA512}

    def __init__(self, alg, kid=None):
        self.alg, self.kid = alg, kid
        if alg == 'EdDSA':
            self.private = ed25519.Ed25519PrivateKey.generate()
        elif alg in self.CURVES:
            self.private = ec.generate_private_key(self.CURVES[alg][0]())
        else:
            self.private = rsa.generate_private_key(65537, 2048)

    def renamed(self, kid, alg=None):
        """The same key under another name, or by another algorithm of its type."""
        other = object.__new__(Key)
        other.alg, other.kid, other.private = alg or self.alg, kid, self.private
        return other

    def jwk(self, **more):
        public = self.private.public_key()
        if self.alg == 'EdDSA':
            raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            jwk = {'kty': 'OKP', 'crv': 'Ed25519', 'x': base64url(raw)}
        elif self.alg in self.CURVES:
            _, name, size = self.CURVES[self.alg]
            n = public.public_numbers()
            jwk = {'kty': 'EC', 'crv': name, 'x': base64url(n.x.to_bytes(size, 'big')),
                   'y': base64url(n.y.to_bytes(size, 'big'))}
        else:
            n = public.public_numbers()
            jwk = {'kty': 'RSA', 'n': base64url(n.n.to_bytes((n.n.bit_length() + 7) // 8, 'big')),
                   'e': base64url(n.e.to_bytes(3, 'big'))}
        jwk.update({'use': 'sig', 'alg': self.alg}, **more)
        if self.kid is not None:
            jwk['kid'] = self.kid
        return jwk

    def private_jwk(self):
        """With the private parts, to decrypt with."""
        n = self.private.private_numbers()
        if self.alg in self.CURVES:
            more = {'d': n.private_value.to_bytes(self.CURVES[self.alg][2], 'big')}
        else:
            more = {name: value.to_bytes((value.bit_length() + 7) // 8, 'big') for name, value in (
                ('d', n.d), ('p', n.p), ('q', n.q), ('dp', n.dmp1), ('dq', n.dmq1), ('qi', n.iqmp))}
        jwk = {**self.jwk(), **{name: base64url(value) for name, value in more.items()}, 'use': 'enc'}
        del jwk['alg']
        return jwk

    def pem(self):
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def der(self):
        return self.private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    def sign(self, data):
        if self.alg == 'EdDSA':
            return self.private.sign(data)
        digest = self.HASHES[self.alg[2:]]()
        if self.alg in self.CURVES:
            size = self.CURVES[self.alg][2]
            r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(digest)))
            return r.to_bytes(size, 'big') + s.to_bytes(size, 'big')
        if self.alg.startswith('PS'):
            pad = padding.PSS(padding.MGF1(digest), digest.digest_size)
        else:
            pad = padding.PKCS1v15()
        return self.private.sign(data, pad, digest)


def make_token(header, claims, sign):
    """A compact JWS; sign(bytes) gives the signature. claims may be bytes."""
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    data = f'{base64url(json.dumps(header))}.{base64url(payload)}'
    return f'{data}.{base64url(sign(data.encode()))}'


def encrypt_token(plain, alg, enc, public, *, kid=None, spoil=None, **header):
    """A compact JWE (RFC 7516): RSA1_5, RSA-OAEP, RSA-OAEP-256, ECDH-ES, ECDH-ES+A256KW; A…GCM or
    A…CBC-HS…. spoil(parts) may change the five parts."""
    is_gcm, bits = enc.endswith('GCM'), int(enc[1:4])
    size = bits // 8 * (1 if is_gcm else 2)
    header = {'alg': alg, 'enc': enc, 'cty': 'JWT', **({'kid': kid} if kid else {}), **header}
    cek, wrapped = os.urandom(size), b''
    if alg.startswith('ECDH-ES'):
        mine = ec.generate_private_key(public.curve)
        n = mine.public_key().public_numbers()
        length = (public.curve.key_size + 7) // 8
        header['epk'] = {'kty': 'EC', 'crv': 'P-256', 'x': base64url(n.x.to_bytes(length, 'big')),
                         'y': base64url(n.y.to_bytes(length, 'big'))}
        name, bytes_ = (enc, size) if alg == 'ECDH-ES' else (alg, int(alg[9:12]) // 8)
        info = len(name).to_bytes(4, 'big') + name.encode() + bytes(8) + (bytes_ * 8).to_bytes(4, 'big')
        agreed = concatkdf.ConcatKDFHash(hashes.SHA256(), bytes_, info).derive(mine.exchange(ec.ECDH(), public))
        cek, wrapped = (agreed, b'') if alg == 'ECDH-ES' else (cek, keywrap.aes_key_wrap(agreed, cek))
    elif alg == 'RSA1_5':
        wrapped = public.encrypt(cek, padding.PKCS1v15())
    else:
        digest = hashes.SHA256() if alg.endswith('256') else hashes.SHA1()
        wrapped = public.encrypt(cek, padding.OAEP(padding.MGF1(digest), digest, None))
    parts = [json.dumps(header).encode(), wrapped, *encrypt_content(plain, cek, json.dumps(header), is_gcm)]
    return '.'.join(map(base64url, spoil(parts) if spoil else parts))


def encrypt_content(plain, cek, header, is_gcm):
    aad = base64url(header).encode()
    if is_gcm:
        iv = os.urandom(12)
        sealed = aead.AESGCM(cek).encrypt(iv, plain.encode(), aad)
        return iv, sealed[:-16], sealed[-16:]
    iv, half = os.urandom(16), len(cek) // 2
    data = plain.encode() + bytes([16 - len(plain.encode()) % 16]) * (16 - len(plain.encode()) % 16)
    encryptor = ciphers.Cipher(ciphers.algorithms.AES(cek[half:]), ciphers.modes.CBC(iv)).encryptor()
    sealed = encryptor.update(data) + encryptor.finalize()
    tag = hmac.new(cek[:half], aad + iv + sealed + (len(aad) * 8).to_bytes(8, 'big'), f'sha{len(cek) * 8}').digest()
    return iv, sealed, tag[:half]


def hmac_signer(secret, digest=hashlib.sha256):
    return lambda data: hmac.new(secret, data, digest).digest()


def make_certificate(address):
    """PEM of a key and its certificate for an IP address, signed by itself, good for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, address)])
    now = datetime.datetime.utcnow()
    certificate = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(
        key.public_key()).serial_number(1).not_valid_before(now - datetime.timedelta(1)).not_valid_after(
        now + datetime.timedelta(1)).add_extension(x509.SubjectAlternativeName(
            [x509.IPAddress(ipaddress.ip_address(address))]), False).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    return key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()) + \
        certificate.public_bytes(pem)


def half_hash(alg, text):
    """What at_hash is of an access token (OpenID Connect Core 3.1.3.6)."""
    digest = hashlib.new({'256': 'sha256', '384': 'sha384'}.get(alg[2:], 'sha512'), text.encode()).digest()
    return base64url(digest[:len(digest) // 2])
