/* json.c - the only user of jansson beyond its types: parsing within limits, dumping.
 *
 * jansson's own writer neither escapes </ nor bounds its depth, hence this one.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/json.h>

#include <errno.h>
#include <gale/error.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/json.h"
#include "base/number.h"
#include "base/str.h"
#include "base/utf8.h"

/* Steps over the string that begins at i; gives the index of its closing quote. */
static size_t skip_string(gale_str text, size_t i)
{
    for (i++; i < text.len && text.ptr[i] != '"'; i++)
        if (text.ptr[i] == '\\')
            i++;
    return i;
}

static int refuse_depth(gale_str text, unsigned max, size_t at)
{
    size_t line = 1, column = 1;

    for (size_t i = 0; i < at; i++) {
        column = text.ptr[i] == '\n' ? 1 : column + 1;
        line += text.ptr[i] == '\n';
    }
    return gale_err(GALE_ETOOBIG, "JSON is nested deeper than %u at line %zu column %zu", max, line,
                    column);
}

int gale__json_check_depth(gale_str text, unsigned max)
{
    unsigned depth = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (c == '"')
            i = skip_string(text, i);
        else if ((c == '[' || c == '{') && ++depth > max)
            return refuse_depth(text, max, i);
        else if ((c == ']' || c == '}') && depth > 0)
            depth--;
    }
    return 0;
}

/* The string that ends where s does, as sent: from its opening quote, which is one that an even
 * number of backslashes stands before. */
static gale_str last_string(gale_str s)
{
    size_t i = s.len - (s.len > 0);

    while (i > 0) {
        size_t n = 0;

        if (s.ptr[--i] != '"')
            continue;
        while (n < i && s.ptr[i - 1 - n] == '\\')
            n++;
        if (n % 2 == 0)
            break;
    }
    return gale__str_skip(s, i);
}

static int refuse_json(gale_str text, const json_error_t *error)
{
    if (json_error_code(error) == json_error_out_of_memory)
        return -ENOMEM;
    if (json_error_code(error) != json_error_duplicate_key || (size_t)error->position > text.len)
        return gale_err(GALE_EINVAL, "bad JSON at line %d column %d: %s", error->line,
                        error->column, error->text);
    text = last_string(gale__str_head(text, (size_t)error->position));
    return gale_err(GALE_EINVAL, "bad JSON at line %d column %d: the name %.*s twice in one object",
                    error->line, error->column, text.len < 80 ? (int)text.len : 80, text.ptr);
}

static json_t *decode(gale_str text, unsigned max_depth, size_t flags, int *code)
{
    json_error_t error;

    *code = gale__json_check_depth(text, max_depth);
    if (*code < 0)
        return NULL;
    json_t *value = json_loadb(text.ptr ? text.ptr : "", text.len, JSON_DECODE_ANY | flags, &error);

    if (!value)
        *code = refuse_json(text, &error);
    return value;
}

json_t *gale__json_decode_strict(gale_str text, unsigned max_depth, int *error)
{
    return decode(text, max_depth, JSON_REJECT_DUPLICATES, error);
}

json_t *gale_json_decode(gale_str text, int *error)
{
    int code;
    json_t *value = decode(text, GALE_JSON_DEPTH, 0, &code);

    if (error)
        *error = code;
    return value;
}

/* The letter after the backslash in a short escape, or 0. */
static char short_escape(uint32_t c)
{
    switch (c) {
    case '"':
        return '"';
    case '\\':
        return '\\';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    default:
        return 0;
    }
}

static void put_unit(struct gale__buf *out, uint32_t unit)
{
    static const char hex[] = "0123456789abcdef";
    char text[6] = { '\\',          'u', hex[unit >> 12], hex[unit >> 8 & 15], hex[unit >> 4 & 15],
                     hex[unit & 15] };

    gale__buf_append(out, text, sizeof(text));
}

static void put_escaped(struct gale__buf *out, uint32_t c)
{
    char pair[2] = { '\\', short_escape(c) };

    if (pair[1]) {
        gale__buf_append(out, pair, 2);
    } else if (c >= 0x10000) {
        put_unit(out, 0xd800 + ((c - 0x10000) >> 10));
        put_unit(out, 0xdc00 + ((c - 0x10000) & 0x3ff));
    } else {
        put_unit(out, c);
    }
}

