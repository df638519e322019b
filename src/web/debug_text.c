/* debug_text.c - a failed request as text, for terminals. See debug_page.h. */
/* SPDX-License-Identifier: MIT */
#include "web/debug_page.h"

#include "base/utf8.h"

enum { AROUND = 2 };

/* What a client sent must not drive the terminal of who reads it. */
static void put_plain(struct gale__buf *out, gale_str text)
{
    while (text.len) {
        size_t n = gale__utf8_printable(text.ptr, text.len);

        gale__buf_append(out, text.ptr, n);
        if (n < text.len)
            gale__buf_printf(out, "\\x%02x", (unsigned char)text.ptr[n++]);
        text = (gale_str){ text.ptr + n, text.len - n };
    }
}

static void put_lines(struct gale__buf *out, const char *text)
{
    for (size_t n; *text; text += n + (text[n] == '\n')) {
        n = strcspn(text, "\n");
        put_plain(out, (gale_str){ text, n });
        gale__buf_append_char(out, '\n');
    }
}

static void put_source(struct gale__buf *out, const struct gale__frame *frame)
{
    struct gale__source_line lines[GALE__SOURCE_LINES];
    struct gale__arena arena;
    size_t n;

    gale__arena_init(&arena);
    n = gale__debug_source(frame, &arena, AROUND, lines);
    for (size_t i = 0; i < n; i++) {
        gale__buf_printf(out, "  %s %5d | ", lines[i].number == frame->line ? ">" : " ",
                         lines[i].number);
        put_plain(out, lines[i].text);
        gale__buf_append_char(out, '\n');
    }
    gale__arena_reset(&arena);
}

static void put_frame(struct gale__buf *out, const struct gale__frame *frame)
{
    bool is_program = frame->kind == GALE__FRAME_PROGRAM;

    gale__buf_append_cstr(out, is_program ? "* " : "    ");
    (void)!gale__frame_print(frame, out);
    gale__buf_append_char(out, '\n');
    if (is_program)
        put_source(out, frame);
}

static void put_calls(const struct gale__debug_page *page, struct gale__buf *out)
{
    if (!page->n_frames)
        return;
    gale__buf_append_cstr(out, "\nCalls, the innermost first (* the program's own):\n");
    for (size_t i = 0; i < page->n_frames; i++)
        put_frame(out, &page->frames[i]);
}

static void put_pairs(const struct gale__debug_pairs *pairs, struct gale__buf *out)
{
    if (!pairs->n)
        return;
    gale__buf_printf(out, "\n%s:\n", pairs->title);
    for (size_t i = 0; i < pairs->n; i++) {
        gale__buf_append_cstr(out, "  ");
        put_plain(out, pairs->list[i].name);
        gale__buf_append_cstr(out, ": ");
        put_plain(out, pairs->list[i].value);
        gale__buf_append_char(out, '\n');
    }
}

static void put_routes(const struct gale__debug_page *page, struct gale__buf *out)
{
    if (page->n_routes)
        gale__buf_append_cstr(out, "\nNo route matches. There are:\n");
    for (size_t i = 0; i < page->n_routes; i++) {
        const struct gale__route_row *r = &page->routes[i];

        gale__buf_printf(out, "  %s%s%s  %s%s%s  [%s]\n", r->host, r->host[0] ? " " : "",
                         r->url ? r->url : "?", r->handler, r->name[0] ? " as " : "", r->name,
                         r->methods);
    }
}

int gale__debug_text(const struct gale__debug_page *page, struct gale__buf *out)
{
    gale__buf_printf(out, "%d: %s\n", page->status, page->reason);
    if (page->name) {
        gale__buf_printf(out, "\n%s: ", page->name);
        put_lines(out, page->text && *page->text ? page->text : "\n");
    }
    if (page->report) {
        gale__buf_append_char(out, '\n');
        put_lines(out, page->report);
    }
    put_routes(page, out);
    put_calls(page, out);
    put_pairs(&page->about, out);
    put_pairs(&page->arguments, out);
    put_pairs(&page->headers, out);
    return out->error;
}
