/* settings.h - the settings of an application: checked, copied, what they imply filled in. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_SETTINGS_H
#define GALE_WEB_SETTINGS_H

#include <gale/web.h>

#include "base/arena.h"

/* *out are the settings in effect, size bytes of which the caller knows (NULL: none): what debug
 * implies is filled in (so switches of debug are GALE_ON or GALE_OFF), texts and lists are copies
 * in arena. GALE_EINVAL tells which one is unusable; -ENOMEM. */
int gale__settings_fill(gale_settings *out, const gale_settings *settings, size_t size,
                        struct gale__arena *arena) GALE_MUST_USE;

#endif
