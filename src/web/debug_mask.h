/* debug_mask.h - which names have values that no page may show. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_DEBUG_MASK_H
#define GALE_WEB_DEBUG_MASK_H

#include <stdbool.h>

#include "base/arena.h"

#define GALE__DEBUG_HIDDEN "[hidden]"

/* Of a header, argument or field: "Cookie", "api_key", "newPassword" … */
bool gale__debug_is_secret(gale_str name);

/* A target or URL whose query has the values of such names replaced. Never NULL. */
const char *gale__debug_mask_url(struct gale__arena *arena, gale_str url);

#endif
