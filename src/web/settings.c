/* settings.c - checks and copies settings. See settings.h. */
/* SPDX-License-Identifier: MIT */
#include "web/settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <gale/staticfile.h>

#include "base/under_run.h"
#include "base/check.h"
#include "base/str.h"
#include "http/head_cache.h"
#include "http/server.h"
#include "http/websocket_conn.h"
#include "proto/char_class.h"
#include "web/access_log.h"
#include "web/languages.h"
#include "web/routes.h"
#include "web/set_cookie.h"
#include "web/templates.h"

/* --- checks ------------------------------------------------------------------------- */

static int check_server_name(const char *name)
{
    size_t len = name ? strlen(name) : 0;

    if (len >= GALE__SERVER_NAME_MAX)
        return gale_err(GALE_EINVAL, "server_name has %zu bytes: more than %d", len,
                        GALE__SERVER_NAME_MAX - 1);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)name[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return gale_err(GALE_EINVAL, "server_name has a byte 0x%02x, which no header may have",
                            c);
    }
    return 0;
}

static int check_switches(const gale_settings *s)
{
    const struct {
        const char *name;
        int value;
    } switches[] = {
        { "debug", s->debug },
        { "serve_traceback", s->serve_traceback },
        { "secure_cookies", s->secure_cookies },
        { "xsrf_cookies", s->xsrf_cookies },
        { "xsrf_cookie_eager", s->xsrf_cookie_eager },
        { "compress_response", s->compress_response },
        { "static_hash_cache", s->static_hash_cache },
        { "compiled_template_cache", s->compiled_template_cache },
        { "autoreload", s->autoreload },
        { "head_from_get", s->head_from_get },
        { "request_id", s->request_id },
        { "request_id_header", s->request_id_header },
    };
    int r = 0;

    for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]) && r == 0; i++)
        r = gale__check_switch(switches[i].name, switches[i].value);
    return r;
}

/* The secret of that version, or NULL. */
static const char *find_secret(const gale_secret *list, size_t n, int version)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].version == version)
            return list[i].secret;
    return NULL;
}

static int check_secret_list(const gale_secret *list, int key_version)
{
    size_t n = 0;

    for (; list[n].secret; n++) {
        if (list[n].version < 0)
            return gale_err(GALE_EINVAL, "cookie_secrets has the version %d: less than 0",
                            list[n].version);
        if (find_secret(list, n, list[n].version))
            return gale_err(GALE_EINVAL, "cookie_secrets has version %d twice", list[n].version);
        if (!*list[n].secret)
            return gale_err(GALE_EINVAL, "cookie_secrets: the secret of version %d is empty",
                            list[n].version);
    }
    if (!n)
        return gale_err(GALE_EINVAL, "cookie_secrets has no secret");
    if (!find_secret(list, n, key_version))
        return gale_err(GALE_EINVAL, "key_version %d is no version of cookie_secrets", key_version);
    return 0;
}

static int check_secrets(const gale_settings *s)
{
    if (s->cookie_secret && s->cookie_secrets)
        return gale_err(GALE_EINVAL, "both cookie_secret and cookie_secrets are given");
    if (s->cookie_secret && !*s->cookie_secret)
        return gale_err(GALE_EINVAL, "cookie_secret is empty");
    if (s->min_signed_version < 0 || s->min_signed_version > 2)
        return gale_err(GALE_EINVAL, "min_signed_version is %d: neither 1 nor 2",
                        s->min_signed_version);
    if (s->cookie_secrets)
        return check_secret_list(s->cookie_secrets, s->key_version);
    if (s->key_version)
        return gale_err(GALE_EINVAL, "key_version is %d, without cookie_secrets", s->key_version);
    return 0;
}

/* Each answer would fail with attributes that cannot be sent. */
static int check_xsrf_cookie(const gale_settings *s)
{
    const char *name = s->xsrf_cookie_name ? s->xsrf_cookie_name : "_xsrf";
    gale_cookie c = s->xsrf_cookie ? *s->xsrf_cookie : (gale_cookie){ 0 };
    char why[160];
    int r = gale__cookie_check(name, &c, s->secure_cookies == GALE_ON);

    if (r >= 0)
        return 0;
    snprintf(why, sizeof(why), "%s", gale_strerror(r));
    return gale_err(r, "xsrf_cookie_name and xsrf_cookie: %s", why);
}

