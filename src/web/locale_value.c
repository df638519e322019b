/* locale_value.c - a language in templates: the object "locale", the functions _ and pgettext. */
/* SPDX-License-Identifier: MIT */
#include "web/locale_value.h"

#include <errno.h>
#include <string.h>

#include <gale/render.h>

#include "base/clock.h"
#include "base/str.h"
#include "template/datetime.h"

/* --- translating --------------------------------------------------------------------------- */

/* A text of the catalogue or of the rendering: both outlive it. */
static int give(gale_value *out, const char *text)
{
    *out = gale_value_borrowed_text(text, strlen(text));
    return 0;
}

static bool is_given(gale_value v)
{
    return v.kind != GALE_VALUE_UNSET && v.kind != GALE_VALUE_NONE;
}

/* plural_message and count at an index and the next one; *plural is NULL without. */
static int take_plural(gale_call *call, size_t index, const char **plural, int64_t *count)
{
    int r;

    *plural = NULL;
    if (!is_given(gale_call_argument(call, index, "plural_message")))
        return 0;
    if (!is_given(gale_call_argument(call, index + 1, "count")))
        return gale_value_raise(call->rendering, "TypeError",
                                "%s() has a plural_message and no count", call->name);
    r = gale_call_text(call, index, "plural_message", plural);
    return r < 0 ? r : gale_call_int(call, index + 1, "count", count);
}

static int translate(gale_call *call, const gale_locale *l, gale_value *out)
{
    static const char *const names[] = { "message", "plural_message", "count", NULL };
    const char *message, *plural;
    int64_t count;
    int r = gale_call_check(call, 1, 3, names);

    if (r >= 0)
        r = gale_call_text(call, 0, "message", &message);
    if (r >= 0)
        r = take_plural(call, 1, &plural, &count);
    if (r < 0)
        return r;
    return give(out, plural ? gale_translate_plural(l, message, plural, count)
                            : gale_translate(l, message));
}

static int pgettext(gale_call *call, const gale_locale *l, gale_value *out)
{
    static const char *const names[] = { "context", "message", "plural_message", "count", NULL };
    const char *context, *message, *plural;
    int64_t count;
    int r = gale_call_check(call, 2, 4, names);

    if (r >= 0)
        r = gale_call_text(call, 0, "context", &context);
    if (r >= 0)
        r = gale_call_text(call, 1, "message", &message);
    if (r >= 0)
        r = take_plural(call, 2, &plural, &count);
    if (r < 0)
        return r;
    return give(out, plural ? gale_npgettext(l, context, message, plural, count)
                            : gale_pgettext(l, context, message));
}

/* --- formats --------------------------------------------------------------------------------- */

/* What is asked to be written, so that it can be done again into more room. */
struct asked {
    const gale_locale *locale;
    double time;
    gale_date_format format;
    bool is_dow;
    const char *const *parts;
    int64_t number;
    size_t (*write)(const struct asked *a, char *out, size_t size);
};

static size_t write_date(const struct asked *a, char *out, size_t size)
{
    return gale_format_date_into(a->locale, a->time, &a->format, out, size);
}

static size_t write_day(const struct asked *a, char *out, size_t size)
{
    return gale_format_day_into(a->locale, a->time, a->format.gmt_offset, a->is_dow, out, size);
}

static size_t write_list(const struct asked *a, char *out, size_t size)
{
    return gale_format_list_into(a->locale, a->parts, out, size);
}

static size_t write_number(const struct asked *a, char *out, size_t size)
{
    return gale_friendly_number_into(a->locale, a->number, out, size);
}

static int answer(gale_call *call, const struct asked *a, gale_value *out)
{
    char room[400], *text = room;
    size_t n = a->write(a, room, sizeof(room));

    if (n >= sizeof(room) && n != SIZE_MAX) {
        text = gale_value_alloc(call->rendering, n + 1);
        if (!text)
            return gale_value_memory_error(call->rendering);
        n = a->write(a, text, n + 1);
    }
    if (n == SIZE_MAX)
        return a->write == write_list
                   ? -ENOMEM
                   : gale_value_raise(call->rendering, "ValueError",
                                      "%s(): a time that no calendar has", call->name);
    return gale_value_text_n(call->rendering, out, text, n);
}

