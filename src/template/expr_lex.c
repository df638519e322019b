/* expr_lex.c - cuts an expression into words; numbers and strings are in expr_literal.c. */
/* SPDX-License-Identifier: MIT */
#include "template/expr_lex.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"
#include "template/code.h"

struct word {
    const char *text;
    uint8_t kind;
    uint8_t op;
};

/* Python's keywords. */
static const struct word keywords[] = {
    { "False", GALE__TOKEN_FALSE, 0 },
    { "None", GALE__TOKEN_NONE, 0 },
    { "True", GALE__TOKEN_TRUE, 0 },
    { "and", GALE__TOKEN_AND, 0 },
    { "as", GALE__TOKEN_AS, 0 },
    { "assert", GALE__TOKEN_RESERVED, 0 },
    { "async", GALE__TOKEN_RESERVED, 0 },
    { "await", GALE__TOKEN_RESERVED, 0 },
    { "break", GALE__TOKEN_RESERVED, 0 },
    { "class", GALE__TOKEN_RESERVED, 0 },
    { "continue", GALE__TOKEN_RESERVED, 0 },
    { "def", GALE__TOKEN_RESERVED, 0 },
    { "del", GALE__TOKEN_DEL, 0 },
    { "elif", GALE__TOKEN_RESERVED, 0 },
    { "else", GALE__TOKEN_ELSE, 0 },
    { "except", GALE__TOKEN_RESERVED, 0 },
    { "finally", GALE__TOKEN_RESERVED, 0 },
    { "for", GALE__TOKEN_FOR, 0 },
    { "from", GALE__TOKEN_FROM, 0 },
    { "global", GALE__TOKEN_RESERVED, 0 },
    { "if", GALE__TOKEN_IF, 0 },
    { "import", GALE__TOKEN_IMPORT, 0 },
    { "in", GALE__TOKEN_IN, 0 },
    { "is", GALE__TOKEN_IS, 0 },
    { "lambda", GALE__TOKEN_LAMBDA, 0 },
    { "nonlocal", GALE__TOKEN_RESERVED, 0 },
    { "not", GALE__TOKEN_NOT, 0 },
    { "or", GALE__TOKEN_OR, 0 },
    { "pass", GALE__TOKEN_RESERVED, 0 },
    { "raise", GALE__TOKEN_RESERVED, 0 },
    { "return", GALE__TOKEN_RESERVED, 0 },
    { "try", GALE__TOKEN_RESERVED, 0 },
    { "while", GALE__TOKEN_RESERVED, 0 },
    { "with", GALE__TOKEN_RESERVED, 0 },
    { "yield", GALE__TOKEN_RESERVED, 0 },
};

/* Longer ones first. */
static const struct word operators[] = {
    { "**=", GALE__TOKEN_AUGMENTED, GALE__POW },
    { "//=", GALE__TOKEN_AUGMENTED, GALE__FLOORDIV },
    { "<<=", GALE__TOKEN_AUGMENTED, GALE__SHL },
    { ">>=", GALE__TOKEN_AUGMENTED, GALE__SHR },
    { "+=", GALE__TOKEN_AUGMENTED, GALE__ADD },
    { "-=", GALE__TOKEN_AUGMENTED, GALE__SUB },
    { "*=", GALE__TOKEN_AUGMENTED, GALE__MUL },
    { "/=", GALE__TOKEN_AUGMENTED, GALE__DIV },
    { "%=", GALE__TOKEN_AUGMENTED, GALE__MOD },
    { "&=", GALE__TOKEN_AUGMENTED, GALE__BITAND },
    { "|=", GALE__TOKEN_AUGMENTED, GALE__BITOR },
    { "^=", GALE__TOKEN_AUGMENTED, GALE__BITXOR },
    { "**", GALE__TOKEN_STAR_STAR, 0 },
    { "//", GALE__TOKEN_SLASH_SLASH, 0 },
    { "<<", GALE__TOKEN_SHIFT_LEFT, 0 },
    { ">>", GALE__TOKEN_SHIFT_RIGHT, 0 },
    { "==", GALE__TOKEN_EQUAL, 0 },
    { "!=", GALE__TOKEN_NOT_EQUAL, 0 },
    { "<=", GALE__TOKEN_LESS_EQUAL, 0 },
    { ">=", GALE__TOKEN_GREATER_EQUAL, 0 },
    { "(", GALE__TOKEN_OPEN, 0 },
    { ")", GALE__TOKEN_CLOSE, 0 },
    { "[", GALE__TOKEN_OPEN_SQUARE, 0 },
    { "]", GALE__TOKEN_CLOSE_SQUARE, 0 },
    { "{", GALE__TOKEN_OPEN_BRACE, 0 },
    { "}", GALE__TOKEN_CLOSE_BRACE, 0 },
    { ",", GALE__TOKEN_COMMA, 0 },
    { ":", GALE__TOKEN_COLON, 0 },
    { ".", GALE__TOKEN_DOT, 0 },
    { "=", GALE__TOKEN_ASSIGN, 0 },
    { "+", GALE__TOKEN_PLUS, 0 },
    { "-", GALE__TOKEN_MINUS, 0 },
    { "*", GALE__TOKEN_STAR, 0 },
    { "/", GALE__TOKEN_SLASH, 0 },
    { "%", GALE__TOKEN_PERCENT, 0 },
    { "&", GALE__TOKEN_AMPERSAND, 0 },
    { "|", GALE__TOKEN_BAR, 0 },
    { "^", GALE__TOKEN_CARET, 0 },
    { "~", GALE__TOKEN_TILDE, 0 },
    { "<", GALE__TOKEN_LESS, 0 },
    { ">", GALE__TOKEN_GREATER, 0 },
};

