/* testing_jar.c - the cookies of a test: what Set-Cookie says is sent again, to any path.
 *
 * The client's own jar, made lax: paths, domains and Secure are not looked at, so that a test sees
 * what the application sets. Times run on the loop's clock.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/str.h"
#include "proto/cookie.h"
#include "top/testing_priv.h"

static double loop_time(void *arg)
{
    const gale_test *test = arg;

    return gale_ioloop_time(test->loop);
}

void gale__test_jar_open(gale_test *test)
{
    gale__cookie_jar_init(&test->jar);
    test->jar.now = loop_time;
    test->jar.arg = test;
    test->jar.lax = true;
}

int gale__test_jar_store(gale_test *test, const gale_http_response *response)
{
    static const struct gale__http_url anywhere;

    for (const gale_http_header *h = response->headers; h->name; h++) {
        int r = 0;

        if (gale__str_equal_nocase(gale__str(h->name), GALE__STR("Set-Cookie")))
            r = gale__cookie_jar_store(&test->jar, &anywhere, gale__str(h->value));
        if (r < 0 && r != GALE_EINVAL)
            return r;
    }
    return 0;
}

void gale__test_jar_add_field(gale_test *test, struct gale__buf *out)
{
    static const struct gale__http_url anywhere;

    if (gale__cookie_jar_write(&test->jar, &anywhere, "Cookie: ", out))
        gale__buf_append_cstr(out, "\r\n");
}

const char *gale_test_cookie(gale_test *test, const char *name)
{
    const struct gale__jar_cookie *c = gale__cookie_jar_find(&test->jar, gale__str(name));
    char *value = c ? gale__arena_alloc(&test->arena, c->value.len + 1) : NULL;

    if (value)
        value[gale__cookie_unquote(c->value, value)] = 0;
    return value;
}

int gale_test_set_cookie(gale_test *test, const char *name, const char *value)
{
    struct gale__jar_cookie c = { .name = gale__str(name), .expires = INFINITY };
    gale_str plain = gale__str(value);
    char *sent = gale__arena_alloc(&test->arena, gale__cookie_quote_size(plain));

    if (!sent)
        return -ENOMEM;
    if (!*name || !gale__cookie_name_valid(c.name))
        return gale_err(GALE_EINVAL, "gale_test_set_cookie: a name that no cookie can have");
    c.path = GALE__STR("/");
    c.value = (gale_str){ sent, gale__cookie_quote(plain, sent) };
    return gale__cookie_jar_keep(&test->jar, &c);
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
    gale_cookie_jar_clear(&test->jar);
}
