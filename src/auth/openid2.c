/* openid2.c - login by OpenID Authentication 2.0, as Tornado has it, with the checks it lacks.
 *
 * The provider's end point is an option, so nothing is discovered: the user chooses the identity
 * there (identifier_select). Whose identifiers an end point may assert is what discovery would
 * tell; in its place stands a rule that needs none: claimed_id must be the identity that the user
 * showed at the end point (they may differ by a fragment). A page that delegates to the end point
 * would have another identity, and would be whatever the browser wrote into the request. With the
 * provider's name beside it, which is part of who a user is, an end point can only speak of users
 * of its own.
 */
/* SPDX-License-Identifier: MIT */
#include "auth/openid2.h"

#include <errno.h>
#include <gale/web.h>

#include "auth/away.h"
#include "auth/login.h"
#include "auth/used.h"
#include "base/clock.h"
#include "base/escape.h"
#include "proto/form.h"
#include "proto/http_url.h"

#define OPENID2 "http://specs.openid.net/auth/2.0"
#define SELECT OPENID2 "/identifier_select"

enum {
    VALUES_MAX = 64 << 10, /* bytes of all fields of an assertion */
    PAIRS_MAX = 8,
    RETURN_ARGUMENTS_MAX = 100,
};

/* --- sending away ----------------------------------------------------------------- */

/* What the protocol has no word for, and would promise something, is refused. */
static int check_options(struct gale__auth_call *call, const gale_authorize_options *options)
{
    if (options->max_age != 0 || (options->prompt && strcmp(options->prompt, "none") != 0))
        return gale__auth_internal(
            call, gale_err(GALE_EINVAL, "%s is nothing that OpenID 2.0 knows",
                           options->max_age != 0 ? "max_age" : "a prompt but \"none\""));
    return 0;
}

/* The address the browser comes back to, and the site it belongs to. NULL: noted. */
static const char *return_to(struct gale__auth_call *call, const char *redirect_uri,
                             const char *state)
{
    const gale_pair pairs[] = { { "state", state }, { NULL, NULL } };

    return gale__auth_url(call, redirect_uri, pairs);
}

static const char *realm(struct gale__auth_call *call, const char *redirect_uri)
{
    struct gale__http_url url;
    int r = gale__http_url_parse(gale__str(redirect_uri), &url);

    if (r < 0) {
        (void)!gale__auth_internal(call, r);
        return NULL;
    }
    return gale__auth_printf(call, "%s://%.*s/", url.tls ? "https" : "http", (int)url.netloc.len,
                             url.netloc.ptr);
}

/* The address of the question. NULL: noted. */
static const char *question(struct gale__auth_call *call, const gale_authorize_options *options,
                            const char *redirect_uri, const char *state)
{
    const gale_pair pairs[PAIRS_MAX] = {
        { "openid.ns", OPENID2 },
        { "openid.mode", options->prompt ? "checkid_immediate" : "checkid_setup" },
        { "openid.claimed_id", SELECT },
        { "openid.identity", SELECT },
        { "openid.return_to", return_to(call, redirect_uri, state) },
        { "openid.realm", realm(call, redirect_uri) },
    };
    const char *url;

    if (!pairs[4].value || !pairs[5].value)
        return NULL;
    url = gale__auth_url(call, call->provider->o.authorize_url, pairs);
    if (url)
        url = gale__auth_url(call, url, gale__openid2_wanted());
    return url && options->params ? gale__auth_url(call, url, options->params) : url;
}

static int redirect(struct gale__auth_call *call, const gale_authorize_options *options)
{
    struct gale__auth_login login = { .max_age = -1 };
    const char *state, *url;
    int r = check_options(call, options);

    if (r >= 0)
        r = gale__auth_next(call, options, &login.next);
    if (r < 0)
        return r;
    state = gale__auth_random(call);
    login.redirect_uri = gale__auth_redirect_uri(call);
    if (!state || !login.redirect_uri)
        return call->code;
    url = question(call, options, login.redirect_uri, state);
    if (!url)
        return call->code;
    r = gale__auth_login_keep(call, state, &login);
    return r < 0 ? r : gale__auth_send_away(call, url);
}

