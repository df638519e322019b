/* debug_json.c - a failed request as JSON, for programs. See debug_page.h. */
/* SPDX-License-Identifier: MIT */
#include "web/debug_page.h"

#include "base/escape.h"
#include "base/json.h"
#include "base/str.h"

/* Bytes that are not UTF-8 become U+FFFD. */
static void put_string(struct gale__buf *out, gale_str text)
{
    struct gale__buf clean;

    gale__buf_init(&clean, 64 * 1024);
    (void)gale__utf8_repair(&clean, text);
    (void)gale__json_string(out, gale__buf_str(&clean));
    gale__buf_deinit(&clean);
}

static void put_member(struct gale__buf *out, const char *name, const char *value)
{
    gale__buf_printf(out, "\"%s\": ", name);
    if (value)
        put_string(out, gale__str(value));
    else
        gale__buf_append_cstr(out, "null");
}

static void put_frame(struct gale__buf *out, const struct gale__frame *frame)
{
    static const char *const kinds[] = { "program", "framework", "library" };

    gale__buf_append_char(out, '{');
    put_member(out, "function", frame->function);
    gale__buf_append_cstr(out, ", ");
    put_member(out, "file", frame->file);
    gale__buf_printf(out, ", \"line\": %d, \"inlined\": %s, ", frame->line,
                     frame->is_inlined ? "true" : "false");
    put_member(out, "of", kinds[frame->kind]);
    gale__buf_append_char(out, '}');
}

static void put_pairs(struct gale__buf *out, const char *name,
                      const struct gale__debug_pairs *pairs)
{
    gale__buf_printf(out, ",\n\"%s\": [", name);
    for (size_t i = 0; i < pairs->n; i++) {
        gale__buf_append_cstr(out, i ? ", [" : "[");
        put_string(out, pairs->list[i].name);
        gale__buf_append_cstr(out, ", ");
        put_string(out, pairs->list[i].value);
        gale__buf_append_char(out, ']');
    }
    gale__buf_append_char(out, ']');
}

static void put_routes(struct gale__buf *out, const struct gale__debug_page *page)
{
    gale__buf_append_cstr(out, ",\n\"routes\": [");
    for (size_t i = 0; i < page->n_routes; i++) {
        gale__buf_append_cstr(out, i ? ", {" : "{");
        put_member(out, "url", page->routes[i].url);
        gale__buf_append_cstr(out, ", ");
        put_member(out, "methods", page->routes[i].methods);
        gale__buf_append_cstr(out, ", ");
        put_member(out, "handler", page->routes[i].handler);
        gale__buf_append_char(out, '}');
    }
    gale__buf_append_char(out, ']');
}

int gale__debug_json(const struct gale__debug_page *page, struct gale__buf *out)
{
    gale__buf_printf(out, "{\"status\": %d, ", page->status);
    put_member(out, "reason", page->reason);
    gale__buf_append_cstr(out, ",\n");
    put_member(out, "error", page->name);
    gale__buf_append_cstr(out, ", ");
    put_member(out, "message", page->text);
    gale__buf_append_cstr(out, ",\n");
    put_member(out, "template", page->report);
    gale__buf_append_cstr(out, ",\n\"calls\": [");
    for (size_t i = 0; i < page->n_frames; i++) {
        gale__buf_append_cstr(out, i ? ",\n  " : "\n  ");
        put_frame(out, &page->frames[i]);
    }
    gale__buf_append_char(out, ']');
    put_pairs(out, "request", &page->about);
    put_pairs(out, "arguments", &page->arguments);
    put_pairs(out, "headers", &page->headers);
    if (page->n_routes)
        put_routes(out, page);
    return gale__buf_append_cstr(out, "}\n");
}
