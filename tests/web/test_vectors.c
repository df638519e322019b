/* test_vectors.c - what Tornado makes of given inputs, as data; this library does the same.
 *
 * Sections are numbered as in the inventory of Tornado's behaviour that the project works from.
 * Where that marks a defect, the vector has a reason and what is right instead; the counts are
 * printed.
 */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gale/escape.h>
#include <gale/gen.h>
#include <gale/httputil.h>
#include <gale/ioloop.h>
#include <gale/json.h>

#include "proto/http1.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

struct vector {
    const char *in, *out; /* out: Tornado's */
    const char *ours;     /* NULL: the same */
    const char *why;      /* of a deviation */
};

/* Asserts each and prints how many are Tornado's. */
static void check(const char *section, void (*run)(const char *in, char *out, size_t size),
                  const struct vector *vectors, size_t n)
{
    size_t same = 0;
    char out[1024];

    for (size_t i = 0; i < n; i++) {
        const char *expected = vectors[i].ours ? vectors[i].ours : vectors[i].out;

        memset(out, 0, sizeof(out));
        run(vectors[i].in, out, sizeof(out));
        if (strcmp(out, expected) != 0)
            fail_msg("%s: '%s' gave '%s', not '%s'", section, vectors[i].in, out, expected);
        same += !vectors[i].ours;
    }
    print_message("%s: %zu of %zu", section, same, n);
    for (size_t i = 0; i < n; i++)
        if (vectors[i].ours)
            print_message(" (deviates: %s: %s)", vectors[i].in, vectors[i].why);
    print_message("\n");
}

static void escape_plus(const char *in, char *out, size_t size)
{
    gale_url_escape_into(in, true, out, size);
}

static void escape_path(const char *in, char *out, size_t size)
{
    gale_url_escape_into(in, false, out, size);
}

static void test_32_3_url_escape(void **state)
{
    static const struct vector plus[] = {
        { "a b", "a+b" }, { "a/b", "a%2Fb" }, { "\xc3\xa9", "%C3%A9" }, { "~-_.", "~-_." },
        { "%", "%25" },   { "+", "%2B" },     { "&=?", "%26%3D%3F" },
    };
    static const struct vector path[] = {
        { "a b", "a%20b" }, { "a/b", "a/b" }, { "\xc3\xa9", "%C3%A9" }, { "~-_.", "~-_." },
        { "%", "%25" },     { "+", "%2B" },   { "&=?", "%26%3D%3F" },
    };

    (void)state;
    check("32.3 escape, plus", escape_plus, plus, N_OF(plus));
    check("32.3 escape, path", escape_path, path, N_OF(path));
}

static void show_bytes(const char *bytes, size_t len, char *out, size_t size)
{
    for (size_t i = 0, n = 0; i < len; i++)
        n += (size_t)snprintf(out + n, size - n, (unsigned char)bytes[i] < 0x20 ? "\\x%02x" : "%c",
                              (unsigned char)bytes[i]);
}

static void unescape_bytes(const char *in, char *out, size_t size)
{
    char bytes[64];

    show_bytes(bytes, gale_url_unescape_into(in, true, bytes, sizeof(bytes)), out, size);
}

static void copy(const char *text, char *out, size_t size)
{
    snprintf(out, size, "%s", text ? text : "(NULL)");
}

static void unescape_plus(const char *in, char *out, size_t size)
{
    copy(gale_url_unescape(in), out, size);
}

static void unescape_path(const char *in, char *out, size_t size)
{
    copy(gale_url_unescape_path(in), out, size);
}

