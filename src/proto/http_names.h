/* http_names.h - the names HTTP gives to things: headers, methods, status phrases.
 *
 * One table each. A header's id is its place in the table, small enough for a bit in 64,
 * so a head can say which known headers it has; 0 is "not in the table". Spelling is
 * Tornado's normalised one (Etag, Www-Authenticate). The third column is the slot of the
 * perfect hash: find_header_hash.py chooses the slots and the multipliers.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_HTTP_NAMES_H
#define GALE_PROTO_HTTP_NAMES_H

#include <gale/base.h>

/* X(identifier, normalised spelling, hash slot). The first six steer the parser. */
#define GALE__HEADERS(X)                                                                           \
    X(HOST, "Host", 68)                                                                            \
    X(CONTENT_LENGTH, "Content-Length", 7)                                                         \
    X(TRANSFER_ENCODING, "Transfer-Encoding", 183)                                                 \
    X(CONNECTION, "Connection", 77)                                                                \
    X(EXPECT, "Expect", 243)                                                                       \
    X(UPGRADE, "Upgrade", 10)                                                                      \
    X(ACCEPT, "Accept", 171)                                                                       \
    X(ACCEPT_ENCODING, "Accept-Encoding", 200)                                                     \
    X(ACCEPT_LANGUAGE, "Accept-Language", 146)                                                     \
    X(ACCEPT_RANGES, "Accept-Ranges", 100)                                                         \
    X(ACCESS_CONTROL_ALLOW_CREDENTIALS, "Access-Control-Allow-Credentials", 125)                   \
    X(ACCESS_CONTROL_ALLOW_HEADERS, "Access-Control-Allow-Headers", 157)                           \
    X(ACCESS_CONTROL_ALLOW_METHODS, "Access-Control-Allow-Methods", 49)                            \
    X(ACCESS_CONTROL_ALLOW_ORIGIN, "Access-Control-Allow-Origin", 210)                             \
    X(ACCESS_CONTROL_EXPOSE_HEADERS, "Access-Control-Expose-Headers", 26)                          \
    X(ACCESS_CONTROL_MAX_AGE, "Access-Control-Max-Age", 113)                                       \
    X(ACCESS_CONTROL_REQUEST_HEADERS, "Access-Control-Request-Headers", 151)                       \
    X(ACCESS_CONTROL_REQUEST_METHOD, "Access-Control-Request-Method", 76)                          \
    X(AGE, "Age", 222)                                                                             \
    X(ALLOW, "Allow", 186)                                                                         \
    X(AUTHORIZATION, "Authorization", 202)                                                         \
    X(CACHE_CONTROL, "Cache-Control", 0)                                                           \
    X(CONTENT_DISPOSITION, "Content-Disposition", 140)                                             \
    X(CONTENT_ENCODING, "Content-Encoding", 123)                                                   \
    X(CONTENT_RANGE, "Content-Range", 184)                                                         \
    X(CONTENT_SECURITY_POLICY, "Content-Security-Policy", 110)                                     \
    X(CONTENT_TYPE, "Content-Type", 165)                                                           \
    X(COOKIE, "Cookie", 51)                                                                        \
    X(DATE, "Date", 254)                                                                           \
    X(ETAG, "Etag", 237)                                                                           \
    X(EXPIRES, "Expires", 164)                                                                     \
    X(FORWARDED, "Forwarded", 117)                                                                 \
    X(IF_MATCH, "If-Match", 199)                                                                   \
    X(IF_MODIFIED_SINCE, "If-Modified-Since", 152)                                                 \
    X(IF_NONE_MATCH, "If-None-Match", 46)                                                          \
    X(IF_RANGE, "If-Range", 47)                                                                    \
    X(IF_UNMODIFIED_SINCE, "If-Unmodified-Since", 28)                                              \
    X(KEEP_ALIVE, "Keep-Alive", 53)                                                                \
    X(LAST_MODIFIED, "Last-Modified", 247)                                                         \
    X(LOCATION, "Location", 180)                                                                   \
    X(ORIGIN, "Origin", 217)                                                                       \
    X(RANGE, "Range", 35)                                                                          \
    X(REFERER, "Referer", 193)                                                                     \
    X(RETRY_AFTER, "Retry-After", 159)                                                             \
    X(SEC_FETCH_SITE, "Sec-Fetch-Site", 253)                                                       \
    X(SEC_WEBSOCKET_ACCEPT, "Sec-Websocket-Accept", 83)                                            \
    X(SEC_WEBSOCKET_EXTENSIONS, "Sec-Websocket-Extensions", 177)                                   \
    X(SEC_WEBSOCKET_KEY, "Sec-Websocket-Key", 138)                                                 \
    X(SEC_WEBSOCKET_PROTOCOL, "Sec-Websocket-Protocol", 179)                                       \
    X(SEC_WEBSOCKET_VERSION, "Sec-Websocket-Version", 54)                                          \
    X(SERVER, "Server", 223)                                                                       \
    X(SET_COOKIE, "Set-Cookie", 37)                                                                \
    X(TE, "Te", 118)                                                                               \
    X(TRAILER, "Trailer", 245)                                                                     \
    X(USER_AGENT, "User-Agent", 115)                                                               \
    X(VARY, "Vary", 176)                                                                           \
    X(WWW_AUTHENTICATE, "Www-Authenticate", 91)                                                    \
    X(X_CSRFTOKEN, "X-Csrftoken", 107)                                                             \
    X(X_FORWARDED_FOR, "X-Forwarded-For", 235)                                                     \
    X(X_FORWARDED_PROTO, "X-Forwarded-Proto", 73)                                                  \
    X(X_REAL_IP, "X-Real-Ip", 195)                                                                 \
    X(X_SCHEME, "X-Scheme", 36)                                                                    \
    X(X_XSRFTOKEN, "X-Xsrftoken", 25)

