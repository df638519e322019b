/* options_value.c - from texts to values of an option's type. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gale/error.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/options.h"
#include "base/str.h"

enum {
    MAX_VALUES = 100000, /* of one option: 0:2000000000 is a slip, not a list */
    SHOWN = 60           /* bytes of a bad text in a message */
};

void *gale__list_grow(void *items, size_t n, size_t *cap, size_t item_size)
{
    size_t bigger = *cap ? *cap * 2 : 8;

    if (n < *cap)
        return items;
    items = bigger < SIZE_MAX / item_size ? gale__realloc(items, bigger * item_size) : NULL;
    if (items)
        *cap = bigger;
    return items;
}

static int bad_value(gale_str text, const char *what)
{
    return gale_err(GALE_EINVAL, "'%.*s' is not %s", (int)gale__str_head(text, SHOWN).len,
                    text.ptr ? text.ptr : "", what);
}

static bool matches_word(gale_str text, const char *const *words)
{
    for (; *words; words++)
        if (gale__str_equal_nocase(text, gale__str(*words)))
            return true;
    return false;
}

static int parse_bool(gale_str text, struct gale__option_value *out)
{
    static const char *const truths[] = { "true", "1", "t", "yes", "y", "on", NULL };
    static const char *const lies[] = { "false", "0", "f", "no", "n", "off", NULL };

    out->integer = matches_word(text, truths);
    return out->integer || matches_word(text, lies) ? 0 : bad_value(text, "a boolean");
}

static int parse_integer(gale_str text, int type, struct gale__option_value *out)
{
    gale_str digits = gale__str_skip(text, text.len > 1 && text.ptr[0] == '+');

    if (!gale__str_to_int64(digits, &out->integer) || (digits.len < text.len && out->integer < 0))
        return bad_value(text, "an integer");
    if (type == GALE_OPTION_INT && (out->integer < INT_MIN || out->integer > INT_MAX))
        return bad_value(text, "an integer of 32 bits");
    return 0;
}

/* True when text is a day that exists in one of the formats, and nothing more. */
static bool matches_format(const char *text, const char *format, struct tm *out)
{
    struct tm tm = { .tm_year = 0, .tm_mday = 1 }; /* as Python: a time is of 1900-01-01 */
    const char *end = strptime_l(text, format, &tm, gale__c_locale());

    if (!end || *end)
        return false;
    struct tm again = tm;

    timegm(&again); /* also fills in the day of the week */
    *out = again;
    out->tm_isdst = -1;
    return again.tm_mday == tm.tm_mday && again.tm_sec == tm.tm_sec;
}

static int parse_datetime(gale_str text, const char *cstr, struct gale__option_value *out)
{
    static const char *const formats[] = {
        "%a %b %d %H:%M:%S %Y",
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M",
        "%Y%m%d %H:%M:%S",
        "%Y%m%d %H:%M",
        "%Y-%m-%d",
        "%Y%m%d",
        "%H:%M:%S",
        "%H:%M",
    };

    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (matches_format(cstr, formats[i], &out->time))
            return 0;
    return bad_value(text, "a date or time");
}

/* Seconds in a unit; 0 for a word that is none. */
static double unit_seconds(gale_str word)
{
    static const struct {
        const char *word;
        double seconds;
    } units[] = {
        { "", 1 },
        { "s", 1 },
        { "sec", 1 },
        { "second", 1 },
        { "m", 60 },
        { "min", 60 },
        { "minute", 60 },
        { "h", 3600 },
        { "hour", 3600 },
        { "d", 86400 },
        { "day", 86400 },
        { "w", 604800 },
        { "week", 604800 },
        { "ms", 1e-3 },
        { "millisecond", 1e-3 },
        { "us", 1e-6 },
        { "microsecond", 1e-6 },
    };

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        gale_str unit = gale__str(units[i].word);
        gale_str singular = word.len > 3 && word.ptr[word.len - 1] == 's'
                                ? gale__str_head(word, word.len - 1)
                                : word;

        if (gale__str_equal(word, unit) || (unit.len > 3 && gale__str_equal(singular, unit)))
            return units[i].seconds;
    }
    return 0;
}

