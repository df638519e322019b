/* codec.c - texts as bytes and bytes as texts: str.encode, bytes.decode, in the encodings that
 * templates meet.
 */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/utf8.h"
#include "template/builtins.h"

enum { UTF_8, ASCII, LATIN_1, UNKNOWN };

static int encoding_of(gale_str name)
{
    static const struct {
        const char *name;
        int encoding;
    } encodings[] = {
        { "utf-8", UTF_8 },     { "utf8", UTF_8 },         { "utf_8", UTF_8 },
        { "ascii", ASCII },     { "us-ascii", ASCII },     { "latin-1", LATIN_1 },
        { "latin1", LATIN_1 },  { "iso-8859-1", LATIN_1 }, { "iso8859-1", LATIN_1 },
        { "latin_1", LATIN_1 },
    };

    for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++)
        if (gale__str_equal_nocase(name, gale__str(encodings[i].name)))
            return encodings[i].encoding;
    return UNKNOWN;
}

enum errors { STRICT, IGNORE, REPLACE };

/* encoding and errors of encode() and decode(). */
static int read_codec(gale_call *call, size_t first, int *encoding, enum errors *errors)
{
    gale_value name = gale_call_argument(call, first, "encoding");
    gale_value how = gale_call_argument(call, first + 1, "errors");
    gale_str text = gale__value_slice(name);

    *encoding = UTF_8;
    *errors = STRICT;
    if ((name.kind != GALE_VALUE_UNSET && !gale__is_text(name)) ||
        (how.kind != GALE_VALUE_UNSET && !gale__is_text(how)))
        return gale__raise(call->rendering, GALE__TYPE_ERROR, "%s() arguments must be str",
                           call->name);
    if (gale__is_text(name))
        *encoding = encoding_of(text);
    if (*encoding == UNKNOWN)
        return gale__raise(call->rendering, GALE__LOOKUP_ERROR, "unknown encoding: %.*s",
                           (int)text.len, text.ptr);
    if (how.kind == GALE_VALUE_UNSET ||
        gale__str_equal(gale__value_slice(how), GALE__STR("strict")))
        return 0;
    text = gale__value_slice(how);
    if (gale__str_equal(text, GALE__STR("ignore")))
        *errors = IGNORE;
    else if (gale__str_equal(text, GALE__STR("replace")))
        *errors = REPLACE;
    else
        return gale__raise(call->rendering, GALE__LOOKUP_ERROR, "unknown error handler name '%.*s'",
                           (int)text.len, text.ptr);
    return 0;
}

static int encode_narrow(gale_call *call, uint32_t limit, enum errors errors, gale_value *out)
{
    gale_str s = gale__value_slice(call->self);
    char *p = gale__new_text(call->rendering, s.len, out);
    uint32_t n = 0, at = 0, c;

    if (!p)
        return gale_value_memory_error(call->rendering);
    for (; s.len; at++) {
        s = gale__str_skip(s, gale__next_char(s, &c));
        if (c < limit)
            p[n++] = (char)c;
        else if (errors == REPLACE)
            p[n++] = '?';
        else if (errors == STRICT)
            return gale__raise(call->rendering, GALE__UNICODE_ERROR,
                               "'%s' codec can't encode character '\\u%04x' in position %u: "
                               "ordinal not in range(%u)",
                               limit == 128 ? "ascii" : "latin-1", c, at, limit);
    }
    out->len = n;
    return 0;
}

int gale__encode_method(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "encoding", "errors", NULL };
    int encoding;
    enum errors errors;
    int result = gale_call_check(call, 0, 2, names);

    if (result >= 0)
        result = read_codec(call, 0, &encoding, &errors);
    if (result >= 0)
        result = gale__work(call->rendering, call->self.len);
    if (result < 0)
        return result;
    *out = call->self;
    if (encoding != UTF_8)
        result = encode_narrow(call, encoding == ASCII ? 128 : 256, errors, out);
    out->kind = GALE_VALUE_BYTES;
    out->flags = 0;
    return result;
}

/* --- decode ---- */

/* Characters of bytes, 4 at most for each of them (U+FFFD is 3). */
static int decode_bytes(gale_rendering *r, gale_str s, int encoding, enum errors errors,
                        gale_value *out)
{
    struct gale__text_builder b = { .r = r };
    size_t at = 0;

    while (at < s.len && !b.error) {
        uint32_t c = (unsigned char)s.ptr[at];
        char bytes[4];
        size_t n = encoding == UTF_8 ? gale__utf8_decode(s.ptr + at, s.len - at, &c)
                                     : c < 0x80 || encoding == LATIN_1;

        if (n)
            gale__text_add(&b, bytes, gale__utf8_encode(c, bytes));
        else if (errors == REPLACE)
            gale__text_add(&b, "\xef\xbf\xbd", 3);
        else if (errors == STRICT)
            return gale__raise(r, GALE__UNICODE_ERROR,
                               "'%s' codec can't decode byte 0x%02x in position %zu: invalid byte",
                               encoding == UTF_8 ? "utf-8" : "ascii", (unsigned char)s.ptr[at], at);
        at += n ? n : 1;
    }
    return gale__text_finish(&b, out);
}

int gale__decode_arguments(gale_call *call, size_t first, gale_value bytes, gale_value *out)
{
    int encoding;
    enum errors errors;
    int result = read_codec(call, first, &encoding, &errors);

    if (result >= 0)
        result = gale__work(call->rendering, (size_t)bytes.len * 4);
    if (result < 0)
        return result;
    if (encoding == UTF_8 && gale__utf8_valid(bytes.u.s, bytes.len)) {
        *out = gale_value_borrowed_text(bytes.u.s, bytes.len);
        return 0;
    }
    return decode_bytes(call->rendering, gale__value_slice(bytes), encoding, errors, out);
}
