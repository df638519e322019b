/* used.h - which answers have been taken: each counts once, in this process. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_AUTH_USED_H
#define GALE_AUTH_USED_H

#include <gale/base.h>

struct gale__auth_used;

/* NULL: no memory (said). */
struct gale__auth_used *gale__auth_used_new(void);
/* NULL is allowed. */
void gale__auth_used_free(struct gale__auth_used *used);

/* Notes a key until the time expires, unless it is there: true when it was not. Of more than fit
 * (4096) the one that expires first is forgotten. From any thread. */
bool gale__auth_used_add(struct gale__auth_used *used, gale_str key, double now, double expires);

#endif