/* A date or datetime object without a zone is UTC. */
static double unix_time(const struct gale__datetime *t)
{
    static const struct gale__datetime epoch = { .year = 1970, .month = 1, .day = 1 };

    return (double)(gale__datetime_us(t, true) - gale__datetime_us(&epoch, true)) / 1e6;
}

static int take_date(gale_call *call, double *time)
{
    gale_value v = gale_call_argument(call, 0, "date");
    const struct gale__datetime *object = gale_value_host(v, &gale__datetime_class);
    struct gale__datetime parsed = { 0 };
    int r;

    if (!object)
        object = gale_value_host(v, &gale__date_class);
    if (object) {
        *time = unix_time(object);
        return 0;
    }
    if (v.kind == GALE_VALUE_TEXT) {
        r = gale__datetime_from_iso(call->rendering, (gale_str){ v.u.s, v.len },
                                    GALE__DATE | GALE__TIME, &parsed);
        *time = r < 0 ? 0 : unix_time(&parsed);
        return r;
    }
    if (v.kind == GALE_VALUE_INT || v.kind == GALE_VALUE_FLOAT)
        return gale_call_float(call, 0, "date", time);
    return gale_value_raise(call->rendering, "TypeError",
                            "%s() argument 'date' must be a datetime or a number, not %s",
                            call->name, gale_value_type(v));
}

static int take_offset(gale_call *call, int *offset)
{
    int64_t minutes = 0;
    int r = 0;

    if (is_given(gale_call_argument(call, 1, "gmt_offset")))
        r = gale_call_int(call, 1, "gmt_offset", &minutes);
    if (r >= 0 && (minutes < INT32_MIN || minutes > INT32_MAX))
        r = gale_value_raise(call->rendering, "OverflowError", "%s(): gmt_offset is too large",
                             call->name);
    *offset = (int)minutes;
    return r;
}

/* A switch among the arguments: its truth, or by_default when it was not given. */
static int take_flag(gale_call *call, size_t index, const char *name, bool by_default)
{
    gale_value v = gale_call_argument(call, index, name);

    if (v.kind == GALE_VALUE_UNSET)
        return by_default;
    return gale_value_is_true(call->rendering, v);
}

static int format_date(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "date",    "gmt_offset",  "relative",
                                         "shorter", "full_format", NULL };
    struct asked a = { .locale = gale_call_object(call), .write = write_date };
    int flags[3] = { 0 };
    int r = gale_call_check(call, 1, 5, names);

    if (r >= 0)
        r = take_date(call, &a.time);
    if (r >= 0)
        r = take_offset(call, &a.format.gmt_offset);
    for (size_t i = 0; i < 3 && r >= 0; i++)
        r = flags[i] = take_flag(call, i + 2, names[i + 2], i == 0);
    if (r < 0)
        return r;
    a.format.relative = flags[0] ? GALE_ON : GALE_OFF;
    a.format.shorter = flags[1] ? GALE_ON : GALE_OFF;
    a.format.full_format = flags[2] ? GALE_ON : GALE_OFF;
    a.format.now = gale__unix_time();
    return answer(call, &a, out);
}

static int format_day(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "date", "gmt_offset", "dow", NULL };
    struct asked a = { .locale = gale_call_object(call), .write = write_day };
    int r = gale_call_check(call, 1, 3, names);

    if (r >= 0)
        r = take_date(call, &a.time);
    if (r >= 0)
        r = take_offset(call, &a.format.gmt_offset);
    if (r >= 0)
        r = take_flag(call, 2, "dow", true);
    a.is_dow = r > 0;
    return r < 0 ? r : answer(call, &a, out);
}

