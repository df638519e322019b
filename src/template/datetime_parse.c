/* datetime_parse.c - dates and times out of text: ISO form, and strptime in English.
 *
 * Numbers take as many digits as they may have; unlike Python's, strptime does not try again with
 * fewer when what follows does not fit.
 */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "template/datetime.h"

/* Reads n digits exactly. */
static bool take_digits(gale_str *s, size_t n, int32_t *out)
{
    int32_t value = 0;

    if (s->len < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (s->ptr[i] < '0' || s->ptr[i] > '9')
            return false;
        value = value * 10 + (s->ptr[i] - '0');
    }
    *out = value;
    *s = gale__str_skip(*s, n);
    return true;
}

static bool take(gale_str *s, char c)
{
    if (!s->len || s->ptr[0] != c)
        return false;
    *s = gale__str_skip(*s, 1);
    return true;
}

/* Digits after a point: six count, the others are read. */
static bool take_fraction(gale_str *s, size_t most, int32_t *out)
{
    int32_t value = 0;
    size_t n = 0;

    for (; n < most && s->len && s->ptr[0] >= '0' && s->ptr[0] <= '9'; n++) {
        if (n < 6)
            value = value * 10 + (s->ptr[0] - '0');
        *s = gale__str_skip(*s, 1);
    }
    for (size_t i = n; i < 6; i++)
        value *= 10;
    *out = value;
    return n > 0;
}

/* --- ISO ---- */

static bool iso_date(gale_str *s, struct gale__datetime *t)
{
    bool dashed;

    if (!take_digits(s, 4, &t->year))
        return false;
    dashed = take(s, '-');
    if (!take_digits(s, 2, &t->month) || (dashed && !take(s, '-')))
        return false;
    return take_digits(s, 2, &t->day);
}

/* hh[:mm[:ss]] with or without the colons; *fraction may follow. */
static bool iso_clock(gale_str *s, int32_t *hour, int32_t *minute, int32_t *second,
                      int32_t *fraction)
{
    bool has_colon;

    if (!take_digits(s, 2, hour))
        return false;
    has_colon = s->len && s->ptr[0] == ':';
    if (has_colon)
        take(s, ':');
    if (!s->len || s->ptr[0] < '0' || s->ptr[0] > '9')
        return !has_colon;
    if (!take_digits(s, 2, minute))
        return false;
    if (has_colon ? !take(s, ':') : !s->len || s->ptr[0] < '0' || s->ptr[0] > '9')
        return true;
    if (!take_digits(s, 2, second))
        return false;
    return (!take(s, '.') && !take(s, ',')) || take_fraction(s, SIZE_MAX, fraction);
}

static bool iso_zone(gale_str *s, struct gale__datetime *t)
{
    int32_t hour = 0, minute = 0, second = 0, fraction = 0, sign;

    if (!s->len)
        return true;
    t->has_zone = true;
    if (take(s, 'Z'))
        return true;
    sign = take(s, '-') ? -1 : take(s, '+') ? 1 : 0;
    if (!sign || !iso_clock(s, &hour, &minute, &second, &fraction) || hour > 23 || minute > 59 ||
        second > 59)
        return false;
    t->zone.offset = sign * (hour * 3600 + minute * 60 + second);
    return true;
}

static bool read_iso(gale_str s, unsigned parts, struct gale__datetime *t)
{
    uint32_t c;

    if ((parts & GALE__DATE) && !iso_date(&s, t))
        return false;
    if (parts == (GALE__DATE | GALE__TIME)) {
        if (!s.len)
            return true;
        s = gale__str_skip(s, gale__next_char(s, &c));
    } else if (parts == GALE__TIME) {
        (void)take(&s, 'T');
    }
    if ((parts & GALE__TIME) &&
        (!iso_clock(&s, &t->hour, &t->minute, &t->second, &t->microsecond) || !iso_zone(&s, t)))
        return false;
    return !s.len;
}

int gale__datetime_from_iso(gale_rendering *r, gale_str s, unsigned parts,
                            struct gale__datetime *out)
{
    gale_str shown;
    int result = gale__work(r, s.len);

