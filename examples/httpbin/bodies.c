/* bodies.c - streams, random bytes, slow answers, encoded ones, pictures. */
/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strcasestr */
#endif
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#ifdef WITH_BROTLI
#include <brotli/encode.h>
#endif

#include "httpbin.h"

enum { MAX_BYTES = 100 * 1024, MAX_DRIP = 10 * 1024 * 1024, CHUNK = 10 * 1024 };

static int count(gale_handler *self, int max)
{
    int64_t n = 0;

    if (gale_path_int(self, "n", &n) < 0 || n > max)
        return max;
    return (int)n;
}

/* --- streams ---------------------------------------------------------------------- */

int view_stream(gale_handler *self)
{
    json_t *all = request_json(self, SHOW_GET);
    int n = count(self, 100), r = 0;

    gale_set_header(self, "Content-Type", "application/json");
    if (n == 0)
        r = gale_flush(self); /* a stream, if of nothing */
    for (int i = 0; i < n && r >= 0; i++) {
        json_object_set_new(all, "id", json_integer(i));
        r = gale_write(self, gale_json_encode(all));
        gale_write(self, "\n");
        if (r >= 0)
            r = gale_flush(self);
    }
    json_decref(all);
    return r;
}

/* The same for the same seed. */
static int random_bytes(gale_handler *self, int n, char **out)
{
    unsigned short state[3] = { 0x330e, 0, 0 };
    long long start = lrand48();
    char *bytes = gale_alloc(self, (size_t)n);
    int r = query_integer(self, "seed", &start);

    memcpy(state + 1, &start, sizeof(state) - sizeof(state[0]));
    for (int i = 0; bytes && i < n; i++)
        bytes[i] = (char)(nrand48(state) >> 11);
    *out = bytes;
    return r < 0 || bytes ? r : -1;
}

int view_bytes(gale_handler *self)
{
    int n = count(self, MAX_BYTES);
    char *bytes;
    int r = random_bytes(self, n, &bytes);

    gale_set_header(self, "Content-Type", "application/octet-stream");
    return r < 0 ? r : gale_write_bytes(self, bytes, (size_t)n);
}

/* In chunks, each after a pause. */
static int send_slowly(gale_handler *self, const char *bytes, size_t n, size_t chunk, double pause)
{
    int r = n ? 0 : gale_flush(self);

    for (size_t i = 0; i < n && r >= 0; i += chunk) {
        size_t part = n - i < chunk ? n - i : chunk;

        if (pause > 0)
            r = gale_sleep(pause * (double)part);
        if (r >= 0)
            r = gale_write_bytes(self, bytes + i, part);
        if (r >= 0)
            r = gale_flush(self);
    }
    return r;
}

static int chunk_size(gale_handler *self, size_t *out)
{
    long long size = CHUNK;
    int r = query_integer(self, "chunk_size", &size);

    *out = size < 1 ? 1 : size < MAX_BYTES ? (size_t)size : MAX_BYTES;
    return r;
}

int view_stream_bytes(gale_handler *self)
{
    int n = count(self, MAX_BYTES);
    char *bytes;
    size_t chunk;
    int r = random_bytes(self, n, &bytes);

    if (r >= 0)
        r = chunk_size(self, &chunk);
    gale_set_header(self, "Content-Type", "application/octet-stream");
    return r < 0 ? r : send_slowly(self, bytes, (size_t)n, chunk, 0);
}

/* The alphabet again and again, or the part of it that is asked for. */
static int send_range(gale_handler *self, int n, gale_range range, size_t chunk, double duration)
{
    size_t len = (size_t)(range.end - range.start);
    char *bytes = gale_alloc(self, len);

    for (size_t i = 0; bytes && i < len; i++)
        bytes[i] = (char)('a' + (range.start + (int64_t)i) % 26);
    gale_set_status(self, len == (size_t)n ? 200 : 206, NULL);
    gale_set_header(self, "Content-Type", "application/octet-stream");
    gale_set_header(self, "Content-Length", gale_printf_alloc(self, "%zu", len));
    gale_set_header(
        self, "Content-Range",
        gale_printf_alloc(self, "bytes %d-%d/%d", (int)range.start, (int)range.end - 1, n));
    return bytes ? send_slowly(self, bytes, len, chunk, duration / n) : -1;
}

