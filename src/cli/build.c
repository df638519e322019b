/* build.c - "gale build": one program to ship, with its templates and static files in it.
 *
 * Everything that is made on the way lies in a directory of its own, which goes at the end.
 */
/* SPDX-License-Identifier: MIT */
#include "cli/build.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"

/* --- words of a command --- */

void gale__build_add(struct gale__build *b, const char *word)
{
    if (b->n_words < GALE__BUILD_WORDS)
        b->words[b->n_words++] = word;
}

/* Words between blanks. The text is changed, and lasts. */
static void add_split(struct gale__build *b, char *text)
{
    char *save;

    for (char *word = strtok_r(text, " \t\n", &save); word; word = strtok_r(NULL, " \t\n", &save))
        gale__build_add(b, word);
}

/* Runs the words: what they say goes where ours does. 0 or an exit code, after a message. */
static int run_words(struct gale__build *b)
{
    int status = 0;
    pid_t pid;

    b->words[b->n_words] = NULL;
    if (b->is_verbose)
        for (size_t i = 0; i < b->n_words; i++)
            fprintf(stderr, "%s%c", b->words[i], i + 1 < b->n_words ? ' ' : '\n');
    pid = fork();
    if (pid == 0) {
        execvp(b->words[0], (char *const *)(uintptr_t)b->words);
        fprintf(stderr, "%s: %s\n", b->words[0], strerror(errno));
        _exit(127);
    }
    if (pid < 0)
        return gale__cli_fail(b->command, "fork: %s", strerror(errno));
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return gale__cli_fail(b->command, "waitpid: %s", strerror(errno));
    return status == 0 ? 0 : gale__cli_fail(b->command, "%s failed", b->words[0]);
}

/* What pkg-config says, in flags. */
static int ask_flags(struct gale__build *b)
{
    char line[128];
    FILE *pipe;
    size_t n;

    snprintf(line, sizeof(line), "pkg-config --cflags --libs%s gale",
             b->is_static ? " --static" : "");
    pipe = popen(line, "re");
    if (!pipe)
        return gale__cli_fail(b->command, "pkg-config: %s", strerror(errno));
    n = fread(b->flags, 1, sizeof(b->flags) - 1, pipe);
    b->flags[n] = 0;
    if (pclose(pipe) != 0 || n == sizeof(b->flags) - 1)
        return gale__cli_fail(b->command, "pkg-config does not know gale: see `gale doctor`");
    return 0;
}

/* --- the program --- */

/* Debian's compiler takes -flto; where the library has no code for it, that does no harm. */
static int compile(struct gale__build *b)
{
    static char usual[] = "cc";
    char *cc = getenv("CC"), *cflags = getenv("CFLAGS");
    int r = ask_flags(b);

    if (r)
        return r;
    b->n_words = 0;
    add_split(b, cc && *cc ? cc : usual);
    gale__build_add(b, "-std=gnu11");
    gale__build_add(b, b->is_release ? "-O2" : "-O0");
    gale__build_add(b, "-g");
    if (b->is_release)
        gale__build_add(b, "-flto");
    if (b->is_static)
        gale__build_add(b, "-static");
    gale__build_add(b, "-o");
    gale__build_add(b, b->output);
    for (int i = 0; i < b->n_sources; i++)
        gale__build_add(b, b->sources[i]);
    if (b->is_embedding) {
        gale__build_add(b, b->templates_c);
        gale__build_add(b, b->embed_c);
    }
    add_split(b, b->flags);
    if (cflags)
        add_split(b, cflags);
    return run_words(b);
}

static int make_temp(struct gale__build *b)
{
    const char *base = getenv("TMPDIR");

    snprintf(b->temp, sizeof(b->temp), "%s/gale-build-XXXXXX", base && *base ? base : P_tmpdir);
    if (strpbrk(b->temp, "\"\\\n"))
        return gale__cli_fail(b->command, "TMPDIR has a quote or a backslash in it");
    if (!mkdtemp(b->temp))
        return gale__cli_fail(b->command, "%s: %s", b->temp, strerror(errno));
    snprintf(b->templates_c, sizeof(b->templates_c), "%s/templates.c", b->temp);
    snprintf(b->embed_c, sizeof(b->embed_c), "%s/embed.c", b->temp);
    return 0;
}

