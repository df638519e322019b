/* template.c - what rendering a template costs: nanoseconds, interpreted, as C, and by hand.
 *
 * Prints a line "CASE VARIANT NANOSECONDS" for each: the best of several runs. Cases are the table
 * of Tornado's benchmark (cells are the keys of objects), the same of texts out of which a fifth
 * has to be escaped, and a page of 30 expressions. "hand" is what one would write in C for the two
 * tables over the same JSON values: a growable buffer, escaping by a table. All write the same
 * bytes, which is checked first.
 */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <gale/template.h>

#include "bench.h"

#ifdef WITH_COMPILED
extern const struct gale_template_program *const templates[];
#endif

enum { ROWS = 1000, COLUMNS = 10 };

/* --- by hand ---- */

struct buffer {
    char *data;
    size_t len, cap;
};

static void buffer_reserve(struct buffer *b, size_t n)
{
    if (n <= b->cap - b->len)
        return;
    b->cap = b->cap * 2 > b->len + n ? b->cap * 2 : b->len + n;
    b->data = realloc(b->data, b->cap);
    if (!b->data)
        abort();
}

static void put(struct buffer *b, const char *s, size_t n)
{
    buffer_reserve(b, n);
    memcpy(b->data + b->len, s, n);
    b->len += n;
}

#define PUT(b, literal) put((b), (literal), sizeof(literal) - 1)

static const char *const entities[256] = {
    ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#x27;"
};

static void put_escaped(struct buffer *b, const char *s, size_t n)
{
    char *to;

    buffer_reserve(b, n * 6);
    to = b->data + b->len;
    for (size_t i = 0; i < n; i++) {
        const char *entity = entities[(unsigned char)s[i]];

        if (!entity) {
            *to++ = s[i];
            continue;
        }
        while (*entity)
            *to++ = *entity++;
    }
    b->len = (size_t)(to - b->data);
}

static void put_text(struct buffer *b, const json_t *text)
{
    put_escaped(b, json_string_value(text), json_string_length(text));
}

static void put_row(struct buffer *b, json_t *row)
{
    if (json_is_object(row)) {
        for (void *it = json_object_iter(row); it; it = json_object_iter_next(row, it)) {
            PUT(b, "\n<td>");
            put_escaped(b, json_object_iter_key(it), json_object_iter_key_len(it));
            PUT(b, "</td>\n");
        }
        return;
    }
    for (size_t i = 0; i < json_array_size(row); i++) {
        PUT(b, "\n<td>");
        put_text(b, json_array_get(row, i));
        PUT(b, "</td>\n");
    }
}

static void put_page(struct buffer *b, json_t *values)
{
    static const char *const links[][2] = { { "index.html", "Index" },
                                            { "downloads.html", "Downloads" },
                                            { "products.html", "Products" } };
    json_t *title = json_object_get(values, "page_title");
    json_t *table = json_object_get(values, "table");

    PUT(b, "<!doctype html>\n<html>\n<head>\n<title>");
    put_text(b, title);
    PUT(b, "</title>\n</head>\n<body>\n<div class=\"header\">\n<h1>");
    put_text(b, title);
    PUT(b, "</h1>\n</div>\n<div class=\"navigation\">\n<ul>\n");
    for (size_t i = 0; i < 3; i++) {
        PUT(b, "\n<li><a href=\"");
        put_escaped(b, links[i][0], strlen(links[i][0]));
        PUT(b, "\">");
        put_escaped(b, links[i][1], strlen(links[i][1]));
        PUT(b, "</a></li>\n");
    }
    PUT(b, "\n</ul>\n</div>\n<div class=\"table\">\n<table>\n");
    for (size_t i = 0; i < json_array_size(table); i++) {
        PUT(b, "\n<tr>\n");
        put_row(b, json_array_get(table, i));
        PUT(b, "\n</tr>\n");
    }
    PUT(b, "\n</table>\n</div>\n</body>\n</html>\n");
}

/* --- values ---- */

static json_t *object_row(void)
{
    json_t *row = json_object();

    for (int i = 0; i < COLUMNS; i++)
        json_object_set_new(row, (char[]){ (char)('a' + i), 0 }, json_integer(i + 1));
    return row;
}

