/* form.c - multipart forms taken before the handler runs. See form.h.
 *
 * Memory is bounded: fields together by FIELDS_MAX, files by limits.max_memory_file each, beyond
 * which they go to one unnamed temporary file, a batch at a time on a thread of the pool: a request
 * holds one descriptor, however many files it brings.
 */
/* SPDX-License-Identifier: MIT */
#include "web/form.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/str.h"
#include "http/request.h"
#include "web/files.h"

enum {
    MEMORY_FILE = 64 * 1024, /* limits.max_memory_file by default */
    FIELDS_MAX = 10 << 20,   /* bytes of all fields together */
    BATCH = 128 * 1024,      /* written to a file at once */
};

enum gale__form_kind gale__form_kind(const gale_request *request)
{
    gale_str type = gale__request_field(request, GALE__HEADER_CONTENT_TYPE);

    type = gale__str_trim(gale__str_head(type, gale__str_find(type, ';')));
    if (gale__str_equal_nocase(type, GALE__STR("application/x-www-form-urlencoded")))
        return GALE__FORM_URLENCODED;
    return gale__str_equal_nocase(type, GALE__STR("multipart/form-data")) ? GALE__FORM_MULTIPART
                                                                          : GALE__FORM_NONE;
}

int gale__form_check_fields(gale_handler *self)
{
    const gale_request *request = &self->x->request;

    if (gale__request_field(request, GALE__HEADER_CONTENT_ENCODING).len)
        return gale__handler_refuse(self, "Unsupported Content-Encoding");
    if (gale__request_count(request, GALE__HEADER_CONTENT_TYPE) > 1)
        return gale__handler_refuse(self, "Content-Type twice");
    return 0;
}

bool gale__form_wants_stream(const struct gale__exchange *x, const gale_limits *limits)
{
    int64_t max = gale__limit(limits->max_memory_file, MEMORY_FILE);
    uint64_t size;

    if (max == INT64_MAX || gale__form_kind(&x->request) != GALE__FORM_MULTIPART)
        return false;
    /* In chunks, and of what is decoded, nobody knows how much is to come. */
    return x->decoded ||
           !gale__str_to_uint64(gale__request_field(&x->request, GALE__HEADER_CONTENT_LENGTH),
                                &size) ||
           size > (uint64_t)max;
}

int gale__form_read(gale_handler *self)
{
    /* Middleware may have asked already. */
    if (self->failed || (self->arguments && !self->x->streaming))
        return self->failed;
    if (gale__form_kind(&self->x->request) != GALE__FORM_MULTIPART)
        return 0;
    return gale__arguments_parse(self, true);
}

int gale__form_too_large(gale_handler *self, const char *name)
{
    const char *text = gale_printf_alloc(self, "Argument %s is too large", name);
    int r = gale_fail(self, 413, text ? "%s" : NULL, text);

    self->told = text;
    return r;
}

/* The present part as a field. */
static int take_field(gale_handler *self, struct gale__forms *forms, struct gale__arguments *all)
{
    const struct gale__multipart_part *part = &forms->parser.part;
    gale_str name = { NULL, part->name.len }, value, data;
    int r;

    name.ptr = gale__arena_strndup(&self->x->arena, part->name.ptr, part->name.len);
    gale__buf_reset(&forms->gather);
    forms->gather.max = FIELDS_MAX - forms->field_bytes;
    while ((r = gale__form_event(self, forms, &data)) == GALE__MULTIPART_DATA) {
        r = gale__buf_append_str(&forms->gather, data);
        if (r < 0)
            return r == GALE_ETOOBIG && name.ptr ? gale__form_too_large(self, name.ptr) : -ENOMEM;
    }
    if (r < 0)
        return r;
    value.len = forms->gather.len;
    value.ptr = gale__arena_strndup(&self->x->arena, value.len ? forms->gather.ptr : "", value.len);
    if (!name.ptr || !value.ptr)
        return -ENOMEM;
    forms->field_bytes += value.len;
    return gale__arguments_add(self, all, name, value);
}