int view_range(gale_handler *self)
{
    const char *field = gale_request_header(gale_handler_request(self), "Range");
    gale_range range = { 0, 0 };
    int n = count(self, MAX_BYTES + 1), asked, r;
    double duration = 0;
    size_t chunk;

    r = chunk_size(self, &chunk);
    if (r >= 0)
        r = query_number(self, "duration", &duration);
    if (r < 0)
        return r;
    gale_set_header(self, "Etag", gale_printf_alloc(self, "\"range%d\"", n));
    gale_set_header(self, "Accept-Ranges", "bytes");
    if (n < 1 || n > MAX_BYTES)
        return answer_text(self, 404, "number of bytes must be in the range (0, 102400]");
    asked = field ? gale_parse_range(field, n, &range, 1) : -1;
    if (asked == 0) {
        gale_set_header(self, "Content-Range", gale_printf_alloc(self, "bytes */%d", n));
        return gale_set_status(self, 416, NULL);
    }
    if (asked < 0)
        range.end = n;
    return send_range(self, n, range, chunk, duration);
}

/* --- slow answers ----------------------------------------------------------------- */

static double at_most(double seconds, double max)
{
    return seconds < max ? seconds : max;
}

int view_delay(gale_handler *self)
{
    const char *text = gale_path_argument(self, 0);
    char *end;
    double seconds = strtod(text, &end);
    int r = end == text || *end || strpbrk(text, "xX") || !(seconds >= 0)
                ? gale_fail(self, 400, "no number of seconds")
                : 0;

    if (r >= 0)
        r = gale_sleep(at_most(seconds, 10));
    return r < 0 ? r : gale_write_json(self, request_json(self, SHOW_GET | SHOW_BODY));
}

struct drip {
    double duration, delay;
    long long n, code;
};

static int read_drip(gale_handler *self, struct drip *drip)
{
    int r = query_number(self, "duration", &drip->duration);

    if (r >= 0)
        r = query_number(self, "delay", &drip->delay);
    if (r >= 0)
        r = query_integer(self, "numbytes", &drip->n);
    if (r >= 0)
        r = query_integer(self, "code", &drip->code);
    if (r >= 0 && (drip->code < 200 || drip->code > 999))
        r = gale_fail(self, 400, "no status that ends a request");
    if (drip->n > MAX_DRIP)
        drip->n = MAX_DRIP;
    return r;
}

int view_drip(gale_handler *self)
{
    struct drip drip = { .duration = 2, .n = 10, .code = 200 };
    int r = read_drip(self, &drip);
    size_t n = (size_t)drip.n;
    char *stars;

    if (r < 0)
        return r;
    if (drip.n < 1)
        return answer_text(self, 400, "number of bytes must be positive");
    if (drip.delay > 0)
        r = gale_sleep(drip.delay);
    gale_set_status(self, (int)drip.code, NULL);
    if (r < 0 || drip.code == 204 || drip.code == 205 || drip.code == 304)
        return r; /* these have no body */
    stars = gale_alloc(self, n);
    if (!stars)
        return -1;
    memset(stars, '*', n);
    gale_set_header(self, "Content-Type", "application/octet-stream");
    gale_set_header(self, "Content-Length", gale_printf_alloc(self, "%zu", n));
    return send_slowly(self, stars, n, drip.duration > 0 ? 1 : CHUNK, drip.duration / (double)n);
}

/* --- encoded answers -------------------------------------------------------------- */

/* The request as JSON text, with `name`: true. */
static const char *told(gale_handler *self, const char *name)
{
    json_t *all = request_json(self, SHOW_ORIGIN | SHOW_HEADERS | SHOW_METHOD);
    const char *text;

    json_object_set_new(all, name, json_true());
    text = gale_json_encode(all);
    json_decref(all);
    return text;
}

