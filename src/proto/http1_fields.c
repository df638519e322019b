/* http1_fields.c - Host, Content-Length, Transfer-Encoding, Connection, Expect in a head.
 *
 * Framing is where requests are smuggled: whatever two readers could understand in two
 * ways is an error here, never a choice.
 */
/* SPDX-License-Identifier: MIT */
#include "proto/http1_fields.h"

#include <string.h>

#include "proto/char_class.h"

bool gale__http1_fail(struct gale__http1_head *head, int status, const char *error, size_t off)
{
    head->status = status;
    head->error = error;
    head->error_off = (uint32_t)off;
    return false;
}

/* Whether s is word, which is in lower case, in any case. Not strncasecmp(): that asks for
 * the locale, and costs more than the few bytes here. */
static bool is_word(gale_str s, const char *word, size_t len)
{
    if (s.len != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (s.ptr[i] != word[i] && (word[i] < 'a' || (s.ptr[i] ^ word[i]) != 0x20))
            return false;
    return true;
}

/* Takes the next element of a comma-separated list, trimmed, off *list. False at its end.
 * Empty elements come out too. */
static bool next_element(gale_str *list, gale_str *out)
{
    if (!list->ptr)
        return false;

    const char *comma = memchr(list->ptr, ',', list->len);
    gale_str item = { list->ptr, comma ? (size_t)(comma - list->ptr) : list->len };

    *list = comma ? (gale_str){ comma + 1, list->len - item.len - 1 } : (gale_str){ NULL, 0 };
    while (item.len && GALE__CHAR_IS(item.ptr[0], GALE__CHAR_OWS))
        item.ptr++, item.len--;
    while (item.len && GALE__CHAR_IS(item.ptr[item.len - 1], GALE__CHAR_OWS))
        item.len--;
    *out = item;
    return true;
}

/* Digits only, and no more than an int64_t holds. */
static const char *parse_length(gale_str s, int64_t *out)
{
    int64_t n = 0;

    if (!s.len)
        return "Content-Length is empty";
    for (size_t i = 0; i < s.len; i++) {
        if (!GALE__CHAR_IS(s.ptr[i], GALE__CHAR_DIGIT))
            return "Content-Length is not a number";
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, s.ptr[i] - '0', &n))
            return "Content-Length is too large";
    }
    *out = n;
    return NULL;
}

/* Several equal lengths, as one list or as several fields, count as one (RFC 9110 8.6). */
static bool note_content_length(struct gale__http1_head *head, gale_str value, size_t off)
{
    gale_str item;

    while (next_element(&value, &item)) {
        int64_t length = 0;
        const char *error = parse_length(item, &length);

        if (!error && head->content_length >= 0 && head->content_length != length)
            error = "Content-Length given twice with different values";
        if (error)
            return gale__http1_fail(head, 400, error, off);
        head->content_length = length;
    }
    return true;
}

/* Judged in gale__http1_check_head(): Content-Length may follow. */
static void note_transfer_encoding(struct gale__http1_framing *framing, gale_str value)
{
    gale_str item;

    while (next_element(&value, &item)) {
        if (!is_word(item, "chunked", 7))
            framing->te_other = true;
        else if (framing->te_chunked)
            framing->te_repeated = true;
        else
            framing->te_chunked = true;
        framing->te_seen = true;
    }
}

/* Options that are not known, or not even tokens, mean nothing to us. */
static void note_connection(struct gale__http1_head *head, gale_str value)
{
    gale_str item;

    while (next_element(&value, &item)) {
        if (is_word(item, "close", 5))
            head->close = true;
        else if (is_word(item, "keep-alive", 10))
            head->keep_alive = true;
        else if (is_word(item, "upgrade", 7))
            head->upgrade = true;
    }
}

static void note_expect(struct gale__http1_head *head, gale_str value)
{
    gale_str item;

    while (next_element(&value, &item)) {
        if (is_word(item, "100-continue", 12))
            head->expect_continue = true;
        else
            head->expect_other = true;
    }
}

static bool is_escape(const char *p, const char *end)
{
    return end - p >= 3 && GALE__CHAR_IS(p[1], GALE__CHAR_HEX) &&
           GALE__CHAR_IS(p[2], GALE__CHAR_HEX);
}

/* The end of a reg-name or IPv4 address, or of a bracketed literal; NULL when malformed. */
static const char *skip_host(const char *p, const char *end)
{
    if (*p == '[') {
        const char *first = ++p;

        while (p < end && GALE__CHAR_IS(*p, GALE__CHAR_IPLIT))
            p++;
        return p > first && p < end && *p == ']' ? p + 1 : NULL;
    }
    for (;;) {
        while (p < end && GALE__CHAR_IS(*p, GALE__CHAR_REGNAME))
            p++;
        if (p == end || *p != '%')
            return p;
        if (!is_escape(p, end))
            return NULL;
        p += 3;
    }
}

