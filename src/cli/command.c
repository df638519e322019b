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

/* The last word of a command's name, "gale template check". */
static const char *last_word(const struct gale__cli_command *command)
{
    const char *space = strrchr(command->name, ' ');

    return space ? space + 1 : command->name;
}

static int unknown_command(const struct gale__cli_command *command, const char *word)
{
    for (const struct gale__cli_command *c = command->commands; c->name; c++)
        if (is_near(word, last_word(c)))
            return gale__cli_usage(command, "there is no command '%s'; did you mean '%s'?", word,
                                   last_word(c));
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
    for (const struct gale__cli_command *c = command->commands; c->name; c++)
        fprintf(out, "  %-12s %s\n", last_word(c), c->summary);
    fprintf(out, "\n%s COMMAND --help tells more.\n", command->name);
}

static bool asks_for_help(int n_words, char **words)
{
    for (int i = 0; i < n_words && strcmp(words[i], "--") != 0; i++)
        if (is_help(words[i]))
            return true;
    return false;
}

static int run_below(const struct gale__cli_command *command, int n_words, char **words)
{
    if (n_words && (is_help(words[0]) || strcmp(words[0], "help") == 0)) {
        print_help(command, stdout);
        return GALE__CLI_OK;
    }
    if (!n_words) {
        print_help(command, stderr);
        return GALE__CLI_USAGE;
    }
    for (const struct gale__cli_command *c = command->commands; c->name; c++)
        if (strcmp(words[0], last_word(c)) == 0)
            return gale__cli_run(c, n_words - 1, words + 1);
    return unknown_command(command, words[0]);
}

int gale__cli_run(const struct gale__cli_command *command, int n_words, char **words)
{
    if (command->commands)
        return run_below(command, n_words, words);
    if (asks_for_help(n_words, words)) {
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

int gale__cli_options(const struct gale__cli_command *command,
                      const struct gale__cli_option *options, int *n_words, char **words)
{
    int n = *n_words, kept = 0, i = 0;

    for (; i < n && strcmp(words[i], "--") != 0; i++) {
        size_t len = strcspn(words[i], "=");
        const struct gale__cli_option *option;
        char *value;

        if (words[i][0] != '-' || !words[i][1]) {
            words[kept++] = words[i];
            continue;
        }
        option = find_option(options, words[i], len);
        if (!option)
            return unknown_option(command, options, words[i], len);
        value = value_in(words[i]);
        if (!value && ++i == n)
            return gale__cli_usage(command, "%s needs a value", words[i - 1]);
        *option->value = value ? value : words[i];
    }
    for (i++; i < n; i++)
        words[kept++] = words[i];
    *n_words = kept;
    return 0;
}
