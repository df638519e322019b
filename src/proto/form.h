/* form.h - walks the name=value pairs of a query string or an urlencoded body.
 *
 * Slices out, nothing decoded until asked for. Only '&' separates; empty pieces are
 * skipped; "a" is "a=".
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_FORM_H
#define GALE_PROTO_FORM_H

#include <gale/base.h>

struct gale__form {
    const char *p, *end;
    uint32_t left; /* fields that may still come */
    uint32_t max;
};

struct gale__form_field {
    gale_str name, value;         /* as sent; value.ptr is never NULL */
    bool name_plain, value_plain; /* no '%' and no '+': decoding would change nothing */
};

/* Starts at text, which must outlive the walk. At most max_fields are given out. */
void gale__form_init(struct gale__form *form, gale_str text, uint32_t max_fields);

/* 1: *field is the next one; 0: no more; GALE_ETOOBIG: there are more than allowed. */
int gale__form_next(struct gale__form *form, struct gale__form_field *field) GALE_MUST_USE;

#endif
