/* debug_page.h - what a failed request tells with serve_traceback: gathered here, written as a page
 * (debug_html.c), as text for terminals (debug_text.c) or as JSON (debug_json.c).
 *
 * Nothing here needs more than a request and memory, so that a process which has crashed can have
 * its page made by a child. What the client keeps secret (cookies, passwords, tokens) is not shown.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_DEBUG_PAGE_H
#define GALE_WEB_DEBUG_PAGE_H

#include "base/buf.h"
#include "base/symbols.h"
#include "base/trace.h"
#include "web/handler.h"
#include "web/route_table.h"

enum gale__debug_format { GALE__DEBUG_TEXT, GALE__DEBUG_HTML, GALE__DEBUG_JSON };

struct gale__debug_pair {
    gale_str name, value;
};

struct gale__debug_pairs {
    const char *title;
    struct gale__debug_pair *list;
    size_t n;
};

enum { GALE__DEBUG_FRAMES = 128, GALE__DEBUG_CONTEXT = 4 /* lines around one */ };

struct gale__debug_page {
    /* what happened: set before gale__debug_page_open(), all borrowed */
    gale_handler *handler;
    int status;
    const char *reason;
    const char *name, *text;         /* "GALE_EPROTO" and its detail; NULL: nothing failed */
    const char *report;              /* of a template; NULL: none */
    const struct gale__trace *trace; /* the calls; NULL: not known */

    /* what is known of it */
    struct gale__arena arena;
    struct gale__symbols *symbols;
    struct gale__frame *frames;
    size_t n_frames;
    struct gale__frame verb; /* the handler's function; .function NULL: none */
    const char *target;      /* the request's, without secrets */
    struct gale__debug_pairs arguments, headers, about;
    struct gale__route_row *routes; /* of a 404 that no rule matched */
    size_t n_routes;
};

/* Gathers all that is known; what there is no memory for is left out. */
void gale__debug_page_open(struct gale__debug_page *page);
void gale__debug_page_close(struct gale__debug_page *page);

/* As the client prefers: pages for browsers, JSON for who asks for that, else text. */
enum gale__debug_format gale__debug_format(const gale_request *request);
const char *gale__debug_content_type(enum gale__debug_format format);

/* Appends the page. 0 or why not. */
int gale__debug_page_write(const struct gale__debug_page *page, enum gale__debug_format format,
                           struct gale__buf *out) GALE_MUST_USE;

/* The lines around a frame's own. */
size_t gale__debug_source(const struct gale__frame *frame, struct gale__arena *arena, int around,
                          struct gale__source_line *out);

/* The frames of one kind that follow each other, from frame i on. */
size_t gale__debug_run(const struct gale__debug_page *page, size_t i);

/* Each in its file. */
int gale__debug_html(const struct gale__debug_page *page, struct gale__buf *out) GALE_MUST_USE;
int gale__debug_text(const struct gale__debug_page *page, struct gale__buf *out) GALE_MUST_USE;
int gale__debug_json(const struct gale__debug_page *page, struct gale__buf *out) GALE_MUST_USE;

#endif
