/* form.c - see form.h; gale__url_unescape_into() decodes the pieces. */
/* SPDX-License-Identifier: MIT */
#include "proto/form.h"

#include <string.h>

#include <gale/error.h>

void gale__form_init(struct gale__form *form, gale_str text, uint32_t max_fields)
{
    form->p = text.ptr;
    form->end = text.len ? text.ptr + text.len : text.ptr;
    form->left = max_fields;
    form->max = max_fields;
}

static bool is_plain(gale_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '%' || s.ptr[i] == '+')
            return false;
    return true;
}

static void split_field(const char *start, const char *end, struct gale__form_field *field)
{
    const char *equals = memchr(start, '=', (size_t)(end - start));
    const char *value = equals ? equals + 1 : end;

    field->name = (gale_str){ start, (size_t)((equals ? equals : end) - start) };
    field->value = (gale_str){ value, (size_t)(end - value) };
    field->name_plain = is_plain(field->name);
    field->value_plain = is_plain(field->value);
}

int gale__form_next(struct gale__form *form, struct gale__form_field *field)
{
    while (form->p < form->end && *form->p == '&')
        form->p++;
    if (form->p == form->end)
        return 0;
    if (!form->left)
        return gale_err(GALE_ETOOBIG, "more than %u form fields", (unsigned)form->max);
    form->left--;

    const char *start = form->p;
    const char *stop = memchr(start, '&', (size_t)(form->end - start));

    form->p = stop ? stop : form->end;
    split_field(start, form->p, field);
    return 1;
}
