/* watch.c - directories watched by inotify. See watch.h. */
/* SPDX-License-Identifier: MIT */
#include "net/watch.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gale/error.h>

#include "base/alloc.h"

enum {
    EVENTS = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB |
             IN_ONLYDIR,
    MAX_PLACES = 2048, /* watched; a tree that is larger is watched in part */
};

/* A directory, or one file in it. */
struct place {
    struct place *next;
    int wd;
    bool is_deep;
    const char *name; /* the file that counts; NULL: all do */
    size_t dir_len;   /* of path, with the last slash */
    char path[];
};

struct gale__watch {
    gale_ioloop *loop;
    int fd;
    int n_places;
    struct place *places;
    struct gale__watch_hooks hooks;
    gale_timeout timer;
    char first[PATH_MAX]; /* what changed; empty: nothing has */
};

static void free_places(struct gale__watch *w)
{
    while (w->places) {
        struct place *p = w->places;

        w->places = p->next;
        gale__free(p);
    }
}

void gale__watch_free(struct gale__watch *w)
{
    if (!w)
        return;
    gale_ioloop_remove_timeout(w->loop, w->timer);
    if (w->fd >= 0) {
        gale_ioloop_remove_handler(w->loop, w->fd);
        close(w->fd);
    }
    free_places(w);
    gale__free(w);
}

static void tell(void *arg)
{
    struct gale__watch *w = arg;
    char path[PATH_MAX];

    w->timer = 0;
    memcpy(path, w->first, sizeof(path));
    w->first[0] = 0;
    w->hooks.changed(path, w->hooks.arg);
}

/* Hidden, or what editors put beside a file: backups, locks, vim's probe. */
static bool is_noise(const char *name)
{
    size_t len = strlen(name);

    return name[0] == '.' || name[0] == '#' || name[len - 1] == '~' || strcmp(name, "4913") == 0;
}

static void note(struct gale__watch *w, const char *path)
{
    if (w->hooks.matters && !w->hooks.matters(path, w->hooks.arg))
        return;
    if (!w->first[0])
        snprintf(w->first, sizeof(w->first), "%s", path);
    gale_ioloop_remove_timeout(w->loop, w->timer);
    w->timer = gale_ioloop_call_later(w->loop, w->hooks.quiet, tell, w);
}

