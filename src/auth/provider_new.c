/* provider_new.c - makes a provider of its options, which are checked, completed and copied. */
/* SPDX-License-Identifier: MIT */
#include "auth/provider.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include <gale/security.h>

#include "auth/known.h"
#include "auth/service.h"
#include "auth/used.h"
#include "base/alloc.h"
#include "base/check.h"
#include "base/str.h"
#include "proto/char_class.h"
#include "proto/http_url.h"

enum { TEXT_MAX = 1024, DAY = 86400, ALGORITHMS_MAX = 32 };

/* The texts among the options. */
struct text_option {
    const char *name;
    size_t offset;
    bool is_url;
};

#define TEXT(member)                                                                               \
    {                                                                                              \
#member, offsetof(gale_auth_options, member), false                                        \
    }
#define URL(member)                                                                                \
    {                                                                                              \
#member, offsetof(gale_auth_options, member), true                                         \
    }

static const struct text_option texts[] = {
    TEXT(service),      TEXT(name),
    TEXT(client_id),    TEXT(client_secret),
    TEXT(redirect_uri), TEXT(scope),
    URL(issuer),        URL(authorize_url),
    URL(token_url),     URL(request_token_url),
    URL(userinfo_url),  URL(emails_url),
    URL(jwks_url),      URL(logout_url),
    URL(revoke_url),    TEXT(response_mode),
    TEXT(user_fields),
};

#undef TEXT
#undef URL

enum { N_TEXTS = sizeof(texts) / sizeof(texts[0]) };

static const char **text_of(const gale_auth_options *options, size_t i)
{
    return (const char **)(void *)((char *)options + texts[i].offset);
}

static int wrong(const char *name, const char *what)
{
    return gale_err(GALE_EINVAL, "%s %s", name, what);
}

/* What the program left out comes from the service. */
static void complete_texts(gale_auth_options *o, const gale_auth_options *service)
{
    for (size_t i = 0; i < N_TEXTS; i++)
        if (!*text_of(o, i))
            *text_of(o, i) = *text_of(service, i);
}

static int check_text(const char *name, const char *text)
{
    size_t len = strlen(text);

    if (!len)
        return wrong(name, "is empty");
    if (len > TEXT_MAX)
        return wrong(name, "is too long");
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return wrong(name, "has a control character");
    return 0;
}

static int copy_texts(gale_auth_provider *p)
{
    gale_auth_options *o = &p->o;
    int r;

    for (size_t i = 0; i < N_TEXTS; i++) {
        const char **text = text_of(o, i);

        if (!*text)
            continue;
        r = check_text(texts[i].name, *text);
        if (r >= 0 && texts[i].is_url)
            r = gale__auth_check_url(texts[i].name, *text, o->allow_http == GALE_ON);
        if (r < 0)
            return r;
        *text = gale__arena_strndup(&p->arena, *text, strlen(*text));
        if (!*text)
            return -ENOMEM;
    }
    return 0;
}

static int check_number(const char *name, double *value, double fallback, double max)
{
    if (*value == 0)
        *value = fallback;
    if (!isfinite(*value) || *value < 0 || *value > max)
        return wrong(name, "is out of range");
    return 0;
}

static int check_numbers(gale_auth_options *o)
{
    int r;

    if (o->leeway == GALE_OFF)
        o->leeway = 1e-9;
    r = check_number("leeway", &o->leeway, 60, DAY);
    if (r >= 0)
        r = check_number("state_max_age", &o->state_max_age, 600, DAY);
    if (r >= 0)
        r = check_number("request_timeout", &o->request_timeout, 10, DAY);
    if (r >= 0)
        r = gale__check_switch("pkce", o->pkce);
    if (r >= 0)
        r = gale__check_switch("userinfo", o->userinfo);
    return r < 0 ? r : gale__check_switch("allow_http", o->allow_http);
}

static bool is_token(const char *text)
{
    for (const char *c = text; *c; c++)
        if (!GALE__CHAR_IS(*c, GALE__CHAR_TOKEN))
            return false;
    return *text;
}

/* The host of what identifies the provider; colons of an IPv6 address may not be in a token. */
static int name_by_host(gale_auth_provider *p)
{
    const char *url = p->o.issuer ? p->o.issuer : p->o.authorize_url;
    struct gale__http_url parts;
    char *name;

    if (!url)
        url = p->o.token_url;
    if (!url || gale__http_url_parse(gale__str(url), &parts) < 0)
        return wrong("name", "is missing, and there is no issuer or authorize_url to take it from");
    name = gale__arena_strndup(&p->arena, parts.host.ptr, parts.host.len);
    if (!name)
        return -ENOMEM;
    for (char *c = name; *c; c++)
        if (*c == ':')
            *c = '-';
    p->o.name = name;
    return 0;
}

static int set_name(gale_auth_provider *p)
{
    int r = 0;

    if (!p->o.name)
        p->o.name = p->o.service;
    if (!p->o.name)
        r = name_by_host(p);
    if (r < 0)
        return r;
    if (strlen(p->o.name) > 64 || !is_token(p->o.name))
        return wrong("name", "is no token (letters, digits, - _ . ~ …) of at most 64 characters");
    return 0;
}

static int check_redirect_uri(const gale_auth_options *o)
{
    const char *uri = o->redirect_uri;

    if (!uri)
        return wrong("redirect_uri", "is missing");
    if (*uri == '/')
        return gale_is_local_url(uri) && !strpbrk(uri, "# ;")
                   ? 0
                   : wrong("redirect_uri", "is no path of this site");
    if (!strcmp(uri, "oob"))
        return o->protocol == GALE_OAUTH1
                   ? 0
                   : wrong("redirect_uri", "is \"oob\": for OAuth 1.0a only");
    return gale__auth_check_url("redirect_uri", uri, o->allow_http == GALE_ON);
}

