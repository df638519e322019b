/* oauth2.c - takes the answer that the browser brings, and changes it for a user (RFC 6749 4.1.2,
 * 4.1.3; RFC 9207; OpenID Connect Core 1.0, 3.1.2.5 and on). See oauth2.h. */
/* SPDX-License-Identifier: MIT */
#include "auth/oauth2.h"

#include <errno.h>
#include <string.h>

#include <gale/json.h>

#include "auth/answer.h"
#include "auth/id_token.h"
#include "auth/profile.h"
#include "auth/provider.h"
#include "auth/token.h"
#include "auth/userinfo.h"

/* What the browser brings. */
struct brought {
    const char *code, *state, *error, *description, *issuer;
};

static bool is_connect(const struct gale__auth_call *call)
{
    return call->provider->o.protocol == GALE_OPENID_CONNECT;
}

static bool is_there(const char *value)
{
    return value && *value;
}

static int read_brought(struct gale__auth_call *call, struct brought *out)
{
    const struct {
        const char *name, **value;
    } all[] = {
        { "code", &out->code },   { "state", &out->state },
        { "error", &out->error }, { "error_description", &out->description },
        { "iss", &out->issuer },
    };
    int r = 0;

    for (size_t i = 0; r >= 0 && i < sizeof(all) / sizeof(all[0]); i++)
        r = gale__auth_argument(call, all[i].name, all[i].value);
    if (r < 0)
        return r;
    if (!is_there(out->code) == !is_there(out->error))
        return gale__auth_fail(call, GALE_AUTH_BAD_REQUEST, "%s came",
                               is_there(out->code) ? "both code and error"
                                                   : "neither code nor error");
    if (!is_there(out->state))
        return gale__auth_fail(call, GALE_AUTH_BAD_REQUEST, "no state came");
    return 0;
}

/* The answer must say that it is this provider's where it says so always, and whenever it says. */
static int check_issuer(struct gale__auth_call *call, const struct gale__auth_places *places,
                        const char *issuer)
{
    const char *expected = call->provider->o.issuer;

    if (!expected || (!issuer && !places->tells_issuer))
        return 0;
    if (!issuer)
        return gale__auth_fail(call, GALE_AUTH_MIX_UP, "the answer has no iss");
    if (strcmp(issuer, expected))
        return gale__auth_fail(call, GALE_AUTH_MIX_UP, "the answer is that of '%s'",
                               gale__auth_quote(call, gale__str(issuer)));
    return 0;
}

static int refuse(struct gale__auth_call *call, const struct brought *b)
{
    static const char *const interaction[] = {
        "login_required",
        "interaction_required",
        "consent_required",
        "account_selection_required",
    };
    gale_auth_reason reason = GALE_AUTH_REFUSED;

    if (!strcmp(b->error, "access_denied"))
        reason = GALE_AUTH_DENIED;
    for (size_t i = 0; i < sizeof(interaction) / sizeof(interaction[0]); i++)
        if (!strcmp(b->error, interaction[i]))
            reason = GALE_AUTH_INTERACTION;
    return gale__auth_refused(call, reason, "the provider says", gale__str(b->error),
                              gale__str(b->description));
}

static int change_code(struct gale__auth_call *call, const struct gale__auth_places *places,
                       const char *code, const struct gale__auth_login *login,
                       gale_auth_tokens *out)
{
    const gale_pair params[] = {
        { "grant_type", "authorization_code" },
        { "code", code },
        { "redirect_uri", login->redirect_uri },
        { "code_verifier", login->verifier },
        { NULL, NULL },
    };

    return gale__auth_ask_tokens(call, places, params, out);
}

/* The ID token's claims; of plain OAuth 2 there are none. */
static int verify(struct gale__auth_call *call, const struct gale__auth_places *places,
                  const struct gale__auth_login *login, const gale_auth_tokens *tokens,
                  json_t **claims)
{
    const struct gale__auth_expected expected = {
        .nonce = login->nonce,
        .access_token = tokens->access_token,
        .max_age = login->max_age,
        .asked_at = login->time,
    };

    *claims = NULL;
    if (!is_connect(call))
        return 0;
    if (!tokens->id_token)
        return gale__auth_fail(call, GALE_AUTH_BAD_ANSWER, "the token end point gives no ID token");
    return gale__auth_id_token(call, places, tokens->id_token, &expected, claims);
}

/* Whether an address is the user's is told with that address: what userinfo says of another one,
 * or the ID token of none, does not count. */
