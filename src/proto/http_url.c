/* http_url.c - see http_url.h. */
/* SPDX-License-Identifier: MIT */
#include "proto/http_url.h"

#include <gale/error.h>

#include "base/str.h"
#include "proto/char_class.h"
#include "proto/http1.h"

/* The index of the first byte of s that is one of set, or its length. */
static size_t find_any(gale_str s, const char *set)
{
    for (size_t i = 0; i < s.len; i++)
        if (strchr(set, s.ptr[i]))
            return i;
    return s.len;
}

static bool has_scheme(gale_str text, gale_str scheme)
{
    return gale__str_equal_nocase(gale__str_head(text, scheme.len), scheme);
}

static int check_bytes(gale_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c <= ' ' || c == 0x7f)
            return gale_err(GALE_EINVAL, "byte 0x%02x in the URL", c);
    }
    return 0;
}

/* The port behind the host, which may be left empty. */
static int parse_port(gale_str digits, int *port)
{
    uint64_t value;

    if (!digits.len)
        return 0;
    if (!gale__str_to_uint64(digits, &value) || value == 0 || value > 65535)
        return gale_err(GALE_EINVAL, "bad port '%.*s' in the URL",
                        (int)gale__str_head(digits, 20).len, digits.ptr);
    *port = (int)value;
    return 0;
}

/* What other parsers end a host at, or begin one behind, is in no URL of ours. */
static int check_authority(gale_str netloc, size_t at)
{
    if (gale__str_find(netloc, '\\') < netloc.len)
        return gale_err(GALE_EINVAL, "a backslash in the user or host of the URL");
    if (at < netloc.len &&
        gale__str_find(gale__str_skip(netloc, at + 1), '@') + at + 1 < netloc.len)
        return gale_err(GALE_EINVAL, "two '@' in the user or host of the URL");
    return 0;
}

static int parse_netloc(struct gale__http_url *out)
{
    size_t at = gale__str_find(out->netloc, '@'), end;
    gale_str netloc = out->netloc;
    int r = check_authority(netloc, at);

    if (r < 0)
        return r;
    if (at < netloc.len) {
        out->userinfo = gale__str_head(netloc, at);
        netloc = out->netloc = (gale_str){ netloc.ptr + at + 1, netloc.len - at - 1 };
    }
    if (!netloc.len || !gale__http1_host_is_valid(netloc.ptr, netloc.len))
        return gale_err(GALE_EINVAL, "no host, or a malformed one, in the URL");
    out->is_numeric6 = netloc.ptr[0] == '[';
    end = out->is_numeric6 ? gale__str_find(netloc, ']') + 1 : gale__str_find(netloc, ':');
    out->host = out->is_numeric6 ? (gale_str){ netloc.ptr + 1, end - 2 }
                                 : gale__str_head(netloc, end);
    return parse_port(gale__str_skip(netloc, end + 1), &out->port);
}

int gale__http_url_parse(gale_str text, struct gale__http_url *out)
{
    struct gale__http_url url = { .port = 80 };
    int r = check_bytes(text);

    if (r < 0)
        return r;
    if (has_scheme(text, GALE__STR("http://"))) {
        text = gale__str_skip(text, 7);
    } else if (has_scheme(text, GALE__STR("https://"))) {
        url.tls = true;
        url.port = 443;
        text = gale__str_skip(text, 8);
    } else {
        return gale_err(GALE_EINVAL, "the URL does not begin with http:// or https://");
    }
    text = gale__str_head(text, gale__str_find(text, '#'));
    url.netloc = gale__str_head(text, find_any(text, "/?"));
    url.target = gale__str_skip(text, url.netloc.len);
    r = parse_netloc(&url);
    if (r >= 0)
        *out = url;
    return r;
}

/* A byte that may not stand in a target as it is. */
static void write_byte(struct gale__buf *out, char c)
{
    if ((unsigned char)c >= 0x80 || c == ' ')
        gale__buf_printf(out, "%%%02X", (unsigned char)c);
    else
        gale__buf_append_char(out, c);
}

