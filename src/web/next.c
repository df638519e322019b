/* next.c - where to go on after a login, and never to another site. */
/* SPDX-License-Identifier: MIT */
#include <gale/web.h>

/* Browsers take '\' for '/', and leave tabs and line ends out before they look. Anything but a path
 * of this site is refused, whatever browsers make of it. */
bool gale_is_local_url(const char *url)
{
    if (!url || url[0] != '/' || url[1] == '/')
        return false;
    for (; *url; url++) {
        unsigned char c = (unsigned char)*url;

        if (c < 0x20 || c == 0x7f || c == '\\')
            return false;
    }
    return true;
}

const char *gale_get_next(gale_handler *self, const char *fallback)
{
    const char *next = gale_get_argument(self, "next", NULL);

    return gale_is_local_url(next) ? next : fallback;
}
