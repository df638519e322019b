/* datetime_make.c - {% import datetime %}, and the name datetime in every template: its classes,
 * and the ways to make dates and times.
 */
/* SPDX-License-Identifier: MIT */
#include "template/datetime.h"

#include <math.h>
#include <time.h>

enum { HOUR = GALE__DATETIME_HOUR, ZONE = GALE__DATETIME_ZONE };

/* --- constructors ---- */

const char *const gale__datetime_part_names[] = { "year",        "month",  "day",
                                                  "hour",        "minute", "second",
                                                  "microsecond", "tzinfo", NULL };

int32_t *gale__datetime_part(struct gale__datetime *t, size_t i)
{
    int32_t *const parts[] = { &t->year,   &t->month,  &t->day,        &t->hour,
                               &t->minute, &t->second, &t->microsecond };

    return parts[i];
}

/* Arguments for the parts first to last, by position or name; those not given stay. */
static int read_parts(gale_call *call, size_t first, size_t last, struct gale__datetime *t)
{
    gale_value zone;

    for (size_t i = first; i < last && i < ZONE; i++) {
        int64_t n = *gale__datetime_part(t, i);
        int result = gale__arg_int(call, i - first, gale__datetime_part_names[i], &n);

        if (result < 0)
            return result;
        *gale__datetime_part(t, i) = n > INT32_MAX   ? INT32_MAX
                                     : n < INT32_MIN ? INT32_MIN
                                                     : (int32_t)n;
    }
    if (last > ZONE) {
        zone = gale_call_argument(call, ZONE - first, gale__datetime_part_names[ZONE]);
        if (zone.kind != GALE_VALUE_UNSET) {
            int result = gale__zone_argument(call->rendering, zone, t);

            if (result < 0)
                return result;
        }
    }
    return gale__datetime_check(call->rendering, t);
}

static int make(gale_call *call, const gale_object_class *cls, size_t first, size_t last,
                size_t needed, gale_value *out)
{
    struct gale__datetime t = { .year = 1900, .month = 1, .day = 1 };
    int result = gale_call_check(call, needed, last - first, gale__datetime_part_names + first);

    if (result >= 0)
        result = read_parts(call, first, last, &t);
    return result < 0 ? result : gale__make_datetime(call->rendering, cls, &t, out);
}

static int make_date(gale_call *call, gale_value *out)
{
    return make(call, &gale__date_class, 0, HOUR, 3, out);
}

static int make_time(gale_call *call, gale_value *out)
{
    return make(call, &gale__time_class, HOUR, ZONE + 1, 0, out);
}

static int make_datetime(gale_call *call, gale_value *out)
{
    return make(call, &gale__datetime_class, 0, ZONE + 1, 3, out);
}

int gale__datetime_replace(gale_call *call, gale_value *out)
{
    const gale_object_class *cls = gale__datetime_class_of(call);
    struct gale__datetime t = *(struct gale__datetime *)gale_call_object(call);
    size_t first = cls == &gale__time_class ? HOUR : 0;
    size_t last = cls == &gale__date_class ? HOUR : ZONE + 1;
    int result = gale_call_check(call, 0, last - first, gale__datetime_part_names + first);

    if (result >= 0)
        result = read_parts(call, first, last, &t);
    return result < 0 ? result : gale__make_datetime(call->rendering, cls, &t, out);
}

/* --- from the clock ---- */

static gale__wide now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (gale__wide)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int gale__datetime_from_unix(gale_call *call, const gale_object_class *cls, gale__wide us,
                             gale_value zone, bool is_utc, gale_value *out)
{
    struct gale__datetime t = { 0 }, with = { 0 };
    bool fits;
    int result = gale__zone_argument(call->rendering, zone, &with);

    if (result < 0)
        return result;
    if (with.has_zone)
        fits = gale__set_unix(&t, us + (gale__wide)with.zone.offset * 1000000, true);
    else
        fits = gale__set_unix(&t, us, is_utc);
    if (!fits)
        return gale__raise(call->rendering, GALE__VALUE_ERROR, "year is out of range");
    t.has_zone = with.has_zone;
    t.zone = with.zone;
    return gale__make_datetime(call->rendering, cls, &t, out);
}

