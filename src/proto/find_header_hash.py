#!/usr/bin/env python3
"""find_header_hash.py - chooses the constants and slots of the header-name hash.

Run it after adding a name to the list below, and paste what it prints into
http_names.h. tests/proto/test_http_names.c proves that the table is perfect.
"""
# SPDX-License-Identifier: MIT
import random

SPECIAL = "Host Content-Length Transfer-Encoding Connection Expect Upgrade".split()
OTHERS = """Accept Accept-Encoding Accept-Language Accept-Ranges
Access-Control-Allow-Credentials Access-Control-Allow-Headers Access-Control-Allow-Methods
Access-Control-Allow-Origin Access-Control-Expose-Headers Access-Control-Max-Age
Access-Control-Request-Headers Access-Control-Request-Method
Age Allow Authorization Cache-Control Content-Disposition Content-Encoding
Content-Range Content-Security-Policy Content-Type Cookie Date Etag Expires Forwarded
If-Match If-Modified-Since If-None-Match If-Range If-Unmodified-Since Keep-Alive Last-Modified
Location Origin Range Referer Retry-After Sec-Fetch-Site Sec-Websocket-Accept
Sec-Websocket-Extensions Sec-Websocket-Key Sec-Websocket-Protocol Sec-Websocket-Version
Server Set-Cookie Te Trailer User-Agent Vary Www-Authenticate X-Csrftoken
X-Forwarded-For X-Forwarded-Proto X-Real-Ip X-Scheme X-Xsrftoken""".split()
NAMES = SPECIAL + OTHERS


MASK = (1 << 64) - 1


def word(part):
    """Up to eight bytes as a little-endian word, letters in lower case."""
    return int.from_bytes(part.lower().encode(), "little")


def key(name, spread):
    return (word(name[:8]) + word(name[-8:]) * spread + len(name)) & MASK


def main():
    assert len(NAMES) <= 63, len(NAMES)
    rng = random.Random(1)
    while True:
        spread, factor = rng.getrandbits(64) | 1, rng.getrandbits(64) | 1
        slots = [(key(n, spread) * factor & MASK) >> 56 for n in NAMES]
        if len(set(slots)) == len(slots):
            break
    print(f"SPREAD {spread:#x}, FACTOR {factor:#x}")
    for name, slot in zip(NAMES, slots):
        print(f'    X({name.upper().replace("-", "_")}, "{name}", {slot}) \\')


if __name__ == "__main__":
    main()
