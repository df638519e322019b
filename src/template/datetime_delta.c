/* datetime_delta.c - durations and fixed zones: datetime.timedelta, datetime.timezone, and what
 * + - * / do with dates and durations.
 */
/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "template/datetime.h"

#define MAX_US ((gale__wide)1000000000 * GALE__DAY_US) /* of a duration, exclusive */

/* Rounded down. */
static gale__wide floor_div(gale__wide a, gale__wide b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static int64_t days_of(gale__wide us)
{
    return (int64_t)floor_div(us, GALE__DAY_US);
}

static int32_t seconds_of(gale__wide us)
{
    return (int32_t)((int64_t)(us - (gale__wide)days_of(us) * GALE__DAY_US) / 1000000);
}

static int32_t microseconds_of(gale__wide us)
{
    return (int32_t)((int64_t)(us - (gale__wide)days_of(us) * GALE__DAY_US) % 1000000);
}

int gale__make_timedelta(gale_rendering *r, gale__wide us, gale_value *out)
{
    struct gale__timedelta *d;

    if (us >= MAX_US || us < -(MAX_US - GALE__DAY_US))
        return gale__raise(r, GALE__OVERFLOW_ERROR, "days=%lld; must have magnitude <= 999999999",
                           (long long)days_of(us));
    d = gale_value_alloc(r, sizeof(*d));
    if (!d)
        return gale_value_memory_error(r);
    d->us = us;
    return gale_value_object(r, out, &gale__timedelta_class, d);
}

static const struct gale__timedelta *timedelta(gale_value v)
{
    return gale_value_host(v, &gale__timedelta_class);
}

/* --- making ---- */

/* An argument in units of so many microseconds. What is behind the point goes to *rest. */
static int add_unit(gale_call *call, gale_value v, int64_t unit, gale__wide *us, double *rest)
{
    double whole;

    if (v.kind == GALE_VALUE_UNSET)
        return 0;
    if (!gale__is_number(v))
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "unsupported type for timedelta component: %s", gale_value_type(v));
    if (v.kind != GALE_VALUE_FLOAT) {
        *us += (gale__wide)v.u.i * unit; /* below 2**63 * 2**40, seven of them */
        return 0;
    }
    if (!isfinite(v.u.d))
        return isnan(v.u.d) ? gale__raise(call->rendering, GALE__VALUE_ERROR,
                                          "cannot convert float NaN to integer")
                            : gale__raise(call->rendering, GALE__OVERFLOW_ERROR,
                                          "cannot convert float infinity to integer");
    if (fabs(v.u.d) > 1e18)
        return gale__raise(call->rendering, GALE__OVERFLOW_ERROR,
                           "must have magnitude <= 999999999 days");
    *rest += modf(v.u.d, &whole) * (double)unit;
    *us += (gale__wide)whole * unit;
    return 0;
}

static int make_timedelta(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "days",    "seconds", "microseconds", "milliseconds",
                                         "minutes", "hours",   "weeks",        NULL };
    static const int64_t units[] = { GALE__DAY_US,        1000000,         1, 1000, 60000000,
                                     INT64_C(3600000000), 7 * GALE__DAY_US };
    gale__wide us = 0;
    double rest = 0;
    int result = gale_call_check(call, 0, 7, names);

    for (size_t i = 0; i < 7 && result >= 0; i++)
        result = add_unit(call, gale_call_argument(call, i, names[i]), units[i], &us, &rest);
    if (result < 0)
        return result;
    us += (gale__wide)floor(rest);
    rest -= floor(rest);
    us += rest > 0.5 || (rest == 0.5 && us % 2); /* the even one of two */
    return gale__make_timedelta(call->rendering, us, out);
}

/* --- text ---- */