/* What other languages have, and what to write here. Looked at before the operators. */
static const struct {
    const char *text, *message;
} foreign[] = {
    { "...", "'...' is not part of the template language" },
    { ":=", "':=' is not part of the template language; use {% set %}" },
    { "===", "'===' is not part of the template language; use '=='" },
    { "!==", "'!==' is not part of the template language; use '!='" },
    { "<>", "'<>' is not part of the template language; use '!='" },
    { "&&", "'&&' is not part of the template language; use 'and'" },
    { "||", "'||' is not part of the template language; use 'or'" },
    { "->", "'->' is not part of the template language" },
    { "@", "'@' is not part of the template language" },
    { ";", "';' is not part of the template language; a tag has one statement" },
    { "?", "'?' is not part of the template language; use 'a if condition else b'" },
};

void gale__lexer_init(struct gale__lexer *l, struct gale__arena *arena, struct gale__span span,
                      struct gale__syntax_error *error)
{
    *l = (struct gale__lexer){
        .at = span.text.len ? span.text.ptr : "",
        .line = span.line,
        .column = span.column,
        .arena = arena,
        .error = error,
    };
    l->end = l->at + span.text.len;
    gale__buf_init(&l->scratch, GALE__EXPR_BYTES);
    if (span.text.len > GALE__EXPR_BYTES)
        gale__lex_fail(l, l->line, l->column, "the expression is longer than %d bytes",
                       (int)GALE__EXPR_BYTES);
}

void gale__lexer_deinit(struct gale__lexer *l)
{
    gale__buf_deinit(&l->scratch);
}

int gale__lex_fail(struct gale__lexer *l, uint32_t line, uint32_t column, const char *fmt, ...)
{
    va_list args;

    if (l->code)
        return l->code;
    l->code = GALE_EINVAL;
    if (!l->error)
        return l->code;
    l->error->line = line;
    l->error->column = column;
    va_start(args, fmt);
    vsnprintf(l->error->message, sizeof(l->error->message), fmt, args);
    va_end(args);
    return l->code;
}

int gale__lex_no_memory(struct gale__lexer *l)
{
    gale__lex_fail(l, l->line, l->column, "out of memory");
    l->code = -ENOMEM;
    return l->code;
}

void gale__lex_skip(struct gale__lexer *l, size_t n)
{
    const char *stop = l->at + n;

    for (; l->at < stop; l->at++) {
        if (*l->at == '\n') {
            l->line++;
            l->column = 1;
        } else {
            l->column += (*l->at & 0xC0) != 0x80;
        }
    }
}

void gale__lex_blanks(struct gale__lexer *l)
{
    for (;;) {
        char c = gale__lex_peek(l, 0);

        if (c == '#') {
            gale__lex_skip(l, gale__str_find((gale_str){ l->at, (size_t)(l->end - l->at) }, '\n'));
            continue;
        }
        if (c == '\\' && gale__lex_peek(l, 1) == '\r' && gale__lex_peek(l, 2) == '\n') {
            gale__lex_skip(l, 3);
            continue;
        }
        if (c == '\\' && gale__lex_peek(l, 1) == '\n') {
            gale__lex_skip(l, 2);
            continue;
        }
        if (l->at == l->end || (c != ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f'))
            return;
        gale__lex_skip(l, 1);
    }
}

/* Roughly what Unicode calls no letter: punctuation, symbols, blanks, private use. */
static bool is_symbol(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } symbols[] = {
        { 0x80, 0xA9 },     { 0xAB, 0xB4 },       { 0xB6, 0xB6 },        { 0xB8, 0xB9 },
        { 0xBB, 0xBF },     { 0xD7, 0xD7 },       { 0xF7, 0xF7 },        { 0x2000, 0x203E },
        { 0x2041, 0x2053 }, { 0x2055, 0x2070 },   { 0x20A0, 0x20CF },    { 0x2190, 0x2BFF },
        { 0x2E00, 0x2E7F }, { 0x3000, 0x3004 },   { 0x3008, 0x3020 },    { 0xE000, 0xF8FF },
        { 0xFE10, 0xFE1F }, { 0xFE50, 0xFE6F },   { 0xFEFF, 0xFF0F },    { 0xFF1A, 0xFF20 },
        { 0xFFE0, 0xFFFF }, { 0x1F000, 0x1FAFF }, { 0xE0000, 0x10FFFF },
    };

    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++)
        if (c >= symbols[i].first && c <= symbols[i].last)
            return true;
    return false;
}