    *out = (struct gale__datetime){ .year = 1900, .month = 1, .day = 1 };
    if (result < 0)
        return result;
    if (read_iso(s, parts, out))
        return gale__datetime_check(r, out);
    s = gale__str_head(s, 100);
    result = gale__value_repr(r, gale_value_borrowed_text(s.ptr, s.len), &shown);
    if (result < 0)
        return result;
    return gale__raise(r, GALE__VALUE_ERROR, "Invalid isoformat string: %.*s", (int)shown.len,
                       shown.ptr);
}

/* --- strptime ---- */

struct parsing {
    gale_str s;
    struct gale__datetime *t;
    int32_t year_day;
    bool has_pm, is_pm, has_12, has_day;
};

/* A number of at most so many digits, within bounds: one digit less when it is too large. */
static bool take_number(gale_str *s, size_t digits, int32_t min, int32_t max, int32_t *out)
{
    for (; digits > 0; digits--) {
        gale_str rest = *s;
        int32_t value;

        if (take_digits(&rest, digits, &value) && value >= min && value <= max) {
            *out = value;
            *s = rest;
            return true;
        }
    }
    return false;
}

/* One of n names, all of it or its first three letters; whatever their case. */
static bool take_name(gale_str *s, const char *const *names, int32_t n, bool is_short, int32_t *out)
{
    for (int32_t i = 0; i < n; i++) {
        gale_str name = gale__str(names[i]);

        if (is_short)
            name.len = 3;
        if (s->len >= name.len && gale__str_equal_nocase(gale__str_head(*s, name.len), name)) {
            *s = gale__str_skip(*s, name.len);
            *out = i;
            return true;
        }
    }
    return false;
}

static bool take_half(struct parsing *p)
{
    static const char *const halves[] = { "AM", "PM" };
    int32_t half = 0;

    if (!take_name(&p->s, halves, 2, false, &half))
        return false;
    p->has_pm = true;
    p->is_pm = half;
    return true;
}

static bool take_zone(struct parsing *p)
{
    gale_str s = p->s;
    size_t n = 0;

    if (s.len && s.ptr[0] != 'Z') {
        while (n < s.len && (n == 0 || s.ptr[n] == ':' || (s.ptr[n] >= '0' && s.ptr[n] <= '9')))
            n++;
        if (n < 5)
            return false;
    } else {
        n = s.len ? 1 : 0;
    }
    s.len = n;
    p->s = gale__str_skip(p->s, n);
    return n > 0 && iso_zone(&s, p->t) && !s.len;
}

static bool take_zone_name(struct parsing *p)
{
    static const char *const names[] = { "UTC", "GMT" };
    int32_t which;

    return take_name(&p->s, names, 2, false, &which);
}

static bool take_month(struct parsing *p, bool is_short)
{
    if (!take_name(&p->s, gale__month_names, 12, is_short, &p->t->month))
        return false;
    p->t->month++;
    return true;
}

static bool take_short_year(struct parsing *p)
{
    if (!take_digits(&p->s, 2, &p->t->year))
        return false;
    p->t->year += p->t->year < 69 ? 2000 : 1900;
    return true;
}

/* 1, 0 when the text does not fit, -1 for no directive. */
static int parse_directive(struct parsing *p, char directive)
{
    struct gale__datetime *t = p->t;
    int32_t ignored;

    switch (directive) {
    case 'Y':
        return take_digits(&p->s, 4, &t->year);
    case 'y':
        return take_short_year(p);
    case 'm':
        return take_number(&p->s, 2, 1, 12, &t->month);
    case 'd':
        p->has_day = true;
        (void)take(&p->s, ' ');
        return take_number(&p->s, 2, 1, 31, &t->day);
    case 'H':
        return take_number(&p->s, 2, 0, 23, &t->hour);
    case 'I':
        p->has_12 = true;
        return take_number(&p->s, 2, 1, 12, &t->hour);
    case 'M':
        return take_number(&p->s, 2, 0, 59, &t->minute);
    case 'S':
        return take_number(&p->s, 2, 0, 59, &t->second);
    case 'f':
        return take_fraction(&p->s, 6, &t->microsecond);
    case 'j':
        return take_number(&p->s, 3, 1, 366, &p->year_day);
    case 'w':
        return take_number(&p->s, 1, 0, 6, &ignored);
    case 'u':
        return take_number(&p->s, 1, 1, 7, &ignored);
    case 'a':
        return take_name(&p->s, gale__day_names, 7, true, &ignored);
    case 'A':
        return take_name(&p->s, gale__day_names, 7, false, &ignored);
    case 'b':
        return take_month(p, true);
    case 'B':
        return take_month(p, false);
    case 'p':
        return take_half(p);
    case 'z':
        return take_zone(p);
    case 'Z':
        return take_zone_name(p);
    case '%':
        return take(&p->s, '%');
    default:
        return -1;
    }
}

