/* pieces.c - the pieces of HTTP that gale/httputil.h offers: dates, URLs, parameters, Accept. */
/* SPDX-License-Identifier: MIT */
#include <gale/httputil.h>

#include <string.h>
#include <time.h>

#include "base/escape.h"
#include "base/str.h"
#include "proto/accept.h"
#include "proto/form.h"
#include "proto/http_date.h"
#include "proto/params.h"
#include "proto/range.h"
#include "proto/url.h"

#define LATEST 1e15 /* seconds, far outside of what a date can tell, and well inside of int64_t */

/* Whole seconds, rounded down. */
static int64_t whole_seconds(double t)
{
    int64_t whole;

    if (!(t > -LATEST && t < LATEST))
        return t >= LATEST ? (int64_t)LATEST : t <= -LATEST ? -(int64_t)LATEST : 0;
    whole = (int64_t)t;
    return whole - (t < (double)whole);
}

size_t gale_format_timestamp(double unix_time, char *out, size_t size)
{
    char date[GALE__HTTP_DATE_LEN + 1];

    gale__http_date_format(date, whole_seconds(unix_time));
    if (size) {
        size_t n = size > GALE__HTTP_DATE_LEN ? GALE__HTTP_DATE_LEN : size - 1;

        memcpy(out, date, n);
        out[n] = 0;
    }
    return GALE__HTTP_DATE_LEN;
}

int gale_parse_timestamp(const char *text, double *unix_time)
{
    int64_t t;
    int r = gale__http_date_parse(text, strlen(text), time(NULL), &t);

    if (r < 0)
        return gale_err(GALE_EINVAL, "no HTTP date: '%.64s'", text);
    *unix_time = (double)t;
    return 0;
}

static void put_pair(struct gale__buf *out, gale_str name, gale_str value, bool is_first)
{
    gale__buf_append_char(out, is_first ? '?' : '&');
    gale__url_escape(out, name, true);
    gale__buf_append_char(out, '=');
    gale__url_escape(out, value, true);
}

/* The pairs of a query, decoded and encoded again. How many. */
static size_t put_query(struct gale__buf *out, gale_str query)
{
    struct gale__form form;
    struct gale__form_field field;
    struct gale__buf plain;
    size_t n = 0;

    gale__buf_init(&plain, SIZE_MAX / 8);
    gale__form_init(&form, query, UINT32_MAX);
    while (gale__form_next(&form, &field) > 0) {
        size_t name_len;

        gale__buf_reset(&plain);
        gale__url_unescape(&plain, field.name, true);
        name_len = plain.len;
        if (gale__url_unescape(&plain, field.value, true) < 0) {
            out->error = plain.error;
            break;
        }
        put_pair(out, gale__str_head(gale__buf_str(&plain), name_len),
                 gale__str_skip(gale__buf_str(&plain), name_len), n++ == 0);
    }
    gale__buf_deinit(&plain);
    return n;
}

size_t gale_url_concat(const char *url, const gale_pair *pairs, char *out, size_t size)
{
    gale_str whole = gale__str(url);
    gale_str before = gale__str_head(whole, gale__str_find(whole, '#'));
    gale_str path = gale__str_head(before, gale__str_find(before, '?'));
    struct gale__buf buf;
    size_t n;

    gale__buf_init(&buf, SIZE_MAX / 8);
    gale__buf_append_str(&buf, path);
    n = put_query(&buf, gale__str_skip(before, path.len + 1));
    for (; pairs && pairs->name; pairs++)
        put_pair(&buf, gale__str(pairs->name), gale__str(pairs->value), n++ == 0);
    gale__buf_append_str(&buf, gale__str_skip(whole, before.len));
    return gale__buf_give(&buf, out, size);
}

int gale_split_host_and_port(const char *text, gale_str *host, int *port)
{
    return gale__split_host_port(gale__str(text), host, port);
}

int gale_parse_header_next(const char *field, const char **cursor, char **buffer, gale_str *key,
                           gale_str *value)
{
    struct gale__param param;
    int r = gale__param_next(gale__str(field), cursor, buffer, &param);

    if (r > 0) {
        *key = param.key;
        *value = param.value;
    }
    return r;
}

int gale_accept_quality(const char *field, const char *what)
{
    return gale__accept_quality(gale__str(field), gale__str(what));
}

int gale_accept_best(const char *field, const char *const *offers)
{
    int best = -1;
    int best_quality = 0;

    for (int i = 0; offers[i]; i++) {
        int quality = gale_accept_quality(field, offers[i]);

        if (quality <= best_quality)
            continue;
        best = i;
        best_quality = quality;
    }
    return best;
}

_Static_assert(sizeof(gale_range) == 2 * sizeof(int64_t), "a start and an end");

int gale_parse_range(const char *field, int64_t size, gale_range *out, size_t max)
{
    return gale__range_parse(gale__str(field), size, &out->start, max);
}
