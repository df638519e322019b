"""Signatures of OAuth 1.0a as others make them, over many random requests: Tornado's and oauthlib's."""
# SPDX-License-Identifier: MIT
import random
import subprocess
import sys
import unittest
import urllib.parse

import tornado.auth
from oauthlib.oauth1.rfc5849 import signature as peer

PROGRAM = sys.argv.pop() if len(sys.argv) > 1 else ""
TEXTS = ["", "a", "ab", "a1", "B", "~", "-._~", "a b", "a+b", "100%", "%20", "x&y=z", "/path?q#f", "\u00e9", "\u4f60\u597d",
         "\U0001f600", "'\"", "a,b;c", "*!()", "=", "&", ":@$", "[1]", "\\"]
NAMES = ["a", "a1", "aa", "A", "b", "c-d", "e_f", "z~", "n.m", "x10", "x9"]


def sign(cases):
    """What gale signs: cases of (method, URL, form, client's secret, token's secret, pairs)."""
    lines = ["\t".join([method, url, form, client, token] + [text for pair in pairs for text in pair])
             for method, url, form, client, token, pairs in cases]
    out = subprocess.run([PROGRAM, "--print"], input="\n".join(lines) + "\n", capture_output=True, text=True,
                         timeout=60, check=True, encoding="utf-8").stdout
    return out.splitlines()


class Peers(unittest.TestCase):
    def setUp(self):
        self.random = random.Random(5849)

    def text(self):
        return "".join(self.random.choices(TEXTS, k=self.random.randrange(3)))

    def url(self):
        scheme = self.random.choice(["http", "https", "HTTP"])
        host = self.random.choice(["example.com", "Photos.Example.NET:8080", "127.0.0.1:81", "[::1]:8000"])
        return f"{scheme}://{host}{self.random.choice(['/', '/a', '/r%20v/X', '/1.1/x.json', '/%7e~/'])}"

    def oauth(self):
        return [("oauth_consumer_key", "c" + self.text()), ("oauth_nonce", "n" + self.text()),
                ("oauth_timestamp", "137131201"), ("oauth_signature_method", "HMAC-SHA1"),
                ("oauth_callback", "http://a/?" + self.text())]

    def pairs(self, names, most):
        return [(self.random.choice(names), self.text()) for _ in range(self.random.randrange(most))]

    def test_tornado_signs_the_same(self):
        cases = [(self.random.choice(["get", "POST"]), self.url(), "", self.text(), self.text(),
                  list(dict(self.oauth() + self.pairs(NAMES, 6)).items())) for _ in range(500)]
        expected = [tornado.auth._oauth10a_signature({"secret": client}, method, url, dict(pairs),
                                                     {"secret": token}).decode()
                    for method, url, _, client, token, pairs in cases]
        self.assertEqual(sign(cases), expected)

    def test_oauthlib_signs_the_same(self):
        cases, expected = [], []
        for _ in range(500):
            method, client, token = self.random.choice(["GET", "POST"]), self.text(), self.text()
            quote = self.random.choice([urllib.parse.quote, urllib.parse.quote_plus])
            query = urllib.parse.urlencode(self.pairs(NAMES + TEXTS, 5), quote_via=quote)
            form = urllib.parse.urlencode(self.pairs(NAMES + TEXTS, 5), quote_via=quote)
            url, oauth = self.url(), self.oauth()
            header = "OAuth " + ", ".join(f'{name}="{urllib.parse.quote(value, safe="~")}"' for name, value in oauth)
            params = peer.collect_parameters(uri_query=query, body=form, headers={"Authorization": header})
            text = peer.signature_base_string(method, peer.base_string_uri(url), peer.normalize_parameters(params))
            expected.append(peer._sign_hmac("SHA-1", text, client, token))
            cases.append((method, f"{url}?{query}", form, client, token, oauth))
        self.assertEqual(sign(cases), expected)


if __name__ == "__main__":
    unittest.main()
