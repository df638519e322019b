/* form_stream.c - bodies and parts of forms as they come. See form.h. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/str.h"
#include "web/files.h"
#include "web/form.h"

enum {
    MAX_PARTS = 100,
    MAX_PART_HEAD = 10 * 1024,
    BATCH = 256 * 1024, /* written to a file at once */
};

static void end_forms(void *arg)
{
    struct gale__forms *forms = arg;

    gale__buf_deinit(&forms->gather);
    if (forms->is_open)
        gale__multipart_deinit(&forms->parser);
    if (forms->spool >= 0)
        close(forms->spool);
}

struct gale__forms *gale__forms(gale_handler *self)
{
    struct gale__handler_more *more = gale__handler_more(self);
    struct gale__forms *forms;

    if (!more || more->forms)
        return more ? more->forms : NULL;
    forms = gale__arena_zalloc(&self->x->arena, sizeof(*forms));
    if (!forms || gale__arena_defer(&self->x->arena, end_forms, forms) < 0) {
        gale__handler_failed(self, -ENOMEM);
        return NULL;
    }
    forms->end = &forms->files;
    forms->spool = -1;
    more->forms = forms;
    return forms;
}

static bool is_streaming(const gale_handler *self)
{
    return self->cls->hooks.stream_request_body == GALE_ON;
}

int gale_read_body(gale_handler *self, gale_str *out)
{
    struct gale__forms *forms = gale__forms(self);
    struct gale__exchange *x = self->x;
    bool is_first;

    if (!forms)
        return -ENOMEM;
    is_first = !forms->was_read;
    forms->was_read = true;
    if (x->streaming)
        return x->ops->read(x, out);
    /* The carrier holds all of it. */
    *out = is_first && x->request.body.len ? x->request.body : GALE__STR("");
    return out->len > 0;
}

/* Whether limits can still be set: 1; 0: there is no body. */
static int check_limit(gale_handler *self, const char *what)
{
    if (!self->x->streaming && is_streaming(self))
        return 0;
    if (!self->x->streaming || (self->more && self->more->forms && self->more->forms->was_read))
        return gale_err(GALE_ESTATE, "%s: the body has been read from", what);
    return 1;
}

int gale_set_max_body_size(gale_handler *self, int64_t bytes)
{
    int r = check_limit(self, "gale_set_max_body_size");

    if (bytes == 0 || bytes < GALE_UNLIMITED)
        return gale_err(GALE_EINVAL, "gale_set_max_body_size: %lld bytes", (long long)bytes);
    return r > 0 ? self->x->ops->limit(self->x, bytes, 0) : r;
}

int gale_set_body_timeout(gale_handler *self, double seconds)
{
    int r = check_limit(self, "gale_set_body_timeout");

    if (!(seconds > 0) && seconds != (double)GALE_UNLIMITED)
        return gale_err(GALE_EINVAL, "gale_set_body_timeout: %g seconds", seconds);
    return r > 0 ? self->x->ops->limit(self->x, 0, seconds) : r;
}

int gale__form_open(gale_handler *self, struct gale__forms *forms)
{
    gale_str type = gale__request_field(&self->x->request, GALE__HEADER_CONTENT_TYPE);
    gale_str boundary = { NULL, 0 };
    const gale_limits *limits = &self->route->limits;
    int64_t max_head = gale__limit(limits->max_part_head, MAX_PART_HEAD);
    char *buffer;
    int r;

    if (forms->is_open)
        return 0;
    buffer = gale_alloc(self, type.len);
    if (!buffer)
        return -ENOMEM;
    r = gale__multipart_boundary(type, buffer, &boundary);
    if (r < 0)
        return gale__handler_refuse(self, "%s", gale_strerror(r));
    if (r == 0)
        return gale_fail(self, 415, "the body is no multipart/form-data");
    r = gale__form_check_fields(self);
    if (r < 0)
        return r;
    gale__multipart_init(&forms->parser, boundary, gale__limit(limits->max_parts, MAX_PARTS),
                         max_head < INT32_MAX ? (size_t)max_head : INT32_MAX);
    forms->is_open = true;
    return 0;
}

static int refuse(gale_handler *self, int code)
{
    return code == -ENOMEM ? code : gale__handler_refuse(self, "%s", gale_strerror(code));
}

