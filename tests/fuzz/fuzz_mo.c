/* fuzz_mo.c - .mo files of any bytes: refused, or a catalogue whose texts end. */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "locale/catalogue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Looks each key up, as a text and in its forms. */
static void look_up(const struct gale__catalogue *catalogue, const struct gale__map *map)
{
    const struct gale__map_slot *slot;
    size_t i = 0;

    while ((slot = gale__map_next(map, &i)) != NULL) {
        const char *text = gale__catalogue_text(catalogue, slot->key);

        GALE_ASSERT(!text || strlen(text) < GALE__CATALOGUE_MAX);
        for (int64_t n = -2; n < 120; n++) {
            text = gale__catalogue_plural(catalogue, slot->key, "", n);
            GALE_ASSERT(!text || strlen(text) < GALE__CATALOGUE_MAX);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size ? size : 1); /* so that a read past the end is seen */
    struct gale__catalogue *catalogue;
    int r = 0;

    if (!copy)
        abort();
    if (size)
        memcpy(copy, data, size);
    catalogue = gale__mo_load((gale_str){ copy, size }, &r);
    free(copy);
    GALE_ASSERT(catalogue || r < 0);
    if (catalogue) {
        look_up(catalogue, &catalogue->texts);
        look_up(catalogue, &catalogue->plural);
    }
    gale__catalogue_free(catalogue);
    return 0;
}
