/* provider.c - a small OpenID provider, to try logins with on one's own machine.
 *
 * It does what a provider does, by the book (OpenID Connect Core, Discovery and RP-Initiated
 * Logout, RFC 7636, RFC 9207), but for one thing: who says to be Ada is Ada. So it serves this
 * machine alone, and its keys and secrets end with the program.
 *
 * Workers share no memory but a table of which codes were used: all else that it must know later is
 * in what it gives out, encrypted (codes, refresh tokens) or signed (access tokens).
 */
/* SPDX-License-Identifier: MIT */
#include "provider.h"

#include <errno.h>
#include <gale/escape.h>
#include <gale/json.h>
#include <gale/jwt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>

enum {
    CODE_SECONDS = 60,
    TOKEN_SECONDS = 300,
    SESSION_DAYS = 1,
    N_CODES = 1024, /* that can be told from each other within their time */
    HASH = 32,      /* of SHA-256 */
    HASH_TEXT = 45, /* in base64 */
};

struct person {
    const char *name, *first, *last, *sub, *locale, *color;
};

static const struct person people[] = {
    { "ada", "Ada", "Lovelace", "1815-12-10", "en-GB", "#7b4fb5" },
    { "grace", "Grace", "Hopper", "1906-12-09", "en-US", "#0b7285" },
    { "alan", "Alan", "Turing", "1912-06-23", "en-GB", "#b3541e" },
};

enum { N_PEOPLE = sizeof(people) / sizeof(*people) };

struct shared {
    _Atomic unsigned codes;         /* made so far */
    _Atomic unsigned used[N_CODES]; /* the latest of each place */
};

struct local_provider {
    bool is_open, is_off;
    const struct person *everybody; /* NULL: they are asked */
    gale_jwks *keys;
    char secret[65];        /* of what it encrypts */
    char client_secret[65]; /* of the site */
    struct shared *shared;
    gale_route routes[9];
};

static local_provider *provider_of(gale_handler *self)
{
    return *(local_provider **)gale_state(self);
}

