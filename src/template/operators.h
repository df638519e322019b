/* operators.h - what the instructions do: shared by the interpreter and by generated C.
 *
 * Each returns 0 or raises (raise.h). Results go to *out, which may be one of the operands' places.
 * Fast cases (ints, texts) are for the caller to inline.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_OPERATORS_H
#define GALE_TEMPLATE_OPERATORS_H

#include "template/code.h"
#include "template/values.h"

/* arith.c */
int gale__op_unary(gale_rendering *r, enum gale__unary op, gale_value v, gale_value *out);
int gale__op_binary(gale_rendering *r, enum gale__binary op, gale_value a, gale_value b,
                    gale_value *out);
int gale__op_inplace(gale_rendering *r, enum gale__binary op, gale_value a, gale_value b,
                     gale_value *out);
int gale__op_compare(gale_rendering *r, enum gale__compare op, gale_value a, gale_value b,
                     gale_value *out);

/* access.c */
int gale__op_attribute(gale_rendering *r, gale_value v, gale_str name, gale_value *out);
/* The name among a class's attributes, or NULL. */
const gale_name *gale__object_name(const gale_object_class *cls, gale_str name);
int gale__op_index(gale_rendering *r, gale_value v, gale_value index, gale_value *out);
int gale__op_set_index(gale_rendering *r, gale_value v, gale_value index, gale_value x);
/* Always an AttributeError: nothing can be set. */
int gale__op_set_attribute(gale_rendering *r, gale_value v, gale_str name);
int gale__op_del_index(gale_rendering *r, gale_value v, gale_value index);
/* slice.c */
int gale__op_slice(gale_rendering *r, gale_value v, const gale_value bounds[3], gale_value *out);
int gale__op_set_slice(gale_rendering *r, gale_value v, const gale_value bounds[3], gale_value x);
int gale__op_del_slice(gale_rendering *r, gale_value v, const gale_value bounds[3]);
/* unpack.c: n items into out, the first at out[n - 1] (the top of the stack); rest: 1 + index of
 * *rest. */
int gale__op_unpack(gale_rendering *r, gale_value v, uint32_t n, uint32_t rest, gale_value *out);

/* iterate.c */
int gale__iter_start(gale_rendering *r, gale_template_iter *it, gale_value over);
/* 1 with an item, 0 at the end. A step. */
int gale__iter_next(gale_rendering *r, gale_template_iter *it, gale_value *item);

/* call.c: stack holds what CALL and CALL_METHOD say, at stack[0]; the result goes there. */
int gale__op_call(gale_rendering *r, const gale_template_call_site *site, gale_value *stack);
int gale__op_call_method(gale_rendering *r, const gale_template_call_site *site, gale_value *stack);
/* Calls with what a gale_call has. */
int gale__call_value(gale_rendering *r, gale_value f, gale_call *call, gale_value *out);

/* displays.c */
/* n pairs of key and value. */
int gale__op_dict(gale_rendering *r, const gale_value *pairs, uint32_t n, gale_value *out);
int gale__op_extend(gale_rendering *r, gale_value list, gale_value v);
int gale__op_update(gale_rendering *r, gale_value dict, gale_value v);
int gale__op_list_tuple(gale_value list, gale_value *out);

/* exception.c: of the caught one. */
int gale__op_exception(gale_rendering *r, gale_value *out);
int gale__op_matches(gale_rendering *r, gale_value classes, gale_value *out);

/* lambda.c: the function of lambdas[index]; defaults holds the values of its n_defaults. */
int gale__op_lambda(gale_rendering *r, uint32_t index, const gale_value *defaults, gale_value *out);
/* Calls a FUNCTION without a name: binds arguments, runs. */
int gale__call_lambda(gale_rendering *r, const struct gale__function_value *f,
                      const gale_call *call, gale_value *out);

/* imports.c: the module of a whole dotted name, or the package of such names. */
int gale__op_import(gale_rendering *r, gale_str name, gale_value *out);
int gale__op_import_name(gale_rendering *r, gale_value module, gale_str name, gale_value *out);

/* names.c: what a gale_name stands for: its function, its text, or what its lazy function gives. */
int gale__name_value(gale_rendering *r, const gale_name *name, void *context, gale_value self,
                     gale_value *out);

/* methods*.c: the function of a method of str, bytes, list, tuple, dict, int, float; NULL. */
const gale_name *gale__find_method(enum gale_value_kind kind, gale_str name);

/* builtins.c: a name of the language (len, escape, True is none): 1 with its value, 0. */
int gale__find_builtin(gale_rendering *r, gale_str name, gale_value *out);
void gale__each_builtin(int (*fn)(void *arg, const char *name), void *arg);
/* modules.c: math, datetime. NULL: none of the language's. */
const gale_template_module *gale__find_module(gale_str name);

/* format.c */
/* format(v, spec), "{:spec}". */
int gale__format_value(gale_rendering *r, gale_value v, gale_str spec, gale_value *out);
/* "text" % v. */
int gale__format_percent(gale_rendering *r, gale_value format, gale_value v, gale_value *out);

/* write.c: the output instructions. */
int gale__op_emit(gale_rendering *r, gale_value v);
int gale__op_escape(gale_rendering *r, gale_value v);
int gale__op_context(gale_rendering *r, enum gale__html_context context, gale_value v);
int gale__op_to_bytes(gale_rendering *r, gale_value v, gale_value *out);

/* contextual.c: v as it may stand there, appended to the output. */
int gale__write_in_context(gale_rendering *r, enum gale__html_context context, gale_value v);

#endif
