/* profile.c - a user out of what the provider told: OpenID Connect's claims (Core 1.0, 5.1), and
 * the names that GitHub, Facebook and others have for the same. See profile.h. */
/* SPDX-License-Identifier: MIT */
#include "auth/profile.h"

#include <string.h>

#include <gale/json.h>

enum { NAMES = 3 };

/* The first of the names that is a text and not empty. */
static const char *find(const json_t *claims, const char *const names[NAMES])
{
    for (size_t i = 0; i < NAMES && names[i]; i++) {
        const char *text = json_string_value(json_object_get(claims, names[i]));

        if (text && *text)
            return text;
    }
    return NULL;
}

/* An id as text; NULL: it is none (or there is no memory, which is noted). */
static const char *id_of(struct gale__auth_call *call, const json_t *value)
{
    const char *text = json_string_value(value);

    if (json_is_integer(value))
        return gale__auth_printf(call, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    return text && *text ? text : NULL;
}

static int find_id(struct gale__auth_call *call, const json_t *claims, const char *id_name,
                   const char **out)
{
    static const char *const usual[NAMES] = { "sub", "id", "user_id" };
    const char *const *names = id_name ? &id_name : usual;

    for (size_t i = 0; i < (id_name ? 1 : NAMES) && !*out; i++)
        *out = id_of(call, json_object_get(claims, names[i]));
    if (*out)
        return 0;
    return call->failed.reason ? call->code
                               : gale__auth_fail(call, GALE_AUTH_BAD_ANSWER,
                                                 "the provider does not tell who the user is");
}

/* A URL, or Facebook's {"data": {"url": …}}. */
static const char *find_picture(const json_t *claims)
{
    static const char *const names[NAMES] = { "picture", "avatar_url", "profile_image_url" };
    const json_t *data = json_object_get(json_object_get(claims, "picture"), "data");
    const char *url = json_string_value(json_object_get(data, "url"));

    return url ? url : find(claims, names);
}

static bool is_true(const json_t *value)
{
    const char *text = json_string_value(value);

    return json_is_true(value) || (text && !strcmp(text, "true"));
}

int gale__auth_profile(struct gale__auth_call *call, const struct json_t *claims,
                       const char *id_name, gale_auth_user *user)
{
    static const char *const name[NAMES] = { "name", "displayName" };
    static const char *const first[NAMES] = { "given_name", "first_name" };
    static const char *const last[NAMES] = { "family_name", "last_name" };
    static const char *const username[NAMES] = { "preferred_username", "login", "username" };
    static const char *const email[NAMES] = { "email" };
    static const char *const locale[NAMES] = { "locale" };
    int r = find_id(call, claims, id_name, &user->id);

    if (r < 0)
        return r;
    user->name = find(claims, name);
    user->first_name = find(claims, first);
    user->last_name = find(claims, last);
    user->username = find(claims, username);
    user->email = find(claims, email);
    user->locale = find(claims, locale);
    user->picture = find_picture(claims);
    user->email_verified = user->email && is_true(json_object_get(claims, "email_verified"));
    user->auth_time = json_number_value(json_object_get(claims, "auth_time"));
    return 0;
}

void gale__auth_read_emails(const struct json_t *list, gale_auth_user *user)
{
    size_t i;
    json_t *item;

    json_array_foreach((json_t *)list, i, item)
    {
        const char *email = json_string_value(json_object_get(item, "email"));

        if (!email || !*email || !json_is_true(json_object_get(item, "primary")) ||
            !json_is_true(json_object_get(item, "verified")))
            continue;
        user->email = email;
        user->email_verified = true;
        return;
    }
}
