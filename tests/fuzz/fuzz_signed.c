/* fuzz_signed.c - signed values of any bytes: only what was signed is trusted. */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gale/cookies.h>
#include <gale/error.h>

#include "base/alloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Nobody guesses an HMAC: a value that is trusted is one of those that were made. */
static void read_any(const gale_signing *s, const char *text, size_t size)
{
    char *out = malloc(size + 1);

    if (!out)
        abort();
    GALE_ASSERT(gale_signed_value_key_version(text) >= -1);
    GALE_ASSERT(gale_decode_signed_value(s, "name", text, out, size + 1) < 0);
    GALE_ASSERT(gale_decode_signed_value(s, "name", text, out, 1) < 0);
    free(out);
}

/* Any bytes are signed and read back; with a byte changed they are not. */
static void round_trip(const gale_signing *s, const uint8_t *data, size_t size)
{
    gale_str value = { (const char *)data, size };
    int len = gale_create_signed_value(s, "name", value, NULL, 0);
    char *text, *out;

    GALE_ASSERT(len > 0);
    text = malloc((size_t)len + 1);
    out = malloc(size + 1);
    if (!text || !out)
        abort();
    GALE_ASSERT(gale_create_signed_value(s, "name", value, text, (size_t)len + 1) == len);
    GALE_ASSERT(gale_decode_signed_value(s, "name", text, out, size + 1) == (int)size);
    GALE_ASSERT(size == 0 || memcmp(out, data, size) == 0);
    text[(size ? data[0] : 0) % (size_t)len] ^= 1;
    GALE_ASSERT(gale_decode_signed_value(s, "name", text, out, size + 1) == GALE_EINVAL);
    free(text);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const gale_secret secrets[] = { { 1, "one" }, { 2, "two" }, { 0, NULL } };
    gale_signing s = { .secret = "a secret", .min_version = 1, .now = 1700000000 };
    char *text = malloc(size + 1);

    if (!text)
        abort();
    if (size)
        memcpy(text, data, size);
    text[size] = 0;
    read_any(&s, text, size);
    round_trip(&s, data, size);
    s.version = 1;
    round_trip(&s, data, size);
    s = (gale_signing){ .secrets = secrets, .key_version = 2, .now = 1700000000 };
    read_any(&s, text, size);
    round_trip(&s, data, size);
    free(text);
    return 0;
}
