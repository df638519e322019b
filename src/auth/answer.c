/* answer.c - reads what the provider answers. Nothing of it is quoted but error codes: answers hold
 * tokens. See answer.h. */
/* SPDX-License-Identifier: MIT */
#include "auth/answer.h"

#include <errno.h>
#include <string.h>

#include <gale/json.h>

#include "base/buf.h"
#include "base/escape.h"
#include "base/json.h"
#include "proto/form.h"

enum { MAX_FIELDS = 100, DEPTH = 32, VALUE_MAX = 64 << 10 };

bool gale__auth_is_visible(const char *text)
{
    const char *c = text;

    while (c && *c > 0x20 && *c < 0x7f)
        c++;
    return text && *text && !*c;
}

/* --- name=value pairs ------------------------------------------------------------- */

static json_t *unescape(gale_str text)
{
    struct gale__buf plain;
    json_t *value = NULL;

    gale__buf_init(&plain, VALUE_MAX);
    if (gale__url_unescape(&plain, text, true) >= 0)
        value = json_stringn(plain.ptr ? plain.ptr : "", plain.len);
    gale__buf_deinit(&plain);
    return value;
}

static bool add_field(json_t *object, const struct gale__form_field *field)
{
    json_t *name = unescape(field->name), *value = unescape(field->value);
    bool done = name && value && strlen(json_string_value(name)) == json_string_length(name) &&
                !json_object_get(object, json_string_value(name)) &&
                json_object_set(object, json_string_value(name), value) == 0;

    json_decref(name);
    json_decref(value);
    return done;
}

static json_t *parse_form(gale_str body)
{
    struct gale__form form;
    struct gale__form_field field;
    json_t *object = json_object();
    int r;

    gale__form_init(&form, body, MAX_FIELDS);
    while (object && (r = gale__form_next(&form, &field)) != 0)
        if (r < 0 || !add_field(object, &field)) {
            json_decref(object);
            object = NULL;
        }
    return object;
}

/* --- either ----------------------------------------------------------------------- */

static bool is_form(const gale_http_response *response)
{
    const char *type = gale_http_response_header(response, "Content-Type");
    gale_str text = gale__str_trim_lines(response->body);

    if (text.len && (*text.ptr == '{' || *text.ptr == '['))
        return false;
    return !type || !strncmp(type, "application/x-www-form-urlencoded", 33) ||
           !strncmp(type, "text/plain", 10);
}

static json_t *parse(const gale_http_response *response, bool may_be_form)
{
    json_t *value;
    int error;

    if (may_be_form && is_form(response))
        return parse_form(response->body);
    value = gale__json_decode_strict(response->body, DEPTH, &error);
    if (value && !json_is_object(value) && !json_is_array(value)) {
        json_decref(value);
        return NULL;
    }
    return value;
}

static gale_str text_of(const json_t *object, const char *name)
{
    return gale__str(json_string_value(json_object_get(object, name)));
}

static int check_error(struct gale__auth_call *call, const char *what, const json_t *value)
{
    const json_t *error = json_object_get(value, "error");

    if (json_is_string(error))
        return gale__auth_refused(call, GALE_AUTH_REFUSED, what, text_of(value, "error"),
                                  text_of(value, "error_description"));
    if (json_is_object(error))
        return gale__auth_refused(call, GALE_AUTH_REFUSED, what,
                                  json_is_string(json_object_get(error, "type"))
                                      ? text_of(error, "type")
                                      : GALE__STR("error"),
                                  text_of(error, "message"));
    return 0;
}

int gale__auth_answer(struct gale__auth_call *call, const char *what,
                      const gale_http_response *response, bool may_be_form, struct json_t **out)
{
    json_t *value = parse(response, may_be_form);
    int r = gale__auth_own_json(call, value);

    if (r >= 0)
        r = check_error(call, what, value);
    if (r < 0)
        return r;
    if (response->status >= 300)
        return gale__auth_fail(call, GALE_AUTH_BAD_ANSWER, "%s answers with status %d", what,
                               response->status);
    if (!value)
        return gale__auth_fail(call, GALE_AUTH_BAD_ANSWER, "%s answers with no JSON", what);
    *out = value;
    return 0;
}
