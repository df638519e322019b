/* params.c - see params.h. */
/* SPDX-License-Identifier: MIT */
#include "proto/params.h"

#include <gale/error.h>

#include "base/str.h"
#include "base/utf8.h"
#include "proto/char_class.h"

/* The value as sent, between the "=" and the next ";" outside of quotes. */
struct raw {
    gale_str text; /* trimmed */
    bool is_quoted;
};

/* The index after the string in quotes that begins at i; 0 when it has no end. */
static size_t skip_quoted(gale_str s, size_t i)
{
    for (i++; i < s.len; i++) {
        if (s.ptr[i] == '"')
            return i + 1;
        if (s.ptr[i] == '\\' && i + 1 < s.len && (s.ptr[i + 1] == '"' || s.ptr[i + 1] == '\\'))
            i++;
    }
    return 0;
}

/* Takes the value off *rest. */
static int take_value(gale_str *rest, struct raw *raw)
{
    size_t i = 0, end;

    while (i < rest->len && GALE__CHAR_IS(rest->ptr[i], GALE__CHAR_OWS))
        i++;
    raw->is_quoted = i < rest->len && rest->ptr[i] == '"';
    end = i;
    if (raw->is_quoted) {
        end = skip_quoted(*rest, i);
        if (!end)
            return gale_err(GALE_EINVAL, "a quoted string without its end");
    }
    size_t stop = end + gale__str_find(gale__str_skip(*rest, end), ';');

    raw->text = gale__str_trim((gale_str){ rest->ptr + i, stop - i });
    raw->is_quoted = raw->is_quoted && raw->text.len == end - i;
    *rest = gale__str_skip(*rest, stop);
    return 0;
}

static char *put_unquoted(char *p, const struct raw *raw)
{
    gale_str s = raw->text;

    if (raw->is_quoted)
        s = (gale_str){ s.ptr + 1, s.len - 2 };
    for (size_t i = 0; i < s.len; i++) {
        if (raw->is_quoted && s.ptr[i] == '\\' && i + 1 < s.len &&
            (s.ptr[i + 1] == '"' || s.ptr[i + 1] == '\\'))
            i++;
        *p++ = s.ptr[i];
    }
    return p;
}

enum charset { CHARSET_NONE, CHARSET_UTF8, CHARSET_LATIN1 };

static enum charset charset_of(gale_str name)
{
    if (gale__str_equal_nocase(name, GALE__STR("utf-8")) ||
        gale__str_equal_nocase(name, GALE__STR("us-ascii")))
        return CHARSET_UTF8;
    return gale__str_equal_nocase(name, GALE__STR("iso-8859-1")) ? CHARSET_LATIN1 : CHARSET_NONE;
}

/* Decodes the %XX of an extended value. NULL: it is none. Never longer than what was sent. */
static char *put_decoded(char *p, gale_str s, enum charset charset)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if (c == '%') {
            int high = i + 2 < s.len ? gale__hex_value(s.ptr[i + 1]) : -1;
            int low = high >= 0 ? gale__hex_value(s.ptr[i + 2]) : -1;

            if (low < 0)
                return NULL;
            c = (unsigned char)(high << 4 | low);
            i += 2;
        } else if (c <= ' ' || c >= 0x7f || c == '"') {
            return NULL;
        }
        if (charset == CHARSET_LATIN1)
            p += gale__utf8_encode(c, p);
        else
            *p++ = (char)c;
    }
    return p;
}

static int bad_extended(void)
{
    return gale_err(GALE_EINVAL, "an extended parameter that cannot be decoded");
}

/* charset'language'value, of which only the first piece has the first two. */
static int put_extended(char **p, const struct raw *raw, enum charset *charset)
{
    gale_str rest = raw->text, part;
    char *end;

    if (*charset == CHARSET_NONE) {
        if (gale__str_split(&rest, '\'', &part))
            *charset = charset_of(part);
        if (*charset == CHARSET_NONE || !gale__str_split(&rest, '\'', &part) || !rest.ptr)
            return bad_extended();
    }
    end = put_decoded(*p, rest, *charset);
    if (!end)
        return bad_extended();
    *p = end;
    return 0;
}

/* A name as sent: "n", "n*" (extended), "n*0", "n*0*" (a piece of one). */
struct name {
    gale_str text; /* without what follows the first "*" */
    bool is_extended;
    int piece; /* -1: the whole */
};

