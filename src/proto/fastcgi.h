/* fastcgi.h - records of FastCGI 1.0: taken apart as they come, and made.
 *
 * The decoder keeps nothing but the present record's header: its content is handed out where it
 * lies, in as many pieces as it comes in.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_FASTCGI_H
#define GALE_PROTO_FASTCGI_H

#include <gale/base.h>

enum {
    GALE__FASTCGI_VERSION = 1,
    GALE__FASTCGI_HEADER_LEN = 8,
    GALE__FASTCGI_CONTENT_MAX = 65535,
    GALE__FASTCGI_RESPONDER = 1, /* the role */
    GALE__FASTCGI_KEEP_CONN = 1, /* flag of BEGIN_REQUEST */
};

enum gale__fastcgi_type {
    GALE__FASTCGI_BEGIN_REQUEST = 1,
    GALE__FASTCGI_ABORT_REQUEST,
    GALE__FASTCGI_END_REQUEST,
    GALE__FASTCGI_PARAMS,
    GALE__FASTCGI_STDIN,
    GALE__FASTCGI_STDOUT,
    GALE__FASTCGI_STDERR,
    GALE__FASTCGI_DATA,
    GALE__FASTCGI_GET_VALUES,
    GALE__FASTCGI_GET_VALUES_RESULT,
    GALE__FASTCGI_UNKNOWN_TYPE,
};

/* Of END_REQUEST. */
enum gale__fastcgi_status {
    GALE__FASTCGI_REQUEST_COMPLETE,
    GALE__FASTCGI_CANT_MPX_CONN,
    GALE__FASTCGI_OVERLOADED,
    GALE__FASTCGI_UNKNOWN_ROLE,
};

/* All zero before the first byte. */
struct gale__fastcgi_decoder {
    uint8_t type; /* of the present record */
    uint16_t id;
    uint16_t length; /* of its content */
    /* private */
    uint16_t left; /* of the content */
    uint8_t padding;
    uint8_t n_header; /* bytes of the header that have come */
    uint8_t state;
    uint8_t header[GALE__FASTCGI_HEADER_LEN];
};

enum gale__fastcgi_event {
    GALE__FASTCGI_MORE,         /* all bytes are used */
    GALE__FASTCGI_RECORD,       /* a header is complete */
    GALE__FASTCGI_PIECE,        /* of the record's content, in *piece */
    GALE__FASTCGI_RECORD_ENDED, /* its content is complete */
};

/* Takes the next thing off *p, or -1 when it is not FastCGI 1. A record without content is
 * RECORD and RECORD_ENDED, too. */
int gale__fastcgi_next(struct gale__fastcgi_decoder *d, const char **p, const char *end,
                       gale_str *piece);

/* The last n bytes of the piece come again: *p is set back. */
void gale__fastcgi_untake(struct gale__fastcgi_decoder *d, const char **p, size_t n);

/* The next name and value of whole parameters: 1; 0 at their end; -1 when they are malformed. */
int gale__fastcgi_pair(const char **p, const char *end, gale_str *name, gale_str *value);

/* Writes 8 bytes; length is at most GALE__FASTCGI_CONTENT_MAX. The end of what is written. */
char *gale__fastcgi_put_header(char *p, unsigned type, uint16_t id, size_t length, size_t padding);

/* A whole record: 16 bytes. */
char *gale__fastcgi_put_end_request(char *p, uint16_t id, uint32_t app_status,
                                    unsigned protocol_status);

/* A name and a value, each of at most 127 bytes. */
char *gale__fastcgi_put_pair(char *p, gale_str name, gale_str value);

#endif
