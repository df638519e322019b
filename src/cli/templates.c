/* templates.c - "gale template check", and what its siblings share. See templates.h. */
/* SPDX-License-Identifier: MIT */
#include "cli/templates.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "base/str.h"

/* --- directories --- */

int gale__cli_templates_begin(struct gale__cli_templates *t)
{
    gale_str rest, ending;
    const char **list;
    size_t n = 0;

    t->ending_list = gale__template_endings;
    if (!t->endings)
        return GALE__CLI_OK;
    rest = gale__str(t->endings);
    list = gale__arena_zalloc(&t->arena, (rest.len + 2) * sizeof(*list));
    while (list && gale__str_split(&rest, ',', &ending)) {
        if (!ending.len)
            continue;
        list[n] = gale__arena_strndup(&t->arena, ending.ptr, ending.len);
        if (!list[n++])
            list = NULL;
    }
    if (!list)
        return gale__cli_fail(t->command, "out of memory");
    if (!n)
        return gale__cli_usage(t->command, "--endings: none given; for example .html,.txt");
    t->ending_list = list;
    return GALE__CLI_OK;
}

int gale__cli_templates_open(struct gale__cli_templates *t, const char *dir)
{
    const gale_template_options options = { .autoescape = t->autoescape,
                                            .whitespace = t->whitespace };
    char absolute[PATH_MAX];
    size_t len = strlen(dir);

    gale_loader_free(t->loader);
    t->loader = NULL;
    while (len > 1 && dir[len - 1] == '/')
        len--;
    t->dir = gale__arena_strndup(&t->arena, dir, len);
    if (!t->dir)
        return gale__cli_fail(t->command, "out of memory");
    if (!realpath(dir, absolute))
        return gale__cli_fail(t->command, "%s: %s", dir, strerror(errno));
    t->loader = gale_loader_new(absolute, &options);
    return t->loader ? GALE__CLI_OK
                     : gale__cli_fail(t->command, "%s", gale_strerror(gale__error_code()));
}

void gale__cli_templates_end(struct gale__cli_templates *t)
{
    gale_loader_free(t->loader);
    gale__arena_reset(&t->arena);
}

/* --- errors --- */

/* Without the place, " at NAME:LINE", which stands before it already. */
static void print_message(const gale_template_error *error)
{
    char place[sizeof(error->name) + 32];
    const char *at;

    snprintf(place, sizeof(place), " at %s:%d", error->name, error->line);
    at = error->line ? strstr(error->message, place) : NULL;
    if (at && (at[strlen(place)] == ' ' || !at[strlen(place)]))
        fprintf(stderr, "%.*s%s\n", (int)(at - error->message), error->message, at + strlen(place));
    else
        fprintf(stderr, "%s\n", error->message);
}

/* The report but for its first line, which is the message. */
static void print_report(const char *report)
{
    const char *line = strchr(report, '\n');

    while (line && line[1]) {
        const char *end = strchr(line + 1, '\n');
        size_t len = end ? (size_t)(end - line - 1) : strlen(line + 1);

        fprintf(stderr, "%s%.*s\n", line[1] == ' ' ? "" : "    ", (int)len, line + 1);
        line = end;
    }
}

void gale__cli_templates_tell(void *templates, const gale_template_error *error)
{
    struct gale__cli_templates *t = templates;

    fprintf(stderr, "%s/%s:%d:%d: error: ", t->dir, error->name, error->line ? error->line : 1,
            error->column ? error->column : 1);
    print_message(error);
    print_report(error->report);
}

int gale__cli_templates_check(struct gale__cli_templates *t)
{
    int n_errors,
        n = gale_loader_check(t->loader, t->ending_list, gale__cli_templates_tell, t, &n_errors);

    t->n_errors += n_errors;
    if (n < 0)
        return gale__cli_fail(t->command, "%s: %s", t->dir, gale_strerror(n));
    if (n == 0 && n_errors == 0)
        return gale__cli_fail(t->command, "%s: no templates", t->dir);
    t->n_templates += n;
    return n_errors ? GALE__CLI_FAILED : GALE__CLI_OK;
}