/* In a coroutine, as are all that give memory. */
static int url_unescape(void *arg)
{
    static const struct vector bytes[] = {
        { "a+b%20c", "a b c" }, { "%zz", "%zz" }, { "%C3%A9", "\xc3\xa9" },
        { "%E9", "\xe9" },      { "%2", "%2" },   { "a%00", "a\\x00" },
    };
    static const char ends[] = "a text of C ends at its NUL; the bytes are there";
    static const struct vector plus[] = {
        { "a+b%20c", "a b c" },    { "%zz", "%zz" }, { "%C3%A9", "\xc3\xa9" },
        { "%E9", "\xef\xbf\xbd" }, { "%2", "%2" },   { "a%00", "a\\x00", "a", ends },
    };
    static const struct vector path[] = {
        { "a+b%20c", "a+b c" },    { "%zz", "%zz" }, { "%C3%A9", "\xc3\xa9" },
        { "%E9", "\xef\xbf\xbd" }, { "%2", "%2" },   { "a%00", "a\\x00", "a", ends },
    };

    (void)arg;
    check("32.3 unescape, bytes", unescape_bytes, bytes, N_OF(bytes));
    check("32.3 unescape, plus", unescape_plus, plus, N_OF(plus));
    check("32.3 unescape, path", unescape_path, path, N_OF(path));
    return 0;
}

static void html_unescape(const char *in, char *out, size_t size)
{
    gale_xhtml_unescape_into(in, out, size);
}

static void squeeze(const char *in, char *out, size_t size)
{
    gale_squeeze_into(in, out, size);
}

static void test_32_4_html_unescape_and_squeeze(void **state)
{
    static const struct vector html[] = {
        { "&lt;&gt;&amp;&quot;&#39;&apos;", "<>&\"''" },
        { "&#x41;&#65;&#X42;", "AAB" },
        { "&copy;&copy", "\xc2\xa9\xc2\xa9" },
        { "&notit;", "\xc2\xacit;" },
        { "&bogus;", "&bogus;" },
        { "&#0;", "\xef\xbf\xbd" },
        { "&#128;", "\xe2\x82\xac" },
        { "&#xD800;", "\xef\xbf\xbd" },
        { "&nbsp;|", "\xc2\xa0|" },
        { "&", "&" },
        { "&#x;&#;&&amp", "&#x;&#;&&" },
        { "&NotEqualTilde;&fjlig;", "\xe2\x89\x82\xcc\xb8"
                                    "fj" },
        { "&CounterClockwiseContourIntegral;&zwnj;", "\xe2\x88\xb3\xe2\x80\x8c" },
        { "&#11;&#x10FFFF;&#99999999999;", "\xef\xbf\xbd" },
    };
    static const struct vector blanks[] = { { "  a\t b\r\n\x01 c\n", "a b c" } };

    (void)state;
    check("32.4 unescape", html_unescape, html, N_OF(html));
    check("32.4 squeeze", squeeze, blanks, N_OF(blanks));
}

static void json_encode(const char *in, char *out, size_t size)
{
    json_t *value = json_loads(in, JSON_DECODE_ANY, NULL);

    copy(gale_json_encode(value), out, size);
    json_decref(value);
}

/* Python's values as JSON. */
static int json(void *arg)
{
    static const struct vector vectors[] = {
        { "{\"a\": [true, null, 1.5, 1e20, 1e-7]}", "{\"a\": [true, null, 1.5, 1e+20, 1e-07]}" },
        { "\"</x>\"", "\"<\\/x>\"" },
        { "\"\\u2028<\"", "\"\\u2028<\"" },
        { "\"\xf0\x9f\x98\x80\"", "\"\\ud83d\\ude00\"" },
        { "{\"1\": 2}", "{\"1\": 2}" },
    };
    json_t *infinite = json_pack("[f]", 1.0);

    (void)arg;
    check("32.5", json_encode, vectors, N_OF(vectors));
    assert_int_equal(json_real_set(json_array_get(infinite, 0), 1e308 * 10), -1);
    json_decref(infinite);
    assert_null(gale_json_encode(NULL));
    print_message("32.5: infinity is refused (deviates: DEFECT: Tornado writes what is no JSON)\n");
    return 0;
}

/* "url|name|value|name|value". */
static void url_concat(const char *in, char *out, size_t size)
{
    char text[128];
    const char *parts[8] = { NULL };
    gale_pair pairs[4] = { { NULL, NULL } };
    size_t n = 0;
    char *rest = text;

    snprintf(text, sizeof(text), "%s", in);
    while (n < 8 && (parts[n] = strsep(&rest, "|")) != NULL)
        n++;
    for (size_t i = 1; i + 1 < n; i += 2)
        pairs[i / 2] = (gale_pair){ parts[i], parts[i + 1] };
    assert_true(gale_url_concat(parts[0], pairs, out, size) == strlen(out));
}