static const struct person *find_person(const char *name)
{
    for (size_t i = 0; i < N_PEOPLE; i++)
        if (strcmp(people[i].name, name) == 0)
            return &people[i];
    return NULL;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

/* --- where it is ------------------------------------------------------------------ */

static bool is_here(const gale_request *request)
{
    const char *host = gale_request_host_name(request), *peer = gale_request_peer_ip(request);

    return (strcmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0 ||
            strcmp(host, "[::1]") == 0) &&
           (strncmp(peer, "127.", 4) == 0 || strcmp(peer, "::1") == 0 ||
            strncmp(peer, "::ffff:127.", 11) == 0);
}

static const char *site_of(gale_handler *self)
{
    const gale_request *request = gale_handler_request(self);

    return gale_printf_alloc(self, "%s://%s", gale_request_protocol(request),
                             gale_request_host(request));
}

const char *local_provider_issuer(gale_handler *self)
{
    if (!is_here(gale_handler_request(self))) {
        (void)gale_err(GALE_ENOTFOUND, "the provider to try with serves this machine alone");
        return NULL;
    }
    return gale_printf_alloc(self, "%s/provider", site_of(self));
}

/* An address of this machine's. */
static bool is_local(const char *url)
{
    const char *rest = strncmp(url, "http://localhost", 16) == 0   ? url + 16
                       : strncmp(url, "http://127.0.0.1", 16) == 0 ? url + 16
                                                                   : "";

    return *rest == ':' || *rest == '/';
}

/* An address to send the browser to: of the site that it is a part of, or of any on the machine. */
static bool may_lead_to(gale_handler *self, const char *url)
{
    const char *site = site_of(self);

    if (provider_of(self)->is_open)
        return is_local(url);
    return site && strncmp(url, site, strlen(site)) == 0 && url[strlen(site)] == '/';
}

static bool is_client_id(gale_handler *self, const char *id)
{
    return provider_of(self)->is_open ? *id : strcmp(id, LOCAL_PROVIDER_CLIENT_ID) == 0;
}

/* --- hashes and what is encrypted --------------------------------------------------- */

/* The first n bytes of the SHA-256 of a text, in base64 for URLs. */
static void hash(const char *text, size_t n, char out[HASH_TEXT])
{
    unsigned char digest[HASH];
    char *c = out;

    if (!EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL))
        abort();
    EVP_EncodeBlock((unsigned char *)out, digest, (int)n);
    for (; *c && *c != '='; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    *c = '\0';
}

static bool same(const char *a, const char *b)
{
    return strlen(a) == strlen(b) && CRYPTO_memcmp(a, b, strlen(a)) == 0;
}

/* What nobody else can read or make, as text for a URL; what: "code". Takes value over. */
static const char *seal(gale_handler *self, const char *what, json_t *value)
{
    const char *text = gale_json_encode(value);
    const gale_signing signing = { .secret = provider_of(self)->secret };
    size_t size = text ? 2 * strlen(text) + 200 : 0;
    char *out = text ? gale_alloc(self, size) : NULL;
    int r = out ? gale_create_encrypted_value(&signing, what, (gale_str){ text, strlen(text) }, out,
                                              size)
                : -ENOMEM;

    json_decref(value);
    return r < 0 ? NULL : out;
}

/* A new reference, or NULL: it is none, or too old. */
static json_t *unseal(gale_handler *self, const char *what, const char *sealed, double seconds)
{
    const gale_signing signing = { .secret = provider_of(self)->secret,
                                   .max_age_days = seconds / 86400 };
    char *out = gale_alloc(self, strlen(sealed) + 1);
    int r = out ? gale_decode_encrypted_value(&signing, what, sealed, out, strlen(sealed) + 1)
                : -ENOMEM;

    return r < 0 ? NULL : gale_json_decode((gale_str){ out, (size_t)r }, NULL);
}

/* True the first time for each number, in whichever process. */
static bool take_once(struct shared *shared, unsigned number)
{
    _Atomic unsigned *used = &shared->used[number % N_CODES];
    unsigned last = atomic_load(used);

    while (last < number)
        if (atomic_compare_exchange_weak(used, &last, number))
            return true;
    return false;
}

/* --- tokens ----------------------------------------------------------------------- */

static const char *sign(gale_handler *self, json_t *claims, const char *type)
{
    char *token = gale_jwt_sign(claims, provider_of(self)->keys, &(gale_jwt_making){ .type = type },
                                NULL);

    json_decref(claims);
    return token && gale_defer(self, (void (*)(void *))gale_jwt_free, token) >= 0 ? token : NULL;
}

static const char *access_token(gale_handler *self, const json_t *grant)
{
    const char *issuer = local_provider_issuer(self);
    json_int_t now = time(NULL);

    return sign(self,
                json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "iss", issuer, "aud", issuer, "sub",
                          text_of(grant, "sub"), "scope", text_of(grant, "scope"), "iat", now,
                          "exp", now + TOKEN_SECONDS),
                "at+jwt");
}

static const char *id_token(gale_handler *self, const json_t *grant, const char *access)
{
    const char *nonce = text_of(grant, "nonce");
    json_int_t now = time(NULL);
    char at_hash[HASH_TEXT];

    hash(access, HASH / 2, at_hash);
    return sign(self,
                json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:s*}", "iss",
                          local_provider_issuer(self), "aud", text_of(grant, "client_id"), "sub",
                          text_of(grant, "sub"), "iat", now, "exp", now + TOKEN_SECONDS,
                          "auth_time", json_integer_value(json_object_get(grant, "auth_time")),
                          "at_hash", at_hash, "nonce", *nonce ? nonce : NULL),
                NULL);
}

/* An answer of the token end point, RFC 6749 5.2. */
static int refuse(gale_handler *self, int status, const char *error, const char *description)
{
    gale_set_status(self, status, NULL);
    return gale_json(self, "{s:s, s:s}", "error", error, "error_description", description);
}

static int give_tokens(gale_handler *self, json_t *grant)
{
    const char *access = access_token(self, grant);
    const char *id = access ? id_token(self, grant, access) : NULL;
    const char *refresh;

    json_object_del(grant, "nonce"); /* it was for the first ID token */
    refresh = id ? seal(self, "refresh", json_incref(grant)) : NULL;
    if (!refresh)
        return gale_err(-ENOMEM, "no tokens");
    return gale_json(self, "{s:s, s:s, s:i, s:s, s:s, s:s}", "access_token", access, "token_type",
                     "Bearer", "expires_in", TOKEN_SECONDS, "refresh_token", refresh, "id_token",
                     id, "scope", text_of(grant, "scope"));
}

