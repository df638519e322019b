/* under_run.c - the environment of a program that `gale run` has started. See under_run.h. */
/* SPDX-License-Identifier: MIT */
#include "base/under_run.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A path has to be absolute: whoever set it otherwise is not `gale run`. */
static const char *path_of(const char *name)
{
    const char *path = secure_getenv(name);

    return path && path[0] == '/' ? path : NULL;
}

static bool is_set(const char *name)
{
    const char *text = secure_getenv(name);

    return text && strcmp(text, "1") == 0;
}

const char *gale__run_dir(void)
{
    return path_of(GALE__RUN_DIR);
}

const char *gale__run_status(void)
{
    return path_of(GALE__RUN_STATUS);
}

bool gale__run_debug(void)
{
    return is_set(GALE__RUN_DEBUG);
}

bool gale__run_colors(void)
{
    return is_set(GALE__RUN_COLORS);
}

int gale__run_routes(void)
{
    const char *text = secure_getenv(GALE__RUN_ROUTES);
    char *end;
    long fd = text ? strtol(text, &end, 10) : -1;

    return text && *text && !*end && fd > STDERR_FILENO && fd <= INT_MAX ? (int)fd : -1;
}

bool gale__no_colors(void)
{
    const char *wish = getenv("NO_COLOR"), *term = getenv("TERM");

    return (wish && *wish) || (term && strcmp(term, "dumb") == 0);
}
