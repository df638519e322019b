/* builtins_escape.c - Tornado's functions in every template: escape, url_escape, linkify … */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <gale/escape.h>
#include <gale/json.h>

#include "base/escape.h"
#include "base/json.h"
#include "template/builtins.h"

/* The text that is to be converted. */
static int text_argument(gale_call *call, const char *name, gale_str *out)
{
    gale_value v = gale_call_argument(call, 0, name);

    if (v.kind != GALE_VALUE_TEXT && v.kind != GALE_VALUE_BYTES)
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "%s() expected text or bytes, not %s; str(x) makes a text of anything",
                           call->name, gale_value_type(v));
    *out = gale__value_slice(v);
    return gale__work(call->rendering, out->len * 4);
}

/* A buffer that holds no more than the rendering may. */
static void begin(gale_call *call, struct gale__buf *b)
{
    int64_t left = gale__rendering(call->rendering)->memory_left;

    gale__buf_init(b, left > 0 ? (size_t)left : 0);
}

static int escape(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "value", NULL };
    struct gale__buf b;
    gale_str s;
    int result = gale_call_check(call, 1, 1, names);

    if (result >= 0)
        result = text_argument(call, "value", &s);
    if (result < 0)
        return result;
    begin(call, &b);
    gale__xhtml_escape(&b, s);
    return gale__text_of_buf(call->rendering, &b, out);
}

static int squeeze(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "value", NULL };
    struct gale__buf b;
    gale_str s;
    int result = gale_call_check(call, 1, 1, names);

    if (result >= 0)
        result = text_argument(call, "value", &s);
    if (result < 0)
        return result;
    begin(call, &b);
    gale__squeeze(&b, s);
    return gale__text_of_buf(call->rendering, &b, out);
}

static int url_escape(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "value", "plus", NULL };
    struct gale__buf b;
    bool is_plus = true;
    gale_str s;
    int result = gale_call_check(call, 1, 2, names);

    if (result >= 0)
        result = text_argument(call, "value", &s);
    if (result >= 0)
        result = gale__arg_bool(call, 1, "plus", &is_plus);
    if (result < 0)
        return result;
    begin(call, &b);
    gale__url_escape(&b, s, is_plus);
    return gale__text_of_buf(call->rendering, &b, out);
}

int gale__json_of(gale_rendering *r, gale_value v, gale_value *out)
{
    int64_t left = gale__rendering(r)->memory_left;
    json_t *json = gale_value_to_json(r, v);
    struct gale__buf b;
    int result;

    if (!json)
        return r->code < 0 ? r->code
                           : gale__raise(r, GALE__TYPE_ERROR, "%s", gale_strerror(GALE_EINVAL));
    gale__buf_init(&b, left > 0 ? (size_t)left : 0);
    result = gale__json_dump(json, &b);
    json_decref(json);
    if (result < 0 && b.error == 0) { /* not for want of room: infinite, nested too deep */
        gale__buf_deinit(&b);
        return gale__raise(r, GALE__VALUE_ERROR, "%s", gale_strerror(result));
    }
    return gale__text_of_buf(r, &b, out);
}

static int json_encode(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "value", NULL };
    int result = gale_call_check(call, 1, 1, names);

    if (result < 0)
        return result;
    return gale__json_of(call->rendering, gale_call_argument(call, 0, "value"), out);
}

/* --- linkify ---- */

struct linking {
    gale_call *call;
    gale_value function; /* extra_params, when it is called with each URL */
    int error;
};

/* What a function says about a URL. */
static gale_str extra_of(void *arg, gale_str href)
{
    struct linking *l = arg;
    gale_value url, extra = { 0 };
    gale_str s = { "", 0 };
    gale_rendering *r = l->call->rendering;

    if (l->error == 0)
        l->error = gale_value_text_n(r, &url, href.ptr, href.len);
    if (l->error == 0)
        l->error = gale_value_call(r, l->function, &url, 1, &extra);
    if (l->error == 0)
        l->error = gale_value_str(r, extra, &s);
    return s;
}

static int read_protocols(gale_call *call, const char ***out)
{
    gale_value v = gale_call_argument(call, 4, "permitted_protocols");
    const gale_value *items;
    uint32_t n;
    int result;

    if (!gale__is_given(v))
        return 0;
    result = gale__items_of(call->rendering, v, &items, &n);
    if (result < 0)
        return result;
    *out = gale__alloc_array(call->rendering, (size_t)n + 1, sizeof(**out));
    if (!*out)
        return gale_value_memory_error(call->rendering);
    for (uint32_t i = 0; i < n && result >= 0; i++)
        result = gale_value_cstr(call->rendering, items[i], &(*out)[i]);
    (*out)[n] = NULL;
    return result;
}

static int read_options(gale_call *call, gale_linkify_options *o, struct linking *l)
{
    gale_value extra = gale_call_argument(call, 2, "extra_params");
    const char **protocols = NULL;
    bool shorten = false, require = false;
    int result = gale__arg_bool(call, 1, "shorten", &shorten);

    if (result >= 0)
        result = gale__arg_bool(call, 3, "require_protocol", &require);
    if (result >= 0)
        result = read_protocols(call, &protocols);
    if (result >= 0 && gale__is_text(extra))
        result = gale_value_cstr(call->rendering, extra, &o->extra_params);
    else if (extra.kind != GALE_VALUE_UNSET)
        l->function = extra;
    o->shorten = shorten ? GALE_ON : GALE_OFF;
    o->require_protocol = require ? GALE_ON : GALE_OFF;
    o->permitted_protocols = protocols;
    return result;
}

static int linkify(gale_call *call, gale_value *out)
{
    static const char *const names[] = {
        "text", "shorten", "extra_params", "require_protocol", "permitted_protocols", NULL
    };
    gale_linkify_options o = { 0 };
    struct linking l = { .call = call };
    struct gale__linkify_extra extra = { .of = extra_of, .arg = &l };
    struct gale__buf b;
    gale_str s;
    int result = gale_call_check(call, 1, 5, names);

    if (result >= 0)
        result = text_argument(call, "text", &s);
    if (result >= 0)
        result = read_options(call, &o, &l);
    if (result < 0)
        return result;
    begin(call, &b);
    gale__linkify_with(&b, s, &o, l.function.kind == GALE_VALUE_UNSET ? NULL : &extra);
    if (l.error < 0) {
        gale__buf_deinit(&b);
        return l.error;
    }
    return gale__text_of_buf(call->rendering, &b, out);
}

const gale_name gale__escape_builtins[] = {
    { .name = "escape", .function = escape },
    { .name = "json_encode", .function = json_encode },
    { .name = "linkify", .function = linkify },
    { .name = "squeeze", .function = squeeze },
    { .name = "url_escape", .function = url_escape },
    { .name = "xhtml_escape", .function = escape },
    { 0 },
};
