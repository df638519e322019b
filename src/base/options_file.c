/* options_file.c - configuration files: lines "name = value", and nothing that runs.
 *
 * A value is read into texts, which then go the way of the command line, so that a file
 * and a command line mean the same. The cursor only moves forward.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <gale/error.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/options.h"
#include "base/str.h"
#include "base/utf8.h"

enum { MAX_FILE_BYTES = 1 << 20 };

struct reader {
    const char *at, *end;
    int line;
    bool keep;             /* what stronger sources set */
    struct gale__buf text; /* of the value being read */
};

/* The present byte, or -1 at the end. */
static int peek(const struct reader *r)
{
    return r->at < r->end ? (unsigned char)*r->at : -1;
}

static void skip_blanks(struct reader *r)
{
    while (peek(r) == ' ' || peek(r) == '\t' || peek(r) == '\r')
        r->at++;
}

static void skip_comment(struct reader *r)
{
    if (peek(r) == '#')
        while (r->at < r->end && *r->at != '\n')
            r->at++;
}

/* White space, line ends and comments. */
static void skip_lines(struct reader *r)
{
    for (;;) {
        skip_blanks(r);
        skip_comment(r);
        if (peek(r) != '\n')
            return;
        r->at++;
        r->line++;
    }
}

static bool is_name_char(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

static gale_str read_name(struct reader *r)
{
    const char *begin = r->at;

    while (is_name_char(peek(r)))
        r->at++;
    return (gale_str){ begin, (size_t)(r->at - begin) };
}

/* n hexadecimal digits, as a code point. */
static int read_hex(struct reader *r, int n, uint32_t *out)
{
    *out = 0;
    while (n-- > 0) {
        int digit = r->at < r->end ? gale__hex_value(*r->at) : -1;

        if (digit < 0)
            return gale_err(GALE_EINVAL, "bad escape in a string");
        *out = *out << 4 | (uint32_t)digit;
        r->at++;
    }
    if (*out == 0 || (*out >= 0xd800 && *out <= 0xdfff))
        return gale_err(GALE_EINVAL, "an escape that is no character");
    return 0;
}

/* What follows a backslash. */
static int read_escape(struct reader *r)
{
    static const char letters[] = "n\nt\tr\r\\\\''\"\"";
    int c = peek(r);
    char utf8[4];
    uint32_t code_point;

    for (const char *l = letters; *l; l += 2) {
        if (*l == c) {
            r->at++;
            return gale__buf_append(&r->text, l + 1, 1);
        }
    }
    if (c != 'x' && c != 'u')
        return gale_err(GALE_EINVAL, "unknown escape in a string");
    r->at++;
    int code = read_hex(r, c == 'x' ? 2 : 4, &code_point);

    if (code < 0)
        return code;
    return gale__buf_append(&r->text, utf8, gale__utf8_encode(code_point, utf8));
}

static int read_string(struct reader *r)
{
    char quote = *r->at++;

    for (;;) {
        int c = peek(r);

        if (c < 0 || c == '\n')
            return gale_err(GALE_EINVAL, "a string without its closing quote");
        r->at++;
        if (c == quote)
            return r->text.error;
        if (c != '\\') {
            gale__buf_append_char(&r->text, (char)c);
            continue;
        }
        int code = read_escape(r);

        if (code < 0)
            return code;
    }
}

/* A bare value: to the end of the line or the comment, in a list to the next comma. */
static int read_bare(struct reader *r, bool is_in_list)
{
    const char *begin = r->at;

    while (r->at < r->end && *r->at != '\n' && *r->at != '#' &&
           !(is_in_list && (*r->at == ',' || *r->at == ']')))
        r->at++;
    gale_str value = gale__str_trim_lines((gale_str){ begin, (size_t)(r->at - begin) });

    if (value.len == 0)
        return gale_err(GALE_EINVAL, "a value is missing");
    return gale__buf_append_str(&r->text, value);
}

/* Reads one value into r->text; says whether it was quoted. */
static int read_scalar(struct reader *r, bool is_in_list, bool *is_quoted)
{
    *is_quoted = peek(r) == '"' || peek(r) == '\'';
    gale__buf_reset(&r->text);
    return *is_quoted ? read_string(r) : read_bare(r, is_in_list);
}

/* The items of a list, behind its bracket; a comma after the last one is fine. */
static int read_list(struct reader *r, const struct gale__option *o,
                     struct gale__option_values *values)
{
    bool is_quoted;

    r->at++;
    for (;;) {
        skip_lines(r);
        if (peek(r) == ']') {
            r->at++;
            return 0;
        }
        int code = read_scalar(r, true, &is_quoted);

        if (code >= 0)
            code = gale__option_parse_value(o, gale__buf_str(&r->text), values);
        if (code < 0)
            return code;
        skip_lines(r);
        if (peek(r) == ',')
            r->at++;
        else if (peek(r) != ']')
            return gale_err(GALE_EINVAL, "expected , or ] in a list");
    }
}

static int read_values(struct reader *r, const struct gale__option *o,
                       struct gale__option_values *values)
{
    bool is_quoted;

    if (peek(r) == '[' && o->def.is_multiple)
        return read_list(r, o, values);
    if (peek(r) == '[')
        return gale_err(GALE_EINVAL, "option '%s' takes one value, not a list", o->def.name);
    int code = read_scalar(r, false, &is_quoted);

    if (code < 0 || (!is_quoted && gale__str_equal(gale__buf_str(&r->text), GALE__STR("None"))))
        return code;
    return gale__option_parse_text(o, gale__buf_str(&r->text), values);
}

/* One "name = value", the cursor at the name. */
static int read_setting(gale_options *options, struct reader *r)
{
    struct gale__option_values values = { 0 };
    gale_str name = read_name(r);
    struct gale__option *o = gale__options_find(options, name);

    skip_blanks(r);
    if (name.len == 0 || peek(r) != '=')
        return gale_err(GALE_EINVAL, "expected name = value");
    r->at++;
    if (!o)
        return gale_err(GALE_EINVAL, "unknown option '%.*s'", (int)gale__str_head(name, 80).len,
                        name.ptr);
    skip_blanks(r);
    int code = read_values(r, o, &values);

    skip_blanks(r);
    skip_comment(r);
    if (code >= 0 && peek(r) >= 0 && peek(r) != '\n')
        code = gale_err(GALE_EINVAL, "something follows the value");
    if (code >= 0)
        code = gale__option_set_values(options, o, &values,
                                       (struct gale__option_by){ GALE__BY_FILE, r->keep });
    gale__option_values_free(o, &values);
    return code;
}

static int name_place(int code, const char *name, int line)
{
    char text[192];

    if (code != GALE_EINVAL && code != GALE_ETOOBIG)
        return code;
    snprintf(text, sizeof(text), "%s", gale_strerror(code));
    return gale_err(code, "%s:%d: %s", name, line, text);
}

int gale__options_parse_text(gale_options *options, gale_str text, const char *name, bool keep)
{
    bool has_bom = gale__str_starts_with(text, GALE__STR("\xef\xbb\xbf"));
    gale_str body = gale__str_skip(text, has_bom ? 3 : 0);
    struct reader r = { .at = body.ptr, .end = body.ptr, .line = 1, .keep = keep };
    int code = 0;

    if (!gale__utf8_valid(body.ptr, body.len))
        return gale_err(GALE_EINVAL, "%s: not UTF-8", name);
    if (body.len > 0)
        r.end += body.len;
    gale__buf_init(&r.text, MAX_FILE_BYTES);
    for (skip_lines(&r); code >= 0 && peek(&r) >= 0; skip_lines(&r)) {
        code = read_setting(options, &r);
        if (code < 0)
            code = name_place(code, name, r.line);
    }
    gale__buf_deinit(&r.text);
    return code;
}

static int read_file(const char *path, struct gale__buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : 1;

    while (n > 0 && gale__buf_reserve(out, 1) == 0) {
        size_t room = out->cap - out->head - out->len;

        n = read(fd, out->ptr + out->len, room < out->max - out->len ? room : out->max - out->len);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0)
            out->len += (size_t)n;
    }
    int r = n < 0 ? gale_err(-errno, "%s: %s", path, strerror(errno)) : out->error;

    if (fd >= 0)
        close(fd);
    return r;
}

int gale_options_parse_config_file(gale_options *options, const char *path, unsigned flags)
{
    struct gale__buf text;

    if (!options)
        return -ENOMEM;
    gale__buf_init(&text, MAX_FILE_BYTES);
    int r = read_file(path, &text);

    if (r >= 0)
        r = gale__options_parse_text(options, gale__buf_str(&text), path,
                                     flags & GALE_OPTIONS_KEEP);
    gale__buf_deinit(&text);
    return r < 0 ? r : gale__options_finish(options, flags);
}
