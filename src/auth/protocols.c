/* protocols.c - the protocols there are, by their number. */
/* SPDX-License-Identifier: MIT */
#include "auth/oauth1.h"
#include "auth/oauth2.h"
#include "auth/openid2.h"
#include "auth/provider.h"

const struct gale__auth_ops *gale__auth_protocol_ops(gale_auth_protocol protocol)
{
    static const struct gale__auth_ops *const protocols[] = {
        [GALE_OPENID_CONNECT] = &gale__auth_oauth2,
        [GALE_OAUTH2] = &gale__auth_oauth2,
        [GALE_OAUTH1] = &gale__auth_oauth1,
        [GALE_OPENID2] = &gale__auth_openid2,
    };

    return protocols[protocol];
}
