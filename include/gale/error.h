/* error.h - error codes and the text of the last error.
 *
 * Any value >= 0 is success. A negative value is -errno or one of GALE_E…. The
 * human detail ("bad chunk size 'zz'") is stored once, where the failure happened,
 * for the current coroutine (for the thread outside of one), and is shown by
 * gale_strerror() only together with its code.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_ERROR_H
#define GALE_ERROR_H

#include <gale/base.h>

GALE_BEGIN_DECLS

enum {
    GALE_EEOF = -10001,          /* the peer ended its side in an orderly way */
    GALE_ECLOSED = -10002,       /* the stream or loop is closed */
    GALE_ECANCELED = -10003,     /* this coroutine was cancelled */
    GALE_ETIMEDOUT = -10004,     /* a deadline passed */
    GALE_ENOTCOROUTINE = -10005, /* a call that waits was made outside a coroutine */
    GALE_EPROTO = -10006,        /* the peer broke the protocol */
    GALE_ETOOBIG = -10007,       /* a limit was exceeded */
    GALE_EINVAL = -10008,        /* the caller passed something unusable */
    GALE_ESTATE = -10009,        /* not possible in the object's present state */
    GALE_ENOTFOUND = -10010,     /* no such name */
    GALE_ESTOPPED = -10011,      /* the loop was stopped before the call finished */
    GALE_EBACKEND = -10012,      /* the forced loop backend cannot be used here */
    GALE_ETLS = -10013,          /* a TLS handshake or record failed */
    GALE_EAUTH = -10014,         /* who somebody is was not shown: a signature, a token, a login */
};

/* Codes that carry an HTTP status: gale_fail(self, 404, …) returns GALE_EHTTP(404). */
#define GALE_EHTTP(status) (-20000 - (status))
#define GALE_EHTTP_STATUS(code) (-20000 - (code))
#define GALE_IS_EHTTP(code) ((code) <= -20100 && (code) >= -20999)

/* Stores the detail for code and returns code, so that a function can end with
 * return gale_err(GALE_EPROTO, "bad chunk size '%s'", text). The text is cut at
 * 191 bytes. */
GALE_API int gale_err(int code, const char *fmt, ...) GALE_PRINTF(2, 3);

/* The text for a code: the stored detail when the last error stored here has this
 * code, else the code's general meaning. Borrowed: valid until the next gale call
 * on this coroutine. Never NULL. */
GALE_API const char *gale_strerror(int code);

/* The name of a code, "GALE_EPROTO" or "ENOENT". Static; "?" when unknown. */
GALE_API const char *gale_errname(int code);

GALE_END_DECLS

#endif
