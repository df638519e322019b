/* proxy_url.c - see proxy_url.h. */
/* SPDX-License-Identifier: MIT */
#include "proto/proxy_url.h"

#include <gale/error.h>

#include "base/str.h"
#include "proto/http1.h"
#include "proto/http_url.h"
#include "proto/ip.h"
#include "proto/url.h"

static bool is_numeric(gale_str host)
{
    uint8_t bytes[16];

    return gale__ip_parse(host.ptr, host.len, bytes) != 0;
}

bool gale__proxy_host_is_valid(gale_str host)
{
    return host.len && (is_numeric(host) || (gale__str_find(host, ':') == host.len &&
                                             gale__http1_host_is_valid(host.ptr, host.len)));
}

/* Without its scheme, when that is http. */
static bool skip_scheme(gale_str *text)
{
    size_t colon = gale__str_find(*text, ':');

    if (!gale__str_starts_with(gale__str_skip(*text, colon), GALE__STR("://")))
        return true;
    if (!gale__str_equal_nocase(gale__str_head(*text, colon), GALE__STR("http")))
        return false;
    *text = gale__str_skip(*text, colon + 3);
    return true;
}

static void take_user(gale_str *text, struct gale__proxy_url *out)
{
    size_t at = gale__str_find(*text, '@');
    gale_str info = gale__str_head(*text, at);
    size_t colon = gale__str_find(info, ':');

    if (at == text->len)
        return;
    out->user = gale__str_head(info, colon);
    if (colon < info.len)
        out->password = (gale_str){ info.ptr + colon + 1, info.len - colon - 1 };
    *text = (gale_str){ text->ptr + at + 1, text->len - at - 1 };
}

int gale__proxy_url_parse(gale_str text, struct gale__proxy_url *out)
{
    struct gale__proxy_url url = { 0 };
    int port = -1;

    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == 0x7f)
            return GALE_EINVAL;
    if (!skip_scheme(&text))
        return GALE_EINVAL;
    if (text.len && text.ptr[text.len - 1] == '/')
        text.len--;
    take_user(&text, &url);
    if (gale__split_host_port(text, &url.host, &port) < 0 || port == 0)
        return GALE_EINVAL;
    url.port = port > 0 ? port : 80;
    if (url.host.len > 2 && url.host.ptr[0] == '[' && url.host.ptr[url.host.len - 1] == ']')
        url.host = (gale_str){ url.host.ptr + 1, url.host.len - 2 };
    if (!gale__proxy_host_is_valid(url.host))
        return GALE_EINVAL;
    *out = url;
    return 0;
}

/* --- no_proxy --- */

static bool same_bits(const uint8_t *a, const uint8_t *b, int bits)
{
    int whole = bits / 8, left = bits % 8;

    return !memcmp(a, b, (size_t)whole) && (!left || ((a[whole] ^ b[whole]) >> (8 - left)) == 0);
}

/* An address or a network that the host, which is numeric, lies in. */
static bool matches_network(gale_str item, gale_str host)
{
    size_t slash = gale__str_find(item, '/');
    uint8_t net[16], address[16];
    const uint8_t *a = address;
    uint8_t net_family = gale__ip_parse(item.ptr, slash, net);
    uint8_t family = gale__ip_unmap(gale__ip_parse(host.ptr, host.len, address), &a);
    uint64_t bits = net_family == 4 ? 32 : 128, most = bits;

    if (!net_family || net_family != family)
        return false;
    if (slash < item.len &&
        (!gale__str_to_uint64(gale__str_skip(item, slash + 1), &bits) || bits > most))
        return false;
    return same_bits(net, a, (int)bits);
}

static bool matches_name(gale_str item, gale_str host)
{
    size_t before;

    if (item.len && item.ptr[0] == '.')
        item = gale__str_skip(item, 1);
    if (item.len && item.ptr[item.len - 1] == '.')
        item.len--;
    if (!item.len || item.len > host.len)
        return false;
    before = host.len - item.len;
    return gale__str_equal_nocase(gale__str_skip(host, before), item) &&
           (!before || host.ptr[before - 1] == '.');
}

/* Takes a port off: false when it is another one. */
static bool port_matches(gale_str *item, int port)
{
    bool bracketed = item->len && item->ptr[0] == '[';
    gale_str host;
    int own;

    if (!bracketed && is_numeric(*item))
        return true;
    if (gale__split_host_port(*item, &host, &own) < 0)
        return false;
    if (bracketed && host.len > 2 && host.ptr[host.len - 1] == ']')
        host = (gale_str){ host.ptr + 1, host.len - 2 };
    /* "fe80::/10" has colons and no port */
    if (gale__str_find(*item, '/') == item->len)
        *item = host;
    else
        own = -1;
    return own < 0 || own == port;
}

static bool matches(gale_str item, gale_str host, int port)
{
    if (gale__str_equal(item, GALE__STR("*")))
        return true;
    if (!port_matches(&item, port))
        return false;
    return is_numeric(host) ? matches_network(item, host) : matches_name(item, host);
}

bool gale__proxy_is_excepted(gale_str list, gale_str host, int port)
{
    gale_str part, word;

    if (host.len && host.ptr[host.len - 1] == '.')
        host.len--;
    while (gale__str_split(&list, ',', &part))
        while (gale__str_split(&part, ' ', &word)) {
            word = gale__str_trim(word);
            if (word.len && matches(word, host, port))
                return true;
        }
    return false;
}
