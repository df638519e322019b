/* trace.c - the calls that led to here, and a ring of those of failures. See trace.h. */
/* SPDX-License-Identifier: MIT */
#include "base/trace.h"

#include <stdint.h>
#include <string.h>
#include <unwind.h>

#include "base/alloc.h"
#include "base/thread_end.h"

enum { N_FAILURES = 32 };

struct failure {
    const struct gale__context *context; /* to compare with: it may be gone */
    int code;
    char text[GALE__ERROR_TEXT];
    struct gale__trace trace;
};

struct gale__failures {
    size_t n; /* so far */
    struct failure last[N_FAILURES];
};

GALE__TLS struct gale__failures *gale__failures;
static GALE__TLS struct gale__thread_end failures_end;

struct walk {
    struct gale__trace *out;
    const void *from; /* the address that is returned to; NULL: reached */
};

static _Unwind_Reason_Code visit(struct _Unwind_Context *frame, void *arg)
{
    struct walk *w = arg;
    int is_here = 0; /* not after the call: the frame was interrupted */
    uintptr_t pc = _Unwind_GetIPInfo(frame, &is_here);

    if (w->from && (uintptr_t)w->from != pc)
        return _URC_NO_REASON;
    w->from = NULL;
    if (!pc || w->out->n == GALE__TRACE_MAX)
        return _URC_END_OF_STACK;
    pc -= !is_here;
    /* Of a recursion two calls tell as much as a thousand, and leave room for who began it. */
    if (w->out->n >= 2 && w->out->calls[w->out->n - 1] == (const void *)pc &&
        w->out->calls[w->out->n - 2] == (const void *)pc)
        return _URC_NO_REASON;
    w->out->calls[w->out->n++] = (const void *)pc;
    return _URC_NO_REASON;
}

void gale__trace_take(struct gale__trace *out, const void *from)
{
    struct walk w = { out, from ? from : __builtin_return_address(0) };

    out->n = 0;
    _Unwind_Backtrace(visit, &w);
}

void gale__trace_prepare(void)
{
    struct gale__trace trace;

    gale__trace_take(&trace, NULL);
}

static void forget(void)
{
    gale__free(gale__failures);
    gale__failures = NULL;
}

void gale__failures_note_all(void)
{
    if (gale__failures)
        return;
    gale__failures = gale__calloc(1, sizeof(*gale__failures));
    if (gale__failures && !gale__at_thread_end(&failures_end, forget))
        forget();
}

void gale__failures_add(const struct gale__context *context, const void *from)
{
    struct failure *f = &gale__failures->last[gale__failures->n++ % N_FAILURES];

    f->context = context;
    f->code = context->error_code;
    memcpy(f->text, context->error_text, sizeof(f->text));
    gale__trace_take(&f->trace, from);
}

/* The newest first. */
static const struct failure *nth_last(size_t i)
{
    const struct gale__failures *all = gale__failures;

    if (!all || i >= N_FAILURES || i >= all->n)
        return NULL;
    return &all->last[(all->n - 1 - i) % N_FAILURES];
}

static bool is_same(const struct failure *f, const struct gale__context *context)
{
    return f->code == context->error_code && strcmp(f->text, context->error_text) == 0;
}

/* What this coroutine noted itself; else what it was handed by another one. */
const struct gale__trace *gale__failures_find(const struct gale__context *context)
{
    const struct failure *f, *passed_on = NULL;

    for (size_t i = 0; (f = nth_last(i)); i++) {
        if (!is_same(f, context))
            continue;
        if (f->context == context)
            return &f->trace;
        if (!passed_on)
            passed_on = f;
    }
    return passed_on ? &passed_on->trace : NULL;
}

const struct gale__trace *gale__failures_find_code(const struct gale__context *context, int code)
{
    const struct failure *f;

    for (size_t i = 0; (f = nth_last(i)); i++)
        if (f->code == code && f->context == context)
            return &f->trace;
    return NULL;
}