static int timedelta_str(gale_rendering *r, gale__wide us, gale_value *out)
{
    struct gale__text_builder b = { .r = r };
    long long days = days_of(us);
    int seconds = seconds_of(us), micro = microseconds_of(us);

    if (days)
        gale__text_printf(&b, "%lld day%s, ", days, days == 1 || days == -1 ? "" : "s");
    gale__text_printf(&b, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if (micro)
        gale__text_printf(&b, ".%06d", micro);
    return gale__text_finish(&b, out);
}

static int timedelta_text(gale_rendering *r, void *object, bool is_repr, gale_value *out)
{
    gale__wide us = ((struct gale__timedelta *)object)->us;
    struct gale__text_builder b = { .r = r };
    const char *comma = "";

    if (!is_repr)
        return timedelta_str(r, us, out);
    gale__text_printf(&b, "datetime.timedelta(");
    if (days_of(us)) {
        gale__text_printf(&b, "days=%lld", (long long)days_of(us));
        comma = ", ";
    }
    if (seconds_of(us)) {
        gale__text_printf(&b, "%sseconds=%d", comma, (int)seconds_of(us));
        comma = ", ";
    }
    if (microseconds_of(us))
        gale__text_printf(&b, "%smicroseconds=%d", comma, (int)microseconds_of(us));
    gale__text_printf(&b, us ? ")" : "0)");
    return gale__text_finish(&b, out);
}

/* --- attributes ---- */

static int timedelta_attribute(gale_rendering *r, void *object, gale_str name, gale_value *out)
{
    gale__wide us = ((struct gale__timedelta *)object)->us;

    (void)r;
    if (gale__str_equal(name, GALE__STR("days")))
        *out = gale_value_int(days_of(us));
    else if (gale__str_equal(name, GALE__STR("seconds")))
        *out = gale_value_int(seconds_of(us));
    else if (gale__str_equal(name, GALE__STR("microseconds")))
        *out = gale_value_int(microseconds_of(us));
    else
        return GALE_ENOTFOUND;
    return 0;
}

static int total_seconds(gale_call *call, gale_value *out)
{
    int result = gale_call_check(call, 0, 0, NULL);
    struct gale__timedelta *d = gale_call_object(call);

    *out = gale_value_float((double)d->us / 1e6);
    return result;
}

static const gale_name timedelta_names[] = {
    { .name = "total_seconds", .function = total_seconds },
    { 0 },
};

/* --- relations ---- */

static int timedelta_compare(gale_rendering *r, void *object, gale_value other, int *out)
{
    gale__wide a = ((struct gale__timedelta *)object)->us;

    (void)r;
    if (!timedelta(other))
        return GALE_ENOTFOUND;
    *out = a < timedelta(other)->us ? -1 : a > timedelta(other)->us;
    return 0;
}

static int timedelta_equal(gale_rendering *r, void *object, gale_value other, bool *out)
{
    (void)r;
    *out = timedelta(other) && timedelta(other)->us == ((struct gale__timedelta *)object)->us;
    return 0;
}

static uint64_t timedelta_hash(void *object)
{
    return (uint64_t)((struct gale__timedelta *)object)->us * 0x9e3779b97f4a7c15u;
}

/* A duration of nothing is false. */
static int timedelta_length(gale_rendering *r, void *object, size_t *out)
{
    (void)r;
    *out = ((struct gale__timedelta *)object)->us != 0;
    return 0;
}

/* --- operators ---- */

/* Rounded to the nearest, the even one of two. */
static gale__wide round_div(gale__wide a, gale__wide b)
{
    gale__wide q = floor_div(a, b), twice = 2 * (a - q * b);

    if (b < 0)
        return twice < b || (twice == b && q % 2) ? q + 1 : q;
    return twice > b || (twice == b && q % 2) ? q + 1 : q;
}

static int scale(gale_rendering *r, gale__wide us, double by, gale_value *out)
{
    double d = rint((double)us * by);

    if (isnan(d))
        return gale__raise(r, GALE__VALUE_ERROR, "cannot convert float NaN to integer");
    if (fabs(d) > 1e20)
        return gale__raise(r, GALE__OVERFLOW_ERROR, "must have magnitude <= 999999999 days");
    return gale__make_timedelta(r, (gale__wide)d, out);
}

static int multiply(gale_rendering *r, gale__wide us, gale_value by, gale_value *out)
{
    gale__wide product;

    if (by.kind == GALE_VALUE_FLOAT)
        return scale(r, us, by.u.d, out);
    if (__builtin_mul_overflow(us, (gale__wide)by.u.i, &product))
        return gale__raise(r, GALE__OVERFLOW_ERROR, "must have magnitude <= 999999999 days");
    return gale__make_timedelta(r, product, out);
}

static int by_zero(gale_rendering *r)
{
    return gale__raise(r, GALE__ZERO_DIVISION_ERROR, "integer division or modulo by zero");
}

static int divide_deltas(gale_rendering *r, int op, gale__wide a, gale__wide b, gale_value *out)
{
    if (!b)
        return by_zero(r);
    if (op == '%')
        return gale__make_timedelta(r, a - floor_div(a, b) * b, out);
    if (op == 'f' && (floor_div(a, b) > INT64_MAX || floor_div(a, b) < INT64_MIN))
        return gale__raise_overflow(r);
    *out = op == 'f' ? gale_value_int((int64_t)floor_div(a, b))
                     : gale_value_float((double)a / (double)b);
    return 0;
}

static int divide(gale_rendering *r, int op, gale__wide us, gale_value by, gale_value *out)
{
    if (by.kind == GALE_VALUE_FLOAT && op == '/')
        return by.u.d == 0 ? gale__raise(r, GALE__ZERO_DIVISION_ERROR, "division by zero")
                           : scale(r, us, 1 / by.u.d, out);
    if (!gale__is_int(by) || op == '%')
        return GALE_ENOTFOUND;
    if (!by.u.i)
        return by_zero(r);
    return gale__make_timedelta(r, op == 'f' ? floor_div(us, by.u.i) : round_div(us, by.u.i), out);
}

static int delta_binary(gale_rendering *r, int op, gale_value a, gale_value b, gale_value *out)
{
    const struct gale__timedelta *x = timedelta(a), *y = timedelta(b);

    if (x && y && (op == '+' || op == '-'))
        return gale__make_timedelta(r, op == '+' ? x->us + y->us : x->us - y->us, out);
    if (op == '*' && x && gale__is_number(b))
        return multiply(r, x->us, b, out);
    if (op == '*' && y && gale__is_number(a))
        return multiply(r, y->us, a, out);
    if (!x || (op != '/' && op != 'f' && op != '%'))
        return GALE_ENOTFOUND;
    return y ? divide_deltas(r, op, x->us, y->us, out) : divide(r, op, x->us, b, out);
}

static const struct gale__datetime *moment(gale_value v, const gale_object_class **cls)
{
    *cls = gale_value_host(v, &gale__datetime_class) ? &gale__datetime_class : &gale__date_class;
    return gale_value_host(v, *cls);
}

/* By a duration or against it. A date moves by its whole days. */
static int move(gale_rendering *r, gale_value v, int op, gale__wide us, gale_value *out)
{
    const gale_object_class *cls;
    struct gale__datetime t = *moment(v, &cls);

    if (cls == &gale__date_class)
        us = floor_div(us, GALE__DAY_US) * GALE__DAY_US;
    if (!gale__set_us(&t, gale__datetime_us(&t, false) + (op == '-' ? -us : us)))
        return gale__raise(r, GALE__OVERFLOW_ERROR, "date value out of range");
    return gale__make_datetime(r, cls, &t, out);
}

static int difference(gale_rendering *r, gale_value a, gale_value b, gale_value *out)
{
    const gale_object_class *ca, *cb;
    const struct gale__datetime *x = moment(a, &ca), *y = moment(b, &cb);

    if (ca != cb)
        return GALE_ENOTFOUND;
    if (x->has_zone != y->has_zone)
        return gale__raise(r, GALE__TYPE_ERROR,
                           "can't subtract offset-naive and offset-aware datetimes");
    return gale__make_timedelta(r, gale__datetime_us(x, true) - gale__datetime_us(y, true), out);
}

int gale__datetime_binary(gale_rendering *r, int op, gale_value a, gale_value b, gale_value *out)
{
    const struct gale__timedelta *x = timedelta(a), *y = timedelta(b);
    const gale_object_class *cls;
    bool a_is_moment = moment(a, &cls) != NULL, b_is_moment = moment(b, &cls) != NULL;

    if (a_is_moment && y && (op == '+' || op == '-'))
        return move(r, a, op, y->us, out);
    if (x && b_is_moment && op == '+')
        return move(r, b, op, x->us, out);
    if (a_is_moment && b_is_moment && op == '-')
        return difference(r, a, b, out);
    return a_is_moment || b_is_moment ? GALE_ENOTFOUND : delta_binary(r, op, a, b, out);
}

const gale_object_class gale__timedelta_class = {
    .name = "datetime.timedelta",
    .attributes = timedelta_names,
    .get_attribute = timedelta_attribute,
    .length = timedelta_length,
    .to_text = timedelta_text,
    .compare = timedelta_compare,
    .equal = timedelta_equal,
    .binary = gale__datetime_binary,
    .hash = timedelta_hash,
};

const struct gale__host_type gale__timedelta_type = {
    .name = "datetime.timedelta",
    .instances = &gale__timedelta_class,
    .make = make_timedelta,
};

/* --- zones ---- */

int gale__make_zone(gale_rendering *r, const struct gale__zone *zone, gale_value *out)
{
    struct gale__zone *kept = gale_value_alloc(r, sizeof(*kept));

    if (!kept)
        return gale_value_memory_error(r);
    *kept = *zone;
    return gale_value_object(r, out, &gale__timezone_class, kept);
}

int gale__zone_argument(gale_rendering *r, gale_value v, struct gale__datetime *t)
{
    const struct gale__zone *zone = gale_value_host(v, &gale__timezone_class);

    t->has_zone = zone != NULL;
    t->zone = zone ? *zone : (struct gale__zone){ 0 };
    if (zone || !gale__is_given(v))
        return 0;
    return gale__raise(r, GALE__TYPE_ERROR,
                       "tzinfo argument must be None or of a tzinfo subclass, not type '%s'",
                       gale_value_type(v));
}

static int make_timezone(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "offset", "name", NULL };
    struct gale__zone zone = { 0 };
    const struct gale__timedelta *offset;
    gale_value name;
    int result = gale_call_check(call, 1, 2, names);

    if (result < 0)
        return result;
    offset = timedelta(gale_call_argument(call, 0, "offset"));
    name = gale_call_argument(call, 1, "name");
    if (!offset || (name.kind != GALE_VALUE_UNSET && !gale__is_text(name)))
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "timezone() argument 1 must be datetime.timedelta, argument 2 str");
    if (offset->us <= -GALE__DAY_US || offset->us >= GALE__DAY_US || offset->us % 1000000)
        return gale__raise(call->rendering, GALE__VALUE_ERROR,
                           "offset must be a timedelta of whole seconds strictly between "
                           "-timedelta(hours=24) and timedelta(hours=24)");
    zone.offset = (int32_t)(offset->us / 1000000);
    if (gale__is_text(name))
        result = gale_value_cstr(call->rendering, name, &zone.name);
    return result < 0 ? result : gale__make_zone(call->rendering, &zone, out);
}

