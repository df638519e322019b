/* datetime.h - dates, times and durations of templates: Python's datetime.
 *
 * A date is a datetime without a time, a time one of the first of January 1900; which of them an
 * object is says its class. Years are 1 to 9999; no zones but fixed offsets.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_DATETIME_H
#define GALE_TEMPLATE_DATETIME_H

#include "template/builtins.h"

__extension__ typedef __int128 gale__wide;

#define GALE__DAY_US INT64_C(86400000000)

struct gale__zone {
    int32_t offset;   /* seconds east of UTC */
    const char *name; /* of the rendering or static; NULL: made of the offset */
};

struct gale__datetime {
    int32_t year, month, day, hour, minute, second, microsecond;
    bool has_zone; /* "aware" */
    struct gale__zone zone;
};

struct gale__timedelta {
    gale__wide us;
};

extern const gale_object_class gale__date_class, gale__time_class, gale__datetime_class,
    gale__timedelta_class, gale__timezone_class;
extern const struct gale__host_type gale__date_type, gale__time_type, gale__datetime_class_type,
    gale__timedelta_type, gale__timezone_type;

/* --- the calendar: datetime_civil.c ---- */

/* Days; 1 is the first of January of year 1. */
int32_t gale__ordinal(int32_t year, int32_t month, int32_t day);
void gale__set_ordinal(struct gale__datetime *t, int32_t ordinal);
int32_t gale__month_days(int32_t year, int32_t month);
int32_t gale__weekday(const struct gale__datetime *t);  /* Monday is 0 */
int32_t gale__year_day(const struct gale__datetime *t); /* from 1 */
/* The ISO week and the year it belongs to. */
int32_t gale__iso_week(const struct gale__datetime *t, int32_t *year);
/* Microseconds since the first day, as it stands there; with utc its offset taken off. */
int64_t gale__datetime_us(const struct gale__datetime *t, bool utc);
/* False: the year is out of range. The zone stays. */
bool gale__set_us(struct gale__datetime *t, gale__wide us);
/* Unix time as local time of the process, or as UTC. */
bool gale__set_unix(struct gale__datetime *t, gale__wide us, bool utc);
/* Unix time in microseconds; without a zone it is local time. */
gale__wide gale__unix_us(const struct gale__datetime *t);
/* Whether all parts are in range: ValueError. */
int gale__datetime_check(gale_rendering *r, const struct gale__datetime *t);

/* --- texts: datetime_format.c, datetime_parse.c ---- */

enum gale__datetime_parts { GALE__DATE = 1, GALE__TIME = 2 };

/* ISO form of the parts, sep (UTF-8) between them; timespec as Python's, NULL "auto". */
int gale__datetime_iso(gale_rendering *r, const struct gale__datetime *t, unsigned parts,
                       gale_str sep, gale_str timespec, gale_value *out);
int gale__datetime_strftime(gale_rendering *r, const struct gale__datetime *t, gale_str format,
                            gale_value *out);
/* "UTC", "UTC+01:00" or the zone's name. */
int gale__zone_text(gale_rendering *r, const struct gale__zone *zone, gale_value *out);
/* ISO text with all of these parts; ValueError. */
int gale__datetime_from_iso(gale_rendering *r, gale_str s, unsigned parts,
                            struct gale__datetime *out);
int gale__datetime_strptime(gale_rendering *r, gale_str s, gale_str format,
                            struct gale__datetime *out);
extern const char *const gale__day_names[7], *const gale__month_names[12];

/* --- objects ---- */

int gale__make_datetime(gale_rendering *r, const gale_object_class *cls,
                        const struct gale__datetime *t, gale_value *out);
/* "year" … "microsecond", "tzinfo": the names of parts, and where the first ones are. */
enum { GALE__DATETIME_HOUR = 3, GALE__DATETIME_ZONE = 7 };
extern const char *const gale__datetime_part_names[];
int32_t *gale__datetime_part(struct gale__datetime *t, size_t i);
/* Of a method's self. */
const gale_object_class *gale__datetime_class_of(const gale_call *call);
unsigned gale__datetime_parts_of(const gale_object_class *cls);
int gale__datetime_text(gale_call *call, size_t index, const char *name, gale_str *out);
int gale__datetime_replace(gale_call *call, gale_value *out);
/* Unix time in a zone: UNSET or None is the process's own, or UTC without saying so. */
int gale__datetime_from_unix(gale_call *call, const gale_object_class *cls, gale__wide us,
                             gale_value zone, bool is_utc, gale_value *out);
int gale__make_timedelta(gale_rendering *r, gale__wide us, gale_value *out);
int gale__make_zone(gale_rendering *r, const struct gale__zone *zone, gale_value *out);
/* The zone an argument is (None: none): TypeError. */
int gale__zone_argument(gale_rendering *r, gale_value v, struct gale__datetime *t);
/* dates and durations under + - * / f %; the classes' binary. */
int gale__datetime_binary(gale_rendering *r, int op, gale_value a, gale_value b, gale_value *out);

#endif
