/* base64.h - bytes as text of 64 characters (RFC 4648), read back strictly. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_BASE64_H
#define GALE_BASE_BASE64_H

#include <gale/base.h>

enum gale__base64 {
    GALE__BASE64_STD, /* + and /, padded with = */
    GALE__BASE64_URL, /* - and _, no padding */
};

/* Bytes of the text of len bytes; of what a text of len bytes may become. */
static inline size_t gale__base64_size(enum gale__base64 kind, size_t len)
{
    return kind == GALE__BASE64_STD ? (len + 2) / 3 * 4 : len / 3 * 4 + (len % 3 * 4 + 2) / 3;
}
static inline size_t gale__base64_room(size_t len)
{
    return len / 4 * 3 + 2;
}

/* Writes the text, no NUL; its length. */
size_t gale__base64_encode(enum gale__base64 kind, gale_str in, char *out);

/* Reads a text back into out, which may be in.ptr. Its length, or -1: other characters, wrong
 * padding, bits that encode would not have written. */
int64_t gale__base64_decode(enum gale__base64 kind, gale_str in, char *out);

#endif
