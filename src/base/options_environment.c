/* options_environment.c - options from the environment: SHOP_PORT for the prefix "SHOP_" and port.
 *
 * Each option asks for its variable, so what else begins with the prefix is nobody's concern.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gale/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/options.h"
#include "base/str.h"

enum { NAME_BYTES = 256 };

/* The variable of an option; false when it is too long to be one. */
static bool variable_of(const struct gale__option *o, const char *prefix, char out[NAME_BYTES])
{
    int len = snprintf(out, NAME_BYTES, "%s%s", prefix, o->key);

    for (char *c = out + strlen(prefix); len < NAME_BYTES && *c; c++)
        *c = (char)(*c == '-' ? '_' : *c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
    return len < NAME_BYTES;
}

static int parse_one(gale_options *options, struct gale__option *o, const char *prefix, bool keep)
{
    const struct gale__option_by by = { GALE__BY_ENVIRONMENT, keep };
    char name[NAME_BYTES], what[NAME_BYTES + 24];
    const char *text = variable_of(o, prefix, name) ? getenv(name) : NULL;

    if (!text || !*text || !strcmp(o->key, "help"))
        return 0;
    snprintf(what, sizeof(what), "%s in the environment", name);
    return gale__option_name_detail(gale__option_set_text(options, o, gale__str(text), by), what);
}

int gale_options_parse_environment(gale_options *options, const char *prefix, unsigned flags)
{
    int r = 0;

    if (!options)
        return -ENOMEM;
    if (strlen(prefix) >= NAME_BYTES)
        return gale_err(GALE_EINVAL, "a prefix of %d bytes or more", NAME_BYTES);
    for (size_t i = 0; i < options->n_options && r >= 0; i++)
        r = parse_one(options, options->options[i], prefix, flags & GALE_OPTIONS_KEEP);
    return r < 0 ? r : gale__options_finish(options, flags);
}
