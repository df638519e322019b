/* services.h - whom this site can ask who somebody is, as its options say. */
/* SPDX-License-Identifier: MIT */
#ifndef SERVICES_H
#define SERVICES_H

#include <gale/auth.h>
#include <gale/gale.h>

#include "provider.h"

enum { N_SERVICES = 6 };

/* A way to log in. */
struct service {
    const char *name;  /* in addresses: /login/NAME, /login/NAME/done */
    const char *label; /* "Log in with LABEL" */
    gale_auth_provider *provider;
};

/* Those that are configured come first; the rest is zero. */
typedef struct services {
    struct service list[N_SERVICES];
    size_t n;
    local_provider *local; /* to try with; used when nothing is configured */
    struct local_service *locals;
} services;

/* Defines the options. 0, or a failure. */
int services_define(void);

/* Makes the providers, once the options are read. 0, or a failure that names the option. */
int services_make(services *all);
void services_free(services *all);

/* True: nothing is configured, people log in with the provider that is a part of this program. */
bool services_are_local(const services *all);

/* The i-th way to log in, NULL at the end. */
const struct service *service_at(const services *all, size_t i);

/* The provider of a name, for this request. NULL: there is none of that name (or a failure). */
gale_auth_provider *service_provider(services *all, gale_handler *self, const char *name);

#endif
