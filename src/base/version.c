/* version.c - the version of the library. */
/* SPDX-License-Identifier: MIT */
#include <gale/base.h>

const char *gale_version(void)
{
    return GALE_VERSION;
}
