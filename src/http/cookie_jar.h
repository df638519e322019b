/* cookie_jar.h - the cookies a client keeps (RFC 6265bis 5.6 and 5.7).
 *
 * One list, the newest last: at most 3000 are there, 50 of a domain. cookie_file.c reads and writes
 * Netscape's file.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_COOKIE_JAR_H
#define GALE_HTTP_COOKIE_JAR_H

#include <gale/httpclient.h>

#include "base/buf.h"
#include "base/list.h"
#include "proto/http_url.h"
#include "proto/received_cookie.h"

struct gale__jar_cookie {
    struct gale__list link;
    gale_str name, value, domain, path; /* behind this struct; the domain in lower case */
    double expires;                     /* on the jar's clock; INFINITY: with the session */
    uint64_t created, used;             /* by the jar's counter */
    bool host_only, secure, http_only;
};

struct gale_cookie_jar {
    struct gale__list cookies; /* by the time they were made */
    size_t n;
    uint64_t counter;
    double (*now)(void *arg); /* NULL: the wall clock */
    void *arg;
    /* For tests: one name, one cookie, sent everywhere in the order they came; dates are the wall
     * clock's, whatever the jar's own is. */
    bool lax;
};

void gale__cookie_jar_init(gale_cookie_jar *jar);
double gale__cookie_jar_now(const gale_cookie_jar *jar);
/* The newest cookie of that name that has not expired, or NULL. Borrowed until the jar changes. */
const struct gale__jar_cookie *gale__cookie_jar_find(const gale_cookie_jar *jar, gale_str name);

/* Stores a Set-Cookie value that url sent. 0, GALE_EINVAL: it may not, -ENOMEM. */
int gale__cookie_jar_store(gale_cookie_jar *jar, const struct gale__http_url *url, gale_str field);
/* Keeps a cookie as it is, in the place of one with its name, domain and path; domain is the host
 * when host_only. 0, -ENOMEM, GALE_EINVAL: another may not be replaced. */
int gale__cookie_jar_keep(gale_cookie_jar *jar, const struct gale__jar_cookie *cookie);
/* Appends "a=1; b=2" for a request to url, after before when there is any: how many. Errors are
 * the buffer's. */
size_t gale__cookie_jar_write(gale_cookie_jar *jar, const struct gale__http_url *url,
                              const char *before, struct gale__buf *out);

#endif
