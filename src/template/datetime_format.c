/* datetime_format.c - dates and times as text: ISO form, and strftime in English. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "template/datetime.h"

const char *const gale__day_names[7] = { "Monday", "Tuesday",  "Wednesday", "Thursday",
                                         "Friday", "Saturday", "Sunday" };
const char *const gale__month_names[12] = { "January",   "February", "March",    "April",
                                            "May",       "June",     "July",     "August",
                                            "September", "October",  "November", "December" };

static void add_cstr(struct gale__text_builder *b, const char *s)
{
    gale__text_add(b, s, strlen(s));
}

/* +01:00, with seconds when there are some. */
static void add_offset(struct gale__text_builder *b, int32_t offset, const char *separator)
{
    int32_t n = offset < 0 ? -offset : offset;

    gale__text_printf(b, "%c%02d%s%02d", offset < 0 ? '-' : '+', (int)(n / 3600), separator,
                      (int)(n / 60 % 60));
    if (n % 60)
        gale__text_printf(b, "%s%02d", separator, (int)(n % 60));
}

static void add_zone_name(struct gale__text_builder *b, const struct gale__zone *zone)
{
    add_cstr(b, zone->name ? zone->name : "UTC");
    if (!zone->name && zone->offset)
        add_offset(b, zone->offset, ":");
}

int gale__zone_text(gale_rendering *r, const struct gale__zone *zone, gale_value *out)
{
    struct gale__text_builder b = { .r = r };

    add_zone_name(&b, zone);
    return gale__text_finish(&b, out);
}

/* --- ISO ---- */

enum timespec { HOURS, MINUTES, SECONDS, MILLISECONDS, MICROSECONDS, N_TIMESPECS };

static enum timespec timespec_of(const struct gale__datetime *t, gale_str name)
{
    static const char *const names[] = { "hours", "minutes", "seconds", "milliseconds",
                                         "microseconds" };
    int i = 0;

    if (!name.ptr || gale__str_equal(name, GALE__STR("auto")))
        return t->microsecond ? MICROSECONDS : SECONDS;
    while (i < N_TIMESPECS && !gale__str_equal(name, gale__str(names[i])))
        i++;
    return (enum timespec)i;
}

static void add_time(struct gale__text_builder *b, const struct gale__datetime *t,
                     enum timespec spec)
{
    gale__text_printf(b, "%02d", (int)t->hour);
    if (spec >= MINUTES)
        gale__text_printf(b, ":%02d", (int)t->minute);
    if (spec >= SECONDS)
        gale__text_printf(b, ":%02d", (int)t->second);
    if (spec == MILLISECONDS)
        gale__text_printf(b, ".%03d", (int)t->microsecond / 1000);
    if (spec == MICROSECONDS)
        gale__text_printf(b, ".%06d", (int)t->microsecond);
    if (t->has_zone)
        add_offset(b, t->zone.offset, ":");
}

int gale__datetime_iso(gale_rendering *r, const struct gale__datetime *t, unsigned parts,
                       gale_str sep, gale_str timespec, gale_value *out)
{
    struct gale__text_builder b = { .r = r };
    enum timespec spec = timespec_of(t, timespec);

    if (spec == N_TIMESPECS)
        return gale__raise(r, GALE__VALUE_ERROR, "Unknown timespec value");
    if (parts & GALE__DATE)
        gale__text_printf(&b, "%04d-%02d-%02d", (int)t->year, (int)t->month, (int)t->day);
    if (parts == (GALE__DATE | GALE__TIME))
        gale__text_add(&b, sep.ptr, sep.len);
    if (parts & GALE__TIME)
        add_time(&b, t, spec);
    return gale__text_finish(&b, out);
}

/* --- strftime ---- */

struct formatting {
    struct gale__text_builder b;
    const struct gale__datetime *t;
    char flag; /* of the directive: '-' no padding, '_' with spaces, '0' with zeros, 0 its own */
};

static void put_number(struct formatting *f, int value, int width, char pad)
{
    if (f->flag)
        pad = f->flag;
    if (pad == '-')
        gale__text_printf(&f->b, "%d", value);
    else if (pad == '_')
        gale__text_printf(&f->b, "%*d", width, value);
    else
        gale__text_printf(&f->b, "%0*d", width, value);
}

static void put_short(struct formatting *f, const char *name)
{
    gale__text_add(&f->b, name, 3);
}

static int hour_12(const struct gale__datetime *t)
{
    return t->hour % 12 ? t->hour % 12 : 12;
}

/* Names and zones: false when the directive is none of them. */
static bool put_name(struct formatting *f, char directive)
{
    const struct gale__datetime *t = f->t;

    switch (directive) {
    case 'a':
        put_short(f, gale__day_names[gale__weekday(t)]);
        return true;
    case 'A':
        add_cstr(&f->b, gale__day_names[gale__weekday(t)]);
        return true;
    case 'b':
    case 'h':
        put_short(f, gale__month_names[t->month - 1]);
        return true;
    case 'B':
        add_cstr(&f->b, gale__month_names[t->month - 1]);
        return true;
    case 'p':
        add_cstr(&f->b, t->hour < 12 ? "AM" : "PM");
        return true;
    case 'P':
        add_cstr(&f->b, t->hour < 12 ? "am" : "pm");
        return true;
    case 'z':
        if (t->has_zone)
            add_offset(&f->b, t->zone.offset, "");
        return true;
    case 'Z':
        if (t->has_zone)
            add_zone_name(&f->b, &t->zone);
        return true;
    case 'n':
        add_cstr(&f->b, "\n");
        return true;
    case 't':
        add_cstr(&f->b, "\t");
        return true;
    case '%':
        add_cstr(&f->b, "%");
        return true;
    default:
        return false;
    }
}

