/* date.c - times as a language writes them: "2 minutes ago", "yesterday at 1:05 pm".
 *
 * The English texts are the keys that catalogues made for Tornado translate; names of months and
 * weekdays are translated one by one. Nothing is asked of the process's locale or time zone.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/error.h>
#include <gale/locale.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "locale/locale.h"
#include "locale/say.h"

static const int64_t second = 1000000, day = INT64_C(86400) * 1000000; /* in microseconds */

enum { WORDS = 24 }; /* room for "%d:%02d pm" and numbers */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Microseconds of a Unix time in the years 1 to 9999, else a failure. */
static int to_us(double time, int64_t *us)
{
    if (!(time >= -62135596800.0 && time < 253402300800.0))
        return gale_err(GALE_EINVAL, "a time outside of the years 1 to 9999");
    *us = llround(time * 1e6);
    return 0;
}

/* A point in the calendar. */
struct when {
    int year, month, day; /* from 1 */
    int weekday;          /* Sunday is 0 */
    int hour, minute;
};

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t days_in(int64_t years) /* the first so many */
{
    return years * 365 + years / 4 - years / 100 + years / 400;
}

static int month_length(int month, int year)
{
    static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return lengths[month - 1] + (month == 2 && is_leap(year));
}

/* Year, month and day of so many days after the first of January of year 1. */
static void to_day(int64_t days, struct when *w)
{
    int64_t years = days * 400 / days_in(400); /* one more or less */

    years += (days_in(years + 1) <= days) - (days_in(years) > days);
    days -= days_in(years);
    w->year = (int)years + 1;
    w->month = 1;
    while (days >= month_length(w->month, w->year))
        days -= month_length(w->month++, w->year);
    w->day = (int)days + 1;
}

/* Not gmtime_r(): it looks at the environment, under a lock. */
static int to_calendar(int64_t us, struct when *w)
{
    int64_t minutes = floor_div(us, 60 * second) + days_in(1969) * 24 * 60;
    int64_t days = floor_div(minutes, 24 * 60);

    if (days < 0 || days >= days_in(9999))
        return gale_err(GALE_EINVAL, "a time outside of the years 1 to 9999");
    to_day(days, w);
    w->weekday = (int)((days + 1) % 7); /* it began on a Monday */
    w->hour = (int)(minutes % (24 * 60) / 60);
    w->minute = (int)(minutes % 60);
    return 0;
}

static const char *month_name(const gale_locale *l, const struct when *w)
{
    static const char *const months[] = { "January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December" };

    return gale_translate(l, months[w->month - 1]);
}

static const char *weekday_name(const gale_locale *l, const struct when *w)
{
    static const char *const names[] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
                                         "Thursday", "Friday", "Saturday" };

    return gale_translate(l, names[w->weekday]);
}

static void time_of_day(const gale_locale *l, const struct when *w, char out[WORDS])
{
    int hour = w->hour % 12 ? w->hour % 12 : 12;

    if (l->clock == GALE__CLOCK_24)
        snprintf(out, WORDS, "%d:%02d", w->hour, w->minute);
    else if (l->clock == GALE__CLOCK_AM_PM)
        snprintf(out, WORDS, "%d:%02d %s", hour, w->minute, w->hour < 12 ? "am" : "pm");
    else
        snprintf(out, WORDS, "%s%d:%02d", w->hour < 12 ? "上午" : "下午", hour, w->minute);
}

static void say_number_of(const gale_locale *l, const char *name, const char *one, const char *many,
                          int64_t n, struct gale__buf *buf)
{
    char number[WORDS];
    struct gale__said values[2] = { { name, { 0 } }, { 0 } };

    snprintf(number, sizeof(number), "%" PRId64, n);
    values[0].value = gale__str(number);
    gale__say(buf, gale_translate_plural(l, one, many, n), values);
}

/* To the nearest, halves to the even one, as Python rounds. */
static int64_t round_div(int64_t a, int64_t b)
{
    int64_t n = a / b, twice = a % b * 2;

    return n + (twice > b || (twice == b && n % 2));
}

/* "5 minutes ago"; seconds are those of less than a day. */
static void say_relative(const gale_locale *l, int64_t seconds, struct gale__buf *buf)
{
    if (seconds < 50)
        say_number_of(l, "seconds", "1 second ago", "%(seconds)d seconds ago", seconds, buf);
    else if (seconds < INT64_C(50) * 60)
        say_number_of(l, "minutes", "1 minute ago", "%(minutes)d minutes ago",
                      round_div(seconds, 60), buf);
    else
        say_number_of(l, "hours", "1 hour ago", "%(hours)d hours ago", round_div(seconds, 3600),
                      buf);
}

/* The time and how it lies to now. */
struct moment {
    struct when local, yesterday;
    int64_t days; /* whole ones since then */
    bool is_relative, is_short, is_full;
};

