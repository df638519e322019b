/* static_answer.h - answering with a file or other content that has a size: headers, conditional
 * requests (RFC 9110 13), ranges (14), sending.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_STATIC_ANSWER_H
#define GALE_WEB_STATIC_ANSWER_H

#include "web/static_content.h"

/* Waits, for a part of the file that is not in memory and for a slow client. Answers and finishes:
 * 200, 206, 304, 412 or 416; with a status that was set before, that one, the file as its page:
 * whole and without validators. What *a points to lives until the request's end. */
int gale__static_answer(gale_handler *self, const struct gale__static_content *a) GALE_MUST_USE;

/* The request has a Range field (which only identity content has a use for). */
bool gale__static_wants_range(const gale_handler *self);

#endif
