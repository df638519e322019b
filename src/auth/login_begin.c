/* login_begin.c - what each login begins with: randomness, where it comes back to, where it goes.
 */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <gale/web.h>

#include "auth/login.h"
#include "auth/provider.h"
#include "base/base64.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/utf8.h"
#include "web/argument_list.h"
#include "web/handler.h"

/* A cookie holds a login, and browsers keep 4096 bytes of one: JSON_MAX is of next as it is in
 * there, where what is not ASCII is longer. */
enum { RANDOM = 32, NEXT_MAX = 1024, JSON_MAX = 2 * NEXT_MAX + 2, ARGUMENT_MAX = 4 << 10 };

const char *gale__auth_random(struct gale__auth_call *call)
{
    char bytes[RANDOM];
    char *text = gale__auth_alloc(call, gale__base64_size(GALE__BASE64_URL, RANDOM) + 1);
    int r = text ? gale__random(bytes, sizeof(bytes)) : call->code;

    if (text && r < 0)
        (void)!gale__auth_internal(call, r);
    if (r < 0)
        return NULL;
    gale__base64_encode(GALE__BASE64_URL, (gale_str){ bytes, sizeof(bytes) }, text);
    return text;
}

/* A Host field as browsers send it: what stands there goes to the provider. */
static bool is_host(const char *host)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "-._~:[]";

    return *host && !host[strspn(host, allowed)];
}

const char *gale__auth_absolute(struct gale__auth_call *call, const char *path)
{
    const gale_request *request = gale_handler_request(call->self);
    const char *host = gale_request_host(request);

    if (!is_host(host)) {
        (void)!gale__auth_fail(call, GALE_AUTH_BAD_REQUEST, "the request's Host is none");
        return NULL;
    }
    return gale__auth_printf(call, "%s://%s%s", gale_request_protocol(request), host, path);
}

const char *gale__auth_redirect_uri(struct gale__auth_call *call)
{
    const char *uri = call->provider->o.redirect_uri;

    return *uri == '/' ? gale__auth_absolute(call, uri) : uri;
}

static bool can_be_kept(const char *next)
{
    gale_str text = gale__str(next);
    struct gale__buf json;
    bool fits;

    if (text.len > NEXT_MAX || !gale__utf8_valid(text.ptr, text.len))
        return false;
    gale__buf_init(&json, JSON_MAX);
    fits = gale__json_string(&json, text) >= 0;
    gale__buf_deinit(&json);
    return fits;
}

int gale__auth_next(struct gale__auth_call *call, const gale_authorize_options *options,
                    const char **next)
{
    const char *path = options->next ? options->next : gale_get_next(call->self, "/");

    if (call->self->failed) /* gale_get_next() tells why */
        return gale__auth_fail(call, GALE_AUTH_BAD_REQUEST, "%s",
                               gale_strerror(call->self->failed));
    if (options->next && (!gale_is_local_url(path) || !can_be_kept(path)))
        return gale__auth_internal(
            call, gale_err(GALE_EINVAL, "next is no path of this site, long, or not UTF-8"));
    *next = can_be_kept(path) ? path : "/";
    return 0;
}

int gale__auth_argument(struct gale__auth_call *call, const char *name, const char **value)
{
    const char *const *values;
    size_t n = 0;

    values = call->provider->is_query_answer ? gale__get_query_arguments_raw(call->self, name, &n)
                                             : gale__get_body_arguments_raw(call->self, name, &n);
    if (n > 1)
        return gale__auth_fail(call, GALE_AUTH_BAD_REQUEST, "%s is there %zu times", name, n);
    *value = n ? values[0] : NULL;
    if (n && strlen(*value) > ARGUMENT_MAX)
        return gale__auth_fail(call, GALE_AUTH_BAD_REQUEST, "%s is too long", name);
    return 0;
}