/* The English text for a moment, untranslated. */
static const char *absolute_text(const struct moment *m)
{
    if (m->is_full || m->days >= 334) /* eleven months: one month's name has one meaning */
        return m->is_short ? "%(month_name)s %(day)s, %(year)s"
                           : "%(month_name)s %(day)s, %(year)s at %(time)s";
    if (m->days == 0)
        return "%(time)s";
    if (m->days == 1 && m->is_relative && m->local.day == m->yesterday.day)
        return m->is_short ? "yesterday" : "yesterday at %(time)s";
    if (m->days < 5)
        return m->is_short ? "%(weekday)s" : "%(weekday)s at %(time)s";
    return m->is_short ? "%(month_name)s %(day)s" : "%(month_name)s %(day)s at %(time)s";
}

static void say_absolute(const gale_locale *l, const struct moment *m, struct gale__buf *buf)
{
    char clock[WORDS], day_text[WORDS], year[WORDS];
    struct gale__said values[] = {
        { "month_name", gale__str(month_name(l, &m->local)) },
        { "weekday", gale__str(weekday_name(l, &m->local)) },
        { "day", { day_text, 0 } },
        { "year", { year, 0 } },
        { "time", { clock, 0 } },
        { 0 },
    };

    time_of_day(l, &m->local, clock);
    values[2].value.len = (size_t)snprintf(day_text, sizeof(day_text), "%d", m->local.day);
    values[3].value.len = (size_t)snprintf(year, sizeof(year), "%d", m->local.year);
    values[4].value = gale__str(clock);
    gale__say(buf, gale_translate(l, absolute_text(m)), values);
}

static int say_date(const gale_locale *l, double time, const gale_date_format *format,
                    struct gale__buf *buf)
{
    static const gale_date_format plain;
    struct moment m = { 0 };
    int64_t date, now, offset;
    int r = to_us(time, &date);

    format = format ? format : &plain;
    if (r >= 0)
        r = to_us(format->now != 0 ? format->now : gale__unix_time(), &now);
    if (r < 0)
        return r;
    m.is_relative = format->relative != GALE_OFF;
    m.is_short = format->shorter == GALE_ON;
    m.is_full = format->full_format == GALE_ON;
    if (date > now && m.is_relative && date - now < 60 * second)
        date = now; /* clocks differ a little */
    else if (date > now)
        m.is_full = true;
    m.days = floor_div(now - date, day);
    if (m.is_relative && !m.is_full && m.days == 0) {
        say_relative(l, floor_div(now - date, second), buf);
        return buf->error;
    }
    offset = (int64_t)format->gmt_offset * 60 * second;
    r = to_calendar(date - offset, &m.local);
    if (r >= 0)
        r = to_calendar(now - offset - day, &m.yesterday);
    if (r >= 0)
        say_absolute(l, &m, buf);
    return r < 0 ? r : buf->error;
}

static int say_day(const gale_locale *l, double time, int gmt_offset, bool is_dow,
                   struct gale__buf *buf)
{
    struct gale__said values[4] = { { "month_name", { 0 } },
                                    { "weekday", { 0 } },
                                    { "day", { 0 } } };
    char number[WORDS];
    struct when w;
    int64_t date;
    int r = to_us(time, &date);

    if (r >= 0)
        r = to_calendar(date - (int64_t)gmt_offset * 60 * second, &w);
    if (r < 0)
        return r;
    snprintf(number, sizeof(number), "%d", w.day);
    values[0].value = gale__str(month_name(l, &w));
    values[1].value = gale__str(weekday_name(l, &w));
    values[2].value = gale__str(number);
    gale__say(buf,
              gale_translate(l, is_dow ? "%(weekday)s, %(month_name)s %(day)s"
                                       : "%(month_name)s %(day)s"),
              values);
    return buf->error;
}

/* After a failure of what wrote into the buffer: NULL, with its detail. */
static const char *keep(int r, struct gale__buf *buf, const char *what)
{
    if (r >= 0)
        return gale__say_keep(buf, what);
    gale__buf_deinit(buf);
    return NULL;
}

static size_t give(int r, struct gale__buf *buf, char *out, size_t size)
{
    if (r < 0)
        buf->error = r;
    return gale__buf_give(buf, out, size);
}

const char *gale_format_date(const gale_locale *l, double time, const gale_date_format *format)
{
    struct gale__buf buf;

    gale__buf_init(&buf, SIZE_MAX / 8);
    return keep(say_date(l, time, format, &buf), &buf, "gale_format_date");
}

size_t gale_format_date_into(const gale_locale *l, double time, const gale_date_format *format,
                             char *out, size_t size)
{
    struct gale__buf buf;

    gale__buf_init(&buf, SIZE_MAX / 8);
    return give(say_date(l, time, format, &buf), &buf, out, size);
}

const char *gale_format_day(const gale_locale *l, double time, int gmt_offset, bool is_dow)
{
    struct gale__buf buf;

    gale__buf_init(&buf, SIZE_MAX / 8);
    return keep(say_day(l, time, gmt_offset, is_dow, &buf), &buf, "gale_format_day");
}

size_t gale_format_day_into(const gale_locale *l, double time, int gmt_offset, bool is_dow,
                            char *out, size_t size)
{
    struct gale__buf buf;

    gale__buf_init(&buf, SIZE_MAX / 8);
    return give(say_day(l, time, gmt_offset, is_dow, &buf), &buf, out, size);
}
