/* raise.h - exceptions of the template language.
 *
 * A function that fails raises: it stores class and message in the rendering and returns a negative
 * code. There is one failure under way at most (rendering.code); a guard of the program may catch
 * it, but not what ends the rendering for good: limits, memory, cancellation.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_RAISE_H
#define GALE_TEMPLATE_RAISE_H

#include <gale/value.h>

enum gale__exception {
    GALE__EXCEPTION, /* Exception: of all below; also failures of host functions */
    GALE__ARITHMETIC_ERROR,
    GALE__ZERO_DIVISION_ERROR,
    GALE__OVERFLOW_ERROR,
    GALE__ASSERTION_ERROR,
    GALE__ATTRIBUTE_ERROR,
    GALE__IMPORT_ERROR,
    GALE__MODULE_NOT_FOUND_ERROR,
    GALE__LOOKUP_ERROR,
    GALE__INDEX_ERROR,
    GALE__KEY_ERROR,
    GALE__NAME_ERROR,
    GALE__UNBOUND_LOCAL_ERROR,
    GALE__RUNTIME_ERROR,
    GALE__RECURSION_ERROR,
    GALE__STOP_ITERATION,
    GALE__TYPE_ERROR,
    GALE__VALUE_ERROR,
    GALE__UNICODE_ERROR,
    GALE__N_EXCEPTIONS
};

extern const char *const gale__exception_names[GALE__N_EXCEPTIONS];
/* Whether cls is base or derives from it. */
bool gale__exception_is(enum gale__exception cls, enum gale__exception base);

/* Raises; gives GALE_EINVAL. The message is what Python would say where templates can see it. */
int gale__raise(gale_rendering *r, enum gale__exception cls, const char *fmt, ...)
    GALE_PRINTF(3, 4);
/* KeyError, whose message is the key's repr. */
int gale__raise_key(gale_rendering *r, gale_value key);
/* "name 'titel' is not defined", with the names there are for the report. */
int gale__raise_name(gale_rendering *r, gale_str name);
/* TypeError "unsupported operand type(s) for +: 'int' and 'str'". */
int gale__raise_operands(gale_rendering *r, const char *op, gale_value a, gale_value b);
/* TypeError: a container of the application ("the application's list cannot be changed; list(x)
 * makes one that can"), or no container that can be changed at all. */
int gale__raise_immutable(gale_rendering *r, gale_value v);
/* A limit was passed: "the limit of 10000000 steps"; not to be caught. GALE_ETOOBIG. */
int gale__raise_limit(gale_rendering *r, const char *fmt, ...) GALE_PRINTF(2, 3);
/* -ENOMEM. */
int gale__raise_out_of_memory(gale_rendering *r);
/* A host function returned a negative code without raising: an Exception with its text; codes that
 * end a rendering (-ENOMEM, GALE_ETOOBIG, GALE_ECANCELED, GALE_ESTOPPED) cannot be caught: a limit
 * may be that of a rendering within this one. Gives the code. */
int gale__raise_code(gale_rendering *r, int code);

/* What a host's function or callback returned: negative is raised if it has not been, and what it
 * ignored is forgotten. Gives the code. */
int gale__host_result(gale_rendering *r, int code);
/* Whether a host's callback says by that code that there is no such thing. */
bool gale__says_none(gale_rendering *r, int code, int none);
/* Forgets the failure under way: 0, or its code when it cannot be caught. */
int gale__raise_clear(gale_rendering *r);

/* What gale_template_limits are when they are 0. */
enum {
    GALE__MAX_STEPS = 10000000,
    GALE__MAX_DEPTH = 100,
    GALE__MAX_OUTPUT = 64 << 20,
    GALE__MAX_MEMORY = 64 << 20,
};

/* The limit of steps was passed. */
int gale__steps_failed(gale_rendering *r);

/* n steps are taken: 0 or the limit. */
int gale__steps(gale_rendering *r, uint64_t n);
/* A level deeper, and back: 0 or RecursionError. */
int gale__enter(gale_rendering *r);
void gale__leave(gale_rendering *r);

/* call.c: around each call of what the host has given, so that it can neither go down without end
 * nor be given a failure or a stored detail of before. 0, or what was raised: then there is no end.
 * gale__host_end gives the code it was given. */
int gale__host_begin(gale_rendering *r);
int gale__host_end(gale_rendering *r, int code);

#endif