static int write_encoded(gale_handler *self, const char *coding, const void *data, size_t size)
{
    gale_set_header(self, "Content-Type", "application/json");
    gale_set_header(self, "Content-Encoding", coding);
    return gale_write_bytes(self, data, size);
}

/* window: as of deflateInit2(), + 16 for gzip. */
static int write_deflated(gale_handler *self, const char *coding, const char *text, int window)
{
    z_stream z = { .next_in = (Bytef *)(uintptr_t)text };
    int r = -1;

    if (!text || deflateInit2(&z, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return -1;
    z.avail_in = (uInt)strlen(text);
    z.avail_out = (uInt)deflateBound(&z, z.avail_in);
    z.next_out = gale_alloc(self, z.avail_out);
    if (z.next_out && deflate(&z, Z_FINISH) == Z_STREAM_END)
        r = write_encoded(self, coding, z.next_out - z.total_out, z.total_out);
    deflateEnd(&z);
    return r;
}

int view_gzip(gale_handler *self)
{
    return write_deflated(self, "gzip", told(self, "gzipped"), 15 + 16);
}

int view_deflate(gale_handler *self)
{
    return write_deflated(self, "deflate", told(self, "deflated"), 15);
}

int view_brotli(gale_handler *self)
{
#ifdef WITH_BROTLI
    const char *text = told(self, "brotli");
    size_t size = text ? BrotliEncoderMaxCompressedSize(strlen(text)) : 0;
    uint8_t *out = gale_alloc(self, size);

    if (!text || !out ||
        !BrotliEncoderCompress(5, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT, strlen(text),
                               (const uint8_t *)text, &size, out))
        return -1;
    return write_encoded(self, "br", out, size);
#else
    return gale_fail(self, 501, "built without brotli");
#endif
}

int view_base64(gale_handler *self)
{
    gale_str bytes = base64_decode(self, gale_path_argument(self, 0));

    return bytes.ptr ? gale_write_bytes(self, bytes.ptr, bytes.len)
                     : gale_fail(self, 400, "no base64");
}

int view_uuid(gale_handler *self)
{
    unsigned a = (unsigned)mrand48(), b = (unsigned)mrand48(), c = (unsigned)mrand48();
    const char *uuid = gale_printf_alloc(self, "%08x-%04x-4%03x-%04x-%08x%04x", a, b >> 16,
                                         b & 0xfff, (c >> 16 & 0x3fff) | 0x8000,
                                         (unsigned)mrand48(), c & 0xffff);

    return gale_json(self, "{s:s}", "uuid", uuid);
}

/* --- pictures --------------------------------------------------------------------- */

struct picture {
    const char *type, *name, *file;
};

/* The server's preference first. */
static const struct picture pictures[] = {
    { "image/webp", "webp", "images/image.webp" }, { "image/svg+xml", "svg", "images/image.svg" },
    { "image/jpeg", "jpeg", "images/image.jpg" },  { "image/png", "png", "images/image.png" },
    { "image/*", "", "images/image.png" },
};

enum { N_PICTURES = sizeof(pictures) / sizeof(pictures[0]) };

int view_image(gale_handler *self)
{
    const char *accept = gale_request_header(gale_handler_request(self), "Accept");

    if (!accept)
        return gale_send_file(self, "images/image.png");
    for (size_t i = 0; i < N_PICTURES; i++)
        if (strcasestr(accept, pictures[i].type))
            return gale_send_file(self, pictures[i].file);
    return answer_status(self, 406);
}

int view_image_of_type(gale_handler *self)
{
    const char *name = gale_path_argument(self, 0);

    for (size_t i = 0; i < N_PICTURES; i++)
        if (!strcmp(name, pictures[i].name))
            return gale_send_file(self, pictures[i].file);
    return gale_fail(self, 404, "no picture of type %s", name);
}