/* How many bytes at the start of s are of a number, with sign and exponent. */
static size_t number_length(gale_str s)
{
    size_t i = s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+');

    while (i < s.len && ((s.ptr[i] >= '0' && s.ptr[i] <= '9') || s.ptr[i] == '.'))
        i++;
    size_t e = i + 1;

    if (i >= s.len || gale__lower(s.ptr[i]) != 'e')
        return i;
    e += e < s.len && (s.ptr[e] == '-' || s.ptr[e] == '+');
    if (e >= s.len || s.ptr[e] < '0' || s.ptr[e] > '9')
        return i;
    while (e < s.len && s.ptr[e] >= '0' && s.ptr[e] <= '9')
        e++;
    return e;
}

static size_t word_length(gale_str s)
{
    size_t i = 0;

    while (i < s.len && gale__lower(s.ptr[i]) >= 'a' && gale__lower(s.ptr[i]) <= 'z')
        i++;
    return i;
}

static int parse_timedelta(gale_str text, struct gale__option_value *out)
{
    gale_str rest = gale__str_trim(text);

    out->real = 0;
    while (rest.len > 0) {
        size_t n = number_length(rest);
        double number;

        if (!gale__str_to_double(gale__str_head(rest, n), &number))
            return bad_value(text, "a length of time");
        rest = gale__str_trim(gale__str_skip(rest, n));
        n = word_length(rest);
        double unit = unit_seconds(gale__str_head(rest, n));

        if (unit <= 0)
            return bad_value(text, "a length of time");
        out->real += number * unit;
        rest = gale__str_trim(gale__str_skip(rest, n));
    }
    return 0;
}

static int convert(const struct gale__option *option, gale_str text, struct gale__option_value *out)
{
    gale_str trimmed = gale__str_trim(text);

    switch (option->def.type) {
    case GALE_OPTION_INT:
    case GALE_OPTION_INT64:
        return parse_integer(trimmed, option->def.type, out);
    case GALE_OPTION_DOUBLE:
        return gale__str_to_double(trimmed, &out->real) ? 0 : bad_value(text, "a number");
    case GALE_OPTION_BOOL:
        return parse_bool(trimmed, out);
    case GALE_OPTION_DATETIME:
        return parse_datetime(text, out->text, out);
    case GALE_OPTION_TIMEDELTA:
        return parse_timedelta(text, out);
    case GALE_OPTION_CUSTOM:
        return option->def.parse(out->text, option->def.arg, &out->custom);
    default:
        return 0;
    }
}

static int compare(int type, const struct gale__option_value *a, const struct gale__option_value *b)
{
    if (type == GALE_OPTION_DOUBLE || type == GALE_OPTION_TIMEDELTA)
        return (a->real > b->real) - (a->real < b->real);
    return (a->integer > b->integer) - (a->integer < b->integer);
}

/* Whether a value is in the range that the definition gives. */
static int check_bounds(const struct gale__option *option, gale_str text,
                        const struct gale__option_value *value)
{
    const char *const bounds[] = { option->def.minimum, option->def.maximum };
    const char *const what[] = { "less", "more" };

    for (int i = 0; i < 2; i++) {
        struct gale__option_value bound = { .text = NULL };
        int r = bounds[i] ? convert(option, gale__str(bounds[i]), &bound) : 0;

        if (r < 0)
            return r;
        r = bounds[i] ? compare(option->def.type, value, &bound) : 0;
        if (i ? r > 0 : r < 0)
            return gale_err(GALE_EINVAL, "'%.*s' is %s than %s",
                            (int)gale__str_head(text, SHOWN).len, text.ptr, what[i], bounds[i]);
    }
    return 0;
}