static int check_xsrf(const gale_settings *s)
{
    gale_str name = gale__str(s->xsrf_cookie_name);

    if ((int)s->xsrf_check < GALE_XSRF_TOKEN || (int)s->xsrf_check > GALE_XSRF_BOTH)
        return gale_err(GALE_EINVAL, "xsrf_check is %d: no GALE_XSRF_...", (int)s->xsrf_check);
    if (s->xsrf_cookie_version < 0 || s->xsrf_cookie_version > 2)
        return gale_err(GALE_EINVAL, "xsrf_cookie_version is %d: neither 1 nor 2",
                        s->xsrf_cookie_version);
    if (s->xsrf_cookie_name && !name.len)
        return gale_err(GALE_EINVAL, "xsrf_cookie_name is empty");
    for (size_t i = 0; i < name.len; i++)
        if (!GALE__CHAR_IS(name.ptr[i], GALE__CHAR_TOKEN))
            return gale_err(GALE_EINVAL, "xsrf_cookie_name has a byte 0x%02x, which no name has",
                            (unsigned char)name.ptr[i]);
    return check_xsrf_cookie(s);
}

static int check_transforms(const gale_transform *const *list)
{
    for (size_t i = 0; list && list[i]; i++)
        if (!list[i]->begin || !list[i]->write)
            return gale_err(GALE_EINVAL, "transform %zu has no %s", i + 1,
                            list[i]->begin ? "write" : "begin");
    return 0;
}

static int check_static(const gale_settings *s)
{
    if (s->static_path && !*s->static_path)
        return gale_err(GALE_EINVAL, "static_path is empty");
    if (s->static_url_prefix && s->static_url_prefix[0] != '/')
        return gale_err(GALE_EINVAL, "static_url_prefix \"%s\" does not begin with /",
                        s->static_url_prefix);
    return 0;
}

static int check_websocket(const gale_settings *s)
{
    gale_websocket_options options;
    char why[160];
    int r = gale__websocket_options_fill(&options, s->websocket, true);

    if (r >= 0)
        return 0;
    snprintf(why, sizeof(why), "%s", gale_strerror(r));
    return gale_err(r, "websocket: %s", why);
}

static int check(const gale_settings *s)
{
    int r = check_switches(s);

    if (r >= 0)
        r = check_server_name(s->server_name);
    if (r >= 0)
        r = gale__middleware_check(s->middleware);
    if (r >= 0)
        r = gale__limits_check(&s->limits);
    if (r >= 0)
        r = check_secrets(s);
    if (r >= 0)
        r = check_xsrf(s);
    if (r >= 0)
        r = check_transforms(s->transforms);
    if (r >= 0)
        r = check_static(s);
    if (r >= 0)
        r = gale__template_settings_check(s);
    if (r >= 0)
        r = gale__languages_check(s);
    if (r >= 0)
        r = check_websocket(s);
    if (r >= 0 && s->access_log)
        r = gale__access_log_parse(s->access_log);
    return r < 0 ? r : gale__httpserver_check(&s->server);
}

/* --- copies ------------------------------------------------------------------------- */

static int copy_text(struct gale__arena *arena, const char **text)
{
    if (!*text)
        return 0;
    *text = gale__arena_strndup(arena, *text, strlen(*text));
    return *text ? 0 : -ENOMEM;
}

static void *copy_bytes(struct gale__arena *arena, const void *from, size_t size)
{
    void *copy = gale__arena_alloc(arena, size);

    if (copy)
        memcpy(copy, from, size);
    return copy;
}

static int copy_texts(struct gale__arena *arena, const char *const **list)
{
    const char **copy;
    size_t n = 0;
    int r = 0;

    if (!*list)
        return 0;
    while ((*list)[n])
        n++;
    copy = copy_bytes(arena, *list, (n + 1) * sizeof(*copy));
    if (!copy)
        return -ENOMEM;
    for (size_t i = 0; i < n && r >= 0; i++)
        r = copy_text(arena, &copy[i]);
    *list = copy;
    return r;
}

