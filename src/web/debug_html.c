/* debug_html.c - a failed request as a page of its own, without scripts or anything from elsewhere.
 * See debug_page.h.
 */
/* SPDX-License-Identifier: MIT */
#include "web/debug_page.h"

#include "base/escape.h"
#include "base/str.h"

static const char style[] =
    ":root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1d2330;--dim:#687083;"
    "--line:#e1e4ea;--mark:#ffe9e6;--edge:#d23b2e;--code:#fbfbfd}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#14171d;--card:#1c2028;--ink:#e4e7ee;"
    "--dim:#949cae;--line:#2d333f;--mark:#4a2326;--edge:#ff6b5e;--code:#181c23}}\n"
    "*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);"
    "font:15px/1.5 system-ui,sans-serif}\n"
    "header{background:var(--card);border-top:4px solid var(--edge);"
    "border-bottom:1px solid var(--line);padding:1.4rem 2rem}\n"
    "h1{margin:0;font-size:1.5rem}h2{font-size:1.05rem;margin:1.8rem 0 .6rem}\n"
    "header p{margin:.3rem 0 0;color:var(--dim)}header .said{color:var(--ink);font-size:1.1rem;"
    "white-space:pre-wrap;overflow-wrap:anywhere}\n"
    "main{max-width:76rem;margin:0 auto;padding:0 2rem 3rem}\n"
    "code,pre,td,.at{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:13px}\n"
    "details{background:var(--card);border:1px solid var(--line);border-radius:6px;"
    "margin:.4rem 0;overflow:hidden}details details{margin:.4rem .8rem}\n"
    "details.own{border-left:4px solid var(--edge)}summary{cursor:pointer;padding:.5rem .9rem}\n"
    "summary code{font-weight:600;font-family:ui-monospace,Menlo,Consolas,monospace}"
    ".at{color:var(--dim);overflow-wrap:anywhere}.fold>summary{color:var(--dim)}\n"
    "pre{margin:0;padding:.5rem 0;background:var(--code);overflow-x:auto;"
    "border-top:1px solid var(--line);tab-size:8}pre span{display:block;padding:0 .9rem;"
    "min-width:max-content}pre .here{background:var(--mark)}pre i{font-style:normal;"
    "color:var(--dim);display:inline-block;width:3.5em;user-select:none}\n"
    "pre.report{padding:.8rem .9rem;border:1px solid var(--line);border-radius:6px}\n"
    "table{border-collapse:collapse;width:100%;background:var(--card);"
    "border:1px solid var(--line)}td,th{text-align:left;vertical-align:top;padding:.3rem .9rem;"
    "border-top:1px solid var(--line);overflow-wrap:anywhere}"
    "td:first-child{width:22%;color:var(--dim)}th{font-size:13px}\n"
    "footer{color:var(--dim);font-size:13px;margin-top:2rem}";

static void put(struct gale__buf *out, const char *text)
{
    gale__buf_append_cstr(out, text);
}

/* Bytes that are not UTF-8 become U+FFFD. */
static void put_escaped(struct gale__buf *out, gale_str text)
{
    struct gale__buf clean;

    gale__buf_init(&clean, 64 * 1024);
    (void)gale__utf8_repair(&clean, text);
    (void)gale__xhtml_escape(out, gale__buf_str(&clean));
    gale__buf_deinit(&clean);
}

static void put_text(struct gale__buf *out, const char *text)
{
    put_escaped(out, gale__str(text ? text : "?"));
}

static void put_source(struct gale__buf *out, const struct gale__frame *frame)
{
    struct gale__source_line lines[GALE__SOURCE_LINES];
    struct gale__arena arena;
    size_t n;

    gale__arena_init(&arena);
    n = gale__debug_source(frame, &arena, GALE__DEBUG_CONTEXT, lines);
    put(out, n ? "<pre>" : "");
    for (size_t i = 0; i < n; i++) {
        bool is_here = lines[i].number == frame->line;

        gale__buf_printf(out, "<span%s><i>%d</i>", is_here ? " class=\"here\"" : "",
                         lines[i].number);
        put_escaped(out, lines[i].text);
        put(out, "</span>");
    }
    put(out, n ? "</pre>" : "");
    gale__arena_reset(&arena);
}

static void put_frame(struct gale__buf *out, const struct gale__frame *frame)
{
    bool is_own = frame->kind == GALE__FRAME_PROGRAM;

    gale__buf_printf(out, "<details%s><summary><code>", is_own ? " class=\"own\" open" : "");
    put_text(out, frame->function);
    put(out, "</code> <span class=\"at\">");
    if (frame->file) {
        put_text(out, frame->file);
        gale__buf_printf(out, ":%d", frame->line);
    } else {
        put_text(out, frame->module);
        gale__buf_printf(out, "+0x%zx", (size_t)frame->offset);
    }
    put(out, frame->is_inlined ? " inlined</span></summary>" : "</span></summary>");
    put_source(out, frame);
    put(out, "</details>\n");
}

