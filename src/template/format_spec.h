/* format_spec.h - Python's format specifications: read, and applied to what was formatted. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_FORMAT_SPEC_H
#define GALE_TEMPLATE_FORMAT_SPEC_H

#include "template/builtins.h"

struct gale__format_spec {
    gale_str fill;      /* one character; len 0: a space */
    char align;         /* one of "<>=^", or 0 */
    char sign;          /* one of "+- ", or 0 */
    bool no_minus_zero; /* z */
    bool alternate;     /* # */
    int64_t width;      /* -1: none */
    char grouping;      /* ',' or '_', or 0 */
    int64_t precision;  /* -1: none */
    char type;          /* 0: none; 0x7f: one that is not ASCII, which nothing knows */
    gale_str type_text;
};

/* Reads all of text; ValueError. is_number: what a 0 before the width means. */
int gale__format_spec_read(gale_rendering *r, gale_str text, bool is_number,
                           struct gale__format_spec *out);
/* "Unknown format code 'x' for object of type 'str'". */
int gale__format_bad_type(gale_rendering *r, const struct gale__format_spec *spec, gale_value v);

/* A number as it is put together: sign, prefix, digits (grouped), the rest. */
struct gale__number_text {
    char sign; /* 0: none */
    gale_str prefix, digits, rest;
};

/* With grouping, sign and width. */
int gale__format_number_text(gale_rendering *r, const struct gale__format_spec *spec,
                             const struct gale__number_text *n, gale_value *out);
/* A text with width and fill. */
int gale__format_pad(gale_rendering *r, const struct gale__format_spec *spec, gale_value text,
                     char default_align, gale_value *out);

/* The digits of a double, in memory of the rendering: type is one of "eEfFgG" or 'r' (repr, and
 * with a precision what an empty type means). No sign. */
int gale__format_double(gale_rendering *r, double value, char type, int64_t precision,
                        bool alternate, gale_str *out);
int gale__format_float(gale_rendering *r, const struct gale__format_spec *spec, gale_value v,
                       gale_value *out);
int gale__format_int(gale_rendering *r, const struct gale__format_spec *spec, gale_value v,
                     gale_value *out);

/* The digits of an integer in base 2, 8, 10 or 16, ending at end; gives where they start. */
char *gale__int_digits(uint64_t value, unsigned base, bool is_upper, char *end);

/* A text with what is not ASCII as \x, \u or \U escapes. */
int gale__format_ascii(gale_rendering *r, gale_str s, gale_value *out);

/* str.format: args and keywords as in the call. */
int gale__format_method(gale_call *call, gale_value *out);

#endif
