/* run_build.c - how `gale run` builds: the compiler itself with the flags of pkg-config, or the
 * project's own tool. */
/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gale/error.h>
#include <gale/gen.h>
#include <gale/process.h>

#include "base/alloc.h"
#include "base/str.h"
#include "cli/run_parts.h"

/* Text of the coroutine's scope; NULL: out of memory. */
static char *in_scope(const char *fmt, ...)
{
    char text[2 * PATH_MAX];
    char *copy;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    copy = n < (int)sizeof(text) ? gale_scope_alloc((size_t)n + 1) : NULL;
    return copy ? memcpy(copy, text, (size_t)n + 1) : NULL;
}

/* The words of a command. What they point at is the coroutine's scope's, or lasts longer. */
struct words {
    const char *list[GALE__RUN_WORDS + 1];
    size_t n;
};

static void add(struct words *w, const char *word)
{
    if (word && w->n < GALE__RUN_WORDS)
        w->list[w->n++] = word;
}

/* Messages in English, as the language of who reads "error:" for us. */
static void begin(struct words *w)
{
    *w = (struct words){ 0 };
    add(w, "env");
    add(w, "LC_ALL=C.UTF-8");
}

/* Words between blanks; text is changed. */
static void add_split(struct words *w, char *text)
{
    for (char *save, *word = strtok_r(text, " \t\n", &save); word;
         word = strtok_r(NULL, " \t\n", &save))
        add(w, word);
}

/* Waits. 0; 1 when it failed: the messages tell, with this title. */
static int command(struct gale__run *run, const struct words *w, const char *title)
{
    gale_subprocess_output out;
    struct gale__buf all;
    int r = gale_subprocess_run(w->list, (gale_str){ "", 0 }, 0, &out);

    if (r < 0)
        return r;
    if (out.err.len)
        (void)!write(STDERR_FILENO, out.err.ptr, out.err.len);
    if (out.status == 0)
        return 0;
    gale__buf_init(&all, SIZE_MAX / 8);
    gale__buf_append_str(&all, out.err);
    r = gale__buf_append_str(&all, out.out); /* where ninja writes */
    if (out.out.len)
        (void)!write(STDERR_FILENO, out.out.ptr, out.out.len);
    if (r >= 0)
        r = gale__run_messages(run, title, gale__buf_str(&all));
    gale__buf_deinit(&all);
    return r < 0 ? r : 1;
}

/* --- with the compiler alone --- */

/* Waits. The flags, asked for once. */
static int find_flags(struct gale__run *run)
{
    static const char *const ask[] = { "pkg-config", "--cflags", "--libs", "gale", NULL };
    static const char *const where[] = { "pkg-config", "--variable=libdir", "gale", NULL };
    const char *own = run->options.cflags ? run->options.cflags : getenv("CFLAGS");
    gale_subprocess_output out, libdir;
    struct gale__buf text;
    gale_str dir;
    int r = gale_subprocess_run(ask, (gale_str){ "", 0 }, 0, &out);

    if (r >= 0 && out.status != 0)
        r = gale_err(GALE_ENOTFOUND, "pkg-config does not know gale: %.200s",
                     out.err.len ? out.err.ptr : "is it installed?");
    if (r >= 0)
        r = gale_subprocess_run(where, (gale_str){ "", 0 }, 0, &libdir);
    if (r < 0)
        return r;
    dir = gale__str_trim_lines(gale__str_trim(libdir.out));
    gale__buf_init(&text, SIZE_MAX / 8);
    gale__buf_append_str(&text, out.out);
    if (dir.len)
        gale__buf_printf(&text, " -Wl,-rpath,%.*s", (int)dir.len, dir.ptr);
    r = gale__buf_printf(&text, " %s", own ? own : "");
    run->project.flags = r >= 0 ? gale__buf_take(&text, NULL) : NULL;
    gale__buf_deinit(&text);
    return run->project.flags ? 0 : -ENOMEM;
}

static int add_sources(struct gale__run *run, struct words *w)
{
    const struct gale__run_project *p = &run->project;
    bool has_cpp = false;
    DIR *list;

    if (p->source[0]) {
        add(w, p->source);
        return 0;
    }
    list = opendir(p->dir);
    if (!list)
        return gale_err(-errno, "%s: %s", p->dir, strerror(errno));
    for (struct dirent *e; (e = readdir(list));) {
        if (!gale__run_is_program_text(e->d_name))
            continue;
        add(w, in_scope("%s/%s", p->dir, e->d_name));
        has_cpp = has_cpp || !gale__str_ends_with(gale__str(e->d_name), GALE__STR(".c"));
    }
    closedir(list);
    if (has_cpp)
        add(w, "-lstdc++"); /* as the C compiler takes both */
    return 0;
}