static bool is_space(char c)
{
    return c == ' ' || (c >= 9 && c <= 13);
}

static int parse_format(struct parsing *p, gale_str format, char *bad);

static int parse_composed(struct parsing *p, char directive, char *bad)
{
    switch (directive) {
    case 'c':
        return parse_format(p, GALE__STR("%a %b %d %H:%M:%S %Y"), bad);
    case 'x':
        return parse_format(p, GALE__STR("%m/%d/%y"), bad);
    case 'X':
        return parse_format(p, GALE__STR("%H:%M:%S"), bad);
    default:
        *bad = directive;
        return -1;
    }
}

/* Space in the format is any space in the text, at least one. */
static bool skip_spaces(struct parsing *p)
{
    bool any = false;

    for (; p->s.len && is_space(p->s.ptr[0]); any = true)
        p->s = gale__str_skip(p->s, 1);
    return any;
}

/* 1, 0 when the text does not fit, -1 when *bad is no directive. */
static int parse_format(struct parsing *p, gale_str format, char *bad)
{
    int fits = 1;

    while (format.len && fits > 0) {
        char c = format.ptr[0];

        format = gale__str_skip(format, 1);
        if (c == '%') {
            *bad = '%';
            if (!format.len)
                return -1;
            c = format.ptr[0];
            format = gale__str_skip(format, 1);
            fits = parse_directive(p, c);
            if (fits < 0)
                fits = parse_composed(p, c, bad);
        } else if (is_space(c)) {
            while (format.len && is_space(format.ptr[0]))
                format = gale__str_skip(format, 1);
            fits = skip_spaces(p);
        } else {
            fits = p->s.len && gale__lower(p->s.ptr[0]) == gale__lower(c) &&
                   take(&p->s, p->s.ptr[0]);
        }
    }
    return fits;
}

static void finish(struct parsing *p)
{
    if (p->has_12 && p->has_pm)
        p->t->hour = p->t->hour % 12 + (p->is_pm ? 12 : 0);
    else if (p->has_12)
        p->t->hour %= 12;
    if (p->year_day && !p->has_day)
        gale__set_ordinal(p->t, gale__ordinal(p->t->year, 1, 1) + p->year_day - 1);
}

int gale__datetime_strptime(gale_rendering *r, gale_str s, gale_str format,
                            struct gale__datetime *out)
{
    struct parsing p = { .s = s, .t = out };
    gale_str text, shape;
    char bad = 0;
    int fits, result = gale__work(r, s.len + format.len);

    *out = (struct gale__datetime){ .year = 1900, .month = 1, .day = 1 };
    if (result < 0)
        return result;
    fits = parse_format(&p, format, &bad);
    if (fits > 0 && !p.s.len) {
        finish(&p);
        return gale__datetime_check(r, out);
    }
    if (fits > 0)
        return gale__raise(r, GALE__VALUE_ERROR, "unconverted data remains: %.*s",
                           (int)(p.s.len > 200 ? 200 : p.s.len), p.s.ptr);
    result = gale__value_repr(r, gale_value_borrowed_text(s.ptr, s.len), &text);
    if (result >= 0)
        result = gale__value_repr(r, gale_value_borrowed_text(format.ptr, format.len), &shape);
    if (result < 0)
        return result;
    if (fits < 0)
        return gale__raise(r, GALE__VALUE_ERROR, "'%c' is a bad directive in format %.*s", bad,
                           (int)(shape.len > 200 ? 200 : shape.len), shape.ptr);
    return gale__raise(r, GALE__VALUE_ERROR, "time data %.*s does not match format %.*s",
                       (int)(text.len > 200 ? 200 : text.len), text.ptr,
                       (int)(shape.len > 200 ? 200 : shape.len), shape.ptr);
}
