/* output.h - the body of an answer, for those who make one in memory of their own. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_OUTPUT_H
#define GALE_WEB_OUTPUT_H

#include "web/handler.h"

/* 0 while something can be written; else why not: what is the function that would. */
int gale__check_writable(gale_handler *self, const char *what) GALE_MUST_USE;

/* Puts len of cap bytes at data behind what was written: without a copy when that is nothing. They
 * are on the heap, and taken over, also on failure, or (not on_heap) in the request's arena. */
int gale__take_body(gale_handler *self, const char *what, char *data, size_t len, size_t cap,
                    bool on_heap) GALE_MUST_USE;

#endif
