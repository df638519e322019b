/* module_math.c - {% import math %}: Python's math, as far as templates go. */
/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "template/builtins.h"

static int number_argument(gale_call *call, size_t index, double *out)
{
    return gale__to_double(call->rendering, gale_call_argument(call, index, NULL), out);
}

/* A result of numbers that were not: out of the function's domain, or too large. */
static int give(gale_call *call, double d, bool was_finite, gale_value *out)
{
    if (was_finite && isnan(d))
        return gale__raise(call->rendering, GALE__VALUE_ERROR, "math domain error");
    if (was_finite && isinf(d))
        return gale__raise(call->rendering, GALE__OVERFLOW_ERROR, "math range error");
    *out = gale_value_float(d);
    return 0;
}

static int one(gale_call *call, double (*fn)(double), gale_value *out)
{
    double d = 0;
    int result = gale_call_check(call, 1, 1, NULL);

    if (result >= 0)
        result = number_argument(call, 0, &d);
    return result < 0 ? result : give(call, fn(d), isfinite(d), out);
}

static int two(gale_call *call, double (*fn)(double, double), gale_value *out)
{
    double a = 0, b = 0;
    int result = gale_call_check(call, 2, 2, NULL);

    if (result >= 0)
        result = number_argument(call, 0, &a);
    if (result >= 0)
        result = number_argument(call, 1, &b);
    return result < 0 ? result : give(call, fn(a, b), isfinite(a) && isfinite(b), out);
}

static int math_acos(gale_call *call, gale_value *out)
{
    return one(call, acos, out);
}

static int math_asin(gale_call *call, gale_value *out)
{
    return one(call, asin, out);
}

static int math_atan(gale_call *call, gale_value *out)
{
    return one(call, atan, out);
}

static int math_atan2(gale_call *call, gale_value *out)
{
    return two(call, atan2, out);
}

static int math_cos(gale_call *call, gale_value *out)
{
    return one(call, cos, out);
}

static int math_exp(gale_call *call, gale_value *out)
{
    return one(call, exp, out);
}

static int math_fabs(gale_call *call, gale_value *out)
{
    return one(call, fabs, out);
}

static int math_fmod(gale_call *call, gale_value *out)
{
    return two(call, fmod, out);
}

static int math_hypot(gale_call *call, gale_value *out)
{
    return two(call, hypot, out);
}

/* A pole is one of its domain's, not of its range. */
static int math_pow(gale_call *call, gale_value *out)
{
    double a = 0, b = 0;
    int result = gale_call_check(call, 2, 2, NULL);

    if (result >= 0)
        result = number_argument(call, 0, &a);
    if (result >= 0)
        result = number_argument(call, 1, &b);
    if (result < 0)
        return result;
    return give(call, a == 0 && b < 0 && isfinite(b) ? __builtin_nan("") : pow(a, b),
                isfinite(a) && isfinite(b), out);
}

static int math_sin(gale_call *call, gale_value *out)
{
    return one(call, sin, out);
}

static int math_sqrt(gale_call *call, gale_value *out)
{
    double d = 0;
    int result = gale_call_check(call, 1, 1, NULL);

    if (result >= 0)
        result = number_argument(call, 0, &d);
    return result < 0 ? result : give(call, sqrt(d), !isnan(d), out);
}

static int math_tan(gale_call *call, gale_value *out)
{
    return one(call, tan, out);
}

static double to_degrees(double d)
{
    return d * (180 / M_PI);
}

static double to_radians(double d)
{
    return d * (M_PI / 180);
}

static int math_degrees(gale_call *call, gale_value *out)
{
    return one(call, to_degrees, out);
}

static int math_radians(gale_call *call, gale_value *out)
{
    return one(call, to_radians, out);
}

/* --- logarithms: 0 is not in their domain ---- */

static int logarithm(gale_call *call, gale_value v, double (*fn)(double), double *out)
{
    int result = gale__to_double(call->rendering, v, out);

    if (result < 0)
        return result;
    if (*out <= 0)
        return gale__raise(call->rendering, GALE__VALUE_ERROR, "math domain error");
    *out = fn(*out);
    return 0;
}

static int one_logarithm(gale_call *call, double (*fn)(double), gale_value *out)
{
    double d = 0;
    int result = gale_call_check(call, 1, 1, NULL);

    if (result >= 0)
        result = logarithm(call, gale_call_argument(call, 0, NULL), fn, &d);
    *out = gale_value_float(d);
    return result;
}

static int math_log(gale_call *call, gale_value *out)
{
    double d = 0, base = 1;
    int result = gale_call_check(call, 1, 2, NULL);

    if (result >= 0)
        result = logarithm(call, gale_call_argument(call, 0, NULL), log, &d);
    if (result >= 0 && call->n_args > 1)
        result = logarithm(call, call->args[1], log, &base);
    if (result < 0)
        return result;
    if (base == 0)
        return gale__raise(call->rendering, GALE__ZERO_DIVISION_ERROR, "float division by zero");
    *out = gale_value_float(d / base);
    return 0;
}

static int math_log2(gale_call *call, gale_value *out)
{
    return one_logarithm(call, log2, out);
}

static int math_log10(gale_call *call, gale_value *out)
{
    return one_logarithm(call, log10, out);
}

/* --- to ints ---- */

static int to_int(gale_call *call, double (*fn)(double), gale_value *out)
{
    gale_value v;
    double d = 0;
    int result = gale__only_arg(call, &v);

    if (result >= 0)
        result = gale__to_double(call->rendering, v, &d);
    if (result < 0)
        return result;
    if (v.kind == GALE_VALUE_FLOAT)
        return gale__int_of_double(call->rendering, fn(d), out);
    *out = gale_value_int(v.u.i);
    return 0;
}

