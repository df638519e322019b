/* xsrf_origin.c - the check by Sec-Fetch-Site and Origin, which browsers send and pages cannot set.
 *
 * Sec-Fetch-Site comes first: a proxy in between may have changed Host, and then Origin alone would
 * not match. Another host of the same site is another site here: it may belong to somebody else.
 */
/* SPDX-License-Identifier: MIT */
#include "web/xsrf_origin.h"

#include <string.h>

#include "base/str.h"
#include "proto/url.h"

/* A host with its port, told or implied. */
struct authority {
    gale_str host;
    int port;
};

static bool take_authority(gale_str text, bool is_https, struct authority *out)
{
    if (gale__split_host_port(text, &out->host, &out->port) < 0 || !out->host.len)
        return false;
    if (out->port < 0)
        out->port = is_https ? 443 : 80;
    return true;
}

/* "scheme://host[:port]", and nothing else. */
static bool is_own(const gale_request *request, const char *origin)
{
    const char *protocol = gale_request_protocol(request);
    gale_str own = gale__str(gale_request_host(request)), theirs = gale__str(origin);
    size_t scheme = strlen(protocol);
    bool is_https = strcmp(protocol, "https") == 0;
    struct authority a, b;

    if (!gale__str_equal_nocase(gale__str_head(theirs, scheme), gale__str(protocol)))
        return false;
    theirs = gale__str_skip(theirs, scheme);
    if (!gale__str_starts_with(theirs, GALE__STR("://")))
        return false;
    theirs = gale__str_skip(theirs, 3);
    return take_authority(theirs, is_https, &a) && take_authority(own, is_https, &b) &&
           a.port == b.port && gale__str_equal_nocase(a.host, b.host);
}

int gale__xsrf_check_origin(gale_handler *self)
{
    const gale_request *request = &self->x->request;
    const char *site = gale_request_header(request, "Sec-Fetch-Site");
    const char *origin = gale_request_header(request, "Origin");

    if (site) {
        if (strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0)
            return 1;
        return gale_fail(self, 403, "Sec-Fetch-Site of %s is '%.40s'", request->method, site);
    }
    if (!origin)
        return 0;
    if (is_own(request, origin))
        return 1;
    return gale_fail(self, 403, "Origin of %s is '%.80s', not %s://%.80s", request->method, origin,
                     gale_request_protocol(request), gale_request_host(request));
}
