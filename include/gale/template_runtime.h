/* template_runtime.h - what compiled templates are made of: for C that "gale template compile"
 * writes, not for programs.
 *
 * A gale_template_program is the compiled form of one template with all that it extends and
 * includes. The interpreter runs its code; in a program that was made as C, code is NULL and run is
 * the function that does the same. Both work on a gale_rendering through the functions below.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_RUNTIME_H
#define GALE_TEMPLATE_RUNTIME_H

#include <string.h>

#include <gale/base.h>
#include <gale/template.h>
#include <gale/value.h>

GALE_BEGIN_DECLS

/* Changes whenever anything below does. */
#define GALE_TEMPLATE_RUNTIME 1

struct gale_template_code; /* one instruction; the interpreter's */

/* A source file's part in a template: which file, and by which tag it came in. */
typedef struct gale_template_place {
    const char *name;  /* of the template */
    uint32_t source;   /* index of its text in sources */
    int32_t via;       /* index of the place whose tag brought it in; -1: none */
    uint32_t via_line; /* the line of that tag */
} gale_template_place;

typedef struct gale_template_position {
    uint32_t line;   /* from 1 */
    uint16_t column; /* from 1, in characters; 0: beyond 65535 */
    uint16_t place;
} gale_template_position;

/* How a call is made: by CALL (method empty) or CALL_METHOD. */
typedef struct gale_template_call_site {
    gale_str method;
    uint16_t n_args, n_keywords;
    bool has_star, has_star_star; /* one more value each: *args, **keywords */
    const gale_str *keywords;
} gale_template_call_site;

typedef struct gale_template_lambda {
    uint32_t entry; /* index in code */
    uint16_t n_params, n_defaults;
    const gale_str *params;         /* their names: the first n_params locals from first_local on */
    uint16_t first_local, n_locals; /* its own, kept and given back around each call */
    uint16_t first_kept; /* locals from there to first_local are of lambdas around this one: copied
                            when it is made, put back for each call */
    uint16_t first_iter, n_iters;
    int (*run)(gale_rendering *r, gale_value *result); /* compiled to C */
} gale_template_lambda;

/* While pc is in [from, to) a failure goes on at handler, the stack cut to depth, the captures to
 * n_captures and what is being handled to n_caught exceptions (which the handler's own is on top
 * of). The innermost comes first. */
typedef struct gale_template_guard {
    uint32_t from, to, handler;
    uint16_t depth, n_captures, n_caught;
} gale_template_guard;

typedef struct gale_template_program {
    uint32_t version; /* GALE_TEMPLATE_RUNTIME */
    const char *name;
    uint32_t n_code, n_constants, n_texts, n_globals, n_call_sites, n_lambdas, n_guards, n_places,
        n_sources;
    uint32_t max_stack, n_locals, n_iters;
    const gale_value *constants;
    const gale_str *texts;   /* constant output, whitespace filtered */
    const gale_str *globals; /* names looked up in the namespace, one slot each */
    const gale_str *local_names;
    const int32_t *local_fallbacks; /* by local: the global of the same name, or -1 */
    const gale_template_call_site *call_sites;
    const gale_template_lambda *lambdas;
    const gale_template_guard *guards;
    const gale_template_place *places;
    const gale_template_position *positions; /* by index in code */
    const gale_str *sources;                 /* texts of the files, for messages; place.source */
    const struct gale_template_code *code;
    int (*run)(gale_rendering *r);
} gale_template_program;

/* An iteration under way. */
typedef gale_value_iter gale_template_iter;

/* The part of a rendering that generated code touches itself; more follows it. */
struct gale_rendering {
    gale_template_out *out; /* where output goes now: the caller's, or a capture */
    gale_value *locals;     /* program->n_locals */
    gale_value *globals;    /* UNSET: not looked up yet */
    gale_template_iter *iters;
    int64_t steps_left;
    uint32_t pc; /* of the instruction that failed */
    int code;    /* of the failure under way; 0: none */
};

/* --- what instructions do --------------------------------------------------------------
 *
 * Each returns 0 (or what its comment says), or has raised and returns a negative code. stack is
 * the place of the first operand; the result goes there. */