#define GALE__HEADER_ID(id, text, slot) GALE__HEADER_##id,
enum { GALE__HEADER_UNKNOWN, GALE__HEADERS(GALE__HEADER_ID) GALE__N_HEADERS };
#undef GALE__HEADER_ID

enum {
    GALE__HEADER_LAST_SPECIAL = GALE__HEADER_UPGRADE,
    GALE__HEADER_NAME_MAX = 32, /* of the names in the table */
};

/* The id of a header name in any case, 0 when it is not in the table. */
unsigned gale__header_id(const char *name, size_t len);

/* The normalised spelling of a known header; empty for any other id. Static. */
gale_str gale__header_name(unsigned id);

/* Writes name as Tornado spells it: words between hyphens capitalised. dst may be src. */
void gale__header_normalise(char *dst, const char *src, size_t len);

#define GALE__METHODS(X)                                                                           \
    X(GET)                                                                                         \
    X(HEAD)                                                                                        \
    X(POST)                                                                                        \
    X(PUT)                                                                                         \
    X(DELETE)                                                                                      \
    X(PATCH)                                                                                       \
    X(OPTIONS)                                                                                     \
    X(CONNECT)                                                                                     \
    X(TRACE)

#define GALE__METHOD_ID(name) GALE__METHOD_##name,
enum gale__method {
    GALE__METHOD_OTHER, /* a token that is not in the table */
    GALE__METHODS(GALE__METHOD_ID) GALE__N_METHODS
};
#undef GALE__METHOD_ID

/* The method of that name (case matters), GALE__METHOD_OTHER when unknown. */
enum gale__method gale__method_id(const char *name, size_t len);

/* The name of a method; empty for GALE__METHOD_OTHER. Static. */
gale_str gale__method_name(enum gale__method method);

/* The registered phrase for a status code, "Unknown" for any other. Static. */
const char *gale__status_phrase(int status);

#endif
