/* reason.c - why logins fail: names, statuses and codes, in one table. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "auth/call.h"

struct reason {
    const char *name;
    int status; /* of the answer to the browser */
    int code;   /* for who has no request */
};

static const struct reason reasons[] = {
    [GALE_AUTH_NO_FAILURE] = { "no_failure", 0, 0 },
    [GALE_AUTH_DENIED] = { "denied", 403, GALE_EAUTH },
    [GALE_AUTH_INTERACTION] = { "interaction", 403, GALE_EAUTH },
    [GALE_AUTH_BAD_STATE] = { "bad_state", 403, GALE_EAUTH },
    [GALE_AUTH_MIX_UP] = { "mix_up", 403, GALE_EAUTH },
    [GALE_AUTH_BAD_REQUEST] = { "bad_request", 403, GALE_EAUTH },
    [GALE_AUTH_REFUSED] = { "refused", 502, GALE_EAUTH },
    [GALE_AUTH_BAD_TOKEN] = { "bad_token", 502, GALE_EPROTO },
    [GALE_AUTH_BAD_ANSWER] = { "bad_answer", 502, GALE_EPROTO },
    [GALE_AUTH_UNREACHABLE] = { "unreachable", 503, -ECONNREFUSED },
    [GALE_AUTH_TIMED_OUT] = { "timed_out", 504, GALE_ETIMEDOUT },
    [GALE_AUTH_INTERNAL] = { "internal", 500, GALE_ESTATE },
};

static const struct reason *find(gale_auth_reason reason)
{
    size_t i = (size_t)reason;

    return i < sizeof(reasons) / sizeof(reasons[0]) ? &reasons[i] : NULL;
}

const char *gale_auth_reason_name(gale_auth_reason reason)
{
    const struct reason *r = find(reason);

    return r ? r->name : "?";
}

int gale__auth_reason_code(gale_auth_reason reason)
{
    return find(reason)->code;
}

int gale__auth_reason_status(gale_auth_reason reason, int code)
{
    if (reason == GALE_AUTH_INTERNAL && code == -ENOMEM)
        return 503;
    return find(reason)->status;
}
