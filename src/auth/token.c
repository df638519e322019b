/* token.c - asks for tokens (RFC 6749 3.2, 5). See token.h. */
/* SPDX-License-Identifier: MIT */
#include "auth/token.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include <gale/json.h>

#include "auth/answer.h"
#include "auth/provider.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/number.h"

enum { CREDENTIALS_MAX = 8 << 10, FIELDS = GALE__AUTH_PARAMS + 3 };

static const char what_tokens[] = "the token end point";

/* "Basic …": id and secret form-encoded first, as RFC 6749 2.3.1 wants. NULL: noted. */
static const char *basic_field(struct gale__auth_call *call)
{
    const gale_auth_options *o = &call->provider->o;
    struct gale__buf plain;
    char *field = NULL;

    gale__buf_init(&plain, CREDENTIALS_MAX);
    gale__url_escape(&plain, gale__str(o->client_id), true);
    gale__buf_append_char(&plain, ':');
    if (gale__url_escape(&plain, gale__str(o->client_secret), true) < 0)
        (void)!gale__auth_internal(call, plain.error);
    else
        field = gale__auth_alloc(call, 6 + gale__base64_size(GALE__BASE64_STD, plain.len) + 1);
    if (field) {
        memcpy(field, "Basic ", 6);
        gale__base64_encode(GALE__BASE64_STD, gale__buf_str(&plain), field + 6);
    }
    gale__buf_deinit(&plain);
    return field;
}

static size_t put(gale_http_header *form, size_t n, const char *name, const char *value)
{
    if (value)
        form[n++] = (gale_http_header){ name, value };
    return n;
}

static void fill_form(const gale_auth_options *o, gale_auth_client_auth how,
                      const gale_pair *params, gale_http_header form[FIELDS])
{
    size_t n = 0;

    for (size_t i = 0; i < GALE__AUTH_PARAMS && params[i].name; i++)
        n = put(form, n, params[i].name, params[i].value);
    if (how != GALE_CLIENT_SECRET_BASIC)
        n = put(form, n, "client_id", o->client_id);
    if (how == GALE_CLIENT_SECRET_POST)
        n = put(form, n, "client_secret", o->client_secret);
    form[n] = (gale_http_header){ NULL, NULL };
}

int gale__auth_post(struct gale__auth_call *call, const char *what, const char *url,
                    const struct gale__auth_places *places, const gale_pair *params,
                    gale_http_response **out)
{
    gale_http_header form[FIELDS];
    gale_http_header headers[] = { { "Accept", "application/json" },
                                   { NULL, NULL },
                                   { NULL, NULL } };

    fill_form(&call->provider->o, places->client_auth, params, form);
    if (places->client_auth == GALE_CLIENT_SECRET_BASIC) {
        headers[1] = (gale_http_header){ "Authorization", basic_field(call) };
        if (!headers[1].value)
            return call->code;
    }
    return gale__auth_ask(call, what, url, &(gale_http_request){ .headers = headers, .form = form },
                          out);
}

/* --- what comes back -------------------------------------------------------------- */

static int bad(struct gale__auth_call *call, const char *why)
{
    return gale__auth_fail(call, GALE_AUTH_BAD_ANSWER, "%s: %s", what_tokens, why);
}

/* A number of seconds, also as text (old form-encoded answers); 0: none. */
static double seconds_of(const json_t *value)
{
    double seconds = json_number_value(value);

    if (json_is_string(value) &&
        !gale__str_to_double(gale__str(json_string_value(value)), &seconds))
        return 0;
    return isfinite(seconds) && seconds > 0 && seconds < 1e10 ? seconds : 0;
}

static const json_t *lifetime(const json_t *json)
{
    const json_t *value = json_object_get(json, "expires_in");

    return value ? value : json_object_get(json, "expires"); /* Facebook's, once */
}

static int read_tokens(struct gale__auth_call *call, json_t *json, gale_auth_tokens *out)
{
    double seconds = seconds_of(lifetime(json));
    const char *type = json_string_value(json_object_get(json, "token_type"));

    *out = (gale_auth_tokens){
        .access_token = json_string_value(json_object_get(json, "access_token")),
        .token_type = type ? "Bearer" : NULL,
        .refresh_token = json_string_value(json_object_get(json, "refresh_token")),
        .id_token = json_string_value(json_object_get(json, "id_token")),
        .scope = json_string_value(json_object_get(json, "scope")),
        .expires = seconds > 0 ? gale__unix_time() + seconds : 0,
        .json = json,
    };
    if (!gale__auth_is_visible(out->access_token))
        return bad(call, "no access_token");
    if (type && strcasecmp(type, "Bearer"))
        return bad(call, "a token_type that is not Bearer");
    return 0;
}

int gale__auth_ask_tokens(struct gale__auth_call *call, const struct gale__auth_places *places,
                          const gale_pair *params, gale_auth_tokens *out)
{
    gale_http_response *response;
    json_t *json;
    int r;

    if (!places->token_url)
        return gale__auth_internal(call, gale_err(GALE_EINVAL, "token_url is missing"));
    r = gale__auth_post(call, what_tokens, places->token_url, places, params, &response);
    if (r >= 0)
        r = gale__auth_answer(call, what_tokens, response, true, &json);
    if (r >= 0 && !json_is_object(json))
        r = bad(call, "no object");
    return r < 0 ? r : read_tokens(call, json, out);
}
