/* debug_mask.c - which names have values that no page may show. See debug_mask.h. */
/* SPDX-License-Identifier: MIT */
#include "web/debug_mask.h"

#include <string.h>

#include "base/buf.h"
#include "base/escape.h"
#include "base/str.h"

enum { NAME_MAX_BYTES = 128, URL_MAX_BYTES = 64 * 1024 };

/* Parts of names, in lower case and without '-' and '_'. */
static const char *const secret[] = {
    "authorization", "cookie", "password",  "passwd",    "passphrase", "secret",
    "token",         "apikey", "accesskey", "session",   "credential", "xsrf",
    "csrf",          "pwd",    "otp",       "signature", "privatekey", "xauth",
    "creditcard",    "cardno", "cvv",       "pin",
};

static bool is_word(const char *part)
{
    return strlen(part) <= 3; /* these mean something as a whole name only */
}

bool gale__debug_is_secret(gale_str name)
{
    char text[NAME_MAX_BYTES];
    size_t n = 0;

    for (size_t i = 0; i < name.len && n + 1 < sizeof(text); i++)
        if (name.ptr[i] != '-' && name.ptr[i] != '_')
            text[n++] = gale__lower(name.ptr[i]);
    text[n] = 0;
    for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
        if (is_word(secret[i]) ? strcmp(text, secret[i]) == 0 : strstr(text, secret[i]) != NULL)
            return true;
    return n + 1 == sizeof(text); /* too long to be sure */
}

static bool is_secret_as_sent(gale_str name)
{
    struct gale__buf plain;
    bool r;

    gale__buf_init(&plain, URL_MAX_BYTES);
    r = gale__url_unescape(&plain, name, true) < 0 || gale__debug_is_secret(gale__buf_str(&plain));
    gale__buf_deinit(&plain);
    return r;
}

static void add_item(struct gale__buf *out, gale_str item)
{
    gale_str name = gale__str_head(item, gale__str_find(item, '='));

    if (name.len < item.len && is_secret_as_sent(name)) {
        gale__buf_append_str(out, name);
        gale__buf_append_cstr(out, "=" GALE__DEBUG_HIDDEN);
        return;
    }
    gale__buf_append_str(out, item);
}

const char *gale__debug_mask_url(struct gale__arena *arena, gale_str url)
{
    gale_str path = gale__str_head(url, gale__str_find(url, '?'));
    gale_str rest = gale__str_skip(url, path.len);
    const char *text = NULL;
    struct gale__buf out;
    gale_str item;
    char mark = '?';

    gale__buf_init(&out, URL_MAX_BYTES);
    gale__buf_append_str(&out, path);
    rest = gale__str_skip(rest, rest.len ? 1 : 0);
    while (rest.len && gale__str_split(&rest, '&', &item)) {
        gale__buf_append_char(&out, mark);
        add_item(&out, item);
        mark = '&';
    }
    if (gale__buf_cstr(&out))
        text = gale__arena_strndup(arena, out.ptr, out.len);
    gale__buf_deinit(&out);
    return text ? text : "?";
}
