/* fuzz_form.c - forms, percent escapes, host and port, UTF-8, dates on any bytes. */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/escape.h"
#include "base/utf8.h"
#include "proto/form.h"
#include "proto/http_date.h"
#include "proto/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As an argument is decoded; nothing changes where that was said. */
static void check_decoded(gale_str s, bool is_plain)
{
    char *text = malloc(s.len ? s.len : 1);
    size_t len;

    if (!text)
        abort();
    len = gale__url_unescape_into(text, s, true);
    GALE_ASSERT(len <= s.len && (!is_plain || (len == s.len && !memcmp(text, s.ptr, len))));
    free(text);
}

/* The fields lie inside of the text, in order, and are as many as the separators allow. */
static void check_form(const char *text, size_t len)
{
    struct gale__form form;
    struct gale__form_field field;
    const char *at = text;
    int r;

    gale__form_init(&form, (gale_str){ text, len }, 16);
    for (int n = 0; (r = gale__form_next(&form, &field)) > 0; n++) {
        GALE_ASSERT(n < 16);
        GALE_ASSERT(field.name.ptr >= at && field.value.ptr >= field.name.ptr + field.name.len);
        at = field.value.ptr + field.value.len;
        check_decoded(field.name, field.name_plain);
        check_decoded(field.value, field.value_plain);
        GALE_ASSERT(at <= text + len);
        GALE_ASSERT(!memchr(field.name.ptr, '&', (size_t)(at - field.name.ptr)));
    }
    GALE_ASSERT(r < 0 || form.p == form.end);
}

/* Escaping and unescaping again gives what was there. */
static void check_escapes(bool is_query, const char *text, size_t len)
{
    struct gale__buf escaped;
    char *plain = malloc(len + 1);

    if (!plain)
        abort();
    gale__buf_init(&escaped, 3 * len);
    if (gale__url_escape(&escaped, (gale_str){ text, len }, is_query) < 0)
        abort();
    GALE_ASSERT(escaped.len <= 3 * len);
    GALE_ASSERT(gale__url_unescape_into(escaped.ptr, gale__buf_str(&escaped), is_query) == len);
    GALE_ASSERT(len == 0 || memcmp(escaped.ptr, text, len) == 0);
    GALE_ASSERT(gale__url_unescape_into(plain, (gale_str){ text, len }, is_query) <= len);
    gale__buf_deinit(&escaped);
    free(plain);
}

static void check_rest(const char *text, size_t len)
{
    gale_str host;
    int port;
    int64_t when;

    if (gale__split_host_port((gale_str){ text, len }, &host, &port) == 0)
        GALE_ASSERT(host.len <= len && port >= -1 && port <= 65535);
    if (gale__http_date_parse(text, len, 1700000000, &when) == 0) {
        char date[GALE__HTTP_DATE_LEN + 1];
        int64_t again;

        gale__http_date_format(date, when);
        if (date[12] != '9') /* a leap second may lead out of the year 9999 */
            GALE_ASSERT(gale__http_date_parse(date, GALE__HTTP_DATE_LEN, 0, &again) == 0 &&
                        again == when);
    }
    (void)gale__utf8_valid(text, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size ? size : 1); /* so that a read past the end is seen */

    if (!text)
        abort();
    memcpy(text, data, size);
    check_form(text, size);
    check_escapes(false, text, size);
    check_escapes(true, text, size);
    check_rest(text, size);
    free(text);
    return 0;
}