/* How many bytes at the start of s go out as they are. A / after < ends the run. */
static size_t plain_length(gale_str s)
{
    size_t i = 0;

    for (; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\' ||
            (c == '/' && i > 0 && s.ptr[i - 1] == '<'))
            break;
    }
    return i;
}

int gale__json_string(struct gale__buf *out, gale_str s)
{
    gale__buf_append_char(out, '"');
    while (s.len > 0 && !out->error) {
        size_t n = plain_length(s);
        uint32_t c = 0xfffd;

        gale__buf_append(out, s.ptr, n);
        s = gale__str_skip(s, n);
        if (s.len == 0)
            break;
        if (n > 0 && s.ptr[0] == '/') { /* the run ended with < */
            gale__buf_append(out, "\\/", 2);
            n = 1;
        } else {
            n = gale__utf8_decode(s.ptr, s.len, &c);
            put_escaped(out, c);
        }
        s = gale__str_skip(s, n ? n : 1);
    }
    return gale__buf_append_char(out, '"');
}

static int dump_real(double value, struct gale__buf *out)
{
    char text[GALE__DOUBLE_TEXT];

    if (!isfinite(value))
        return gale_err(GALE_EINVAL, "JSON has no infinity and no NaN");
    return gale__buf_append(out, text, gale__double_format(value, text));
}

static int dump(const json_t *value, struct gale__buf *out, unsigned depth);

static int dump_array(const json_t *array, struct gale__buf *out, unsigned depth)
{
    size_t n = json_array_size(array);
    int r = gale__buf_append_char(out, '[');

    for (size_t i = 0; i < n && r >= 0; i++) {
        if (i > 0)
            gale__buf_append(out, ", ", 2);
        r = dump(json_array_get(array, i), out, depth + 1);
    }
    return r < 0 ? r : gale__buf_append_char(out, ']');
}

static int dump_object(const json_t *object, struct gale__buf *out, unsigned depth)
{
    json_t *o = (json_t *)(uintptr_t)object; /* jansson's iterators know no const */
    int r = gale__buf_append_char(out, '{');
    bool is_first = true;

    for (void *it = json_object_iter(o); it && r >= 0; it = json_object_iter_next(o, it)) {
        gale_str key = { json_object_iter_key(it), json_object_iter_key_len(it) };

        if (!is_first)
            gale__buf_append(out, ", ", 2);
        is_first = false;
        gale__json_string(out, key);
        gale__buf_append(out, ": ", 2);
        r = dump(json_object_iter_value(it), out, depth + 1);
    }
    return r < 0 ? r : gale__buf_append_char(out, '}');
}

static int dump_integer(int64_t value, struct gale__buf *out)
{
    char text[24];

    return gale__buf_append(out, text, (size_t)snprintf(text, sizeof(text), "%" PRId64, value));
}

static int dump(const json_t *value, struct gale__buf *out, unsigned depth)
{
    if (depth > GALE_JSON_DEPTH)
        return gale_err(GALE_ETOOBIG, "JSON value is nested deeper than %d", GALE_JSON_DEPTH);
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return dump_object(value, out, depth);
    case JSON_ARRAY:
        return dump_array(value, out, depth);
    case JSON_STRING:
        return gale__json_string(out,
                                 (gale_str){ json_string_value(value), json_string_length(value) });
    case JSON_INTEGER:
        return dump_integer(json_integer_value(value), out);
    case JSON_REAL:
        return dump_real(json_real_value(value), out);
    case JSON_TRUE:
        return gale__buf_append(out, "true", 4);
    case JSON_FALSE:
        return gale__buf_append(out, "false", 5);
    default:
        return gale__buf_append(out, "null", 4);
    }
}

int gale__json_dump(const struct json_t *value, struct gale__buf *out)
{
    size_t before = out->len;
    int r = out->error;

    if (r < 0)
        return r;
    if (!value)
        return gale_err(GALE_EINVAL, "a NULL JSON value (a failed json_pack?)");
    r = dump(value, out, json_is_array(value) || json_is_object(value));
    if (r < 0)
        out->len = before;
    return r;
}