static int take_code(gale_handler *self, const char *client)
{
    json_t *grant = unseal(self, "code", gale_get_argument(self, "code", ""), CODE_SECONDS);
    json_int_t number = json_integer_value(json_object_get(grant, "number"));
    char challenge[HASH_TEXT];
    int r;

    hash(gale_get_argument(self, "code_verifier", ""), HASH, challenge);
    if (!same(text_of(grant, "client_id"), client) ||
        !same(text_of(grant, "redirect_uri"), gale_get_argument(self, "redirect_uri", "")))
        r = refuse(self, 400, "invalid_grant", "no such code");
    else if (!same(text_of(grant, "challenge"), challenge))
        r = refuse(self, 400, "invalid_grant", "not the code_verifier of this login");
    else if (!take_once(provider_of(self)->shared, (unsigned)number))
        r = refuse(self, 400, "invalid_grant", "the code was used before");
    else
        r = give_tokens(self, grant);
    json_decref(grant);
    return r;
}

static int take_refresh_token(gale_handler *self, const char *client)
{
    json_t *grant = unseal(self, "refresh", gale_get_argument(self, "refresh_token", ""),
                           SESSION_DAYS * 86400);
    int r = same(text_of(grant, "client_id"), client)
                ? give_tokens(self, grant)
                : refuse(self, 400, "invalid_grant", "no such refresh token");

    json_decref(grant);
    return r;
}

/* RFC 6749 2.3.1: Basic, with an id and a secret that need no encoding; without a secret the id is
 * an argument. NULL: it is nobody. */
static const char *client_of(gale_handler *self)
{
    const char *field = gale_request_header(gale_handler_request(self), "Authorization");
    const char *id = gale_get_body_argument(self, "client_id", "");
    char text[100], wanted[150] = "Basic ";

    if (!field)
        return provider_of(self)->is_open && *id ? id : NULL;
    snprintf(text, sizeof(text), "%s:%s", LOCAL_PROVIDER_CLIENT_ID,
             provider_of(self)->client_secret);
    EVP_EncodeBlock((unsigned char *)wanted + 6, (const unsigned char *)text, (int)strlen(text));
    return same(field, wanted) ? LOCAL_PROVIDER_CLIENT_ID : NULL;
}

static int token_post(gale_handler *self)
{
    const char *type = gale_get_argument(self, "grant_type", "");
    const char *client = client_of(self);

    gale_set_header(self, "Cache-Control", "no-store");
    if (!client) {
        gale_set_header(self, "WWW-Authenticate", "Basic realm=\"provider\"");
        return refuse(self, 401, "invalid_client", "no such client, or not its secret");
    }
    if (strcmp(type, "authorization_code") == 0)
        return take_code(self, client);
    if (strcmp(type, "refresh_token") == 0)
        return take_refresh_token(self, client);
    return refuse(self, 400, "unsupported_grant_type", "a code or a refresh token is needed");
}

/* --- asking who it is -------------------------------------------------------------- */

/* Sends the browser back to the site; params is ended by { NULL, NULL }, and has iss and state
 * before. */
static int send_back(gale_handler *self, const gale_pair *params)
{
    const char *target = gale_get_argument(self, "redirect_uri", "");
    size_t size = gale_url_concat(target, params, NULL, 0) + 1;
    char *url = gale_alloc(self, size);

    if (!url)
        return gale_err(-ENOMEM, "no memory for an address");
    gale_url_concat(target, params, url, size);
    return gale_redirect_status(self, url, 303);
}

static int send_error(gale_handler *self, const char *error)
{
    return send_back(self, (gale_pair[]){ { "error", error },
                                          { "state", gale_get_argument(self, "state", "") },
                                          { "iss", local_provider_issuer(self) },
                                          { NULL, NULL } });
}