static int math_ceil(gale_call *call, gale_value *out)
{
    return to_int(call, ceil, out);
}

static int math_floor(gale_call *call, gale_value *out)
{
    return to_int(call, floor, out);
}

static int math_trunc(gale_call *call, gale_value *out)
{
    return to_int(call, trunc, out);
}

static int math_gcd(gale_call *call, gale_value *out)
{
    uint64_t a = 0;

    for (uint32_t i = 0; i < call->n_args; i++) {
        int64_t n = 0;
        uint64_t b;
        int result = gale__arg_int(call, i, NULL, &n);

        if (result < 0)
            return result;
        for (b = n < 0 ? 0 - (uint64_t)n : (uint64_t)n; b;) {
            uint64_t rest = a % b;

            a = b;
            b = rest;
        }
    }
    if (a > INT64_MAX)
        return gale__raise_overflow(call->rendering);
    *out = gale_value_int((int64_t)a);
    return 0;
}

/* --- questions ---- */

static int is_what(gale_call *call, int what, gale_value *out)
{
    double d = 0;
    int result = gale_call_check(call, 1, 1, NULL);

    if (result >= 0)
        result = number_argument(call, 0, &d);
    *out = gale_value_bool(what == 'n' ? isnan(d) : what == 'i' ? isinf(d) : isfinite(d));
    return result;
}

static int math_isfinite(gale_call *call, gale_value *out)
{
    return is_what(call, 'f', out);
}

static int math_isinf(gale_call *call, gale_value *out)
{
    return is_what(call, 'i', out);
}

static int math_isnan(gale_call *call, gale_value *out)
{
    return is_what(call, 'n', out);
}

static int tolerance(gale_call *call, const char *name, double *out)
{
    for (uint32_t i = 0; i < call->n_keywords; i++)
        if (gale__str_equal(call->keywords[i], gale__str(name)))
            return gale__to_double(call->rendering, call->keyword_args[i], out);
    return 0;
}

static int math_isclose(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "a", "b", "rel_tol", "abs_tol", NULL };
    double a = 0, b = 0, rel = 1e-9, abs = 0;
    int result = gale_call_check(call, 2, 4, names);

    if (result >= 0)
        result = gale__to_double(call->rendering, gale_call_argument(call, 0, "a"), &a);
    if (result >= 0)
        result = gale__to_double(call->rendering, gale_call_argument(call, 1, "b"), &b);
    if (result >= 0)
        result = tolerance(call, "rel_tol", &rel);
    if (result >= 0)
        result = tolerance(call, "abs_tol", &abs);
    if (result < 0)
        return result;
    if (rel < 0 || abs < 0)
        return gale__raise(call->rendering, GALE__VALUE_ERROR, "tolerances must be non-negative");
    *out = gale_value_bool(a == b || (isfinite(a) && isfinite(b) &&
                                      fabs(a - b) <= fmax(rel * fmax(fabs(a), fabs(b)), abs)));
    return 0;
}

static int math_copysign(gale_call *call, gale_value *out)
{
    return two(call, copysign, out);
}

/* --- constants ---- */

static int constant_e(gale_call *call, gale_value *out)
{
    (void)call;
    *out = gale_value_float(M_E);
    return 0;
}

static int constant_inf(gale_call *call, gale_value *out)
{
    (void)call;
    *out = gale_value_float(__builtin_inf());
    return 0;
}

static int constant_nan(gale_call *call, gale_value *out)
{
    (void)call;
    *out = gale_value_float(__builtin_nan(""));
    return 0;
}

static int constant_pi(gale_call *call, gale_value *out)
{
    (void)call;
    *out = gale_value_float(M_PI);
    return 0;
}

static int constant_tau(gale_call *call, gale_value *out)
{
    (void)call;
    *out = gale_value_float(2 * M_PI);
    return 0;
}

const gale_name gale__math_names[] = {
    { .name = "acos", .function = math_acos },
    { .name = "asin", .function = math_asin },
    { .name = "atan", .function = math_atan },
    { .name = "atan2", .function = math_atan2 },
    { .name = "ceil", .function = math_ceil },
    { .name = "copysign", .function = math_copysign },
    { .name = "cos", .function = math_cos },
    { .name = "degrees", .function = math_degrees },
    { .name = "e", .lazy = constant_e },
    { .name = "exp", .function = math_exp },
    { .name = "fabs", .function = math_fabs },
    { .name = "floor", .function = math_floor },
    { .name = "fmod", .function = math_fmod },
    { .name = "gcd", .function = math_gcd },
    { .name = "hypot", .function = math_hypot },
    { .name = "inf", .lazy = constant_inf },
    { .name = "isclose", .function = math_isclose },
    { .name = "isfinite", .function = math_isfinite },
    { .name = "isinf", .function = math_isinf },
    { .name = "isnan", .function = math_isnan },
    { .name = "log", .function = math_log },
    { .name = "log10", .function = math_log10 },
    { .name = "log2", .function = math_log2 },
    { .name = "nan", .lazy = constant_nan },
    { .name = "pi", .lazy = constant_pi },
    { .name = "pow", .function = math_pow },
    { .name = "radians", .function = math_radians },
    { .name = "sin", .function = math_sin },
    { .name = "sqrt", .function = math_sqrt },
    { .name = "tan", .function = math_tan },
    { .name = "tau", .lazy = constant_tau },
    { .name = "trunc", .function = math_trunc },
    { 0 },
};
