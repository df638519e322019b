/* expr_lex.h - the words of an expression: names, numbers, strings, operators, with their places.
 *
 * Line ends are blanks. Numbers and strings come as values; strings side by side as one.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_EXPR_LEX_H
#define GALE_TEMPLATE_EXPR_LEX_H

#include "base/buf.h"
#include "template/ast.h"

enum gale__token_kind {
    GALE__TOKEN_END,
    GALE__TOKEN_NAME,
    GALE__TOKEN_NUMBER, /* value; TOKEN_HUGE when it is 2**63, which only "-" makes an int */
    GALE__TOKEN_HUGE,
    GALE__TOKEN_STRING,   /* value */
    GALE__TOKEN_RESERVED, /* a keyword of Python that means nothing here */

    GALE__TOKEN_AND,
    GALE__TOKEN_AS,
    GALE__TOKEN_DEL,
    GALE__TOKEN_ELSE,
    GALE__TOKEN_FALSE,
    GALE__TOKEN_FOR,
    GALE__TOKEN_FROM,
    GALE__TOKEN_IF,
    GALE__TOKEN_IMPORT,
    GALE__TOKEN_IN,
    GALE__TOKEN_IS,
    GALE__TOKEN_LAMBDA,
    GALE__TOKEN_NONE,
    GALE__TOKEN_NOT,
    GALE__TOKEN_OR,
    GALE__TOKEN_TRUE,

    GALE__TOKEN_OPEN, /* ( */
    GALE__TOKEN_CLOSE,
    GALE__TOKEN_OPEN_SQUARE,
    GALE__TOKEN_CLOSE_SQUARE,
    GALE__TOKEN_OPEN_BRACE,
    GALE__TOKEN_CLOSE_BRACE,
    GALE__TOKEN_COMMA,
    GALE__TOKEN_COLON,
    GALE__TOKEN_DOT,
    GALE__TOKEN_ASSIGN,
    GALE__TOKEN_PLUS,
    GALE__TOKEN_MINUS,
    GALE__TOKEN_STAR,
    GALE__TOKEN_STAR_STAR,
    GALE__TOKEN_SLASH,
    GALE__TOKEN_SLASH_SLASH,
    GALE__TOKEN_PERCENT,
    GALE__TOKEN_AMPERSAND,
    GALE__TOKEN_BAR,
    GALE__TOKEN_CARET,
    GALE__TOKEN_TILDE,
    GALE__TOKEN_SHIFT_LEFT,
    GALE__TOKEN_SHIFT_RIGHT,
    GALE__TOKEN_EQUAL,
    GALE__TOKEN_NOT_EQUAL,
    GALE__TOKEN_LESS,
    GALE__TOKEN_LESS_EQUAL,
    GALE__TOKEN_GREATER,
    GALE__TOKEN_GREATER_EQUAL,
    GALE__TOKEN_AUGMENTED, /* "+=" and its like; op: enum gale__binary */
    GALE__N_TOKENS
};

struct gale__token {
    uint8_t kind;
    uint8_t op;
    uint32_t line, column; /* of its first character */
    gale_str text;
    gale_value value;
};

struct gale__lexer {
    const char *at, *end;
    uint32_t line, column; /* of at */
    int code;              /* 0, or what went wrong first */
    struct gale__arena *arena;
    struct gale__buf scratch; /* a string being read */
    struct gale__syntax_error *error;
};

/* The error may be NULL. deinit gives the scratch back. */
void gale__lexer_init(struct gale__lexer *l, struct gale__arena *arena, struct gale__span span,
                      struct gale__syntax_error *error);
void gale__lexer_deinit(struct gale__lexer *l);

/* The next token into *t; after the last one END, again and again. 0 or l->code. */
int gale__lex(struct gale__lexer *l, struct gale__token *t);

/* Notes what was wrong, unless something was before; gives l->code. */
int gale__lex_fail(struct gale__lexer *l, uint32_t line, uint32_t column, const char *fmt, ...)
    GALE_PRINTF(4, 5);
int gale__lex_no_memory(struct gale__lexer *l);

/* Moves n bytes on, which keeps line and column. */
void gale__lex_skip(struct gale__lexer *l, size_t n);
/* Blanks and comments. */
void gale__lex_blanks(struct gale__lexer *l);

/* The byte at index from l->at on; 0 at the end. */
static inline char gale__lex_peek(const struct gale__lexer *l, size_t index)
{
    return index < (size_t)(l->end - l->at) ? l->at[index] : 0;
}

/* How many bytes of a letter, "_", or a digit unless first, stand at index; 0: none. */
size_t gale__lex_name_char(const struct gale__lexer *l, size_t index, bool first);

/* expr_literal.c: at a digit, or a dot before one; at a string. Each fills *t. */
int gale__lex_number(struct gale__lexer *l, struct gale__token *t);
/* The length of the prefix of a string that stands at l->at, or -1 when none does. */
int gale__lex_string_prefix(const struct gale__lexer *l);
int gale__lex_strings(struct gale__lexer *l, struct gale__token *t);

#endif
