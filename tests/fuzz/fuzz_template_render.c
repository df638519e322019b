/* fuzz_template_render.c - templates and values of any bytes: a rendering ends within its limits,
 * with a page or with a failure that says where; it does the same again, and changes no value of
 * the application.
 *
 * Input: a byte that chooses the options, the template, a record separator (1e), JSON.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <gale/template.h>

#include "base/alloc.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_STEPS = 3000, MAX_OUTPUT = 20000, MAX_MEMORY = 200000, MAX_DEPTH = 30 };

/* --- what templates are given ---- */

/* The argument again, or a failure without one. */
static int same(gale_call *call, gale_value *result)
{
    *result = gale_call_argument(call, 0, "v");
    return result->kind == GALE_VALUE_UNSET ? gale_err(-EIO, "nothing given") : 0;
}

/* Calls its argument, and goes on whatever happens. */
static int attempt(gale_call *call, gale_value *result)
{
    gale_value v = gale_call_argument(call, 0, NULL);

    if (gale_value_call(call->rendering, v, &v, 1, result) < 0)
        *result = gale_value_bool(false);
    return 0;
}

static int thing_attribute(gale_rendering *r, void *object, gale_str name, gale_value *out)
{
    return name.len > 3 ? GALE_ENOTFOUND : gale_value_text_n(r, out, name.ptr, name.len);
}

static int thing_item(gale_rendering *r, void *object, gale_value key, gale_value *out)
{
    *out = key;
    return 0;
}

static int thing_next(gale_rendering *r, void *object, size_t index, gale_value *out)
{
    *out = gale_value_int((int64_t)index);
    return index < 4 ? 0 : GALE_EEOF;
}

static const gale_name thing_names[] = { { .name = "same", .function = same },
                                         { .name = "kind", .text = "a <thing>" },
                                         { 0 } };
static const gale_object_class thing_class = { .name = "thing",
                                               .attributes = thing_names,
                                               .get_attribute = thing_attribute,
                                               .get_item = thing_item,
                                               .get_next = thing_next };

static int get_thing(gale_call *call, gale_value *result)
{
    static char object;

    return gale_value_object(call->rendering, result, &thing_class, &object);
}

static const gale_name table[] = { { .name = "same", .function = same },
                                   { .name = "attempt", .function = attempt },
                                   { .name = "thing", .lazy = get_thing },
                                   { .name = "text", .text = "a & b" },
                                   { 0 } };
static const gale_template_module tools = { .name = "tools", .names = table };
static const gale_template_module inner = { .name = "tools.inner", .names = table };
static const gale_template_module *const modules[] = { &tools, &inner, NULL };

/* --- rendering ---- */

/* Output in one block of the size of the limit: no more is ever asked for. */
static int grow(gale_template_out *out, size_t need)
{
    GALE_ASSERT(out->len + need <= MAX_OUTPUT);
    if (!out->data)
        out->data = malloc(MAX_OUTPUT);
    out->cap = MAX_OUTPUT;
    return out->data ? 0 : -1;
}

static int render(gale_template *t, json_t *values, gale_template_out *out,
                  gale_template_error *error)
{
    const gale_namespace names = { .values = values, .names = table };
    int code = gale_template_render(t, &names, out, error);

    GALE_ASSERT(code <= 0 && error->code == code && out->len <= MAX_OUTPUT);
    GALE_ASSERT((code < 0) == (error->message[0] != 0) && strlen(error->report) < 2048);
    return code;
}

/* Whether it asks for the time, which is another one at the second rendering. */
static bool has_clock(gale_str text)
{
    return memmem(text.ptr, text.len, "date", 4) || memmem(text.ptr, text.len, "strftime", 8);
}

static void check(gale_str text, const gale_template_options *options, json_t *values)
{
    gale_template_error error;
    gale_template *t = gale_template_new(text, "fuzz.html", NULL, options, &error);
    gale_template_out first = { .grow = grow }, second = { .grow = grow };
    json_t *before = json_deep_copy(values);
    int code;

    if (t) {
        code = render(t, values, &first, &error);
        GALE_ASSERT(json_equal(values, before));
        if (!has_clock(text)) {
            GALE_ASSERT(render(t, values, &second, &error) == code && first.len == second.len);
            GALE_ASSERT(first.len == 0 || memcmp(first.data, second.data, first.len) == 0);
        }
    }
    json_decref(before);
    free(first.data);
    free(second.data);
    gale_template_unref(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const escapes[] = { NULL, "None", "same", "contextual" };
    static const char *const modes[] = { NULL, "all", "single", "oneline" };
    gale_template_options options = { .modules = modules,
                                      .limits = { .max_steps = MAX_STEPS,
                                                  .max_output = MAX_OUTPUT,
                                                  .max_memory = MAX_MEMORY,
                                                  .max_depth = MAX_DEPTH } };
    gale_str rest, text;
    json_t *values;

    if (size == 0)
        return 0;
    options.autoescape = escapes[data[0] & 3];
    options.whitespace = modes[data[0] >> 2 & 3];
    rest = (gale_str){ (const char *)data + 1, size - 1 };
    gale__str_split(&rest, '\x1e', &text);
    values = rest.ptr ? json_loadb(rest.ptr, rest.len, JSON_ALLOW_NUL, NULL) : NULL;
    if (!json_is_object(values)) {
        json_decref(values);
        values = json_object();
    }
    check(text, &options, values);
    json_decref(values);
    return 0;
}
