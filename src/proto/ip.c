/* ip.c - numeric addresses. See ip.h. */
/* SPDX-License-Identifier: MIT */
#include "proto/ip.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/str.h"
#include "proto/char_class.h"

/* inet_pton knows no short, octal or hexadecimal forms. */
uint8_t gale__ip_parse(const char *text, size_t len, uint8_t bytes[16])
{
    char copy[INET6_ADDRSTRLEN];

    if (!len || len >= sizeof(copy) || memchr(text, 0, len))
        return 0;
    memcpy(copy, text, len);
    copy[len] = 0;
    if (inet_pton(AF_INET, copy, bytes) == 1)
        return 4;
    return inet_pton(AF_INET6, copy, bytes) == 1 ? 6 : 0;
}

/* "", ":80" or ":_x". */
static bool is_port(gale_str s)
{
    bool is_obfuscated = s.len > 1 && s.ptr[1] == '_';
    uint32_t port = 0;

    if (s.len == 0)
        return true;
    if (s.ptr[0] != ':' || s.len < 2 || (!is_obfuscated && s.len > 6))
        return false;
    for (size_t i = 1; i < s.len; i++) {
        if (is_obfuscated ? !GALE__CHAR_IS(s.ptr[i], GALE__CHAR_TOKEN)
                          : !GALE__CHAR_IS(s.ptr[i], GALE__CHAR_DIGIT))
            return false;
        port = port * 10 + (uint32_t)(s.ptr[i] - '0');
    }
    return is_obfuscated || port <= UINT16_MAX;
}

uint8_t gale__ip_parse_node(gale_str node, uint8_t bytes[16])
{
    size_t end;

    if (node.len && node.ptr[0] == '[') {
        end = gale__str_find(node, ']');
        if (end == node.len || !is_port(gale__str_skip(node, end + 1)))
            return 0;
        return gale__ip_parse(node.ptr + 1, end - 1, bytes) == 6 ? 6 : 0;
    }
    if (gale__ip_parse(node.ptr, node.len, bytes) == 6)
        return 6;
    end = gale__str_find(node, ':');
    if (!is_port(gale__str_skip(node, end)))
        return 0;
    return gale__ip_parse(node.ptr, end, bytes) == 4 ? 4 : 0;
}

void gale__ip_format(uint8_t family, const uint8_t *bytes, char out[GALE__IP_TEXT_MAX])
{
    out[0] = 0;
    if (family)
        inet_ntop(family == 4 ? AF_INET : AF_INET6, bytes, out, GALE__IP_TEXT_MAX);
}

uint8_t gale__ip_unmap(uint8_t family, const uint8_t **bytes)
{
    static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

    if (family != 6 || memcmp(*bytes, mapped, sizeof(mapped)) != 0)
        return family;
    *bytes += sizeof(mapped);
    return 4;
}
