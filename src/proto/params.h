/* params.h - walks a parameterised field value: form-data; name="a"; filename*=UTF-8''b.
 *
 * One pass over the text, linear whatever is in it. Names are given in lower case, values
 * unquoted and RFC 8187-decoded, both in the caller's buffer.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_PARAMS_H
#define GALE_PROTO_PARAMS_H

#include <gale/base.h>

struct gale__param {
    gale_str key;     /* first of all the value itself; then a parameter's name, without "*" */
    gale_str value;   /* ptr NULL: none, as for the value itself */
    bool is_extended; /* name*=: the value is UTF-8 whatever it was sent in */
    bool is_quoted;   /* was in double quotes */
};

/* 1: *out is the next one; 0: no more; GALE_EINVAL: a parameter without a name, a quoted string
 * without its end, an extended value that cannot be decoded. *cursor is NULL at first; *buffer has
 * room for field.len bytes for a whole walk and is moved on. Pieces of one value (RFC 2231: n*0,
 * n*1) that follow each other are given as one. In quotes \" and \\ stand for the second character,
 * any other backslash for itself (paths of Windows); text after closing quotes makes the quotes
 * part of the value. */
int gale__param_next(gale_str field, const char **cursor, char **buffer,
                     struct gale__param *out) GALE_MUST_USE;

#endif