/* The texts of all parts, ended by NULL. */
static int take_parts(gale_call *call, const char ***parts)
{
    gale_value list = gale_call_argument(call, 0, "parts"), item;
    gale_value_iter it;
    size_t n, i = 0;
    int r = gale_value_length(call->rendering, list, &n);

    if (r >= 0)
        r = gale_value_iterate(call->rendering, list, &it);
    if (r < 0)
        return r;
    *parts = gale_value_alloc(call->rendering, (n + 1) * sizeof(**parts));
    if (!*parts)
        return gale_value_memory_error(call->rendering);
    while (i < n && r >= 0 && (r = gale_value_next(call->rendering, &it, &item)) > 0) {
        r = gale_value_cstr(call->rendering, item, &(*parts)[i]);
        i += r >= 0;
    }
    (*parts)[i] = NULL;
    return r;
}

static int format_list(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "parts", NULL };
    struct asked a = { .locale = gale_call_object(call), .write = write_list };
    const char **parts;
    int r = gale_call_check(call, 1, 1, names);

    if (r >= 0)
        r = take_parts(call, &parts);
    if (r < 0)
        return r;
    a.parts = parts;
    return answer(call, &a, out);
}

static int friendly_number(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "value", NULL };
    struct asked a = { .locale = gale_call_object(call), .write = write_number };
    int r = gale_call_check(call, 1, 1, names);

    if (r >= 0)
        r = gale_call_int(call, 0, "value", &a.number);
    return r < 0 ? r : answer(call, &a, out);
}

/* --- the object --------------------------------------------------------------------------------
 */

static int get_code(gale_call *call, gale_value *out)
{
    return give(out, gale_locale_code(gale_call_object(call)));
}

static int get_name(gale_call *call, gale_value *out)
{
    return give(out, gale_locale_name(gale_call_object(call)));
}

static int get_rtl(gale_call *call, gale_value *out)
{
    *out = gale_value_bool(gale_locale_is_rtl(gale_call_object(call)));
    return 0;
}

static int method_translate(gale_call *call, gale_value *out)
{
    return translate(call, gale_call_object(call), out);
}

static int method_pgettext(gale_call *call, gale_value *out)
{
    return pgettext(call, gale_call_object(call), out);
}

static const gale_name attributes[] = {
    { .name = "code", .lazy = get_code },
    { .name = "format_date", .function = format_date },
    { .name = "format_day", .function = format_day },
    { .name = "friendly_number", .function = friendly_number },
    { .name = "list", .function = format_list },
    { .name = "name", .lazy = get_name },
    { .name = "pgettext", .function = method_pgettext },
    { .name = "rtl", .lazy = get_rtl },
    { .name = "translate", .function = method_translate },
    { 0 },
};

static const gale_object_class locale_class = { .name = "Locale", .attributes = attributes };

int gale_locale_value(gale_rendering *r, gale_value *out, const gale_locale *locale)
{
    return gale_value_object(r, out, &locale_class, (void *)(uintptr_t)locale);
}

/* --- names of templates ------------------------------------------------------------------------
 */

static int present_locale(gale_call *call, gale_value *out)
{
    return gale_locale_value(call->rendering, out, call->context);
}

static int present_translate(gale_call *call, gale_value *out)
{
    return translate(call, call->context, out);
}

static int present_pgettext(gale_call *call, gale_value *out)
{
    return pgettext(call, call->context, out);
}

const gale_name *gale_locale_names(void)
{
    static const gale_name names[] = {
        { .name = "_", .function = present_translate },
        { .name = "locale", .lazy = present_locale },
        { .name = "pgettext", .function = present_pgettext },
        { 0 },
    };

    return names;
}

/* The language of the request whose template calls. */
static const gale_locale *locale_of(gale_call *call)
{
    return gale_handler_locale(gale_call_handler(call));
}

int gale__locale_value(gale_call *call, gale_value *out)
{
    return gale_locale_value(call->rendering, out, locale_of(call));
}

int gale__locale_translate(gale_call *call, gale_value *out)
{
    return translate(call, locale_of(call), out);
}

int gale__locale_pgettext(gale_call *call, gale_value *out)
{
    return pgettext(call, locale_of(call), out);
}
