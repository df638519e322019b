/* number.c - doubles as text, shortest form that reads back, in Python's layout. */
/* SPDX-License-Identifier: MIT */
#include "base/number.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DIGITS = 17 };

struct decimal {
    char digits[MAX_DIGITS + 1]; /* without trailing zeros, at least one digit */
    int n_digits;
    int exponent; /* value = 0.d1d2d3… * 10^exponent */
};

/* Made once and kept: newlocale of "C" allocates nothing in glibc and gives a static one. */
static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

locale_t gale__c_locale(void)
{
    pthread_once(&c_locale_once, make_c_locale);
    return c_locale;
}

/* Writes value with n significant digits and says whether that reads back the same. The
 * decimal point is the host's in both directions. */
static bool try_digits(double value, int n, struct decimal *out)
{
    char text[48];
    const char *p = text;

    snprintf(text, sizeof(text), "%.*e", n - 1, value);
    out->n_digits = 0;
    for (; *p && *p != 'e'; p++)
        if (*p >= '0' && *p <= '9' && out->n_digits < MAX_DIGITS)
            out->digits[out->n_digits++] = *p;
    out->exponent = *p == 'e' ? (int)strtol(p + 1, NULL, 10) + 1 : 0;
    while (out->n_digits > 1 && out->digits[out->n_digits - 1] == '0')
        out->n_digits--;
    return strtod(text, NULL) == value;
}

/* A number of up to 15 digits is found by asking for 15, as trailing zeros go; only
 * subnormals have fewer digits than that in their shortest form. */
static struct decimal shortest(double value)
{
    struct decimal d = { .n_digits = 0 };
    int n = value < DBL_MIN ? 1 : DBL_DIG;

    while (!try_digits(value, n, &d) && n < MAX_DIGITS)
        n++;
    return d;
}

static char *put_zeros(char *p, int n)
{
    while (n-- > 0)
        *p++ = '0';
    return p;
}

static char *format_exponent(char *p, const struct decimal *d)
{
    *p++ = d->digits[0];
    if (d->n_digits > 1) {
        *p++ = '.';
        p = mempcpy(p, d->digits + 1, (size_t)d->n_digits - 1);
    }
    return p + snprintf(p, 8, "e%+03d", d->exponent - 1);
}

static char *format_plain(char *p, const struct decimal *d)
{
    if (d->exponent <= 0) {
        p = put_zeros(mempcpy(p, "0.", 2), -d->exponent);
        return mempcpy(p, d->digits, (size_t)d->n_digits);
    }
    int whole = d->exponent < d->n_digits ? d->exponent : d->n_digits;

    p = put_zeros(mempcpy(p, d->digits, (size_t)whole), d->exponent - whole);
    *p++ = '.';
    if (whole == d->n_digits)
        return put_zeros(p, 1);
    return mempcpy(p, d->digits + whole, (size_t)(d->n_digits - whole));
}

size_t gale__double_format(double value, char out[GALE__DOUBLE_TEXT])
{
    char *p = out;

    if (isnan(value))
        return (size_t)snprintf(out, GALE__DOUBLE_TEXT, "nan");
    if (signbit(value))
        *p++ = '-';
    value = fabs(value);
    if (isinf(value)) {
        p = mempcpy(p, "inf", 3);
    } else if (value < 1e15 && value == (double)(int64_t)value) {
        p += snprintf(p, GALE__DOUBLE_TEXT - 1, "%lld.0", (long long)value);
    } else {
        struct decimal d = shortest(value);

        /* Python's rule: plain from 1e-4 up to 1e16. */
        p = d.exponent > -4 && d.exponent <= 16 ? format_plain(p, &d) : format_exponent(p, &d);
    }
    *p = 0;
    return (size_t)(p - out);
}
