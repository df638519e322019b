/* oauth1.c - login by OAuth 1.0a (RFC 5849 2): request token, the user's yes, access token.
 *
 * The request token is the key of the login: its cookie in the browser, encrypted, is the one place
 * where the token's secret is. The signature shows who asks for the access token, and the verifier
 * that the browser that comes back is the one the user said yes in.
 */
/* SPDX-License-Identifier: MIT */
#include "auth/oauth1.h"

#include <errno.h>
#include <stdio.h>
#include <gale/json.h>
#include <gale/web.h>

#include "auth/away.h"
#include "auth/login.h"
#include "auth/oauth1_sign.h"
#include "base/escape.h"
#include "base/json.h"
#include "proto/form.h"

enum {
    FIELDS_MAX = 64, /* of an answer */
    TOKEN_MAX = 1024,
    FIELD_MAX = 256 << 10, /* of Authorization; the client has a limit of its own */
    DEPTH_MAX = 32,
};

/* --- asking ----------------------------------------------------------------------- */

static struct gale__oauth1_keys keys_of(const gale_auth_provider *provider, const char *token,
                                        const char *secret)
{
    return (struct gale__oauth1_keys){
        .client_id = provider->o.client_id,
        .client_secret = provider->o.client_secret,
        .token = token,
        .token_secret = secret,
    };
}

/* The Authorization field of a message, in the call's memory. NULL: noted. */
static const char *signed_field(struct gale__auth_call *call,
                                const struct gale__oauth1_message *message,
                                const struct gale__oauth1_keys *keys)
{
    struct gale__buf buf;
    const char *field = NULL;
    int r;

    gale__buf_init(&buf, FIELD_MAX);
    r = gale__oauth1_authorize(message, keys, &buf);
    if (r >= 0)
        field = gale__auth_text(call, gale__buf_str(&buf));
    else
        (void)!gale__auth_internal(call, r);
    gale__buf_deinit(&buf);
    return field;
}

static bool has_nul(gale_str text)
{
    return text.len && memchr(text.ptr, 0, text.len);
}

static int bad_answer(struct gale__auth_call *call, const char *what, const char *why)
{
    return gale__auth_fail(call, GALE_AUTH_BAD_ANSWER, "%s: %s", what, why);
}

static int add_field(struct gale__auth_call *call, const char *what,
                     const struct gale__form_field *field, json_t *out)
{
    char *name = gale__auth_text(call, field->name), *value = gale__auth_text(call, field->value);
    gale_str n, v;
    json_t *text;

    if (!name || !value)
        return call->code;
    n = (gale_str){ name, gale__url_unescape_into(name, field->name, true) };
    v = (gale_str){ value, gale__url_unescape_into(value, field->value, true) };
    name[n.len] = 0;
    if (has_nul(n) || has_nul(v))
        return bad_answer(call, what, "a NUL in the answer");
    if (json_object_get(out, name))
        return bad_answer(call, what, "a field that is there twice");
    text = json_stringn(v.ptr, v.len);
    if (!text || json_object_set_new(out, name, text) < 0)
        return bad_answer(call, what, "a field that is no text");
    return 0;
}

/* A form as an object of texts; each name stands in it once. */
static int read_form(struct gale__auth_call *call, const char *what, gale_str body, json_t **out)
{
    struct gale__form form;
    struct gale__form_field field;
    json_t *object = json_object();
    int r = object ? gale__auth_own_json(call, object)
                   : gale__auth_internal(call, gale_err(-ENOMEM, "no memory for an answer"));

    if (r < 0)
        return r;
    gale__form_init(&form, gale__str_trim_lines(body), FIELDS_MAX);
    while ((r = gale__form_next(&form, &field)) > 0) {
        r = add_field(call, what, &field, object);
        if (r < 0)
            return r;
    }
    if (r < 0)
        return bad_answer(call, what, "too many fields");
    *out = object;
    return 0;
}

/* The provider says no: with the problem, where it tells one (OAuth Problem Reporting). */
static int refused(struct gale__auth_call *call, const char *what, const gale_http_response *answer)
{
    json_t *form;
    const char *problem;
    int r = read_form(call, what, answer->body, &form);

    if (r == -ENOMEM)
        return r;
    problem = r < 0 ? NULL : json_string_value(json_object_get(form, "oauth_problem"));
    if (problem && *problem)
        return gale__auth_refused(
            call, GALE_AUTH_REFUSED, what, gale__str(problem),
            gale__str(json_string_value(json_object_get(form, "oauth_problem_advice"))));
    return gale__auth_fail(call, GALE_AUTH_REFUSED, "%s answers with status %d", what,
                           answer->status);
}

