/* test_http1_malformed.c - requests that are malformed or could be read in two ways.
 *
 * Each is parsed whole, in pieces and at every level of scanning: always the same status
 * and the same text, which has to contain the words given here.
 */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http1_feed.h"

#define H "Host: a\r\n"
#define GET "GET / HTTP/1.1\r\n"
#define POST "POST / HTTP/1.1\r\n" H
#define END "\r\n"
#define BYTES(text) text, sizeof(text) - 1

static const struct {
    const char *text;
    size_t len;
    int status;
    const char *words;
} cases[] = {
    /* the request line */
    { BYTES("GET /\r\n\r\n"), 400, "without HTTP version" },
    { BYTES("GET\r\n\r\n"), 400, "method" },
    { BYTES("GET \r\n\r\n"), 400, "without HTTP version" },
    { BYTES("GET  / HTTP/1.1\r\n" H END), 400, "target is empty" },
    { BYTES("GET /  HTTP/1.1\r\n" H END), 400, "version is malformed" },
    { BYTES("GET\t/ HTTP/1.1\r\n" H END), 400, "method" },
    { BYTES("GET /\tHTTP/1.1\r\n" H END), 400, "not allowed in the request target" },
    { BYTES("GET / HTTP/1.1 \r\n" H END), 400, "follows the HTTP version" },
    { BYTES("GET / HTTP/1.1\t\r\n" H END), 400, "follows the HTTP version" },
    { BYTES(" GET / HTTP/1.1\r\n" H END), 400, "method" },
    { BYTES("\tGET / HTTP/1.1\r\n" H END), 400, "method" },
    { BYTES("G,ET / HTTP/1.1\r\n" H END), 400, "method" },
    { BYTES("G\"ET / HTTP/1.1\r\n" H END), 400, "method" },
    { BYTES("(GET) / HTTP/1.1\r\n" H END), 400, "method" },
    { BYTES("GE\0T / HTTP/1.1\r\n" H END), 400, "method" },
    { BYTES("G\xc3\x89T / HTTP/1.1\r\n" H END), 400, "method" },
    { BYTES("GET: / HTTP/1.1\r\n" H END), 400, "method" },
    { BYTES("/ HTTP/1.1\r\n" H END), 400, "method" },
    { BYTES("{\"json\": 1}\r\n\r\n"), 400, "method" },
    { BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), 400, "method" },
    { BYTES("GET /a b HTTP/1.1\r\n" H END), 400, "version is malformed" },
    { BYTES("GET /\0 HTTP/1.1\r\n" H END), 400, "not allowed in the request target" },
    { BYTES("GET /a\x01 HTTP/1.1\r\n" H END), 400, "not allowed in the request target" },
    { BYTES("GET /a\x7f HTTP/1.1\r\n" H END), 400, "not allowed in the request target" },
    { BYTES("GET /a\rb HTTP/1.1\r\n" H END), 400, "without HTTP version" },
    { BYTES("GET /a\nb HTTP/1.1\r\n" H END), 400, "without HTTP version" },
    { BYTES("GET /#top HTTP/1.1\r\n" H END), 400, "'#'" },
    { BYTES("GET /?q#top HTTP/1.1\r\n" H END), 400, "'#'" },
    { BYTES("GET # HTTP/1.1\r\n" H END), 400, "'#'" },
    /* the version */
    { BYTES("GET / http/1.1\r\n" H END), 400, "version is malformed" },
    { BYTES("GET / HTTP/1.10\r\n" H END), 400, "follows the HTTP version" },
    { BYTES("GET / HTTP/1.\r\n" H END), 400, "version is malformed" },
    { BYTES("GET / HTTP/11\r\n" H END), 400, "version is malformed" },
    { BYTES("GET / HTTP/10.1\r\n" H END), 400, "version is malformed" },
    { BYTES("GET / HTTP/1,1\r\n" H END), 400, "version is malformed" },
    { BYTES("GET / HTTP /1.1\r\n" H END), 400, "version is malformed" },
    { BYTES("GET / HTTP/ 1.1\r\n" H END), 400, "version is malformed" },
    { BYTES("GET / HTTP/+1.1\r\n" H END), 400, "version is malformed" },
    { BYTES("GET / HTTP/1.x\r\n" H END), 400, "version is malformed" },
    { BYTES("GET / HTTPS/1.1\r\n" H END), 400, "version is malformed" },
    { BYTES("GET / ICY/1.1\r\n" H END), 400, "version is malformed" },
    { BYTES("GET / \r\n" H END), 400, "version is malformed" },
    { BYTES("GET / HTTP/1.1\0\r\n" H END), 400, "follows the HTTP version" },
    { BYTES("GET / HTTP/2.0\r\n" H END), 505, "not 1.x" },
    { BYTES("GET / HTTP/0.9\r\n" H END), 505, "not 1.x" },
    { BYTES("GET / HTTP/3.0\r\n" H END), 505, "not 1.x" },
    { BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505, "not 1.x" },
    /* line ends */
    { BYTES("GET / HTTP/1.1\n" H END), 400, "bare LF" },
    { BYTES("GET / HTTP/1.1\nHost: a\n\n"), 400, "bare LF" },
    { BYTES(GET "Host: a\n\r\n"), 400, "bare LF" },
    { BYTES(GET H "\n"), 400, "bare LF" },
    { BYTES(GET H "A: b\nTransfer-Encoding: chunked\r\n" END), 400, "bare LF" },
    { BYTES("GET / HTTP/1.1\r" H END), 400, "CR without LF" },
    { BYTES("GET / HTTP/1.1\r\r\n" H END), 400, "CR without LF" },
    { BYTES(GET "Host: a\r\r\n" END), 400, "CR without LF" },
    { BYTES(GET H "\r\r\n"), 400, "CR without LF" },
    { BYTES(GET H "\rGET / HTTP/1.1\r\n\r\n"), 400, "CR without LF" },
    { BYTES(GET H "A: b\rc\r\n" END), 400, "CR without LF" },
    { BYTES(GET H "A: b\rTransfer-Encoding: chunked\r\n" END), 400, "CR without LF" },
    { BYTES("\nGET / HTTP/1.1\r\n" H END), 400, "bare LF" },
    { BYTES("\rGET / HTTP/1.1\r\n" H END), 400, "CR without LF" },
    { BYTES("\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n" H END), 400, "too many empty lines" },
    /* header names */
    { BYTES(GET "Host : a\r\n" END), 400, "whitespace in or after a header name" },
    { BYTES(GET "Host\t: a\r\n" END), 400, "whitespace in or after a header name" },
    { BYTES(GET H "Transfer-Encoding : chunked\r\n" END), 400, "whitespace in or after" },
    { BYTES(GET H "Content-Length : 5\r\n" END), 400, "whitespace in or after" },
    { BYTES(GET H "Content Length: 5\r\n" END), 400, "whitespace in or after" },
    { BYTES(GET H ": value\r\n" END), 400, "name is empty" },
    { BYTES(GET H "no colon here\r\n" END), 400, "whitespace in or after" },
    { BYTES(GET H "nocolon\r\n" END), 400, "no colon" },
    { BYTES(GET H "X\0Y: 1\r\n" END), 400, "not allowed in a header name" },
    { BYTES(GET H "X\x0bY: 1\r\n" END), 400, "not allowed in a header name" },
    { BYTES(GET H "X(Y): 1\r\n" END), 400, "not allowed in a header name" },
    { BYTES(GET H "X,Y: 1\r\n" END), 400, "not allowed in a header name" },
    { BYTES(GET H "\"X\": 1\r\n" END), 400, "not allowed in a header name" },
    { BYTES(GET H "X/Y: 1\r\n" END), 400, "not allowed in a header name" },
    { BYTES(GET H "X[0]: 1\r\n" END), 400, "not allowed in a header name" },
    { BYTES(GET H "X=Y: 1\r\n" END), 400, "not allowed in a header name" },
    { BYTES(GET H "{X}: 1\r\n" END), 400, "not allowed in a header name" },
    { BYTES(GET H "X\x7f: 1\r\n" END), 400, "not allowed in a header name" },
    { BYTES(GET H "X\xc3\xa9: 1\r\n" END), 400, "not allowed in a header name" },
    { BYTES(GET H "X\xa0: 1\r\n" END), 400, "not allowed in a header name" },
    /* folding */
    { BYTES(GET " Host: a\r\n" END), 400, "whitespace" },
    { BYTES(GET "\tHost: a\r\n" END), 400, "whitespace" },
    { BYTES(GET H "X: 1\r\n 2\r\n" END), 400, "folding" },
    { BYTES(GET H "X: 1\r\n\t2\r\n" END), 400, "folding" },
    { BYTES(GET H "X:\r\n chunked\r\n" END), 400, "folding" },
    { BYTES(GET H "Transfer-Encoding:\r\n chunked\r\n" END), 400, "folding" },
    { BYTES(GET H " \r\n" END), 400, "folding" },
    /* header values */
    { BYTES(GET H "X: a\0b\r\n" END), 400, "control character in a header value" },
    { BYTES(GET H "X: \0\r\n" END), 400, "control character in a header value" },
    { BYTES(GET H "X: a\x01\r\n" END), 400, "control character in a header value" },
    { BYTES(GET H "X: a\x08"
                  "b\r\n" END),
      400, "control character in a header value" },
    { BYTES(GET H "X: a\x0b"
                  "b\r\n" END),
      400, "control character in a header value" },
    { BYTES(GET H "X: a\x0c"
                  "b\r\n" END),
      400, "control character in a header value" },
    { BYTES(GET H "X: \x1b[31m\r\n" END), 400, "control character in a header value" },
    { BYTES(GET H "X: a\x7f\r\n" END), 400, "control character in a header value" },
    { BYTES(GET H "Content-Length:\x0b"
                  "5\r\n" END),
      400, "control character" },
    { BYTES(GET H "Transfer-Encoding:\x0b"
                  "chunked\r\n" END),
      400, "control character" },
    { BYTES(GET H "Transfer-Encoding: chunked\x0c\r\n" END), 400, "control character" },
    /* Content-Length */
    { BYTES(POST "Content-Length:\r\n" END), 400, "Content-Length is empty" },
    { BYTES(POST "Content-Length: \t \r\n" END), 400, "Content-Length is empty" },
    { BYTES(POST "Content-Length: +5\r\n" END), 400, "Content-Length is not a number" },
    { BYTES(POST "Content-Length: -5\r\n" END), 400, "Content-Length is not a number" },
    { BYTES(POST "Content-Length: -0\r\n" END), 400, "Content-Length is not a number" },
    { BYTES(POST "Content-Length: 0x5\r\n" END), 400, "Content-Length is not a number" },
    { BYTES(POST "Content-Length: 5_0\r\n" END), 400, "Content-Length is not a number" },
    { BYTES(POST "Content-Length: 5 0\r\n" END), 400, "Content-Length is not a number" },
    { BYTES(POST "Content-Length: 5.0\r\n" END), 400, "Content-Length is not a number" },
    { BYTES(POST "Content-Length: 5e1\r\n" END), 400, "Content-Length is not a number" },
    { BYTES(POST "Content-Length: \"5\"\r\n" END), 400, "Content-Length is not a number" },
    { BYTES(POST "Content-Length: 5;\r\n" END), 400, "Content-Length is not a number" },
    { BYTES(POST "Content-Length: \xd9\xa5\r\n" END), 400, "Content-Length is not a number" },
    { BYTES(POST "Content-Length: five\r\n" END), 400, "Content-Length is not a number" },
    { BYTES(POST "Content-Length: 5,\r\n" END), 400, "Content-Length is empty" },
    { BYTES(POST "Content-Length: ,5\r\n" END), 400, "Content-Length is empty" },
    { BYTES(POST "Content-Length: 5,,5\r\n" END), 400, "Content-Length is empty" },
    { BYTES(POST "Content-Length: 9223372036854775808\r\n" END), 400, "too large" },
    { BYTES(POST "Content-Length: 18446744073709551616\r\n" END), 400, "too large" },
    { BYTES(POST "Content-Length: 18446744073709551621\r\n" END), 400, "too large" },
    { BYTES(POST "Content-Length: 99999999999999999999999999\r\n" END), 400, "too large" },
    { BYTES(POST "Content-Length: 3, 4\r\n" END), 400, "different values" },
    { BYTES(POST "Content-Length: 3\r\nContent-Length: 4\r\n" END), 400, "different values" },
    { BYTES(POST "Content-Length: 3\r\ncontent-length: 30\r\n" END), 400, "different values" },
    { BYTES(POST "Content-Length: 0\r\nContent-Length: 44\r\n" END), 400, "different values" },
    { BYTES(POST "Content-Length: 5\r\nContent-Length: +5\r\n" END), 400, "not a number" },
    /* Transfer-Encoding */
    { BYTES(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" END), 400, "both" },
    { BYTES(POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n" END), 400, "both" },
    { BYTES(POST "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n" END), 400, "both" },
    { BYTES(POST "Content-Length: 5\r\nTransfer-Encoding: identity\r\n" END), 400, "both" },
    { BYTES(POST "Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n" END), 400, "both" },
    { BYTES(POST "Content-Length: 5\r\nTRANSFER-ENCODING:chunked\r\n" END), 400, "both" },
    { BYTES(POST "Transfer-Encoding: chunked, chunked\r\n" END), 400, "twice" },
    { BYTES(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" END), 400,
      "twice" },
    { BYTES(POST "Transfer-Encoding: gzip, chunked\r\n" END), 501, "not just chunked" },
    { BYTES(POST "Transfer-Encoding: chunked, gzip\r\n" END), 501, "not just chunked" },
    { BYTES(POST "Transfer-Encoding: gzip\r\n" END), 501, "not just chunked" },
    { BYTES(POST "Transfer-Encoding: identity\r\n" END), 501, "not just chunked" },
    { BYTES(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n" END), 501,
      "not just chunked" },
    { BYTES(POST "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n" END), 501,
      "not just chunked" },
    { BYTES(POST "Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n" END), 501,
      "not just chunked" },
    { BYTES(POST "Transfer-Encoding: xchunked\r\n" END), 501, "not just chunked" },
    { BYTES(POST "Transfer-Encoding: chunkedx\r\n" END), 501, "not just chunked" },
    { BYTES(POST "Transfer-Encoding: chunked;q=1\r\n" END), 501, "not just chunked" },
    { BYTES(POST "Transfer-Encoding: \"chunked\"\r\n" END), 501, "not just chunked" },
    { BYTES(POST "Transfer-Encoding: chun ked\r\n" END), 501, "not just chunked" },
    { BYTES(POST "Transfer-Encoding: chunked,\r\n" END), 501, "not just chunked" },
    { BYTES(POST "Transfer-Encoding: ,chunked\r\n" END), 501, "not just chunked" },
    { BYTES(POST "Transfer-Encoding:\r\n" END), 501, "not just chunked" },
    { BYTES(POST "Transfer-Encoding: \xa0"
                 "chunked\r\n" END),
      501, "not just chunked" },
    { BYTES("POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n" END), 400, "HTTP/1.0" },
    { BYTES("POST / HTTP/1.0\r\n" H "Transfer-Encoding: gzip\r\n" END), 400, "HTTP/1.0" },
    /* Host */
    { BYTES(GET END), 400, "no Host" },
    { BYTES("GET / HTTP/1.2\r\n" END), 400, "no Host" },
    { BYTES(GET "Hosts: a\r\n" END), 400, "no Host" },
    { BYTES(GET "Host: a\r\nHost: a\r\n" END), 400, "more than one Host" },
    { BYTES(GET "Host: a\r\nhOST: b\r\n" END), 400, "more than one Host" },
    { BYTES("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n" END), 400, "more than one Host" },
    { BYTES(GET "Host:\r\n" END), 400, "Host is empty" },
    { BYTES(GET "Host: \r\n" END), 400, "Host is empty" },
    { BYTES(GET "Host: a,b\r\n" END), 400, "Host is malformed" },
    { BYTES(GET "Host: a b\r\n" END), 400, "Host is malformed" },
    { BYTES(GET "Host: a\tb\r\n" END), 400, "Host is malformed" },
    { BYTES(GET "Host: a/b\r\n" END), 400, "Host is malformed" },
    { BYTES(GET "Host: http://a\r\n" END), 400, "Host is malformed" },
    { BYTES(GET "Host: user@a\r\n" END), 400, "Host is malformed" },
    { BYTES(GET "Host: a?b\r\n" END), 400, "Host is malformed" },
    { BYTES(GET "Host: a#b\r\n" END), 400, "Host is malformed" },
    { BYTES(GET "Host: a\\b\r\n" END), 400, "Host is malformed" },
    { BYTES(GET "Host: <a>\r\n" END), 400, "Host is malformed" },
    { BYTES(GET "Host: a:b\r\n" END), 400, "Host is malformed" },
    { BYTES(GET "Host: a:80x\r\n" END), 400, "Host is malformed" },
    { BYTES(GET "Host: a:80:81\r\n" END), 400, "Host is malformed" },
    { BYTES(GET "Host: a:-1\r\n" END), 400, "Host is malformed" },
    { BYTES(GET "Host: :80\r\n" END), 400, "Host is malformed" },
    { BYTES(GET "Host: ::1\r\n" END), 400, "Host is malformed" },
    { BYTES(GET "Host: [::1\r\n" END), 400, "Host is malformed" },
    { BYTES(GET "Host: []\r\n" END), 400, "Host is malformed" },
    { BYTES(GET "Host: [::1]x\r\n" END), 400, "Host is malformed" },
    { BYTES(GET "Host: a%2\r\n" END), 400, "Host is malformed" },
    { BYTES(GET "Host: a%zz\r\n" END), 400, "Host is malformed" },
    { BYTES(GET "Host: b\xc3\xbc\r\n" END), 400, "Host is malformed" },
    /* targets that do not fit */
    { BYTES("GET * HTTP/1.1\r\n" H END), 400, "OPTIONS only" },
    { BYTES("GET ** HTTP/1.1\r\n" H END), 400, "neither a path nor" },
    { BYTES("OPTIONS *x HTTP/1.1\r\n" H END), 400, "neither a path nor" },
    { BYTES("GET a HTTP/1.1\r\n" H END), 400, "neither a path nor" },
    { BYTES("GET a/b HTTP/1.1\r\n" H END), 400, "neither a path nor" },
    { BYTES("GET ?q HTTP/1.1\r\n" H END), 400, "neither a path nor" },
    { BYTES("GET a:80 HTTP/1.1\r\n" H END), 400, "neither a path nor" },
    { BYTES("GET \\ HTTP/1.1\r\n" H END), 400, "neither a path nor" },
    { BYTES("GET ftp://a/ HTTP/1.1\r\n" H END), 400, "neither a path nor" },
    { BYTES("GET http:/a HTTP/1.1\r\n" H END), 400, "neither a path nor" },
    { BYTES("GET http:// HTTP/1.1\r\n" H END), 400, "authority" },
    { BYTES("GET http:///p HTTP/1.1\r\n" H END), 400, "authority" },
    { BYTES("GET http://u:p@a/ HTTP/1.1\r\n" H END), 400, "authority" },
    { BYTES("GET http://a,b/ HTTP/1.1\r\n" H END), 400, "authority" },
    { BYTES("GET http://a\\b/ HTTP/1.1\r\n" H END), 400, "authority" },
    { BYTES("GET http://:80/ HTTP/1.1\r\n" H END), 400, "authority" },
    { BYTES("GET http://a/ HTTP/1.1\r\n" END), 400, "no Host" },
    { BYTES("CONNECT / HTTP/1.1\r\n" H END), 400, "CONNECT" },
    { BYTES("CONNECT a HTTP/1.1\r\n" H END), 400, "CONNECT" },
    { BYTES("CONNECT a: HTTP/1.1\r\n" H END), 400, "CONNECT" },
    { BYTES("CONNECT http://a:80/ HTTP/1.1\r\n" H END), 400, "CONNECT" },
    { BYTES("CONNECT u@a:80 HTTP/1.1\r\n" H END), 400, "CONNECT" },
    { BYTES("CONNECT [::1] HTTP/1.1\r\n" H END), 400, "CONNECT" },
    { BYTES("CONNECT * HTTP/1.1\r\n" H END), 400, "CONNECT" },
};

static void test_malformed_requests_are_refused(void **state)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct feed f;

        feed_init(&f);
        feed_every_way(&f, cases[i].text, cases[i].len);
        if (f.r != -1 || f.head.status != cases[i].status)
            fail_msg("case %zu: r %d, status %d (%s) for:\n%s", i, f.r, f.head.status,
                     f.r < 0 ? f.head.error : "", cases[i].text);
        if (!strstr(f.head.error, cases[i].words))
            fail_msg("case %zu: \"%s\" lacks \"%s\" for:\n%s", i, f.head.error, cases[i].words,
                     cases[i].text);
        assert_true(f.head.error_off <= cases[i].len);
    }
}

static void test_the_corpus_is_large(void **state)
{
    assert_true(sizeof(cases) / sizeof(cases[0]) >= 120);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_malformed_requests_are_refused),
        cmocka_unit_test(test_the_corpus_is_large),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
