/* client_auth.c - how a fetch shows who asks: basic, bearer and digest. */
/* SPDX-License-Identifier: MIT */
#include "http/client_auth.h"

#include <errno.h>
#include <stdio.h>

#include "base/base64.h"
#include "base/digest.h"
#include "base/escape.h"
#include "base/str.h"
#include "http/client_options.h"
#include "proto/challenge.h"
#include "proto/char_class.h"

enum { HEX = 2 * GALE__DIGEST_MAX + 1, MAX_STALE = 2, CNONCE = 16 };

struct gale__client_auth *gale__client_auth_of(struct gale__fetch *f)
{
    if (!f->auth)
        f->auth = gale__arena_zalloc(f->arena, sizeof(*f->auth));
    return f->auth;
}

/* --- what may be shown --- */

static bool is_sendable(const char *text)
{
    for (; text && *text; text++)
        if (!GALE__CHAR_IS(*text, GALE__CHAR_VALUE))
            return false;
    return true;
}

int gale__credentials_check(const struct gale__credentials *c, const char *what)
{
    if (c->mode < GALE_AUTH_BASIC || c->mode > GALE_AUTH_BEARER)
        return gale_err(GALE_EINVAL, "%smode %d is none", what, c->mode);
    if (!is_sendable(c->username) || !is_sendable(c->password))
        return gale_err(GALE_EINVAL, "%susername or password has a control character", what);
    if (c->mode == GALE_AUTH_BASIC && c->username && strchr(c->username, ':'))
        return gale_err(GALE_EINVAL, "%susername has a colon, which basic cannot tell", what);
    if (c->mode == GALE_AUTH_BEARER && (!c->password || !*c->password))
        return gale_err(GALE_EINVAL, "%spassword is missing: the bearer's token", what);
    return 0;
}

/* --- digests (RFC 7616 3.4) --- */

static void hash(const struct gale__digest_auth *d, struct gale__buf *text, char out[HEX],
                 int *error)
{
    uint8_t bytes[GALE__DIGEST_MAX];
    int n = text->error
                ? text->error
                : gale__digest(d->sha256 ? GALE__SHA256 : GALE__MD5, gale__buf_str(text), bytes);

    if (n < 0)
        *error = n;
    for (int i = 0; i < n; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    gale__buf_reset(text);
}

static void add(struct gale__buf *text, gale_str part)
{
    if (text->len)
        gale__buf_append_char(text, ':');
    gale__buf_append_str(text, part);
}

/* What is on its way to a response. */
struct digesting {
    const struct gale__credentials *c;
    struct gale__digest_auth *d;
    const struct gale__digest_subject *subject;
    char cnonce[2 * CNONCE + 1], count[9];
    char user[HEX], first[HEX], second[HEX], body[HEX], response[HEX];
    struct gale__buf text;
    int error;
};

static const char *qop_of(const struct gale__digest_auth *d)
{
    return d->auth_int ? "auth-int" : "auth";
}

static void make_first(struct digesting *g)
{
    const struct gale__digest_auth *d = g->d;

    if (d->userhash) {
        gale__buf_append_cstr(&g->text, g->c->username);
        gale__buf_append_char(&g->text, ':');
        gale__buf_append_str(&g->text, d->realm);
        hash(d, &g->text, g->user, &g->error);
    }
    gale__buf_append_cstr(&g->text, g->c->username);
    gale__buf_append_char(&g->text, ':');
    gale__buf_append_str(&g->text, d->realm);
    add(&g->text, gale__str(g->c->password));
    hash(d, &g->text, g->first, &g->error);
    if (!d->session)
        return;
    add(&g->text, gale__str(g->first));
    add(&g->text, d->nonce);
    add(&g->text, gale__str(g->cnonce));
    hash(d, &g->text, g->first, &g->error);
}

static void make_second(struct digesting *g)
{
    if (g->d->auth_int) {
        gale__buf_append_str(&g->text, g->subject->body);
        hash(g->d, &g->text, g->body, &g->error);
    }
    add(&g->text, gale__str(g->subject->method));
    add(&g->text, g->subject->uri);
    if (g->d->auth_int)
        add(&g->text, gale__str(g->body));
    hash(g->d, &g->text, g->second, &g->error);
}

static void make_response(struct digesting *g)
{
    make_first(g);
    make_second(g);
    add(&g->text, gale__str(g->first));
    add(&g->text, g->d->nonce);
    if (g->d->has_qop) {
        add(&g->text, gale__str(g->count));
        add(&g->text, gale__str(g->cnonce));
        add(&g->text, gale__str(qop_of(g->d)));
    }
    add(&g->text, gale__str(g->second));
    hash(g->d, &g->text, g->response, &g->error);
}

static void put_quoted(struct gale__buf *out, const char *name, gale_str value)
{
    gale__buf_printf(out, "%s=\"", name);
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '"' || value.ptr[i] == '\\')
            gale__buf_append_char(out, '\\');
        gale__buf_append_char(out, value.ptr[i]);
    }
    gale__buf_append_char(out, '"');
}