/* Waits. A signed request: an answer of status 200 to 299. */
static int ask(struct gale__auth_call *call, const char *what,
               const struct gale__oauth1_message *message, const struct gale__oauth1_keys *keys,
               gale_http_request *request, gale_http_response **out)
{
    gale_http_header headers[] = { { "Authorization", signed_field(call, message, keys) },
                                   { "Accept", "*/*" },
                                   { NULL, NULL } };
    int r;

    if (!headers[0].value)
        return call->code;
    request->method = message->method;
    request->headers = headers;
    r = gale__auth_ask(call, what, message->url, request, out);
    if (r >= 0 && (*out)->status >= 400)
        r = refused(call, what, *out);
    return r;
}

/* A token or its secret: a text that is not empty, and not a page. */
static int read_text(struct gale__auth_call *call, const char *what, const json_t *answer,
                     const char *name, const char **out)
{
    const char *text = json_string_value(json_object_get(answer, name));

    if (!text || !*text || strlen(text) > TOKEN_MAX)
        return gale__auth_fail(call, GALE_AUTH_BAD_ANSWER, "%s: no %s, or one that is too long",
                               what, name);
    *out = text;
    return 0;
}

/* Waits. Asks for a token by POST, with the form's pairs (may be NULL). */
static int ask_token(struct gale__auth_call *call, const char *what,
                     const struct gale__oauth1_message *message,
                     const struct gale__oauth1_keys *keys, gale_auth_tokens *tokens)
{
    gale_http_request request = { .body = { "", 0 } };
    gale_http_response *answer;
    int r = ask(call, what, message, keys, &request, &answer);

    if (r >= 0)
        r = read_form(call, what, answer->body, &tokens->json);
    if (r >= 0)
        r = read_text(call, what, tokens->json, "oauth_token", &tokens->access_token);
    if (r >= 0)
        r = read_text(call, what, tokens->json, "oauth_token_secret", &tokens->token_secret);
    return r;
}

/* --- sending away ----------------------------------------------------------------- */

/* The proof that the provider speaks 1.0a, which has no session fixation. */
static int check_confirmed(struct gale__auth_call *call, const json_t *answer)
{
    const char *confirmed = json_string_value(json_object_get(answer, "oauth_callback_confirmed"));

    if (confirmed && !strcmp(confirmed, "true"))
        return 0;
    return gale__auth_fail(call, GALE_AUTH_BAD_ANSWER,
                           "the provider does not confirm the call-back: OAuth 1.0 without the a");
}

static int request_token(struct gale__auth_call *call, const char *redirect_uri,
                         gale_auth_tokens *token)
{
    const gale_pair oauth[] = { { "oauth_callback", redirect_uri }, { NULL, NULL } };
    const struct gale__oauth1_message message = {
        .method = "POST",
        .url = call->provider->o.request_token_url,
        .oauth = oauth,
    };
    const struct gale__oauth1_keys keys = keys_of(call->provider, NULL, NULL);
    int r = ask_token(call, "the end point of request tokens", &message, &keys, token);

    return r < 0 ? r : check_confirmed(call, token->json);
}

/* What the protocol has no word for, and would promise something, is refused. */
static int check_options(struct gale__auth_call *call, const gale_authorize_options *options)
{
    if (options->prompt || options->max_age != 0)
        return gale__auth_internal(call,
                                   gale_err(GALE_EINVAL, "%s is nothing that OAuth 1.0a knows",
                                            options->prompt ? "prompt" : "max_age"));
    return 0;
}

/* The address where the user says yes. NULL: noted. */
static const char *authorize_url(struct gale__auth_call *call, const char *token,
                                 const gale_pair *params)
{
    const gale_pair own[] = { { "oauth_token", token }, { NULL, NULL } };
    const char *url = gale__auth_url(call, call->provider->o.authorize_url, own);

    return url && params ? gale__auth_url(call, url, params) : url;
}

/* A program without an address of its own shows the user where to go. */
static int show(struct gale__auth_call *call, const char *url)
{
    int r = gale_set_header(call->self, "Content-Type", "text/plain; charset=UTF-8");

    if (r >= 0)
        r = gale_set_header(call->self, "Cache-Control", "no-store");
    if (r >= 0)
        r = gale_write(call->self, url);
    if (r >= 0)
        r = gale_finish(call->self);
    return r < 0 ? gale__auth_internal(call, r) : 0;
}

