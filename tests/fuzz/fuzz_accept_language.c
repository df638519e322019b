/* fuzz_accept_language.c - Accept-Language of any bytes: always a language that there is. */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gale/locale.h>

#include "base/alloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A set without files, whose default is what is asked for by its first code. */
static gale_translations *make_set(void)
{
    const char *parent = getenv("TMPDIR");
    char place[200];
    gale_translations *t;
    int r;

    snprintf(place, sizeof(place), "%s/gale-fuzz-XXXXXX", parent ? parent : "/tmp");
    if (!mkdtemp(place))
        abort();
    t = gale_load_translations(place, NULL, &r);
    GALE_ASSERT(t);
    GALE_ASSERT(gale_set_default_locale(t, "fr_CA") >= 0);
    remove(place);
    return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static gale_translations *t;
    const gale_locale *l;
    char *text = malloc(size + 1);

    if (!text)
        abort();
    if (!t)
        t = make_set();
    if (size)
        memcpy(text, data, size);
    text[size] = 0;
    l = gale_get_browser_locale(t, text, text);
    GALE_ASSERT(strcmp(gale_locale_code(l), "fr_CA") == 0);
    l = gale_get_browser_locale(NULL, text, NULL);
    GALE_ASSERT(strcmp(gale_locale_code(l), "en_US") == 0);
    (void)gale_locale_name_of(text, NULL);
    free(text);
    return 0;
}
