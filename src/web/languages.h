/* languages.h - an application's translations, by its settings; private to src/web. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_LANGUAGES_H
#define GALE_WEB_LANGUAGES_H

#include <gale/web.h>

struct gale__languages {
    gale_translations *set; /* NULL: none */
    bool is_own;            /* made for the application, else borrowed */
    bool reloads;           /* looked after at each request: debug */
};

/* What the settings say of languages can be used: 0, or GALE_EINVAL. */
int gale__languages_check(const gale_settings *settings) GALE_MUST_USE;

/* Of a new application whose settings are in effect. Failures tell which setting is unusable. */
int gale__languages_fill(struct gale__languages *l, const gale_settings *settings) GALE_MUST_USE;
void gale__languages_deinit(struct gale__languages *l);

#endif