static int check_client(gale_auth_options *o)
{
    if (!o->client_id && o->protocol != GALE_OPENID2)
        return wrong("client_id", "is missing");
    if (o->client_auth < GALE_CLIENT_AUTH_DEFAULT || o->client_auth > GALE_CLIENT_AUTH_NONE)
        return wrong("client_auth", "is none of gale_auth_client_auth");
    if (!o->client_secret && o->client_auth && o->client_auth != GALE_CLIENT_AUTH_NONE)
        return wrong("client_secret", "is missing, which client_auth needs");
    if (!o->client_secret)
        o->client_auth = GALE_CLIENT_AUTH_NONE;
    return 0;
}

static int check_protocol(gale_auth_provider *p)
{
    gale_auth_options *o = &p->o;

    if (!o->protocol)
        o->protocol = o->issuer ? GALE_OPENID_CONNECT : GALE_OAUTH2;
    if (o->protocol < GALE_OPENID_CONNECT || o->protocol > GALE_OPENID2)
        return wrong("protocol", "is none of gale_auth_protocol");
    if (!o->scope && o->protocol == GALE_OPENID_CONNECT)
        o->scope = "openid profile email";
    p->ops = gale__auth_protocol_ops(o->protocol);
    if (!p->ops)
        return wrong("protocol", "is one that this library was built without");
    if (o->response_mode && strcmp(o->response_mode, "query") &&
        strcmp(o->response_mode, "form_post"))
        return wrong("response_mode", "is neither \"query\" nor \"form_post\"");
    p->is_query_answer = !o->response_mode || !strcmp(o->response_mode, "query");
    return 0;
}

static int copy_algorithms(gale_auth_provider *p)
{
    const char *const *from = p->o.algorithms;
    const char **to;
    size_t n = 0;

    if (!from)
        return 0;
    while (n < ALGORITHMS_MAX && from[n])
        n++;
    if (!n || from[n])
        return wrong("algorithms", n ? "are too many" : "are none");
    to = gale__arena_zalloc(&p->arena, (n + 1) * sizeof(*to));
    if (!to)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        if (!is_token(from[i]) || !strcmp(from[i], "none"))
            return wrong("algorithms", "hold one that signs nothing");
        if (!strncmp(from[i], "HS", 2) && !p->o.client_secret)
            return wrong("algorithms", "hold an HMAC, which needs client_secret");
        to[i] = gale__arena_strndup(&p->arena, from[i], strlen(from[i]));
        if (!to[i])
            return -ENOMEM;
    }
    p->o.algorithms = to;
    return 0;
}

static int complete(gale_auth_provider *p)
{
    gale_auth_options *o = &p->o;

    p->service = gale__auth_service_find(o->service);
    if (!p->service)
        return gale_err(GALE_EINVAL,
                        "service is '%.40s': none of google, github, facebook, twitter",
                        o->service);
    if (!o->protocol)
        o->protocol = p->service->options.protocol;
    if (!o->client_auth && o->client_secret)
        o->client_auth = p->service->options.client_auth;
    complete_texts(o, &p->service->options);
    return copy_texts(p);
}

static int check(gale_auth_provider *p)
{
    int r = complete(p);

    if (r >= 0)
        r = check_protocol(p);
    if (r >= 0)
        r = check_numbers(&p->o);
    if (r >= 0)
        r = set_name(p);
    if (r >= 0)
        r = check_client(&p->o);
    if (r >= 0)
        r = check_redirect_uri(&p->o);
    if (r >= 0)
        r = copy_algorithms(p);
    return r < 0 ? r : p->ops->check(p);
}

static int init(gale_auth_provider *p)
{
    const gale_jwks *given = p->o.decryption_keys;
    int r;

    p->o.decryption_keys = NULL; /* until there is a reference */
    r = check(p);
    if (r < 0)
        return r;
    p->known = gale__auth_known_new();
    p->used = gale__auth_used_new();
    if (!p->known || !p->used)
        return gale_err(-ENOMEM, "no memory for a provider");
    if (given)
        p->o.decryption_keys = gale_jwks_ref((gale_jwks *)given);
    return 0;
}

gale_auth_provider *gale_auth_provider_new_sized(const gale_auth_options *options,
                                                 size_t options_size)
{
    gale_auth_provider *p;

    if (!options) {
        wrong("options", "are NULL");
        return NULL;
    }
    p = gale__arena_new_within(sizeof(*p), offsetof(gale_auth_provider, arena));
    if (!p)
        return NULL;
    memset(p, 0, offsetof(gale_auth_provider, arena));
    memcpy(&p->o, options, options_size < sizeof(p->o) ? options_size : sizeof(p->o));
    if (init(p) < 0) {
        gale_auth_provider_free(p);
        return NULL;
    }
    return p;
}

void gale_auth_provider_free(gale_auth_provider *provider)
{
    struct gale__arena arena;

    if (!provider)
        return;
    gale__auth_known_free(provider->known);
    gale__auth_used_free(provider->used);
    gale_jwks_unref((gale_jwks *)provider->o.decryption_keys);
    arena = provider->arena;
    gale__arena_reset(&arena);
}

const char *gale_auth_provider_name(const gale_auth_provider *provider)
{
    return provider->o.name;
}