static void test_32_7_url_concat(void **state)
{
    static const struct vector vectors[] = {
        { "/p|a|1 2", "/p?a=1+2" },           { "/p?x|\xc3\xa9|\xc3\xbc", "/p?x=&%C3%A9=%C3%BC" },
        { "/p?x=1#f|x|2", "/p?x=1&x=2#f" },   { "http://h?q=a+b", "http://h?q=a+b" },
        { "/p?a=%2F|b|/", "/p?a=%2F&b=%2F" }, { "/p;pp?x=1|y|", "/p;pp?x=1&y=" },
    };
    char cut[6];

    (void)state;
    check("32.7", url_concat, vectors, N_OF(vectors));
    assert_int_equal(gale_url_concat("/path", NULL, cut, sizeof(cut)), 5);
    assert_int_equal(gale_url_concat("/path/longer", NULL, cut, sizeof(cut)), 12);
    assert_string_equal(cut, "/path");
    assert_int_equal(gale_url_concat("/path", NULL, NULL, 0), 5);
}

/* As "value|name=value|name". */
static void parse_header(const char *in, char *out, size_t size)
{
    char memory[128];
    char *buffer = memory;
    const char *cursor = NULL;
    gale_str key, value;
    size_t n = 0;
    int r;

    while ((r = gale_parse_header_next(in, &cursor, &buffer, &key, &value)) > 0) {
        n += (size_t)snprintf(out + n, size - n, "%s%.*s", n ? "|" : "", (int)key.len, key.ptr);
        if (value.ptr)
            n += (size_t)snprintf(out + n, size - n, "=%.*s", (int)value.len, value.ptr);
    }
    assert_int_equal(r, 0);
}

static void test_32_9_parameters(void **state)
{
    static const struct vector vectors[] = {
        { "form-data; name=\"a\"; filename=\"b;c.txt\"", "form-data|name=a|filename=b;c.txt" },
        { "form-data; name=a; NAME2=\"x\\\"y\"", "form-data|name=a|name2=x\"y" },
        { "text/html; charset=utf-8", "text/html|charset=utf-8" },
        { "permessage-deflate; foo; bar=1", "permessage-deflate|bar=1",
          "permessage-deflate|foo|bar=1", "DEFECT: parameters without a value are lost" },
        { "a; n*=UTF-8''%C3%A9", "a|n=\xc3\xa9" },
        { "a; n*0=\"x\"; n*1=\"y\"", "a|n=xy" },
        { "a; n=\"q\"z", "a|n=\"q\"z" },
        { "a;n=", "a|n=" },
    };

    (void)state;
    check("32.9", parse_header, vectors, N_OF(vectors));
}

static void split_port(const char *in, char *out, size_t size)
{
    gale_str host;
    int port;

    if (gale_split_host_and_port(in, &host, &port) < 0)
        copy("refused", out, size);
    else
        snprintf(out, size, port < 0 ? "%.*s" : "%.*s %d", (int)host.len, host.ptr, port);
}

static void test_32_10_host_and_port(void **state)
{
    static const struct vector vectors[] = {
        { "h", "h" },   { "h:80", "h 80" },     { "[::1]:80", "[::1] 80" }, { "[::1]", "[::1]" },
        { "h:", "h:" }, { "a:b:90", "a:b 90" }, { "h:8a", "h:8a" },
    };

    (void)state;
    check("32.10", split_port, vectors, N_OF(vectors));
}

static void normalise(const char *in, char *out, size_t size)
{
    gale_headers *h = gale_headers_new();
    const char *name, *value;

    assert_int_equal(gale_headers_add(h, in, "v"), 0);
    assert_true(gale_headers_at(h, 0, &name, &value));
    copy(name, out, size);
    gale_headers_free(h);
}

static void test_32_11_header_names(void **state)
{
    static const struct vector vectors[] = {
        { "content-TYPE", "Content-Type" },         { "etag", "Etag" },
        { "x-XSRFToken", "X-Xsrftoken" },           { "x--y", "X--Y" },
        { "WWW-authenticate", "Www-Authenticate" }, { "3dfx-a", "3dfx-A" },
    };

    (void)state;
    check("32.11", normalise, vectors, N_OF(vectors));
}

