/* argument_list.h - the arguments of a request: private to src/web.
 *
 * Query first, then body; split once, decoded when asked for. Form bodies are taken with the first
 * question, but multipart forms that are streamed before prepare (form.h).
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_ARGUMENT_LIST_H
#define GALE_WEB_ARGUMENT_LIST_H

#include "web/handler.h"

struct gale__argument {
    gale_str name;     /* decoded */
    gale_str sent;     /* the value as sent */
    const char *value; /* decoded and stripped; NULL until asked for */
};

struct gale__arguments {
    struct gale__argument *items;
    size_t n, cap;
    size_t n_query;         /* items that the query has */
    int64_t max;            /* limits.max_arguments, as gale__limit() gives it */
    bool is_body_unescaped; /* values of the body are as they are: a multipart form's */
};

/* A limit of the route: fallback where nothing was said, INT64_MAX without one. */
static inline int64_t gale__limit(int64_t value, int64_t fallback)
{
    return value > 0 ? value : value < 0 ? INT64_MAX : fallback;
}

/* Splits query and body (get_argument.c), from which source the body may come: streamed ones only
 * when with_stream (Waits. then). A failure answers 400 or 413. */
int gale__arguments_parse(gale_handler *self, bool with_stream) GALE_MUST_USE;

/* Adds one whose slices live as long as the request. 400 when it is one too many. */
int gale__arguments_add(gale_handler *self, struct gale__arguments *all, gale_str name,
                        gale_str sent) GALE_MUST_USE;

/* For values that do not do: the log gets the value as well, the page only "Argument NAME WHAT". */
int gale__argument_refuse(gale_handler *self, const char *name, const char *what,
                          const char *value);

/* get_argument.c: what the getters of <gale/arguments.h> give, not stripped. */
const char *gale__get_query_argument_raw(gale_handler *self, const char *name,
                                         const char *fallback);
const char *gale__get_body_argument_raw(gale_handler *self, const char *name, const char *fallback);
const char *const *gale__get_arguments_raw(gale_handler *self, const char *name, size_t *n);
const char *const *gale__get_query_arguments_raw(gale_handler *self, const char *name, size_t *n);
const char *const *gale__get_body_arguments_raw(gale_handler *self, const char *name, size_t *n);

#endif
