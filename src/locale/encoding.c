/* encoding.c - UTF-16, Latin-1 and gettext's charsets to UTF-8. See encoding.h. */
/* SPDX-License-Identifier: MIT */
#include "locale/encoding.h"

#include <errno.h>
#include <gale/error.h>
#include <iconv.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"

static const struct {
    const char *name;
    enum gale__encoding encoding;
} names[] = {
    { "utf8", GALE__ENCODING_UTF8 },        { "utf8sig", GALE__ENCODING_UTF8 },
    { "utf16", GALE__ENCODING_UTF16 },      { "utf16le", GALE__ENCODING_UTF16_LE },
    { "utf16be", GALE__ENCODING_UTF16_BE }, { "latin1", GALE__ENCODING_LATIN1 },
    { "iso88591", GALE__ENCODING_LATIN1 },  { "ascii", GALE__ENCODING_UTF8 },
    { "usascii", GALE__ENCODING_UTF8 },
};

/* The encoding of a name, hyphens and underscores passed over; 0 when it is none of ours. */
static int find_encoding(gale_str name)
{
    char plain[16];
    size_t n = 0;

    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '-' || name.ptr[i] == '_')
            continue;
        if (n + 1 == sizeof(plain))
            return 0;
        plain[n++] = gale__lower(name.ptr[i]);
    }
    plain[n] = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i].name, plain) == 0)
            return (int)names[i].encoding;
    return 0;
}

int gale__encoding_parse(const char *name)
{
    int encoding;

    if (!name)
        return GALE__ENCODING_DETECT;
    encoding = find_encoding(gale__str(name));
    if (!encoding)
        return gale_err(GALE_EINVAL,
                        "encoding '%s': not utf-8, utf-16, utf-16-le, utf-16-be or latin-1", name);
    return encoding;
}

static int append_code_point(struct gale__buf *out, uint32_t code_point)
{
    char bytes[4];

    return gale__buf_append(out, bytes, gale__utf8_encode(code_point, bytes));
}

static uint32_t unit_at(gale_str data, size_t i, bool is_big)
{
    uint8_t a = (uint8_t)data.ptr[i], b = (uint8_t)data.ptr[i + 1];

    return is_big ? (uint32_t)a << 8 | b : (uint32_t)b << 8 | a;
}

static int decode_utf16(gale_str data, bool is_big, struct gale__buf *out)
{
    size_t i = 0;

    while (i + 1 < data.len && !out->error) {
        uint32_t unit = unit_at(data, i, is_big), low;

        i += 2;
        low = i + 1 < data.len ? unit_at(data, i, is_big) : 0;
        if (unit >= 0xD800 && unit < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
            (void)append_code_point(out, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
            i += 2;
        } else if (unit >= 0xD800 && unit < 0xE000) {
            (void)gale__buf_append_char(out, (char)0xFF);
        } else {
            (void)append_code_point(out, unit);
        }
    }
    if (i < data.len)
        (void)gale__buf_append_char(out, (char)0xFF);
    return out->error;
}

static int decode_latin1(gale_str data, struct gale__buf *out)
{
    for (size_t i = 0; i < data.len && !out->error; i++)
        (void)append_code_point(out, (uint8_t)data.ptr[i]);
    return out->error;
}

/* What the byte order mark says it is; wanted when there is none. */
static enum gale__encoding detect(gale_str data, enum gale__encoding wanted)
{
    if (gale__str_starts_with(data, GALE__STR("\xFF\xFE")))
        return GALE__ENCODING_UTF16_LE;
    if (gale__str_starts_with(data, GALE__STR("\xFE\xFF")))
        return GALE__ENCODING_UTF16_BE;
    return wanted == GALE__ENCODING_UTF16 ? GALE__ENCODING_UTF16_LE : GALE__ENCODING_UTF8;
}

int gale__encoding_decode(enum gale__encoding encoding, gale_str data, struct gale__buf *out)
{
    static const gale_str marks[] = {
        [GALE__ENCODING_UTF8] = { "\xEF\xBB\xBF", 3 },
        [GALE__ENCODING_UTF16_LE] = { "\xFF\xFE", 2 },
        [GALE__ENCODING_UTF16_BE] = { "\xFE\xFF", 2 },
        [GALE__ENCODING_LATIN1] = { "", 0 },
    };

    if (encoding == GALE__ENCODING_DETECT || encoding == GALE__ENCODING_UTF16)
        encoding = detect(data, encoding);
    if (gale__str_starts_with(data, marks[encoding]))
        data = gale__str_skip(data, marks[encoding].len);
    if (encoding == GALE__ENCODING_UTF8)
        return gale__buf_append_str(out, data);
    if (encoding == GALE__ENCODING_LATIN1)
        return decode_latin1(data, out);
    return decode_utf16(data, encoding == GALE__ENCODING_UTF16_BE, out);
}

/* Names of charsets, and nothing that has another meaning to iconv ("//IGNORE", paths). */
static bool is_charset_name(gale_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = gale__lower(name.ptr[i]);

        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && !strchr("-_.:+", c))
            return false;
    }
    return name.len > 0;
}

int gale__charset_open(struct gale__charset *charset, gale_str name)
{
    int encoding = find_encoding(name);
    char text[40];

    *charset = (struct gale__charset){ .is_latin1 = encoding == GALE__ENCODING_LATIN1 };
    if (encoding == GALE__ENCODING_UTF8 || charset->is_latin1)
        return 0;
    if (name.len < sizeof(text) && is_charset_name(name)) {
        iconv_t cd;

        memcpy(text, name.ptr, name.len);
        text[name.len] = 0;
        cd = iconv_open("UTF-8", text);
        charset->iconv = cd == (iconv_t)-1 ? NULL : cd;
    }
    if (!charset->iconv)
        return gale_err(GALE_EINVAL, "unknown charset '%.*s'", (int)(name.len < 40 ? name.len : 40),
                        name.ptr);
    return 0;
}

void gale__charset_close(struct gale__charset *charset)
{
    if (charset->iconv)
        iconv_close(charset->iconv);
    charset->iconv = NULL;
}

static int convert(iconv_t cd, gale_str data, struct gale__buf *out)
{
    char piece[512], *in = (char *)(uintptr_t)data.ptr;
    size_t left = data.len, n = 0;
    bool is_full;

    (void)iconv(cd, NULL, NULL, NULL, NULL);
    do {
        char *to = piece;
        size_t room = sizeof(piece);

        n = iconv(cd, &in, &left, &to, &room);
        is_full = n == (size_t)-1 && errno == E2BIG;
        (void)gale__buf_append(out, piece, sizeof(piece) - room);
    } while (is_full && !out->error);
    if (n == (size_t)-1 && !is_full)
        return gale_err(GALE_EINVAL, "text that is not of its charset");
    return out->error;
}

int gale__charset_decode(const struct gale__charset *charset, gale_str data, struct gale__buf *out)
{
    if (!data.len)
        return out->error;
    if (charset->iconv)
        return convert(charset->iconv, data, out);
    if (charset->is_latin1)
        return decode_latin1(data, out);
    if (!gale__utf8_valid(data.ptr, data.len))
        return gale_err(GALE_EINVAL, "text that is not UTF-8");
    return gale__buf_append_str(out, data);
}