/* --- what came back --------------------------------------------------------------- */

static int bad(struct gale__auth_call *call, gale_auth_reason reason, const char *why)
{
    return gale__auth_fail(call, reason, "%s", why);
}

/* An argument of return_to's query: there once. *value is never NULL. */
static int read_argument(struct gale__auth_call *call, const char *name, const char **value)
{
    size_t n;
    const char *const *values = gale_get_query_arguments(call->self, name, &n);

    if (n != 1)
        return gale__auth_fail(call, GALE_AUTH_BAD_REQUEST, "%zu arguments %s", n,
                               gale__auth_quote(call, gale__str(name)));
    *value = values[0];
    return 0;
}

static int add_field(struct gale__auth_call *call, const char *name, const char *value,
                     size_t *bytes, struct gale__openid2_answer *answer)
{
    *bytes += strlen(name) + strlen(value);
    if (answer->n == GALE__OPENID2_FIELDS || *bytes > VALUES_MAX)
        return bad(call, GALE_AUTH_BAD_REQUEST, "an assertion that is too long");
    if (gale__openid2_get(answer, name))
        return gale__auth_fail(call, GALE_AUTH_BAD_REQUEST, "openid.%s is there twice",
                               gale__auth_quote(call, gale__str(name)));
    answer->fields[answer->n++] = (struct gale__openid2_field){ name, value };
    return 0;
}

/* The provider chooses how long answers travel: in the address, or as a form. */
static int read_fields(struct gale__auth_call *call, struct gale__openid2_answer *answer)
{
    bool wants_body = !strcmp(gale_handler_request(call->self)->method, "POST"), in_body;
    const char *name, *value;
    size_t bytes = 0;
    int r = 0;

    for (size_t i = 0; r >= 0 && gale_argument_raw_at(call->self, i, &name, &value, &in_body); i++)
        if (in_body == wants_body && strncmp(name, "openid.", 7) == 0)
            r = add_field(call, name + 7, value, &bytes, answer);
    answer->is_signed = gale__openid2_get(answer, "signed");
    if (!answer->is_signed)
        answer->is_signed = "";
    return r;
}

/* 0 for an assertion, which nothing is known of yet. */
static int check_mode(struct gale__auth_call *call, const struct gale__openid2_answer *answer)
{
    const char *mode = gale__openid2_get(answer, "mode"), *error;

    if (!mode)
        return bad(call, GALE_AUTH_BAD_REQUEST, "no openid.mode");
    if (!strcmp(mode, "id_res"))
        return 0;
    if (!strcmp(mode, "cancel"))
        return gale__auth_refused(call, GALE_AUTH_DENIED, "the provider", GALE__STR("cancel"),
                                  (gale_str){ NULL, 0 });
    if (!strcmp(mode, "setup_needed"))
        return gale__auth_refused(call, GALE_AUTH_INTERACTION, "the provider",
                                  GALE__STR("setup_needed"), (gale_str){ NULL, 0 });
    if (strcmp(mode, "error") != 0)
        return gale__auth_fail(call, GALE_AUTH_BAD_REQUEST, "openid.mode is %s",
                               gale__auth_quote(call, gale__str(mode)));
    error = gale__openid2_get(answer, "error");
    return gale__auth_refused(call, GALE_AUTH_REFUSED, "the provider", GALE__STR("error"),
                              gale__str(error));
}

/* --- checking an assertion -------------------------------------------------------- */

