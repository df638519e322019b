/* contextual.c - writes values as they may stand in each context that html_context.c tells of.
 *
 * Each way lets through what is known to be harmless there, and encodes all else; what cannot be
 * encoded becomes a word that means nothing.
 */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "template/builtins.h"
#include "template/write.h"

/* Written instead of what cannot be. */
static const char invalid[] = "about:invalid#gale", unsafe[] = "gale-unsafe";

/* What a byte becomes, made in out, of 8 bytes; its length, 0: it stays. at is where it stands. */
typedef size_t (*encode_byte)(gale_str at, char *out);

static int write_encoded(gale_rendering *r, gale_str in, encode_byte encode)
{
    size_t done = 0;

    for (size_t i = 0; i < in.len; i++) {
        char encoded[8];
        size_t n = encode(gale__str_skip(in, i), encoded);
        int code;

        if (n == 0)
            continue;
        code = gale__write(r, in.ptr + done, i - done);
        if (code >= 0)
            code = gale__write(r, encoded, n);
        if (code < 0)
            return code;
        done = i + 1;
    }
    return gale__write(r, in.ptr + done, in.len - done);
}

static bool is_alphanumeric(char c)
{
    return (gale__lower(c) >= 'a' && gale__lower(c) <= 'z') || (c >= '0' && c <= '9');
}

static bool is_among(char c, const char *bytes)
{
    return c && strchr(bytes, c);
}

/* --- attributes --------------------------------------------------------------------- */

/* What ends a value without quotes, or may, as a character reference. */
static size_t encode_unquoted(gale_str at, char *out)
{
    unsigned char c = (unsigned char)*at.ptr;

    if (c > ' ' && c != 0x7F && !is_among((char)c, "&<>\"'`="))
        return 0;
    return (size_t)snprintf(out, 8, "&#%d;", c ? c : 0xFFFD);
}

static int write_unquoted(gale_rendering *r, gale_str text, bool is_first)
{
    /* With nothing there, the next attribute would be the value. */
    if (text.len == 0 && is_first)
        return gale__write(r, "\"\"", 2);
    return write_encoded(r, text, encode_unquoted);
}

/* --- URLs --------------------------------------------------------------------------- */

static size_t percent(unsigned char c, char *out)
{
    static const char digits[] = "0123456789ABCDEF";

    out[0] = '%';
    out[1] = digits[c >> 4];
    out[2] = digits[c & 15];
    return 3;
}

/* A value of a query: only what means nothing in any URL stays. */
static size_t encode_query(gale_str at, char *out)
{
    char c = *at.ptr;

    return is_alphanumeric(c) || is_among(c, "-._~") ? 0 : percent((unsigned char)c, out);
}

/* A part of a URL: what has a meaning in one keeps it. */
static size_t encode_url(gale_str at, char *out)
{
    char c = *at.ptr;

    if (is_alphanumeric(c) || is_among(c, "-._~!#$*+,/:;=?@[]"))
        return 0;
    if (c == '%' && at.len > 2 && gale__hex_value(at.ptr[1]) >= 0 &&
        gale__hex_value(at.ptr[2]) >= 0)
        return 0;
    if (c != '&')
        return percent((unsigned char)c, out);
    memcpy(out, "&amp;", 5);
    return 5;
}

/* The same with what separates the URLs of a set. */
static size_t encode_url_set(gale_str at, char *out)
{
    return *at.ptr == ' ' ? 0 : encode_url(at, out);
}

/* Whether what stands before a colon is a scheme that only leads somewhere. Browsers skip blanks
 * and control characters before it, and line ends and tabs in it: those are in none of these. */
static bool is_safe_scheme(gale_str scheme)
{
    static const char *const schemes[] = { "http", "https", "mailto", "tel" };

    while (scheme.len && (unsigned char)*scheme.ptr <= ' ')
        scheme = gale__str_skip(scheme, 1);
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (gale__str_equal_nocase(scheme, gale__str(schemes[i])))
            return true;
    return false;
}