/* Output: bytes as they are, values as text, escaped, or into a capture. */
GALE_API int gale_rt_write(gale_rendering *r, const char *data, size_t size);
GALE_API int gale_rt_emit_value(gale_rendering *r, gale_value v);
GALE_API int gale_rt_escape_value(gale_rendering *r, gale_value v);
GALE_API int gale_rt_context_value(gale_rendering *r, int context, gale_value v);
GALE_API int gale_rt_to_bytes(gale_rendering *r, gale_value *stack);
GALE_API int gale_rt_begin_capture(gale_rendering *r);
GALE_API int gale_rt_end_capture(gale_rendering *r, gale_value *out);

/* Names whose slots are empty, and containers out of n values (pairs). */
GALE_API int gale_rt_resolve_local(gale_rendering *r, uint32_t index, gale_value *out);
GALE_API int gale_rt_resolve_global(gale_rendering *r, uint32_t index);
GALE_API int gale_rt_list(gale_rendering *r, gale_value *stack, uint32_t n);
GALE_API int gale_rt_tuple(gale_rendering *r, gale_value *stack, uint32_t n);
GALE_API int gale_rt_dict(gale_rendering *r, gale_value *stack, uint32_t n);
GALE_API int gale_rt_append(gale_rendering *r, gale_value list, gale_value v);
GALE_API int gale_rt_extend(gale_rendering *r, gale_value list, gale_value v);
GALE_API int gale_rt_put(gale_rendering *r, gale_value dict, const gale_value *pair);
GALE_API int gale_rt_update(gale_rendering *r, gale_value dict, gale_value v);
GALE_API int gale_rt_list_tuple(gale_value *stack);
GALE_API int gale_rt_lambda(gale_rendering *r, uint32_t index, gale_value *stack);

/* Attributes, items and parts of values. */
GALE_API int gale_rt_attribute(gale_rendering *r, gale_str name, gale_value *stack);
GALE_API int gale_rt_index(gale_rendering *r, gale_value *stack);
GALE_API int gale_rt_slice(gale_rendering *r, gale_value *stack);
GALE_API int gale_rt_set_index(gale_rendering *r, const gale_value *stack);
GALE_API int gale_rt_set_attribute(gale_rendering *r, gale_str name, const gale_value *stack);
GALE_API int gale_rt_set_slice(gale_rendering *r, const gale_value *stack);
GALE_API int gale_rt_del_index(gale_rendering *r, const gale_value *stack);
GALE_API int gale_rt_del_slice(gale_rendering *r, const gale_value *stack);
GALE_API int gale_rt_unpack(gale_rendering *r, uint32_t n, uint32_t rest, gale_value *stack);

/* Operators; op is an enum of code.h. */
GALE_API int gale_rt_unary(gale_rendering *r, int op, gale_value *stack);
GALE_API int gale_rt_binary_values(gale_rendering *r, int op, gale_value *stack);
GALE_API int gale_rt_inplace(gale_rendering *r, int op, gale_value *stack);
GALE_API int gale_rt_compare_values(gale_rendering *r, int op, gale_value *stack);

/* Loops, calls (by the index of their site) and imports. next: 1 with an item, 0 at the end. */
GALE_API int gale_rt_steps_failed(gale_rendering *r);
GALE_API int gale_rt_iter(gale_rendering *r, gale_template_iter *it, gale_value over);
GALE_API int gale_rt_next_value(gale_rendering *r, gale_template_iter *it, gale_value *item);
GALE_API int gale_rt_call(gale_rendering *r, uint32_t site, gale_value *stack);
GALE_API int gale_rt_call_method(gale_rendering *r, uint32_t site, gale_value *stack);
GALE_API int gale_rt_import(gale_rendering *r, gale_str name, gale_value *out);
GALE_API int gale_rt_import_name(gale_rendering *r, gale_str name, gale_value *stack);

/* What was caught: as a value, compared with classes, done with, raised again. */
GALE_API int gale_rt_exception(gale_rendering *r, gale_value *out);
GALE_API int gale_rt_matches(gale_rendering *r, gale_value *stack);
GALE_API void gale_rt_caught(gale_rendering *r);
GALE_API int gale_rt_reraise(gale_rendering *r);
/* The instruction pc has failed with that code, and nobody catches it: gives the code to return. */
GALE_API int gale_rt_fail(gale_rendering *r, uint32_t pc, int code);
/* The same within a guard: whether it goes on at the guard's handler; else r->code is returned. */
GALE_API bool gale_rt_catch(gale_rendering *r, uint32_t pc, int code);

GALE_END_DECLS

#endif
