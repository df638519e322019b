/* trace.h - the calls that led to here, as addresses; and those of failures, while that is on.
 *
 * An address is one inside of the call, so that it names the line of the call and not the next
 * one. Failures are noted only on threads that asked for it: gale_err() then writes the calls into
 * a ring of the thread's last ones, where whoever makes an error page finds them.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_TRACE_H
#define GALE_BASE_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/context.h"

enum { GALE__TRACE_MAX = 48 };

struct gale__trace {
    size_t n;
    const void *calls[GALE__TRACE_MAX]; /* innermost first */
};

/* The calls, from that on whose call returns to from (NULL: from here). Also in signal handlers,
 * once gale__trace_prepare() was called: then the interrupted function is among them. */
void gale__trace_take(struct gale__trace *out, const void *from);

/* Loads what taking needs, which is not for a signal handler. */
void gale__trace_prepare(void);

struct gale__failures;

/* The thread's; NULL: failures are not noted here. */
extern GALE__TLS struct gale__failures *gale__failures;

/* Notes failures of this thread from now on. Without memory it does not. */
void gale__failures_note_all(void);

/* For gale_err(), which returns to from: context has just been given a failure. */
void gale__failures_add(const struct gale__context *context, const void *from);

/* The calls of the failure whose code and text are stored in context: of this very coroutine, or
 * else of one that passed it on. NULL: none was noted. Valid until the next failures. */
const struct gale__trace *gale__failures_find(const struct gale__context *context);

/* The last failure with that code that this coroutine had. */
const struct gale__trace *gale__failures_find_code(const struct gale__context *context, int code);

#endif
