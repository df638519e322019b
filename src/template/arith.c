/* arith.c - operators on numbers, and which operands an operator takes. Those on texts and
 * containers: sequence.c.
 *
 * Ints have 64 bits: what does not fit is an OverflowError, never a wrong number.
 */
/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "template/memory.h"
#include "template/sequence.h"

static const char *const symbols[] = {
    [GALE__ADD] = "+",           [GALE__SUB] = "-",       [GALE__MUL] = "*",
    [GALE__DIV] = "/",           [GALE__FLOORDIV] = "//", [GALE__MOD] = "%",
    [GALE__POW] = "** or pow()", [GALE__BITAND] = "&",    [GALE__BITOR] = "|",
    [GALE__BITXOR] = "^",        [GALE__SHL] = "<<",      [GALE__SHR] = ">>",
};

static const char *const inplace_symbols[] = {
    [GALE__ADD] = "+=",       [GALE__SUB] = "-=",    [GALE__MUL] = "*=",  [GALE__DIV] = "/=",
    [GALE__FLOORDIV] = "//=", [GALE__MOD] = "%=",    [GALE__POW] = "**=", [GALE__BITAND] = "&=",
    [GALE__BITOR] = "|=",     [GALE__BITXOR] = "^=", [GALE__SHL] = "<<=", [GALE__SHR] = ">>=",
};

static bool is_int(gale_value v)
{
    return v.kind == GALE_VALUE_INT || v.kind == GALE_VALUE_BOOL;
}

static bool is_number(gale_value v)
{
    return is_int(v) || v.kind == GALE_VALUE_FLOAT;
}

static int too_large(gale_rendering *r)
{
    return gale__raise(r, GALE__OVERFLOW_ERROR, "integer is too large: 64 bits");
}

static int by_zero(gale_rendering *r, const char *message)
{
    return gale__raise(r, GALE__ZERO_DIVISION_ERROR, "%s", message);
}

/* --- ints ---- */

/* Rounded down, which is not what C does. */
static int floor_divide(gale_rendering *r, int64_t a, int64_t b, int64_t *out)
{
    if (b == 0)
        return by_zero(r, "integer division or modulo by zero");
    if (b == -1)
        return __builtin_sub_overflow(0, a, out) ? too_large(r) : 0;
    *out = a / b - (a % b != 0 && (a < 0) != (b < 0));
    return 0;
}

/* Has the sign of b. */
static int floor_modulo(gale_rendering *r, int64_t a, int64_t b, int64_t *out)
{
    int64_t rest;

    if (b == 0)
        return by_zero(r, "integer modulo by zero");
    rest = b == -1 ? 0 : a % b;
    *out = rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
    return 0;
}

static int power(gale_rendering *r, int64_t base, int64_t exponent, int64_t *out)
{
    int64_t result = 1;

    while (exponent > 0) {
        if ((exponent & 1) && __builtin_mul_overflow(result, base, &result))
            return too_large(r);
        exponent >>= 1;
        if (exponent && __builtin_mul_overflow(base, base, &base))
            return too_large(r);
    }
    *out = result;
    return 0;
}

static int shift_left(gale_rendering *r, int64_t a, int64_t n, int64_t *out)
{
    if (n < 0)
        return gale__raise(r, GALE__VALUE_ERROR, "negative shift count");
    if (a == 0 || n == 0) {
        *out = a;
        return 0;
    }
    if (n > 62 || __builtin_mul_overflow(a, (int64_t)1 << n, out))
        return n == 63 && a == -1 ? (*out = INT64_MIN, 0) : too_large(r);
    return 0;
}

static int shift_right(gale_rendering *r, int64_t a, int64_t n, int64_t *out)
{
    if (n < 0)
        return gale__raise(r, GALE__VALUE_ERROR, "negative shift count");
    n = n < 63 ? n : 63;
    *out = a < 0 ? ~(~a >> n) : a >> n;
    return 0;
}

static uint64_t magnitude(int64_t i)
{
    return i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
}

__extension__ typedef unsigned __int128 wide;