static bool is_slash(char c)
{
    return c == '/' || c == '\\';
}

/* Whether it is sure to be one of this site: a path, from its root or not, without a scheme. */
static bool is_own_url(gale_str url)
{
    while (url.len && (unsigned char)*url.ptr <= ' ')
        url = gale__str_skip(url, 1);
    if (url.len && is_slash(*url.ptr))
        return *url.ptr == '/' && (url.len == 1 || !is_slash(url.ptr[1]));
    for (size_t i = 0; i < url.len && !is_among(url.ptr[i], "/\\?#"); i++)
        if (url.ptr[i] == ':')
            return false;
    return true;
}

static bool is_safe_url(gale_str url)
{
    for (size_t i = 0; i < url.len; i++) {
        if (url.ptr[i] == ':')
            return is_safe_scheme(gale__str_head(url, i));
        if (is_among(url.ptr[i], "/\\?#"))
            return true;
    }
    return true;
}

static bool are_safe_urls(gale_str set)
{
    size_t start = 0;

    for (size_t i = 0; i <= set.len; i++) {
        if (i < set.len && (unsigned char)set.ptr[i] > ' ' && set.ptr[i] != ',')
            continue;
        if (!is_safe_url((gale_str){ set.ptr + start, i - start }))
            return false;
        start = i + 1;
    }
    return true;
}

static int write_own_url(gale_rendering *r, gale_str url)
{
    if (!is_own_url(url))
        return gale__write(r, invalid, sizeof(invalid) - 1);
    /* Such that another "/" behind it does not make it a host's. */
    if (gale__str_equal(url, GALE__STR("/")))
        return gale__write(r, "/./", 3);
    return write_encoded(r, url, encode_url);
}

/* A part of a path that is neither the begin of a host nor a way up. */
static int write_segment(gale_rendering *r, gale_str text, bool is_first)
{
    bool is_way_up = gale__str_equal(text, GALE__STR(".")) ||
                     (text.len > 1 && memmem(text.ptr, text.len, "..", 2));

    if (is_way_up)
        return gale__write(r, unsafe, sizeof(unsafe) - 1);
    if (is_first && text.len == 0)
        return gale__write(r, "./", 2);
    return write_encoded(r, text, encode_query);
}

static int write_url(gale_rendering *r, enum gale__html_context context, gale_str url)
{
    if ((context == GALE__HTML_URL_START && !is_safe_url(url)) ||
        (context == GALE__HTML_URL_SET && !are_safe_urls(url)))
        return gale__write(r, invalid, sizeof(invalid) - 1);
    if (context == GALE__HTML_URL_QUERY)
        return write_encoded(r, url, encode_query);
    return write_encoded(r, url, context == GALE__HTML_URL_SET ? encode_url_set : encode_url);
}

/* --- scripts ------------------------------------------------------------------------ */

static size_t encode_unicode(unsigned char c, char *out)
{
    return (size_t)snprintf(out, 8, "\\u%04x", c);
}

/* In JSON these are only in strings. */
static size_t encode_json(gale_str at, char *out)
{
    return is_among(*at.ptr, "<>&'") || *at.ptr == 0x7F
               ? encode_unicode((unsigned char)*at.ptr, out)
               : 0;
}

static size_t encode_json_attribute(gale_str at, char *out)
{
    if (*at.ptr != '"')
        return encode_json(at, out);
    memcpy(out, "&quot;", 6);
    return 6;
}

/* Blanks keep numbers and words apart from what they stand next to. */
static int write_json(gale_rendering *r, gale_value v, bool is_attribute)
{
    gale_value json;
    bool is_bare;
    int code = gale__json_of(r, v, &json);

    if (code < 0)
        return code;
    is_bare = json.len && !is_among(*json.u.s, "\"[{");
    if (is_bare)
        code = gale__write(r, " ", 1);
    if (code >= 0)
        code = write_encoded(r, gale__value_slice(json),
                             is_attribute ? encode_json_attribute : encode_json);
    return code >= 0 && is_bare ? gale__write(r, " ", 1) : code;
}

