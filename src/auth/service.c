/* service.c - ready configurations, one entry each. See service.h. */
/* SPDX-License-Identifier: MIT */
#include "auth/service.h"

#include <string.h>

static const struct gale__auth_service services[] = {
    {
        .name = "google",
        .options = {
            .protocol = GALE_OPENID_CONNECT,
            .issuer = "https://accounts.google.com",
        },
    },
    {
        .name = "github",
        .dialect = GALE__AUTH_GITHUB,
        .options = {
            .protocol = GALE_OAUTH2,
            .scope = "read:user user:email",
            .authorize_url = "https://github.com/login/oauth/authorize",
            .token_url = "https://github.com/login/oauth/access_token",
            .userinfo_url = "https://api.github.com/user",
            .emails_url = "https://api.github.com/user/emails",
            .client_auth = GALE_CLIENT_SECRET_POST,
        },
    },
    {
        .name = "facebook",
        .dialect = GALE__AUTH_FACEBOOK,
        .options = {
            .protocol = GALE_OAUTH2,
            .scope = "public_profile email",
            .authorize_url = "https://www.facebook.com/dialog/oauth",
            .token_url = "https://graph.facebook.com/oauth/access_token",
            .userinfo_url = "https://graph.facebook.com/me",
            .client_auth = GALE_CLIENT_SECRET_POST,
            .user_fields = "id,name,first_name,last_name,email,locale,picture,link",
        },
    },
    {
        .name = "twitter",
        .options = {
            .protocol = GALE_OAUTH1,
            .request_token_url = "https://api.twitter.com/oauth/request_token",
            .authorize_url = "https://api.twitter.com/oauth/authenticate",
            .token_url = "https://api.twitter.com/oauth/access_token",
            .userinfo_url =
                "https://api.twitter.com/1.1/account/verify_credentials.json?include_email=true",
        },
    },
};

const struct gale__auth_service *gale__auth_service_find(const char *name)
{
    static const struct gale__auth_service none = { .name = NULL };

    if (!name)
        return &none;
    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
        if (!strcmp(services[i].name, name))
            return &services[i];
    return NULL;
}