int gale__option_check_bounds(const struct gale__option *option)
{
    const unsigned ordered = 1u << GALE_OPTION_INT | 1u << GALE_OPTION_INT64 |
                             1u << GALE_OPTION_DOUBLE | 1u << GALE_OPTION_TIMEDELTA;
    const gale_option_def *def = &option->def;
    struct gale__option_value low = { .text = NULL };
    int r = 0;

    if (!def->minimum && !def->maximum)
        return 0;
    if (!(ordered & 1u << def->type))
        return gale_err(GALE_EINVAL, "Option '%s' is of a type without minimum and maximum",
                        def->name);
    if (def->minimum)
        r = convert(option, gale__str(def->minimum), &low);
    if (r >= 0 && def->maximum)
        r = def->minimum ? check_bounds(option, gale__str(def->minimum), &low)
                         : convert(option, gale__str(def->maximum), &low);
    return r;
}

static int add_value(const struct gale__option *option, gale_str text,
                     struct gale__option_values *values)
{
    struct gale__option_value value = { .text = NULL };
    void *items = gale__list_grow(values->items, values->n, &values->cap, sizeof(value));

    if (!items)
        return -ENOMEM;
    values->items = items;
    if (values->n >= MAX_VALUES)
        return gale_err(GALE_ETOOBIG, "more than %d values", MAX_VALUES);
    value.text = gale__strndup(text.ptr ? text.ptr : "", text.len);
    if (!value.text)
        return -ENOMEM;
    int r = convert(option, text, &value);

    if (r >= 0 && (option->def.minimum || option->def.maximum))
        r = check_bounds(option, text, &value);
    if (r < 0) {
        gale__free(value.text);
        return r;
    }
    values->items[values->n++] = value;
    return 0;
}

/* lo:hi with both ends; an empty hi is lo. */
static int add_range(const struct gale__option *option, gale_str text, size_t colon,
                     struct gale__option_values *values)
{
    struct gale__option_value low, high;
    gale_str hi = gale__str_trim(gale__str_skip(text, colon + 1));
    int r = parse_integer(gale__str_trim(gale__str_head(text, colon)), option->def.type, &low);

    high = low;
    if (r >= 0 && hi.len > 0)
        r = parse_integer(hi, option->def.type, &high);
    for (int64_t i = low.integer; r >= 0 && i <= high.integer; i++) {
        char digits[24];
        int len = snprintf(digits, sizeof(digits), "%lld", (long long)i);

        r = add_value(option, (gale_str){ digits, (size_t)len }, values);
        if (i == INT64_MAX)
            break;
    }
    return r;
}

int gale__option_parse_value(const struct gale__option *option, gale_str text,
                             struct gale__option_values *values)
{
    bool is_integer = option->def.type == GALE_OPTION_INT || option->def.type == GALE_OPTION_INT64;
    size_t colon = gale__str_find(text, ':');

    if (memchr(text.ptr ? text.ptr : "", 0, text.len))
        return gale_err(GALE_EINVAL, "a NUL byte in the value");
    if (option->def.is_multiple && is_integer && colon < text.len)
        return add_range(option, text, colon, values);
    return add_value(option, text, values);
}

int gale__option_parse_text(const struct gale__option *option, gale_str text,
                            struct gale__option_values *values)
{
    gale_str rest = text, part;
    int r = 0;

    if (!option->def.is_multiple)
        return gale__option_parse_value(option, text, values);
    if (text.len == 0)
        return 0;
    while (r >= 0 && gale__str_split(&rest, ',', &part))
        r = gale__option_parse_value(option, part, values);
    return r;
}

void gale__option_values_free(const struct gale__option *option, struct gale__option_values *values)
{
    for (size_t i = 0; i < values->n; i++) {
        if (option->def.type == GALE_OPTION_CUSTOM && option->def.free_value)
            option->def.free_value(values->items[i].custom);
        gale__free(values->items[i].text);
    }
    gale__free(values->items);
    *values = (struct gale__option_values){ 0 };
}
