/* typed.c - arguments and path groups as numbers, switches, UUIDs and dates. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/str.h"
#include "web/argument_list.h"

/* A decimal integer; a plus sign is as good as none. One that no int64_t holds is far outside of
 * any range: -1 then, 0 for no integer, else 1. */
static int to_int64(const char *text, int64_t *out)
{
    const char *digits = text + (*text == '+' || *text == '-');

    if (!*digits || digits[strspn(digits, "0123456789")])
        return 0;
    return gale__str_to_int64(gale__str(*text == '+' ? digits : text), out) ? 1 : -1;
}

static int get_integer(gale_handler *self, const char *name, int64_t min, int64_t max, int64_t *out)
{
    const char *text;
    int64_t value;
    int r = gale_require_argument(self, name, &text);

    if (r < 0)
        return r;
    r = to_int64(text, &value);
    if (r == 0)
        return gale__argument_refuse(self, name, "is not an integer", text);
    if (r < 0 || value < min || value > max)
        return gale__argument_refuse(
            self, name,
            gale_printf_alloc(self, "is not between %lld and %lld", (long long)min, (long long)max),
            text);
    *out = value;
    return 0;
}

int gale_get_int(gale_handler *self, const char *name, int *out)
{
    int64_t value;
    int r = get_integer(self, name, INT_MIN, INT_MAX, &value);

    if (r < 0)
        return r;
    *out = (int)value;
    return 0;
}

int gale_get_int64(gale_handler *self, const char *name, int64_t *out)
{
    return get_integer(self, name, INT64_MIN, INT64_MAX, out);
}

int gale_get_int_range(gale_handler *self, const char *name, int64_t min, int64_t max, int64_t *out)
{
    return get_integer(self, name, min, max, out);
}

int gale_get_double(gale_handler *self, const char *name, double *out)
{
    const char *text;
    int r = gale_require_argument(self, name, &text);

    if (r < 0)
        return r;
    if (!gale__str_to_double(gale__str(text), out))
        return gale__argument_refuse(self, name, "is not a number", text);
    return 0;
}

static bool is_one_of(const char *text, const char *const *list)
{
    for (; *list; list++)
        if (gale__str_equal_nocase(gale__str(text), gale__str(*list)))
            return true;
    return false;
}

int gale_get_bool(gale_handler *self, const char *name, bool *out)
{
    static const char *const yes[] = { "1", "true", "on", "yes", NULL };
    static const char *const no[] = { "0", "false", "off", "no", NULL };
    const char *text;
    int r = gale_require_argument(self, name, &text);

    if (r < 0)
        return r;
    if (!is_one_of(text, yes) && !is_one_of(text, no))
        return gale__argument_refuse(self, name, "is neither true nor false", text);
    *out = is_one_of(text, yes);
    return 0;
}

/* "is not one of a, b, c" */
static const char *list_of(gale_handler *self, const char *const *values)
{
    const char *text = values[0] ? gale_printf_alloc(self, "is not one of %s", values[0])
                                 : "is not allowed";

    for (size_t i = 1; text && values[0] && values[i]; i++)
        text = gale_printf_alloc(self, "%s, %s", text, values[i]);
    return text ? text : "is not one of those allowed";
}

int gale_get_enum(gale_handler *self, const char *name, const char *const *values, int *out)
{
    const char *text;
    int r = gale_require_argument(self, name, &text);

    if (r < 0)
        return r;
    for (int i = 0; values[i]; i++)
        if (strcmp(values[i], text) == 0) {
            *out = i;
            return 0;
        }
    return gale__argument_refuse(self, name, list_of(self, values), text);
}

/* 8-4-4-4-12 hexadecimal digits, in lower case. */
static bool to_uuid(const char *text, char out[37])
{
    if (strlen(text) != 36)
        return false;
    for (int i = 0; i < 36; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (is_dash ? text[i] != '-' : gale__hex_value(text[i]) < 0)
            return false;
        out[i] = gale__lower(text[i]);
    }
    out[36] = 0;
    return true;
}

int gale_get_uuid(gale_handler *self, const char *name, const char **out)
{
    const char *text;
    char uuid[37];
    int r = gale_require_argument(self, name, &text);

    if (r < 0)
        return r;
    if (!to_uuid(text, uuid))
        return gale__argument_refuse(self, name, "is not a UUID", text);
    text = gale_printf_alloc(self, "%s", uuid);
    if (!text)
        return -ENOMEM;
    *out = text;
    return 0;
}

static int days_of(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && is_leap);
}

static int digits(const char *text, int n)
{
    int value = 0;

    for (int i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = 10 * value + (text[i] - '0');
    }
    return value;
}

static bool to_date(const char *text, gale_date *out)
{
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return false;
    *out = (gale_date){ digits(text, 4), digits(text + 5, 2), digits(text + 8, 2) };
    return out->year >= 1 && out->month >= 1 && out->month <= 12 && out->day >= 1 &&
           out->day <= days_of(out->year, out->month);
}

int gale_get_date(gale_handler *self, const char *name, gale_date *out)
{
    const char *text;
    gale_date date;
    int r = gale_require_argument(self, name, &text);

    if (r < 0)
        return r;
    if (!to_date(text, &date))
        return gale__argument_refuse(self, name, "is not a date as YYYY-MM-DD", text);
    *out = date;
    return 0;
}

int gale_path_int(gale_handler *self, const char *name, int64_t *out)
{
    const char *text = gale_path_argument_named(self, name);

    if (!text)
        return gale_fail(self, 404, "no %s in the path", name);
    if (!gale__str_to_int64(gale__str(text), out))
        return gale_fail(self, 404, "%s in the path is no integer that fits: \"%.40s\"", name,
                         text);
    return 0;
}