static int copy_secrets(struct gale__arena *arena, const gale_secret **list)
{
    gale_secret *copy;
    size_t n = 0;
    int r = 0;

    if (!*list)
        return 0;
    while ((*list)[n].secret)
        n++;
    copy = copy_bytes(arena, *list, (n + 1) * sizeof(*copy));
    if (!copy)
        return -ENOMEM;
    for (size_t i = 0; i < n && r >= 0; i++)
        r = copy_text(arena, &copy[i].secret);
    *list = copy;
    return r;
}

static int copy_cookie(struct gale__arena *arena, const gale_cookie **cookie)
{
    gale_cookie *copy;
    int r;

    if (!*cookie)
        return 0;
    copy = copy_bytes(arena, *cookie, sizeof(*copy));
    if (!copy)
        return -ENOMEM;
    *cookie = copy;
    r = copy_text(arena, &copy->domain);
    return r < 0 ? r : copy_text(arena, &copy->path);
}

/* The options of static files with static_path in them. */
static int copy_static(struct gale__arena *arena, gale_settings *s)
{
    gale_static_options *copy = gale__arena_zalloc(arena, sizeof(*copy));

    if (!copy)
        return -ENOMEM;
    if (s->static_options)
        *copy = *s->static_options;
    copy->path = s->static_path;
    s->static_options = copy;
    return copy_text(arena, &copy->default_filename);
}

static int copy_websocket(struct gale__arena *arena, gale_settings *s)
{
    if (!s->websocket)
        return 0;
    s->websocket = copy_bytes(arena, s->websocket, sizeof(*s->websocket));
    return s->websocket ? 0 : -ENOMEM;
}

/* The lists of middleware and transforms are borrowed, as what they point at. */
static int copy(struct gale__arena *arena, gale_settings *s)
{
    const char **const texts[] = {
        &s->server_name,    &s->default_host,        &s->cookie_secret,    &s->login_url,
        &s->static_path,    &s->static_url_prefix,   &s->xsrf_cookie_name, &s->template_path,
        &s->autoescape,     &s->template_whitespace, &s->locale_path,      &s->locale_domain,
        &s->default_locale, &s->access_log
    };
    int r = 0;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && r >= 0; i++)
        r = copy_text(arena, texts[i]);
    if (r >= 0)
        r = copy_texts(arena, &s->server.trusted_downstream);
    if (r >= 0)
        r = copy_secrets(arena, &s->cookie_secrets);
    if (r >= 0)
        r = copy_cookie(arena, &s->xsrf_cookie);
    if (r >= 0 && s->static_path)
        r = copy_static(arena, s);
    if (r >= 0)
        r = copy_websocket(arena, s);
    for (char *c = (char *)s->default_host; r >= 0 && c && *c; c++)
        *c = gale__lower(*c);
    return r;
}

/* value, else what debug implies. */
static int imply(int value, bool is_on)
{
    return value ? value : is_on ? GALE_ON : GALE_OFF;
}

static void fill_in(gale_settings *s)
{
    bool debug;

    if (!s->debug && gale__run_debug())
        s->debug = GALE_ON;
    debug = s->debug == GALE_ON;

    s->serve_traceback = imply(s->serve_traceback, debug);
    s->autoreload = imply(s->autoreload, debug);
    if (s->request_id_header == GALE_ON)
        s->request_id = GALE_ON;
    s->head_from_get = imply(s->head_from_get, true);
    s->static_hash_cache = imply(s->static_hash_cache, !debug);
    s->compiled_template_cache = imply(s->compiled_template_cache, !debug);
    if (!s->default_handler)
        s->default_handler = &gale_error_handler;
    if (!s->static_url_prefix)
        s->static_url_prefix = "/static/";
    if (!s->xsrf_cookie_name)
        s->xsrf_cookie_name = "_xsrf";
    if (!s->xsrf_cookie_version)
        s->xsrf_cookie_version = 2;
    if (!s->min_signed_version)
        s->min_signed_version = 2;
}

int gale__settings_fill(gale_settings *out, const gale_settings *settings, size_t size,
                        struct gale__arena *arena)
{
    int r;

    *out = (gale_settings){ 0 };
    if (settings)
        memcpy(out, settings, size < sizeof(*out) ? size : sizeof(*out));
    r = check(out);
    if (r < 0)
        return r;
    fill_in(out);
    return copy(arena, out);
}
