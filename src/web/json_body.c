/* json_body.c - the request's body as JSON: checked, parsed once, unpacked.
 *
 * Of a value that is not as the format wants it, the message names the place: jansson tells how far
 * it came in the format, and the keys up to there are in the list of arguments.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gale/json.h>
#include <limits.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "http/request.h"
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
    if (gale__request_count(request, GALE__HEADER_CONTENT_TYPE) > 1)
        return gale__handler_refuse(self, "Content-Type twice");
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
        json_t *value; /* NULL: it is not there */
    } open[GALE_JSON_DEPTH];
    size_t depth;
    json_t *body;
};

/* The value at the place; NULL: none. */
static json_t *value_at(const struct place *place)
{
    size_t top = place->depth - 1;

    if (!place->depth)
        return place->body;
    if (!place->open[top].is_object)
        return json_array_get(place->open[top].value, place->open[top].index);
    return place->open[top].key ? json_object_get(place->open[top].value, place->open[top].key)
                                : NULL;
}

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
        place->open[place->depth].value = value_at(place);
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

static struct place *new_place(gale_handler *self, json_t *body)
{
    struct place *place = gale_alloc(self, sizeof(*place));

    if (place) {
        place->depth = 0;
        place->body = body;
    }
    return place;
}

/* The value that the letter at position, from 1, is for. */
static const char *find_name(gale_handler *self, const char *fmt, int position, va_list *ap)
{
    struct place *place = new_place(self, NULL);

    if (!place)
        return "";
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
    case json_error_item_not_found:
    case json_error_index_out_of_range:
        return gale__handler_refuse(self, "JSON body: %s is missing",
                                    find_name(self, fmt, error->position, ap));
    case json_error_wrong_type:
        name = find_name(self, fmt, error->position, ap);
        return gale__handler_refuse(self, "JSON body: %s%s%s", name, *name ? ": " : "",
                                    error->text);
    default:
        return gale__handler_refuse(self, "JSON body: %s", error->text);
    }
}

/* An integer for an int must be one: jansson cuts it off. What the format wants is there. */
static int check_ints(gale_handler *self, json_t *body, const char *fmt, va_list *ap)
{
    struct place *place = strchr(fmt, 'i') ? new_place(self, body) : NULL;

    if (!place)
        return strchr(fmt, 'i') ? -ENOMEM : 0;
    for (; *fmt; fmt++) {
        json_int_t n = *fmt == 'i' ? json_integer_value(value_at(place)) : 0;

        if (n < INT_MIN || n > INT_MAX)
            return gale__handler_refuse(self, "JSON body: %s: the integer is too large",
                                        name_of(self, place));
        step(place, fmt, ap);
    }
    return 0;
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
    r = r < 0 ? refuse(self, fmt, &error, file, line, &again) : check_ints(self, body, fmt, &again);
    va_end(again);
    va_end(ap);
    return r;
}
