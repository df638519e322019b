/* call.c - one call on a provider: its memory, and why it failed. See call.h. */
/* SPDX-License-Identifier: MIT */
#include "auth/call.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <gale/json.h>

#include "gen/co.h"
#include "web/handler.h"

enum { QUOTED = 60, TEXT = 400, DESCRIPTION = 1024 };

void gale__auth_call_of(struct gale__auth_call *call, gale_handler *self,
                        gale_auth_provider *provider)
{
    *call = (struct gale__auth_call){
        .provider = provider,
        .self = self,
        .arena = &self->x->arena,
    };
}

int gale__auth_call_here(struct gale__auth_call *call, gale_auth_provider *provider,
                         const char *what)
{
    struct gale__co *co = gale__co_current();

    if (!co)
        return gale_err(GALE_ENOTCOROUTINE, "%s waits: call it from a coroutine", what);
    *call = (struct gale__auth_call){
        .provider = provider,
        .arena = gale__co_scope(co)->arena,
    };
    return 0;
}

static void note(struct gale__auth_call *call, gale_auth_reason reason, int code, const char *fmt,
                 va_list ap)
{
    char text[TEXT];

    vsnprintf(text, sizeof(text), fmt, ap);
    call->code = code;
    call->failed = (gale_auth_failed){
        .reason = reason,
        .status = gale__auth_reason_status(reason, code),
        .text = gale__arena_strndup(call->arena, text, strlen(text)),
    };
    if (!call->failed.text)
        call->failed.text = "(no memory for the text)";
}

int gale__auth_fail(struct gale__auth_call *call, gale_auth_reason reason, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    note(call, reason, gale__auth_reason_code(reason), fmt, ap);
    va_end(ap);
    return call->code;
}

int gale__auth_fail_code(struct gale__auth_call *call, gale_auth_reason reason, int code,
                         const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    note(call, reason, code, fmt, ap);
    va_end(ap);
    return call->code;
}

int gale__auth_internal(struct gale__auth_call *call, int code)
{
    return gale__auth_fail_code(call, GALE_AUTH_INTERNAL, code, "%s", gale_strerror(code));
}

/* At most max bytes of a text, in memory of the call; no character is cut. */
static const char *cut(struct gale__auth_call *call, gale_str text, size_t max)
{
    gale_str part = gale__str_head(text, max);

    while (part.len < text.len && part.len && ((unsigned char)text.ptr[part.len] & 0xc0) == 0x80)
        part.len--;
    return gale__arena_strndup(call->arena, part.ptr, part.len);
}

int gale__auth_refused(struct gale__auth_call *call, gale_auth_reason reason, const char *where,
                       gale_str error, gale_str description)
{
    int code = gale__auth_fail(call, reason, "%s: %s", where, gale__auth_quote(call, error));

    call->failed.error = cut(call, error, QUOTED);
    if (description.len)
        call->failed.description = cut(call, description, DESCRIPTION);
    return code;
}

const char *gale__auth_quote(struct gale__auth_call *call, gale_str text)
{
    gale_str part = gale__str_head(text, QUOTED);
    char *copy = gale__arena_strndup(call->arena, part.ptr ? part.ptr : "", part.len);

    if (!copy)
        return "";
    for (size_t i = 0; i < part.len; i++)
        if (copy[i] < 0x20 || copy[i] > 0x7e)
            copy[i] = '?';
    return copy;
}

static void keep_failure(struct gale__auth_call *call)
{
    struct gale__handler_more *more = gale__handler_more(call->self);
    gale_auth_failed *failed = gale_alloc(call->self, sizeof(*failed));

    if (!more || !failed)
        return;
    *failed = call->failed;
    more->auth_failed = failed;
}

int gale__auth_end(struct gale__auth_call *call, int r)
{
    const char *name = gale_auth_provider_name(call->provider);

    if (r >= 0 || r == GALE_ECANCELED)
        return r < 0 ? r : 0;
    if (!call->failed.reason)
        r = gale__auth_internal(call, r);
    if (!call->self)
        return gale_err(r, "%s: %s", name, call->failed.text);
    keep_failure(call);
    return gale_fail(call->self, call->failed.status, "login with %s: %s: %s", name,
                     gale_auth_reason_name(call->failed.reason), call->failed.text);
}

const gale_auth_failed *gale_auth_failure(gale_handler *self)
{
    static const gale_auth_failed none = { .text = "" };

    return self->more && self->more->auth_failed ? self->more->auth_failed : &none;
}

static int no_memory(struct gale__auth_call *call)
{
    return gale__auth_internal(call, gale_err(-ENOMEM, "no memory for a login"));
}

void *gale__auth_alloc(struct gale__auth_call *call, size_t size)
{
    void *p = gale__arena_zalloc(call->arena, size);

    if (!p && no_memory(call))
        return NULL;
    return p;
}

char *gale__auth_text(struct gale__auth_call *call, gale_str text)
{
    char *copy = gale__arena_strndup(call->arena, text.ptr ? text.ptr : "", text.len);

    if (!copy && no_memory(call))
        return NULL;
    return copy;
}

char *gale__auth_printf(struct gale__auth_call *call, const char *fmt, ...)
{
    va_list ap;
    char *text;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    text = n < 0 ? NULL : gale__arena_alloc(call->arena, (size_t)n + 1);
    if (!text) {
        (void)!no_memory(call);
        return NULL;
    }
    va_start(ap, fmt);
    vsnprintf(text, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return text;
}

static void drop(void *json)
{
    json_decref(json);
}

int gale__auth_own_json(struct gale__auth_call *call, struct json_t *value)
{
    if (!value)
        return 0;
    if (gale__arena_defer(call->arena, drop, value) >= 0)
        return 0;
    json_decref(value);
    return no_memory(call);
}
