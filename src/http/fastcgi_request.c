/* fastcgi_request.c - a request from the parameters that a web server sends over FastCGI.
 *
 * They are written as the head of an HTTP/1 request, which then goes the way of any other: the same
 * strict parser, the same limits, the same answers to what is asked of a request. What would be two
 * lines there, or part of another, is refused before.
 */
/* SPDX-License-Identifier: MIT */
#include "http/fastcgi_request.h"

#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "http/request.h"
#include "proto/char_class.h"
#include "proto/fastcgi.h"
#include "proto/ip.h"

enum variable {
    REQUEST_METHOD,
    REQUEST_URI,
    SCRIPT_NAME,
    PATH_INFO,
    QUERY_STRING,
    SERVER_PROTOCOL,
    SERVER_NAME,
    SERVER_PORT,
    HTTP_HOST,
    CONTENT_TYPE,
    HTTP_CONTENT_TYPE,
    CONTENT_LENGTH,
    HTTP_CONTENT_LENGTH,
    REMOTE_ADDR,
    HTTPS,
    REQUEST_SCHEME,
    N_VARIABLES
};

enum { FIXED_MAX = 512 }; /* what a head has besides what parameters say */

struct reader {
    gale_str values[N_VARIABLES];
};

static const gale_str names[N_VARIABLES] = {
    [REQUEST_METHOD] = { "REQUEST_METHOD", 14 },
    [REQUEST_URI] = { "REQUEST_URI", 11 },
    [SCRIPT_NAME] = { "SCRIPT_NAME", 11 },
    [PATH_INFO] = { "PATH_INFO", 9 },
    [QUERY_STRING] = { "QUERY_STRING", 12 },
    [SERVER_PROTOCOL] = { "SERVER_PROTOCOL", 15 },
    [SERVER_NAME] = { "SERVER_NAME", 11 },
    [SERVER_PORT] = { "SERVER_PORT", 11 },
    [HTTP_HOST] = { "HTTP_HOST", 9 },
    [CONTENT_TYPE] = { "CONTENT_TYPE", 12 },
    [HTTP_CONTENT_TYPE] = { "HTTP_CONTENT_TYPE", 17 },
    [CONTENT_LENGTH] = { "CONTENT_LENGTH", 14 },
    [HTTP_CONTENT_LENGTH] = { "HTTP_CONTENT_LENGTH", 19 },
    [REMOTE_ADDR] = { "REMOTE_ADDR", 11 },
    [HTTPS] = { "HTTPS", 5 },
    [REQUEST_SCHEME] = { "REQUEST_SCHEME", 14 },
};

static bool is_equal(gale_str a, gale_str b)
{
    return a.len == b.len && !memcmp(a.ptr, b.ptr, a.len);
}

static bool is_all(gale_str s, unsigned class)
{
    for (size_t i = 0; i < s.len; i++)
        if (!GALE__CHAR_IS(s.ptr[i], class))
            return false;
    return true;
}

/* Whether both become the same field: in any case, "-" is "_". */
static bool is_same_field(gale_str name, gale_str upper)
{
    if (name.len != upper.len)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        if ((c == '-' ? '_' : c >= 'a' && c <= 'z' ? c - 32 : c) != upper.ptr[i])
            return false;
    }
    return true;
}

/* Of the web server's own connection, or what it has taken care of. */
static bool is_dropped(gale_str field)
{
    static const gale_str dropped[] = {
        { "CONNECTION", 10 }, { "KEEP_ALIVE", 10 }, { "PROXY_CONNECTION", 16 },
        { "TE", 2 },          { "TRAILER", 7 },     { "TRANSFER_ENCODING", 17 },
        { "UPGRADE", 7 },     { "EXPECT", 6 },
    };

    for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++)
        if (is_same_field(field, dropped[i]))
            return true;
    return false;
}

static char *put(char *p, gale_str s)
{
    return s.len ? (char *)memcpy(p, s.ptr, s.len) + s.len : p;
}

static char *put_field(char *p, const char *name, gale_str value)
{
    p = put(put(p, gale__str(name)), GALE__STR(": "));
    return put(put(p, value), GALE__STR("\r\n"));
}

