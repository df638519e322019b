/* template_names.h - what templates know of their handler: private to src/web. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_TEMPLATE_NAMES_H
#define GALE_WEB_TEMPLATE_NAMES_H

#include "web/handler.h"

/* template_names.c: as names and as attributes of the handler; each a gale_template_function. */
int gale__name_current_user(gale_call *call, gale_value *out);
int gale__name_request(gale_call *call, gale_value *out);
int gale__name_static_url(gale_call *call, gale_value *out);
int gale__name_reverse_url(gale_call *call, gale_value *out);
int gale__name_xsrf_form_html(gale_call *call, gale_value *out);

/* handler_value.c, request_value.c: the host objects "handler" and "request". */
int gale__handler_value(gale_rendering *r, gale_handler *self, gale_value *out) GALE_MUST_USE;
int gale__request_value(gale_rendering *r, gale_handler *self, gale_value *out) GALE_MUST_USE;

#endif
