/* methods_str_test.c - str's methods that ask what a text is made of: isdigit, istitle … */
/* SPDX-License-Identifier: MIT */
#include "base/unicode.h"
#include "template/builtins.h"

static int begin(gale_call *call, gale_str *s)
{
    int result = gale_call_check(call, 0, 0, NULL);

    *s = gale__value_slice(call->self);
    return result < 0 ? result : gale__work(call->rendering, s->len * 16);
}

static unsigned take_kinds(gale_str *s)
{
    uint32_t c;
    size_t n = gale__next_char(*s, &c);

    *s = gale__str_skip(*s, n);
    return gale__unicode_kinds(c);
}

/* Whether all characters are of one of the kinds; of no characters: empty. */
static int all_are(gale_call *call, unsigned kinds, bool empty, gale_value *out)
{
    gale_str s;
    int result = begin(call, &s);
    bool is = s.len > 0 || empty;

    if (result < 0)
        return result;
    while (is && s.len)
        is = take_kinds(&s) & kinds;
    *out = gale_value_bool(is);
    return 0;
}

static int is_alnum(gale_call *call, gale_value *out)
{
    return all_are(call, GALE__IS_ALPHA | GALE__IS_DECIMAL | GALE__IS_DIGIT | GALE__IS_NUMERIC,
                   false, out);
}

static int is_alpha(gale_call *call, gale_value *out)
{
    return all_are(call, GALE__IS_ALPHA, false, out);
}

static int is_ascii(gale_call *call, gale_value *out)
{
    gale_str s;
    int result = begin(call, &s);

    *out = gale_value_bool(gale__is_ascii(s));
    return result;
}

static int is_decimal(gale_call *call, gale_value *out)
{
    return all_are(call, GALE__IS_DECIMAL, false, out);
}

static int is_digit(gale_call *call, gale_value *out)
{
    return all_are(call, GALE__IS_DIGIT, false, out);
}

static int is_numeric(gale_call *call, gale_value *out)
{
    return all_are(call, GALE__IS_NUMERIC, false, out);
}

static int is_printable(gale_call *call, gale_value *out)
{
    return all_are(call, GALE__IS_PRINTABLE, true, out);
}

static int is_space(gale_call *call, gale_value *out)
{
    return all_are(call, GALE__IS_SPACE, false, out);
}

/* Some characters of a kind and none of others. */
static int some_are(gale_call *call, unsigned kind, unsigned others, gale_value *out)
{
    bool has_kind = false, has_others = false;
    gale_str s;
    int result = begin(call, &s);

    if (result < 0)
        return result;
    while (s.len && !has_others) {
        unsigned kinds = take_kinds(&s);

        has_kind |= (kinds & kind) != 0;
        has_others = kinds & others;
    }
    *out = gale_value_bool(has_kind && !has_others);
    return 0;
}

static int is_lower(gale_call *call, gale_value *out)
{
    return some_are(call, GALE__IS_LOWER, GALE__IS_UPPER | GALE__IS_TITLE, out);
}

static int is_upper(gale_call *call, gale_value *out)
{
    return some_are(call, GALE__IS_UPPER, GALE__IS_LOWER | GALE__IS_TITLE, out);
}

static int is_title(gale_call *call, gale_value *out)
{
    bool is_inside = false, any = false, wrong = false;
    gale_str s;
    int result = begin(call, &s);

    if (result < 0)
        return result;
    while (s.len && !wrong) {
        unsigned kinds = take_kinds(&s);

        wrong = kinds & (GALE__IS_UPPER | GALE__IS_TITLE) ? is_inside
                                                          : (kinds & GALE__IS_LOWER) && !is_inside;
        is_inside = kinds & (GALE__IS_UPPER | GALE__IS_TITLE | GALE__IS_LOWER);
        any |= is_inside;
    }
    *out = gale_value_bool(any && !wrong);
    return 0;
}

const gale_name gale__str_test_methods[] = {
    { .name = "isalnum", .function = is_alnum },
    { .name = "isalpha", .function = is_alpha },
    { .name = "isascii", .function = is_ascii },
    { .name = "isdecimal", .function = is_decimal },
    { .name = "isdigit", .function = is_digit },
    { .name = "islower", .function = is_lower },
    { .name = "isnumeric", .function = is_numeric },
    { .name = "isprintable", .function = is_printable },
    { .name = "isspace", .function = is_space },
    { .name = "istitle", .function = is_title },
    { .name = "isupper", .function = is_upper },
    { 0 },
};