/* In a string literal with whatever quotes, in a template literal, in a JSON document. */
static size_t encode_string(gale_str at, char *out)
{
    static const char newline[] = "\\n";
    char c = *at.ptr;

    if (c == '\n') {
        memcpy(out, newline, 2);
        return 2;
    }
    if ((unsigned char)c < ' ' || c == 0x7F || is_among(c, "\\\"'`$/<>&=!{}"))
        return encode_unicode((unsigned char)c, out);
    return 0;
}

/* U+2028 and U+2029 end lines of scripts, also in strings of older ones. */
static int write_string(gale_rendering *r, gale_str text)
{
    size_t start = 0;
    int code = 0;

    for (size_t i = 0; i + 2 < text.len && code >= 0; i++) {
        unsigned char last = (unsigned char)text.ptr[i + 2] & 0xFE;

        if (memcmp(text.ptr + i, "\xE2\x80", 2) != 0 || last != 0xA8)
            continue;
        code = write_encoded(r, (gale_str){ text.ptr + start, i - start }, encode_string);
        if (code >= 0)
            code = gale__write(r, text.ptr[i + 2] & 1 ? "\\u2029" : "\\u2028", 6);
        start = i + 3;
        i += 2;
    }
    return code < 0 ? code : write_encoded(r, gale__str_skip(text, start), encode_string);
}

/* --- styles ------------------------------------------------------------------------- */

/* Words, numbers, colors, and lists of them: no string, no URL, no function, no end of anything. */
static bool is_plain_style(gale_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_alphanumeric(text.ptr[i]) && !(text.ptr[i] & 0x80) &&
            !is_among(text.ptr[i], " -_.,%#+"))
            return false;
    return true;
}

static int write_style(gale_rendering *r, gale_str text)
{
    if (!is_plain_style(text))
        return gale__write(r, unsafe, sizeof(unsafe) - 1);
    return gale__write(r, text.ptr, text.len);
}

/* ------------------------------------------------------------------------------------ */

static int write_text(gale_rendering *r, enum gale__html_context context, gale_str text)
{
    switch (context) {
    case GALE__HTML_UNQUOTED:
    case GALE__HTML_UNQUOTED_PART:
        return write_unquoted(r, text, context == GALE__HTML_UNQUOTED);
    case GALE__HTML_URL_START:
    case GALE__HTML_URL_PART:
    case GALE__HTML_URL_QUERY:
    case GALE__HTML_URL_SET:
        return write_url(r, context, text);
    case GALE__HTML_OWN_URL:
        return write_own_url(r, text);
    case GALE__HTML_URL_FIRST:
    case GALE__HTML_URL_SEGMENT:
        return write_segment(r, text, context == GALE__HTML_URL_FIRST);
    case GALE__HTML_SCRIPT_STRING:
    case GALE__HTML_ON_STRING:
        return write_string(r, text);
    default:
        return write_style(r, text);
    }
}

int gale__write_in_context(gale_rendering *r, enum gale__html_context context, gale_value v)
{
    gale_str text;
    int code;

    switch (context) {
    case GALE__HTML_TEXT:
    case GALE__HTML_RCDATA:
    case GALE__HTML_QUOTED:
        return gale__op_escape(r, v);
    case GALE__HTML_SCRIPT:
    case GALE__HTML_ON_SCRIPT:
        return write_json(r, v, context == GALE__HTML_ON_SCRIPT);
    case GALE__HTML_COMMENT:
        return 0;
    default:
        code = gale_value_str(r, v, &text);
        return code < 0 ? code : write_text(r, context, text);
    }
}
