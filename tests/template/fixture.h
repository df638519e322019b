/* fixture.h - a rendering made by hand, for tests of values without templates.
 *
 *     struct fixture f;
 *
 *     fixture_start(&f);
 *     … f.r is a gale_rendering with the default limits …
 *     fixture_end(&f);
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TESTS_TEMPLATE_FIXTURE_H
#define GALE_TESTS_TEMPLATE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "template/rendering.h"

struct fixture {
    gale_rendering *r; /* of rendering below */
    struct gale__rendering rendering;
    gale_template_options options;
};

static inline void fixture_start(struct fixture *f)
{
    *f = (struct fixture){ 0 };
    f->r = &f->rendering.pub;
    f->r->steps_left = GALE__MAX_STEPS;
    f->rendering.memory_left = GALE__MAX_MEMORY;
    f->rendering.depth_left = GALE__MAX_DEPTH;
    f->rendering.options = &f->options;
    gale__arena_init(&f->rendering.arena);
}

static inline void fixture_end(struct fixture *f)
{
    gale__arena_reset(&f->rendering.arena);
}

static inline gale_value fixture_text(const char *s)
{
    return gale_value_borrowed_text(s, strlen(s));
}

/* What a JSON text says, borrowed from the rendering: an ARRAY, a MAP … Quotes may be single. */
static inline gale_value fixture_json(struct fixture *f, const char *text)
{
    char copy[4096];
    gale_value v;
    size_t len = strlen(text);

    assert_true(len < sizeof(copy));
    for (size_t i = 0; i <= len; i++)
        copy[i] = text[i] == '\'' ? '"' : text[i];
    assert_int_equal(
        gale_value_take_json(f->r, &v, json_loads(copy, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL)),
        0);
    return v;
}

/* The same as values that the template itself made: LIST and DICT. "[1, 2]" with tuples true
 * gives tuples for lists. */
static inline gale_value fixture_own_of(struct fixture *f, gale_value v, bool tuples)
{
    gale_value own = v;
    const char *key;
    json_t *item;

    if (v.kind == GALE_VALUE_ARRAY) {
        size_t n = json_array_size(v.u.json);

        assert_int_equal(gale_value_list(f->r, &own, NULL, 0), 0);
        for (size_t i = 0; i < n; i++) {
            gale_value x = gale_value_json(json_array_get(v.u.json, i));

            assert_int_equal(gale_value_append(f->r, own, fixture_own_of(f, x, tuples)), 0);
        }
        if (tuples)
            own.kind = GALE_VALUE_TUPLE;
    } else if (v.kind == GALE_VALUE_MAP) {
        assert_int_equal(gale_value_dict(f->r, &own), 0);
        json_object_foreach(v.u.json, key, item)
        {
            gale_value x = fixture_own_of(f, gale_value_json(item), tuples);

            assert_int_equal(gale_value_set(f->r, own, fixture_text(key), x), 0);
        }
    }
    return own;
}

static inline gale_value fixture_own(struct fixture *f, const char *json)
{
    return fixture_own_of(f, fixture_json(f, json), false);
}

static inline gale_value fixture_tuple(struct fixture *f, const char *json)
{
    return fixture_own_of(f, fixture_json(f, json), true);
}

static inline gale_value fixture_range(struct fixture *f, int64_t start, int64_t stop, int64_t step)
{
    struct gale__range_value *g = gale_value_alloc(f->r, sizeof(*g));

    assert_non_null(g);
    *g = (struct gale__range_value){ start, stop, step };
    return (gale_value){ .kind = GALE_VALUE_RANGE, .u.p = g };
}

/* repr(v), NUL-terminated; of a failure "KeyError: 'x'". */
static inline const char *fixture_shown(struct fixture *f, int code, gale_value v)
{
    gale_str text = { 0 };
    char *out;

    if (code < 0) {
        const struct gale__raised *raised = &f->rendering.raised;
        char *line = gale__arena_printf(&f->rendering.arena, "%s: %s",
                                        gale__exception_names[raised->cls], raised->text);

        assert_int_equal(f->r->code, code);
        assert_int_equal(raised->code, code);
        f->r->code = 0;
        return line;
    }
    assert_int_equal(f->r->code, 0);
    assert_int_equal(gale__value_repr(f->r, v, &text), 0);
    out = gale__arena_strndup(&f->rendering.arena, text.ptr, text.len);
    assert_non_null(out);
    return out;
}

/* That a call gave this: repr of its value, or "KeyError: 'x'". */
#define assert_value(f, code, v, expected) assert_string_equal(fixture_shown(f, code, v), expected)

#endif
