/* static_known.h - the hashes of large static files, and those that are waiting to be made.
 *
 * A hash belongs to a device, inode, size and times, so it outlives the descriptor that the cache
 * of files has open. What is asked for is made in order, few at once, by threads of the loop's
 * pool. All else belongs to the loop's thread; any thread may close.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_STATIC_KNOWN_H
#define GALE_WEB_STATIC_KNOWN_H

#include <gale/ioloop.h>

#include "web/static_root.h"

struct gale__static_known;

/* NULL: out of memory. */
struct gale__static_known *gale__static_known_new(void);

/* What is being hashed ends on its own. */
void gale__static_known_close(struct gale__static_known *known);

/* The hash of the file that st is of, when it is known. */
bool gale__static_known_get(struct gale__static_known *known, const struct stat *st,
                            uint64_t *hash);

/* Has the file at a plain path, which st is of, hashed in its turn, unless it is already waiting or
 * too many are. root lives as long as known. */
void gale__static_known_want(struct gale__static_known *known, struct gale__static_root *root,
                             gale_str path, const struct stat *st, gale_ioloop *loop);

#endif