/* a / b rounded once: doubles of ints beyond 2**53 would be rounded before. */
static double divide(int64_t a, int64_t b)
{
    const int64_t exact = (int64_t)1 << 53;
    uint64_t n = magnitude(a);
    uint64_t d = magnitude(b);
    int shift;
    wide dividend;
    wide quotient;
    double result;

    if ((a >= -exact && a <= exact && b >= -exact && b <= exact) || n == 0)
        return (double)a / (double)b;
    shift = __builtin_clzll(n);
    dividend = (wide)(n << shift) << 63;
    quotient = dividend / d;
    quotient |= dividend % d != 0; /* what is cut off decides how halves are rounded */
    result = ldexp((double)quotient, -63 - shift);
    return (a < 0) != (b < 0) ? -result : result;
}

static int int_binary(gale_rendering *r, enum gale__binary op, int64_t a, int64_t b,
                      gale_value *out)
{
    int64_t i = 0;
    int code = 0;

    switch (op) {
    case GALE__ADD:
        code = __builtin_add_overflow(a, b, &i) ? too_large(r) : 0;
        break;
    case GALE__SUB:
        code = __builtin_sub_overflow(a, b, &i) ? too_large(r) : 0;
        break;
    case GALE__MUL:
        code = __builtin_mul_overflow(a, b, &i) ? too_large(r) : 0;
        break;
    case GALE__FLOORDIV:
        code = floor_divide(r, a, b, &i);
        break;
    case GALE__MOD:
        code = floor_modulo(r, a, b, &i);
        break;
    case GALE__POW:
        code = power(r, a, b, &i);
        break;
    case GALE__SHL:
        code = shift_left(r, a, b, &i);
        break;
    case GALE__SHR:
        code = shift_right(r, a, b, &i);
        break;
    default:
        i = op == GALE__BITAND ? a & b : op == GALE__BITOR ? a | b : a ^ b;
        break;
    }
    if (code < 0)
        return code;
    *out = gale_value_int(i);
    return 0;
}

/* --- floats ---- */

/* The remainder with the sign of b, and how often b fits, as whole as doubles allow. */
static double float_divmod(double a, double b, double *modulo)
{
    double rest = fmod(a, b);
    double quotient = (a - rest) / b;
    double whole;

    if (rest != 0 && (rest < 0) != (b < 0)) {
        rest += b;
        quotient -= 1;
    } else if (rest == 0) {
        rest = copysign(0, b);
    }
    *modulo = rest;
    if (quotient == 0)
        return copysign(0, a / b);
    whole = floor(quotient);
    return quotient - whole > 0.5 ? whole + 1 : whole;
}

static int float_power(gale_rendering *r, double a, double b, double *out)
{
    if (a == 0 && b < 0)
        return by_zero(r, "0.0 cannot be raised to a negative power");
    if (a < 0 && isfinite(a) && isfinite(b) && b != floor(b))
        return gale__raise(r, GALE__VALUE_ERROR,
                           "negative number cannot be raised to a fractional power");
    *out = pow(a, b);
    if (isinf(*out) && isfinite(a) && isfinite(b))
        return gale__raise(r, GALE__OVERFLOW_ERROR, "(34, 'Numerical result out of range')");
    return 0;
}

static const char *zero_message(enum gale__binary op)
{
    return op == GALE__DIV        ? "float division by zero"
           : op == GALE__FLOORDIV ? "float floor division by zero"
                                  : "float modulo";
}

static int float_binary(gale_rendering *r, enum gale__binary op, double a, double b,
                        gale_value *out)
{
    double d = 0;
    double rest = 0;
    int code = 0;

    if (b == 0 && (op == GALE__DIV || op == GALE__FLOORDIV || op == GALE__MOD))
        return by_zero(r, zero_message(op));
    switch (op) {
    case GALE__ADD:
        d = a + b;
        break;
    case GALE__SUB:
        d = a - b;
        break;
    case GALE__MUL:
        d = a * b;
        break;
    case GALE__DIV:
        d = a / b;
        break;
    case GALE__FLOORDIV:
        d = float_divmod(a, b, &rest);
        break;
    case GALE__MOD:
        float_divmod(a, b, &d);
        break;
    default:
        code = float_power(r, a, b, &d);
        break;
    }
    if (code < 0)
        return code;
    *out = gale_value_float(d);
    return 0;
}

static double as_double(gale_value v)
{
    return v.kind == GALE_VALUE_FLOAT ? v.u.d : (double)v.u.i;
}

