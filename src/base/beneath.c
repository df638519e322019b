/* beneath.c - opening contained files. See beneath.h. */
/* SPDX-License-Identifier: MIT */
#include "base/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/str.h"

int gale__plain_path(const char *path, char *out, bool *is_dir)
{
    gale_str rest = gale__str(path), name;
    size_t len = 0;

    *is_dir = true;
    while (gale__str_split(&rest, '/', &name)) {
        *is_dir = !name.len || gale__str_equal(name, GALE__STR("."));
        if (*is_dir)
            continue;
        if (gale__str_equal(name, GALE__STR(".."))) {
            if (!len)
                return -1;
            while (len && out[len - 1] != '/')
                len--;
            len -= len > 0; /* the slash */
            *is_dir = true;
            continue;
        }
        if (len)
            out[len++] = '/';
        memcpy(out + len, name.ptr, name.len);
        len += name.len;
    }
    out[len] = 0;
    return (int)len;
}

static int open_at_once(const struct gale__beneath *top, const char *path, int flags)
{
    struct open_how how = { .flags = (uint64_t)flags, .resolve = RESOLVE_NO_MAGICLINKS };
    long fd;

    if (!top->follow)
        how.resolve |= RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    fd = syscall(SYS_openat2, top->fd, path, &how, sizeof(how));
    return fd < 0 ? -errno : (int)fd;
}

static int open_name(int dir, const char *name, int flags)
{
    int fd = openat(dir, name, flags | O_NOFOLLOW);
    struct stat st;

    if (fd < 0)
        return -errno;
    /* With O_PATH the link itself is opened. */
    if ((flags & O_PATH) && (fstat(fd, &st) < 0 || S_ISLNK(st.st_mode))) {
        close(fd);
        return -ELOOP;
    }
    return fd;
}

/* Name by name; each directory is closed when the next is open. */
static int open_by_walking(const struct gale__beneath *top, const char *path, int flags)
{
    char name[NAME_MAX + 1];
    int dir = top->fd;

    for (;;) {
        size_t len = strcspn(path, "/");
        bool is_last = !path[len];
        int fd = -ENAMETOOLONG;

        if (len < sizeof(name)) {
            memcpy(name, path, len);
            name[len] = 0;
            /* Not O_DIRECTORY: a link would be no directory, instead of a link. */
            fd = open_name(dir, name, is_last ? flags : O_PATH | O_CLOEXEC);
        }
        if (dir != top->fd)
            close(dir);
        if (fd < 0 || is_last)
            return fd;
        dir = fd;
        path += len + 1;
    }
}

int gale__beneath_open(struct gale__beneath *top, const char *path, int flags)
{
    int fd;

    /* A pipe or device must not hold the loop, nor become the controlling terminal; with O_PATH
     * nothing is really opened, and openat2 takes no flags without a meaning. */
    flags |= flags & O_PATH ? O_CLOEXEC : O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    if (!*path)
        path = ".";
    if (!top->walk) {
        fd = open_at_once(top, path, flags);
        if (fd != -ENOSYS && fd != -EPERM)
            return fd;
        top->walk = true;
    }
    if (top->follow) {
        fd = openat(top->fd, path, flags);
        return fd < 0 ? -errno : fd;
    }
    return open_by_walking(top, path, flags);
}
