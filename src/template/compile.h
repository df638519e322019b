/* compile.h - from the text of templates to a program.
 *
 * A text is cut into texts, expressions and tags (lex.c) and made a tree of nodes (parse.c,
 * directives.c; recover.c, when all errors are asked for), one for each file. program.c joins them
 * (extends, blocks, include) and has them translated to instructions (compiler.h).
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_COMPILE_H
#define GALE_TEMPLATE_COMPILE_H

#include <gale/template_runtime.h>

#include "base/arena.h"

/* Where included and extended files come from: text of the file that `name` in a template called
 * `parent` means, and its full name, both in the arena. GALE_ENOTFOUND and others with the message
 * stored by gale_err(). */
struct gale__fetch {
    int (*fetch)(void *arg, gale_str name, const char *parent, struct gale__arena *arena,
                 const char **full_name, gale_str *text);
    void *arg;
};

/* Compiles text. Everything of the program lies in arena, which must outlive it; nothing refers to
 * text afterwards. fetch NULL: {% include %} and {% extends %} are errors. 0, or a code with *error
 * filled (message, report with source line and caret). */
int gale__template_compile(struct gale__arena *arena, const char *name, gale_str text,
                           const gale_template_options *options, const struct gale__fetch *fetch,
                           const gale_template_program **out, gale_template_error *error);

/* Who is told of errors. */
struct gale__tell {
    void (*tell)(void *arg, const gale_template_error *error);
    void *arg;
};

/* Compiles for the errors alone: goes on behind each as far as it can without telling of one that
 * is there only because of another, up to GALE__CHECK_ERRORS of them. Files that are included or
 * extended are checked with it. Tells of at least one if compiling would fail, of none if not. 0 or
 * -ENOMEM. */
enum { GALE__CHECK_ERRORS = 1000 };
int gale__template_check(const char *name, gale_str text, const gale_template_options *options,
                         const struct gale__fetch *fetch, const struct gale__tell *tell);

/* whitespace.c: mode of a file's name when nobody says; a mode by its name, or -1. */
enum gale__whitespace { GALE__WS_ALL, GALE__WS_SINGLE, GALE__WS_ONELINE };
enum gale__whitespace gale__whitespace_of(const char *name);
int gale__whitespace_mode(gale_str name);
size_t gale__whitespace_filter(enum gale__whitespace mode, char *text, size_t len);

/* report.c: fills error: message "WHAT at NAME:LINE (via …)" and the report: that, the line of
 * source with a caret below column (0: none), then hint (lines, may be ""). */
void gale__report(gale_template_error *error, int code, const char *what,
                  const gale_template_place *places, const gale_str *sources, size_t place,
                  uint32_t line, uint32_t column, const char *hint);
/* Makes blanks of control characters. */
void gale__one_line(char *text);

/* make.c: whether a name can be what options.autoescape is. */
bool gale__is_escape_name(gale_str name);

/* html_context.c: follows HTML, and the scripts in it, to know what surrounds an expression. All of
 * it is private to html_context*.c; html_context.h says what the parts mean. Copies are as good as
 * the original.
 */
struct gale__html_state {
    uint32_t parens;   /* of a script, a bit each: whether "if" and its like stand before */
    uint16_t tag;      /* whose tag this is, in SVG and MathML */
    uint16_t open[12]; /* elements of SVG and MathML that are open, the root first */
    uint8_t n_open, n_parens;
    uint8_t state, element, attribute, quote;
    uint8_t is_end_tag, is_slashed, has_type, is_no_script;
    uint8_t is_place, is_refresh, has_content; /* of link and meta */
    uint8_t may_be_empty;                      /* the value without quotes, so far */
    uint8_t in_select, why;
    uint8_t matched, opened, hidden; /* how much of an end tag, of "<script" and "<!--" there was */
    uint8_t is_hidden, dashes;
    uint8_t url;
    uint8_t js, slash, is_escaped, in_class, in_word, js_last, line_dashes;
    uint8_t n_templates;
    uint8_t braces[4]; /* open in each ${ */
    uint8_t word_len, reference_len;
    char word[40];      /* the name, or the part of a value, that is being read */
    char reference[40]; /* a character reference */
};
void gale__html_start(struct gale__html_state *s);
/* A text that is written there. GALE_EINVAL with the detail stored: no context can be told, now and
 * later. */
int gale__html_text(struct gale__html_state *s, gale_str text);
/* What an expression there needs, an enum gale__html_context; the state goes on behind it.
 * GALE_EINVAL with the detail stored: it cannot stand there, and the state is as it was. */
int gale__html_expression(struct gale__html_state *s);
/* Something is written there, by whatever escapes it or not: taken to be whole. */
void gale__html_written(struct gale__html_state *s);
bool gale__html_same(const struct gale__html_state *a, const struct gale__html_state *b);
/* Two ways meet: *s becomes what holds on both. False: they are in different places. */
bool gale__html_join(struct gale__html_state *s, const struct gale__html_state *other);
/* At the begin of what may be repeated: forgets what its end need not agree in. At its end, or
 * where it is left: *s becomes begin. */
void gale__html_loop(struct gale__html_state *s);
bool gale__html_rejoin(struct gale__html_state *s, const struct gale__html_state *begin);

/* codegen.c: the program as C, written to out; identifier is the name of its
 * gale_template_program. */
int gale__template_codegen(const gale_template_program *program, const char *identifier,
                           gale_template_out *out);

#endif
