/* methods_number.c - methods of int and float. */
/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "template/builtins.h"

static uint64_t magnitude(gale_value v)
{
    return v.u.i < 0 ? 0 - (uint64_t)v.u.i : (uint64_t)v.u.i;
}

static int bit_length(gale_call *call, gale_value *out)
{
    uint64_t n = magnitude(call->self);
    int result = gale_call_check(call, 0, 0, NULL);

    *out = gale_value_int(n ? 64 - __builtin_clzll(n) : 0);
    return result;
}

static int bit_count(gale_call *call, gale_value *out)
{
    int result = gale_call_check(call, 0, 0, NULL);

    *out = gale_value_int(__builtin_popcountll(magnitude(call->self)));
    return result;
}

static int is_integer(gale_call *call, gale_value *out)
{
    int result = gale_call_check(call, 0, 0, NULL);
    double d = call->self.kind == GALE_VALUE_FLOAT ? call->self.u.d : 0;

    *out = gale_value_bool(isfinite(d) && floor(d) == d);
    return result;
}

const gale_name gale__int_methods[] = {
    { .name = "bit_count", .function = bit_count },
    { .name = "bit_length", .function = bit_length },
    { .name = "is_integer", .function = is_integer },
    { 0 },
};

const gale_name gale__float_methods[] = {
    { .name = "is_integer", .function = is_integer },
    { 0 },
};
