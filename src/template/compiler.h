/* compiler.h - the inside of the compiler: a program being written.
 *
 * One compiler compiles one template with all that it extends and includes. A failure is sticky:
 * it is stored once, and everything that is called after it does nothing, so callers check code at
 * the end. emit.c writes instructions and tables, scope.c knows what a name is; compile_expr.c,
 * compile_call.c, compile_assign.c, compile_node.c and compile_try.c translate; program.c joins
 * files.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_COMPILER_H
#define GALE_TEMPLATE_COMPILER_H

#include "base/buf.h"
#include "base/map.h"
#include "template/code.h"
#include "template/nodes.h"

enum {
    GALE__NO_LOCAL = -1,
    GALE__DISPLAY = 64, /* items that are put on the stack; more are added one by one */
};

/* An array that grows in the heap until the program is complete. */
struct gale__table {
    void *items;
    uint32_t n, cap;
};

/* Where names live: the whole rendering, an apply block, a comprehension, a lambda. */
struct gale__scope {
    struct gale__scope *outer;
    struct gale__scope *all; /* the next of all scopes */
    struct gale__map locals; /* name to 1 + local */
    bool is_shown;           /* a name without a value is looked up outside of the template */
    int32_t first_kept;      /* of the outermost lambda around it: its first local; or NO_LOCAL */
};

/* Jumps to a place that is not known yet: each has the index of the one before. */
struct gale__label {
    uint32_t last;   /* 1 + index of the last jump; 0: none */
    uint32_t target; /* when is_known */
    bool is_known;
};

enum gale__control_kind {
    GALE__CONTROL_LOOP,
    GALE__CONTROL_GUARD,   /* a part that a handler guards */
    GALE__CONTROL_HANDLER, /* an exception is being handled */
    GALE__CONTROL_CAPTURE, /* output is kept back: a try block with contextual autoescape */
    GALE__CONTROL_APPLY,   /* no jump leaves it */
};

/* What break and continue have to leave properly: a list, the innermost first. */
struct gale__control {
    enum gale__control_kind kind;
    struct gale__control *outer;
    uint16_t n_captures, n_caught; /* around it */
    struct gale__label end, next;  /* LOOP: of break, of continue */
    bool is_while;                 /* LOOP: going back is a step of its own */
    struct gale__html_state html;  /* LOOP: at its begin */
    uint32_t from, id;             /* GUARD: where its open part begins; its handler, for now */
    const struct gale__clause *finally; /* GUARD: what runs when it is left; or NULL */
    int32_t local;                      /* HANDLER: of "as", unset at the end; or NO_LOCAL */
};

struct gale__lambda_job { /* a lambda whose code is still to be written */
    struct gale__expr *expr;
    struct gale__scope *scope;
    uint32_t index;
    uint16_t place;
    struct gale__lambda_job *next;
};

struct gale__local_name {
    gale_str name;
    bool is_shown;
};

struct gale__compiler {
    struct gale__arena *arena;  /* the program's */
    struct gale__arena scratch; /* trees, scopes */
    const gale_template_options *options;
    const struct gale__fetch *fetch;

    int code; /* sticky: what went wrong */
    struct gale__syntax_error error;
    const char *hint;
    uint32_t error_place;
    const struct gale__tell *tell; /* of a check: who is told of errors; NULL: the first is all */
    uint32_t n_told;
    bool is_unsure;     /* what the check has met makes the trees something else than was meant */
    bool has_lost_html; /* the check cannot say any more what HTML is around */

    struct gale__file *files;
    struct gale__file *file;  /* whose text is translated */
    struct gale__map blocks;  /* name to struct gale__definition */
    struct gale__map strings; /* those of the program */
    uint32_t work;            /* nodes seen, against templates that multiply by including */
    uint32_t nesting;
    uint64_t text_bytes, max_text;

    struct gale__table ops, positions, constants, texts, globals, locals, call_sites, lambdas,
        guards, places, sources;
    struct gale__map constant_texts, global_names;      /* to 1 + index */
    struct gale__table local_of_global, local_of_local; /* of scope.c */
    uint32_t plain_sites[8];                            /* 1 + call site of f(n arguments) */

    struct gale_template_position at; /* of what is translated */
    uint32_t barrier;                 /* a jump may lead there: no joining across it */
    uint32_t depth, max_depth;        /* of the stack */
    uint16_t n_captures, n_caught;
    uint32_t iter, n_iters;
    uint32_t n_handlers;

    gale_str text; /* output that is not written yet */
    struct gale__buf joined;
    bool is_joined;
    struct gale_template_position text_at;

    struct gale__scope *scope, *scopes;
    struct gale__control *control;
    struct gale__lambda_job *jobs;

    bool is_tracking; /* the HTML around expressions: some file has contextual autoescape */
    struct gale__html_state html;
};

/* --- failures: emit.c ---- */

/* Stores what is wrong at a place of the file that is translated, once. */
void gale__compile_error(struct gale__compiler *c, uint32_t line, uint32_t column, const char *fmt,
                         ...) GALE_PRINTF(4, 5);
/* The same with a code, for what a check can go on behind. */
void gale__compile_complain(struct gale__compiler *c, int code, uint32_t line, uint32_t column,
                            const char *fmt, ...) GALE_PRINTF(5, 6);
