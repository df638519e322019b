/* wsgi_command.c - "gale wsgi": runs the program gale-wsgi, so that gale itself needs no Python. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cli/command.h"

static const char program[] = "gale-wsgi";

/* Beside this program, as both are built and installed. */
static void find_beside(char *path, size_t size)
{
    ssize_t len = readlink("/proc/self/exe", path, size - sizeof(program) - 1);
    char *slash;

    path[len > 0 ? len : 0] = 0;
    slash = strrchr(path, '/');
    snprintf(slash ? slash + 1 : path, sizeof(program), "%s", program);
}

static int wsgi(const struct gale__cli_command *command, int n_words, char **words)
{
    char path[PATH_MAX];
    char **argv = gale__calloc((size_t)n_words + 2, sizeof(*argv));

    if (!argv)
        return gale__cli_fail(command, "no memory");
    argv[0] = (char *)program;
    memcpy(argv + 1, words, (size_t)n_words * sizeof(*argv));
    find_beside(path, sizeof(path));
    execv(path, argv);
    execvp(program, argv);
    gale__free(argv);
    return gale__cli_fail(command,
                          errno == ENOENT ? "there is no gale-wsgi here (the package of that name "
                                            "has it; a build needs python3-dev)"
                                          : "gale-wsgi: %s",
                          strerror(errno));
}

const struct gale__cli_command gale__cli_wsgi = {
    .name = "gale wsgi",
    .summary = "serves a WSGI application of Python",
    .help = "usage: gale wsgi [options] MODULE:CALLABLE\n\n"
            "Serves a WSGI application: Flask's, Django's or another. What follows the colon has\n"
            "dots, or is a factory: \"shop:create_app()\"; without one it is \"application\".\n"
            "\noptions:\n"
            "  --path=DIR[:DIR...]    where modules are looked for first; the current directory\n"
            "  --venv=DIR             a virtual environment\n"
            "  --python-threads=N     requests in Python at once, in each process; 8\n"
            "  --prefix=/PATH         answers below this path only (SCRIPT_NAME)\n"
            "  --static=/URL/=DIR     files that Python is not asked for; several times\n"
            "  --max-body-size=BYTES  of a request; 1 GiB\n"
            "  --debug                tracebacks for clients; restarts when a source changes\n"
            "  --port, --workers …    those of every program of gale: gale-wsgi --help\n"
            "\nexamples:\n"
            "  gale wsgi site:app\n"
            "  gale wsgi --debug --path=src 'shop:create_app()'\n"
            "  gale wsgi --workers=4 --static=/static/=assets mysite.wsgi\n",
    .run = wsgi,
};