static json_t *list_row(void)
{
    json_t *row = json_array();

    for (int i = 0; i < COLUMNS; i++)
        json_array_append_new(row, i % 5 ? json_sprintf("cell %d", i)
                                         : json_sprintf("<td>%d & \"cell\"", i));
    return row;
}

static json_t *table_values(bool has_lists)
{
    json_t *table = json_array();

    for (int i = 0; i < ROWS; i++)
        json_array_append_new(table, has_lists ? list_row() : object_row());
    return json_pack("{s:s, s:o}", "page_title",
                     has_lists ? "a table of texts" : "mitsuhiko's benchmark", "table", table);
}

/* --- measuring ---- */

struct rendering {
    const char *name;
    json_t *values;
    gale_template *template; /* NULL: by hand */
    gale_template_out out;
    struct buffer buffer;
};

static int grow(gale_template_out *out, size_t need)
{
    struct buffer b = { out->data, out->len, out->cap };

    buffer_reserve(&b, need);
    out->data = b.data;
    out->cap = b.cap;
    return 0;
}

static void render(struct rendering *r)
{
    gale_namespace names = { .values = r->values };
    gale_template_error error;

    r->out.len = r->buffer.len = 0;
    if (!r->template) {
        put_page(&r->buffer, r->values);
    } else if (gale_template_render(r->template, &names, &r->out, &error) < 0) {
        fputs(error.report, stderr);
        exit(1);
    }
}

/* The best of many short runs of some milliseconds each, in nanoseconds for one rendering. */
static void measure(struct rendering *r, const char *variant, double seconds)
{
    int64_t end = bench_now_ns() + (int64_t)(seconds * 1e9);
    double best = 1e18;
    int n = 1;

    render(r);
    do {
        int64_t start = bench_now_ns(), taken;

        for (int i = 0; i < n; i++)
            render(r);
        taken = bench_now_ns() - start;
        if (taken < 2000000 && n < 1 << 20)
            n *= 2;
        else if ((double)taken / n < best)
            best = (double)taken / n;
    } while (bench_now_ns() < end);
    printf("%s %s %.0f\n", r->name, variant, best);
}

static void check_same(const char *what, const char *a, size_t a_len, const char *b, size_t b_len)
{
    if (a_len == b_len && memcmp(a, b, a_len) == 0)
        return;
    fprintf(stderr, "%s: not the same bytes (%zu, %zu)\n", what, a_len, b_len);
    exit(1);
}

static void run_case(const char *name, const char *file, json_t *values,
                     gale_loader *const *loaders, double seconds)
{
    static const char *const variants[] = { "interpreted", "compiled" };
    struct rendering hand = { .name = name, .values = values };
    bool is_table = strcmp(file, "table.html") == 0;

    if (is_table)
        measure(&hand, "hand", seconds);
    for (int i = 0; i < 2 && loaders[i]; i++) {
        struct rendering r = { .name = name, .values = values, .out = { .grow = grow } };
        gale_template_error error;

        r.template = gale_loader_load(loaders[i], file, &error);
        if (!r.template) {
            fputs(error.report, stderr);
            exit(1);
        }
        render(&r);
        if (is_table)
            check_same(name, hand.buffer.data, hand.buffer.len, r.out.data, r.out.len);
        measure(&r, variants[i], seconds);
        gale_template_unref(r.template);
        free(r.out.data);
    }
    free(hand.buffer.data);
    json_decref(values);
}

int main(int argc, char **argv)
{
    gale_loader *loaders[3] = { gale_loader_new(TEMPLATES, NULL), NULL, NULL };
    json_t *page = json_load_file(TEMPLATES "/page.json", 0, NULL);
    double seconds = bench_number(argc, argv, "seconds", 1);

#ifdef WITH_COMPILED
    loaders[1] = gale_compiled_loader_new(templates, NULL);
#endif
    if (!loaders[0] || !page)
        return 1;
    run_case("table", "table.html", table_values(false), loaders, seconds);
    run_case("lists", "table.html", table_values(true), loaders, seconds);
    run_case("page", "page.html", page, loaders, seconds);
    gale_loader_free(loaders[0]);
    gale_loader_free(loaders[1]);
    return 0;
}
