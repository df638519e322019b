/* run_project.c - what `gale run` is given: a file, a directory, a project of a build tool. */
/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gale/error.h>

#include "base/alloc.h"
#include "base/under_run.h"
#include "cli/run_parts.h"

static bool is_there(const char *dir, const char *name)
{
    char path[PATH_MAX];

    return snprintf(path, sizeof(path), "%s/%s", dir, name) < (int)sizeof(path) &&
           access(path, R_OK) == 0;
}

static bool has_suffix(const char *name, const char *const *suffixes)
{
    const char *dot = strrchr(name, '.');

    for (; dot && *suffixes; suffixes++)
        if (strcmp(dot, *suffixes) == 0)
            return true;
    return false;
}

bool gale__run_is_program_text(const char *name)
{
    static const char *const suffixes[] = { ".c", ".cc", ".cpp", ".cxx", NULL };

    return name[0] != '.' && has_suffix(name, suffixes);
}

static bool has_sources(const char *dir)
{
    DIR *list = opendir(dir);
    bool found = false;

    for (struct dirent *e; list && !found && (e = readdir(list));)
        found = gale__run_is_program_text(e->d_name);
    if (list)
        closedir(list);
    return found;
}

static int find_kind(struct gale__run_project *p)
{
    static const char *const makefiles[] = { "Makefile", "makefile", "GNUmakefile" };

    if (is_there(p->dir, "meson.build"))
        p->kind = GALE__RUN_MESON;
    else if (is_there(p->dir, "CMakeLists.txt"))
        p->kind = GALE__RUN_CMAKE;
    else
        p->kind = GALE__RUN_SOURCES;
    for (size_t i = 0; i < 3 && p->kind == GALE__RUN_SOURCES; i++)
        if (is_there(p->dir, makefiles[i]))
            p->kind = GALE__RUN_MAKE;
    if (p->kind == GALE__RUN_SOURCES && !has_sources(p->dir))
        return gale_err(GALE_EINVAL, "%s has no meson.build, CMakeLists.txt, Makefile or .c file",
                        p->dir);
    if (snprintf(p->build, sizeof(p->build), "%s%s", p->dir,
                 p->kind == GALE__RUN_MAKE ? "" : "/build") >= (int)sizeof(p->build))
        return gale_err(-ENAMETOOLONG, "%s: the path is too long", p->dir);
    return 0;
}

/* A file: its directory is the program's. */
static int take_file(struct gale__run_project *p)
{
    char *slash = strrchr(p->dir, '/');

    if (!gale__run_is_program_text(slash + 1))
        return gale_err(GALE_EINVAL, "%s is no directory and no C file", p->dir);
    memcpy(p->source, p->dir, sizeof(p->source));
    snprintf(p->name, sizeof(p->name), "%.*s", (int)strcspn(slash + 1, "."), slash + 1);
    slash[slash == p->dir] = 0;
    return 0;
}

static int look_at(struct gale__run_project *p, const char *path)
{
    struct stat st;
    const char *slash;

    if (!realpath(path, p->dir) || stat(p->dir, &st) < 0)
        return gale_err(-errno, "%s: %s", path, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return take_file(p);
    slash = strrchr(p->dir, '/');
    snprintf(p->name, sizeof(p->name), "%s", slash[1] ? slash + 1 : "program");
    return find_kind(p);
}

static int make_temp(struct gale__run_project *p)
{
    const char *base = getenv("XDG_RUNTIME_DIR");

    if (!base || !*base || access(base, W_OK) < 0)
        base = getenv("TMPDIR");
    if (!base || !*base || strlen(base) > sizeof(p->temp) / 2)
        base = "/tmp";
    snprintf(p->temp, sizeof(p->temp), "%s/gale-run-XXXXXX", base);
    if (!mkdtemp(p->temp)) {
        int r = gale_err(-errno, "cannot make %s: %s", p->temp, strerror(errno));

        p->temp[0] = 0;
        return r;
    }
    return 0;
}

int gale__run_project_open(struct gale__run *run, const char *path)
{
    int r = look_at(&run->project, path);

    return r < 0 ? r : make_temp(&run->project);
}

void gale__run_project_close(struct gale__run *run)
{
    char path[PATH_MAX];
    DIR *list = run->project.temp[0] ? opendir(run->project.temp) : NULL;

    for (struct dirent *e; list && (e = readdir(list));)
        if (snprintf(path, sizeof(path), "%s/%s", run->project.temp, e->d_name) < (int)sizeof(path))
            unlink(path);
    if (list)
        closedir(list);
    if (run->project.temp[0])
        rmdir(run->project.temp);
    gale__free(run->project.flags);
}

static bool is_below(const char *path, const char *dir)
{
    size_t len = strlen(dir);

    return strncmp(path, dir, len) == 0 && path[len] == '/';
}

bool gale__run_is_source(const struct gale__run *run, const char *path, bool *restart)
{
    static const char *const sources[] = { ".c",     ".h",     ".cc", ".cpp", ".cxx", ".hh",
                                           ".hpp",   ".inc",   ".S",  ".y",   ".l",   ".in",
                                           ".build", ".cmake", ".mk", ".pc",  NULL };
    static const char *const read_once[] = { ".csv", ".mo", ".po", ".conf", ".ini", ".toml", NULL };
    static const char *const pages[] = { ".html", ".htm", ".xml", ".txt", ".json", ".js",
                                         ".css",  ".svg", ".md",  ".t",   ".tmpl", NULL };
    const struct gale__run_project *p = &run->project;
    const char *name = strrchr(path, '/');

    *restart = false;
    if (p->kind != GALE__RUN_SOURCES && p->kind != GALE__RUN_MAKE && is_below(path, p->build))
        return false;
    if (has_suffix(name + 1, sources) || strcasecmp(name + 1, "makefile") == 0 ||
        strcmp(name + 1, "CMakeLists.txt") == 0 || gale__run_is_included(run, path))
        return true;
    /* With debug templates and static files count at once, and the program tells its pages. */
    *restart = has_suffix(name + 1, read_once) ||
               (run->options.release && has_suffix(name + 1, pages));
    return false;
}