static int redirect(struct gale__auth_call *call, const gale_authorize_options *options)
{
    struct gale__auth_login login = { .max_age = -1 };
    gale_auth_tokens token = { 0 };
    const char *url;
    int r = check_options(call, options);

    if (r >= 0)
        r = gale__auth_next(call, options, &login.next);
    if (r < 0)
        return r;
    login.redirect_uri = gale__auth_redirect_uri(call);
    if (!login.redirect_uri)
        return call->code;
    r = request_token(call, login.redirect_uri, &token);
    if (r < 0)
        return r;
    login.secret = token.token_secret;
    r = gale__auth_login_keep(call, token.access_token, &login);
    if (r < 0)
        return r;
    url = authorize_url(call, token.access_token, options->params);
    if (!url)
        return call->code;
    return strcmp(login.redirect_uri, "oob") ? gale__auth_send_away(call, url) : show(call, url);
}

/* --- and back --------------------------------------------------------------------- */

/* The user said no: Twitter names the token it is about, others tell a problem. */
static int check_denied(struct gale__auth_call *call, const char *token)
{
    struct gale__auth_login login;
    const char *denied, *problem;
    int r = gale__auth_argument(call, "denied", &denied);

    if (r >= 0)
        r = gale__auth_argument(call, "oauth_problem", &problem);
    if (r < 0 || (!denied && !problem))
        return r;
    if (denied ? !*denied : !token)
        return gale__auth_fail(call, GALE_AUTH_BAD_REQUEST, "a refusal of no token");
    r = gale__auth_login_take(call, denied ? denied : token, &login);
    if (r < 0)
        return r;
    if (denied || !strcmp(problem, "user_refused") || !strcmp(problem, "permission_denied"))
        return gale__auth_refused(call, GALE_AUTH_DENIED, "the provider",
                                  GALE__STR("access_denied"), GALE__STR("the user said no"));
    return gale__auth_refused(call, GALE_AUTH_REFUSED, "the provider", gale__str(problem),
                              (gale_str){ NULL, 0 });
}

/* The token that came back, and the verifier with it. */
static int read_answer(struct gale__auth_call *call, const char **token, const char **verifier)
{
    int r = gale__auth_argument(call, "oauth_token", token);

    if (r >= 0)
        r = check_denied(call, *token);
    if (r >= 0)
        r = gale__auth_argument(call, "oauth_verifier", verifier);
    if (r < 0)
        return r;
    if (!*token || !**token || strlen(*token) > TOKEN_MAX)
        return gale__auth_fail(call, GALE_AUTH_BAD_REQUEST, "no oauth_token");
    if (!*verifier || !**verifier || strlen(*verifier) > TOKEN_MAX)
        return gale__auth_fail(call, GALE_AUTH_BAD_REQUEST, "no oauth_verifier");
    return 0;
}

static int access_token(struct gale__auth_call *call, const char *token, const char *secret,
                        const char *verifier, gale_auth_tokens *out)
{
    const gale_pair oauth[] = { { "oauth_verifier", verifier }, { NULL, NULL } };
    const struct gale__oauth1_message message = {
        .method = "POST",
        .url = call->provider->o.token_url,
        .oauth = oauth,
    };
    const struct gale__oauth1_keys keys = keys_of(call->provider, token, secret);

    return ask_token(call, "the token end point", &message, &keys, out);
}

/* Waits. What the provider tells about the user whose token it is. */
static int ask_user(struct gale__auth_call *call, const gale_auth_tokens *tokens, json_t **out)
{
    static const char what[] = "the user's end point";
    const struct gale__oauth1_message message = { .method = "GET",
                                                  .url = call->provider->o.userinfo_url };
    const struct gale__oauth1_keys keys = keys_of(call->provider, tokens->access_token,
                                                  tokens->token_secret);
    gale_http_request request = { 0 };
    gale_http_response *answer;
    int r = ask(call, what, &message, &keys, &request, &answer);

    if (r < 0)
        return r;
    *out = gale__json_decode_strict(answer->body, DEPTH_MAX, &r);
    if (!*out)
        return r == -ENOMEM ? gale__auth_internal(call, r)
                            : bad_answer(call, what, "the answer is no JSON");
    r = gale__auth_own_json(call, *out);
    if (r >= 0 && !json_is_object(*out))
        r = bad_answer(call, what, "the answer is no object");
    return r;
}

static int callback(struct gale__auth_call *call, gale_auth_user *user)
{
    const gale_auth_options *o = &call->provider->o;
    const char *token, *verifier;
    struct gale__auth_login login;
    json_t *claims;
    int r = read_answer(call, &token, &verifier);

    if (r >= 0)
        r = gale__auth_login_take(call, token, &login);
    if (r < 0)
        return r;
    user->next = login.next;
    r = access_token(call, token, login.secret, verifier, &user->tokens);
    if (r < 0)
        return r;
    claims = user->tokens.json;
    if (o->userinfo_url && o->userinfo != GALE_OFF)
        r = ask_user(call, &user->tokens, &claims);
    return r < 0 ? r : gale__oauth1_read_user(call, claims, user);
}

