/* crash.h - the two halves of a crash: the signal's handler (crash.c), and the child that tells
 * (crash_report.c). Private to src/top.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TOP_CRASH_H
#define GALE_TOP_CRASH_H

#include <signal.h>

#include "base/buf.h"
#include "base/trace.h"
#include "web/handler.h"

struct gale__crash {
    int signal;
    bool has_address, is_overflow;
    const void *address; /* that was touched */
    struct gale__trace trace;
};

/* In the handler of a signal, whose ucontext_t this is: the calls that it has interrupted. */
void gale__crash_collect(struct gale__trace *trace, const void *context);

/* In the child: the log, and the page for the client. */
void gale__crash_report(const struct gale__crash *crash);

/* The lines of a log that calls make, each behind a newline. */
void gale__crash_print_calls(const struct gale__trace *trace, struct gale__buf *out);

#endif