/* 1 when it was done, 0: the operator takes no floats, negative. */
static int number_binary(gale_rendering *r, enum gale__binary op, gale_value a, gale_value b,
                         gale_value *out)
{
    bool ints = is_int(a) && is_int(b);
    int code;

    if (ints && op == GALE__DIV) {
        if (b.u.i == 0)
            return by_zero(r, "division by zero");
        *out = gale_value_float(divide(a.u.i, b.u.i));
        return 1;
    }
    if (ints && !(op == GALE__POW && b.u.i < 0)) {
        bool bools = a.kind == GALE_VALUE_BOOL && b.kind == GALE_VALUE_BOOL;

        code = int_binary(r, op, a.u.i, b.u.i, out);
        if (code == 0 && bools && op >= GALE__BITAND && op <= GALE__BITXOR)
            out->kind = GALE_VALUE_BOOL;
        return code < 0 ? code : 1;
    }
    if (op > GALE__POW)
        return 0;
    code = float_binary(r, op, as_double(a), as_double(b), out);
    return code < 0 ? code : 1;
}

/* --- objects of the host ---- */

/* 1 when the class of either has done it, 0, negative. */
static int object_binary(gale_rendering *r, enum gale__binary op, gale_value a, gale_value b,
                         gale_value *out)
{
    static const char letters[] = "+-*/f%";
    gale_value sides[2] = { a, b };

    for (int i = 0; i < 2 && op <= GALE__MOD; i++) {
        const struct gale__object_value *o = sides[i].u.p;
        gale_value result = { 0 };
        int code;

        if (sides[i].kind != GALE_VALUE_OBJECT || !o->cls->binary)
            continue;
        code = gale__host_begin(r);
        if (code == 0)
            code = gale__host_end(r, o->cls->binary(r, letters[op], a, b, &result));
        if (gale__says_none(r, code, GALE_ENOTFOUND))
            continue;
        code = gale__host_result(r, code);
        if (code >= 0)
            *out = gale__set_value(result);
        return code < 0 ? code : 1;
    }
    return 0;
}

/* --- the instructions ---- */

/* 1 when it was done, 0: there is no such operation, negative. */
static int binary(gale_rendering *r, enum gale__binary op, gale_value a, gale_value b,
                  gale_value *out)
{
    if (is_number(a) && is_number(b))
        return number_binary(r, op, a, b, out);
    if (a.kind == GALE_VALUE_TEXT && op == GALE__MOD)
        return gale__format_percent(r, a, b, out) < 0 ? r->code : 1;
    if (a.kind == GALE_VALUE_OBJECT || b.kind == GALE_VALUE_OBJECT) {
        int done = object_binary(r, op, a, b, out);

        if (done)
            return done;
    }
    switch (op) {
    case GALE__ADD:
        return gale__sequence_add(r, a, b, out);
    case GALE__MUL:
        return gale__sequence_repeat(r, a, b, out);
    case GALE__BITOR:
        return gale__dict_union(r, a, b, out);
    default:
        return 0;
    }
}

int gale__op_binary(gale_rendering *r, enum gale__binary op, gale_value a, gale_value b,
                    gale_value *out)
{
    int done = binary(r, op, a, b, out);

    if (done)
        return done < 0 ? done : 0;
    return gale__raise_operands(r, symbols[op], a, b);
}

int gale__op_inplace(gale_rendering *r, enum gale__binary op, gale_value a, gale_value b,
                     gale_value *out)
{
    int done = gale__sequence_inplace(r, op, a, b);

    if (done > 0)
        *out = a;
    if (done == 0)
        done = binary(r, op, a, b, out);
    if (done)
        return done < 0 ? done : 0;
    return gale__raise_operands(r, inplace_symbols[op], a, b);
}

int gale__op_unary(gale_rendering *r, enum gale__unary op, gale_value v, gale_value *out)
{
    static const char signs[] = "-+~";

    if (v.kind == GALE_VALUE_FLOAT && op != GALE__INVERT) {
        *out = gale_value_float(op == GALE__NEG ? -v.u.d : v.u.d);
        return 0;
    }
    if (!is_int(v))
        return gale__raise(r, GALE__TYPE_ERROR, "bad operand type for unary %c: '%s'", signs[op],
                           gale_value_type(v));
    if (op == GALE__NEG && v.u.i == INT64_MIN)
        return too_large(r);
    *out = gale_value_int(op == GALE__NEG ? -v.u.i : op == GALE__POS ? v.u.i : ~v.u.i);
    return 0;
}