/* --- resources -------------------------------------------------------------------- */

/* The request's form as pairs, in the call's memory. */
static int pairs_of(struct gale__auth_call *call, const gale_http_header *form,
                    const gale_pair **out)
{
    size_t n = 0;
    gale_pair *pairs;

    *out = NULL;
    if (!form)
        return 0;
    while (form[n].name)
        n++;
    pairs = gale__auth_alloc(call, (n + 1) * sizeof(*pairs));
    if (!pairs)
        return call->code;
    for (size_t i = 0; i < n; i++)
        pairs[i] = (gale_pair){ form[i].name, form[i].value };
    *out = pairs;
    return 0;
}

static const char *method_of(const gale_http_request *request)
{
    bool has_body = request->body.ptr || request->body_producer || request->form || request->parts;

    if (request->method)
        return request->method;
    return has_body ? "POST" : "GET";
}

/* Whether a body of the request's is a form: by its type, or for the client's lack of one. */
static bool is_form(const gale_http_request *request)
{
    static const gale_str form = { "application/x-www-form-urlencoded", 33 };
    const gale_http_header *header = request->headers;

    for (; header && header->name; header++) {
        gale_str type = gale__str(header->value);

        if (!gale__str_equal_nocase(gale__str(header->name), GALE__STR("Content-Type")))
            continue;
        type = gale__str_trim(gale__str_head(type, gale__str_find(type, ';')));
        return gale__str_equal_nocase(type, form);
    }
    return !strcmp(method_of(request), "POST");
}

static int authorize(struct gale__auth_call *call, const gale_auth_tokens *tokens, const char *url,
                     const gale_http_request *request, const char **field)
{
    struct gale__oauth1_message message = { .method = method_of(request), .url = url };
    const struct gale__oauth1_keys keys = keys_of(call->provider, tokens->access_token,
                                                  tokens->token_secret);
    bool in_body = !request->form && !request->parts && is_form(request);
    int r = pairs_of(call, request->form, &message.form);

    if (r < 0)
        return r;
    if (request->body_producer && in_body)
        return gale__auth_internal(
            call, gale_err(GALE_EINVAL, "a form that is produced cannot be signed"));
    if (in_body)
        message.body = request->body;
    *field = signed_field(call, &message, &keys);
    return *field ? 0 : call->code;
}

/* --- the protocol ----------------------------------------------------------------- */

static int check(const gale_auth_provider *provider)
{
    const gale_auth_options *o = &provider->o;
    const struct {
        const char *name, *value;
    } needed[] = {
        { "client_secret", o->client_secret },
        { "request_token_url", o->request_token_url },
        { "authorize_url", o->authorize_url },
        { "token_url", o->token_url },
    };

    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
        if (!needed[i].value)
            return gale_err(GALE_EINVAL, "%s is missing, which OAuth 1.0a needs", needed[i].name);
    return 0;
}

const struct gale__auth_ops gale__auth_oauth1 = {
    .check = check,
    .redirect = redirect,
    .callback = callback,
    .authorize = authorize,
};

static int write_header(const gale_auth_provider *provider, const gale_auth_tokens *tokens,
                        const struct gale__oauth1_message *message, struct gale__buf *out)
{
    const struct gale__oauth1_keys keys = keys_of(provider, tokens ? tokens->access_token : NULL,
                                                  tokens ? tokens->token_secret : NULL);

    return gale__oauth1_authorize(message, &keys, out);
}

int gale_oauth1_header(gale_auth_provider *provider, const gale_auth_tokens *tokens,
                       const char *method, const char *url, const gale_pair *params, char *out,
                       size_t size)
{
    const struct gale__oauth1_message message = { .method = method, .url = url, .form = params };
    struct gale__buf buf;
    int r;

    if (!provider || provider->o.protocol != GALE_OAUTH1)
        return gale_err(GALE_EINVAL, "the provider's protocol is not OAuth 1.0a");
    if (!method || !url)
        return gale_err(GALE_EINVAL, "no method, or no URL to sign");
    gale__buf_init(&buf, FIELD_MAX);
    r = write_header(provider, tokens, &message, &buf);
    if (r >= 0 && buf.len >= size)
        r = gale_err(GALE_ETOOBIG, "the field takes %zu bytes", buf.len + 1);
    if (r >= 0)
        r = (int)gale__buf_give(&buf, out, size);
    else
        gale__buf_deinit(&buf);
    return r;
}
