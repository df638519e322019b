/* man.c - "gale man": a command's manual page, made of what its --help says. The build asks it. */
/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/help.h"

/* Of what is said; not the day of the build, which would make each build another. */
#define LAST_CHANGE "2026-11-23"

/* --- text of troff --- */

/* As it stands: no hyphen is made of a minus, no line begins a request. */
static void put_text(gale_str text)
{
    if (text.len && (*text.ptr == '.' || *text.ptr == '\''))
        fputs("\\&", stdout);
    for (; text.len; text = gale__str_skip(text, 1)) {
        if (gale__str_starts_with(text, GALE__STR("…"))) {
            fputs("...", stdout);
            text = gale__str_skip(text, strlen("…") - 1);
        } else if (*text.ptr == '-') {
            fputs("\\-", stdout);
        } else if (*text.ptr == '\\') {
            fputs("\\e", stdout);
        } else {
            putchar(*text.ptr);
        }
    }
}

static void put_line(gale_str text)
{
    put_text(text);
    putchar('\n');
}

/* "gale-template-check" */
static void put_page_name(const struct gale__cli_command *command)
{
    for (const char *c = command->name; *c; c++)
        putchar(*c == ' ' ? '-' : *c);
}

/* --- the parts --- */

static void put_section(const char *name)
{
    printf(".SH %s\n", name);
}

static void begin_part(gale_str part)
{
    char name[24];
    size_t n = 0;

    for (; n < part.len && n < sizeof(name) - 1; n++)
        name[n] = (char)toupper((unsigned char)part.ptr[n]);
    name[n] = 0;
    put_section(gale__str_equal(part, GALE__STR("usage")) ? "SYNOPSIS" : n ? name : "DESCRIPTION");
}

static void put_option(gale_str line)
{
    gale_str option, text;

    gale__cli_help_option(line, &option, &text);
    if (option.len) {
        fputs(".TP\n.B ", stdout);
        put_line(option);
    }
    if (text.len)
        put_line(text);
}

static void put_synopsis(gale_str line, bool is_first)
{
    fputs(is_first ? ".B " : ".br\n.B ", stdout);
    put_line(line);
}

/* Between its lines, those of a list stay as they are. */
static void put_part_line(const struct gale__cli_help *h, bool after_gap)
{
    if (gale__str_equal(h->part, GALE__STR("usage"))) {
        put_synopsis(h->line, h->is_first);
        return;
    }
    if (gale__str_equal(h->part, GALE__STR("options"))) {
        put_option(h->line);
        return;
    }
    if (after_gap)
        fputs(".PP\n", stdout);
    put_line(h->line);
}

static void put_body(const struct gale__cli_command *command)
{
    struct gale__cli_help h = { .rest = command->help };
    bool is_list = false, gap = false;

    while (gale__cli_help_next(&h)) {
        if (h.is_first) {
            fputs(is_list ? ".EE\n" : "", stdout);
            begin_part(h.part);
            is_list = gale__str_equal(h.part, GALE__STR("examples"));
            fputs(is_list ? ".EX\n" : "", stdout);
        }
        if (h.line.len)
            put_part_line(&h, gap && !h.is_first && !is_list);
        gap = !h.line.len;
    }
    fputs(is_list ? ".EE\n" : "", stdout);
}

static void put_commands(const struct gale__cli_command *command)
{
    put_section("COMMANDS");
    for (const struct gale__cli_command *const *c = command->commands; *c; c++) {
        if ((*c)->is_hidden)
            continue;
        fputs(".TP\n.BR ", stdout);
        put_page_name(*c);
        fputs(" (1)\n", stdout);
        put_line(gale__str((*c)->summary));
    }
}

static void put_page(const struct gale__cli_command *command, const struct gale__cli_command *above)
{
    fputs(".TH \"", stdout);
    put_page_name(command);
    printf("\" 1 \"%s\" \"gale %s\" \"gale\"\n", LAST_CHANGE, gale_version());
    put_section("NAME");
    put_page_name(command);
    fputs(" \\- ", stdout);
    put_line(gale__str(command->summary));
    put_body(command);
    if (command->commands)
        put_commands(command);
    put_section("EXIT STATUS");
    fputs("0, 1 when the command met or found an error, 2 when it was not used as told here.\n",
          stdout);
    if (above) {
        put_section("SEE ALSO");
        fputs(".BR ", stdout);
        put_page_name(above);
        fputs(" (1)\n", stdout);
    }
}

/* --- which page --- */

static void list_pages(const struct gale__cli_command *command)
{
    put_page_name(command);
    putchar('\n');
    for (const struct gale__cli_command *const *c = command->commands; c && *c; c++)
        if (!(*c)->is_hidden)
            list_pages(*c);
}

static int man(const struct gale__cli_command *self, int n_words, char **words)
{
    const struct gale__cli_command *command = &gale__cli_gale;
    const struct gale__cli_command *above = NULL;

    if (n_words == 1 && strcmp(words[0], "--list") == 0) {
        list_pages(command);
        return GALE__CLI_OK;
    }
    for (int i = 0; i < n_words; i++) {
        above = command;
        command = gale__cli_find(command, words[i]);
        if (!command)
            return gale__cli_usage(self, "there is no command '%s'", words[i]);
    }
    put_page(command, above);
    return fflush(stdout) == 0 ? GALE__CLI_OK : gale__cli_fail(self, "standard output failed");
}

const struct gale__cli_command gale__cli_man = {
    .name = "gale man",
    .summary = "prints a manual page",
    .help = "usage: gale man [--list | COMMAND…]\n\nPrints the manual page of a command.\n",
    .run = man,
    .is_hidden = true,
};
