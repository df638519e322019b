/* autoreload.c - watches the program's file by inotify. See autoreload.h.
 *
 * The directory is watched, not the file: linkers and installers put a new file in its place. What
 * they do takes several steps (create, write, make executable), so the file is looked at when
 * nothing has happened to it for a moment, and again until it is complete.
 */
/* SPDX-License-Identifier: MIT */
#include "top/autoreload.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gale/error.h>
#include <gale/log.h>

#include "base/alloc.h"

#define QUIET_SECONDS 0.1

enum {
    EVENTS = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_ATTRIB,
    BUSY_TRIES = 50,
    BUSY_PAUSE_US = 20000,
};

struct gale__autoreload {
    gale_ioloop *loop;
    int fd;
    gale_timeout look;
    struct stat own; /* of the file that runs */
    void (*changed)(void *arg);
    void *arg;
    const char *name; /* the last part of path */
    char path[PATH_MAX];
};

static bool is_other_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino != b->st_ino || a->st_dev != b->st_dev || a->st_size != b->st_size ||
           a->st_mtim.tv_sec != b->st_mtim.tv_sec || a->st_mtim.tv_nsec != b->st_mtim.tv_nsec;
}

/* Whether nobody has the file open for writing: such a file cannot be run either. */
static bool has_no_writer(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool writer;

    if (fd < 0)
        return false;
    /* The lease is refused with EAGAIN while there is one; other failures tell nothing. */
    writer = fcntl(fd, F_SETLEASE, F_RDLCK) < 0 && errno == EAGAIN;
    close(fd);
    return !writer;
}

static void look_later(struct gale__autoreload *reload);

static void look(void *arg)
{
    struct gale__autoreload *reload = arg;
    struct stat st;

    reload->look = 0;
    if (stat(reload->path, &st) < 0 || !S_ISREG(st.st_mode) || !is_other_file(&st, &reload->own))
        return;
    if (!st.st_size || access(reload->path, X_OK) < 0)
        return; /* what makes it complete will be told */
    if (!has_no_writer(reload->path)) {
        look_later(reload);
        return;
    }
    gale_log(&gale_log_general, GALE_LOG_INFO, "%s modified; restarting server", reload->path);
    gale_ioloop_remove_handler(reload->loop, reload->fd);
    reload->changed(reload->arg);
}

static void look_later(struct gale__autoreload *reload)
{
    gale_ioloop_remove_timeout(reload->loop, reload->look);
    reload->look = gale_ioloop_call_later(reload->loop, QUIET_SECONDS, look, reload);
}

static void on_events(int fd, int events, void *arg)
{
    _Alignas(struct inotify_event) char buf[4096];
    struct gale__autoreload *reload = arg;
    bool ours = false;
    ssize_t n;

    (void)events;
    while ((n = read(fd, buf, sizeof(buf))) > 0) {
        for (char *p = buf; p < buf + n;) {
            const struct inotify_event *e = (const struct inotify_event *)(const void *)p;

            ours = ours || (e->mask & IN_Q_OVERFLOW) ||
                   (e->len && strcmp(e->name, reload->name) == 0);
            p += sizeof(*e) + e->len;
        }
    }
    if (ours)
        look_later(reload);
}

/* Path, name and state of the program's file. */
static int find_program(struct gale__autoreload *reload)
{
    static const char deleted[] = " (deleted)"; /* when it was replaced before we came */
    const size_t extra = sizeof(deleted) - 1;
    ssize_t len = readlink("/proc/self/exe", reload->path, sizeof(reload->path) - 1);
    char *slash;

    if (len < 0 || stat("/proc/self/exe", &reload->own) < 0)
        return gale_err(-errno, "/proc/self/exe: %s", strerror(errno));
    reload->path[len] = 0;
    if ((size_t)len > extra && strcmp(reload->path + len - extra, deleted) == 0)
        reload->path[(size_t)len - extra] = 0;
    slash = strrchr(reload->path, '/');
    if (!slash)
        return gale_err(-ENOENT, "%s is no path", reload->path);
    reload->name = slash + 1;
    return 0;
}

static int watch(struct gale__autoreload *reload)
{
    size_t len = (size_t)(reload->name - reload->path);
    char dir[PATH_MAX];

    memcpy(dir, reload->path, len);
    dir[len] = 0;
    reload->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (reload->fd < 0 || inotify_add_watch(reload->fd, dir, EVENTS) < 0)
        return gale_err(-errno, "inotify, %s: %s", dir, strerror(errno));
    return gale_ioloop_add_handler(reload->loop, reload->fd, on_events, GALE_READ, reload);
}

struct gale__autoreload *gale__autoreload_new(gale_ioloop *loop, void (*changed)(void *arg),
                                              void *arg, int *error)
{
    struct gale__autoreload *reload = gale__calloc(1, sizeof(*reload));
    int r = -ENOMEM;

    if (reload) {
        reload->loop = loop;
        reload->fd = -1;
        reload->changed = changed;
        reload->arg = arg;
        r = find_program(reload);
        if (r >= 0)
            r = watch(reload);
    }
    *error = r;
    if (r < 0) {
        gale__autoreload_free(reload);
        return NULL;
    }
    look_later(reload); /* replaced since it was started */
    return reload;
}

int gale__autoreload_exec(const struct gale__autoreload *reload, char **argv)
{
    /* Between the look and now somebody may have begun to write it once more. */
    for (int i = 0; i < BUSY_TRIES; i++) {
        execv(reload->path, argv);
        if (errno != ETXTBSY && errno != ENOENT && errno != EACCES)
            break;
        usleep(BUSY_PAUSE_US);
    }
    return gale_err(-errno, "cannot run %s anew: %s", reload->path, strerror(errno));
}

void gale__autoreload_stop(struct gale__autoreload *reload)
{
    if (!reload || reload->fd < 0)
        return;
    gale_ioloop_remove_timeout(reload->loop, reload->look);
    gale_ioloop_remove_handler(reload->loop, reload->fd);
    close(reload->fd);
    reload->fd = -1;
}

void gale__autoreload_free(struct gale__autoreload *reload)
{
    gale__autoreload_stop(reload);
    gale__free(reload);
}
