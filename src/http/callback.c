/* callback.c - the server without a web layer: one function answers all requests. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include <gale/log.h>

#include "http/httpserver_priv.h"
#include "http/server.h"

struct call {
    struct gale__exchange *x;
    gale_httpserver *server;
};

int gale_http_respond(gale_request *request, int status, const char *content_type, const void *body,
                      size_t size)
{
    struct gale__exchange *x = request->priv->exchange;
    struct gale__headers headers;
    struct gale__response r = { .status = status,
                                .headers = &headers,
                                .content_length = (int64_t)size };
    int result = 0;

    if (x->responded)
        return gale_err(GALE_ESTATE, "the request was answered already");
    if (status < 200 || status > 999)
        return gale_err(GALE_EINVAL, "gale_http_respond: unusable status %d", status);
    gale__headers_init(&headers, &x->arena);
    if (content_type)
        result = gale__headers_set(&headers, (gale_str){ "Content-Type", 12 },
                                   (gale_str){ content_type, strlen(content_type) });
    if (result >= 0 && x->answerer->respond)
        result = x->answerer->respond(x, &r);
    if (result < 0)
        return result;
    x->status = r.status;
    r.no_length = r.status == 204 || r.status == 304;
    if (r.status == 205) /* no body, and says so (RFC 9110 15.3.6) */
        r.content_length = size = 0;
    return x->ops->respond(x, &r, (gale_str){ body, size }, true);
}

/* Logs a failure of the callback. The status it is answered with. */
static int failed(struct gale__exchange *x, int code)
{
    const gale_request *request = &x->request;
    int status = GALE_IS_EHTTP(code) ? GALE_EHTTP_STATUS(code) : 0;

    if (status >= 400 && status <= 599) {
        gale_log(&gale_log_general, GALE_LOG_WARNING, "%d %s %s (%s): %s", status, request->method,
                 request->uri, gale_request_remote_ip(request), gale_strerror(code));
        return status;
    }
    gale_log(&gale_log_application, GALE_LOG_ERROR, "Uncaught failure %s %s (%s): %s: %s",
             request->method, request->uri, gale_request_remote_ip(request), gale_errname(code),
             gale_strerror(code));
    return 500;
}

static void run(void *arg)
{
    struct call *call = arg;
    struct gale__exchange *x = call->x;
    int r = call->server->callback(&x->request, call->server->callback_arg);
    int status = 200;

    if (r < 0 && !x->gone)
        status = failed(x, r);
    if (!x->responded && !x->gone)
        (void)gale_http_respond(&x->request, status, NULL, "", 0);
    if (gale__scope_has_children(&x->scope))
        x->ops->push(x); /* the answer leaves before they are waited for */
    gale__scope_end(&x->scope);
    gale__exchange_release(x);
}

static void dispatch(void *arg, struct gale__exchange *x)
{
    struct call *call = gale__arena_alloc(&x->arena, sizeof(*call));

    if (call) {
        *call = (struct call){ .x = x, .server = arg };
        if (gale__co_start(x->loop, "http callback", &x->scope, run, call) == 0)
            return;
    }
    (void)gale_http_respond(&x->request, 503, NULL, "", 0);
    gale__exchange_release(x);
}

static void on_gone(struct gale__exchange *x, int code)
{
    (void)x;
    (void)code;
}

static const struct gale__answerer answerer = { .dispatch = dispatch, .on_gone = on_gone };

gale_httpserver *gale_httpserver_new(gale_http_callback callback, void *arg,
                                     const gale_httpserver_options *options)
{
    gale_ioloop *loop = gale_ioloop_current();
    gale_httpserver *server;

    if (!callback)
        gale_err(GALE_EINVAL, "gale_httpserver_new: the callback is NULL");
    if (!loop || !callback)
        return NULL;
    server = gale__httpserver_new(loop, &answerer, NULL, options, NULL);
    if (!server)
        return NULL;
    server->arg = server;
    server->callback = callback;
    server->callback_arg = arg;
    return server;
}
