/* request_body.c - what the body's coding leaves on a request: trailers, a consumed encoding. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "http/request.h"

size_t gale__request_count(const gale_request *request, unsigned id)
{
    size_t n = 0;

    for (size_t i = 0; i < request->priv->n_headers; i++)
        n += request->priv->headers[i].id == id;
    return n;
}

int gale__request_decoded(struct gale__exchange *x, size_t head_len)
{
    static const char name[] = "X-Consumed-Content-Encoding";
    struct gale_request_private *p = &x->priv;
    size_t fields_size = sizeof(p->headers[0]) * p->n_headers;
    struct gale__http1_header *fields = gale__arena_alloc(&x->arena, fields_size);
    char *head = gale__arena_alloc(&x->arena, head_len + sizeof(name));

    if (!fields || !head)
        return -ENOMEM;
    memcpy(fields, p->headers, fields_size);
    memcpy(head, p->head, head_len);
    memcpy(head + head_len, name, sizeof(name));
    for (size_t i = 0; i < p->n_headers; i++) {
        if (fields[i].id != GALE__HEADER_CONTENT_ENCODING)
            continue;
        fields[i].id = GALE__HEADER_UNKNOWN;
        fields[i].name_off = (uint32_t)head_len;
        fields[i].name_len = sizeof(name) - 1;
    }
    p->headers = fields;
    p->head = head;
    p->known_present &= ~(UINT64_C(1) << GALE__HEADER_CONTENT_ENCODING);
    return 0;
}

/* Takes a line "Name: value" CRLF off text; the decoder has checked its bytes. */
static bool next_line(gale_str *text, gale_str *name, gale_str *value)
{
    const char *end = text->len ? memchr(text->ptr, '\n', text->len) : NULL;
    const char *colon = end ? memchr(text->ptr, ':', (size_t)(end - text->ptr)) : NULL;
    const char *last;

    if (!colon)
        return false;
    *name = (gale_str){ text->ptr, (size_t)(colon - text->ptr) };
    for (last = end - 1; last > colon + 1 && (last[-1] == ' ' || last[-1] == '\t'); last--)
        ;
    for (colon++; colon < last && (*colon == ' ' || *colon == '\t'); colon++)
        ;
    *value = (gale_str){ colon, (size_t)(last - colon) };
    text->len -= (size_t)(end + 1 - text->ptr);
    text->ptr = end + 1;
    return true;
}

const char *gale_request_trailer(const gale_request *request, const char *name)
{
    struct gale_request_private *p = request->priv;
    gale_str rest = p->trailers, field, value;
    size_t len = strlen(name), total = 0;
    char *text = NULL;

    while (next_line(&rest, &field, &value)) {
        if (field.len != len || strncasecmp(field.ptr, name, len) != 0)
            continue;
        if (!text) /* no longer than all of them: two ": CRLF" pay for a ", " */
            text = gale__arena_alloc(&p->exchange->arena, p->trailers.len);
        if (!text)
            return NULL;
        if (total) {
            memcpy(text + total, ", ", 2);
            total += 2;
        }
        memcpy(text + total, value.ptr, value.len);
        total += value.len;
        text[total] = 0;
    }
    return text;
}