static bool is_ascii(const char *text)
{
    while (*text > 0)
        text++;
    return !*text;
}

static void put_user(const struct digesting *g, struct gale__buf *out)
{
    const char *user = g->d->userhash ? g->user : g->c->username;

    if (!g->d->utf8 || is_ascii(user)) {
        put_quoted(out, "username", gale__str(user));
        return;
    }
    gale__buf_append_cstr(out, "username*=UTF-8''"); /* RFC 7616 3.4.4 */
    for (; *user; user++)
        if (GALE__CHAR_IS(*user, GALE__CHAR_TOKEN) && !strchr("*'%", *user))
            gale__buf_append_char(out, *user);
        else
            gale__buf_printf(out, "%%%02X", (unsigned char)*user);
}

static void put_digest(const struct digesting *g, struct gale__buf *out)
{
    const struct gale__digest_auth *d = g->d;

    put_user(g, out);
    gale__buf_append_cstr(out, ", ");
    put_quoted(out, "realm", d->realm);
    gale__buf_append_cstr(out, ", ");
    put_quoted(out, "nonce", d->nonce);
    gale__buf_append_cstr(out, ", ");
    put_quoted(out, "uri", g->subject->uri);
    gale__buf_printf(out, ", response=\"%s\"", g->response);
    if (d->algorithm)
        gale__buf_printf(out, ", algorithm=%s", d->algorithm);
    if (d->has_qop)
        gale__buf_printf(out, ", qop=%s, nc=%s, cnonce=\"%s\"", qop_of(d), g->count, g->cnonce);
    if (d->session && !d->has_qop)
        gale__buf_printf(out, ", cnonce=\"%s\"", g->cnonce);
    if (d->has_opaque) {
        gale__buf_append_cstr(out, ", ");
        put_quoted(out, "opaque", d->opaque);
    }
    if (d->userhash)
        gale__buf_append_cstr(out, ", userhash=true");
}

static int make_cnonce(struct digesting *g)
{
    uint8_t bytes[CNONCE];
    int r = gale__random(bytes, sizeof(bytes));

    for (size_t i = 0; r >= 0 && i < sizeof(bytes); i++)
        snprintf(g->cnonce + 2 * i, 3, "%02x", bytes[i]);
    return r;
}

static void write_digest(const struct gale__credentials *c, struct gale__digest_auth *d,
                         const struct gale__digest_subject *subject, struct gale__buf *out)
{
    struct digesting g = { .c = c, .d = d, .subject = subject };

    gale__buf_init(&g.text, SIZE_MAX / 4);
    g.error = make_cnonce(&g);
    snprintf(g.count, sizeof(g.count), "%08x", ++d->count);
    make_response(&g);
    gale__buf_deinit(&g.text);
    if (g.error < 0)
        out->error = g.error;
    else
        put_digest(&g, out);
}

/* --- the field --- */

static void write_basic(const struct gale__credentials *c, struct gale__buf *out)
{
    struct gale__buf plain;
    size_t size;

    gale__buf_init(&plain, SIZE_MAX / 4);
    gale__buf_append_cstr(&plain, c->username);
    gale__buf_append_char(&plain, ':');
    gale__buf_append_str(&plain, gale__str(c->password));
    size = gale__base64_size(GALE__BASE64_STD, plain.len);
    if (plain.error)
        out->error = plain.error;
    else if (gale__buf_reserve(out, size) == 0)
        out->len += gale__base64_encode(GALE__BASE64_STD, gale__buf_str(&plain),
                                        out->ptr + out->len);
    gale__buf_deinit(&plain);
}

