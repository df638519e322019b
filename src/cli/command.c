/* command.c - finds the command that is meant; options; messages. See command.h. */
/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAX_WORD = 32 };

/* --- messages --- */

static void say(const struct gale__cli_command *command, const char *fmt, va_list ap)
{
    fprintf(stderr, "%s: ", command->name);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
}

int gale__cli_usage(const struct gale__cli_command *command, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    say(command, fmt, ap);
    va_end(ap);
    fprintf(stderr, "try: %s --help\n", command->name);
    return GALE__CLI_USAGE;
}

int gale__cli_fail(const struct gale__cli_command *command, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    say(command, fmt, ap);
    va_end(ap);
    return GALE__CLI_FAILED;
}

/* --- what was meant --- */

static int least(int a, int b, int c)
{
    int m = a < b ? a : b;

    return m < c ? m : c;
}

/* How many letters must change to make one of the other; both are short. */
static int distance(const char *a, const char *b)
{
    int row[MAX_WORD + 1];
    int len = (int)strlen(b);

    for (int j = 0; j <= len; j++)
        row[j] = j;
    for (int i = 1; a[i - 1]; i++) {
        int corner = row[0];

        row[0] = i;
        for (int j = 1; j <= len; j++) {
            int above = row[j];

            row[j] = least(row[j] + 1, row[j - 1] + 1, corner + (a[i - 1] != b[j - 1]));
            corner = above;
        }
    }
    return row[len];
}

/* Whether word may be meant for name: a third of it may be wrong, or it is the beginning. */
static bool is_near(const char *word, const char *name)
{
    size_t len = strlen(name);

    if (!*word || strlen(word) >= MAX_WORD || len >= MAX_WORD)
        return false;
    return strncmp(word, name, strlen(word)) == 0 || distance(word, name) <= (int)(len + 2) / 3;
}

const char *gale__cli_word(const struct gale__cli_command *command)
{
    const char *space = strrchr(command->name, ' ');

    return space ? space + 1 : command->name;
}

const struct gale__cli_command *gale__cli_find(const struct gale__cli_command *command,
                                               const char *word)
{
    const struct gale__cli_command *const *c = command->commands;

    while (c && *c && strcmp(word, gale__cli_word(*c)) != 0)
        c++;
    return c ? *c : NULL;
}

static int unknown_command(const struct gale__cli_command *command, const char *word)
{
    for (const struct gale__cli_command *const *c = command->commands; *c; c++)
        if (!(*c)->is_hidden && is_near(word, gale__cli_word(*c)))
            return gale__cli_usage(command, "there is no command '%s'; did you mean '%s'?", word,
                                   gale__cli_word(*c));
    return gale__cli_usage(command, "there is no command '%s'", word);
}

static int unknown_option(const struct gale__cli_command *command,
                          const struct gale__cli_option *options, const char *word, size_t len)
{
    char name[MAX_WORD];

    snprintf(name, sizeof(name), "%.*s", (int)len, word);
    for (const char *dashes = name; *dashes == '-'; dashes++)
        memmove(name, name + 1, strlen(name));
    for (; options->name; options++)
        if (is_near(name, options->name))
            return gale__cli_usage(command, "there is no option %.*s; did you mean --%s?", (int)len,
                                   word, options->name);
    return gale__cli_usage(command, "there is no option %.*s", (int)len, word);
}

/* --- commands --- */

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static void print_help(const struct gale__cli_command *command, FILE *out)
{
    fputs(command->help, out);
    if (!command->commands)
        return;
    fputs("\ncommands:\n", out);
    for (const struct gale__cli_command *const *c = command->commands; *c; c++)
        if (!(*c)->is_hidden)
            fprintf(out, "  %-12s %s\n", gale__cli_word(*c), (*c)->summary);
    fprintf(out, "\n%s COMMAND --help tells more.\n", command->name);
}

static bool asks_for_help(int n_words, char **words)
{
    for (int i = 0; i < n_words && strcmp(words[i], "--") != 0; i++)
        if (is_help(words[i]))
            return true;
    return false;
}

/* "gale help template check" is "gale template check --help". */
static int print_help_of(const struct gale__cli_command *command, int n_words, char **words)
{
    for (int i = 0; i < n_words; i++) {
        const struct gale__cli_command *below = gale__cli_find(command, words[i]);

        if (!below && command->commands)
            return unknown_command(command, words[i]);
        if (!below)
            return gale__cli_usage(command, "'%s' is too much", words[i]);
        command = below;
    }
    print_help(command, stdout);
    return GALE__CLI_OK;
}

static int run_below(const struct gale__cli_command *command, int n_words, char **words)
{
    const struct gale__cli_command *below;

    if (!n_words) {
        print_help(command, stderr);
        return GALE__CLI_USAGE;
    }
    if (is_help(words[0]))
        return print_help_of(command, 0, NULL);
    if (strcmp(words[0], "help") == 0)
        return print_help_of(command, n_words - 1, words + 1);
    below = gale__cli_find(command, words[0]);
    return below ? gale__cli_run(below, n_words - 1, words + 1)
                 : unknown_command(command, words[0]);
}

int gale__cli_run(const struct gale__cli_command *command, int n_words, char **words)
{
    if (command->commands)
        return run_below(command, n_words, words);
    if (!command->is_hidden && asks_for_help(n_words, words)) {
        print_help(command, stdout);
        return GALE__CLI_OK;
    }
    return command->run(command, n_words, words);
}

/* --- options --- */

static const struct gale__cli_option *find_option(const struct gale__cli_option *options,
                                                  const char *word, size_t len)
{
    for (; options->name; options++) {
        if (options->letter && word[1] == options->letter)
            return options;
        if (len == strlen(options->name) + 2 && word[1] == '-' &&
            strncmp(word + 2, options->name, len - 2) == 0)
            return options;
    }
    return NULL;
}

/* The value that the word itself has: --name=VALUE, -nVALUE or -n=VALUE; NULL: none. */
static char *value_in(char *word)
{
    char *value = word[1] == '-' ? strchr(word, '=') : word + 2;

    if (!value || !*value)
        return NULL;
    return *value == '=' ? value + 1 : value;
}

/* Takes the option at words, of which there are n: how many of them it was, or less than 0. */
static int take_option(const struct gale__cli_command *command,
                       const struct gale__cli_option *options, int n, char **words)
{
    size_t len = strcspn(words[0], "=");
    const struct gale__cli_option *option = find_option(options, words[0], len);
    char *value = value_in(words[0]);

    if (!option)
        return -unknown_option(command, options, words[0], len);
    if (option->flag && value)
        return -gale__cli_usage(command, "--%s takes no value", option->name);
    if (option->flag) {
        *option->flag = true;
        return 1;
    }
    if (!value && n == 1)
        return -gale__cli_usage(command, "%s needs a value", words[0]);
    *option->value = value ? value : words[1];
    return value ? 1 : 2;
}

int gale__cli_options(const struct gale__cli_command *command,
                      const struct gale__cli_option *options, int *n_words, char **words)
{
    int n = *n_words, kept = 0, i = 0;

    while (i < n && strcmp(words[i], "--") != 0) {
        int taken = 1;

        if (words[i][0] == '-' && words[i][1])
            taken = take_option(command, options, n - i, words + i);
        else
            words[kept++] = words[i];
        if (taken < 0)
            return -taken;
        i += taken;
    }
    for (i++; i < n; i++)
        words[kept++] = words[i];
    *n_words = kept;
    return 0;
}