static void remove_temp(struct gale__build *b)
{
    char link[PATH_MAX];

    for (size_t i = 0; i < b->n_links; i++) {
        snprintf(link, sizeof(link), "%s/%zu", b->temp, i);
        unlink(link);
    }
    unlink(b->templates_c);
    unlink(b->embed_c);
    rmdir(b->temp);
}

static int make(struct gale__build *b)
{
    int r;

    if (!b->is_embedding)
        return compile(b);
    r = make_temp(b);
    if (r)
        return r;
    r = gale__build_embed(b);
    if (r == 0)
        r = compile(b);
    remove_temp(b);
    return r;
}

/* --- the command --- */

/* The directory of the first source: templates and static files lie there. */
static void find_place(struct gale__build *b)
{
    const char *slash = strrchr(b->sources[0], '/');

    if (slash)
        snprintf(b->dir, sizeof(b->dir), "%.*s",
                 (int)(slash - b->sources[0] + (slash == b->sources[0])), b->sources[0]);
    else
        snprintf(b->dir, sizeof(b->dir), ".");
}

/* "app.c" makes "app". */
static int name_output(struct gale__build *b)
{
    static const char ending[] = ".c";
    const char *base = strrchr(b->sources[0], '/');
    size_t len;

    base = base ? base + 1 : b->sources[0];
    len = strlen(base);
    for (int i = 0; i < b->n_sources; i++)
        if (!gale__str_ends_with(gale__str(b->sources[i]), GALE__STR(".c")) ||
            access(b->sources[i], R_OK) < 0)
            return gale__cli_fail(b->command, "%s: %s", b->sources[i],
                                  access(b->sources[i], R_OK) < 0 ? strerror(errno) : "no C file");
    if (!b->output) {
        snprintf(b->own_output, sizeof(b->own_output), "%.*s", (int)(len - strlen(ending)), base);
        b->output = b->own_output;
    }
    return 0;
}

static int build(const struct gale__cli_command *command, int n_words, char **words)
{
    struct gale__build b = { .command = command, .templates = "templates", .statics = "static" };
    const struct gale__cli_option options[] = {
        { "output", 'o', &b.output },
        { "templates", 0, &b.templates },
        { "static-files", 0, &b.statics },
        { "autoescape", 0, &b.autoescape },
        { "whitespace", 0, &b.whitespace },
        { .name = "release", .flag = &b.is_release },
        { .name = "static", .flag = &b.is_static },
        { .name = "embed", .flag = &b.is_embedding },
        { .name = "verbose", .letter = 'v', .flag = &b.is_verbose },
        { 0 },
    };
    int r = gale__cli_options(command, options, &n_words, words);

    if (r)
        return r;
    if (!n_words)
        return gale__cli_usage(command, "which file?");
    b.sources = (const char *const *)words;
    b.n_sources = n_words;
    r = name_output(&b);
    if (r)
        return r;
    find_place(&b);
    return make(&b);
}

const struct gale__cli_command gale__cli_build = {
    .name = "gale build",
    .summary = "builds one program to ship, with templates and static files in it",
    .help = "usage: gale build [options] FILE.c…\n\n"
            "Compiles the files into a program, by $CC, $CFLAGS and what pkg-config says of gale.\n"
            "With --embed the templates and static files that lie beside the first of them come\n"
            "into it: where settings.template_path and settings.static_path are those directories\n"
            "the program reads nothing from the disk, without a change of its sources.\n"
            "\noptions:\n"
            "  -o, --output FILE    the program; app for app.c\n"
            "  --release            optimised, also at link time\n"
            "  --static             needs no shared library, not even of the C library\n"
            "  --embed              with templates and static files\n"
            "  --templates DIR      which directory beside the source; templates\n"
            "  --static-files DIR   likewise; static\n"
            "  --autoescape NAME    of templates, as the application's setting\n"
            "  --whitespace MODE    likewise: all, single or oneline\n"
            "  -v, --verbose        prints the compiler's command\n"
            "\nexamples:\n"
            "  gale build app.c -o shop --release --embed\n"
            "  gale build app.c store.c --release --static --embed\n",
    .run = build,
};
