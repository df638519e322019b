/* form.h - forms in the body, whole or as they come: private to src/web.
 *
 * One reader serves both ways: it turns the body, which the carrier holds or is still bringing,
 * into the parser's events. A class that does not stream gets fields as arguments and files in
 * memory or in temporary files; one that streams asks for part after part.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_FORM_H
#define GALE_WEB_FORM_H

#include "proto/multipart.h"
#include "web/argument_list.h"

enum gale__form_kind { GALE__FORM_NONE, GALE__FORM_URLENCODED, GALE__FORM_MULTIPART };

struct gale__form_file {
    gale_file file;
    struct gale__form_file *next;
};

/* Of a request that has a body; made at its first use. */
struct gale__forms {
    struct gale__multipart parser;
    gale_str input;          /* read, and not yet parsed */
    bool is_open;            /* the parser is at work */
    bool is_taken;           /* as a whole: there are no parts to ask for */
    int error;               /* of taking it */
    bool was_read;           /* the body's first piece was given, or it is not there */
    bool in_part;            /* gale_next_part: its end has not come */
    gale_part part;          /* gale_next_part's */
    struct gale__buf gather; /* what has come of the present part */
    size_t field_bytes;      /* of all fields so far */
    int spool;               /* the temporary file of all files that are not in memory; -1 */
    int64_t spooled;         /* bytes in it, of files that are whole */
    struct gale__form_file *files, **end;
};

/* What Content-Type says, exactly and in any case. */
enum gale__form_kind gale__form_kind(const gale_request *request);

/* Refuses a form that something in between may have read as another than is read here: 400 for a
 * Content-Encoding that is still there, for Content-Type twice. */
int gale__form_check_fields(gale_handler *self) GALE_MUST_USE;

/* Whether the body, whose head has come, is better taken piece by piece and not whole: a multipart
 * form larger than a file that may be in memory. */
bool gale__form_wants_stream(const struct gale__exchange *x, const gale_limits *limits);

/* Waits. Before prepare, for requests with a body (not for streaming classes): takes a multipart
 * form into arguments and files. 0 or a failure (400, 413 …). */
int gale__form_read(gale_handler *self) GALE_MUST_USE;

/* Waits (a body that the carrier holds: does not). Fields into all, files into the request. */
int gale__form_take(gale_handler *self, struct gale__arguments *all) GALE_MUST_USE;

/* self->more->forms, made when it is not there; NULL: no memory (the request has failed). */
struct gale__forms *gale__forms(gale_handler *self);

/* Sets the parser up. 415: no multipart/form-data, 400: without a boundary that can be used. */
int gale__form_open(gale_handler *self, struct gale__forms *forms) GALE_MUST_USE;

/* Waits. The parser's next event, GALE__MULTIPART_MORE never; a failure answers 400. */
int gale__form_event(gale_handler *self, struct gale__forms *forms, gale_str *data) GALE_MUST_USE;

/* A failure that answers 413 and names a part on its page. */
int gale__form_too_large(gale_handler *self, const char *name);

#endif
