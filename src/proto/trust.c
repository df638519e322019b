/* trust.c - networks of trusted proxies. See trust.h. */
/* SPDX-License-Identifier: MIT */
#include "proto/trust.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gale/error.h>

#include "base/alloc.h"

static int parse_network(struct gale__network *out, const char *option, const char *text)
{
    const char *slash = strchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : strlen(text);
    long bits, max;
    char *end;

    out->family = gale__ip_parse(text, len, out->bytes);
    max = out->family == 6 ? 128 : 32;
    bits = max;
    if (out->family && slash) {
        bits = strtol(slash + 1, &end, 10);
        if (slash[1] < '0' || slash[1] > '9' || *end || bits > max)
            out->family = 0;
    }
    if (!out->family)
        return gale_err(GALE_EINVAL, "%s: '%s' is no address or network", option, text);
    out->bits = (uint8_t)bits;
    return 0;
}

struct gale__trust *gale__trust_new(const char *option, const char *const *list, int *error)
{
    static const char *const loopback[] = { "127.0.0.0/8", "::1", NULL };
    struct gale__trust *t;
    size_t n = 0;

    if (!list)
        list = loopback;
    while (list[n])
        n++;
    t = gale__malloc(sizeof(*t) + n * sizeof(t->networks[0]));
    *error = t ? 0 : -ENOMEM;
    if (!t)
        return NULL;
    t->n = n;
    for (size_t i = 0; i < n && *error == 0; i++)
        *error = parse_network(&t->networks[i], option, list[i]);
    if (*error == 0)
        return t;
    gale__free(t);
    return NULL;
}

static bool has_prefix(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;

    if (memcmp(a, b, whole) != 0)
        return false;
    return !rest || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

bool gale__trust_has(const struct gale__trust *t, uint8_t family, const uint8_t *bytes)
{
    if (family == 0)
        return true;
    family = gale__ip_unmap(family, &bytes);
    for (size_t i = 0; i < t->n; i++)
        if (t->networks[i].family == family &&
            has_prefix(bytes, t->networks[i].bytes, t->networks[i].bits))
            return true;
    return false;
}
