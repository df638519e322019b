/* command.h - commands of the program "gale": a tree of them, the options that one takes.
 *
 * A command is one struct in a table; commands.c has the first table. Exit codes: 0, 1 when the
 * command found or met an error, 2 when it was not used as its help says.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_CLI_COMMAND_H
#define GALE_CLI_COMMAND_H

#include <gale/base.h>

enum { GALE__CLI_OK, GALE__CLI_FAILED, GALE__CLI_USAGE };

struct gale__cli_command {
    const char *name;
    const char *summary; /* a line of the list of commands */
    const char *help;    /* what --help prints, in lines */
    /* words: what follows the command's name. An exit code. */
    int (*run)(const struct gale__cli_command *command, int n_words, char **words);
    const struct gale__cli_command *const *commands; /* instead: those below it; ended by NULL */
    const char *values; /* of an option, for completion: "kind=site,api"; NULL: none */
    bool is_hidden;     /* for the build and for shells: in no list */
};

/* The program itself (commands.c). */
extern const struct gale__cli_command gale__cli_gale;

/* The last word of its name: "check" of "gale template check". */
const char *gale__cli_word(const struct gale__cli_command *command);

/* The command below that the word names, or NULL. */
const struct gale__cli_command *gale__cli_find(const struct gale__cli_command *command,
                                               const char *word);

/* Runs the command that the words name, or says what is wrong with them. */
int gale__cli_run(const struct gale__cli_command *command, int n_words, char **words);

/* An option of a command: --name VALUE, --name=VALUE, or -letter VALUE. */
struct gale__cli_option {
    const char *name;
    char letter; /* 0: none */
    const char **value;
    bool *flag; /* instead: set by --name, which has no value */
};

/* Takes the options (ended by { 0 }) out of the words: the rest moves to their front and is counted
 * in *n_words. 0, or GALE__CLI_USAGE after a message. */
int gale__cli_options(const struct gale__cli_command *command,
                      const struct gale__cli_option *options, int *n_words, char **words);

/* "gale NAME: message" on standard error. Gives GALE__CLI_USAGE, with a hint at --help, or
 * GALE__CLI_FAILED. */
int gale__cli_usage(const struct gale__cli_command *command, const char *fmt, ...)
    GALE_PRINTF(2, 3);
int gale__cli_fail(const struct gale__cli_command *command, const char *fmt, ...) GALE_PRINTF(2, 3);

extern const struct gale__cli_command gale__cli_build;
extern const struct gale__cli_command gale__cli_complete;
extern const struct gale__cli_command gale__cli_doctor;
extern const struct gale__cli_command gale__cli_man;
extern const struct gale__cli_command gale__cli_routes;
extern const struct gale__cli_command gale__cli_run_command;
extern const struct gale__cli_command gale__cli_new;
extern const struct gale__cli_command gale__cli_secret;
extern const struct gale__cli_command gale__cli_template;
extern const struct gale__cli_command gale__cli_wsgi;

#endif
