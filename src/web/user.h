/* user.h - the user of a request, as other files of src/web see it. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_USER_H
#define GALE_WEB_USER_H

#include "web/handler.h"

/* Whether a user is known by now; asks nobody. */
bool gale__user_is_known(const gale_handler *self);

#endif
