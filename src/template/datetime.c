/* datetime.c - the objects that datetime.date, datetime.time and datetime.datetime make. */
/* SPDX-License-Identifier: MIT */
#include "template/datetime.h"

enum { HOUR = GALE__DATETIME_HOUR, ZONE = GALE__DATETIME_ZONE };

int gale__make_datetime(gale_rendering *r, const gale_object_class *cls,
                        const struct gale__datetime *t, gale_value *out)
{
    struct gale__datetime *kept = gale_value_alloc(r, sizeof(*kept));

    if (!kept)
        return gale_value_memory_error(r);
    *kept = *t;
    if (cls == &gale__date_class) {
        kept->hour = kept->minute = kept->second = kept->microsecond = 0;
        kept->has_zone = false;
    }
    return gale_value_object(r, out, cls, kept);
}

const gale_object_class *gale__datetime_class_of(const gale_call *call)
{
    return ((const struct gale__object_value *)call->self.u.p)->cls;
}

unsigned gale__datetime_parts_of(const gale_object_class *cls)
{
    return (cls == &gale__time_class ? 0 : GALE__DATE) |
           (cls == &gale__date_class ? 0 : GALE__TIME);
}

/* --- methods ---- */

int gale__datetime_text(gale_call *call, size_t index, const char *name, gale_str *out)
{
    gale_value v = gale_call_argument(call, index, name);

    if (!gale__is_text(v))
        return gale__raise(call->rendering, GALE__TYPE_ERROR, "%s: argument must be str, not %s",
                           call->name, gale_value_type(v));
    *out = gale__value_slice(v);
    return 0;
}

static int no_arguments(gale_call *call, struct gale__datetime **t)
{
    *t = gale_call_object(call);
    return gale_call_check(call, 0, 0, NULL);
}

static int weekday(gale_call *call, gale_value *out)
{
    struct gale__datetime *t;
    int result = no_arguments(call, &t);

    *out = gale_value_int(gale__weekday(t));
    return result;
}

static int isoweekday(gale_call *call, gale_value *out)
{
    struct gale__datetime *t;
    int result = no_arguments(call, &t);

    *out = gale_value_int(gale__weekday(t) + 1);
    return result;
}

static int isocalendar(gale_call *call, gale_value *out)
{
    struct gale__datetime *t;
    int32_t year, week;
    int result = no_arguments(call, &t);

    week = gale__iso_week(t, &year);
    gale_value three[3] = { gale_value_int(year), gale_value_int(week),
                            gale_value_int(gale__weekday(t) + 1) };

    return result < 0 ? result : gale_value_tuple(call->rendering, out, three, 3);
}

static int toordinal(gale_call *call, gale_value *out)
{
    struct gale__datetime *t;
    int result = no_arguments(call, &t);

    *out = gale_value_int(gale__ordinal(t->year, t->month, t->day));
    return result;
}

static int strftime_of(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "format", NULL };
    gale_str format;
    int result = gale_call_check(call, 1, 1, names);

    if (result >= 0)
        result = gale__datetime_text(call, 0, "format", &format);
    return result < 0
               ? result
               : gale__datetime_strftime(call->rendering, gale_call_object(call), format, out);
}

static int ctime_of(gale_call *call, gale_value *out)
{
    struct gale__datetime *t;
    int result = no_arguments(call, &t);

    return result < 0 ? result
                      : gale__datetime_strftime(call->rendering, t,
                                                GALE__STR("%a %b %e %H:%M:%S %Y"), out);
}

static int isoformat(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "sep", "timespec", NULL };
    const gale_object_class *cls = gale__datetime_class_of(call);
    bool has_sep = cls == &gale__datetime_class;
    gale_str sep = GALE__STR("T"), timespec = { 0 };
    size_t max = cls == &gale__date_class ? 0 : has_sep ? 2 : 1;
    int result = gale_call_check(call, 0, max, has_sep ? names : names + 1);

    if (result >= 0 && has_sep && gale_call_argument(call, 0, "sep").kind != GALE_VALUE_UNSET)
        result = gale__datetime_text(call, 0, "sep", &sep);
    if (result >= 0 && max &&
        gale_call_argument(call, max - 1, "timespec").kind != GALE_VALUE_UNSET)
        result = gale__datetime_text(call, max - 1, "timespec", &timespec);
    if (result < 0)
        return result;
    return gale__datetime_iso(call->rendering, gale_call_object(call), gale__datetime_parts_of(cls),
                              sep, timespec, out);
}

static int datetime_date(gale_call *call, gale_value *out)
{
    struct gale__datetime *t;
    int result = no_arguments(call, &t);

    return result < 0 ? result : gale__make_datetime(call->rendering, &gale__date_class, t, out);
}

static int time_of(gale_call *call, bool keeps_zone, gale_value *out)
{
    struct gale__datetime *t, time;
    int result = no_arguments(call, &t);

    time = *t;
    time.year = 1900;
    time.month = time.day = 1;
    time.has_zone = t->has_zone && keeps_zone;
    return result < 0 ? result
                      : gale__make_datetime(call->rendering, &gale__time_class, &time, out);
}