static int send_code(gale_handler *self, const struct person *person, json_int_t auth_time)
{
    unsigned number = atomic_fetch_add(&provider_of(self)->shared->codes, 1) + 1;
    const char *code = seal(self, "code",
                            json_pack("{s:I, s:s, s:I, s:s, s:s, s:s, s:s, s:s}", "number",
                                      (json_int_t)number, "sub", person->sub, "auth_time",
                                      auth_time, "client_id",
                                      gale_get_argument(self, "client_id", ""), "nonce",
                                      gale_get_argument(self, "nonce", ""), "challenge",
                                      gale_get_argument(self, "code_challenge", ""), "redirect_uri",
                                      gale_get_argument(self, "redirect_uri", ""), "scope",
                                      gale_get_argument(self, "scope", "")));

    if (!code)
        return gale_err(-ENOMEM, "no code");
    return send_back(self, (gale_pair[]){ { "code", code },
                                          { "state", gale_get_argument(self, "state", "") },
                                          { "iss", local_provider_issuer(self) },
                                          { NULL, NULL } });
}

/* What the browser brings must be a request of the site. 0; 1: it was answered. */
static int check_request(gale_handler *self)
{
    const char *challenge = gale_get_argument(self, "code_challenge", "");
    int r;

    if (!is_client_id(self, gale_get_argument(self, "client_id", "")) ||
        !may_lead_to(self, gale_get_argument(self, "redirect_uri", "")))
        return gale_fail(self, 400, "the site is not registered here");
    if (strcmp(gale_get_argument(self, "response_type", ""), "code") != 0)
        r = send_error(self, "unsupported_response_type");
    else if (strlen(challenge) != 43 ||
             strcmp(gale_get_argument(self, "code_challenge_method", ""), "S256") != 0)
        r = send_error(self, "invalid_request");
    else
        return 0;
    return r < 0 ? r : 1;
}

/* Who this browser has been here; NULL: nobody, or too long ago for the request. */
static const struct person *known_person(gale_handler *self, json_int_t *auth_time)
{
    gale_str cookie = gale_get_signed_cookie(self, "provider", SESSION_DAYS);
    char name[16] = "";
    long long since = 0;
    long max_age = strtol(gale_get_argument(self, "max_age", "86400"), NULL, 10);

    if (!cookie.ptr || sscanf(cookie.ptr, "%15s %lld", name, &since) != 2 ||
        time(NULL) - since >= max_age)
        return NULL;
    *auth_time = since;
    return find_person(name);
}

static int remember(gale_handler *self, const struct person *person, json_int_t auth_time)
{
    const char *text = gale_printf_alloc(self, "%s %lld", person->name, (long long)auth_time);

    if (!text)
        return -ENOMEM;
    return gale_set_signed_cookie(self, "provider", (gale_str){ text, strlen(text) },
                                  &(gale_cookie){ .path = "/provider",
                                                  .expires_days = -1,
                                                  .http_only = GALE_ON,
                                                  .same_site = GALE_SAME_SITE_LAX });
}

static const char page_top[] =
    "<!doctype html><html lang=en><meta charset=utf-8>"
    "<meta name=viewport content='width=device-width, initial-scale=1'><title>%s</title><style>"
    ":root{color-scheme:light dark;--paper:#eef1f5;--card:#fff;--ink:#1d2733;--soft:#56677a;"
    "--line:#d5dce4}"
    "@media(prefers-color-scheme:dark){:root{--paper:#10151b;--card:#1a2129;--ink:#dfe6ee;"
    "--soft:#93a4b5;--line:#33404d}}"
    "*{box-sizing:border-box}"
    "body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);margin:0;"
    "padding:8vh 1rem 2rem}"
    "main{max-width:23rem;margin:auto;background:var(--card);border:1px solid var(--line);"
    "border-radius:12px;padding:1.6rem}"
    "h1{font-size:1.25rem;margin:0 0 .3rem}p{margin:.3rem 0;color:var(--soft)}"
    "button{display:flex;align-items:center;gap:.8rem;width:100%%;margin-top:.7rem;font:inherit;"
    "color:inherit;padding:.6rem .8rem;border:1px solid var(--line);border-radius:8px;"
    "background:none;cursor:pointer}button:hover,button:focus-visible{border-color:var(--ink)}"
    "img{width:2.2rem;height:2.2rem;border-radius:50%%}small{color:var(--soft);display:block;"
    "text-align:left}b{display:block;text-align:left}</style><main>";