/* Each of them must be there, and signed (10.1). */
static int check_signed(struct gale__auth_call *call, const struct gale__openid2_answer *answer)
{
    static const char *const names[] = { "op_endpoint",  "return_to",  "response_nonce",
                                         "assoc_handle", "claimed_id", "identity" };
    const char *ns = gale__openid2_get(answer, "ns");

    if (!ns || strcmp(ns, OPENID2) != 0)
        return bad(call, GALE_AUTH_BAD_REQUEST, "the assertion is not of OpenID 2.0");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!gale__openid2_signed(answer, names[i]))
            return gale__auth_fail(call, GALE_AUTH_BAD_REQUEST,
                                   "openid.%s is not there, or not "
                                   "signed",
                                   names[i]);
    return 0;
}

/* The arguments that return_to has are those of this request (11.1). */
static int check_arguments(struct gale__auth_call *call, const char *url)
{
    gale_str query = gale__str_skip(gale__str(url), gale__str_find(gale__str(url), '?') + 1);
    struct gale__form form;
    struct gale__form_field field;
    int r;

    gale__form_init(&form, query, RETURN_ARGUMENTS_MAX);
    while ((r = gale__form_next(&form, &field)) > 0) {
        char *name = gale__auth_text(call, field.name), *value = gale__auth_text(call, field.value);
        const char *brought;

        if (!name || !value)
            return call->code;
        name[gale__url_unescape_into(name, field.name, true)] = 0;
        value[gale__url_unescape_into(value, field.value, true)] = 0;
        r = read_argument(call, name, &brought);
        if (r < 0)
            return r;
        if (strcmp(brought, value) != 0)
            return bad(call, GALE_AUTH_MIX_UP, "the address has other arguments than return_to");
    }
    return r;
}

static int check_return_to(struct gale__auth_call *call, const struct gale__openid2_answer *answer,
                           const char *redirect_uri, const char *state)
{
    const char *url = return_to(call, redirect_uri, state);

    if (!url)
        return call->code;
    if (strcmp(gale__openid2_signed(answer, "return_to"), url) != 0)
        return bad(call, GALE_AUTH_MIX_UP, "the assertion is for another return_to");
    if (strcmp(gale__openid2_signed(answer, "op_endpoint"), call->provider->o.authorize_url) != 0)
        return bad(call, GALE_AUTH_MIX_UP, "the assertion is another provider's");
    return check_arguments(call, url);
}

static bool is_http(const char *url)
{
    struct gale__http_url parts;

    return gale__http_url_parse(gale__str(url), &parts) >= 0;
}

static int check_identity(struct gale__auth_call *call, const struct gale__openid2_answer *answer)
{
    const char *claimed = gale__openid2_signed(answer, "claimed_id");
    const char *identity = gale__openid2_signed(answer, "identity");
    size_t len = strcspn(claimed, "#");

    if (len != strcspn(identity, "#") || strncmp(claimed, identity, len) != 0)
        return bad(call, GALE_AUTH_BAD_TOKEN, "claimed_id is not the identity at the provider");
    if (!is_http(claimed) || !strncmp(claimed, SELECT, strlen(SELECT)))
        return bad(call, GALE_AUTH_BAD_TOKEN, "claimed_id is no http or https URL of a user");
    return 0;
}

/* The time of the nonce is that of an answer to this login. */
static int check_nonce(struct gale__auth_call *call, const struct gale__openid2_answer *answer,
                       double began)
{
    double time, leeway = call->provider->o.leeway;

    if (gale__openid2_nonce_time(gale__openid2_signed(answer, "response_nonce"), &time) < 0)
        return bad(call, GALE_AUTH_BAD_REQUEST, "response_nonce begins with no time");
    /* It is in whole seconds. */
    if (time < began - leeway - 1 || time > gale__unix_time() + leeway)
        return bad(call, GALE_AUTH_BAD_STATE, "response_nonce is not of the time of this login");
    return 0;
}

/* --- asking whether it is the provider's ------------------------------------------ */

