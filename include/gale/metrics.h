/* metrics.h - figures for Prometheus, at any URL of an application.
 *
 *     { .url = "/metrics", .handler = &gale_metrics_handler }
 *
 * answers in the text format 0.0.4 what this process has counted: connections (open, ever
 * accepted), requests (under way, ever), refused ones, bytes, answers by the class of their status
 * and how long they took, of all loops of the application and of the one it is mounted in; the lag
 * of the loops that were asked; processor time, memory, descriptors. Classes and times are counted
 * only in applications that have this handler (or debug). With workers each process counts for
 * itself, and the one that is asked answers: have each listen on a port of its own, or ask a single
 * process with threads.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_METRICS_H
#define GALE_METRICS_H

#include <gale/base.h>
#include <gale/web.h>

GALE_BEGIN_DECLS

/* For .arg, which may be NULL; borrowed. */
typedef struct gale_metrics_options {
    /* Writes the program's own figures behind the library's, by gale_printf() in the same format.
     * May wait. A failure is the answer's. */
    int (*extra)(gale_handler *self);
} gale_metrics_options;

/* The class, to be mounted anywhere: who may ask is a matter of the route's middleware or host. */
extern GALE_API const gale_handler_class gale_metrics_handler;

GALE_END_DECLS

#endif
