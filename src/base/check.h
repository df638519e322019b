/* check.h - what every layer asks of the options it is given. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_CHECK_H
#define GALE_BASE_CHECK_H

#include <gale/base.h>
#include <gale/error.h>

/* A switch is GALE_ON, GALE_OFF or 0: 0, or a failure that names it. */
static inline GALE_MUST_USE int gale__check_switch(const char *name, int value)
{
    if (value < GALE_OFF || value > GALE_ON)
        return gale_err(GALE_EINVAL, "%s is %d: not GALE_ON, GALE_OFF or 0", name, value);
    return 0;
}

#endif
