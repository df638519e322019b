/* builtins.h - what templates can call: what the files of methods, builtins and modules share.
 *
 * Each function that is called takes steps (and memory) for its work before it does it.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_BUILTINS_H
#define GALE_TEMPLATE_BUILTINS_H

#include "base/buf.h"
#include "base/str.h"
#include "template/memory.h"
#include "template/operators.h"
#include "template/raise.h"

/* --- for the other parts of the language ---- */

/* The class that type(v) gives. */
int gale__class_of(gale_rendering *r, gale_value v, gale_value *out);

/* --- tables of names ---- */

/* Each ended by { 0 }. */
extern const gale_name gale__str_case_methods[], gale__str_test_methods[],
    gale__str_search_methods[], gale__str_split_methods[], gale__str_pad_methods[],
    gale__bytes_methods[], gale__list_methods[], gale__tuple_methods[], gale__dict_methods[],
    gale__int_methods[], gale__float_methods[];
extern const gale_name gale__sequence_builtins[], gale__object_builtins[], gale__number_builtins[],
    gale__type_builtins[], gale__escape_builtins[];
extern const gale_name gale__math_names[], gale__datetime_names[];

/* --- classes that are no functions: those of datetime and of host objects ---- */

struct gale__host_type {
    const char *name; /* "datetime.date" */
    const gale_object_class *instances;
    const struct gale__host_type *base; /* or NULL */
    const gale_name *attributes;        /* of the class itself, or NULL */
    gale_template_function make;        /* what calling it does, or NULL */
};
extern const gale_object_class gale__host_type_class; /* its objects are struct gale__host_type */
/* The type of datetime's objects, or NULL for another class. */
const struct gale__host_type *gale__datetime_type(const gale_object_class *instances);
int gale__type_value(gale_rendering *r, const struct gale__host_type *type, gale_value *out);

/* --- parts of calls that methods and builtins have in common ---- */

/* sorted() and list.sort(): keywords key and reverse; a new list. */
int gale__sorted(gale_call *call, gale_value iterable, gale_value *out);
/* dict() and dict.update(): a mapping or pairs, and keywords. */
int gale__dict_update_arguments(gale_call *call, struct gale__dict_value *d);

/* --- arguments ---- */

static inline bool gale__is_text(gale_value v)
{
    return v.kind == GALE_VALUE_TEXT;
}

static inline bool gale__is_int(gale_value v)
{
    return v.kind == GALE_VALUE_INT || v.kind == GALE_VALUE_BOOL;
}

static inline bool gale__is_number(gale_value v)
{
    return gale__is_int(v) || v.kind == GALE_VALUE_FLOAT;
}

static inline bool gale__is_given(gale_value v) /* and not None */
{
    return v.kind != GALE_VALUE_UNSET && v.kind != GALE_VALUE_NONE;
}

/* The argument as an integer; not given: *out stays. TypeError "'str' object cannot be interpreted
 * as an integer". */
int gale__arg_int(gale_call *call, size_t index, const char *name, int64_t *out);
/* As a bound of a slice, None: *out stays. */
int gale__arg_bound(gale_call *call, size_t index, const char *name, int64_t *out);
/* A number as a double: TypeError "must be real number, not str". */
int gale__to_double(gale_rendering *r, gale_value v, double *out);
/* The truth of an argument; not given: *out stays. */
int gale__arg_bool(gale_call *call, size_t index, const char *name, bool *out);
/* The one argument of f(x). */
int gale__only_arg(gale_call *call, gale_value *out);

/* The attribute of that name; 1, 0 when there is none (nothing is raised), or a failure. */
int gale__try_attribute(gale_rendering *r, gale_value v, gale_str name, gale_value *out);

/* --- encodings: codec.c ---- */

int gale__encode_method(gale_call *call, gale_value *out);
/* The text that bytes are in the encoding of arguments first and first + 1. */
int gale__decode_arguments(gale_call *call, size_t first, gale_value bytes, gale_value *out);

/* --- results ---- */

/* A text of len bytes to be filled in; NULL: failed (the code is gale_value_memory_error()'s). */
char *gale__new_text(gale_rendering *r, size_t len, gale_value *out);
/* A double as an int, cut: ValueError of nan, OverflowError. */
int gale__int_of_double(gale_rendering *r, double d, gale_value *out);
/* "integer is too large: 64 bits". */
int gale__raise_overflow(gale_rendering *r);
/* What a buffer on the heap holds, as a text; it is freed. */
int gale__text_of_buf(gale_rendering *r, struct gale__buf *b, gale_value *out);

/* The value as JSON, a text; builtins_escape.c. TypeError, ValueError: it has no such form. */
int gale__json_of(gale_rendering *r, gale_value v, gale_value *out);

/* --- characters ---- */

/* The character at s, s.len > 0; bytes that are no UTF-8 are U+FFFD, one by one. */
size_t gale__next_char(gale_str s, uint32_t *c);
/* The last one of s. */
size_t gale__last_char(gale_str s, uint32_t *c);
bool gale__is_ascii(gale_str s);
/* The first what (at least a byte) in s, or NULL. */
const char *gale__find_bytes(gale_str s, gale_str what);
/* The last one into *out, or NULL. It takes steps for what it compares. */
int gale__find_last_bytes(gale_rendering *r, gale_str s, gale_str what, const char **out);
/* A slice of text, as a text. */
static inline gale_value gale__slice_of(gale_value text, gale_str part)
{
    text.len = (uint32_t)part.len;
    text.u.s = part.ptr;
    return text;
}

#endif