static int zone_text(gale_rendering *r, void *object, bool is_repr, gale_value *out)
{
    const struct gale__zone *zone = object;
    gale_value offset, name;
    gale_str shown, named;
    int result;

    if (!is_repr)
        return gale__zone_text(r, zone, out);
    if (!zone->offset && !zone->name)
        return gale_value_text(r, out, "datetime.timezone.utc");
    result = gale__make_timedelta(r, (gale__wide)zone->offset * 1000000, &offset);
    if (result >= 0)
        result = gale__value_repr(r, offset, &shown);
    if (result < 0)
        return result;
    if (!zone->name)
        return gale_value_printf(r, out, "datetime.timezone(%.*s)", (int)shown.len, shown.ptr);
    name = gale_value_borrowed_text(zone->name, strlen(zone->name));
    result = gale__value_repr(r, name, &named);
    if (result < 0)
        return result;
    return gale_value_printf(r, out, "datetime.timezone(%.*s, %.*s)", (int)shown.len, shown.ptr,
                             (int)named.len, named.ptr);
}

static int zone_equal(gale_rendering *r, void *object, gale_value other, bool *out)
{
    const struct gale__zone *a = object, *b = gale_value_host(other, &gale__timezone_class);

    (void)r;
    *out = b && a->offset == b->offset;
    return 0;
}