/* --- gale template check --- */

static const char *plural(int n)
{
    return n == 1 ? "" : "s";
}

static int check(const struct gale__cli_command *command, int n_words, char **words)
{
    struct gale__cli_templates t = { .command = command };
    const struct gale__cli_option options[] = { GALE__CLI_TEMPLATE_OPTIONS(&t), { 0 } };
    int status = gale__cli_options(command, options, &n_words, words);
    bool has_failed = false; /* otherwise than by an error in a template, which was said */

    if (status == 0 && !n_words)
        status = gale__cli_usage(command, "which directory?");
    if (status == 0)
        status = gale__cli_templates_begin(&t);
    for (int i = 0; i < n_words && status == 0; i++) {
        int n_before = t.n_errors;

        if (gale__cli_templates_open(&t, words[i]) != 0 ||
            (gale__cli_templates_check(&t) != 0 && t.n_errors == n_before))
            has_failed = true;
    }
    if (status == 0 && t.n_errors)
        printf("%d template%s, %d error%s\n", t.n_templates, plural(t.n_templates), t.n_errors,
               plural(t.n_errors));
    else if (status == 0 && !has_failed)
        printf("%d template%s, no errors\n", t.n_templates, plural(t.n_templates));
    gale__cli_templates_end(&t);
    if (status)
        return status;
    return has_failed || t.n_errors ? GALE__CLI_FAILED : GALE__CLI_OK;
}

#define ENDINGS_HELP                                                                               \
    "  --endings .E,.F      which files are templates; .html,.xml,.txt,.js,.css,.svg\n"

static const struct gale__cli_command check_command = {
    .name = "gale template check",
    .summary = "finds the errors in directories of templates",
    .help = "usage: gale template check [options] DIR…\n\n"
            "Compiles each template below the directories and prints what is wrong with it, as\n"
            "FILE:LINE:COLUMN: error: …, with the line of source. Exits with 1 if anything is.\n"
            "Symbolic links and names that begin with a dot are left out.\n"
            "\noptions:\n" ENDINGS_HELP
            "  --autoescape NAME    as the application's setting, for example contextual\n"
            "  --whitespace MODE    all, single or oneline\n"
            "\nexamples:\n"
            "  gale template check templates\n"
            "  gale template check --endings .html,.tex templates mail/templates\n",
    .run = check,
};

static const struct gale__cli_command compile_command = {
    .name = "gale template compile",
    .summary = "turns a directory of templates into C",
    .help = "usage: gale template compile [options] DIR [-o FILE.c]\n\n"
            "Writes C that renders the templates below the directory without their files, for\n"
            "gale_compiled_loader_new() and settings.compiled_templates. Names of templates\n"
            "are relative to the directory; symbolic links are left out.\n"
            "\noptions:\n"
            "  -o, --output FILE    where the C goes; standard output\n"
            "  --header FILE        a header that declares the array\n"
            "  --depfile FILE       what the C was made from, for make and ninja\n"
            "  --name NAME          of the array in C; templates\n" ENDINGS_HELP
            "  --autoescape NAME    what {{ }} applies: None, a function, or contextual\n"
            "  --whitespace MODE    all, single or oneline\n"
            "\nexamples:\n"
            "  gale template compile templates -o templates.c\n"
            "  gale template compile --name mails --autoescape None mail -o mails.c\n",
    .run = gale__cli_compile,
};

static const struct gale__cli_command *const commands[] = { &check_command, &compile_command,
                                                            NULL };

const struct gale__cli_command gale__cli_template = {
    .name = "gale template",
    .summary = "checks templates, or turns them into C",
    .help = "usage: gale template COMMAND …\n\nWorks on directories of templates.\n\n"
            "examples:\n"
            "  gale template check templates\n"
            "  gale template compile templates -o templates.c\n",
    .commands = commands,
};
