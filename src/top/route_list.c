/* route_list.c - the routes of an application as a table, for `gale routes`. Two passes: the widths
 * of its columns, then its lines.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <gale/error.h>

#include "base/under_run.h"
#include "top/serving.h"
#include "web/route_table.h"

enum { METHODS, URL, HANDLER, NAME, HOST, MIDDLEWARE, WHERE, COLUMNS, MAX_BYTES = 1 << 20 };

struct list {
    struct gale__buf out;
    const char *dir; /* of the sources, which paths need not tell */
    size_t widths[COLUMNS];
    bool is_used[COLUMNS]; /* some row has it */
};

typedef const char *row_text[COLUMNS];

/* Bytes of UTF-8 that begin a letter. */
static size_t width_of(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += (*text & 0xc0) != 0x80;
    return n;
}

static void measure(struct list *l, row_text row, bool is_head)
{
    for (int i = 0; i < COLUMNS; i++) {
        size_t n = width_of(row[i]);

        l->is_used[i] = l->is_used[i] || (n && !is_head);
        l->widths[i] = n > l->widths[i] ? n : l->widths[i];
    }
}

static void put_row(struct list *l, row_text row)
{
    size_t blanks = 0;

    for (int i = 0; i < COLUMNS; i++) {
        if (!l->is_used[i])
            continue;
        if (*row[i]) {
            gale__buf_printf(&l->out, "%*s%s", (int)blanks, "", row[i]);
            blanks = 0;
        }
        blanks += l->widths[i] - width_of(row[i]) + 2;
    }
    gale__buf_append_char(&l->out, '\n');
}

static const char *place_of(const struct list *l, const struct gale__route_row *row,
                            struct gale__arena *arena)
{
    size_t len = l->dir ? strlen(l->dir) : 0;
    const char *file = row->file, *text;

    if (!row->line)
        return "";
    if (len && strncmp(file, l->dir, len) == 0 && file[len] == '/')
        file += len + 1;
    text = gale__arena_printf(arena, "%s:%d", file, row->line);
    return text ? text : "";
}

static void put_routes(struct list *l, const struct gale__route_row *rows, size_t n,
                       struct gale__arena *arena)
{
    row_text head = { "METHODS", "PATTERN", "HANDLER", "NAME", "HOST", "MIDDLEWARE", "WHERE" };

    for (int pass = 0; pass < 2; pass++) {
        if (pass == 0)
            measure(l, head, true);
        else
            put_row(l, head);
        for (size_t i = 0; i < n; i++) {
            const struct gale__route_row *r = &rows[i];
            row_text row = { r->methods, r->url,        r->handler,           r->name,
                             r->host,    r->middleware, place_of(l, r, arena) };

            if (gale__route_is_own(r))
                continue;
            if (pass == 0)
                measure(l, row, false);
            else
                put_row(l, row);
        }
    }
}

static int write_all(int fd, gale_str text)
{
    while (text.len) {
        ssize_t n = write(fd, text.ptr, text.len);

        if (n < 0)
            return gale_err(-errno, "routes: %s", strerror(errno));
        text.ptr += n;
        text.len -= (size_t)n;
    }
    return 0;
}

int gale__serving_list_routes(const struct gale__serving *s, int fd)
{
    struct gale__symbols *symbols = gale__symbols_open();
    struct list l = { .dir = gale__run_dir(), .is_used = { [METHODS] = true, [URL] = true } };
    struct gale__arena arena;
    struct gale__route_row *rows;
    size_t n;
    int r;

    gale__arena_init(&arena);
    gale__buf_init(&l.out, MAX_BYTES);
    n = gale__route_table(s->app, symbols, &arena, &rows);
    put_routes(&l, rows, n, &arena);
    r = l.out.error ? l.out.error : write_all(fd, gale__buf_str(&l.out));
    gale__buf_deinit(&l.out);
    gale__arena_reset(&arena);
    gale__symbols_close(symbols);
    return r < 0 ? gale__serving_complain(s, gale_strerror(r)) : 0;
}
