/* autoreload.c - the program's own file, and others, watched for a restart. See gale/autoreload.h.
 *
 * What linkers and installers do to a file takes several steps (create, write, make executable), so
 * it is looked at when nothing has happened to it for a moment, and again until it is complete.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/autoreload.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gale/ioloop.h>
#include <gale/log.h>

#include "base/alloc.h"
#include "base/context.h"
#include "ioloop/io.h"
#include "net/takeover.h"
#include "net/watch.h"

#define QUIET_SECONDS 0.1

/* Why the last gale_autoreload_start() of the thread failed. */
static GALE__TLS int start_error;

struct hook {
    struct hook *next;
    void (*fn)(void *arg);
    void *arg;
};

struct gale_autoreload {
    gale_ioloop *loop;
    struct gale__ioloop_owned owned;
    struct gale__watch *watch; /* NULL: the loop has gone */
    gale_autoreload_options options;
    struct hook *hooks;
    gale_timeout look;
    struct stat own; /* of the file that runs */
    int *fds;
    char path[PATH_MAX]; /* of the program */
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

static void has_changed(gale_autoreload *reload, const char *path)
{
    int r;

    gale_log(&gale_log_general, GALE_LOG_INFO, "%s modified; restarting server", path);
    if (reload->options.changed) {
        reload->options.changed(path, reload->options.arg);
        return;
    }
    r = gale_autoreload_restart(reload);
    gale_log(&gale_log_general, GALE_LOG_ERROR, "%s; going on", gale_strerror(r));
}

static void look_later(gale_autoreload *reload);

/* At the program's own file. */
static void look(void *arg)
{
    gale_autoreload *reload = arg;
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
    reload->own = st; /* the next one is to be another */
    has_changed(reload, reload->path);
}

static void look_later(gale_autoreload *reload)
{
    gale_ioloop_remove_timeout(reload->loop, reload->look);
    reload->look = gale_ioloop_call_later(reload->loop, QUIET_SECONDS, look, reload);
}

static void on_change(const char *path, void *arg)
{
    gale_autoreload *reload = arg;

    if (strcmp(path, reload->path) == 0)
        look(reload);
    else
        has_changed(reload, path);
}

/* Path and state of the program's file. */
static int find_program(gale_autoreload *reload)
{
    static const char deleted[] = " (deleted)"; /* when it was replaced before we came */
    const size_t extra = sizeof(deleted) - 1;
    ssize_t len = readlink("/proc/self/exe", reload->path, sizeof(reload->path) - 1);

    if (len < 0 || stat("/proc/self/exe", &reload->own) < 0)
        return gale_err(-errno, "/proc/self/exe: %s", strerror(errno));
    reload->path[len] = 0;
    if ((size_t)len > extra && strcmp(reload->path + len - extra, deleted) == 0)
        reload->path[(size_t)len - extra] = 0;
    return 0;
}

static void stop(gale_autoreload *reload)
{
    if (!reload->watch)
        return;
    gale_ioloop_remove_timeout(reload->loop, reload->look);
    gale__watch_free(reload->watch);
    gale__list_remove(&reload->owned.link);
    reload->watch = NULL;
}

static void leave_loop(struct gale__ioloop_owned *owned)
{
    stop(GALE_CONTAINER_OF(owned, gale_autoreload, owned));
}

static int start(gale_autoreload *reload)
{
    const struct gale__watch_hooks hooks = { .changed = on_change,
                                             .arg = reload,
                                             .quiet = QUIET_SECONDS };
    size_t n = (size_t)reload->options.n_fds;
    int r = find_program(reload);

    reload->loop = gale_ioloop_current();
    if (r >= 0 && !reload->loop)
        r = gale_ioloop_error();
    reload->fds = r >= 0 && n > 0 ? gale__malloc(n * sizeof(*reload->fds)) : NULL;
    if (r >= 0 && n > 0)
        r = reload->fds ? 0 : -ENOMEM;
    if (r < 0)
        return r;
    if (n > 0)
        memcpy(reload->fds, reload->options.fds, n * sizeof(*reload->fds));
    reload->watch = gale__watch_new(reload->loop, &hooks, &r);
    if (!reload->watch)
        return r;
    reload->owned.close = leave_loop;
    gale__ioloop_own(reload->loop, &reload->owned);
    r = gale__watch_file(reload->watch, reload->path);
    if (r >= 0)
        look_later(reload); /* replaced since it was started */
    return r;
}

gale_autoreload *gale_autoreload_start(const gale_autoreload_options *options)
{
    gale_autoreload *reload;

    if (!options || !options->argv || !options->argv[0] || options->n_fds < 0) {
        start_error = gale_err(GALE_EINVAL, "gale_autoreload_start: no arguments of the program");
        return NULL;
    }
    reload = gale__calloc(1, sizeof(*reload));
    start_error = -ENOMEM;
    if (!reload)
        return NULL;
    reload->options = *options;
    start_error = start(reload);
    if (start_error >= 0)
        return reload;
    gale_autoreload_free(reload);
    return NULL;
}

int gale_autoreload_error(void)
{
    return start_error;
}

int gale_autoreload_watch(gale_autoreload *reload, const char *path)
{
    struct stat st;

    if (!reload->watch)
        return gale_err(GALE_ECLOSED, "gale_autoreload_watch: the loop was freed");
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return gale__watch_directory(reload->watch, path, true);
    return gale__watch_file(reload->watch, path);
}

int gale_autoreload_add_reload_hook(gale_autoreload *reload, void (*fn)(void *arg), void *arg)
{
    struct hook **end = &reload->hooks;
    struct hook *hook = gale__calloc(1, sizeof(*hook));

    if (!hook)
        return -ENOMEM;
    hook->fn = fn;
    hook->arg = arg;
    while (*end)
        end = &(*end)->next;
    *end = hook;
    return 0;
}

int gale_autoreload_wait(gale_autoreload *reload)
{
    if (!reload->watch)
        return gale_err(GALE_ECLOSED, "gale_autoreload_wait: the loop was freed");
    return gale_ioloop_run(reload->loop);
}

int gale_autoreload_restart(gale_autoreload *reload)
{
    for (struct hook *h = reload->hooks; h; h = h->next)
        h->fn(h->arg);
    gale_log_flush();
    return gale__exec_in_place(reload->path, reload->options.argv, reload->fds,
                               reload->options.n_fds, NULL);
}

void gale_autoreload_free(gale_autoreload *reload)
{
    if (!reload)
        return;
    stop(reload);
    while (reload->hooks) {
        struct hook *hook = reload->hooks;

        reload->hooks = hook->next;
        gale__free(hook);
    }
    gale__free(reload->fds);
    gale__free(reload);
}