/* A plain name or IPv4 address with or without a port: all that most requests have, without a
 * branch for each byte. */
static bool is_plain_host(const char *host, size_t len)
{
    unsigned common = GALE__CHAR_REGNAME;
    size_t name = len;

    while (name > 0 && GALE__CHAR_IS(host[name - 1], GALE__CHAR_DIGIT))
        name--;
    name = name > 0 && host[name - 1] == ':' ? name - 1 : len;
    for (size_t i = 0; i < name; i++)
        common &= gale__char_class[(unsigned char)host[i]];
    return name && common;
}

bool gale__http1_host_is_valid(const char *host, size_t len)
{
    const char *end = host + len;

    if (is_plain_host(host, len))
        return true;

    if (!len || *host == ':')
        return false;

    const char *p = skip_host(host, end);

    if (!p)
        return false;
    if (p == end)
        return true;
    if (*p++ != ':')
        return false;
    while (p < end && GALE__CHAR_IS(*p, GALE__CHAR_DIGIT))
        p++;
    return p == end;
}

static bool note_host(struct gale__http1_head *head, gale_str value, size_t off, bool again)
{
    if (again)
        return gale__http1_fail(head, 400, "more than one Host field", off);
    if (value.len && !gale__http1_host_is_valid(value.ptr, value.len))
        return gale__http1_fail(head, 400, "Host is malformed", off);
    return true;
}

bool gale__http1_note_field(struct gale__http1_head *head, struct gale__http1_framing *framing,
                            const char *buf, const struct gale__http1_header *h, bool again)
{
    gale_str value = { buf + h->value_off, h->value_len };

    switch (h->id) {
    case GALE__HEADER_HOST:
        return !framing->is_request || note_host(head, value, h->value_off, again);
    case GALE__HEADER_CONTENT_LENGTH:
        return note_content_length(head, value, h->value_off);
    case GALE__HEADER_TRANSFER_ENCODING:
        note_transfer_encoding(framing, value);
        return true;
    case GALE__HEADER_CONNECTION:
        note_connection(head, value);
        return true;
    case GALE__HEADER_EXPECT:
        note_expect(head, value);
        return true;
    default:
        return true;
    }
}

static bool check_transfer_encoding(struct gale__http1_head *head,
                                    const struct gale__http1_framing *framing)
{
    size_t off = gale__http1_find(head, GALE__HEADER_TRANSFER_ENCODING)->value_off;

    if (head->minor_version == 0)
        return gale__http1_fail(head, 400, "Transfer-Encoding in an HTTP/1.0 message", off);
    if (head->content_length >= 0)
        return gale__http1_fail(head, 400, "both Transfer-Encoding and Content-Length", off);
    if (framing->te_repeated)
        return gale__http1_fail(head, 400, "Transfer-Encoding has chunked twice", off);
    if (framing->te_other)
        return gale__http1_fail(head, 501, "Transfer-Encoding is not just chunked", off);
    head->chunked = true;
    return true;
}

/* An empty Host means "no authority", which fits "*" and CONNECT, and what an absolute
 * target overrides, but http and https URLs have one (RFC 9110 4.2.1, 7.2). */
static bool check_host(struct gale__http1_head *head, const char *buf)
{
    const struct gale__http1_header *host = gale__http1_find(head, GALE__HEADER_HOST);

    if (head->minor_version == 0)
        return true;
    if (!host)
        return gale__http1_fail(head, 400, "no Host field", head->head_len);
    if (!host->value_len && buf[head->target_off] == '/')
        return gale__http1_fail(head, 400, "Host is empty", host->value_off);
    return true;
}

static bool check_target(struct gale__http1_head *head, const char *buf)
{
    struct gale__http1_target target;
    gale_str text = { buf + head->target_off, head->target_len };
    const char *error = NULL;

    if (*text.ptr == '/' && head->method != GALE__METHOD_CONNECT)
        return true;
    if (gale__http1_split_target((enum gale__method)head->method, text, &target, &error) < 0)
        return gale__http1_fail(head, 400, error, head->target_off);
    return true;
}

bool gale__http1_check_head(struct gale__http1_head *head,
                            const struct gale__http1_framing *framing, const char *buf)
{
    if (framing->is_request && (!check_target(head, buf) || !check_host(head, buf)))
        return false;
    if (framing->te_seen && !check_transfer_encoding(head, framing))
        return false;
    if (!(head->known_present >> GALE__HEADER_UPGRADE & 1))
        head->upgrade = false;
    if (head->minor_version == 0)
        head->expect_continue = false; /* RFC 9110 10.1.1 */
    return true;
}