static void format_date(const char *in, char *out, size_t size)
{
    assert_int_equal(gale_format_timestamp(strtod(in, NULL), out, size), 29);
}

static void test_32_12_dates(void **state)
{
    static const struct vector vectors[] = {
        { "0", "Thu, 01 Jan 1970 00:00:00 GMT" },
        { "1000000000.0", "Sun, 09 Sep 2001 01:46:40 GMT" },
        { "-1", "Wed, 31 Dec 1969 23:59:59 GMT" },
        { "1700000000.9", "Tue, 14 Nov 2023 22:13:20 GMT" },
    };
    double t = 0;

    (void)state;
    check("32.12", format_date, vectors, N_OF(vectors));
    assert_int_equal(gale_parse_timestamp("Tue, 14 Nov 2023 22:13:20 GMT", &t), 0);
    assert_true(t == 1700000000);
    assert_int_equal(gale_parse_timestamp("Sunday, 06-Nov-94 08:49:37 GMT", &t), 0);
    assert_true(t == 784111777);
    assert_int_equal(gale_parse_timestamp("Sun Nov  6 08:49:37 1994", &t), 0);
    assert_true(t == 784111777);
    assert_int_equal(gale_parse_timestamp("yesterday", &t), GALE_EINVAL);
}

static const struct gale__http1_limits limits = { 1000, 1000, 10 };

static void request_line(const char *in, char *out, size_t size)
{
    struct gale__http1_header headers[10];
    struct gale__http1_head head = { .headers = headers };
    char text[128];
    size_t scanned = 0;
    int len = snprintf(text, sizeof(text), "%s\r\nHost: h\r\n\r\n", in);

    if (gale__http1_parse_request(text, (size_t)len, &scanned, &limits, &head) != len)
        copy("error", out, size);
    else
        snprintf(out, size, "%.*s %.*s 1.%d", (int)head.method_len, text + head.method_off,
                 (int)head.target_len, text + head.target_off, head.minor_version);
}

static void status_line(const char *in, char *out, size_t size)
{
    struct gale__http1_header headers[10];
    struct gale__http1_head head = { .headers = headers };
    char text[128];
    size_t scanned = 0;
    int len = snprintf(text, sizeof(text), "%s\r\n\r\n", in);

    if (gale__http1_parse_response(text, (size_t)len, &scanned, &limits, &head) != len)
        copy("error", out, size);
    else
        snprintf(out, size, "1.%d %d '%.*s'", head.minor_version, head.status_code,
                 (int)head.reason_len, text + head.reason_off);
}

static void test_32_13_start_lines(void **state)
{
    static const struct vector requests[] = {
        { "GET / HTTP/1.1", "GET / 1.1" },
        { "GET /a b HTTP/1.1", "error" },
        { "GET / HTTP/1.10", "error" },
        { "G,ET / HTTP/1.1", "error" },
        { "GET / http/1.1", "error" },
        { "GET \xc3\xa9 HTTP/1.1", "GET \xc3\xa9 1.1", "error",
          "a target of none of the four forms of RFC 9112 3.2 is refused; /\xc3\xa9 is not" },
        { "GET /\xc3\xa9 HTTP/1.1", "GET /\xc3\xa9 1.1" },
        { "GET / HTTP/1.0 ", "error" },
    };
    static const struct vector responses[] = {
        { "HTTP/1.1 200 OK", "1.1 200 'OK'" },
        { "HTTP/1.1 200 ", "1.1 200 ''" },
        { "HTTP/1.1 200", "error", "1.1 200 ''",
          "the space is the server's duty (RFC 9112 4), and it can be read in one way only" },
        { "HTTP/1.1 20 OK", "error" },
        { "HTTP/1.0 404 a b\tc", "1.0 404 'a b\tc'" },
        { "HTTP/2.0 200 OK", "error" },
    };

    (void)state;
    check("32.13 requests", request_line, requests, N_OF(requests));
    check("32.13 responses", status_line, responses, N_OF(responses));
}

