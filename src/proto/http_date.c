/* http_date.c - see http_date.h.
 *
 * Days are counted in years that begin in March, so that the leap day comes last and the
 * days before a month are a linear formula; eras of 400 years keep the numbers positive.
 */
/* SPDX-License-Identifier: MIT */
#include "proto/http_date.h"

#include <string.h>

#include <gale/error.h>
#include "proto/char_class.h"

#define MIN_TIME INT64_C(-62167219200) /* 0000-01-01 00:00:00 */
#define MAX_TIME INT64_C(253402300799) /* 9999-12-31 23:59:59 */

static const char day_names[7][10] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday" };
static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

struct date {
    int year, month, day; /* month 1 to 12 */
    int hour, minute, second;
};

static int64_t days_from_date(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = (y >= 0 ? y : y - 399) / 400;
    int year_of_era = y - era * 400;
    int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return (int64_t)era * 146097 + day_of_era - 719468;
}

static void date_from_days(int64_t days, struct date *d)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int doe = (int)(z - era * 146097);
    int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int mp = (5 * doy + 2) / 153;

    d->day = doy - (153 * mp + 2) / 5 + 1;
    d->month = mp < 10 ? mp + 3 : mp - 9;
    d->year = (int)(yoe + era * 400) + (d->month <= 2);
}

static void put2(char *dst, int n)
{
    dst[0] = (char)('0' + n / 10);
    dst[1] = (char)('0' + n % 10);
}

void gale__http_date_format(char dst[GALE__HTTP_DATE_LEN + 1], int64_t unix_time)
{
    int64_t t = unix_time < MIN_TIME ? MIN_TIME : unix_time > MAX_TIME ? MAX_TIME : unix_time;
    int64_t days = (t >= 0 ? t : t - 86399) / 86400;
    int second = (int)(t - days * 86400);
    struct date d;

    date_from_days(days, &d);
    memcpy(dst, "DDD, dd MMM yyyy hh:mm:ss GMT", GALE__HTTP_DATE_LEN + 1);
    memcpy(dst, day_names[((days + 4) % 7 + 7) % 7], 3);
    put2(dst + 5, d.day);
    memcpy(dst + 8, month_names + (size_t)3 * (size_t)(d.month - 1), 3);
    put2(dst + 12, d.year / 100);
    put2(dst + 14, d.year % 100);
    put2(dst + 17, second / 3600);
    put2(dst + 20, second / 60 % 60);
    put2(dst + 23, second % 60);
}

static int read_month(const char *p)
{
    for (int i = 0; i < 12; i++)
        if (memcmp(month_names + (size_t)3 * (size_t)i, p, 3) == 0)
            return i + 1;
    return 0;
}

/* Matches s with form: 'D' day of the month, 'N' name of the month (three of them), 'Y' year,
 * 'h' 'm' 's' digits, '_' a digit of the day or a space; anything else stands for itself. */
static bool match(const char *form, const char *s, size_t len, struct date *d)
{
    if (len != strlen(form))
        return false;
    for (size_t i = 0; i < len; i++) {
        int *field = form[i] == 'D'   ? &d->day
                     : form[i] == '_' ? &d->day
                     : form[i] == 'Y' ? &d->year
                     : form[i] == 'h' ? &d->hour
                     : form[i] == 'm' ? &d->minute
                     : form[i] == 's' ? &d->second
                                      : NULL;

        if (form[i] == 'N') {
            d->month = read_month(s + i);
            if (!d->month)
                return false;
            i += 2;
        } else if (form[i] == '_' && s[i] == ' ') {
            continue;
        } else if (!field && s[i] != form[i]) {
            return false;
        } else if (field && !GALE__CHAR_IS(s[i], GALE__CHAR_DIGIT)) {
            return false;
        } else if (field) {
            *field = *field * 10 + (s[i] - '0');
        }
    }
    return true;
}

/* The length of a day's name at s: short unless long_name. 0 when there is none. */
static size_t day_name_len(const char *s, size_t len, bool long_name)
{
    for (int i = 0; i < 7; i++) {
        size_t n = long_name ? strlen(day_names[i]) : 3;

        if (len >= n && memcmp(s, day_names[i], n) == 0)
            return n;
    }
    return 0;
}

static int year_of(int64_t unix_time)
{
    struct date d;

    date_from_days(unix_time / 86400, &d);
    return d.year;
}

static int full_year(int two_digits, int64_t now)
{
    int this_year = year_of(now);
    int year = this_year - this_year % 100 + two_digits;

    if (year > this_year + 50)
        return year - 100;
    return year <= this_year - 50 ? year + 100 : year;
}

static bool read_date(const char *s, size_t len, int64_t now, struct date *d)
{
    size_t n = day_name_len(s, len, false);
    size_t n_long = day_name_len(s, len, true);

    if (n && match(", DD NNN YYYY hh:mm:ss GMT", s + n, len - n, d))
        return true;
    *d = (struct date){ 0 };
    if (n && match(" NNN _D hh:mm:ss YYYY", s + n, len - n, d))
        return true;
    *d = (struct date){ 0 };
    if (!n_long || !match(", DD-NNN-YY hh:mm:ss GMT", s + n_long, len - n_long, d))
        return false;
    d->year = full_year(d->year, now);
    return true;
}

static bool is_date(const struct date *d)
{
    static const int8_t lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = d->year % 4 == 0 && (d->year % 100 != 0 || d->year % 400 == 0);
    int last = lengths[d->month - 1] + (d->month == 2 && leap);

    return d->day >= 1 && d->day <= last && d->hour <= 23 && d->minute <= 59 && d->second <= 60;
}

int gale__http_date_parse(const char *s, size_t len, int64_t now, int64_t *out)
{
    struct date d = { 0 };

    if (!read_date(s, len, now, &d) || !is_date(&d))
        return GALE_EINVAL;
    *out = days_from_date(d.year, d.month, d.day) * 86400 + d.hour * 3600 + d.minute * 60 +
           d.second;
    return 0;
}
