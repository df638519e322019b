/* report.c - an error in a template as people read it: a message that says where, the line of
 * source with a caret below the place, and what may help.
 *
 * Names and texts are of the templates' authors: control characters are shown as '?', and a long
 * line is cut around the caret.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>

#include <gale/template_runtime.h>

#include "base/str.h"
#include "base/utf8.h"
#include "template/compile.h"

enum { SHOWN = 100 }; /* characters of a source line */

/* A text of bounded size; what does not fit is cut. */
struct line {
    char *text;
    size_t len, size;
};

static void add(struct line *out, const char *fmt, ...) GALE_PRINTF(2, 3);

static void add(struct line *out, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(out->text + out->len, out->size - out->len, fmt, ap);
    va_end(ap);
    if (n > 0)
        out->len += (size_t)n < out->size - out->len ? (size_t)n : out->size - out->len - 1;
}

/* Takes what is left of a character at the end that was cut. */
static void trim_character(struct line *out)
{
    size_t at = out->len;
    uint32_t c;

    while (at > 0 && out->len - at < 4 && (out->text[at - 1] & 0xc0) == 0x80)
        at--;
    if (at > 0 && (out->text[at - 1] & 0x80) &&
        gale__utf8_decode(out->text + at - 1, out->len - at + 1, &c) == 0)
        out->len = at - 1;
    out->text[out->len] = '\0';
}

void gale__one_line(char *text)
{
    unsigned char *p = (unsigned char *)text;

    for (; *p; p++) {
        if (*p < 0x20 || *p == 0x7f)
            *p = ' ';
        else if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
            *p = p[1] = ' ';
    }
}

static void add_places(struct line *out, const gale_template_place *places, size_t place,
                       uint32_t line)
{
    const gale_template_place *at = &places[place];
    const char *before = " (via ";

    add(out, " at %s", at->name);
    if (line)
        add(out, ":%u", line);
    for (; at->via >= 0; at = &places[at->via], before = ", ")
        add(out, "%s%s:%u", before, places[at->via].name, at->via_line);
    if (places[place].via >= 0)
        add(out, ")");
}

/* The line of that number, without its end. */
static gale_str find_line(gale_str text, uint32_t number)
{
    while (number > 1 && text.len > 0) {
        text = gale__str_skip(text, gale__str_find(text, '\n') + 1);
        number--;
    }
    gale_str line = gale__str_head(text, gale__str_find(text, '\n'));

    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

static size_t character(gale_str s, size_t at, uint32_t *c)
{
    size_t n = gale__utf8_decode(s.ptr + at, s.len - at, c);

    if (n == 0)
        *c = '?';
    return n ? n : 1;
}

/* How many columns of a terminal a character takes. */
static int width(uint32_t c)
{
    static const uint32_t wide[][2] = {
        { 0x1100, 0x115f },   { 0x2e80, 0xa4cf },   { 0xac00, 0xd7a3 }, { 0xf900, 0xfaff },
        { 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },   { 0xffe0, 0xffe6 }, { 0x1f300, 0x1f64f },
        { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
    };

    if (c >= 0x300 && c <= 0x36f)
        return 0;
    for (size_t i = 0; i < sizeof(wide) / sizeof(*wide); i++)
        if (c >= wide[i][0] && c <= wide[i][1])
            return 2;
    return 1;
}

/* The characters [from, to) of a line; returns what blanks of the caret's line stand below those
 * before column. */
static void add_line(struct line *out, gale_str line, uint32_t from, uint32_t to, bool as_blanks)
{
    uint32_t number = 1, c;

    for (size_t at = 0; at < line.len && number < to; number++) {
        size_t n = character(line, at, &c);
        bool is_shown = c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0);

        if (number < from)
            ;
        else if (c == '\t')
            add(out, "\t");
        else if (as_blanks)
            add(out, "%*s", width(c), "");
        else if (is_shown && gale__utf8_decode(line.ptr + at, line.len - at, &c))
            add(out, "%.*s", (int)n, line.ptr + at);
        else
            add(out, "?");
        at += n;
    }
}

static uint32_t count_characters(gale_str line)
{
    uint32_t n = 0, c;

    for (size_t at = 0; at < line.len; n++)
        at += character(line, at, &c);
    return n;
}

static void add_source(struct line *out, gale_str source, uint32_t number, uint32_t column)
{
    gale_str line = find_line(source, number);
    uint32_t n = count_characters(line), from = 1, to = n + 1;

    if (n > SHOWN) {
        from = column > SHOWN / 2 ? column - SHOWN / 2 : 1;
        from = from + SHOWN > n + 1 ? n + 1 - SHOWN : from;
        to = from + SHOWN;
    }
    add(out, "    %s", from > 1 ? "…" : "");
    add_line(out, line, from, to, false);
    add(out, "%s\n", to < n + 1 ? "…" : "");
    if (!column || column > n + 1)
        return;
    add(out, "    %s", from > 1 ? " " : "");
    add_line(out, line, from, column, true);
    add(out, "^\n");
}

static void add_hint(struct line *out, const char *hint)
{
    size_t len = hint ? strlen(hint) : 0;

    if (len > 0)
        add(out, "%s%s", hint, hint[len - 1] == '\n' ? "" : "\n");
}

/* A report that was cut still ends with a line end. */
static void end_report(struct line *out)
{
    trim_character(out);
    if (out->len == out->size - 1 && out->text[out->len - 1] != '\n')
        out->text[out->len - 1] = '\n';
}

void gale__report(gale_template_error *error, int code, const char *what,
                  const gale_template_place *places, const gale_str *sources, size_t place,
                  uint32_t line, uint32_t column, const char *hint)
{
    struct line name = { error->name, 0, sizeof(error->name) };
    struct line message = { error->message, 0, sizeof(error->message) };
    struct line report = { error->report, 0, sizeof(error->report) };

    memset(error, 0, sizeof(*error));
    error->code = code;
    error->line = (int)line;
    error->column = (int)column;
    add(&name, "%s", places[place].name);
    trim_character(&name);
    add(&message, "%s", what);
    add_places(&message, places, place, line);
    trim_character(&message);
    gale__one_line(error->message);
    add(&report, "%s", what);
    add_places(&report, places, place, line);
    gale__one_line(error->report);
    add(&report, "\n");
    if (line)
        add_source(&report, sources[places[place].source], line, column);
    add_hint(&report, hint);
    end_report(&report);
}
