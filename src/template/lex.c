/* lex.c - a template's text cut into text, expressions, tags and comments, by Tornado's rules.
 *
 * A tag ends at the first of its closing characters, also inside of a string; of three or more
 * braces the innermost two open an expression; {{!, {%! and {#! are the two characters themselves.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"
#include "template/nodes.h"

int gale__syntax_error_at(struct gale__syntax_error *error, uint32_t line, uint32_t column,
                          const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(error->message, sizeof(error->message), fmt, ap);
    va_end(ap);
    error->line = line;
    error->column = column;
    return GALE_EINVAL;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct gale__span gale__span_skip(struct gale__span span, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = span.text.ptr[i];

        if (c == '\n') {
            span.line++;
            span.column = 1;
        } else if ((c & 0xc0) != 0x80) {
            span.column++;
        }
    }
    span.text = gale__str_skip(span.text, n);
    return span;
}

struct gale__span gale__span_trim(struct gale__span span)
{
    size_t n = 0;

    while (n < span.text.len && is_blank(span.text.ptr[n]))
        n++;
    span = gale__span_skip(span, n);
    while (span.text.len > 0 && is_blank(span.text.ptr[span.text.len - 1]))
        span.text.len--;
    return span;
}

/* Where the next tag opens at or behind from; the length of the text when none does. */
static size_t find_opening(gale_str text, size_t from)
{
    while (from < text.len) {
        size_t at = from + gale__str_find(gale__str_skip(text, from), '{');

        if (at + 1 >= text.len)
            break;
        char next = text.ptr[at + 1];
        bool is_third = next == '{' && at + 2 < text.len && text.ptr[at + 2] == '{';

        if ((next == '{' || next == '%' || next == '#') && !is_third)
            return at;
        from = at + 1;
    }
    return text.len;
}

/* Takes n bytes off the lexer's text. */
static struct gale__span take(struct gale__cutter *l, size_t n)
{
    struct gale__span span = { gale__str_skip(l->text, l->at), l->line, l->column };
    struct gale__span rest = gale__span_skip(span, n);

    span.text.len = n;
    l->at += n;
    l->line = rest.line;
    l->column = rest.column;
    return span;
}

static size_t find_closing(gale_str text, char first)
{
    for (size_t at = 0; at + 1 < text.len; at++) {
        at += gale__str_find(gale__str_skip(text, at), first);
        if (at + 1 < text.len && text.ptr[at + 1] == '}')
            return at;
    }
    return SIZE_MAX;
}

/* Behind the two opening characters of a tag. */
static int lex_tag(struct gale__cutter *l, char opening, struct gale__piece *piece,
                   struct gale__syntax_error *error)
{
    static const struct {
        char opening, closing;
        enum gale__piece_kind kind;
        const char *missing;
    } forms[] = {
        { '{', '}', GALE__PIECE_EXPRESSION, "Missing end expression }}" },
        { '%', '%', GALE__PIECE_TAG, "Missing end block %}" },
        { '#', '#', GALE__PIECE_COMMENT, "Missing end comment #}" },
    };
    size_t i = 0;

    while (forms[i].opening != opening)
        i++;
    size_t end = find_closing(gale__str_skip(l->text, l->at), forms[i].closing);

    if (end == SIZE_MAX)
        return gale__syntax_error_at(error, piece->line, piece->column, "%s", forms[i].missing);
    piece->kind = forms[i].kind;
    piece->span = gale__span_trim(take(l, end));
    take(l, 2);
    return 0;
}

int gale__lex_piece(struct gale__cutter *l, struct gale__piece *piece,
                    struct gale__syntax_error *error)
{
    size_t opening = find_opening(l->text, l->at);

    piece->line = l->line;
    piece->column = l->column;
    piece->kind = GALE__PIECE_TEXT;
    if (l->at == l->text.len) {
        piece->kind = GALE__PIECE_END;
        piece->span = take(l, 0);
        return 0;
    }
    if (opening > l->at) {
        piece->span = take(l, opening - l->at);
        return 0;
    }
    piece->span = take(l, 2);
    if (l->at < l->text.len && l->text.ptr[l->at] == '!') {
        take(l, 1);
        return 0;
    }
    return lex_tag(l, piece->span.text.ptr[1], piece, error);
}
