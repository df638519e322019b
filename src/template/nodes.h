/* nodes.h - a template's file as a tree: what lex.c and parse.c make and the compiler reads.
 *
 * All in the arena of the compilation; texts are slices of the file's or copies in the arena that
 * the program has. Lists are linked by next.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_NODES_H
#define GALE_TEMPLATE_NODES_H

#include "template/ast.h"
#include "template/compile.h"

enum {
    /* Tags, includes and blocks within each other. A template is compiled on the stack of the
     * coroutine that asks for it, 256 KiB, also under sanitizers, whose frames are large. */
    GALE__TEMPLATE_NESTING = 40,
};

/* --- lex.c: a text cut into pieces ---- */

enum gale__piece_kind {
    GALE__PIECE_TEXT,       /* also the two characters of an escaped opening */
    GALE__PIECE_EXPRESSION, /* {{ }} */
    GALE__PIECE_TAG,        /* {% %} */
    GALE__PIECE_COMMENT,    /* {# #} */
    GALE__PIECE_END,        /* of the text */
};

struct gale__piece {
    enum gale__piece_kind kind;
    struct gale__span span; /* the text; of tags what is inside, without blanks at both ends */
    uint32_t line, column;  /* of the first byte: the opening brace */
};

struct gale__cutter {
    gale_str text;
    size_t at;
    uint32_t line, column;
};

/* The next piece. 0, or GALE_EINVAL with *error: a tag without its end. */
int gale__lex_piece(struct gale__cutter *l, struct gale__piece *piece,
                    struct gale__syntax_error *error);

/* Both ends without blanks and line ends; where it begins is kept. */
struct gale__span gale__span_trim(struct gale__span span);
/* Without its first n bytes. */
struct gale__span gale__span_skip(struct gale__span span, size_t n);

/* --- parse.c: a tree of nodes ---- */

enum gale__node_kind {
    GALE__NODE_TEXT,       /* text, its whitespace filtered */
    GALE__NODE_EXPRESSION, /* {{ expr }} */
    GALE__NODE_RAW,        /* {% raw expr %} */
    GALE__NODE_MODULE,     /* {% module expr %} */
    GALE__NODE_SET,        /* statement */
    GALE__NODE_IMPORT,     /* imports */
    GALE__NODE_IF,         /* clauses: if, elif …, else (expr NULL) */
    GALE__NODE_FOR,        /* clauses: for, else; target, expr */
    GALE__NODE_WHILE,      /* clauses: while, else; expr */
    GALE__NODE_TRY,        /* clauses: try, except …, else, finally */
    GALE__NODE_APPLY,      /* expr; the clause's body */
    GALE__NODE_BLOCK,      /* text is its name; the clause's body */
    GALE__NODE_INCLUDE,    /* text is the file's name */
    GALE__NODE_EXTENDS,    /* the same; not in the tree but in the file */
    GALE__NODE_BREAK,
    GALE__NODE_CONTINUE,
};

enum gale__clause_kind {
    GALE__CLAUSE_BODY, /* the first of each */
    GALE__CLAUSE_ELIF,
    GALE__CLAUSE_EXCEPT,
    GALE__CLAUSE_ELSE,
    GALE__CLAUSE_FINALLY,
};

/* A part of a tag with several: {% elif %}, {% except %}, {% else %} … up to the next. */
struct gale__clause {
    enum gale__clause_kind kind;
    uint32_t line, column;
    struct gale__expr *expr; /* condition; classes of except, or NULL */
    gale_str name;           /* "as name" of except, or empty */
    struct gale__node *body;
    struct gale__clause *next;
};

struct gale__file;

struct gale__node {
    enum gale__node_kind kind;
    uint32_t line, column; /* of the tag */
    gale_str text;
    struct gale__expr *expr;
    struct gale__expr *target;
    union {
        struct gale__statement *statement;
        struct gale__import *imports;
        struct gale__file *file; /* of INCLUDE and EXTENDS, once it is loaded */
    };
    struct gale__clause *clauses;
    struct gale__node *next;
};

