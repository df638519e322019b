/* etag.c - Etags of answers and If-None-Match. See etag.h. */
/* SPDX-License-Identifier: MIT */
#include "web/etag.h"

#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/str.h"

/* An entity tag (RFC 9110 8.8.3): W/ or not, and etagc bytes in quotes. */
static bool is_entity_tag(const char *tag)
{
    if (tag[0] == 'W' && tag[1] == '/')
        tag += 2;
    if (*tag++ != '"')
        return false;
    for (; *tag && *tag != '"'; tag++) {
        unsigned char c = (unsigned char)*tag;

        if (c <= 0x20 || c == 0x7f)
            return false;
    }
    return tag[0] == '"' && !tag[1];
}

static int check(gale_handler *self, const char *tag)
{
    if (is_entity_tag(tag))
        return 0;
    return gale__handler_failed(
        self, gale_err(GALE_EINVAL, "compute_etag: no Etag in its quotes: %s", tag));
}

int gale__etag_own(gale_handler *self, gale_str content, gale_str *out)
{
    const char *tag = self->cls->hooks.compute_etag(self, content);

    *out = gale__str(tag);
    return tag ? check(self, tag) : 0;
}

/* Stores tag where the carrier takes it from, or as a header when it is too long for that. */
static gale_str keep(gale_handler *self, const char *tag)
{
    size_t len = strlen(tag);

    if (check(self, tag) < 0)
        return (gale_str){ NULL, 0 };
    if (len <= sizeof(self->etag)) {
        memcpy(self->etag, tag, len);
        self->etag_len = (uint8_t)len;
    } else {
        gale_set_header(self, "Etag", tag);
    }
    return (gale_str){ tag, len };
}

static gale_str compute(gale_handler *self)
{
    gale_str body = { self->body, self->body_len };

    if (self->cls->hooks.compute_etag) {
        const char *tag = self->cls->hooks.compute_etag(self, body);

        return tag ? keep(self, tag) : (gale_str){ NULL, 0 };
    }
    self->etag[0] = '"';
    gale__hash_hex(gale__hash(body.ptr, body.len), self->etag + 1);
    self->etag[1 + GALE__HASH_HEX] = '"';
    self->etag_len = GALE__HASH_HEX + 2;
    return (gale_str){ self->etag, self->etag_len };
}

static gale_str without_weak_mark(gale_str tag)
{
    return tag.len > 1 && tag.ptr[0] == 'W' && tag.ptr[1] == '/' ? gale__str_skip(tag, 2) : tag;
}

bool gale__etag_in_list(gale_str etag, gale_str list)
{
    etag = without_weak_mark(etag);
    list = gale__str_trim(list);
    if (list.len && list.ptr[0] == '*')
        return true;
    /* A tag may hold commas, so the list is walked by its quotes; what is unquoted is skipped. */
    while (list.len) {
        gale_str rest = gale__str_skip(list, gale__str_find(list, '"'));
        size_t end = 1 + gale__str_find(gale__str_skip(rest, 1), '"');

        if (end >= rest.len)
            return false;
        if (gale__str_equal(etag, gale__str_head(rest, end + 1)))
            return true;
        list = gale__str_skip(rest, end + 1);
    }
    return false;
}

/* Strong comparison (RFC 9110 8.8.3.2) with the tags of an If-Match field. */
static bool is_in_strong_list(gale_str etag, gale_str list)
{
    list = gale__str_trim(list);
    if (list.len && list.ptr[0] == '*')
        return true;
    while (list.len) {
        size_t quote = gale__str_find(list, '"');
        gale_str rest = gale__str_skip(list, quote);
        size_t end = 1 + gale__str_find(gale__str_skip(rest, 1), '"');

        if (end >= rest.len)
            return false;
        if (gale__str_equal(etag, gale__str_head(rest, end + 1)) &&
            !(quote > 1 && list.ptr[quote - 1] == '/' && list.ptr[quote - 2] == 'W'))
            return true;
        list = gale__str_skip(rest, end + 1);
    }
    return false;
}

static bool has_field(const gale_handler *self, unsigned id)
{
    return self->x->priv.known_present >> id & 1;
}

int gale__etag_check(gale_handler *self)
{
    const gale_request *request = &self->x->request;
    const struct gale__field *field = NULL;
    gale_str tag;

    if (self->headers.fields)
        field = gale__headers_find(&self->headers, GALE__HEADER_ETAG);
    tag = field ? field->value : compute(self);
    if (!tag.len)
        return 0;
    if (GALE_UNLIKELY(has_field(self, GALE__HEADER_IF_MATCH)) &&
        !is_in_strong_list(tag, gale__str(gale_request_header(request, "If-Match"))))
        return gale_fail(self, 412, NULL);
    if (!has_field(self, GALE__HEADER_IF_NONE_MATCH))
        return 0;
    return gale__etag_in_list(tag, gale__str(gale_request_header(request, "If-None-Match")));
}