static uint64_t zone_hash(void *object)
{
    return (uint64_t)((const struct gale__zone *)object)->offset * 0x9e3779b97f4a7c15u;
}

static int zone_name(gale_call *call, gale_value *out)
{
    int result = gale_call_check(call, 0, 1, NULL);

    return result < 0 ? result : gale__zone_text(call->rendering, gale_call_object(call), out);
}

static int zone_offset(gale_call *call, gale_value *out)
{
    const struct gale__zone *zone = gale_call_object(call);
    int result = gale_call_check(call, 0, 1, NULL);

    return result < 0
               ? result
               : gale__make_timedelta(call->rendering, (gale__wide)zone->offset * 1000000, out);
}

static const gale_name zone_names[] = {
    { .name = "tzname", .function = zone_name },
    { .name = "utcoffset", .function = zone_offset },
    { 0 },
};

static int utc(gale_call *call, gale_value *out)
{
    return gale__make_zone(call->rendering, &(struct gale__zone){ 0 }, out);
}

static const gale_name zone_type_names[] = {
    { .name = "utc", .lazy = utc },
    { 0 },
};

const gale_object_class gale__timezone_class = {
    .name = "datetime.timezone",
    .attributes = zone_names,
    .to_text = zone_text,
    .equal = zone_equal,
    .hash = zone_hash,
};

const struct gale__host_type gale__timezone_type = {
    .name = "datetime.timezone",
    .instances = &gale__timezone_class,
    .attributes = zone_type_names,
    .make = make_timezone,
};
