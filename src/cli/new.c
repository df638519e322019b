/* new.c - "gale new": a project out of the skeleton of its kind (share/gale/new).
 *
 * In names of files "dot-" is a dot and "name." the project's, in their text @name@ is. All is
 * checked before anything is made.
 */
/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/command.h"
#include "cli/skeleton.h"

struct project {
    const struct gale__cli_command *command;
    const char *name, *kind;
    int n_files;
};

/* --- checks --- */

/* Names that its own build would trip over. */
static bool is_taken(const char *name)
{
    static const char *const taken[] = { "all",     "app",  "build", "clean",     "gale",
                                         "install", "main", "meson", "ninja",     "reconfigure",
                                         "static",  "test", "tests", "templates", "test_app" };

    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        if (strcmp(name, taken[i]) == 0)
            return true;
    return false;
}

/* NULL, or what is wrong with it. */
static const char *fault_of(const char *name)
{
    size_t len = strlen(name);

    if (!len || len > 60)
        return "has 1 to 60 letters";
    if (!islower((unsigned char)name[0]))
        return "begins with a small letter";
    if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") != len)
        return "has small letters, digits, - and _ only: it becomes a program, a service and an "
               "image";
    if (name[len - 1] == '-' || name[len - 1] == '_')
        return "ends with a letter or a digit";
    return is_taken(name) ? "is none of the names that its own build has" : NULL;
}

static bool is_kind(const char *kind)
{
    size_t len = strlen(kind);

    for (const struct gale__skeleton_file *f = gale__skeletons; f->path; f++)
        if (strncmp(f->path, kind, len) == 0 && f->path[len] == '/' && strcmp(kind, "common") != 0)
            return true;
    return false;
}

/* 0: it is not there, or is empty. */
static int check_place(const struct project *p)
{
    DIR *dir = opendir(p->name);
    bool is_empty = true;

    if (!dir && errno == ENOENT)
        return 0;
    if (!dir)
        return gale__cli_fail(p->command, "%s: %s", p->name, strerror(errno));
    for (struct dirent *e; (e = readdir(dir));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            is_empty = false;
    closedir(dir);
    return is_empty ? 0
                    : gale__cli_fail(p->command, "the directory %s is there already, and not empty",
                                     p->name);
}

/* --- files --- */

/* The place of a file: "site/name.service" is "shop/shop.service" in the project shop. */
static void place(const struct project *p, const char *path, char out[PATH_MAX])
{
    const char *file = strchr(path, '/') + 1;
    const char *base = strrchr(path, '/') + 1;
    int len = (int)(base - file);

    if (strncmp(base, "dot-", 4) == 0)
        snprintf(out, PATH_MAX, "%s/%.*s.%s", p->name, len, file, base + 4);
    else if (strncmp(base, "name.", 5) == 0)
        snprintf(out, PATH_MAX, "%s/%.*s%s.%s", p->name, len, file, p->name, base + 5);
    else
        snprintf(out, PATH_MAX, "%s/%s", p->name, file);
}

/* The directories that a path lies in. */
static int make_directories(char *path)
{
    for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        int r;

        *slash = 0;
        r = mkdir(path, 0777) < 0 && errno != EEXIST ? -errno : 0;
        *slash = '/';
        if (r < 0)
            return r;
    }
    return 0;
}

static void put_text(const struct project *p, gale_str text, FILE *out)
{
    const gale_str mark = GALE__STR("@name@");

    while (text.len) {
        size_t at = gale__str_find(text, '@');

        fwrite(text.ptr, 1, at, out);
        text = gale__str_skip(text, at);
        if (gale__str_starts_with(text, mark)) {
            fputs(p->name, out);
            text = gale__str_skip(text, mark.len);
        } else if (text.len) {
            fputc('@', out);
            text = gale__str_skip(text, 1);
        }
    }
}

static int make_file(struct project *p, const struct gale__skeleton_file *f)
{
    char path[PATH_MAX];
    FILE *out;
    int r;

    place(p, f->path, path);
    r = make_directories(path);
    if (r < 0)
        return gale__cli_fail(p->command, "%s: %s", path, strerror(-r));
    out = fopen(path, "wxe");
    if (!out)
        return gale__cli_fail(p->command, "%s: %s", path, strerror(errno));
    put_text(p, (gale_str){ (const char *)f->data, f->size }, out);
    r = ferror(out);
    if (fclose(out) != 0 || r)
        return gale__cli_fail(p->command, "%s: cannot be written: %s", path, strerror(errno));
    printf("  %s\n", path);
    p->n_files++;
    return 0;
}

/* Those of all kinds, then its own. */
static int make_files(struct project *p, const char *part)
{
    size_t len = strlen(part);
    int r = 0;

    for (const struct gale__skeleton_file *f = gale__skeletons; f->path && r == 0; f++)
        if (strncmp(f->path, part, len) == 0 && f->path[len] == '/')
            r = make_file(p, f);
    return r;
}

static int new_project(const struct gale__cli_command *command, int n_words, char **words)
{
    struct project p = { .command = command, .kind = "site" };
    const struct gale__cli_option options[] = { { "kind", 'k', &p.kind }, { 0 } };
    int r = gale__cli_options(command, options, &n_words, words);
    const char *fault;

    if (r)
        return r;
    if (n_words != 1)
        return gale__cli_usage(command, n_words ? "one name" : "which name?");
    p.name = words[0];
    fault = fault_of(p.name);
    if (fault)
        return gale__cli_usage(command, "'%.80s' is no name for a project: one %s", p.name, fault);
    if (!is_kind(p.kind))
        return gale__cli_usage(command, "--kind: '%.80s' is not site, api or websocket", p.kind);
    r = check_place(&p);
    if (r == 0)
        r = make_files(&p, "common");
    if (r == 0)
        r = make_files(&p, p.kind);
    if (r == 0)
        printf("\nnow:\n  cd %s\n  gale run app.c\n", p.name);
    return r;
}

const struct gale__cli_command gale__cli_new = {
    .name = "gale new",
    .summary = "makes a project: program, templates, test, service, image",
    .help = "usage: gale new [options] NAME\n\n"
            "Makes the directory NAME with a small program that works, its templates and static\n"
            "files, a test of it, a build file for Meson, units for systemd, a Dockerfile and a\n"
            "README that tells what to do with them. A directory that is there must be empty.\n"
            "\noptions:\n"
            "  -k, --kind KIND      site (pages), api (JSON) or websocket; site\n"
            "\nexamples:\n"
            "  gale new shop\n"
            "  gale new --kind=api orders\n",
    .run = new_project,
    .values = "kind=site,api,websocket",
};
