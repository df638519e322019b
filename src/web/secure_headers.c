/* secure_headers.c - what browsers are told to be careful with. */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <gale/web.h>

static int set_if_absent(gale_handler *self, const char *name, const char *value)
{
    return gale_get_response_header(self, name) ? 0 : gale_set_header(self, name, value);
}

int gale_set_secure_headers(gale_handler *self, const char *csp)
{
    static const char *const headers[][2] = {
        { "X-Content-Type-Options", "nosniff" },
        { "X-Frame-Options", "DENY" },
        { "Referrer-Policy", "strict-origin-when-cross-origin" },
        { "Cross-Origin-Opener-Policy", "same-origin" },
    };
    int r = 0;

    for (size_t i = 0; r >= 0 && i < sizeof(headers) / sizeof(headers[0]); i++)
        r = set_if_absent(self, headers[i][0], headers[i][1]);
    csp = csp ? csp : "default-src 'self'";
    if (r >= 0 && *csp)
        r = set_if_absent(self, "Content-Security-Policy", csp);
    if (r >= 0 && strcmp(gale_request_protocol(gale_handler_request(self)), "https") == 0)
        r = set_if_absent(self, "Strict-Transport-Security", "max-age=31536000");
    return r;
}
