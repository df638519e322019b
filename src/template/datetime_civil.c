/* datetime_civil.c - the calendar (Gregorian, without end in both directions) and the clock. */
/* SPDX-License-Identifier: MIT */
#include <time.h>

#include "template/datetime.h"

enum {
    DAYS_400 = 146097, /* in 400 years */
    DAYS_100 = 36524,
    DAYS_4 = 1461,
    UNIX_ORDINAL = 719163, /* of 1970-01-01 */
    MAX_YEAR = 9999,
};

static bool is_leap(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int32_t gale__month_days(int32_t year, int32_t month)
{
    static const int8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return days[month - 1] + (month == 2 && is_leap(year));
}

static int32_t days_before(int32_t year, int32_t month)
{
    int32_t days = 0;

    for (int32_t m = 1; m < month; m++)
        days += gale__month_days(year, m);
    return days;
}

int32_t gale__ordinal(int32_t year, int32_t month, int32_t day)
{
    int32_t y = year - 1;

    return y * 365 + y / 4 - y / 100 + y / 400 + days_before(year, month) + day;
}

void gale__set_ordinal(struct gale__datetime *t, int32_t ordinal)
{
    int32_t n = ordinal - 1, hundreds, fours, ones;

    t->year = 400 * (n / DAYS_400) + 1;
    n %= DAYS_400;
    hundreds = n / DAYS_100 > 3 ? 3 : n / DAYS_100;
    n -= hundreds * DAYS_100;
    fours = n / DAYS_4;
    n -= fours * DAYS_4;
    ones = n / 365 > 3 ? 3 : n / 365;
    n -= ones * 365;
    t->year += 100 * hundreds + 4 * fours + ones;
    for (t->month = 1; n >= gale__month_days(t->year, t->month); t->month++)
        n -= gale__month_days(t->year, t->month);
    t->day = n + 1;
}

int32_t gale__weekday(const struct gale__datetime *t)
{
    return (gale__ordinal(t->year, t->month, t->day) + 6) % 7;
}

int32_t gale__year_day(const struct gale__datetime *t)
{
    return days_before(t->year, t->month) + t->day;
}

/* Weeks begin on Mondays; the first one of a year has its first Thursday. */
int32_t gale__iso_week(const struct gale__datetime *t, int32_t *year)
{
    int32_t thursday = gale__ordinal(t->year, t->month, t->day) + 3 - gale__weekday(t);
    struct gale__datetime of = { .year = t->year, .month = 1, .day = 1 };

    *year = t->year;
    if (thursday < 1) { /* the week before the first year's first one */
        *year = 0;
        return 52;
    }
    gale__set_ordinal(&of, thursday);
    *year = of.year;
    return (gale__year_day(&of) - 1) / 7 + 1;
}

int64_t gale__datetime_us(const struct gale__datetime *t, bool utc)
{
    int64_t seconds = (int64_t)gale__ordinal(t->year, t->month, t->day) * 86400 + t->hour * 3600 +
                      t->minute * 60 + t->second;

    if (utc && t->has_zone)
        seconds -= t->zone.offset;
    return seconds * 1000000 + t->microsecond;
}

bool gale__set_us(struct gale__datetime *t, gale__wide us)
{
    int32_t seconds;

    if (us < GALE__DAY_US || us >= (gale__wide)(gale__ordinal(MAX_YEAR, 12, 31) + 1) * GALE__DAY_US)
        return false;
    gale__set_ordinal(t, (int32_t)(us / GALE__DAY_US));
    us %= GALE__DAY_US;
    t->microsecond = (int32_t)(us % 1000000);
    seconds = (int32_t)(us / 1000000);
    t->hour = seconds / 3600;
    t->minute = seconds / 60 % 60;
    t->second = seconds % 60;
    return true;
}

/* --- Unix time ---- */

static bool set_local(struct gale__datetime *t, time_t seconds)
{
    struct tm tm;

    if (!localtime_r(&seconds, &tm) || tm.tm_year < 1 - 1900 || tm.tm_year > MAX_YEAR - 1900)
        return false;
    *t = (struct gale__datetime){ .year = tm.tm_year + 1900,
                                  .month = tm.tm_mon + 1,
                                  .day = tm.tm_mday,
                                  .hour = tm.tm_hour,
                                  .minute = tm.tm_min,
                                  .second = tm.tm_sec > 59 ? 59 : tm.tm_sec };
    return true;
}

bool gale__set_unix(struct gale__datetime *t, gale__wide us, bool utc)
{
    gale__wide seconds;

    if (utc)
        return gale__set_us(t, us + (gale__wide)UNIX_ORDINAL * GALE__DAY_US);
    seconds = us / 1000000 - (us % 1000000 < 0);
    if (seconds > INT64_C(1) << 40 || seconds < -(INT64_C(1) << 40) ||
        !set_local(t, (time_t)seconds))
        return false;
    t->microsecond = (int32_t)(us - seconds * 1000000);
    return true;
}

gale__wide gale__unix_us(const struct gale__datetime *t)
{
    struct tm tm = { .tm_year = t->year - 1900,
                     .tm_mon = t->month - 1,
                     .tm_mday = t->day,
                     .tm_hour = t->hour,
                     .tm_min = t->minute,
                     .tm_sec = t->second,
                     .tm_isdst = -1 };

    if (t->has_zone)
        return (gale__wide)gale__datetime_us(t, true) - (gale__wide)UNIX_ORDINAL * GALE__DAY_US;
    return (gale__wide)mktime(&tm) * 1000000 + t->microsecond;
}

/* --- ranges ---- */

static int check(gale_rendering *r, int32_t v, int32_t min, int32_t max, const char *message)
{
    return v >= min && v <= max ? 0 : gale__raise(r, GALE__VALUE_ERROR, "%s", message);
}

int gale__datetime_check(gale_rendering *r, const struct gale__datetime *t)
{
    int result;

    if (t->year < 1 || t->year > MAX_YEAR)
        return gale__raise(r, GALE__VALUE_ERROR, "year %d is out of range", (int)t->year);
    result = check(r, t->month, 1, 12, "month must be in 1..12");
    if (result >= 0)
        result = check(r, t->day, 1, gale__month_days(t->year, t->month),
                       "day is out of range for month");
    if (result >= 0)
        result = check(r, t->hour, 0, 23, "hour must be in 0..23");
    if (result >= 0)
        result = check(r, t->minute, 0, 59, "minute must be in 0..59");
    if (result >= 0)
        result = check(r, t->second, 0, 59, "second must be in 0..59");
    if (result >= 0)
        result = check(r, t->microsecond, 0, 999999, "microsecond must be in 0..999999");
    return result;
}
