/* transform.c - runs an answer through the transforms that want it. See transform.h.
 *
 * Each has its state in the request's arena and an output buffer on the heap; one transform's
 * output is the next one's input. One that fails is not asked again about the error page.
 */
/* SPDX-License-Identifier: MIT */
#include "web/transform.h"

#include <errno.h>

struct active {
    const gale_transform *transform;
    void *state;
    struct gale_transform_out out;
};

struct gale__transforms {
    size_t n;
    struct active active[];
};

int gale_transform_put(struct gale_transform_out *out, const void *data, size_t size)
{
    return gale__buf_append(&out->buf, data, size);
}

static void end_all(void *arg)
{
    struct gale__transforms *t = arg;

    while (t->n > 0) {
        struct active *a = &t->active[--t->n];

        if (a->transform->end)
            a->transform->end(a->state);
        gale__buf_deinit(&a->out.buf);
    }
}

static struct gale__transforms *make(gale_handler *self)
{
    const gale_transform *const *list = self->route->app->settings.transforms;
    struct gale__handler_more *more = gale__handler_more(self);
    struct gale__transforms *t;
    size_t n = 1; /* compression */

    while (list && *list++)
        n++;
    t = more ? gale__arena_zalloc(&self->x->arena, sizeof(*t) + n * sizeof(t->active[0])) : NULL;
    if (!t || gale__arena_defer(&self->x->arena, end_all, t) < 0)
        return NULL;
    return t;
}

static int write_one(gale_handler *self, struct active *a, gale_str *body, bool flush, bool last)
{
    int r;

    gale__buf_reset(&a->out.buf);
    r = a->transform->write(self, a->state, *body, flush, last, &a->out);
    if (r >= 0)
        r = a->out.buf.error;
    *body = gale__buf_str(&a->out.buf);
    return r < 0 ? r : 0;
}

static int begin_one(gale_handler *self, struct gale__transforms *t,
                     const gale_transform *transform, gale_str *body, bool last)
{
    struct active *a = &t->active[t->n];
    int r;

    a->transform = transform;
    a->state = gale__arena_zalloc(&self->x->arena, transform->state_size);
    if (!a->state)
        return -ENOMEM;
    gale__buf_init(&a->out.buf, SIZE_MAX / 8);
    t->n++; /* its end is called from now on */
    r = transform->begin(self, a->state, *body, last);
    if (r > 0)
        return write_one(self, a, body, !last, last);
    t->n--;
    if (transform->end)
        transform->end(a->state);
    return r;
}

static int begin_all(gale_handler *self, struct gale__transforms *t, gale_str *body, bool last)
{
    const gale_transform *const *list = self->route->app->settings.transforms;
    int r = 0;

    for (; list && *list && r >= 0; list++)
        r = begin_one(self, t, *list, body, last);
    if (r >= 0 && gale__compress_is_on(self))
        r = begin_one(self, t, &gale__compress_transform, body, last);
    return r;
}

int gale__transforms_begin(gale_handler *self, gale_str *body, bool last)
{
    struct gale__transforms *t = make(self);
    int r = t ? begin_all(self, t, body, last) : -ENOMEM;

    if (r < 0) {
        self->untransformed = true;
        if (t)
            end_all(t);
        return gale__handler_failed(self, r);
    }
    if (!t->n)
        return 0;
    self->more->transforms = t;
    return 1;
}

int gale__transforms_write(gale_handler *self, gale_str *body, bool flush, bool last)
{
    struct gale__transforms *t = self->more->transforms;
    int r = 0;

    for (size_t i = 0; i < t->n && r >= 0; i++)
        r = write_one(self, &t->active[i], body, flush, last);
    return r;
}