size_t gale__lex_name_char(const struct gale__lexer *l, size_t index, bool first)
{
    char c = gale__lex_peek(l, index);
    uint32_t code_point = 0;
    size_t n;

    if ((unsigned char)c < 0x80)
        return (gale__lower(c) >= 'a' && gale__lower(c) <= 'z') || c == '_' ||
               (!first && c >= '0' && c <= '9');
    n = gale__utf8_decode(l->at + index, (size_t)(l->end - l->at) - index, &code_point);
    if (first && code_point == 0xb7) /* the point in the middle of a word */
        return 0;
    return n && !is_symbol(code_point) ? n : 0;
}

static bool stands_here(const struct gale__lexer *l, const char *text)
{
    size_t len = strlen(text);

    return (size_t)(l->end - l->at) >= len && memcmp(l->at, text, len) == 0;
}

static void take(struct gale__lexer *l, struct gale__token *t, uint8_t kind, size_t len)
{
    t->kind = kind;
    t->text = (gale_str){ l->at, len };
    gale__lex_skip(l, len);
}

/* A name or a keyword; false when none begins here. */
static bool lex_name(struct gale__lexer *l, struct gale__token *t)
{
    size_t len = gale__lex_name_char(l, 0, true);

    if (!len)
        return false;
    for (size_t n; (n = gale__lex_name_char(l, len, false)) > 0;)
        len += n;
    take(l, t, GALE__TOKEN_NAME, len);
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
        if (gale__str_equal(t->text, gale__str(keywords[i].text)))
            t->kind = keywords[i].kind;
    return true;
}

static bool lex_operator(struct gale__lexer *l, struct gale__token *t)
{
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        if (!stands_here(l, operators[i].text))
            continue;
        t->op = operators[i].op;
        take(l, t, operators[i].kind, strlen(operators[i].text));
        return true;
    }
    return false;
}

static int fail_on_character(struct gale__lexer *l)
{
    uint32_t code_point;
    size_t n = gale__utf8_decode(l->at, (size_t)(l->end - l->at), &code_point);

    if (n == 0)
        return gale__lex_fail(l, l->line, l->column, "the expression is not UTF-8");
    if (*l->at == '!')
        return gale__lex_fail(l, l->line, l->column,
                              "'!' is not part of the template language; use 'not'");
    if (code_point < ' ' || code_point == 0x7F)
        return gale__lex_fail(l, l->line, l->column, "invalid character U+%04X", code_point);
    if (n == 1)
        return gale__lex_fail(l, l->line, l->column, "unexpected '%c'", *l->at);
    if (code_point < 0xA1 || code_point == 0xFEFF || (code_point >= 0x2000 && code_point < 0x2010))
        return gale__lex_fail(l, l->line, l->column, "invalid invisible character U+%04X",
                              code_point);
    return gale__lex_fail(l, l->line, l->column, "invalid character '%.*s' (U+%04X)", (int)n, l->at,
                          code_point);
}

int gale__lex(struct gale__lexer *l, struct gale__token *t)
{
    char c;

    *t = (struct gale__token){ .kind = GALE__TOKEN_END };
    if (l->code)
        return l->code;
    gale__lex_blanks(l);
    t->line = l->line;
    t->column = l->column;
    if (l->at == l->end)
        return 0;
    c = *l->at;
    if ((c >= '0' && c <= '9') ||
        (c == '.' && gale__lex_peek(l, 1) >= '0' && gale__lex_peek(l, 1) <= '9'))
        return gale__lex_number(l, t);
    if (gale__lex_string_prefix(l) >= 0)
        return gale__lex_strings(l, t);
    if (lex_name(l, t))
        return 0;
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
        if (stands_here(l, foreign[i].text))
            return gale__lex_fail(l, l->line, l->column, "%s", foreign[i].message);
    return lex_operator(l, t) ? 0 : fail_on_character(l);
}