static int datetime_time(gale_call *call, gale_value *out)
{
    return time_of(call, false, out);
}

static int datetime_timetz(gale_call *call, gale_value *out)
{
    return time_of(call, true, out);
}

static int datetime_timestamp(gale_call *call, gale_value *out)
{
    struct gale__datetime *t;
    int result = no_arguments(call, &t);

    *out = gale_value_float((double)gale__unix_us(t) / 1e6);
    return result;
}

static int datetime_astimezone(gale_call *call, gale_value *out)
{
    gale_value zone;
    int result = gale__only_arg(call, &zone);

    return result < 0
               ? result
               : gale__datetime_from_unix(call, &gale__datetime_class,
                                          gale__unix_us(gale_call_object(call)), zone, false, out);
}

static int utcoffset(gale_call *call, gale_value *out)
{
    struct gale__datetime *t;
    int result = no_arguments(call, &t);

    *out = gale_value_none();
    if (result < 0 || !t->has_zone)
        return result;
    return gale__make_timedelta(call->rendering, (gale__wide)t->zone.offset * 1000000, out);
}

static int tzname_of(gale_call *call, gale_value *out)
{
    struct gale__datetime *t;
    int result = no_arguments(call, &t);

    *out = gale_value_none();
    return result < 0 || !t->has_zone ? result : gale__zone_text(call->rendering, &t->zone, out);
}

static const gale_name date_methods[] = {
    { .name = "ctime", .function = ctime_of },
    { .name = "isocalendar", .function = isocalendar },
    { .name = "isoformat", .function = isoformat },
    { .name = "isoweekday", .function = isoweekday },
    { .name = "replace", .function = gale__datetime_replace },
    { .name = "strftime", .function = strftime_of },
    { .name = "toordinal", .function = toordinal },
    { .name = "weekday", .function = weekday },
    { 0 },
};

static const gale_name time_methods[] = {
    { .name = "isoformat", .function = isoformat },
    { .name = "replace", .function = gale__datetime_replace },
    { .name = "strftime", .function = strftime_of },
    { .name = "tzname", .function = tzname_of },
    { .name = "utcoffset", .function = utcoffset },
    { 0 },
};

static const gale_name datetime_methods[] = {
    { .name = "astimezone", .function = datetime_astimezone },
    { .name = "ctime", .function = ctime_of },
    { .name = "date", .function = datetime_date },
    { .name = "isocalendar", .function = isocalendar },
    { .name = "isoformat", .function = isoformat },
    { .name = "isoweekday", .function = isoweekday },
    { .name = "replace", .function = gale__datetime_replace },
    { .name = "strftime", .function = strftime_of },
    { .name = "time", .function = datetime_time },
    { .name = "timestamp", .function = datetime_timestamp },
    { .name = "timetz", .function = datetime_timetz },
    { .name = "toordinal", .function = toordinal },
    { .name = "tzname", .function = tzname_of },
    { .name = "utcoffset", .function = utcoffset },
    { .name = "weekday", .function = weekday },
    { 0 },
};

/* --- attributes ---- */

static int attribute(gale_rendering *r, const gale_object_class *cls, struct gale__datetime *t,
                     gale_str name, gale_value *out)
{
    size_t first = cls == &gale__time_class ? HOUR : 0;
    size_t last = cls == &gale__date_class ? HOUR : ZONE;

    for (size_t i = first; i < last; i++) {
        if (gale__str_equal(name, gale__str(gale__datetime_part_names[i]))) {
            *out = gale_value_int(*gale__datetime_part(t, i));
            return 0;
        }
    }
    if (last != ZONE || !gale__str_equal(name, GALE__STR("tzinfo")))
        return GALE_ENOTFOUND;
    *out = gale_value_none();
    return t->has_zone ? gale__make_zone(r, &t->zone, out) : 0;
}

static int date_attribute(gale_rendering *r, void *object, gale_str name, gale_value *out)
{
    return attribute(r, &gale__date_class, object, name, out);
}

static int time_attribute(gale_rendering *r, void *object, gale_str name, gale_value *out)
{
    return attribute(r, &gale__time_class, object, name, out);
}

static int datetime_attribute(gale_rendering *r, void *object, gale_str name, gale_value *out)
{
    return attribute(r, &gale__datetime_class, object, name, out);
}

/* --- text ---- */

static int repr(gale_rendering *r, const gale_object_class *cls, struct gale__datetime *t,
                gale_value *out)
{
    struct gale__text_builder b = { .r = r };
    const char *comma = "";
    size_t last = cls == &gale__date_class ? HOUR
                  : t->microsecond         ? ZONE
                  : t->second              ? ZONE - 1
                                           : ZONE - 2;
    gale_value zone;

    gale__text_printf(&b, "%s(", cls->name);
    for (size_t i = cls == &gale__time_class ? HOUR : 0; i < last; i++) {
        gale__text_printf(&b, "%s%d", comma, (int)*gale__datetime_part(t, i));
        comma = ", ";
    }
    if (t->has_zone && gale__make_zone(r, &t->zone, &zone) >= 0) {
        gale__text_printf(&b, ", tzinfo=");
        gale__text_add_repr(&b, zone);
    }
    gale__text_printf(&b, ")");
    return gale__text_finish(&b, out);
}

