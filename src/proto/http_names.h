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
    X(HOST, "Host", 10)                                                                            \
    X(CONTENT_LENGTH, "Content-Length", 76)                                                        \
    X(TRANSFER_ENCODING, "Transfer-Encoding", 59)                                                  \
    X(CONNECTION, "Connection", 111)                                                               \
    X(EXPECT, "Expect", 151)                                                                       \
    X(UPGRADE, "Upgrade", 223)                                                                     \
    X(ACCEPT, "Accept", 208)                                                                       \
    X(ACCEPT_ENCODING, "Accept-Encoding", 9)                                                       \
    X(ACCEPT_LANGUAGE, "Accept-Language", 13)                                                      \
    X(ACCEPT_RANGES, "Accept-Ranges", 169)                                                         \
    X(ACCESS_CONTROL_ALLOW_CREDENTIALS, "Access-Control-Allow-Credentials", 200)                   \
    X(ACCESS_CONTROL_ALLOW_HEADERS, "Access-Control-Allow-Headers", 234)                           \
    X(ACCESS_CONTROL_ALLOW_METHODS, "Access-Control-Allow-Methods", 185)                           \
    X(ACCESS_CONTROL_ALLOW_ORIGIN, "Access-Control-Allow-Origin", 72)                              \
    X(ACCESS_CONTROL_EXPOSE_HEADERS, "Access-Control-Expose-Headers", 217)                         \
    X(ACCESS_CONTROL_MAX_AGE, "Access-Control-Max-Age", 221)                                       \
    X(ACCESS_CONTROL_REQUEST_HEADERS, "Access-Control-Request-Headers", 199)                       \
    X(ACCESS_CONTROL_REQUEST_METHOD, "Access-Control-Request-Method", 215)                         \
    X(AGE, "Age", 42)                                                                              \
    X(ALLOW, "Allow", 110)                                                                         \
    X(AUTHORIZATION, "Authorization", 3)                                                           \
    X(CACHE_CONTROL, "Cache-Control", 141)                                                         \
    X(CONTENT_DISPOSITION, "Content-Disposition", 203)                                             \
    X(CONTENT_ENCODING, "Content-Encoding", 176)                                                   \
    X(CONTENT_RANGE, "Content-Range", 238)                                                         \
    X(CONTENT_SECURITY_POLICY, "Content-Security-Policy", 67)                                      \
    X(CONTENT_TYPE, "Content-Type", 154)                                                           \
    X(COOKIE, "Cookie", 27)                                                                        \
    X(DATE, "Date", 237)                                                                           \
    X(ETAG, "Etag", 187)                                                                           \
    X(EXPIRES, "Expires", 103)                                                                     \
    X(FORWARDED, "Forwarded", 160)                                                                 \
    X(IF_MATCH, "If-Match", 190)                                                                   \
    X(IF_MODIFIED_SINCE, "If-Modified-Since", 239)                                                 \
    X(IF_NONE_MATCH, "If-None-Match", 65)                                                          \
    X(IF_RANGE, "If-Range", 50)                                                                    \
    X(IF_UNMODIFIED_SINCE, "If-Unmodified-Since", 58)                                              \
    X(KEEP_ALIVE, "Keep-Alive", 74)                                                                \
    X(LAST_MODIFIED, "Last-Modified", 12)                                                          \
    X(LOCATION, "Location", 244)                                                                   \
    X(ORIGIN, "Origin", 149)                                                                       \
    X(RANGE, "Range", 101)                                                                         \
    X(REFERER, "Referer", 232)                                                                     \
    X(RETRY_AFTER, "Retry-After", 32)                                                              \
    X(SEC_FETCH_SITE, "Sec-Fetch-Site", 102)                                                       \
    X(SEC_WEBSOCKET_ACCEPT, "Sec-Websocket-Accept", 164)                                           \
    X(SEC_WEBSOCKET_EXTENSIONS, "Sec-Websocket-Extensions", 144)                                   \
    X(SEC_WEBSOCKET_KEY, "Sec-Websocket-Key", 34)                                                  \
    X(SEC_WEBSOCKET_PROTOCOL, "Sec-Websocket-Protocol", 33)                                        \
    X(SEC_WEBSOCKET_VERSION, "Sec-Websocket-Version", 122)                                         \
    X(SERVER, "Server", 113)                                                                       \
    X(SET_COOKIE, "Set-Cookie", 233)                                                               \
    X(TE, "Te", 98)                                                                                \
    X(TRAILER, "Trailer", 159)                                                                     \
    X(USER_AGENT, "User-Agent", 181)                                                               \
    X(VARY, "Vary", 222)                                                                           \
    X(WWW_AUTHENTICATE, "Www-Authenticate", 168)                                                   \
    X(X_CSRFTOKEN, "X-Csrftoken", 94)                                                              \
    X(X_FORWARDED_FOR, "X-Forwarded-For", 104)                                                     \
    X(X_FORWARDED_PROTO, "X-Forwarded-Proto", 70)                                                  \
    X(X_REAL_IP, "X-Real-Ip", 63)                                                                  \
    X(X_SCHEME, "X-Scheme", 195)                                                                   \
    X(X_XSRFTOKEN, "X-Xsrftoken", 6)

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
