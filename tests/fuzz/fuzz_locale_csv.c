/* fuzz_locale_csv.c - translations in CSV of any bytes and encoding: texts are UTF-8 and trimmed.
 */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gale/log.h>

#include "base/alloc.h"
#include "base/str.h"
#include "base/utf8.h"
#include "locale/catalogue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(gale_str s)
{
    GALE_ASSERT(gale__utf8_valid(s.ptr, s.len));
    GALE_ASSERT(!s.len || (s.ptr[0] != ' ' && s.ptr[s.len - 1] != '\n'));
}

static void look_up(const struct gale__map *map)
{
    const struct gale__map_slot *slot;
    size_t i = 0;

    while ((slot = gale__map_next(map, &i)) != NULL) {
        check_text(slot->key);
        check_text(gale__str(slot->value));
        GALE_ASSERT(gale__map_get(map, slot->key) == slot->value);
    }
}

/* The first byte chooses the encoding. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gale__catalogue *catalogue;
    enum gale__encoding encoding;
    char *copy;
    int r = 0;

    if (!size)
        return 0;
    gale_log_set_level(NULL, GALE_LOG_NONE);
    encoding = data[0] % (GALE__ENCODING_LATIN1 + 1);
    copy = malloc(size); /* so that a read past the end is seen */
    if (!copy)
        abort();
    memcpy(copy, data + 1, size - 1);
    catalogue = gale__csv_load((gale_str){ copy, size - 1 }, "x.csv", encoding, &r);
    free(copy);
    GALE_ASSERT(catalogue);
    look_up(&catalogue->texts);
    look_up(&catalogue->singular);
    look_up(&catalogue->plural);
    gale__catalogue_free(catalogue);
    return 0;
}
