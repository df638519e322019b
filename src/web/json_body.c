/* json_body.c - the request's body as JSON: checked, parsed once, unpacked.
 *
 * Of a value that is not as the format wants it, the message names the place: jansson tells how far
 * it came in the format, and the keys up to there are in the list of arguments.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gale/json.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "web/argument_list.h"

struct gale__json_body {
    json_t *value;
};

static bool is_json(gale_str type)
{
    type = gale__str_trim(gale__str_head(type, gale__str_find(type, ';')));
    if (gale__str_equal_nocase(type, GALE__STR("application/json")))
        return true;
    /* +json of anything: type "/" subtype */
    return type.len > 5 && gale__str_find(type, '/') < type.len - 5 &&
           gale__str_equal_nocase(gale__str_skip(type, type.len - 5), GALE__STR("+json"));
}

/* 413, 415 and what else can be said before parsing. */
static int check_body(gale_handler *self)
{
    const gale_request *request = &self->x->request;
    int64_t max = gale__limit(self->route->limits.max_json_size, INT64_MAX);

    if (self->x->streaming)
        return gale_err(GALE_ESTATE, "gale_get_json: the class streams the body");
    if (!is_json(gale__request_field(request, GALE__HEADER_CONTENT_TYPE)))
        return gale_fail(self, 415, "the body is not application/json");
    if (gale__request_field(request, GALE__HEADER_CONTENT_ENCODING).len)
        return gale_fail(self, 415, "Unsupported Content-Encoding");
    if ((uint64_t)request->body.len > (uint64_t)max)
        return gale_fail(self, 413, "a JSON body of %zu bytes", request->body.len);
    return 0;
}

static void end_json(void *arg)
{
    json_decref(((struct gale__json_body *)arg)->value);
}

static int parse(gale_handler *self, struct gale__handler_more *more)
{
    struct gale__json_body *body = gale_alloc(self, sizeof(*body));
    int64_t depth = gale__limit(self->route->limits.max_json_depth, GALE_JSON_DEPTH);
    int code = -ENOMEM;

    if (!body)
        return -ENOMEM;
    body->value = gale__json_decode_strict(
        self->x->request.body, depth < GALE_JSON_DEPTH ? (unsigned)depth : GALE_JSON_DEPTH, &code);
    if (!body->value)
        return code == -ENOMEM ? code : gale__handler_refuse(self, "%s", gale_strerror(code));
    code = gale_defer(self, end_json, body);
    if (code >= 0)
        more->json = body;
    return code;
}

int gale_get_json(gale_handler *self, json_t **out)
{
    struct gale__handler_more *more = gale__handler_more(self);
    int r;

    if (!more)
        return -ENOMEM;
    if (!more->json) {
        r = check_body(self);
        if (r >= 0)
            r = parse(self, more);
        if (r < 0)
            return r;
    }
    *out = more->json->value;
    return 0;
}

/* A place inside of the format: objects and arrays that are open. */
struct place {
    struct {
        bool is_object, wants_key;
        const char *key;
        size_t index;
    } open[GALE_JSON_DEPTH];
    size_t depth;
};

static void end_value(struct place *place)
{
    if (place->depth == 0)
        return;
    place->open[place->depth - 1].wants_key = true;
    place->open[place->depth - 1].index++;
}

/* One letter of the format, and the arguments that it takes. */
static void step(struct place *place, const char *fmt, va_list *ap)
{
    size_t top = place->depth - 1;

    if (strchr("{[", *fmt) && place->depth < GALE_JSON_DEPTH) {
        place->open[place->depth].is_object = *fmt == '{';
        place->open[place->depth].wants_key = true;
        place->open[place->depth].key = NULL;
        place->open[place->depth++].index = 0;
    } else if (strchr("}]", *fmt) && place->depth) {
        place->depth--;
        end_value(place);
    } else if (*fmt == 's' && place->depth && place->open[top].is_object &&
               place->open[top].wants_key) {
        place->open[top].key = va_arg(*ap, const char *);
        place->open[top].wants_key = false;
    } else if (strchr("sbiIfFoO", *fmt)) {
        (void)va_arg(*ap, void *);
        if (*fmt == 's' && fmt[1] == '%')
            (void)va_arg(*ap, void *);
        end_value(place);
    } else if (*fmt == 'n') {
        end_value(place);
    }
}

/* "a.b[1]"; "" for the whole. */
static const char *name_of(gale_handler *self, const struct place *place)
{
    const char *name = "";

    for (size_t i = 0; i < place->depth && name; i++) {
        if (!place->open[i].is_object)
            name = gale_printf_alloc(self, "%s[%zu]", name, place->open[i].index);
        else if (place->open[i].key)
            name = gale_printf_alloc(self, "%s%s%s", name, *name ? "." : "", place->open[i].key);
    }
    return name ? name : "";
}

/* The value that the letter at position, from 1, is for. */
static const char *find_name(gale_handler *self, const char *fmt, int position, va_list *ap)
{
    struct place *place = gale_alloc(self, sizeof(*place));

    if (!place)
        return "";
    place->depth = 0;
    for (int i = 0; i < position - 1 && fmt[i]; i++)
        step(place, fmt + i, ap);
    return name_of(self, place);
}

static int refuse(gale_handler *self, const char *fmt, const json_error_t *error, const char *file,
                  int line, va_list *ap)
{
    const char *name;

    switch ((int)json_error_code(error)) {
    case json_error_out_of_memory:
        return -ENOMEM;
    case json_error_invalid_format:
    case json_error_invalid_argument:
    case json_error_null_value:
        return gale_err(GALE_EINVAL, "%s:%d: gale_unpack_json: %s at byte %d of '%s'", file, line,
                        error->text, error->position, fmt);
    case json_error_wrong_type:
        name = find_name(self, fmt, error->position, ap);
        return gale__handler_refuse(self, "JSON body: %s%s%s", name, *name ? ": " : "",
                                    error->text);
    default:
        return gale__handler_refuse(self, "JSON body: %s", error->text);
    }
}

int gale_unpack_json_at(gale_handler *self, const char *file, int line, const char *fmt, ...)
{
    json_error_t error;
    json_t *body;
    va_list ap, again;
    int r = gale_get_json(self, &body);

    if (r < 0)
        return r;
    va_start(ap, fmt);
    va_copy(again, ap);
    r = json_vunpack_ex(body, &error, 0, fmt, ap);
    if (r < 0)
        r = refuse(self, fmt, &error, file, line, &again);
    va_end(again);
    va_end(ap);
    return r;
}
