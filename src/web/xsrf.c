/* xsrf.c - that the request is meant: tokens, and where it says it comes from. */
/* SPDX-License-Identifier: MIT */
#include "web/handler.h"

const char *gale_xsrf_token(gale_handler *self)
{
    gale__handler_failed(self, gale_err(GALE_ESTATE, "no XSRF token"));
    return NULL;
}

int gale_check_xsrf_cookie(gale_handler *self)
{
    return gale_fail(self, 403, NULL);
}