static bool is_directory(const char *dir, const struct dirent *e)
{
    char path[PATH_MAX];
    struct stat st;

    if (e->d_type != DT_UNKNOWN)
        return e->d_type == DT_DIR;
    snprintf(path, sizeof(path), "%s%s", dir, e->d_name);
    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Calls fn with each file of a directory, and each directory with a slash behind it. */
static void each(struct gale__watch *w, const char *dir,
                 void (*fn)(struct gale__watch *w, const char *path))
{
    char path[PATH_MAX];
    DIR *list = opendir(dir);

    for (struct dirent *e; list && (e = readdir(list));)
        if (!is_noise(e->d_name) && snprintf(path, sizeof(path), "%s%s%s", dir, e->d_name,
                                             is_directory(dir, e) ? "/" : "") < (int)sizeof(path))
            fn(w, path);
    if (list)
        closedir(list);
}

static bool is_directory_path(const char *path)
{
    return path[strlen(path) - 1] == '/';
}

/* What came with a directory was made before anybody watched. */
static void note_all(struct gale__watch *w, const char *path)
{
    if (is_directory_path(path))
        each(w, path, note_all);
    else
        note(w, path);
}

static void on_event(struct gale__watch *w, const struct place *p, const struct inotify_event *e)
{
    bool is_dir = e->mask & IN_ISDIR;
    char path[PATH_MAX];

    if (!e->len || is_noise(e->name) || (p->name && strcmp(p->name, e->name) != 0))
        return;
    /* A file that was only made has nothing in it yet: its end of writing follows. */
    if (!is_dir && (e->mask & IN_CREATE) && !p->name)
        return;
    if (snprintf(path, sizeof(path), "%.*s%s%s", (int)p->dir_len, p->path, e->name,
                 is_dir ? "/" : "") >= (int)sizeof(path))
        return;
    if (!is_dir) {
        note(w, path);
    } else if (p->is_deep && !p->name && (e->mask & (IN_CREATE | IN_MOVED_TO)) &&
               gale__watch_directory(w, path, true) >= 0) {
        note_all(w, path);
    }
}

static void dispatch(struct gale__watch *w, const struct inotify_event *e)
{
    if (e->mask & IN_Q_OVERFLOW) { /* anything may have changed */
        w->first[0] = 0;
        for (struct place *p = w->places; p; p = p->next)
            note(w, p->path);
        return;
    }
    for (struct place *p = w->places, *next; p; p = next) {
        next = p->next;
        if (p->wd == e->wd)
            on_event(w, p, e);
    }
}

static void forget(struct gale__watch *w, int wd)
{
    for (struct place **at = &w->places, *p; (p = *at);) {
        if (p->wd != wd) {
            at = &p->next;
            continue;
        }
        *at = p->next;
        w->n_places--;
        gale__free(p);
    }
}

static void on_events(int fd, int events, void *arg)
{
    _Alignas(struct inotify_event) char buf[8192];
    struct gale__watch *w = arg;
    ssize_t n;

    (void)events;
    while ((n = read(fd, buf, sizeof(buf))) > 0) {
        for (char *p = buf; p < buf + n;) {
            const struct inotify_event *e = (const struct inotify_event *)(const void *)p;

            if (e->mask & IN_IGNORED) /* the directory has gone */
                forget(w, e->wd);
            else
                dispatch(w, e);
            p += sizeof(*e) + e->len;
        }
    }
}

struct gale__watch *gale__watch_new(gale_ioloop *loop, const struct gale__watch_hooks *hooks,
                                    int *error)
{
    struct gale__watch *w = gale__calloc(1, sizeof(*w));

    *error = -ENOMEM;
    if (!w)
        return NULL;
    w->loop = loop;
    w->hooks = *hooks;
    w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    *error = w->fd < 0 ? gale_err(-errno, "inotify: %s", strerror(errno))
                       : gale_ioloop_add_handler(loop, w->fd, on_events, GALE_READ, w);
    if (*error >= 0)
        return w;
    gale__watch_free(w);
    return NULL;
}

/* 1: it was new; 0: it is watched already. path: the directory's, with a slash, and the name. */
static int add(struct gale__watch *w, const char *path, size_t dir_len, bool is_deep)
{
    const char *name = path[dir_len] ? path + dir_len : NULL;
    struct place *p;
    char dir[PATH_MAX];
    int wd;

    if (w->n_places >= MAX_PLACES)
        return 0;
    snprintf(dir, sizeof(dir), "%.*s", (int)dir_len, path);
    wd = inotify_add_watch(w->fd, dir, EVENTS);
    if (wd < 0)
        return gale_err(-errno, "cannot watch %s: %s", dir, strerror(errno));
    for (p = w->places; p; p = p->next)
        if (p->wd == wd && p->is_deep >= is_deep && !p->name == !name &&
            (!name || strcmp(p->name, name) == 0))
            return 0;
    p = gale__calloc(1, sizeof(*p) + strlen(path) + 1);
    if (!p)
        return -ENOMEM;
    p->wd = wd;
    p->is_deep = is_deep;
    p->dir_len = dir_len;
    memcpy(p->path, path, strlen(path) + 1);
    p->name = name ? p->path + dir_len : NULL;
    p->next = w->places;
    w->places = p;
    w->n_places++;
    return 1;
}

int gale__watch_file(struct gale__watch *w, const char *path)
{
    const char *slash = strrchr(path, '/');
    char full[PATH_MAX];
    int r;

    if (snprintf(full, sizeof(full), "%s%s", slash ? "" : "./", path) >= (int)sizeof(full))
        return gale_err(-ENAMETOOLONG, "cannot watch %.60s…: the path is too long", path);
    slash = strrchr(full, '/');
    if (!slash[1])
        return gale_err(GALE_EINVAL, "cannot watch %.200s: it is no file", path);
    r = add(w, full, (size_t)(slash + 1 - full), false);
    return r < 0 ? r : 0;
}

/* Directories below that are in the way (no rights, gone meanwhile) are left out. */
static void add_below(struct gale__watch *w, const char *path)
{
    if (is_directory_path(path) && (!w->hooks.matters || w->hooks.matters(path, w->hooks.arg)))
        (void)!gale__watch_directory(w, path, true);
}

int gale__watch_directory(struct gale__watch *w, const char *path, bool is_deep)
{
    size_t len = strlen(path);
    char dir[PATH_MAX];
    int r;

    if (!len || len + 2 > sizeof(dir))
        return gale_err(GALE_EINVAL, "cannot watch '%.60s': no path, or too long", path);
    memcpy(dir, path, len + 1);
    if (dir[len - 1] != '/') {
        dir[len++] = '/';
        dir[len] = 0;
    }
    r = add(w, dir, len, is_deep);
    if (r > 0 && is_deep)
        each(w, dir, add_below);
    return r < 0 ? r : 0;
}
