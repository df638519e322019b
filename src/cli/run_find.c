/* run_find.c - the program that a build tool has made: the one executable file among what it built.
 */
/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gale/error.h>

#include "cli/run_parts.h"

enum { MAX_DEPTH = 4 };

struct search {
    const char *wanted; /* the name it must have; NULL: any */
    const char *likely; /* the name that is taken when there are several */
    int n;
    bool is_likely;
    char *path;
    char names[256];
};

static bool is_program(const char *path)
{
    Elf64_Ehdr head;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, &head, sizeof(head));

    if (fd >= 0)
        close(fd);
    return n == (ssize_t)sizeof(head) && memcmp(head.e_ident, ELFMAG, SELFMAG) == 0 &&
           (head.e_type == ET_EXEC || (head.e_type == ET_DYN && head.e_entry));
}

/* Tests are programs too, and not the one that is meant, unless it has the directory's name; nor
 * are shared libraries. */
static bool is_candidate(const struct search *s, const char *name)
{
    if (s->wanted)
        return strcmp(name, s->wanted) == 0;
    return strcmp(name, s->likely) == 0 ||
           (strncmp(name, "test", 4) != 0 && !strstr(name, "_test") && !strstr(name, ".so"));
}

static void take(struct search *s, const char *path, const char *name)
{
    size_t len = strlen(s->names);
    bool is_likely = strcmp(name, s->likely) == 0;

    snprintf(s->names + len, sizeof(s->names) - len, "%s%s", s->n++ ? ", " : "", name);
    if (!s->is_likely)
        snprintf(s->path, PATH_MAX, "%s", path);
    s->is_likely = s->is_likely || is_likely;
}

static void look_in(struct search *s, const char *dir, int depth);

static void look_at(struct search *s, const char *path, const char *name, int depth)
{
    struct stat st;

    if (lstat(path, &st) < 0)
        return;
    if (S_ISDIR(st.st_mode) && depth < MAX_DEPTH && !strstr(name, ".p") &&
        strncmp(name, "meson-", 6) != 0 && strcmp(name, "CMakeFiles") != 0)
        look_in(s, path, depth + 1);
    else if (S_ISREG(st.st_mode) && (st.st_mode & S_IXUSR) && is_candidate(s, name) &&
             is_program(path))
        take(s, path, name);
}

static void look_in(struct search *s, const char *dir, int depth)
{
    char path[PATH_MAX];
    DIR *list = opendir(dir);

    for (struct dirent *e; list && (e = readdir(list));)
        if (e->d_name[0] != '.' &&
            snprintf(path, sizeof(path), "%s/%s", dir, e->d_name) < (int)sizeof(path))
            look_at(s, path, e->d_name, depth);
    if (list)
        closedir(list);
}

int gale__run_find(const struct gale__run *run, char *path)
{
    struct search s = { .wanted = run->options.target, .likely = run->project.name, .path = path };

    look_in(&s, run->project.build, 0);
    if (s.n == 0)
        return gale_err(GALE_ENOTFOUND, "%s has no program%s%s", run->project.build,
                        s.wanted ? " called " : "", s.wanted ? s.wanted : "");
    if (s.n > 1 && !s.is_likely)
        return gale_err(GALE_EINVAL, "which one is it (--target NAME)? There are %s", s.names);
    return 0;
}