struct gale__file {
    const char *name; /* in the program's arena, as the text is */
    gale_str text;
    uint32_t source;           /* index among the program's sources */
    struct gale__expr *escape; /* the function {{ }} applies; NULL: none, or one of these: */
    bool is_contextual, is_xhtml;
    bool is_open;   /* what it includes is being looked at */
    bool is_unsure; /* a check met errors after which the tree need not be what was meant */
    struct gale__node *body;
    struct gale__node *extends; /* in order */
    struct gale__file *next;
};

/* What a check takes unknown tags for, once it has met one. */
struct gale__guess {
    bool is_made;
    bool opens;   /* {% unless x %}: a block, so it has an {% end %} */
    bool ends;    /* {% endif %}: {% end %} */
    bool is_lost; /* nobody can tell: nothing is said any more about which tag stands where */
};

struct gale__parser {
    struct gale__arena *arena;   /* of the tree */
    struct gale__arena *program; /* of texts */
    struct gale__file *file;     /* text, name and autoescape are set before */
    struct gale__cutter lexer;
    struct gale__piece piece;
    enum gale__whitespace whitespace;
    struct gale__syntax_error error;
    const char *hint; /* what may help, static; or NULL */

    /* Of a check, which goes on behind an error when it is told of it; false: it has enough. NULL:
     * the first error ends the parsing. */
    bool (*tell)(struct gale__parser *p);
    void *tell_arg;
    bool is_over; /* nothing behind the error can be read */
    struct gale__guess guess;
};

/* Fills file->body, extends, escape. 0, GALE_EINVAL with p->error, -ENOMEM. */
int gale__parse_file(struct gale__parser *p);

/* The first word of a tag, and what follows it. */
gale_str gale__tag_word(struct gale__span whole, struct gale__span *rest);
enum gale__tag_role {
    GALE__TAG_ALONE,
    GALE__TAG_OPENS,
    GALE__TAG_ENDS,
    GALE__TAG_UNKNOWN,
    GALE__TAG_UNKNOWN_END, /* {% endif %} */
};
enum gale__tag_role gale__tag_role(gale_str word);

/* recover.c: how a check goes on; while compiling each gives r back. */

/* r is what reading a tag gave. 0: its error, if any, was told. Of errors in what is_sure, which
 * are about no more than an argument, the tree is what was meant. */
int gale__go_on(struct gale__parser *p, int r, bool is_sure);
/* The same for an error in which tag stands where; not told when unknown tags made that unclear. */
int gale__misplaced(const struct gale__parser *p, int r);
/* After an error in what a node, or the expression of a clause, says: it says something else. */
int gale__mend_node(struct gale__parser *p, struct gale__node *node, int r);
int gale__mend_clause(struct gale__parser *p, struct gale__clause *clause, int r);
/* Whether an unknown tag, the one at hand, is taken for a block. */
bool gale__unknown_opens(struct gale__parser *p);
/* Whether {% endif %} is taken for the {% end %} of the block around, whose name it has or not. */
bool gale__unknown_ends(struct gale__parser *p, bool is_named);

/* directives.c: what a tag says, but for what stands between tags: rest is what follows its first
 * word, word included in whole. */
int gale__parse_directive(struct gale__parser *p, struct gale__node *node, struct gale__span whole,
                          struct gale__span rest);
/* What {% except %}, {% elif %}, {% else %}, {% finally %} say. */
int gale__parse_clause(struct gale__parser *p, struct gale__clause *clause, gale_str word,
                       struct gale__span rest);
/* What the file's {{ }} applies: "None", "contextual" or the name of a function. */
int gale__parse_autoescape(struct gale__parser *p, struct gale__span name);

/* Stores what is wrong: with the tag at hand; at a place. Gives GALE_EINVAL. */
int gale__tag_error(struct gale__parser *p, const char *fmt, ...) GALE_PRINTF(2, 3);
int gale__syntax_error_at(struct gale__syntax_error *error, uint32_t line, uint32_t column,
                          const char *fmt, ...) GALE_PRINTF(4, 5);

#endif
