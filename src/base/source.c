/* source.c - some lines of a source file, for those who show where something happened. */
/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/symbols.h"

enum { MAX_BYTES = 16 << 20, MAX_WIDTH = 400 };

/* Goes through the lines. Copies them: the file may be written to the next moment. */
static size_t pick(struct gale__arena *arena, gale_str text, int first, int last,
                   struct gale__source_line *out)
{
    const char *p = text.ptr, *end = text.ptr + text.len;
    size_t n = 0;

    for (int number = 1; p < end && number <= last && n < GALE__SOURCE_LINES; number++) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        const char *stop = newline ? newline : end;
        size_t len = (size_t)(stop - p);

        if (number >= first) {
            len = len > MAX_WIDTH ? MAX_WIDTH : len;
            out[n].number = number;
            out[n].text = (gale_str){ gale__arena_strndup(arena, p, len), len };
            if (!out[n++].text.ptr)
                return 0;
        }
        p = newline ? newline + 1 : end;
    }
    return n;
}

static size_t pick_of_file(struct gale__arena *arena, int fd, int first, int last,
                           struct gale__source_line *out)
{
    struct stat st;
    size_t n, size;
    ssize_t len;
    char *text;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > MAX_BYTES)
        return 0;
    size = (size_t)st.st_size;
    text = size ? gale__malloc(size) : NULL;
    if (!text)
        return 0;
    len = pread(fd, text, size, 0);
    n = len > 0 ? pick(arena, (gale_str){ text, (size_t)len }, first, last, out) : 0;
    gale__free(text);
    return n;
}

size_t gale__source_read(struct gale__arena *arena, const char *file, int first, int last,
                         struct gale__source_line *out)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    size_t n;

    if (fd < 0)
        return 0;
    n = pick_of_file(arena, fd, first, last, out);
    close(fd);
    return n;
}