static const char *copy(gale_handler *self, gale_str s, const char *fallback)
{
    return s.ptr ? gale__arena_strndup(&self->x->arena, s.ptr, s.len) : fallback;
}

static gale_file *add_file(gale_handler *self, struct gale__forms *forms)
{
    const struct gale__multipart_part *part = &forms->parser.part;
    struct gale__form_file *entry = gale_alloc(self, sizeof(*entry));
    gale_file *file;

    if (!entry)
        return NULL;
    *entry = (struct gale__form_file){ .file.fd = -1 };
    file = &entry->file;
    file->name = copy(self, part->name, NULL);
    file->filename = copy(self, part->filename, NULL);
    file->content_type = copy(self, part->content_type, "application/unknown");
    if (!file->name || !file->filename || !file->content_type)
        return NULL;
    *forms->end = entry;
    forms->end = &entry->next;
    return file;
}

/* What was gathered goes to the temporary file, behind the files before. */
static int spill(gale_handler *self, struct gale__forms *forms, gale_file *file)
{
    int r = gale__spool_write(self->x->loop, &forms->spool, forms->spooled + file->size,
                              gale__buf_str(&forms->gather));

    file->fd = forms->spool;
    file->offset = forms->spooled;
    file->size += (int64_t)forms->gather.len;
    gale__buf_reset(&forms->gather);
    return r;
}

static int keep(gale_handler *self, struct gale__forms *forms, gale_file *file)
{
    size_t len = forms->gather.len;
    char *text = gale__arena_strndup(&self->x->arena, len ? forms->gather.ptr : "", len);

    if (!text)
        return -ENOMEM;
    file->body = (gale_str){ text, len };
    file->size = (int64_t)len;
    return 0;
}

/* The present part as a file. */
static int take_file(gale_handler *self, struct gale__forms *forms)
{
    int64_t in_memory = gale__limit(self->route->limits.max_memory_file, MEMORY_FILE);
    bool may_spill = self->x->streaming; /* else all of it is in memory anyway */
    gale_file *file = add_file(self, forms);
    gale_str data;
    int r;

    if (!file)
        return -ENOMEM;
    gale__buf_reset(&forms->gather);
    forms->gather.max = SIZE_MAX / 2;
    while ((r = gale__form_event(self, forms, &data)) == GALE__MULTIPART_DATA) {
        int64_t limit = file->fd >= 0 ? BATCH : in_memory;

        r = gale__buf_append_str(&forms->gather, data);
        if (r >= 0 && may_spill && (int64_t)forms->gather.len > limit)
            r = spill(self, forms, file);
        if (r < 0)
            return r;
    }
    if (r < 0)
        return r;
    if (file->fd < 0)
        return keep(self, forms, file);
    r = spill(self, forms, file);
    forms->spooled += file->size;
    return r;
}

int gale__form_take(gale_handler *self, struct gale__arguments *all)
{
    struct gale__forms *forms = gale__forms(self);
    gale_str data;
    int r;

    if (!forms)
        return -ENOMEM;
    if (forms->is_taken)
        return forms->error; /* asked again after a failure */
    if (forms->was_read)
        return gale_err(GALE_ESTATE, "the form's body has been read from");
    r = gale__form_open(self, forms);
    forms->is_taken = true;
    while (r >= 0) {
        r = gale__form_event(self, forms, &data);
        if (r == GALE__MULTIPART_END)
            break;
        if (r >= 0)
            r = forms->parser.part.filename.ptr ? take_file(self, forms)
                                                : take_field(self, forms, all);
    }
    gale__buf_deinit(&forms->gather);
    forms->error = r < 0 ? r : 0;
    return forms->error;
}

const gale_file *gale_get_file(gale_handler *self, const char *name, size_t i)
{
    int r = self->arguments ? 0 : gale__arguments_parse(self, false);
    const struct gale__form_file *entry;

    if (r < 0) {
        gale__handler_failed(self, r);
        return NULL;
    }
    entry = self->more && self->more->forms ? self->more->forms->files : NULL;
    for (; entry; entry = entry->next)
        if ((!name || strcmp(entry->file.name, name) == 0) && i-- == 0)
            return &entry->file;
    return NULL;
}
