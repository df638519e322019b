/* help.c - reads help again. See help.h. */
/* SPDX-License-Identifier: MIT */
#include "cli/help.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"

static bool is_head(gale_str line)
{
    return line.len > 1 && isalpha((unsigned char)line.ptr[0]) && line.ptr[line.len - 1] == ':' &&
           line.len < 20;
}

static bool next_line(struct gale__cli_help *h)
{
    size_t len = strcspn(h->rest, "\n");

    if (!*h->rest)
        return false;
    h->line = (gale_str){ h->rest, len };
    h->rest += len + (h->rest[len] == '\n');
    return true;
}

bool gale__cli_help_next(struct gale__cli_help *h)
{
    h->is_first = false;
    if (!next_line(h))
        return false;
    if (!h->line.len && gale__str_equal(h->part, GALE__STR("usage"))) {
        h->part.len = 0;
        h->is_first = true;
        return next_line(h);
    }
    if (is_head(h->line)) {
        h->part = (gale_str){ h->line.ptr, h->line.len - 1 };
        h->is_first = true;
        return next_line(h);
    }
    if (gale__str_starts_with(h->line, GALE__STR("usage: "))) {
        h->part = GALE__STR("usage");
        h->line = gale__str_skip(h->line, strlen("usage: "));
        h->is_first = true;
    }
    return true;
}

void gale__cli_help_option(gale_str line, gale_str *option, gale_str *text)
{
    size_t at = 0;

    *option = (gale_str){ line.ptr, 0 };
    while (at < line.len && line.ptr[at] == ' ')
        at++;
    *text = gale__str_skip(line, at);
    if (at != 2 || !text->len)
        return;
    *option = *text;
    for (at = 0; at + 1 < text->len && strncmp(text->ptr + at, "  ", 2) != 0; at++)
        ;
    if (at + 1 >= text->len) {
        *text = (gale_str){ line.ptr, 0 };
        return;
    }
    option->len = at;
    *text = gale__str_skip(*text, at);
    while (text->len && *text->ptr == ' ')
        *text = gale__str_skip(*text, 1);
}
