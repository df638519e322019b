/* commands.c - the command "gale": what it can do. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

static int print_version(const struct gale__cli_command *command, int n_words, char **words)
{
    if (n_words)
        return gale__cli_usage(command, "'%s' is too much", words[0]);
    printf("gale %s\n", gale_version());
    return GALE__CLI_OK;
}

static const struct gale__cli_command version_command = {
    .name = "gale version",
    .summary = "prints the version",
    .help = "usage: gale version\n\nPrints the version of gale.\n\n"
            "examples:\n"
            "  gale version\n",
    .run = print_version,
};

static const struct gale__cli_command *const commands[] = {
    &gale__cli_run_command, &gale__cli_new,    &gale__cli_build,    &gale__cli_template,
    &gale__cli_secret,      &gale__cli_doctor, &gale__cli_routes,   &gale__cli_wsgi,
    &version_command,       &gale__cli_man,    &gale__cli_complete, NULL,
};

const struct gale__cli_command gale__cli_gale = {
    .name = "gale",
    .summary = "works on programs that are made with gale",
    .help = "usage: gale COMMAND …\n\nWorks on programs that are made with gale.\n\n"
            "examples:\n"
            "  gale new shop\n"
            "  gale run hello.c\n"
            "  gale build app.c -o shop --release --embed\n"
            "  gale template check templates\n"
            "  gale template compile templates -o templates.c\n"
            "  gale secret\n"
            "  gale doctor\n",
    .commands = commands,
};

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        argv[1] = (char *)"version";
    return gale__cli_run(&gale__cli_gale, argc ? argc - 1 : 0, argv + 1);
}