static const char *compiler(const struct gale__run *run)
{
    const char *source = run->project.source, *dot = strrchr(source, '.');
    bool is_cpp = *source && dot && strcmp(dot, ".c") != 0;
    const char *cc = run->options.cc ? run->options.cc : getenv(is_cpp ? "CXX" : "CC");

    return cc && *cc ? cc : is_cpp ? "c++" : "cc";
}

/* Waits. The compiler and its first word. */
static int begin_compiler(struct gale__run *run, struct words *w)
{
    char *cc = in_scope("%s", compiler(run));
    int r = run->project.flags ? 0 : find_flags(run);

    if (r < 0)
        return r;
    begin(w);
    add_split(w, cc);
    return cc ? 0 : -ENOMEM;
}

static int add_rest(struct gale__run *run, struct words *w)
{
    char *flags = in_scope("%s", run->project.flags);
    int r = flags ? add_sources(run, w) : -ENOMEM;

    if (r >= 0)
        add_split(w, flags);
    return r;
}

static int compile(struct gale__run *run, char *path)
{
    struct gale__run_project *p = &run->project;
    const char *level = run->options.optimize  ? run->options.optimize
                        : run->options.release ? "2"
                                               : "0";
    struct words w;
    int r = begin_compiler(run, &w);

    if (r < 0)
        return r;
    /* Its name is new each time: the one before runs. */
    snprintf(path, PATH_MAX, "%s/%s-%u", p->temp, p->name, p->n);
    add(&w, in_scope("-O%.8s", level));
    add(&w, "-g");
    add(&w, "-Wall");
    add(&w, "-o");
    add(&w, path);
    r = add_rest(run, &w);
    return r < 0 ? r : command(run, &w, "It does not compile");
}

/* --- with the project's own tool --- */

static int set_up(struct gale__run *run, struct words *w)
{
    const struct gale__run_project *p = &run->project;
    bool is_meson = p->kind == GALE__RUN_MESON;
    const char *made = in_scope("%s/%s", p->build, is_meson ? "build.ninja" : "CMakeCache.txt");

    if (!made || access(made, F_OK) == 0)
        return made ? 0 : -ENOMEM;
    begin(w);
    if (is_meson) {
        add(w, "meson");
        add(w, "setup");
        add(w, run->options.release ? "--buildtype=release" : "--buildtype=debug");
        add(w, p->build);
        add(w, p->dir);
    } else {
        add(w, "cmake");
        add(w, run->options.release ? "-DCMAKE_BUILD_TYPE=Release" : "-DCMAKE_BUILD_TYPE=Debug");
        add(w, "-S");
        add(w, p->dir);
        add(w, "-B");
        add(w, p->build);
    }
    return command(run, w, "The project cannot be set up");
}

static int build_project(struct gale__run *run, char *path)
{
    const struct gale__run_project *p = &run->project;
    struct words w;
    int r = p->kind == GALE__RUN_MAKE ? 0 : set_up(run, &w);

    if (r != 0)
        return r;
    begin(&w);
    if (p->kind == GALE__RUN_MESON) {
        add(&w, "ninja");
        add(&w, "-C");
        add(&w, p->build);
    } else if (p->kind == GALE__RUN_CMAKE) {
        add(&w, "cmake");
        add(&w, "--build");
        add(&w, p->build);
    } else {
        add(&w, "make");
        add(&w, "-s");
        add(&w, "-C");
        add(&w, p->dir);
    }
    r = command(run, &w, "It does not build");
    return r != 0 ? r : gale__run_find(run, path);
}

int gale__run_build(struct gale__run *run, char *path)
{
    run->project.n++;
    clock_gettime(CLOCK_REALTIME_COARSE, &run->built);
    return run->project.kind == GALE__RUN_SOURCES ? compile(run, path) : build_project(run, path);
}

/* --- what was included --- */

int gale__run_ask_included(struct gale__run *run, gale_str *out)
{
    gale_subprocess_output said = { 0 };
    struct words w;
    int r = 0;

    if (run->project.kind == GALE__RUN_SOURCES) {
        r = begin_compiler(run, &w);
        add(&w, "-MM");
        r = r < 0 ? r : add_rest(run, &w);
    } else {
        begin(&w);
        add(&w, "ninja");
        add(&w, "-C");
        add(&w, run->project.build);
        add(&w, "-t");
        add(&w, "deps");
    }
    if (r >= 0)
        r = gale_subprocess_run(w.list, (gale_str){ "", 0 }, 0, &said);
    *out = said.out;
    return r;
}
