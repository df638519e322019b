/* say.c - texts with values: placeholders, lists, numbers. See say.h. */
/* SPDX-License-Identifier: MIT */
#include "locale/say.h"

#include <errno.h>
#include <gale/error.h>
#include <gale/gen.h>
#include <gale/locale.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/str.h"
#include "locale/locale.h"

/* The value of the placeholder that s begins with, behind its "%"; *len is how long it is. */
static const gale_str *find_value(gale_str s, const struct gale__said *values, size_t *len)
{
    size_t end = gale__str_find(s, ')');
    gale_str name = gale__str_skip(gale__str_head(s, end), 1);

    if (!s.len || s.ptr[0] != '(' || end + 1 >= s.len ||
        (s.ptr[end + 1] != 's' && s.ptr[end + 1] != 'd'))
        return NULL;
    *len = end + 2;
    for (; values->name; values++)
        if (gale__str_equal(name, gale__str(values->name)))
            return &values->value;
    return NULL;
}

void gale__say(struct gale__buf *buf, const char *text, const struct gale__said *values)
{
    gale_str rest = gale__str(text);

    while (rest.len) {
        size_t n = gale__str_find(rest, '%'), len = 0;
        const gale_str *value;

        (void)gale__buf_append_str(buf, gale__str_head(rest, n));
        if (n == rest.len)
            return;
        rest = gale__str_skip(rest, n + 1);
        value = find_value(rest, values, &len);
        if (value)
            (void)gale__buf_append_str(buf, *value);
        else
            (void)gale__buf_append_char(buf, '%');
        if (value)
            rest = gale__str_skip(rest, len);
        else if (rest.len && rest.ptr[0] == '%')
            rest = gale__str_skip(rest, 1);
    }
}

const char *gale__say_keep(struct gale__buf *buf, const char *what)
{
    char *text = buf->error ? NULL : gale_scope_alloc(buf->len + 1);

    if (text) {
        if (buf->len)
            memcpy(text, buf->ptr, buf->len);
        text[buf->len] = 0;
    } else {
        gale_err(-ENOMEM, "%s: no memory, or not in a coroutine", what);
    }
    gale__buf_deinit(buf);
    return text;
}

static void say_list(const gale_locale *l, const char *const *parts, struct gale__buf *buf)
{
    struct gale__said values[3] = { { "commas", { 0 } }, { "last", { 0 } }, { 0 } };
    struct gale__buf commas;
    size_t n = 0;

    while (parts[n])
        n++;
    if (n < 2) {
        (void)gale__buf_append_cstr(buf, n ? parts[0] : "");
        return;
    }
    gale__buf_init(&commas, SIZE_MAX / 8);
    for (size_t i = 0; i + 1 < n; i++) {
        if (i)
            (void)gale__buf_append_cstr(&commas, l->is_persian ? " \xD9\x88 " : ", ");
        (void)gale__buf_append_cstr(&commas, parts[i]);
    }
    values[0].value = gale__buf_str(&commas);
    values[1].value = gale__str(parts[n - 1]);
    if (commas.error)
        buf->error = commas.error;
    gale__say(buf, gale_translate(l, "%(commas)s and %(last)s"), values);
    gale__buf_deinit(&commas);
}

const char *gale_format_list(const gale_locale *l, const char *const *parts)
{
    struct gale__buf buf;

    gale__buf_init(&buf, SIZE_MAX / 8);
    say_list(l, parts, &buf);
    return gale__say_keep(&buf, "gale_format_list");
}

size_t gale_format_list_into(const gale_locale *l, const char *const *parts, char *out, size_t size)
{
    struct gale__buf buf;

    gale__buf_init(&buf, SIZE_MAX / 8);
    say_list(l, parts, &buf);
    return gale__buf_give(&buf, out, size);
}

static void say_number(const gale_locale *l, int64_t value, struct gale__buf *buf)
{
    uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
    char digits[24];
    int n = snprintf(digits, sizeof(digits), "%" PRIu64, size);

    if (value < 0)
        (void)gale__buf_append_char(buf, '-');
    for (int i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0 && l->has_commas)
            (void)gale__buf_append_char(buf, ',');
        (void)gale__buf_append_char(buf, digits[i]);
    }
}

const char *gale_friendly_number(const gale_locale *l, int64_t value)
{
    struct gale__buf buf;

    gale__buf_init(&buf, 64);
    say_number(l, value, &buf);
    return gale__say_keep(&buf, "gale_friendly_number");
}

size_t gale_friendly_number_into(const gale_locale *l, int64_t value, char *out, size_t size)
{
    struct gale__buf buf;

    gale__buf_init(&buf, 64);
    say_number(l, value, &buf);
    return gale__buf_give(&buf, out, size);
}
