/* fastcgi.c - records of FastCGI 1.0. See fastcgi.h. */
/* SPDX-License-Identifier: MIT */
#include "proto/fastcgi.h"

#include <string.h>

enum { IN_HEADER, IN_CONTENT, IN_PADDING };

static unsigned get_16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

/* Bytes of the header; -1 when its first one is no version of ours. */
static int take_header(struct gale__fastcgi_decoder *d, const char **p, const char *end)
{
    size_t want = GALE__FASTCGI_HEADER_LEN - d->n_header, n = (size_t)(end - *p);

    if (n > want)
        n = want;
    memcpy(d->header + d->n_header, *p, n);
    *p += n;
    d->n_header = (uint8_t)(d->n_header + n);
    if (d->header[0] != GALE__FASTCGI_VERSION)
        return -1;
    if (d->n_header < GALE__FASTCGI_HEADER_LEN)
        return GALE__FASTCGI_MORE;
    d->type = d->header[1];
    d->id = (uint16_t)get_16(d->header + 2);
    d->length = d->left = (uint16_t)get_16(d->header + 4);
    d->padding = d->header[6];
    d->n_header = 0;
    d->state = IN_CONTENT;
    return GALE__FASTCGI_RECORD;
}

static int take_content(struct gale__fastcgi_decoder *d, const char **p, const char *end,
                        gale_str *piece)
{
    size_t n = (size_t)(end - *p);

    if (!d->left) {
        d->state = d->padding ? IN_PADDING : IN_HEADER;
        return GALE__FASTCGI_RECORD_ENDED;
    }
    if (n > d->left)
        n = d->left;
    if (!n)
        return GALE__FASTCGI_MORE;
    *piece = (gale_str){ *p, n };
    *p += n;
    d->left = (uint16_t)(d->left - n);
    return GALE__FASTCGI_PIECE;
}

static void skip_padding(struct gale__fastcgi_decoder *d, const char **p, const char *end)
{
    size_t n = (size_t)(end - *p);

    if (n > d->padding)
        n = d->padding;
    *p += n;
    d->padding = (uint8_t)(d->padding - n);
    if (!d->padding)
        d->state = IN_HEADER;
}

int gale__fastcgi_next(struct gale__fastcgi_decoder *d, const char **p, const char *end,
                       gale_str *piece)
{
    if (d->state == IN_PADDING)
        skip_padding(d, p, end);
    if (d->state == IN_CONTENT)
        return take_content(d, p, end, piece);
    if (*p == end)
        return GALE__FASTCGI_MORE;
    return take_header(d, p, end);
}

void gale__fastcgi_untake(struct gale__fastcgi_decoder *d, const char **p, size_t n)
{
    *p -= n;
    d->left = (uint16_t)(d->left + n);
}

/* A length: one byte, or four of which the first has its highest bit set. */
static int take_length(const char **p, const char *end, size_t *out)
{
    const uint8_t *b = (const uint8_t *)*p;

    if (*p == end)
        return -1;
    if (b[0] < 0x80) {
        *out = b[0];
        *p += 1;
        return 0;
    }
    if (end - *p < 4)
        return -1;
    *out = ((size_t)b[0] & 0x7f) << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
    *p += 4;
    return 0;
}

int gale__fastcgi_pair(const char **p, const char *end, gale_str *name, gale_str *value)
{
    size_t n_name, n_value;

    if (*p == end)
        return 0;
    if (take_length(p, end, &n_name) < 0 || take_length(p, end, &n_value) < 0)
        return -1;
    if (n_name > (size_t)(end - *p) || n_value > (size_t)(end - *p) - n_name)
        return -1;
    *name = (gale_str){ *p, n_name };
    *value = (gale_str){ *p + n_name, n_value };
    *p += n_name + n_value;
    return 1;
}

char *gale__fastcgi_put_header(char *p, unsigned type, uint16_t id, size_t length, size_t padding)
{
    const uint8_t header[GALE__FASTCGI_HEADER_LEN] = {
        GALE__FASTCGI_VERSION,  (uint8_t)type,   (uint8_t)(id >> 8), (uint8_t)id,
        (uint8_t)(length >> 8), (uint8_t)length, (uint8_t)padding,
    };

    return (char *)memcpy(p, header, sizeof(header)) + sizeof(header);
}

char *gale__fastcgi_put_end_request(char *p, uint16_t id, uint32_t app_status,
                                    unsigned protocol_status)
{
    const uint8_t content[8] = { (uint8_t)(app_status >> 24), (uint8_t)(app_status >> 16),
                                 (uint8_t)(app_status >> 8), (uint8_t)app_status,
                                 (uint8_t)protocol_status };

    p = gale__fastcgi_put_header(p, GALE__FASTCGI_END_REQUEST, id, sizeof(content), 0);
    return (char *)memcpy(p, content, sizeof(content)) + sizeof(content);
}

char *gale__fastcgi_put_pair(char *p, gale_str name, gale_str value)
{
    *p++ = (char)name.len;
    *p++ = (char)value.len;
    p = (char *)memcpy(p, name.ptr, name.len) + name.len;
    return (char *)memcpy(p, value.ptr, value.len) + value.len;
}
