/* testing_jar.c - the cookies of a test: what Set-Cookie says is sent again, to any path.
 *
 * One name, one cookie: paths, domains and Secure are not looked at, so that a test sees what
 * the application sets. Times run on the loop's clock.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/str.h"
#include "proto/cookie.h"
#include "proto/http_date.h"
#include "top/testing_priv.h"

struct cookie {
    struct gale__list link;
    double expires; /* on the loop's clock; INFINITY: never */
    const char *name;
    const char *sent;  /* the value as it is sent: in the test's arena */
    const char *value; /* without quotes */
};

static void forget(gale_test *test, gale_str name)
{
    struct gale__list *l, *next;

    for (l = test->cookies.next; l != &test->cookies; l = next) {
        struct cookie *c = GALE_CONTAINER_OF(l, struct cookie, link);

        next = l->next;
        if (gale__str_equal(gale__str(c->name), name))
            gale__list_remove(l);
    }
}

static char *unquote(gale_test *test, gale_str sent)
{
    char *value = gale__arena_alloc(&test->arena, sent.len + 1);

    if (value)
        value[gale__cookie_unquote(sent, value)] = 0;
    return value;
}

static int keep(gale_test *test, gale_str name, gale_str sent, double expires)
{
    struct cookie *c;

    forget(test, name);
    if (expires <= gale_ioloop_time(test->loop))
        return 0;
    c = gale__arena_zalloc(&test->arena, sizeof(*c));
    if (!c)
        return -ENOMEM;
    c->expires = expires;
    c->name = gale__arena_strndup(&test->arena, name.ptr, name.len);
    c->sent = gale__arena_strndup(&test->arena, sent.ptr ? sent.ptr : "", sent.len);
    c->value = unquote(test, sent);
    if (!c->name || !c->sent || !c->value)
        return -ENOMEM;
    gale__list_append(&test->cookies, &c->link);
    return 0;
}

/* Max-Age counts for more than Expires (RFC 6265 5.3). */
static double expiry(gale_test *test, gale_str attributes)
{
    double now = gale_ioloop_time(test->loop), expires = INFINITY;
    bool has_age = false;
    gale_str part;

    while (gale__str_split(&attributes, ';', &part)) {
        gale_str name = gale__str_head(part, gale__str_find(part, '='));
        gale_str value = gale__str_trim(gale__str_skip(part, name.len + 1));
        int64_t number;

        name = gale__str_trim(name);
        if (gale__str_equal_nocase(name, GALE__STR("Max-Age")) &&
            gale__str_to_int64(value, &number)) {
            expires = number > 0 ? now + (double)number : now;
            has_age = true;
        } else if (!has_age && gale__str_equal_nocase(name, GALE__STR("Expires")) &&
                   gale__http_date_parse(value.ptr, value.len, time(NULL), &number) == 0) {
            expires = now + (double)(number - time(NULL));
        }
    }
    return expires;
}

static int store_one(gale_test *test, gale_str field)
{
    gale_str pair = gale__str_head(field, gale__str_find(field, ';'));
    size_t equals = gale__str_find(pair, '=');

    if (equals == pair.len)
        return 0;
    return keep(test, gale__str_trim(gale__str_head(pair, equals)),
                gale__str_trim(gale__str_skip(pair, equals + 1)),
                expiry(test, gale__str_skip(field, pair.len + 1)));
}

int gale__test_jar_store(gale_test *test, const gale_http_response *response)
{
    int r = 0;

    for (const gale_http_header *h = response->headers; h->name && r >= 0; h++)
        if (gale__str_equal_nocase(gale__str(h->name), GALE__STR("Set-Cookie")))
            r = store_one(test, gale__str(h->value));
    return r;
}

void gale__test_jar_add_field(gale_test *test, struct gale__buf *out)
{
    const char *before = "Cookie: ";
    double now = gale_ioloop_time(test->loop);

    for (struct gale__list *l = test->cookies.next; l != &test->cookies; l = l->next) {
        const struct cookie *c = GALE_CONTAINER_OF(l, struct cookie, link);

        if (c->expires <= now)
            continue;
        gale__buf_printf(out, "%s%s=%s", before, c->name, c->sent);
        before = "; ";
    }
    if (*before == ';')
        gale__buf_append_cstr(out, "\r\n");
}

const char *gale_test_cookie(gale_test *test, const char *name)
{
    for (struct gale__list *l = test->cookies.next; l != &test->cookies; l = l->next) {
        const struct cookie *c = GALE_CONTAINER_OF(l, struct cookie, link);

        if (!strcmp(c->name, name) && c->expires > gale_ioloop_time(test->loop))
            return c->value;
    }
    return NULL;
}

int gale_test_set_cookie(gale_test *test, const char *name, const char *value)
{
    gale_str plain = gale__str(value);
    char *sent = gale__arena_alloc(&test->arena, gale__cookie_quote_size(plain));

    if (!sent)
        return -ENOMEM;
    if (!*name || !gale__cookie_name_valid(gale__str(name)))
        return gale_err(GALE_EINVAL, "gale_test_set_cookie: a name that no cookie can have");
    return keep(test, gale__str(name), (gale_str){ sent, gale__cookie_quote(plain, sent) },
                INFINITY);
}

int gale_test_set_signed_cookie(gale_test *test, const char *name, const char *value)
{
    const gale_settings *settings = gale_app_settings(test->app);
    const gale_signing signing = { .secret = settings->cookie_secret,
                                   .secrets = settings->cookie_secrets,
                                   .key_version = settings->key_version };
    int len = gale_create_signed_value(&signing, name, gale__str(value), NULL, 0);
    char *out = len < 0 ? NULL : gale__arena_alloc(&test->arena, (size_t)len + 1);

    if (!out)
        return len < 0 ? len : -ENOMEM;
    len = gale_create_signed_value(&signing, name, gale__str(value), out, (size_t)len + 1);
    return len < 0 ? len : gale_test_set_cookie(test, name, out);
}

void gale_test_clear_cookies(gale_test *test)
{
    gale__list_init(&test->cookies);
}