int gale__form_event(gale_handler *self, struct gale__forms *forms, gale_str *data)
{
    for (;;) {
        const char *p = forms->input.ptr, *end = p + forms->input.len;
        int r = gale__multipart_next(&forms->parser, &p, end, data);

        forms->input = (gale_str){ p, (size_t)(end - p) };
        if (r < 0)
            return refuse(self, r);
        if (r != GALE__MULTIPART_MORE && r != GALE__MULTIPART_END)
            return r;
        r = gale_read_body(self, &forms->input);
        if (r == 0) {
            r = gale__multipart_finish(&forms->parser);
            return r < 0 ? refuse(self, r) : GALE__MULTIPART_END;
        }
        if (r < 0)
            return r;
    }
}

/* The form that parts are asked of. */
static int begin_parts(gale_handler *self, struct gale__forms **out)
{
    struct gale__forms *forms = gale__forms(self);

    if (!forms)
        return -ENOMEM;
    *out = forms;
    if (forms->is_taken)
        return gale_err(GALE_ESTATE,
                        "the form has been taken as a whole: its class does not stream");
    if (!forms->is_open && forms->was_read)
        return gale_err(GALE_ESTATE, "the form's body has been read from");
    return gale__form_open(self, forms);
}

int gale_next_part(gale_handler *self, const gale_part **out)
{
    const struct gale__multipart_part *part;
    struct gale__forms *forms;
    gale_str data;
    int r = begin_parts(self, &forms);

    while (r >= 0 && forms->in_part) {
        r = gale__form_event(self, forms, &data);
        forms->in_part = r < 0 || r == GALE__MULTIPART_DATA;
    }
    if (r < 0)
        return r;
    r = gale__form_event(self, forms, &data);
    if (r != GALE__MULTIPART_PART)
        return r < 0 ? r : 0;
    part = &forms->parser.part;
    forms->part = (gale_part){ .name = part->name.ptr,
                               .filename = part->filename.ptr,
                               .content_type = part->content_type.ptr };
    forms->in_part = true;
    *out = &forms->part;
    return 1;
}

int gale_read_part(gale_handler *self, gale_str *out)
{
    struct gale__forms *forms = self->more ? self->more->forms : NULL;
    int r;

    *out = (gale_str){ "", 0 };
    if (!forms || !forms->part.name)
        return gale_err(GALE_ESTATE, "gale_read_part before gale_next_part");
    if (!forms->in_part)
        return 0;
    r = gale__form_event(self, forms, out);
    if (r < 0)
        return r;
    forms->in_part = r == GALE__MULTIPART_DATA;
    return forms->in_part;
}

int gale_read_part_text(gale_handler *self, size_t max, const char **out)
{
    struct gale__forms *forms = self->more ? self->more->forms : NULL;
    gale_str piece;
    char *text;
    int r;

    if (forms) {
        gale__buf_reset(&forms->gather);
        forms->gather.max = max;
    }
    while ((r = gale_read_part(self, &piece)) > 0) {
        r = gale__buf_append_str(&forms->gather, piece);
        if (r < 0)
            return r == GALE_ETOOBIG ? gale__form_too_large(self, forms->part.name) : r;
    }
    if (r < 0)
        return r;
    text = gale__arena_strndup(&self->x->arena, forms->gather.len ? forms->gather.ptr : "",
                               forms->gather.len);
    if (!text)
        return -ENOMEM;
    return gale__handler_text(self, text, forms->gather.len, true, forms->part.name, out);
}

/* The rest of the part, to a file that is made. */
static int64_t save_rest(gale_handler *self, struct gale__buf *batch, struct gale__saver *saver)
{
    gale_str piece;
    int r;

    while ((r = gale_read_part(self, &piece)) > 0) {
        r = gale__buf_append_str(batch, piece);
        if (r >= 0 && batch->len >= BATCH) {
            r = gale__saver_write(saver, gale__buf_str(batch));
            gale__buf_reset(batch);
        }
        if (r < 0)
            return r;
    }
    if (r >= 0)
        r = gale__saver_write(saver, gale__buf_str(batch));
    if (r >= 0)
        r = gale__saver_finish(saver);
    return r < 0 ? r : saver->size;
}

int64_t gale_save_part(gale_handler *self, const char *path)
{
    struct gale__forms *forms = self->more ? self->more->forms : NULL;
    struct gale__saver saver;
    int64_t r;

    if (!forms || !forms->part.name)
        return gale_err(GALE_ESTATE, "gale_save_part before gale_next_part");
    r = gale__saver_begin(&saver, self->x->loop, path);
    if (r < 0)
        return r;
    gale__buf_reset(&forms->gather);
    forms->gather.max = SIZE_MAX / 2;
    r = save_rest(self, &forms->gather, &saver);
    gale__buf_deinit(&forms->gather);
    gale__saver_end(&saver);
    return r;
}
