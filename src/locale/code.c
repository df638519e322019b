/* code.c - codes of languages: taking apart, bringing into one form. See code.h. */
/* SPDX-License-Identifier: MIT */
#include "locale/code.h"

#include <string.h>

#include "base/str.h"

int gale__code_compare(gale_str a, gale_str b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n ? memcmp(a.ptr, b.ptr, n) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static char plain(char c)
{
    return c == '-' ? '_' : gale__lower(c);
}

bool gale__code_is_alike(gale_str a, gale_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (plain(a.ptr[i]) != plain(b.ptr[i]))
            return false;
    return true;
}

gale_str gale__language_of(gale_str code)
{
    return gale__str_head(code, gale__str_find(code, '_'));
}

bool gale__code_normalise(gale_str code, char normal[GALE__CODE_MAX])
{
    size_t n_parts = 1;

    if (!code.len || code.len >= GALE__CODE_MAX)
        return false;
    for (size_t i = 0; i < code.len; i++) {
        normal[i] = code.ptr[i] == '-' ? '_' : code.ptr[i];
        n_parts += normal[i] == '_';
    }
    normal[code.len] = 0;
    if (n_parts != 2)
        return n_parts == 1;
    for (size_t i = 0, is_region = 0; i < code.len; i++) {
        char lower = gale__lower(normal[i]);

        is_region |= lower == '_';
        normal[i] = is_region && lower >= 'a' && lower <= 'z' ? (char)(lower - 32) : lower;
    }
    return true;
}
