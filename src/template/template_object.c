/* template_object.c - gale_template: made, rendered, given up; and the output it is rendered to. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include <gale/json.h>
#include <gale/template.h>

#include "base/str.h"
#include "template/loader.h"
#include "template/rendering.h"

int gale_template_write(gale_template_out *out, const void *data, size_t size)
{
    if (size > out->cap - out->len) {
        int code = out->grow(out, size);

        if (code < 0)
            return code;
    }
    if (size)
        memcpy(out->data + out->len, data, size);
    out->len += size;
    return 0;
}

static __attribute__((noinline)) gale_template *new_untold(gale_str text, const char *name,
                                                           gale_loader *loader,
                                                           const gale_template_options *options)
{
    gale_template_error error;

    return gale_template_new(text, name, loader, options, &error);
}

gale_template *gale_template_new(gale_str text, const char *name, gale_loader *loader,
                                 const gale_template_options *options, gale_template_error *error)
{
    static const gale_template_options defaults;
    gale_template *t;
    int r;

    if (!error)
        return new_untold(text, name, loader, options);
    if (!options)
        options = loader ? &loader->options : &defaults;
    r = gale__template_check_options(options);
    if (r < 0) {
        gale__template_fail(error, r, name ? name : "<string>", "%s", gale_strerror(r));
        return NULL;
    }
    if (gale__template_make(text, name ? name : "<string>", loader, options, &t, error) < 0)
        return NULL;
    return t;
}

void gale_template_unref(gale_template *t)
{
    struct gale__arena arena;

    if (!t || __atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    arena = t->arena; /* which holds the struct */
    gale__arena_reset(&arena);
}

const char *gale_template_name(const gale_template *t)
{
    return t->name;
}

int gale_template_render(gale_template *t, const gale_namespace *names, gale_template_out *out,
                         gale_template_error *error)
{
    int code;

    /* A function it calls may wait, and a loader forget the template meanwhile. */
    __atomic_add_fetch(&t->refs, 1, __ATOMIC_RELAXED);
    code = gale__render(t->program, &t->options, names, out, error);
    gale_template_unref(t);
    return code;
}

char *gale_template_generate(gale_template *t, struct json_t *values, size_t *len,
                             gale_template_error *error)
{
    gale_namespace names = { .values = values };
    gale_template_out out;
    char *text = NULL;
    int code;

    gale__heap_out_init(&out);
    if (values && !json_is_object(values))
        code = gale__template_fail(error, GALE_EINVAL, t->name, "the values are no JSON object");
    else
        code = gale_template_render(t, &names, &out, error);
    json_decref(values);
    if (code >= 0) {
        text = gale__heap_out_take(&out, len);
        if (!text)
            gale__template_fail(error, -ENOMEM, t->name, "out of memory");
    } else if (len) {
        *len = 0;
    }
    gale__heap_out_free(&out);
    return text;
}
