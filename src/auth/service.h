/* service.h - ready configurations: what the well-known providers say in their documents. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_AUTH_SERVICE_H
#define GALE_AUTH_SERVICE_H

#include <gale/auth.h>

/* How a provider that has no standard for it tells who the user is. */
enum gale__auth_dialect {
    GALE__AUTH_STANDARD, /* OpenID Connect's claims, or the usual names */
    GALE__AUTH_GITHUB,
    GALE__AUTH_FACEBOOK,
};

struct gale__auth_service {
    const char *name; /* NULL: none of those that are known */
    enum gale__auth_dialect dialect;
    gale_auth_options options; /* for what the program leaves out */
};

/* That of a name; name NULL: the one of no service. NULL for another name. */
const struct gale__auth_service *gale__auth_service_find(const char *name);

#endif
