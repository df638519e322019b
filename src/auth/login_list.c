/* login_list.c - the logins under way in a browser, the oldest first. See login_list.h. */
/* SPDX-License-Identifier: MIT */
#include "auth/login_list.h"

#include <string.h>

#include "auth/provider.h"
#include "base/str.h"

struct list {
    char hashes[GALE__AUTH_LOGINS][GALE__AUTH_KEY_HASH + 1];
    size_t n;
};

static bool is_hash(gale_str text)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    if (text.len != GALE__AUTH_KEY_HASH)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!memchr(allowed, text.ptr[i], sizeof(allowed) - 1))
            return false;
    return true;
}

/* What the browser says; what makes no sense is left out. */
static void read_list(struct gale__auth_call *call, const char *name, struct list *out)
{
    gale_str rest = gale__str(gale_get_cookie(call->self, name, "")), part;

    out->n = 0;
    while (out->n < GALE__AUTH_LOGINS && gale__str_split(&rest, '.', &part))
        if (is_hash(part)) {
            memcpy(out->hashes[out->n], part.ptr, part.len);
            out->hashes[out->n++][part.len] = 0;
        }
}

static void take_off(struct list *list, size_t i)
{
    list->n--;
    memmove(list->hashes[i], list->hashes[i + 1], (list->n - i) * sizeof(list->hashes[0]));
}

static int write_list(struct gale__auth_call *call, const char *name, const struct list *list)
{
    char text[GALE__AUTH_LOGINS * (GALE__AUTH_KEY_HASH + 1)], *to = text;
    gale_cookie options;
    int r = gale__auth_cookie_options(call, &options);

    if (r < 0)
        return r;
    options.path = "/";
    options.expires_days = 0;
    if (options.same_site == GALE_SAME_SITE_NONE)
        options.same_site = GALE_SAME_SITE_LAX;
    for (size_t i = 0; i < list->n; i++) {
        memcpy(to, list->hashes[i], GALE__AUTH_KEY_HASH);
        to += GALE__AUTH_KEY_HASH;
        *to++ = '.';
    }
    if (list->n)
        to[-1] = 0;
    r = list->n ? gale_set_cookie(call->self, name, text, &options)
                : gale_clear_cookie(call->self, name, &options);
    return r < 0 ? gale__auth_internal(call, r) : 0;
}

static int clear_login(struct gale__auth_call *call, const char *hash)
{
    const char *name = gale__auth_cookie_name(call, GALE__AUTH_COOKIE, hash);
    gale_cookie options;
    int r = name ? gale__auth_cookie_options(call, &options) : call->code;

    if (r < 0)
        return r;
    r = gale_clear_cookie(call->self, name, &options);
    return r < 0 ? gale__auth_internal(call, r) : 0;
}

int gale__auth_list_add(struct gale__auth_call *call, const char *hash)
{
    const char *name = gale__auth_cookie_name(call, "gale_logins", "");
    struct list list;
    int r = 0;

    if (!name)
        return call->code;
    read_list(call, name, &list);
    if (list.n == GALE__AUTH_LOGINS) {
        r = clear_login(call, list.hashes[0]);
        take_off(&list, 0);
    }
    memcpy(list.hashes[list.n++], hash, GALE__AUTH_KEY_HASH + 1);
    return r < 0 ? r : write_list(call, name, &list);
}

int gale__auth_list_remove(struct gale__auth_call *call, const char *hash)
{
    const char *name = gale__auth_cookie_name(call, "gale_logins", "");
    struct list list;

    if (!name)
        return call->code;
    read_list(call, name, &list);
    for (size_t i = 0; i < list.n; i++)
        if (!strcmp(list.hashes[i], hash)) {
            take_off(&list, i);
            return write_list(call, name, &list);
        }
    return 0;
}
