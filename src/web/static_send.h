/* static_send.h - the body of an answer from a file, without holding the loop. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_STATIC_SEND_H
#define GALE_WEB_STATIC_SEND_H

#include "web/static_content.h"

/* Waits. Sends len bytes of a->fd from offset on, after what was written so far: by the kernel
 * where it can, else (with an output transform) piece by piece. What is not in the kernel's memory
 * is read by a thread of the loop's pool first. Others have their turn between pieces, also when
 * the client takes all at once. -ENODATA: the file has become shorter; that is logged. */
int gale__static_send(gale_handler *self, const struct gale__static_content *a, int64_t offset,
                      int64_t len) GALE_MUST_USE;

#endif