void gale__credentials_write(const struct gale__credentials *c, struct gale__digest_auth *digest,
                             const struct gale__digest_subject *subject, const char *name,
                             struct gale__buf *out)
{
    if (c->mode == GALE_AUTH_BEARER) {
        gale__buf_printf(out, "%s: Bearer %s\r\n", name, c->password);
        return;
    }
    if (!c->username || (c->mode == GALE_AUTH_DIGEST && (!digest || !digest->nonce.ptr)))
        return;
    gale__buf_printf(out, "%s: %s ", name, c->mode == GALE_AUTH_DIGEST ? "Digest" : "Basic");
    if (c->mode == GALE_AUTH_DIGEST)
        write_digest(c, digest, subject, out);
    else
        write_basic(c, out);
    gale__buf_append_cstr(out, "\r\n");
}

/* --- challenges --- */

static bool is_word(gale_str s, const char *word)
{
    return gale__str_equal_nocase(s, gale__str(word));
}

/* MD5 when there is none; false: one we do not have. */
static bool take_algorithm(struct gale__digest_auth *d, gale_str name)
{
    static const char *const names[] = { "MD5", "MD5-sess", "SHA-256", "SHA-256-sess" };

    for (size_t i = 0; i < 4; i++)
        if (is_word(name, names[i])) {
            d->algorithm = names[i];
            d->sha256 = i >= 2;
            d->session = i & 1;
            return true;
        }
    return false;
}

/* A challenge as it is read. */
struct reading {
    struct gale__digest_auth digest;
    bool is_digest, usable, has_auth, has_auth_int;
};

static void take_qop(struct reading *c, gale_str list)
{
    gale_str word;

    c->digest.has_qop = true;
    while (gale__str_split(&list, ',', &word)) {
        c->has_auth |= is_word(gale__str_trim(word), "auth");
        c->has_auth_int |= is_word(gale__str_trim(word), "auth-int");
    }
}

static void take_parameter(struct reading *c, const struct gale__challenge_item *item)
{
    struct gale__digest_auth *d = &c->digest;

    if (is_word(item->name, "realm"))
        d->realm = item->value;
    else if (is_word(item->name, "nonce"))
        d->nonce = item->value;
    else if (is_word(item->name, "opaque"))
        d->opaque = item->value, d->has_opaque = true;
    else if (is_word(item->name, "stale"))
        d->stale = is_word(item->value, "true");
    else if (is_word(item->name, "userhash"))
        d->userhash = is_word(item->value, "true");
    else if (is_word(item->name, "charset"))
        d->utf8 = is_word(item->value, "UTF-8");
    else if (is_word(item->name, "qop"))
        take_qop(c, item->value);
    else if (is_word(item->name, "algorithm"))
        c->usable &= take_algorithm(d, item->value);
}

static int strength(const struct gale__digest_auth *d)
{
    return 1 + 2 * d->sha256 + d->has_qop;
}

/* Keeps a challenge that was read whole when it is the strongest so far. */
static void settle(struct reading *c, bool has_body, struct gale__digest_auth *best)
{
    struct gale__digest_auth *d = &c->digest;

    d->auth_int = d->has_qop && !c->has_auth;
    if (d->has_qop && !c->has_auth && (!c->has_auth_int || !has_body))
        c->usable = false;
    if (c->is_digest && c->usable && d->nonce.ptr && d->realm.ptr &&
        (!best->nonce.ptr || strength(d) > strength(best)))
        *best = *d;
    *c = (struct reading){ .usable = true };
}

/* What is malformed in a field ends it; what came before counts. */
static int read_field(struct gale__arena *arena, gale_str field, bool has_body,
                      struct gale__digest_auth *best)
{
    char *buffer = gale__arena_alloc(arena, field.len + 1);
    struct gale__challenge_item item;
    struct reading c = { .usable = true };
    int r;

    if (!buffer)
        return -ENOMEM;
    while ((r = gale__challenge_next(&field, &buffer, &item)) > 0) {
        if (item.scheme.ptr) {
            settle(&c, has_body, best);
            c.is_digest = is_word(item.scheme, "Digest");
        } else {
            take_parameter(&c, &item);
        }
    }
    if (r == 0)
        settle(&c, has_body, best);
    return 0;
}