static int set_verified(json_t *all, const json_t *claims, const json_t *info)
{
    static const char *const names[][2] = { { "email", "email_verified" },
                                            { "phone_number", "phone_number_verified" } };
    int r = 0;

    for (size_t i = 0; r >= 0 && i < sizeof(names) / sizeof(names[0]); i++) {
        const json_t *address = json_object_get(claims, names[i][0]);
        json_t *word = json_object_get(address ? claims : info, names[i][1]);

        if (!word && json_equal(address, json_object_get(info, names[i][0])))
            word = json_object_get(info, names[i][1]);
        json_object_del(all, names[i][1]);
        r = word ? json_object_set(all, names[i][1], word) : 0;
    }
    return r;
}

/* All that was told, in one object: what is signed goes before the rest. */
static int merge(struct gale__auth_call *call, const json_t *claims, const json_t *info,
                 const json_t *tokens, json_t **out)
{
    json_t *all = json_object();
    int r;

    if (!claims && !info)
        info = tokens;
    if (!all || (claims && json_object_update(all, (json_t *)claims) < 0) ||
        (info && json_object_update_missing(all, (json_t *)info) < 0) ||
        set_verified(all, claims, info) < 0) {
        json_decref(all);
        return gale__auth_internal(call, gale_err(-ENOMEM, "no memory for a user"));
    }
    r = gale__auth_own_json(call, all);
    *out = all;
    return r;
}

/* Who the user is, by ID token, userinfo, or (without either) the answer of the token end point. */
static int ask_user(struct gale__auth_call *call, const struct gale__auth_places *places,
                    const json_t *claims, gale_auth_user *user)
{
    const char *subject = json_string_value(json_object_get(claims, "sub"));
    json_t *info = NULL, *emails = NULL;
    int r = 0;

    if (places->userinfo_url && call->provider->o.userinfo != GALE_OFF)
        r = gale__auth_userinfo(call, places, &user->tokens, subject, &info);
    if (r >= 0)
        r = merge(call, claims, info, user->tokens.json, &user->claims);
    if (r >= 0)
        r = gale__auth_profile(call, user->claims, claims ? "sub" : NULL, user);
    if (r < 0 || user->email || !info || !call->provider->o.emails_url)
        return r;
    r = gale__auth_emails(call, &user->tokens, &emails);
    if (r >= 0)
        gale__auth_read_emails(emails, user);
    return r;
}

/* Everything about the browser is checked before the provider is asked anything. */
static int callback(struct gale__auth_call *call, gale_auth_user *user)
{
    struct brought brought;
    struct gale__auth_login login;
    struct gale__auth_places places;
    json_t *claims;
    int r = read_brought(call, &brought);

    if (r >= 0)
        r = gale__auth_login_take(call, brought.state, &login);
    if (r >= 0)
        r = gale__auth_places(call, &places);
    if (r >= 0)
        r = check_issuer(call, &places, brought.issuer);
    if (r >= 0 && is_there(brought.error))
        r = refuse(call, &brought);
    if (r >= 0)
        r = change_code(call, &places, brought.code, &login, &user->tokens);
    if (r >= 0)
        r = verify(call, &places, &login, &user->tokens, &claims);
    if (r < 0)
        return r;
    user->next = login.next;
    if (is_connect(call))
        user->issuer = call->provider->o.issuer;
    return ask_user(call, &places, claims, user);
}

static bool has_word(const char *words, const char *word)
{
    gale_str rest = gale__str(words), part;

    while (gale__str_split(&rest, ' ', &part))
        if (gale__str_equal(part, gale__str(word)))
            return true;
    return false;
}

static int check(const gale_auth_provider *provider)
{
    const gale_auth_options *o = &provider->o;

    if (o->protocol == GALE_OPENID_CONNECT) {
        if (!o->issuer)
            return gale_err(GALE_EINVAL, "issuer is missing, which OpenID Connect needs");
        return has_word(o->scope, "openid")
                   ? 0
                   : gale_err(GALE_EINVAL, "scope has no openid, which OpenID Connect needs");
    }
    if (!o->token_url)
        return gale_err(GALE_EINVAL, "token_url is missing (or an issuer)");
    if (!o->authorize_url)
        return gale_err(GALE_EINVAL, "authorize_url is missing (or an issuer)");
    return 0;
}

const struct gale__auth_ops gale__auth_oauth2 = {
    .check = check,
    .redirect = gale__oauth2_redirect,
    .callback = callback,
};
