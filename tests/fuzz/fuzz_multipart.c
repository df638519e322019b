/* fuzz_multipart.c - multipart forms and parameterised values on any bytes.
 *
 * The first byte chooses how the rest is cut: a form read whole and the same form in pieces give
 * the same parts, the same content and the same end.
 */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gale/error.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "proto/multipart.h"
#include "proto/params.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a parser told, as text. */
struct told {
    struct gale__buf text;
    int code;
};

static void put(struct told *told, char mark, gale_str s)
{
    GALE_ASSERT(gale__buf_append_char(&told->text, mark) == 0);
    GALE_ASSERT(gale__buf_append_str(&told->text, s) == 0);
}

static void check_text(gale_str s)
{
    GALE_ASSERT(!s.ptr || (strlen(s.ptr) == s.len && gale__utf8_valid(s.ptr, s.len)));
    for (size_t i = 0; i < s.len; i++)
        GALE_ASSERT(s.ptr[i] == '\t' || ((unsigned char)s.ptr[i] >= 0x20 && s.ptr[i] != 0x7f));
}

static void put_event(struct told *told, const struct gale__multipart *m, int event, gale_str data)
{
    if (event == GALE__MULTIPART_PART) {
        GALE_ASSERT(m->part.name.len > 0);
        check_text(m->part.name);
        check_text(m->part.filename);
        check_text(m->part.content_type);
        put(told, 'n', m->part.name);
        put(told, 'f', m->part.filename);
        put(told, 't', m->part.content_type);
        put(told, '=', (gale_str){ NULL, 0 });
    } else if (event == GALE__MULTIPART_DATA) {
        GALE_ASSERT(data.len > 0 &&
                    gale__buf_append_str(&told->text, data) == 0); /* as one, however it is cut */
    } else {
        put(told, ';', (gale_str){ NULL, 0 });
    }
}

static struct told parse(const char *text, size_t size, size_t step)
{
    struct gale__multipart m;
    struct told told = { .code = 0 };

    gale__buf_init(&told.text, 16 * size + 1024);
    gale__multipart_init(&m, (gale_str){ "B", 1 }, 20, 200);
    while (size && told.code >= 0) {
        size_t n = size < step ? size : step;
        char *piece = malloc(n);
        const char *p = piece;
        gale_str data = { NULL, 0 };

        if (!piece)
            abort();
        memcpy(piece, text, n);
        while ((told.code = gale__multipart_next(&m, &p, piece + n, &data)) > 0 &&
               told.code != GALE__MULTIPART_END)
            put_event(&told, &m, told.code, data);
        GALE_ASSERT(told.code < 0 || p == piece + n);
        free(piece);
        text += n;
        size -= n;
    }
    told.code = gale__multipart_finish(&m);
    gale__multipart_deinit(&m);
    return told;
}

static void check_form(const char *text, size_t size, size_t step)
{
    struct told whole = parse(text, size, size);
    struct told cut = parse(text, size, step);

    GALE_ASSERT(whole.code == cut.code && whole.text.len == cut.text.len);
    GALE_ASSERT(!whole.text.len || memcmp(whole.text.ptr, cut.text.ptr, whole.text.len) == 0);
    gale__buf_deinit(&whole.text);
    gale__buf_deinit(&cut.text);
}

static void check_params(const char *text, size_t size)
{
    char *memory = malloc(size ? size : 1), *buffer = memory;
    const char *cursor = NULL;
    struct gale__param param;
    gale_str boundary;
    size_t n = 0;

    if (!memory)
        abort();
    while (gale__param_next((gale_str){ text, size }, &cursor, &buffer, &param) > 0)
        GALE_ASSERT(buffer >= memory && buffer <= memory + size && n++ <= size);
    if (gale__multipart_boundary((gale_str){ text, size }, memory, &boundary) > 0)
        GALE_ASSERT(boundary.len > 0 && boundary.len <= GALE__BOUNDARY_MAX);
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text;

    if (!size)
        return 0;
    text = malloc(size);
    if (!text)
        abort();
    memcpy(text, data, size);
    check_form(text + 1, size - 1, 1 + (size_t)(data[0] % 64));
    check_params(text + 1, size - 1);
    free(text);
    return 0;
}
