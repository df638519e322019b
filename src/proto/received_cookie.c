/* received_cookie.c - see received_cookie.h. */
/* SPDX-License-Identifier: MIT */
#include "proto/received_cookie.h"

#include <math.h>

#include "base/str.h"
#include "proto/http_date.h"

static const double longest = 400.0 * 86400;

static bool has_control(gale_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 0x7f)
            return true;
    return false;
}

/* Also with '-' in a date of four digits for the year, which was common once. */
static bool parse_date(gale_str text, double now, double *out)
{
    char plain[GALE__HTTP_DATE_LEN + 11];
    int64_t seconds;

    if (text.len >= sizeof(plain))
        return false;
    if (gale__http_date_parse(text.ptr, text.len, (int64_t)now, &seconds) < 0) {
        for (size_t i = 0; i < text.len; i++)
            plain[i] = text.ptr[i] == '-' ? ' ' : text.ptr[i];
        if (gale__http_date_parse(plain, text.len, (int64_t)now, &seconds) < 0)
            return false;
    }
    *out = (double)seconds;
    return true;
}

/* Digits, with a minus sign perhaps; however many. */
static bool parse_age(gale_str text, double now, double *out)
{
    bool negative = text.len && text.ptr[0] == '-';
    double age = 0;

    text = gale__str_skip(text, negative);
    if (!text.len)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        age = fmin(age * 10 + (text.ptr[i] - '0'), longest);
    }
    *out = negative || age == 0 ? -INFINITY : now + age;
    return true;
}

/* What is gathered of Max-Age, which counts for more, and Expires. */
struct times {
    double now, age, date;
    bool has_age, has_date;
};

static void take_attribute(struct gale__received_cookie *c, struct times *t, gale_str name,
                           gale_str value)
{
    if (gale__str_equal_nocase(name, GALE__STR("Secure"))) {
        c->secure = true;
    } else if (gale__str_equal_nocase(name, GALE__STR("HttpOnly"))) {
        c->http_only = true;
    } else if (gale__str_equal_nocase(name, GALE__STR("Domain"))) {
        c->domain = gale__str_skip(value, value.len && value.ptr[0] == '.');
    } else if (gale__str_equal_nocase(name, GALE__STR("Path"))) {
        c->path = value.len && value.ptr[0] == '/' ? value : (gale_str){ "", 0 };
    } else if (gale__str_equal_nocase(name, GALE__STR("Max-Age"))) {
        t->has_age |= parse_age(value, t->now, &t->age);
    } else if (gale__str_equal_nocase(name, GALE__STR("Expires"))) {
        t->has_date |= parse_date(value, t->now, &t->date);
    }
}

static void take_attributes(struct gale__received_cookie *c, struct times *t, gale_str rest)
{
    gale_str part;

    while (gale__str_split(&rest, ';', &part)) {
        gale_str name = gale__str_head(part, gale__str_find(part, '='));
        gale_str value = gale__str_trim(gale__str_skip(part, name.len + 1));

        if (value.len <= GALE__COOKIE_ATTRIBUTE_MAX)
            take_attribute(c, t, gale__str_trim(name), value);
    }
}

bool gale__received_cookie_parse(gale_str field, double now, struct gale__received_cookie *out)
{
    struct gale__received_cookie c = { .expires = INFINITY };
    struct times t = { .now = now };
    gale_str pair = gale__str_head(field, gale__str_find(field, ';'));
    size_t equals = gale__str_find(pair, '=');

    if (has_control(field))
        return false;
    c.value = gale__str_trim(equals < pair.len ? gale__str_skip(pair, equals + 1) : pair);
    if (equals < pair.len)
        c.name = gale__str_trim(gale__str_head(pair, equals));
    if ((!c.name.len && !c.value.len) || c.name.len + c.value.len > GALE__COOKIE_MAX)
        return false;
    take_attributes(&c, &t, gale__str_skip(field, pair.len + 1));
    if (t.has_age || t.has_date)
        c.expires = fmin(t.has_age ? t.age : t.date, now + longest);
    *out = c;
    return true;
}