static void write_bytes(struct gale__buf *out, gale_str s)
{
    for (size_t i = 0; i < s.len; i++)
        write_byte(out, s.ptr[i]);
}

void gale__http_url_write_target(const struct gale__http_url *url, struct gale__buf *out)
{
    if (!url->target.len || url->target.ptr[0] != '/')
        gale__buf_append_char(out, '/');
    write_bytes(out, url->target);
}

bool gale__http_url_same_origin(const struct gale__http_url *a, const struct gale__http_url *b)
{
    return a->tls == b->tls && a->port == b->port && gale__str_equal_nocase(a->host, b->host);
}

/* Whether a reference has a scheme of its own: letters, digits, "+-." and a colon. */
static bool is_absolute(gale_str reference)
{
    size_t colon = gale__str_find(reference, ':');

    if (colon == reference.len || colon == 0)
        return false;
    for (size_t i = 0; i < colon; i++) {
        char c = gale__lower(reference.ptr[i]);

        if (!(c >= 'a' && c <= 'z') && (i == 0 || !strchr("0123456789+-.", c)))
            return false;
    }
    return true;
}

/* Appends path without its "." and ".." (RFC 3986 5.2.4); it begins with '/'. */
static void write_path(struct gale__buf *out, gale_str path)
{
    size_t root = out->len;
    gale_str rest = gale__str_skip(path, 1), segment;

    while (gale__str_split(&rest, '/', &segment)) {
        bool is_dot = gale__str_equal(segment, GALE__STR("."));
        bool is_up = gale__str_equal(segment, GALE__STR(".."));

        if (!is_dot && !is_up) {
            gale__buf_append_char(out, '/');
            write_bytes(out, segment);
            continue;
        }
        if (is_up && !out->error)
            while (out->len > root && out->ptr[--out->len] != '/')
                ;
        if (!rest.ptr)
            gale__buf_append_char(out, '/');
    }
}

static void write_relative(const struct gale__http_url *base, gale_str reference,
                           struct gale__buf *out)
{
    gale_str path = gale__str_head(reference, gale__str_find(reference, '?'));
    gale_str own = gale__str_head(base->target, gale__str_find(base->target, '?'));
    struct gale__buf whole;

    if (!path.len) { /* only another query, or nothing at all */
        write_bytes(out, own.len ? own : GALE__STR("/"));
        write_bytes(out, reference.len ? reference : gale__str_skip(base->target, own.len));
        return;
    }
    gale__buf_init(&whole, out->max);
    if (path.ptr[0] != '/') {
        while (own.len && own.ptr[own.len - 1] != '/')
            own.len--;
        gale__buf_append_str(&whole, own.len ? own : GALE__STR("/"));
    }
    gale__buf_append_str(&whole, path);
    if (whole.error)
        out->error = whole.error;
    else
        write_path(out, gale__buf_str(&whole));
    gale__buf_deinit(&whole);
    write_bytes(out, gale__str_skip(reference, path.len));
}

int gale__http_url_resolve(const struct gale__http_url *base, gale_str reference,
                           struct gale__buf *out)
{
    for (size_t i = 0; i < reference.len; i++)
        if ((unsigned char)reference.ptr[i] < ' ' || reference.ptr[i] == 0x7f)
            return gale_err(GALE_EINVAL, "a control character in the Location");
    reference = gale__str_head(reference, gale__str_find(reference, '#'));
    if (is_absolute(reference)) {
        write_bytes(out, reference);
        return out->error;
    }
    gale__buf_append_cstr(out, base->tls ? "https:" : "http:");
    if (gale__str_starts_with(reference, GALE__STR("//"))) {
        write_bytes(out, reference);
        return out->error;
    }
    gale__buf_append_cstr(out, "//");
    gale__buf_append_str(out, base->netloc);
    write_relative(base, reference, out);
    return out->error;
}