/* X_FORWARDED_FOR is X-Forwarded-For. */
static char *put_name(char *p, gale_str name)
{
    bool is_first = true;

    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        if (c >= 'a' && c <= 'z' && is_first)
            c = (char)(c - ('a' - 'A'));
        else if (c >= 'A' && c <= 'Z' && !is_first)
            c = (char)(c + ('a' - 'A'));
        is_first = c == '_' || c == '-';
        *p++ = c == '_' ? '-' : c;
    }
    return p;
}

static void keep_variable(struct reader *r, gale_str name, gale_str value)
{
    for (unsigned i = 0; i < N_VARIABLES; i++)
        if (is_equal(name, names[i]))
            r->values[i] = value;
}

/* The field that a parameter stands for; len 0: none. */
static gale_str field_of(gale_str name)
{
    gale_str field = gale__str_skip(name, 5);

    if (name.len <= 5 || memcmp(name.ptr, "HTTP_", 5) != 0 || is_dropped(field) ||
        is_equal(name, names[HTTP_HOST]) || is_equal(name, names[HTTP_CONTENT_TYPE]) ||
        is_equal(name, names[HTTP_CONTENT_LENGTH]))
        return (gale_str){ NULL, 0 };
    return field;
}

/* Keeps the variables, looks at the fields. NULL, or what is wrong. */
static const char *read_params(struct reader *r, gale_str params)
{
    const char *at = params.len ? params.ptr : "", *end = at + params.len;
    gale_str name, value, field;
    int more;

    while ((more = gale__fastcgi_pair(&at, end, &name, &value)) > 0) {
        field = field_of(name);
        if (!field.len)
            keep_variable(r, name, value);
        else if (!is_all(field, GALE__CHAR_TOKEN) || !is_all(value, GALE__CHAR_VALUE))
            return "a parameter that is no header field";
    }
    return more < 0 ? "malformed parameters" : NULL;
}

static char *put_fields(char *p, gale_str params)
{
    const char *at = params.ptr, *end = at + params.len;
    gale_str name, value, field;

    while (gale__fastcgi_pair(&at, end, &name, &value) > 0) {
        field = field_of(name);
        if (!field.len)
            continue;
        p = put(put_name(p, field), GALE__STR(": "));
        p = put(put(p, value), GALE__STR("\r\n"));
    }
    return p;
}

static bool is_https(const struct reader *r)
{
    gale_str https = r->values[HTTPS];

    return (https.len && !gale__str_equal_nocase(https, GALE__STR("off")) &&
            !is_equal(https, GALE__STR("0"))) ||
           gale__str_equal_nocase(r->values[REQUEST_SCHEME], GALE__STR("https"));
}

/* A decoded path as it is in a URL. */
static char *put_quoted(char *p, gale_str path)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.ptr[i];

        if (GALE__CHAR_IS(c, GALE__CHAR_REGNAME) || c == '/' || c == ':' || c == '@' || c == ',') {
            *p++ = (char)c;
            continue;
        }
        *p++ = '%';
        *p++ = digits[c >> 4];
        *p++ = digits[c & 15];
    }
    return p;
}

static char *put_target(char *p, const struct reader *r)
{
    gale_str path = r->values[SCRIPT_NAME], more = r->values[PATH_INFO];

    if (r->values[REQUEST_URI].len)
        return put(p, r->values[REQUEST_URI]);
    if ((path.len ? path.ptr[0] : more.len ? more.ptr[0] : 0) != '/')
        *p++ = '/';
    p = put_quoted(put_quoted(p, path), more);
    if (r->values[QUERY_STRING].len)
        p = put(put(p, GALE__STR("?")), r->values[QUERY_STRING]);
    return p;
}

/* A server's name may be a pattern of its configuration, or nothing. */
static bool is_host(gale_str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!name.ptr[i] ||
            !strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._:[]",
                    name.ptr[i]))
            return false;
    return name.len > 0;
}

/* What the client asked for, else what the web server is called. */
static char *put_host(char *p, const struct reader *r)
{
    gale_str name = r->values[SERVER_NAME], port = r->values[SERVER_PORT];
    bool is_named = is_host(name);
    bool is_v6 = is_named && memchr(name.ptr, ':', name.len) && name.ptr[0] != '[';

    if (r->values[HTTP_HOST].ptr)
        return put_field(p, "Host", r->values[HTTP_HOST]);
    p = put(p, GALE__STR("Host: "));
    if (is_v6)
        *p++ = '[';
    p = put(p, is_named ? name : GALE__STR("localhost"));
    if (is_v6)
        *p++ = ']';
    if (port.len && !is_equal(port, is_https(r) ? GALE__STR("443") : GALE__STR("80")))
        p = put(put(p, GALE__STR(":")), port);
    return put(p, GALE__STR("\r\n"));
}