static int datetime_now(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "tz", NULL };
    int result = gale_call_check(call, 0, 1, names);

    return result < 0 ? result
                      : gale__datetime_from_unix(call, &gale__datetime_class, now_us(),
                                                 gale_call_argument(call, 0, "tz"), false, out);
}

static int clock_now(gale_call *call, const gale_object_class *cls, bool is_utc, gale_value *out)
{
    int result = gale_call_check(call, 0, 0, NULL);

    return result < 0
               ? result
               : gale__datetime_from_unix(call, cls, now_us(), (gale_value){ 0 }, is_utc, out);
}

static int datetime_today(gale_call *call, gale_value *out)
{
    return clock_now(call, &gale__datetime_class, false, out);
}

static int datetime_utcnow(gale_call *call, gale_value *out)
{
    return clock_now(call, &gale__datetime_class, true, out);
}

static int date_today(gale_call *call, gale_value *out)
{
    return clock_now(call, &gale__date_class, false, out);
}

/* Seconds as microseconds, rounded to the nearest, the even one of two. */
static int timestamp_argument(gale_call *call, gale__wide *us)
{
    gale_value v = gale_call_argument(call, 0, "timestamp");
    double whole, rest;

    if (gale__is_int(v)) {
        *us = (gale__wide)v.u.i * 1000000;
        return 0;
    }
    if (v.kind != GALE_VALUE_FLOAT)
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "'%s' object cannot be interpreted as an integer", gale_value_type(v));
    if (isnan(v.u.d))
        return gale__raise(call->rendering, GALE__VALUE_ERROR,
                           "cannot convert float NaN to integer");
    if (fabs(v.u.d) > 1e12)
        return gale__raise(call->rendering, GALE__VALUE_ERROR, "year is out of range");
    rest = modf(v.u.d, &whole);
    *us = (gale__wide)whole * 1000000 + (gale__wide)rint(rest * 1e6);
    return 0;
}

static int from_timestamp(gale_call *call, const gale_object_class *cls, size_t max, bool is_utc,
                          gale_value *out)
{
    static const char *const names[] = { "timestamp", "tz", NULL };
    gale__wide us = 0;
    int result = gale_call_check(call, 1, max, names);

    if (result >= 0)
        result = timestamp_argument(call, &us);
    if (result < 0)
        return result;
    return gale__datetime_from_unix(call, cls, us,
                                    max > 1 ? gale_call_argument(call, 1, "tz") : (gale_value){ 0 },
                                    is_utc, out);
}

static int datetime_fromtimestamp(gale_call *call, gale_value *out)
{
    return from_timestamp(call, &gale__datetime_class, 2, false, out);
}

static int datetime_utcfromtimestamp(gale_call *call, gale_value *out)
{
    return from_timestamp(call, &gale__datetime_class, 1, true, out);
}

static int date_fromtimestamp(gale_call *call, gale_value *out)
{
    return from_timestamp(call, &gale__date_class, 1, false, out);
}

/* --- from text and parts ---- */

static int from_iso(gale_call *call, const gale_object_class *cls, gale_value *out)
{
    struct gale__datetime t;
    gale_str s = { 0 };
    int result = gale_call_check(call, 1, 1, NULL);

    if (result >= 0)
        result = gale__datetime_text(call, 0, NULL, &s);
    if (result >= 0)
        result = gale__datetime_from_iso(call->rendering, s, gale__datetime_parts_of(cls), &t);
    return result < 0 ? result : gale__make_datetime(call->rendering, cls, &t, out);
}

static int date_fromisoformat(gale_call *call, gale_value *out)
{
    return from_iso(call, &gale__date_class, out);
}

static int time_fromisoformat(gale_call *call, gale_value *out)
{
    return from_iso(call, &gale__time_class, out);
}

static int datetime_fromisoformat(gale_call *call, gale_value *out)
{
    return from_iso(call, &gale__datetime_class, out);
}

static int datetime_strptime(gale_call *call, gale_value *out)
{
    struct gale__datetime t;
    gale_str s = { 0 }, format = { 0 };
    int result = gale_call_check(call, 2, 2, NULL);

    if (result >= 0)
        result = gale__datetime_text(call, 0, NULL, &s);
    if (result >= 0)
        result = gale__datetime_text(call, 1, NULL, &format);
    if (result >= 0)
        result = gale__datetime_strptime(call->rendering, s, format, &t);
    return result < 0 ? result
                      : gale__make_datetime(call->rendering, &gale__datetime_class, &t, out);
}