/* The page's policy forbids all that it does not need. */
static int begin_page(gale_handler *self, const char *title)
{
    gale_set_secure_headers(self, "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'");
    gale_set_header(self, "Cache-Control", "no-store");
    return gale_printf(self, page_top, title);
}

static const char *const kept[] = { "client_id",      "redirect_uri",
                                    "response_type",  "scope",
                                    "state",          "nonce",
                                    "code_challenge", "code_challenge_method" };

static int ask_who(gale_handler *self)
{
    const char *hint = gale_get_argument(self, "login_hint", "");

    begin_page(self, "Who are you?");
    gale_write(self, "<h1>Who are you?</h1><p>This provider is part of the example: it asks for no "
                     "password.</p><form method=post>");
    gale_write(self, gale_xsrf_form_html(self));
    for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
        gale_printf(self, "<input type=hidden name=%s value=\"%s\">", kept[i],
                    gale_xhtml_escape(gale_get_argument(self, kept[i], "")));
    for (size_t i = 0; i < N_PEOPLE; i++)
        gale_printf(self,
                    "<button id=person-%s name=person value=%s%s>"
                    "<img src=/provider/picture/%s.svg alt=\"\">"
                    "<span><b>%s %s</b><small>%s@example.org</small></span></button>",
                    people[i].name, people[i].name,
                    strcmp(people[i].name, hint) == 0 ? " autofocus" : "", people[i].name,
                    people[i].first, people[i].last, people[i].name);
    return gale_write(self, "<button id=cancel name=person value=\"\">Cancel</button></form>");
}

static int authorize_get(gale_handler *self)
{
    const char *prompt = gale_get_argument(self, "prompt", "");
    const struct person *person;
    json_int_t auth_time = time(NULL);
    int r = check_request(self);

    if (r != 0)
        return r;
    person = provider_of(self)->everybody;
    if (!person && (!*prompt || strcmp(prompt, "none") == 0))
        person = known_person(self, &auth_time);
    if (person)
        return send_code(self, person, auth_time);
    return strcmp(prompt, "none") == 0 ? send_error(self, "login_required") : ask_who(self);
}

static int authorize_post(gale_handler *self)
{
    const struct person *person = find_person(gale_get_argument(self, "person", ""));
    json_int_t now = time(NULL);
    int r = check_request(self);

    if (r != 0)
        return r;
    if (!person)
        return send_error(self, "access_denied");
    r = remember(self, person, now);
    return r < 0 ? r : send_code(self, person, now);
}

/* --- what it tells ----------------------------------------------------------------- */

static int discovery_get(gale_handler *self)
{
    const char *at = local_provider_issuer(self);

    return gale_json(
        self, "{s:s, s:s, s:s, s:s, s:s, s:s, s:[s], s:[s], s:[s], s:[s], s:[s,s], s:[s,s,s], s:b}",
        "issuer", at, "authorization_endpoint", gale_printf_alloc(self, "%s/authorize", at),
        "token_endpoint", gale_printf_alloc(self, "%s/token", at), "userinfo_endpoint",
        gale_printf_alloc(self, "%s/userinfo", at), "jwks_uri",
        gale_printf_alloc(self, "%s/jwks", at), "end_session_endpoint",
        gale_printf_alloc(self, "%s/end-session", at), "response_types_supported", "code",
        "subject_types_supported", "public", "id_token_signing_alg_values_supported", "ES256",
        "code_challenge_methods_supported", "S256", "token_endpoint_auth_methods_supported",
        "client_secret_basic", "none", "scopes_supported", "openid", "profile", "email",
        "authorization_response_iss_parameter_supported", 1);
}

static int jwks_get(gale_handler *self)
{
    return gale_write_json(self, gale_jwks_public(provider_of(self)->keys));
}

/* A new reference to the claims of the request's access token, or NULL. */
static json_t *bearer(gale_handler *self)
{
    const char *field = gale_request_header(gale_handler_request(self), "Authorization");
    const char *issuer = local_provider_issuer(self);
    json_t *claims = NULL;

    if (!field || !issuer || strncmp(field, "Bearer ", 7) != 0)
        return NULL;
    if (gale_jwt_verify((gale_str){ field + 7, strlen(field + 7) }, provider_of(self)->keys,
                        &(gale_jwt_rules){ .issuer = issuer, .audience = issuer, .type = "at+jwt" },
                        &claims) < 0)
        return NULL;
    return claims;
}