static bool parse_name(gale_str sent, struct name *name)
{
    size_t star = gale__str_find(sent, '*');
    gale_str rest = gale__str_skip(sent, star + 1);

    *name = (struct name){ .text = gale__str_head(sent, star), .piece = -1 };
    if (star == sent.len)
        return sent.len > 0;
    name->is_extended = rest.len == 0 || rest.ptr[rest.len - 1] == '*';
    rest.len -= rest.len > 0 && name->is_extended;
    if (rest.len > 0 && rest.len < 4) {
        int64_t n;

        if (!gale__str_to_int64(rest, &n) || n < 0)
            return false;
        name->piece = (int)n;
    }
    return star > 0 && rest.len < 4;
}

/* Takes the next parameter off *rest. 0: there is none. raw.text.ptr NULL: it has no value. */
static int take(gale_str *rest, struct name *name, struct raw *raw)
{
    size_t end = 0;

    while (rest->len && (*rest->ptr == ';' || GALE__CHAR_IS(*rest->ptr, GALE__CHAR_OWS)))
        *rest = gale__str_skip(*rest, 1);
    if (!rest->len)
        return 0;
    while (end < rest->len && rest->ptr[end] != ';' && rest->ptr[end] != '=')
        end++;
    if (!parse_name(gale__str_trim(gale__str_head(*rest, end)), name))
        return gale_err(GALE_EINVAL, "a parameter without a name");
    *raw = (struct raw){ .is_quoted = false };
    bool has_value = end < rest->len && rest->ptr[end] == '=';

    *rest = gale__str_skip(*rest, end + has_value);
    if (!has_value)
        return 1;
    return take_value(rest, raw) < 0 ? GALE_EINVAL : 1;
}

static int put_value(char **p, const struct name *name, const struct raw *raw,
                     enum charset *charset)
{
    if (name->is_extended)
        return put_extended(p, raw, charset);
    *p = put_unquoted(*p, raw);
    return 0;
}

/* Adds the pieces that follow the first. */
static int join_pieces(gale_str *rest, char **p, const struct name *first, enum charset charset)
{
    for (int i = 1;; i++) {
        gale_str ahead = *rest;
        struct name name;
        struct raw raw;
        int r = take(&ahead, &name, &raw);

        if (r <= 0 || name.piece != i || !gale__str_equal_nocase(name.text, first->text) ||
            !raw.text.ptr)
            return r < 0 ? r : 0;
        r = put_value(p, &name, &raw, &charset);
        if (r < 0)
            return r;
        *rest = ahead;
    }
}

static gale_str put_key(char **p, gale_str key)
{
    gale_str out = { *p, key.len };

    for (size_t i = 0; i < key.len; i++)
        *(*p)++ = gale__lower(key.ptr[i]);
    return out;
}

/* What stands before the first ";". */
static gale_str take_first(gale_str *rest)
{
    gale_str first = gale__str_head(*rest, gale__str_find(*rest, ';'));

    *rest = gale__str_skip(*rest, first.len);
    return gale__str_trim(first);
}

int gale__param_next(gale_str field, const char **cursor, char **buffer, struct gale__param *out)
{
    gale_str rest = field;
    enum charset charset = CHARSET_NONE;
    struct name name;
    struct raw raw;
    int r;

    *out = (struct gale__param){ .value = { NULL, 0 } };
    if (!*cursor) {
        out->key = put_key(buffer, take_first(&rest));
        *cursor = field.ptr ? rest.ptr : "";
        return 1;
    }
    rest = field.len ? (gale_str){ *cursor, (size_t)(field.ptr + field.len - *cursor) }
                     : (gale_str){ "", 0 };
    r = take(&rest, &name, &raw);
    if (r <= 0)
        return r;
    out->key = put_key(buffer, name.text);
    out->is_extended = name.is_extended;
    out->is_quoted = raw.is_quoted;
    if (raw.text.ptr) {
        out->value.ptr = *buffer;
        r = put_value(buffer, &name, &raw, &charset);
        if (r >= 0 && name.piece == 0)
            r = join_pieces(&rest, buffer, &name, charset);
        if (r < 0)
            return r;
        out->value.len = (size_t)(*buffer - out->value.ptr);
    }
    *cursor = rest.ptr;
    return 1;
}
