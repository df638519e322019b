/* fuzz_template_format.c - whatever is written as a format: a value in its form, or an exception.
 */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "template/datetime.h"
#include "template/format_spec.h"
#include "template/rendering.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { N_VALUES = 8 };

static void start(struct gale__rendering *g, const gale_template_options *options)
{
    *g = (struct gale__rendering){ .memory_left = 1 << 20, .depth_left = 20, .options = options };
    g->pub.steps_left = 100000;
    gale__arena_init(&g->arena);
}

/* Also what ends a rendering for good: here the next format is tried. */
static void forget(gale_rendering *r)
{
    gale__rendering(r)->raised.is_final = false;
    (void)gale__raise_clear(r);
}

/* What was made of it is a text that is one. */
static void check(gale_rendering *r, int result, gale_value v)
{
    GALE_ASSERT((result < 0) == (r->code < 0));
    if (result >= 0)
        GALE_ASSERT(v.kind == GALE_VALUE_TEXT && gale__utf8_valid(v.u.s, v.len));
    forget(r);
}

static void make_values(gale_rendering *r, gale_value values[N_VALUES])
{
    static const struct gale__datetime moment = {
        .year = 2020, .month = 2, .day = 29, .hour = 13, .microsecond = 5, .has_zone = true
    };

    values[0] = gale_value_int(-1234567);
    values[1] = gale_value_float(1234.5678);
    values[2] = gale_value_borrowed_text("h\303\251llo", 6);
    values[3] = gale_value_none();
    values[4] = gale_value_float(__builtin_inf());
    values[5] = gale_value_bool(true);
    GALE_ASSERT(gale__make_datetime(r, &gale__datetime_class, &moment, &values[6]) >= 0);
    GALE_ASSERT(gale_value_list(r, &values[7], values, 6) >= 0);
}

static void format_all(gale_rendering *r, gale_str s, const gale_value *values)
{
    gale_value format = gale_value_borrowed_text(s.ptr, s.len), out, tuple;
    gale_call call = {
        .rendering = r, .self = format, .args = values, .n_args = N_VALUES, .name = "format"
    };

    for (size_t i = 0; i < N_VALUES; i++) {
        check(r, gale__format_value(r, values[i], s, &out), out);
        check(r, gale__format_percent(r, format, values[i], &out), out);
    }
    if (gale_value_tuple(r, &tuple, values, N_VALUES) >= 0)
        check(r, gale__format_percent(r, format, tuple, &out), out);
    forget(r);
    check(r, gale__format_method(&call, &out), out);
}

static void parse_all(gale_rendering *r, gale_str s)
{
    struct gale__datetime t;
    gale_value out;
    size_t half = gale__str_find(s, '\n');

    for (unsigned parts = 1; parts <= 3; parts++) {
        forget(r);
        if (gale__datetime_from_iso(r, s, parts, &t) >= 0)
            check(r, gale__datetime_iso(r, &t, parts, GALE__STR("T"), (gale_str){ 0 }, &out), out);
    }
    forget(r);
    if (gale__datetime_strptime(r, gale__str_head(s, half), gale__str_skip(s, half + 1), &t) >= 0)
        check(r, gale__datetime_strftime(r, &t, s, &out), out);
    forget(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const gale_template_options options = { 0 };
    char *text = malloc(size ? size : 1); /* so that a read past the end is seen */
    struct gale__rendering g;
    gale_value values[N_VALUES];

    if (!text)
        abort();
    memcpy(text, data, size);
    if (gale__utf8_valid(text, size)) {
        start(&g, &options);
        make_values(&g.pub, values);
        format_all(&g.pub, (gale_str){ text, size }, values);
        parse_all(&g.pub, (gale_str){ text, size });
        gale__arena_reset(&g.arena);
    }
    free(text);
    return 0;
}
