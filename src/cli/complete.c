/* complete.c - "gale complete": what may come next on a command line. A shell's completion asks it
 * (share/bash-completion/completions/gale), so that what is offered is always what there is.
 */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/help.h"

/* Prints what begins as the word does. */
static void offer(const char *word, gale_str what)
{
    if (gale__str_starts_with(what, gale__str(word)))
        printf("%.*s\n", (int)what.len, what.ptr);
}

/* "--output" of "-o, --output FILE". */
static gale_str long_name(gale_str option)
{
    size_t len = 2;

    while (option.len > 2 && strncmp(option.ptr, "--", 2) != 0)
        option = gale__str_skip(option, 1);
    if (option.len <= 2)
        return (gale_str){ option.ptr, 0 };
    while (len < option.len && option.ptr[len] != ' ' && option.ptr[len] != '=')
        len++;
    return (gale_str){ option.ptr, len };
}

static void offer_options(const struct gale__cli_command *command, const char *word)
{
    struct gale__cli_help h = { .rest = command->help };
    gale_str option, text;

    while (gale__cli_help_next(&h)) {
        if (!gale__str_equal(h.part, GALE__STR("options")))
            continue;
        gale__cli_help_option(h.line, &option, &text);
        option = long_name(option);
        if (option.len)
            offer(word, option);
    }
    offer(word, GALE__STR("--help"));
}

static void offer_commands(const struct gale__cli_command *command, const char *word)
{
    for (const struct gale__cli_command *const *c = command->commands; *c; c++)
        if (!(*c)->is_hidden)
            offer(word, gale__str(gale__cli_word(*c)));
    offer(word, GALE__STR("--help"));
}

static void offer_words(const struct gale__cli_command *command, const char *word)
{
    const char *rest = command->values ? strchr(command->values, '=') + 1 : "";
    gale_str values = gale__str(rest), value;

    while (values.len && gale__str_split(&values, ',', &value))
        offer(word, value);
}

/* Whether the word is the option whose values the command names. */
static bool wants_value(const struct gale__cli_command *command, const char *option)
{
    size_t len = command->values ? strcspn(command->values, "=") : 0;

    return len && strncmp(option, "--", 2) == 0 && strlen(option) == len + 2 &&
           strncmp(option + 2, command->values, len) == 0;
}

/* words: those behind "gale", the last of which is to be completed; bash gives = as one of them. */
static int complete(const struct gale__cli_command *self, int n_words, char **words)
{
    const struct gale__cli_command *command = &gale__cli_gale;
    const char *word = n_words ? words[n_words - 1] : "";
    const char *before = "";
    int i = 0;

    if (n_words && strcmp(words[0], "--") == 0)
        i = 1;
    if (i < n_words - 1 && strcmp(words[i], "help") == 0)
        i++;
    for (; i < n_words - 1; i++) {
        const struct gale__cli_command *below = gale__cli_find(command, words[i]);

        if (command->commands && !below)
            return GALE__CLI_OK; /* of a command that there is not, nothing is known */
        command = below ? below : command;
        before = strcmp(words[i], "=") == 0 ? before : words[i];
    }
    if (wants_value(command, before))
        offer_words(command, strcmp(word, "=") == 0 ? "" : word);
    else if (command->commands)
        offer_commands(command, word);
    else if (*word == '-')
        offer_options(command, word);
    return GALE__CLI_OK;
}

const struct gale__cli_command gale__cli_complete = {
    .name = "gale complete",
    .summary = "tells shells what may come next",
    .help = "usage: gale complete -- WORD…\n\nPrints what the last of the words may become.\n",
    .run = complete,
    .is_hidden = true,
};
