/* oauth1_user.c - who the user is, as providers of OAuth 1.0a tell it: each in its own words, of
 * which Twitter's are the best known.
 */
/* SPDX-License-Identifier: MIT */
#include "auth/oauth1.h"

#include <gale/json.h>

enum { ID_MAX = 255 };

/* The first of the names that is a text with something in it. */
static const char *text_of(const json_t *claims, const char *const *names)
{
    for (; *names; names++) {
        const json_t *value = json_object_get(claims, *names);
        const char *text = json_string_value(value);

        if (text && *text && strlen(text) == json_string_length(value))
            return text;
    }
    return NULL;
}

/* The first that is there decides: a provider with numbers beside texts means the same user. */
static const json_t *id_of(const json_t *claims)
{
    static const char *const names[] = { "id_str", "id", "user_id", NULL };

    for (const char *const *name = names; *name; name++) {
        const json_t *value = json_object_get(claims, *name);

        if (value)
            return value;
    }
    return NULL;
}

static int read_id(struct gale__auth_call *call, const json_t *claims, gale_auth_user *user)
{
    const json_t *id = id_of(claims);
    const char *text = json_string_value(id);
    size_t len = text ? json_string_length(id) : 0;

    if (json_is_integer(id)) {
        user->id = gale__auth_printf(call, "%lld", (long long)json_integer_value(id));
        return user->id ? 0 : call->code;
    }
    if (!len || len > ID_MAX || strlen(text) != len)
        return gale__auth_fail(call, GALE_AUTH_BAD_ANSWER,
                               "the provider does not tell who the user is");
    user->id = text;
    return 0;
}

int gale__oauth1_read_user(struct gale__auth_call *call, json_t *claims, gale_auth_user *user)
{
    static const char *const names[] = { "name", "fullname", NULL };
    static const char *const usernames[] = { "screen_name", "username", "login", NULL };
    static const char *const emails[] = { "email", NULL };
    static const char *const locales[] = { "locale", "lang", NULL };
    static const char *const pictures[] = { "profile_image_url_https", "picture", "avatar_url",
                                            NULL };

    user->claims = claims;
    user->name = text_of(claims, names);
    user->username = text_of(claims, usernames);
    user->email = text_of(claims, emails);
    user->locale = text_of(claims, locales);
    user->picture = text_of(claims, pictures);
    return read_id(call, claims, user);
}
