/* exception.h - exceptions as values: what {% except as e %} binds, and the classes' names. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_EXCEPTION_H
#define GALE_TEMPLATE_EXCEPTION_H

#include "template/rendering.h"

/* The class: what the name "KeyError" stands for. Called, it makes an exception. No memory. */
gale_value gale__exception_class(enum gale__exception cls);
/* Whether v is one; *cls then. */
bool gale__is_exception_class(gale_value v, enum gale__exception *cls);
/* Whether v is an exception; its class then. */
bool gale__is_exception(gale_value v, enum gale__exception *cls);

#endif
