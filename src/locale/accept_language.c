/* accept_language.c - the language a browser asks for (RFC 9110 12.5.4). */
/* SPDX-License-Identifier: MIT */
#include <gale/locale.h>

#include "base/str.h"
#include "locale/translations.h"

enum { MAX_WISHES = 64 }; /* looked at; browsers send a handful */

struct wish {
    gale_str code;
    double weight;
};

/* The value of "q=…" in the parameters; 1 when there is none, 0 when it is none. */
static double weight_of(gale_str params)
{
    gale_str param;
    double weight;

    while (gale__str_split(&params, ';', &param)) {
        param = gale__str_trim(param);
        if (param.len < 2 || gale__lower(param.ptr[0]) != 'q' || param.ptr[1] != '=')
            continue;
        param = gale__str_trim(gale__str_skip(param, 2));
        return gale__str_to_double(param, &weight) && weight > 0 ? weight : 0;
    }
    return 1;
}

/* Behind those that weigh as much. */
static size_t insert(struct wish *wishes, size_t n, struct wish wish)
{
    size_t at = n;

    for (; at > 0 && wishes[at - 1].weight < wish.weight; at--)
        wishes[at] = wishes[at - 1];
    wishes[at] = wish;
    return n + 1;
}

static size_t parse(gale_str accept, struct wish wishes[MAX_WISHES])
{
    gale_str item;
    size_t n = 0;

    while (n < MAX_WISHES && gale__str_split(&accept, ',', &item)) {
        size_t end = gale__str_find(item, ';');
        struct wish wish = { gale__str_trim(gale__str_head(item, end)), 1 };

        if (end < item.len)
            wish.weight = weight_of(gale__str_skip(item, end + 1));
        if (wish.code.len && wish.weight > 0)
            n = insert(wishes, n, wish);
    }
    return n;
}

const gale_locale *gale_get_browser_locale(gale_translations *t, const char *accept,
                                           const char *fallback)
{
    const char *codes[] = { fallback, NULL };
    struct wish wishes[MAX_WISHES];
    size_t n = accept ? parse(gale__str(accept), wishes) : 0;
    const gale_locale *l = NULL;

    if (!n)
        return gale_get_locale(t, codes);
    for (size_t i = 0; i < n && !l; i++)
        l = gale__closest(t, wishes[i].code);
    return l ? l : gale__default_locale(t);
}