static int date_fromordinal(gale_call *call, gale_value *out)
{
    struct gale__datetime t = { 0 };
    int64_t n = 0;
    int result = gale_call_check(call, 1, 1, NULL);

    if (result >= 0)
        result = gale__arg_int(call, 0, NULL, &n);
    if (result < 0)
        return result;
    if (n < 1 || n > gale__ordinal(9999, 12, 31))
        return gale__raise(call->rendering, GALE__VALUE_ERROR, "ordinal is out of range");
    gale__set_ordinal(&t, (int32_t)n);
    return gale__make_datetime(call->rendering, &gale__date_class, &t, out);
}

static int datetime_combine(gale_call *call, gale_value *out)
{
    const struct gale__datetime *date, *time;
    struct gale__datetime t;
    int result = gale_call_check(call, 2, 2, NULL);

    if (result < 0)
        return result;
    date = gale_value_host(call->args[0], &gale__date_class);
    if (!date)
        date = gale_value_host(call->args[0], &gale__datetime_class);
    time = gale_value_host(call->args[1], &gale__time_class);
    if (!date || !time)
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "combine() arguments must be datetime.date and datetime.time");
    t = *time;
    t.year = date->year;
    t.month = date->month;
    t.day = date->day;
    return gale__make_datetime(call->rendering, &gale__datetime_class, &t, out);
}

static const gale_name date_type_names[] = {
    { .name = "fromisoformat", .function = date_fromisoformat },
    { .name = "fromordinal", .function = date_fromordinal },
    { .name = "fromtimestamp", .function = date_fromtimestamp },
    { .name = "today", .function = date_today },
    { 0 },
};

static const gale_name time_type_names[] = {
    { .name = "fromisoformat", .function = time_fromisoformat },
    { 0 },
};

static const gale_name datetime_type_names[] = {
    { .name = "combine", .function = datetime_combine },
    { .name = "fromisoformat", .function = datetime_fromisoformat },
    { .name = "fromtimestamp", .function = datetime_fromtimestamp },
    { .name = "now", .function = datetime_now },
    { .name = "strptime", .function = datetime_strptime },
    { .name = "today", .function = datetime_today },
    { .name = "utcfromtimestamp", .function = datetime_utcfromtimestamp },
    { .name = "utcnow", .function = datetime_utcnow },
    { 0 },
};

const struct gale__host_type gale__date_type = {
    .name = "datetime.date",
    .instances = &gale__date_class,
    .attributes = date_type_names,
    .make = make_date,
};

const struct gale__host_type gale__time_type = {
    .name = "datetime.time",
    .instances = &gale__time_class,
    .attributes = time_type_names,
    .make = make_time,
};

const struct gale__host_type gale__datetime_class_type = {
    .name = "datetime.datetime",
    .instances = &gale__datetime_class,
    .base = &gale__date_type,
    .attributes = datetime_type_names,
    .make = make_datetime,
};

/* --- the module ---- */

static const struct gale__host_type *const all_types[] = {
    &gale__date_type,      &gale__datetime_class_type, &gale__time_type,
    &gale__timedelta_type, &gale__timezone_type,
};

const struct gale__host_type *gale__datetime_type(const gale_object_class *instances)
{
    for (size_t i = 0; i < sizeof(all_types) / sizeof(all_types[0]); i++)
        if (all_types[i]->instances == instances)
            return all_types[i];
    return NULL;
}

static int give_type(gale_call *call, gale_value *out)
{
    return gale__type_value(call->rendering, call->data, out);
}

const gale_name gale__datetime_names[] = {
    { .name = "date", .lazy = give_type, .data = (void *)&gale__date_type },
    { .name = "datetime", .lazy = give_type, .data = (void *)&gale__datetime_class_type },
    { .name = "time", .lazy = give_type, .data = (void *)&gale__time_type },
    { .name = "timedelta", .lazy = give_type, .data = (void *)&gale__timedelta_type },
    { .name = "timezone", .lazy = give_type, .data = (void *)&gale__timezone_type },
    { 0 },
};