/* All that was received, as it was, but for the mode (11.4.2.1). */
static gale_http_header *form_of(struct gale__auth_call *call,
                                 const struct gale__openid2_answer *answer)
{
    gale_http_header *form = gale__auth_alloc(call, (answer->n + 1) * sizeof(*form));

    for (size_t i = 0; form && i < answer->n; i++) {
        const struct gale__openid2_field *field = &answer->fields[i];
        bool is_mode = !strcmp(field->name, "mode");

        form[i].name = gale__auth_printf(call, "openid.%s", field->name);
        form[i].value = is_mode ? "check_authentication" : field->value;
        if (!form[i].name)
            return NULL;
    }
    return form;
}

static int verify(struct gale__auth_call *call, const struct gale__openid2_answer *answer)
{
    static const gale_http_header headers[] = { { "Accept", "*/*" }, { NULL, NULL } };
    gale_http_request request = { .headers = headers, .form = form_of(call, answer) };
    gale_http_response *response;
    bool is_valid;
    int r;

    if (!request.form)
        return call->code;
    r = gale__auth_ask(call, "the provider", call->provider->o.authorize_url, &request, &response);
    if (r < 0)
        return r;
    if (response->status != 200)
        return gale__auth_fail(call, GALE_AUTH_REFUSED, "the provider answers with status %d",
                               response->status);
    if (gale__openid2_read_valid(response->body, &is_valid) < 0)
        return gale__auth_fail(call, GALE_AUTH_BAD_ANSWER, "the provider: %s",
                               gale_strerror(GALE_EPROTO));
    return is_valid ? 0 : bad(call, GALE_AUTH_BAD_TOKEN, "the assertion is not the provider's");
}

/* A nonce counts once, also in another login. */
static int use_nonce(struct gale__auth_call *call, const struct gale__openid2_answer *answer)
{
    const gale_auth_options *o = &call->provider->o;
    const char *nonce = gale__openid2_signed(answer, "response_nonce");
    const char *key = gale__auth_printf(call, "nonce %s", nonce);
    double now = gale__unix_time();

    if (!key)
        return call->code;
    if (!gale__auth_used_add(call->provider->used, gale__str(key), now,
                             now + o->state_max_age + 2 * o->leeway))
        return bad(call, GALE_AUTH_BAD_STATE, "response_nonce was used before");
    return 0;
}

static int check_answer(struct gale__auth_call *call, const struct gale__openid2_answer *answer,
                        const struct gale__auth_login *login, const char *state)
{
    int r = check_mode(call, answer);

    if (r >= 0)
        r = check_signed(call, answer);
    if (r >= 0)
        r = check_return_to(call, answer, login->redirect_uri, state);
    if (r >= 0)
        r = check_identity(call, answer);
    if (r >= 0)
        r = check_nonce(call, answer, login->time);
    if (r >= 0)
        r = verify(call, answer);
    return r < 0 ? r : use_nonce(call, answer);
}

static int callback(struct gale__auth_call *call, gale_auth_user *user)
{
    struct gale__openid2_answer *answer = gale__auth_alloc(call, sizeof(*answer));
    struct gale__auth_login login;
    const char *state;
    int r = answer ? read_argument(call, "state", &state) : call->code;

    if (r >= 0)
        r = gale__auth_login_take(call, state, &login);
    if (r >= 0)
        r = read_fields(call, answer);
    if (r >= 0)
        r = check_answer(call, answer, &login, state);
    if (r < 0)
        return r;
    user->id = gale__openid2_signed(answer, "claimed_id");
    user->next = login.next;
    return gale__openid2_read_attributes(call, answer, user);
}

/* --- the protocol ----------------------------------------------------------------- */

static int check(const gale_auth_provider *provider)
{
    if (!provider->o.authorize_url)
        return gale_err(GALE_EINVAL, "authorize_url is missing: OpenID 2.0's end point");
    return 0;
}

const struct gale__auth_ops gale__auth_openid2 = {
    .check = check,
    .redirect = redirect,
    .callback = callback,
};
