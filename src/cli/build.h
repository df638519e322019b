/* build.h - the command "gale build": its parts, private to build*.c. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_CLI_BUILD_H
#define GALE_CLI_BUILD_H

#include <limits.h>

#include "cli/command.h"

enum { GALE__BUILD_WORDS = 512 };

struct gale__build {
    const struct gale__cli_command *command;
    const char *const *sources; /* n_sources */
    int n_sources;
    const char *output, *templates, *statics, *autoescape, *whitespace;
    bool is_release, is_static, is_embedding, is_verbose;
    char dir[PATH_MAX]; /* of the sources */
    char own_output[PATH_MAX];
    char temp[PATH_MAX / 2]; /* what is made on the way: templates_c, embed_c */
    size_t n_links;          /* there, named by numbers */
    char templates_c[PATH_MAX], embed_c[PATH_MAX];
    char flags[16 * 1024]; /* of pkg-config */
    const char *words[GALE__BUILD_WORDS + 1];
    size_t n_words;
};

/* Adds a word to the compiler's command. */
void gale__build_add(struct gale__build *b, const char *word);

/* build_embed.c: writes templates_c and embed_c. An exit code, after a message. */
int gale__build_embed(struct gale__build *b);

#endif
