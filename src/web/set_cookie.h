/* set_cookie.h - the cookies of an answer: private to src/web. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_SET_COOKIE_H
#define GALE_WEB_SET_COOKIE_H

#include "web/handler.h"

/* Turns the cookies that were set into Set-Cookie fields. Only called when there is a jar. */
int gale__jar_emit(gale_handler *self) GALE_MUST_USE;

#endif
