/* ask.c - requests to the provider: bounded, in time, never redirected. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "auth/provider.h"
#include "proto/http_url.h"

enum { BODY_MAX = 1 << 20 };

/* 127.0.0.0/8 in numbers: "127." alone is also how a name may begin. */
static bool is_loopback_address(gale_str host)
{
    char text[16];

    if (!gale__str_starts_with(host, GALE__STR("127.")) || host.len >= sizeof(text))
        return false;
    memcpy(text, host.ptr, host.len);
    text[host.len] = 0;
    return gale_is_valid_ip(text);
}

/* This machine, for which plain http gives nothing away. */
static bool is_loopback(gale_str host)
{
    const gale_str suffix = GALE__STR(".localhost");

    return gale__str_equal_nocase(host, GALE__STR("localhost")) ||
           gale__str_equal(host, GALE__STR("::1")) || is_loopback_address(host) ||
           (host.len > suffix.len &&
            gale__str_equal_nocase(gale__str_skip(host, host.len - suffix.len), suffix));
}

int gale__auth_check_url(const char *name, const char *url, bool allow_http)
{
    struct gale__http_url parts;
    gale_str text = gale__str(url);
    int r = gale__http_url_parse(text, &parts);

    if (r < 0)
        return gale_err(GALE_EINVAL, "%s is no http or https URL", name);
    if (parts.userinfo.ptr || memchr(text.ptr, '#', text.len))
        return gale_err(GALE_EINVAL, "%s has a %s", name, parts.userinfo.ptr ? "user" : "fragment");
    if (!parts.tls && !allow_http && !is_loopback(parts.host))
        return gale_err(GALE_EINVAL, "%s is http: neither https nor allow_http", name);
    return 0;
}

static gale_http_client *client_of(const gale_auth_provider *provider)
{
    return provider->o.get_auth_http_client ? provider->o.get_auth_http_client(provider->o.arg)
                                            : NULL;
}

static void bound(const gale_auth_provider *provider, gale_http_request *request)
{
    static const gale_http_header accept[] = { { "Accept", "application/json" }, { NULL, NULL } };

    request->request_timeout = provider->o.request_timeout;
    request->connect_timeout = provider->o.request_timeout;
    request->follow_redirects = GALE_OFF;
    request->max_body_size = BODY_MAX;
    if (!request->headers)
        request->headers = accept;
    /* A code counts once: a connection that may be dead is not tried with it. */
    if (request->form || request->body.ptr)
        request->no_keep_alive = GALE_ON;
}

/* There was no answer. */
static int no_answer(struct gale__auth_call *call, const char *what, int r)
{
    switch (r) {
    case GALE_ECANCELED:
        return r;
    case GALE_ETIMEDOUT:
        return gale__auth_fail(call, GALE_AUTH_TIMED_OUT, "%s: %s", what, gale_strerror(r));
    case GALE_EPROTO:
    case GALE_ETOOBIG:
        return gale__auth_fail(call, GALE_AUTH_BAD_ANSWER, "%s: %s", what, gale_strerror(r));
    case GALE_EINVAL:
    case GALE_ESTATE:
    case GALE_ENOTCOROUTINE:
    case -ENOMEM:
        return gale__auth_internal(call, r);
    default:
        return gale__auth_fail_code(call, GALE_AUTH_UNREACHABLE, r, "%s: %s", what,
                                    gale_strerror(r));
    }
}

int gale__auth_ask(struct gale__auth_call *call, const char *what, const char *url,
                   const gale_http_request *request, gale_http_response **out)
{
    gale_http_request own = request ? *request : (gale_http_request){ 0 };
    int status, r;

    bound(call->provider, &own);
    r = gale_http_client_fetch(client_of(call->provider), url, &own, out);
    if (r < 0)
        return no_answer(call, what, r);
    status = (*out)->status;
    if ((status >= 200 && status < 300) || (status >= 400 && status < 500))
        return 0;
    return gale__auth_fail(call, GALE_AUTH_BAD_ANSWER, "%s answers with status %d", what, status);
}
