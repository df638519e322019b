/* fuzz_forwarded.c - Forwarded and X-Forwarded-For on any bytes. */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gale/error.h>

#include "base/alloc.h"
#include "proto/forwarded.h"
#include "proto/ip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_slice(gale_str field, gale_str s, size_t end)
{
    GALE_ASSERT(s.len == 0 || (s.ptr >= field.ptr && s.ptr + s.len <= field.ptr + end));
}

/* Elements lie inside of the field, each left of the one before. */
static void check_walk(gale_str field, int (*prev)(gale_str, size_t *, struct gale__hop *))
{
    size_t end = field.len;
    struct gale__hop hop;
    uint8_t bytes[16];
    char text[GALE__IP_TEXT_MAX];
    int r = 1;

    while (r > 0) {
        size_t before = end;

        r = prev(field, &end, &hop);
        GALE_ASSERT(r == 0 || r == 1 || r == GALE_EPROTO);
        if (r <= 0)
            break;
        GALE_ASSERT(end < before || end == SIZE_MAX);
        check_slice(field, hop.node, before);
        check_slice(field, hop.proto, before);
        gale__ip_format(gale__ip_parse_node(hop.node, bytes), bytes, text);
        GALE_ASSERT(!text[0] || gale__ip_parse(text, strlen(text), bytes));
    }
}

/* An element that a proxy adds is read the same whatever stands left of it. */
static void check_added(gale_str field)
{
    static const char added[] = ", for=\"[2001:db8::1]:80\";proto=https";
    size_t len = field.len + sizeof(added) - 1, end = len;
    char *text = malloc(len);
    struct gale__hop hop;

    if (!text)
        abort();
    memcpy(text, field.ptr, field.len);
    memcpy(text + field.len, added, sizeof(added) - 1);
    GALE_ASSERT(gale__forwarded_prev((gale_str){ text, len }, &end, &hop) == 1);
    GALE_ASSERT(hop.node.len == 16 && memcmp(hop.node.ptr, "[2001:db8::1]:80", 16) == 0);
    GALE_ASSERT(hop.proto.len == 5 && end == field.len);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + 1);
    gale_str field = { copy, size };

    if (!copy)
        abort();
    memcpy(copy, data, size);
    check_walk(field, gale__forwarded_prev);
    check_walk(field, gale__x_forwarded_prev);
    check_added(field);
    free(copy);
    return 0;
}