static const char *check(const struct reader *r)
{
    const gale_str *v = r->values;

    if (!v[REQUEST_METHOD].len || !is_all(v[REQUEST_METHOD], GALE__CHAR_TOKEN))
        return "no REQUEST_METHOD, or a malformed one";
    if (!is_all(v[REQUEST_URI], GALE__CHAR_TARGET) || !is_all(v[QUERY_STRING], GALE__CHAR_TARGET))
        return "a malformed REQUEST_URI or QUERY_STRING";
    if (!is_all(v[HTTP_HOST], GALE__CHAR_VALUE) || !is_all(v[SERVER_NAME], GALE__CHAR_VALUE))
        return "a malformed HTTP_HOST or SERVER_NAME";
    if (!is_all(v[SERVER_PORT], GALE__CHAR_DIGIT) || v[SERVER_PORT].len > 5)
        return "a malformed SERVER_PORT";
    if (!is_all(v[CONTENT_LENGTH], GALE__CHAR_DIGIT))
        return "a malformed CONTENT_LENGTH";
    if (!is_all(v[CONTENT_TYPE], GALE__CHAR_VALUE))
        return "a malformed CONTENT_TYPE";
    return NULL;
}

/* The whole head; its length. */
static size_t put_head(char *text, const struct reader *r, gale_str params)
{
    const gale_str *v = r->values;
    char *p = put(put(text, v[REQUEST_METHOD]), GALE__STR(" "));

    p = put_target(p, r);
    p = put(p, is_equal(v[SERVER_PROTOCOL], GALE__STR("HTTP/1.0")) ? GALE__STR(" HTTP/1.0\r\n")
                                                                   : GALE__STR(" HTTP/1.1\r\n"));
    p = put_host(p, r);
    if (v[CONTENT_TYPE].len)
        p = put_field(p, "Content-Type", v[CONTENT_TYPE]);
    if (v[CONTENT_LENGTH].len)
        p = put_field(p, "Content-Length", v[CONTENT_LENGTH]);
    p = put(put_fields(p, params), GALE__STR("\r\n"));
    return (size_t)(p - text);
}

static int parse(struct gale__exchange *x, gale_str text, const struct gale__http1_limits *limits,
                 struct gale__http1_head *head, const char **why)
{
    size_t scanned = 0;
    int r = gale__http1_parse_request(text.ptr, text.len, &scanned, limits, head);

    if (r <= 0) {
        *why = r < 0 ? head->error : "parameters make no whole request";
        return r < 0 ? head->status : 400;
    }
    if (gale__request_fill(x, text.ptr, head, why) == 0)
        return 0;
    if (*why)
        return 400;
    *why = "out of memory";
    return 503;
}

int gale__fastcgi_request_fill(struct gale__exchange *x, gale_str params,
                               const struct gale__http1_limits *limits,
                               struct gale__http1_head *head, struct gale__fastcgi_info *info,
                               const char **why)
{
    struct reader r = { { { NULL, 0 } } };
    gale_str *v = r.values;
    char *text;
    int status;

    *why = read_params(&r, params);
    if (!v[CONTENT_TYPE].len)
        v[CONTENT_TYPE] = v[HTTP_CONTENT_TYPE];
    if (!v[CONTENT_LENGTH].len)
        v[CONTENT_LENGTH] = v[HTTP_CONTENT_LENGTH];
    if (!*why)
        *why = check(&r);
    if (*why)
        return 400;
    /* A field is not longer than its parameter; a path that has to be quoted is, three times. */
    text = gale__malloc(4 * params.len + FIXED_MAX);
    *why = "out of memory";
    if (!text)
        return 503;
    status = parse(x, (gale_str){ text, put_head(text, &r, params) }, limits, head, why);
    gale__free(text);
    info->peer_family = v[REMOTE_ADDR].len
                            ? gale__ip_parse(v[REMOTE_ADDR].ptr, v[REMOTE_ADDR].len, info->peer)
                            : 0;
    info->tls = is_https(&r);
    return status;
}