static int to_text(gale_rendering *r, const gale_object_class *cls, void *object, bool is_repr,
                   gale_value *out)
{
    if (is_repr)
        return repr(r, cls, object, out);
    return gale__datetime_iso(r, object, gale__datetime_parts_of(cls), GALE__STR(" "),
                              (gale_str){ 0 }, out);
}

static int date_text(gale_rendering *r, void *object, bool is_repr, gale_value *out)
{
    return to_text(r, &gale__date_class, object, is_repr, out);
}

static int time_text(gale_rendering *r, void *object, bool is_repr, gale_value *out)
{
    return to_text(r, &gale__time_class, object, is_repr, out);
}

static int datetime_text(gale_rendering *r, void *object, bool is_repr, gale_value *out)
{
    return to_text(r, &gale__datetime_class, object, is_repr, out);
}

static int date_format(gale_rendering *r, void *object, gale_str spec, gale_value *out)
{
    return spec.len ? gale__datetime_strftime(r, object, spec, out)
                    : date_text(r, object, false, out);
}

static int time_format(gale_rendering *r, void *object, gale_str spec, gale_value *out)
{
    return spec.len ? gale__datetime_strftime(r, object, spec, out)
                    : time_text(r, object, false, out);
}

static int datetime_format(gale_rendering *r, void *object, gale_str spec, gale_value *out)
{
    return spec.len ? gale__datetime_strftime(r, object, spec, out)
                    : datetime_text(r, object, false, out);
}

/* --- relations ---- */

static int compare(gale_rendering *r, const gale_object_class *cls, const struct gale__datetime *a,
                   gale_value other, int *out)
{
    const struct gale__datetime *b = gale_value_host(other, cls);
    int64_t x, y;

    if (!b)
        return GALE_ENOTFOUND;
    if (a->has_zone != b->has_zone)
        return gale__raise(r, GALE__TYPE_ERROR, "can't compare offset-naive and offset-aware %s",
                           cls == &gale__time_class ? "times" : "datetimes");
    x = gale__datetime_us(a, true);
    y = gale__datetime_us(b, true);
    *out = x < y ? -1 : x > y;
    return 0;
}

static bool equal(const gale_object_class *cls, const struct gale__datetime *a, gale_value other)
{
    const struct gale__datetime *b = gale_value_host(other, cls);

    return b && a->has_zone == b->has_zone &&
           gale__datetime_us(a, true) == gale__datetime_us(b, true);
}

static int date_compare(gale_rendering *r, void *object, gale_value other, int *out)
{
    return compare(r, &gale__date_class, object, other, out);
}

static int time_compare(gale_rendering *r, void *object, gale_value other, int *out)
{
    return compare(r, &gale__time_class, object, other, out);
}

static int datetime_compare(gale_rendering *r, void *object, gale_value other, int *out)
{
    return compare(r, &gale__datetime_class, object, other, out);
}

static int date_equal(gale_rendering *r, void *object, gale_value other, bool *out)
{
    (void)r;
    *out = equal(&gale__date_class, object, other);
    return 0;
}

static int time_equal(gale_rendering *r, void *object, gale_value other, bool *out)
{
    (void)r;
    *out = equal(&gale__time_class, object, other);
    return 0;
}

static int datetime_equal(gale_rendering *r, void *object, gale_value other, bool *out)
{
    (void)r;
    *out = equal(&gale__datetime_class, object, other);
    return 0;
}

static uint64_t hash(void *object)
{
    return (uint64_t)gale__datetime_us(object, true) * 0x9e3779b97f4a7c15u;
}

/* --- classes ---- */

const gale_object_class gale__date_class = {
    .name = "datetime.date",
    .attributes = date_methods,
    .get_attribute = date_attribute,
    .to_text = date_text,
    .compare = date_compare,
    .equal = date_equal,
    .binary = gale__datetime_binary,
    .format = date_format,
    .hash = hash,
};

const gale_object_class gale__time_class = {
    .name = "datetime.time",
    .attributes = time_methods,
    .get_attribute = time_attribute,
    .to_text = time_text,
    .compare = time_compare,
    .equal = time_equal,
    .format = time_format,
    .hash = hash,
};

const gale_object_class gale__datetime_class = {
    .name = "datetime.datetime",
    .attributes = datetime_methods,
    .get_attribute = datetime_attribute,
    .to_text = datetime_text,
    .compare = datetime_compare,
    .equal = datetime_equal,
    .binary = gale__datetime_binary,
    .format = datetime_format,
    .hash = hash,
};