static bool put_time_number(struct formatting *f, char directive)
{
    const struct gale__datetime *t = f->t;

    switch (directive) {
    case 'H':
        put_number(f, t->hour, 2, '0');
        return true;
    case 'k':
        put_number(f, t->hour, 2, '_');
        return true;
    case 'I':
        put_number(f, hour_12(t), 2, '0');
        return true;
    case 'l':
        put_number(f, hour_12(t), 2, '_');
        return true;
    case 'M':
        put_number(f, t->minute, 2, '0');
        return true;
    case 'S':
        put_number(f, t->second, 2, '0');
        return true;
    case 'f':
        put_number(f, t->microsecond, 6, '0');
        return true;
    default:
        return false;
    }
}

/* Weeks that begin with a Sunday or a Monday; the days before the first are week 0. */
static int week_of(const struct gale__datetime *t, int first_day)
{
    int weekday = (gale__weekday(t) + 7 - first_day) % 7;

    return (gale__year_day(t) + 6 - weekday) / 7;
}

static bool put_week_number(struct formatting *f, char directive)
{
    const struct gale__datetime *t = f->t;
    int32_t year, week = gale__iso_week(t, &year);

    switch (directive) {
    case 'U':
        put_number(f, week_of(t, 6), 2, '0');
        return true;
    case 'W':
        put_number(f, week_of(t, 0), 2, '0');
        return true;
    case 'V':
        put_number(f, week, 2, '0');
        return true;
    case 'G':
        put_number(f, year, 1, '-');
        return true;
    case 'g':
        put_number(f, year % 100, 2, '0');
        return true;
    case 'u':
        put_number(f, gale__weekday(t) + 1, 1, '0');
        return true;
    case 'w':
        put_number(f, (gale__weekday(t) + 1) % 7, 1, '0');
        return true;
    default:
        return false;
    }
}

static bool put_date_number(struct formatting *f, char directive)
{
    const struct gale__datetime *t = f->t;

    switch (directive) {
    case 'Y':
        put_number(f, t->year, 1, '-');
        return true;
    case 'C':
        put_number(f, t->year / 100, 2, '0');
        return true;
    case 'y':
        put_number(f, t->year % 100, 2, '0');
        return true;
    case 'm':
        put_number(f, t->month, 2, '0');
        return true;
    case 'd':
        put_number(f, t->day, 2, '0');
        return true;
    case 'e':
        put_number(f, t->day, 2, '_');
        return true;
    case 'j':
        put_number(f, gale__year_day(t), 3, '0');
        return true;
    default:
        return put_week_number(f, directive);
    }
}

static const char *composed(char directive)
{
    switch (directive) {
    case 'c':
        return "%a %b %e %H:%M:%S %Y";
    case 'x':
    case 'D':
        return "%m/%d/%y";
    case 'X':
    case 'T':
        return "%H:%M:%S";
    case 'R':
        return "%H:%M";
    case 'r':
        return "%I:%M:%S %p";
    case 'F':
        return "%Y-%m-%d";
    default:
        return NULL;
    }
}

static void put_all(struct formatting *f, gale_str format);

static bool put_directive(struct formatting *f, char directive)
{
    const char *of = composed(directive);

    if (put_name(f, directive) || put_time_number(f, directive) || put_date_number(f, directive))
        return true;
    if (!of)
        return false;
    f->flag = 0;
    put_all(f, gale__str(of)); /* of directives that are not composed: once */
    return true;
}

/* format begins with a %; gives how much of it was used. What is no directive stays. */
static size_t put_one(struct formatting *f, gale_str format)
{
    size_t at = 1;

    f->flag = 0;
    if (at < format.len &&
        (format.ptr[at] == '-' || format.ptr[at] == '_' || format.ptr[at] == '0'))
        f->flag = format.ptr[at++];
    if (at < format.len && put_directive(f, format.ptr[at]))
        return at + 1;
    gale__text_add(&f->b, format.ptr, at);
    return at;
}

static void put_all(struct formatting *f, gale_str format)
{
    while (format.len && !f->b.error) {
        size_t n = gale__str_find(format, '%');

        gale__text_add(&f->b, format.ptr, n);
        format = gale__str_skip(format, n);
        if (format.len)
            format = gale__str_skip(format, put_one(f, format));
    }
}

int gale__datetime_strftime(gale_rendering *r, const struct gale__datetime *t, gale_str format,
                            gale_value *out)
{
    struct formatting f = { .b = { .r = r }, .t = t };
    int result = gale__work(r, format.len * 16);

    if (result < 0)
        return result;
    put_all(&f, format);
    return gale__text_finish(&f.b, out);
}