int gale__digest_challenged(struct gale__digest_auth *digest, struct gale__arena *arena,
                            const gale_http_header *headers, const char *name, int hop,
                            bool has_body)
{
    struct gale__digest_auth best = { 0 };
    int r = 0, tries = digest->nonce.ptr && digest->hop == hop ? digest->n_tries : 0;

    for (const gale_http_header *h = headers; h->name && r >= 0; h++)
        if (is_word(gale__str(h->name), name))
            r = read_field(arena, gale__str(h->value), has_body, &best);
    if (r < 0 || !best.nonce.ptr)
        return r;
    /* The same again is no use, unless it was only too old. */
    if (tries && (!best.stale || tries > MAX_STALE))
        return 0;
    best.n_tries = tries + 1;
    best.hop = hop;
    *digest = best;
    return 1;
}

/* --- of a fetch --- */

static struct gale__credentials credentials_of(const struct gale__fetch *f)
{
    return (struct gale__credentials){ f->request.auth_username, f->request.auth_password,
                                       f->request.auth_mode };
}

static int unescape(struct gale__fetch *f, gale_str text, const char **out)
{
    char *copy = gale__arena_alloc(f->arena, text.len + 1);
    size_t n;

    if (!copy)
        return -ENOMEM;
    n = gale__url_unescape_into(copy, text, false);
    copy[n] = 0;
    if (memchr(copy, 0, n))
        return gale_err(GALE_EINVAL, "a NUL in the URL's user or password");
    *out = copy;
    return 0;
}

int gale__client_hide_user(struct gale__fetch *f)
{
    const struct gale__http_url *url = &f->out.url;

    if (!url->userinfo.ptr)
        return 0;
    f->url = gale__arena_printf(f->arena, "%.*s%s", (int)(url->userinfo.ptr - f->url), f->url,
                                url->netloc.ptr);
    return f->url ? 0 : -ENOMEM;
}

int gale__client_prepare_auth(struct gale__fetch *f)
{
    gale_str info = f->out.url.userinfo;
    size_t colon = info.len ? gale__str_find(info, ':') : 0;
    struct gale__credentials c;
    int r = gale__client_hide_user(f);

    if (r < 0)
        return r;
    if (info.len && !f->request.auth_username && f->request.auth_mode != GALE_AUTH_BEARER) {
        r = unescape(f, gale__str_head(info, colon), &f->request.auth_username);
        f->request.auth_password = NULL;
        if (r >= 0 && colon < info.len)
            r = unescape(f, gale__str_skip(info, colon + 1), &f->request.auth_password);
    }
    c = credentials_of(f);
    if (r < 0 || (!c.username && !c.password && !c.mode))
        return r;
    return gale__credentials_check(&c, "auth_");
}

void gale__client_auth_fields(struct gale__fetch *f, struct gale__buf *out)
{
    const struct gale__credentials c = credentials_of(f);
    struct gale__digest_subject subject = { .method = f->out.method };
    struct gale__buf target;

    if (!c.username && c.mode != GALE_AUTH_BEARER)
        return;
    gale__buf_init(&target, SIZE_MAX / 4);
    if (c.mode == GALE_AUTH_DIGEST)
        gale__http_url_write_target(&f->out.url, &target);
    subject.uri = gale__buf_str(&target);
    if (!f->out.bodiless)
        subject.body = f->request.body;
    if (target.error)
        out->error = target.error;
    else
        gale__credentials_write(&c, f->auth ? &f->auth->origin : NULL, &subject, "Authorization",
                                out);
    gale__buf_deinit(&target);
}

int gale__client_auth_answered(struct gale__fetch *f)
{
    bool has_body = f->out.bodiless || !f->request.body_producer;

    if (f->request.auth_mode != GALE_AUTH_DIGEST || !f->request.auth_username)
        return 0;
    if (!gale__client_auth_of(f))
        return -ENOMEM;
    return gale__digest_challenged(&f->auth->origin, f->arena, f->response->headers,
                                   "WWW-Authenticate", f->redirects, has_body);
}
