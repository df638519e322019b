/* error.c - error texts: the stored detail and the general meaning of a code. */
/* SPDX-License-Identifier: MIT */
#include <gale/error.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/trace.h"

GALE__TLS struct gale__context *gale__context;

/* The thread's own, used outside coroutines. */
static _Thread_local struct gale__context thread_context;

static const struct {
    int code;
    const char *name, *text;
} meanings[] = {
    { GALE_EEOF, "GALE_EEOF", "end of stream" },
    { GALE_ECLOSED, "GALE_ECLOSED", "closed" },
    { GALE_ECANCELED, "GALE_ECANCELED", "cancelled" },
    { GALE_ETIMEDOUT, "GALE_ETIMEDOUT", "deadline passed" },
    { GALE_ENOTCOROUTINE, "GALE_ENOTCOROUTINE", "a call that waits was made outside a coroutine" },
    { GALE_EPROTO, "GALE_EPROTO", "protocol error" },
    { GALE_ETOOBIG, "GALE_ETOOBIG", "limit exceeded" },
    { GALE_EINVAL, "GALE_EINVAL", "invalid argument" },
    { GALE_ESTATE, "GALE_ESTATE", "not possible in this state" },
    { GALE_ENOTFOUND, "GALE_ENOTFOUND", "not found" },
    { GALE_ESTOPPED, "GALE_ESTOPPED", "loop stopped before the call finished" },
    { GALE_EBACKEND, "GALE_EBACKEND", "loop backend not available" },
    { GALE_ETLS, "GALE_ETLS", "TLS failed" },
    { GALE_EAUTH, "GALE_EAUTH", "not authenticated" },
};

struct gale__context *gale__context_here(void)
{
    return gale__context ? gale__context : &thread_context;
}

int gale__error_code(void)
{
    return gale__context_here()->error_code;
}

int gale_err(int code, const char *fmt, ...)
{
    struct gale__context *c = gale__context_here();
    va_list ap;

    c->error_code = code;
    va_start(ap, fmt);
    vsnprintf(c->error_text, sizeof(c->error_text), fmt, ap);
    va_end(ap);
    if (GALE_UNLIKELY(gale__failures != NULL))
        gale__failures_add(c, __builtin_return_address(0));
    return code;
}

int gale__err_again(int code, const char *text)
{
    struct gale__context *c = gale__context_here();

    c->error_code = code;
    snprintf(c->error_text, sizeof(c->error_text), "%s", text);
    return code;
}

const char *gale_strerror(int code)
{
    struct gale__context *c = gale__context_here();

    if (code < 0 && c->error_code == code)
        return c->error_text;
    if (code >= 0)
        return "success";
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
        if (meanings[i].code == code)
            return meanings[i].text;
    if (GALE_IS_EHTTP(code))
        return "HTTP error status";
    if (code > -4096) {
        const char *text = strerrordesc_np(-code);

        return text ? text : "unknown system error";
    }
    return "unknown error";
}

const char *gale_errname(int code)
{
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
        if (meanings[i].code == code)
            return meanings[i].name;
    if (GALE_IS_EHTTP(code))
        return "GALE_EHTTP";
    const char *name = code < 0 && code > -4096 ? strerrorname_np(-code) : NULL;
    return name ? name : "?";
}
