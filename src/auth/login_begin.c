/* login_begin.c - what each login begins with: randomness, where it comes back to, where it goes.
 */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <gale/web.h>

#include "auth/login.h"
#include "auth/provider.h"
#include "base/base64.h"
#include "base/digest.h"
#include "web/argument_list.h"

enum { RANDOM = 32, NEXT_MAX = 1024, ARGUMENT_MAX = 4 << 10 };

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

int gale__auth_next(struct gale__auth_call *call, const gale_authorize_options *options,
                    const char **next)
{
    const char *path = options->next ? options->next : gale_get_next(call->self, "/");

    if (options->next && (!gale_is_local_url(path) || strlen(path) > NEXT_MAX))
        return gale__auth_internal(call,
                                   gale_err(GALE_EINVAL, "next is no path of this site, or long"));
    *next = strlen(path) > NEXT_MAX ? "/" : path;
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