/* Frames that are not the program's are folded away together. */
static void put_calls(const struct gale__debug_page *page, struct gale__buf *out)
{
    if (!page->n_frames)
        return;
    put(out, "<h2>Calls, the innermost first</h2>\n");
    for (size_t i = 0; i < page->n_frames;) {
        bool is_own = page->frames[i].kind == GALE__FRAME_PROGRAM;
        size_t n = gale__debug_run(page, i);

        if (!is_own)
            gale__buf_printf(out,
                             "<details class=\"fold\"><summary>%zu of the framework and other "
                             "libraries</summary>\n",
                             n);
        for (size_t end = i + n; i < end; i++)
            put_frame(out, &page->frames[i]);
        if (!is_own)
            put(out, "</details>\n");
    }
}

static void put_pairs(const struct gale__debug_pairs *pairs, struct gale__buf *out)
{
    if (!pairs->n)
        return;
    gale__buf_printf(out, "<h2>%s</h2>\n<table>", pairs->title);
    for (size_t i = 0; i < pairs->n; i++) {
        put(out, "<tr><td>");
        put_escaped(out, pairs->list[i].name);
        put(out, "</td><td>");
        put_escaped(out, pairs->list[i].value);
        put(out, "</td></tr>\n");
    }
    put(out, "</table>\n");
}

static void put_cell(struct gale__buf *out, const char *text)
{
    put(out, "<td>");
    put_text(out, text);
    put(out, "</td>");
}

static void put_routes(const struct gale__debug_page *page, struct gale__buf *out)
{
    if (!page->n_routes)
        return;
    put(out, "<h2>No route matches. There are:</h2>\n<table><tr><th>Path</th><th>Methods</th>"
             "<th>Handler</th><th>Name</th><th>Host</th></tr>\n");
    for (size_t i = 0; i < page->n_routes; i++) {
        const struct gale__route_row *r = &page->routes[i];

        put(out, "<tr>");
        put_cell(out, r->url);
        put_cell(out, r->methods);
        put_cell(out, r->handler);
        put_cell(out, r->name);
        put_cell(out, r->host);
        put(out, "</tr>\n");
    }
    put(out, "</table>\n");
}

/* A text of several lines, as Python's traceback is: the last one says what, all are shown. */
static bool has_lines(const struct gale__debug_page *page)
{
    return page->name && strchr(page->text, '\n') && !page->report;
}

static const char *last_line(const char *text)
{
    const char *line = text;

    for (const char *c = text; *c; c++)
        if (*c == '\n' && c[1])
            line = c + 1;
    return line;
}

static void put_report(struct gale__buf *out, const char *title, const char *text)
{
    gale__buf_printf(out, "<h2>%s</h2>\n<pre class=\"report\">", title);
    put_text(out, text);
    put(out, "</pre>\n");
}

/* The status says what a code made of it would say again. */
static void put_failure(const struct gale__debug_page *page, struct gale__buf *out)
{
    bool is_status = page->name && strcmp(page->name, "GALE_EHTTP") == 0;

    if (!page->name || (is_status && !*page->text))
        return;
    put(out, "<p class=\"said\">");
    if (!is_status)
        gale__buf_printf(out, "<code>%s</code> ", page->name);
    put_text(out, has_lines(page) ? last_line(page->text) : page->text);
    put(out, "</p>\n");
}

static void put_head(const struct gale__debug_page *page, struct gale__buf *out)
{
    gale__buf_printf(out,
                     "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width\">\n<title>%d: ",
                     page->status);
    put_text(out, page->reason);
    put(out, "</title>\n<style>");
    put(out, style);
    gale__buf_printf(out, "</style></head>\n<body><header><h1>%d: ", page->status);
    put_text(out, page->reason);
    put(out, "</h1>\n");
    put_failure(page, out);
    put(out, "<p>");
    put_text(out, page->handler->x->request.method);
    put(out, " ");
    put_text(out, page->target);
    put(out, "</p></header>\n<main>\n");
}

int gale__debug_html(const struct gale__debug_page *page, struct gale__buf *out)
{
    put_head(page, out);
    if (page->report)
        put_report(out, "Template", page->report);
    else if (has_lines(page))
        put_report(out, "All of it", page->text);
    put_routes(page, out);
    put_calls(page, out);
    put_pairs(&page->about, out);
    put_pairs(&page->arguments, out);
    put_pairs(&page->headers, out);
    put(out, "<footer>Shown because <code>serve_traceback</code> is on (<code>debug</code> implies "
             "it): never for the public.</footer>\n</main></body></html>\n");
    return out->error;
}