static json_t *describe(gale_handler *self, const struct person *p, const char *scope)
{
    json_t *told = json_pack("{s:s}", "sub", p->sub);

    if (strstr(scope, "profile"))
        json_object_update_new(told,
                               json_pack("{s:o, s:s, s:s, s:s, s:s, s:s}", "name",
                                         json_sprintf("%s %s", p->first, p->last), "given_name",
                                         p->first, "family_name", p->last, "preferred_username",
                                         p->name, "locale", p->locale, "picture",
                                         gale_printf_alloc(self, "%s/picture/%s.svg",
                                                           local_provider_issuer(self), p->name)));
    if (strstr(scope, "email"))
        json_object_update_new(told, json_pack("{s:o, s:b}", "email",
                                               json_sprintf("%s@example.org", p->name),
                                               "email_verified", 1));
    return told;
}

static int userinfo_get(gale_handler *self)
{
    json_t *claims = bearer(self);
    int r = 0;

    gale_set_header(self, "Cache-Control", "no-store");
    for (size_t i = 0; claims && i < N_PEOPLE; i++)
        if (strcmp(people[i].sub, text_of(claims, "sub")) == 0)
            r = gale_write_json(self, describe(self, &people[i], text_of(claims, "scope")));
    if (!claims) {
        gale_set_header(self, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
        r = gale_fail(self, 401, "no access token of this provider");
    }
    json_decref(claims);
    return r;
}

static int picture_get(gale_handler *self)
{
    const struct person *p = find_person(gale_path_argument(self, 0));

    if (!p)
        return gale_fail(self, 404, NULL);
    gale_set_header(self, "Content-Type", "image/svg+xml");
    return gale_printf(self,
                       "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 64 64'>"
                       "<rect width='64' height='64' fill='%s'/><text x='32' y='33' fill='#fff' "
                       "font-family='system-ui,sans-serif' font-size='26' text-anchor='middle' "
                       "dominant-baseline='central'>%c%c</text></svg>",
                       p->color, *p->first, *p->last);
}

/* --- the end ------------------------------------------------------------------------ */

/* An ID token of this provider, however old. */
static bool is_hint(gale_handler *self, const char *token)
{
    const gale_jwt_rules rules = { .issuer = local_provider_issuer(self),
                                   .leeway = SESSION_DAYS * 86400 };

    return rules.issuer && gale_jwt_verify((gale_str){ token, strlen(token) },
                                           provider_of(self)->keys, &rules, NULL) >= 0;
}

static int end_session_post(gale_handler *self)
{
    const char *back = gale_get_argument(self, "post_logout_redirect_uri", "");
    const char *state = gale_get_argument(self, "state", "");
    const gale_pair params[] = { { "state", state }, { NULL, NULL } };
    size_t size = gale_url_concat(back, params, NULL, 0) + 1;
    char *url = gale_alloc(self, size);

    gale_clear_cookie(self, "provider", &(gale_cookie){ .path = "/provider" });
    if (!may_lead_to(self, back)) {
        begin_page(self, "Logged out");
        return gale_write(self, "<h1>You are logged out.</h1>");
    }
    if (!url)
        return gale_err(-ENOMEM, "no memory for an address");
    gale_url_concat(back, params, url, size);
    return gale_redirect_status(self, *state ? url : back, 303);
}

/* Without a token that says whose session it is, somebody else may have sent the browser: ask. */
static int end_session_get(gale_handler *self)
{
    if (is_hint(self, gale_get_argument(self, "id_token_hint", "")))
        return end_session_post(self);
    begin_page(self, "Log out?");
    return gale_printf(self,
                       "<h1>Log out of the provider?</h1><form method=post>%s"
                       "<input type=hidden name=post_logout_redirect_uri value=\"%s\">"
                       "<input type=hidden name=state value=\"%s\">"
                       "<button id=end>Log out</button></form>",
                       gale_xsrf_form_html(self),
                       gale_xhtml_escape(gale_get_argument(self, "post_logout_redirect_uri", "")),
                       gale_xhtml_escape(gale_get_argument(self, "state", "")));
}

/* --- all of it ---------------------------------------------------------------------- */

static int provider_initialize(gale_handler *self, void *arg)
{
    local_provider *p = arg;

    *(local_provider **)gale_state(self) = p;
    if (p->is_off || !local_provider_issuer(self))
        return gale_fail(self, 404, "the provider to try with serves this machine alone");
    return 0;
}

/* What it is asked has tokens in it. */
static void log_nothing(gale_handler *self)
{
    (void)self;
}

static const gale_handler_class provider = { .state_size = sizeof(local_provider *),
                                             .initialize = provider_initialize,
                                             .log_request = log_nothing };
static const gale_handler_class discovery = { .parent = &provider, .get = discovery_get };
static const gale_handler_class jwks = { .parent = &provider, .get = jwks_get };
static const gale_handler_class authorize = { .parent = &provider,
                                              .get = authorize_get,
                                              .post = authorize_post };
static const gale_handler_class token = { .parent = &provider,
                                          .post = token_post,
                                          .xsrf_cookies = GALE_OFF };
static const gale_handler_class userinfo = { .parent = &provider, .get = userinfo_get };
static const gale_handler_class picture = { .parent = &provider, .get = picture_get };
static const gale_handler_class end_session = { .parent = &provider,
                                                .get = end_session_get,
                                                .post = end_session_post };

const gale_route *local_provider_routes(local_provider *p)
{
    const gale_route routes[] = {
        { .url = "/.well-known/openid-configuration", .handler = &discovery, .arg = p },
        { .url = "/jwks", .handler = &jwks, .arg = p },
        { .url = "/authorize", .handler = &authorize, .arg = p },
        { .url = "/token", .handler = &token, .arg = p },
        { .url = "/userinfo", .handler = &userinfo, .arg = p },
        { .url = "/picture/([a-z]+)\\.svg", .handler = &picture, .arg = p },
        { .url = "/end-session", .handler = &end_session, .arg = p },
        { 0 },
    };

    memcpy(p->routes, routes, sizeof(routes));
    return p->routes;
}

int local_provider_open(local_provider *p, const char *everybody)
{
    p->is_open = true;
    p->everybody = everybody ? find_person(everybody) : NULL;
    return everybody && !p->everybody ? gale_err(GALE_EINVAL, "nobody is called %s", everybody) : 0;
}

void local_provider_turn_off(local_provider *p)
{
    p->is_off = true;
}

const char *local_provider_client_secret(const local_provider *p)
{
    return p->client_secret;
}

const char *local_provider_secret(const local_provider *p)
{
    return p->secret;
}

static int make_random(char *hex, size_t n_bytes)
{
    unsigned char bytes[32];

    if (getrandom(bytes, n_bytes, 0) != (ssize_t)n_bytes)
        return gale_err(-errno, "no random numbers: %s", strerror(errno));
    for (size_t i = 0; i < n_bytes; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    return 0;
}

/* A new key on the curve P-256, named so that a site tells it from the one of an earlier start. */
static gale_jwks *make_key(void)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    BIO *bio = BIO_new(BIO_s_mem());
    gale_jwks *keys = NULL;
    char kid[17], *pem;

    if (key && bio && make_random(kid, 8) >= 0 &&
        PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)) {
        long n = BIO_get_mem_data(bio, &pem);

        keys = gale_jwks_from_pem((gale_str){ pem, (size_t)n }, kid, "ES256", NULL);
    }
    BIO_free(bio);
    EVP_PKEY_free(key);
    return keys;
}

local_provider *local_provider_new(void)
{
    local_provider *p = calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    p->keys = make_key();
    p->shared = mmap(NULL, sizeof(*p->shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                     -1, 0);
    if (p->keys && p->shared != MAP_FAILED && make_random(p->secret, 32) >= 0 &&
        make_random(p->client_secret, 32) >= 0)
        return p;
    local_provider_free(p);
    return NULL;
}

void local_provider_free(local_provider *p)
{
    if (!p)
        return;
    gale_jwks_unref(p->keys);
    if (p->shared && p->shared != MAP_FAILED)
        munmap(p->shared, sizeof(*p->shared));
    free(p);
}
