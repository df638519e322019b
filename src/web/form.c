/* form.c - multipart forms taken before the handler runs. See form.h. */
/* SPDX-License-Identifier: MIT */
#include "web/form.h"

bool gale__form_wants_stream(const struct gale__exchange *x, const gale_limits *limits)
{
    (void)x;
    (void)limits;
    return false;
}

int gale__form_read(gale_handler *self)
{
    (void)self;
    return 0;
}
