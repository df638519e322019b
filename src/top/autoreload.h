/* autoreload.h - tells when the program's own file has been replaced, and starts it anew. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TOP_AUTORELOAD_H
#define GALE_TOP_AUTORELOAD_H

#include <gale/ioloop.h>

struct gale__autoreload;

/* Watches the file that this process runs; changed(arg) is called once, on the loop, when another
 * one stands in its place and nobody writes it any more. The caller stops it before the loop is
 * freed, and frees it.
 * NULL: *error tells why it cannot be watched. */
struct gale__autoreload *gale__autoreload_new(gale_ioloop *loop, void (*changed)(void *arg),
                                              void *arg, int *error) GALE_MUST_USE;

/* Watches no longer. NULL is allowed. */
void gale__autoreload_stop(struct gale__autoreload *reload);

/* Runs the file in place of this program, with these arguments. Returns only on failure. */
int gale__autoreload_exec(const struct gale__autoreload *reload, char **argv);

/* NULL is allowed. */
void gale__autoreload_free(struct gale__autoreload *reload);

#endif
