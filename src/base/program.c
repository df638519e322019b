/* program.c - where the running program lies. See program.h. */
/* SPDX-License-Identifier: MIT */
#include "base/program.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include <gale/error.h>

#include "base/alloc.h"
#include "base/under_run.h"

/* The bytes of the program's directory in dir, with its last slash. */
static int program_dir(char *dir, size_t size)
{
    const char *sources = gale__run_dir();
    ssize_t len;

    if (sources && strlen(sources) + 1 < size) {
        memcpy(dir, sources, strlen(sources));
        dir[strlen(sources)] = '/';
        return (int)strlen(sources) + 1;
    }
    len = readlink("/proc/self/exe", dir, size);

    if (len < 0)
        return gale_err(-errno, "/proc/self/exe: %s", strerror(errno));
    if ((size_t)len == size)
        return gale_err(-ENAMETOOLONG, "the path of the program is too long");
    while (len > 0 && dir[len - 1] != '/')
        len--;
    return (int)len;
}

char *gale__program_path(const char *path, int *error)
{
    char dir[PATH_MAX];
    size_t len = strlen(path);
    int dir_len = 0;
    char *out;

    if (path[0] != '/')
        dir_len = program_dir(dir, sizeof(dir));
    *error = dir_len;
    if (dir_len < 0)
        return NULL;
    out = gale__malloc((size_t)dir_len + len + 1);
    *error = out ? 0 : -ENOMEM;
    if (!out)
        return NULL;
    memcpy(out, dir, (size_t)dir_len);
    memcpy(out + dir_len, path, len + 1);
    return out;
}
