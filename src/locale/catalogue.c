/* catalogue.c - looking up translations. See catalogue.h. */
/* SPDX-License-Identifier: MIT */
#include "locale/catalogue.h"

#include <string.h>

#include "base/alloc.h"
#include "base/str.h"

void gale__catalogue_free(struct gale__catalogue *catalogue)
{
    if (!catalogue)
        return;
    gale__map_deinit(&catalogue->texts);
    gale__map_deinit(&catalogue->singular);
    gale__map_deinit(&catalogue->plural);
    gale__plural_deinit(&catalogue->rule);
    gale__free(catalogue->memory);
    gale__free(catalogue);
}

/* gettext's form for a number: NULL when the message has none, or not so many. */
static const char *find_form(const struct gale__catalogue *catalogue, gale_str key, int64_t count)
{
    const char *forms = gale__map_get(&catalogue->plural, key);
    int64_t index;

    if (!forms)
        return NULL;
    index = gale__plural_index(&catalogue->rule, count);
    if (index < 0 || index >= (uint8_t)*forms)
        return NULL;
    for (forms++; index > 0; index--)
        forms += strlen(forms) + 1;
    return forms;
}

const char *gale__catalogue_text(const struct gale__catalogue *catalogue, gale_str key)
{
    const char *text = gale__map_get(&catalogue->texts, key);

    return text || !catalogue->is_gettext ? text : find_form(catalogue, key, 1);
}

const char *gale__catalogue_plural(const struct gale__catalogue *catalogue, gale_str key,
                                   const char *plural, int64_t count)
{
    if (catalogue->is_gettext)
        return find_form(catalogue, key, count);
    if (count == 1)
        return gale__map_get(&catalogue->singular, key);
    return gale__map_get(&catalogue->plural, gale__str(plural));
}
