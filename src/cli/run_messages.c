/* run_messages.c - what a compiler said, as text and as HTML with the lines it speaks of. */
/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gale/error.h>

#include "base/str.h"
#include "cli/run_parts.h"

enum {
    AROUND = 2,         /* lines of the source around the one that is meant */
    MESSAGES = 20,      /* shown with their source */
    RAW_MAX = 64 * 1024 /* of what was said */
};

/* "file:line:column: error: text" */
struct message {
    char file[PATH_MAX];
    long line;
    gale_str text; /* with what kind it is */
};

static void escape(struct gale__buf *out, gale_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (c == '<' || c == '>' || c == '&' || c == '"')
            gale__buf_printf(out, "&#%d;", c);
        else if (c != '\r' && (c == '\n' || c == '\t' || (unsigned char)c >= ' '))
            gale__buf_append_char(out, c);
    }
}

/* Where the text of an error begins; NULL: the line is none. */
static const char *find_error(gale_str line)
{
    static const char *const kinds[] = { ": error: ", ": fatal error: ", ": undefined reference",
                                         ": ERROR: ", ": *** " }; /* of Meson, of make */

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const char *at = memmem(line.ptr, line.len, kinds[i], strlen(kinds[i]));

        if (at)
            return at;
    }
    return NULL;
}

/* Digits between a colon and end, which moves to that colon; -1: there are none. */
static long take_number(const char *begin, const char **end)
{
    const char *at = *end, *after = at;
    long number = 0;

    while (at > begin && isdigit((unsigned char)at[-1]))
        at--;
    if (at == after || after - at > 9 || at == begin || at[-1] != ':')
        return -1;
    *end = at - 1;
    for (; at < after; at++)
        number = number * 10 + (*at - '0');
    return number;
}

static bool read_message(gale_str line, struct message *m)
{
    const char *end = find_error(line);
    long first, second;

    if (!end)
        return false;
    m->text = (gale_str){ end + 2, line.len - (size_t)(end + 2 - line.ptr) };
    first = take_number(line.ptr, &end);
    second = first < 0 ? -1 : take_number(line.ptr, &end); /* the other was a column */
    m->line = second < 0 ? first : second;
    if (m->line < 0 || (size_t)(end - line.ptr) >= sizeof(m->file))
        return false;
    snprintf(m->file, sizeof(m->file), "%.*s", (int)(end - line.ptr), line.ptr);
    return true;
}

/* Compilers are run in the directory of the build tool, or ours. */
static FILE *open_source(const struct gale__run *run, const char *file)
{
    const char *const dirs[] = { run->project.build, run->project.dir, "." };
    char path[2 * PATH_MAX];

    for (size_t i = 0; i < 3; i++) {
        FILE *f;

        snprintf(path, sizeof(path), "%s%s%s", file[0] == '/' ? "" : dirs[i],
                 file[0] == '/' ? "" : "/", file);
        f = fopen(path, "re");
        if (f)
            return f;
    }
    return NULL;
}

static void show_source(const struct gale__run *run, const struct message *m, struct gale__buf *out)
{
    FILE *f = open_source(run, m->file);
    char line[1024];
    long n = 1;

    if (!f)
        return;
    gale__buf_append_cstr(out, "<pre>");
    while (n <= m->line + AROUND && fgets(line, sizeof(line), f)) {
        gale_str text = gale__str(line);

        if (n >= m->line - AROUND) {
            gale__buf_printf(out, "%s%5ld  ", n == m->line ? "<b>" : "", n);
            escape(out, text);
            gale__buf_append_cstr(out, n == m->line ? "</b>" : "");
        }
        n += gale__str_ends_with(text, GALE__STR("\n"));
    }
    gale__buf_append_cstr(out, "</pre>\n");
    fclose(f);
}

/* What several targets have alike is shown once. False: it was there. */
static bool show_message(const struct gale__run *run, const struct message *m,
                         struct gale__buf *out)
{
    struct gale__buf head;
    bool is_new;

    gale__buf_init(&head, SIZE_MAX / 8);
    gale__buf_append_cstr(&head, "<h2>");
    escape(&head, gale__str(m->file));
    gale__buf_printf(&head, ":%ld: ", m->line);
    escape(&head, m->text);
    gale__buf_append_cstr(&head, "</h2>\n");
    is_new = head.len && !memmem(out->ptr, out->len, head.ptr, head.len);
    if (is_new) {
        gale__buf_append_str(out, gale__buf_str(&head));
        show_source(run, m, out);
    }
    gale__buf_deinit(&head);
    return is_new;
}

int gale__run_messages(struct gale__run *run, const char *title, gale_str output)
{
    struct gale__buf *html = &run->html, *text = &run->text;
    gale_str rest = gale__str_head(output, RAW_MAX), all = rest, line;
    struct message m;
    int n = 0;

    gale__buf_reset(html);
    gale__buf_reset(text);
    gale__buf_append_cstr(html, "<h1>");
    escape(html, gale__str(title));
    gale__buf_append_cstr(html, "</h1>\n");
    while (n < MESSAGES && gale__str_split(&rest, '\n', &line))
        if (read_message(line, &m) && show_message(run, &m, html))
            n++;
    gale__buf_append_cstr(html, n ? "<h2>All that was said</h2>\n<pre>" : "<pre>");
    escape(html, all);
    gale__buf_append_cstr(html, "</pre>\n");
    gale__buf_printf(text, "%s\n\n", title);
    gale__buf_append_str(text, all);
    return html->error < 0 ? html->error : text->error;
}
