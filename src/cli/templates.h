/* templates.h - directories of templates, as the commands below "gale template" work on them. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_CLI_TEMPLATES_H
#define GALE_CLI_TEMPLATES_H

#include "cli/command.h"
#include "template/loader.h"

/* What the options say. */
struct gale__cli_templates {
    const struct gale__cli_command *command;
    const char *autoescape, *whitespace, *endings; /* NULL: not given */
    const char *dir;                               /* as it was given, without slashes at its end */
    gale_loader *loader;
    const char *const *ending_list; /* in arena */
    struct gale__arena arena;
    int n_errors, n_templates; /* of all directories */
};

#define GALE__CLI_TEMPLATE_OPTIONS(t)                                                              \
    { "autoescape", 0, &(t)->autoescape }, { "whitespace", 0, &(t)->whitespace },                  \
    {                                                                                              \
        "endings", 0, &(t)->endings                                                                \
    }

/* Makes the list of endings. An exit code. */
int gale__cli_templates_begin(struct gale__cli_templates *t);
/* Goes to a directory. An exit code, after a message. */
int gale__cli_templates_open(struct gale__cli_templates *t, const char *dir);
/* Prints an error as compilers do: file:line:column, then the source line and a caret. */
void gale__cli_templates_tell(void *templates, const gale_template_error *error);
/* Checks all of the directory and counts. An exit code. */
int gale__cli_templates_check(struct gale__cli_templates *t);
/* Frees everything. */
void gale__cli_templates_end(struct gale__cli_templates *t);

/* compile_templates.c */
int gale__cli_compile(const struct gale__cli_command *command, int n_words, char **words);

#endif