static void linkify(const char *in, char *out, size_t size)
{
    gale_linkify_into(in, NULL, out, size);
}

static void linkify_short(const char *in, char *out, size_t size)
{
    gale_linkify_into(in, &(gale_linkify_options){ .shorten = GALE_ON }, out, size);
}

static void linkify_own(const char *in, char *out, size_t size)
{
    static const char *const protocols[] = { "ftp", "http", NULL };

    gale_linkify_into(in,
                      &(gale_linkify_options){ .require_protocol = GALE_ON,
                                               .extra_params = " rel=\"nofollow\" ",
                                               .permitted_protocols = protocols },
                      out, size);
}

static void test_32_17_linkify(void **state)
{
    static const struct vector usual[] = {
        { "see www.a.io/x, ok", "see <a href=\"http://www.a.io/x\">www.a.io/x</a>, ok" },
        { "<http://a.io>", "&lt;<a href=\"http://a.io\">http://a.io</a>&gt;" },
        { "http://a.io/(b)c)", "<a href=\"http://a.io/(b)c\">http://a.io/(b)c</a>)" },
        { "ftp://a.io http:/b.io", "ftp://a.io <a href=\"http:/b.io\">http:/b.io</a>" },
        { "javascript:alert(1) javascript:///x", "javascript:alert(1) javascript:///x" },
        { "http://a.io/?q=1&r=\"2\"", "<a href=\"http://a.io/?q=1&amp;r=&quot;2\">"
                                      "http://a.io/?q=1&amp;r=&quot;2</a>&quot;" },
        { "http://a.io...", "<a href=\"http://a.io\">http://a.io</a>..." },
        { "a@b.c http://u:p@h:1/", "a@b.c <a href=\"http://u:p@h:1/\">http://u:p@h:1/</a>" },
        { "http:///", "<a href=\"http:///\">http:///</a>" },
        { "x-www.a.io", "x-<a href=\"http://www.a.io\">www.a.io</a>" },
        { "xwww.a.io http:", "xwww.a.io http:" },
        { "'http://a.io'", "&#x27;<a href=\"http://a.io\">http://a.io</a>&#x27;" },
        { "http://a.io\xe3\x80\x80z", "<a href=\"http://a.io\">http://a.io</a>\xe3\x80\x80z" },
    };
    static const struct vector shortened[] = {
        { "http://example.org/very/long/path/that/goes/on.html",
          "<a href=\"http://example.org/very/long/path/that/goes/on.html\" "
          "title=\"http://example.org/very/long/path/that/goes/on.html\">"
          "http://example.org/very...</a>" },
        { "www.short.org/page", "<a href=\"http://www.short.org/page\">www.short.org/page</a>" },
    };
    static const struct vector own[] = {
        { "www.a.io ftp://b https://c",
          "www.a.io <a href=\"ftp://b\" rel=\"nofollow\">ftp://b</a> https://c" },
    };

    (void)state;
    check("32.17", linkify, usual, N_OF(usual));
    check("32.17 shortened", linkify_short, shortened, N_OF(shortened));
    check("32.17 own options", linkify_own, own, N_OF(own));
}

static void run_in_coroutine(int (*fn)(void *arg))
{
    assert_int_equal(gale_ioloop_run_sync(gale_ioloop_current(), fn, NULL, 0), 0);
    gale_ioloop_free(gale_ioloop_current());
}

static void test_32_3_url_unescape(void **state)
{
    (void)state;
    run_in_coroutine(url_unescape);
}

static void test_32_5_json_encode(void **state)
{
    (void)state;
    run_in_coroutine(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_32_3_url_escape),
        cmocka_unit_test(test_32_3_url_unescape),
        cmocka_unit_test(test_32_4_html_unescape_and_squeeze),
        cmocka_unit_test(test_32_5_json_encode),
        cmocka_unit_test(test_32_7_url_concat),
        cmocka_unit_test(test_32_9_parameters),
        cmocka_unit_test(test_32_10_host_and_port),
        cmocka_unit_test(test_32_11_header_names),
        cmocka_unit_test(test_32_12_dates),
        cmocka_unit_test(test_32_13_start_lines),
        cmocka_unit_test(test_32_17_linkify),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
