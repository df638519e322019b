/* languages.c - an application's translations, by its settings. See languages.h. */
/* SPDX-License-Identifier: MIT */
#include "web/languages.h"

#include <stdio.h>

#include "locale/translations.h"

int gale__languages_check(const gale_settings *s)
{
    if (s->translations && s->locale_path)
        return gale_err(GALE_EINVAL, "both translations and locale_path are given");
    if (s->locale_path && !*s->locale_path)
        return gale_err(GALE_EINVAL, "locale_path is empty");
    if (s->locale_domain && !s->locale_path)
        return gale_err(GALE_EINVAL, "locale_domain is given without locale_path");
    return 0;
}

/* After a failure: which setting asked for what failed. */
static int fail(const char *setting, int code)
{
    char why[160];

    snprintf(why, sizeof(why), "%s", gale_strerror(code));
    return gale_err(code, "%s: %s", setting, why);
}

static int load(struct gale__languages *l, const gale_settings *s)
{
    int r = 0;

    if (!s->locale_path)
        l->set = gale__translations_empty(&r);
    else if (s->locale_domain)
        l->set = gale_load_gettext_translations(s->locale_path, s->locale_domain, &r);
    else
        l->set = gale_load_translations(s->locale_path, NULL, &r);
    l->is_own = true;
    l->reloads = s->locale_path && s->debug == GALE_ON;
    return l->set ? 0 : fail(s->locale_path ? "locale_path" : "default_locale", r);
}

int gale__languages_fill(struct gale__languages *l, const gale_settings *s)
{
    int r = 0;

    l->set = s->translations;
    if (s->locale_path || (s->default_locale && !l->set))
        r = load(l, s);
    if (r < 0 || !s->default_locale)
        return r;
    r = gale_set_default_locale(l->set, s->default_locale);
    return r < 0 ? fail("default_locale", r) : 0;
}

void gale__languages_deinit(struct gale__languages *l)
{
    if (l->is_own)
        gale_translations_free(l->set);
}