/* A failure that has no place. */
void gale__compile_fail(struct gale__compiler *c, int code);

/* program.c: tells whose check this is of the error that is stored, which is forgotten then. */
void gale__compile_tell(struct gale__compiler *c, int code);

/* --- writing: emit.c ---- */

/* A new, zeroed item; NULL after a failure. */
void *gale__table_add(struct gale__compiler *c, struct gale__table *t, size_t size, uint32_t max);

/* What is written from here on is about this place. */
void gale__compile_at(struct gale__compiler *c, uint32_t line, uint32_t column);
void gale__emit(struct gale__compiler *c, enum gale__op op, uint32_t a, uint32_t b, uint32_t arg);
void gale__emit_text(struct gale__compiler *c, gale_str text);
/* The index of the next instruction, to which something jumps. */
uint32_t gale__emit_here(struct gale__compiler *c);
void gale__emit_jump(struct gale__compiler *c, enum gale__op op, struct gale__label *to);
/* The next item of an iterator: into a local, or onto the stack if that is NO_LOCAL. */
void gale__emit_next(struct gale__compiler *c, uint32_t iter, int32_t local,
                     struct gale__label *end);
void gale__label_here(struct gale__compiler *c, struct gale__label *label);

/* A text that lives as long as the program. */
gale_str gale__compile_string(struct gale__compiler *c, gale_str s);
uint32_t gale__compile_constant(struct gale__compiler *c, gale_value v);
uint32_t gale__compile_text_constant(struct gale__compiler *c, gale_str text);
void gale__emit_constant(struct gale__compiler *c, gale_value v);
void gale__emit_call(struct gale__compiler *c, enum gale__op op,
                     const gale_template_call_site *site);
/* A call with n arguments and no more. */
void gale__emit_plain_call(struct gale__compiler *c, uint16_t n);

/* --- names: scope.c ---- */

struct gale__scope *gale__scope_open(struct gale__compiler *c, bool is_shown);
void gale__scope_close(struct gale__compiler *c);
/* The local of that name in the innermost scope, made if there is none. */
uint32_t gale__scope_declare(struct gale__compiler *c, gale_str name);
uint32_t gale__compile_global(struct gale__compiler *c, gale_str name);
void gale__emit_load(struct gale__compiler *c, gale_str name);
/* Code from an index on that reads names which this scope has got since, reads them in it. */
void gale__scope_settle(struct gale__compiler *c, struct gale__scope *scope, uint32_t from);

/* --- translation ---- */

void gale__compile_expr(struct gale__compiler *c, const struct gale__expr *e);
/* Jumps to label if e is true (or not). */
void gale__compile_condition(struct gale__compiler *c, const struct gale__expr *e, bool jump_if,
                             struct gale__label *to);
bool gale__compile_fold(const struct gale__expr *e, gale_value *out);
void gale__compile_call(struct gale__compiler *c, const struct gale__expr *e);
void gale__compile_display(struct gale__compiler *c, const struct gale__expr *e);
void gale__compile_comprehension(struct gale__compiler *c, const struct gale__expr *e);
void gale__compile_lambda(struct gale__compiler *c, struct gale__expr *e);
/* Lambdas that were met so far: their code. */
void gale__compile_lambdas(struct gale__compiler *c);

/* [v] -> []: v is assigned. */
void gale__compile_store(struct gale__compiler *c, const struct gale__expr *target);
void gale__compile_statement(struct gale__compiler *c, const struct gale__statement *s);
/* The value on the stack is iterated over, each item assigned to target; next is where it goes on.
 * The iterator is the innermost until c->iter is set back. */
void gale__compile_next(struct gale__compiler *c, const struct gale__expr *target,
                        struct gale__label *next, struct gale__label *end);

void gale__compile_imports(struct gale__compiler *c, const struct gale__import *import);
void gale__compile_nodes(struct gale__compiler *c, const struct gale__node *node);
void gale__compile_try(struct gale__compiler *c, const struct gale__node *node);
void gale__compile_leave(struct gale__compiler *c, const struct gale__node *node);
void gale__control_open(struct gale__compiler *c, struct gale__control *control,
                        enum gale__control_kind kind);
void gale__control_close(struct gale__compiler *c);

/* The definition of a block that counts. */
struct gale__definition {
    struct gale__file *file;
    const struct gale__node *node;
};
/* A file's part: another file's nodes at this place, by the tag of that line. */
void gale__compile_part(struct gale__compiler *c, struct gale__file *file,
                        const struct gale__node *nodes, const struct gale__node *tag);
/* A level deeper, until c->nesting is set back; false, and a failure, when it is too deep. */
bool gale__compile_enter(struct gale__compiler *c, uint32_t line, uint32_t column);

/* HTML states must agree where two ways meet; the second one: where the other one is the begin of
 * what is repeated. */
void gale__compile_join(struct gale__compiler *c, const struct gale__html_state *other,
                        uint32_t line, uint32_t column, const char *what);
void gale__compile_rejoin(struct gale__compiler *c, const struct gale__html_state *begin,
                          uint32_t line, uint32_t column, const char *what);

#endif
