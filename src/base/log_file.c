/* log_file.c - the log file and its rotation by size or by time.
 *
 * Names are those of Python's handlers: by size prefix.1 (newest) to prefix.N, by time
 * prefix.2026-07-17 (the beginning of the period the file holds). A file that cannot be
 * rotated or opened anew goes on being written: losing the log is worse.
 */
/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gale/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"

enum { N_BACKUPS = 10, MAX_BYTES = 100000000, DAY = 86400, SUFFIX = 32 };

/* What happens at the end of a period. */
struct period {
    const char *name;
    int seconds;
    const char *suffix;  /* strftime format */
    bool is_at_midnight; /* ends at a local midnight, not a period after the last one */
};

static const struct period periods[] = {
    { "S", 1, ".%Y-%m-%d_%H-%M-%S", false }, { "M", 60, ".%Y-%m-%d_%H-%M", false },
    { "H", 3600, ".%Y-%m-%d_%H", false },    { "D", DAY, ".%Y-%m-%d", false },
    { "midnight", DAY, ".%Y-%m-%d", true },
};
static const struct period weekly = { "W", 7 * DAY, ".%Y-%m-%d", true };

struct gale__log_file {
    int fd;
    char *path;
    int64_t size;
    int64_t max_bytes;
    int n_backups;               /* GALE_OFF: see gale_log_file_options */
    const struct period *period; /* NULL: by size */
    int interval;
    int weekday;      /* of weekly: 0 is Monday */
    int64_t begin_at; /* of the present period */
    int64_t end_at;
};

/* Opens the file to append; fills in size and, when it is asked for, the last change. */
static int open_file(const char *path, int64_t *size, int64_t *changed_at)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    struct stat st;

    if (fd < 0)
        return -errno;
    *size = 0;
    if (fstat(fd, &st) == 0) {
        *size = st.st_size;
        if (changed_at && st.st_size > 0)
            *changed_at = st.st_mtime;
    }
    return fd;
}

/* The first local midnight that is n days after the day of at. */
static int64_t midnight_after(int64_t at, int n)
{
    time_t t = (time_t)at;
    struct tm tm;

    if (!localtime_r(&t, &tm))
        return at + (int64_t)n * DAY;
    tm.tm_mday += n;
    tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
    tm.tm_isdst = -1; /* a day has 23 to 25 hours */
    return (int64_t)mktime(&tm);
}

/* When the period that begins at a time ends. */
static int64_t period_end(const struct gale__log_file *f, int64_t begin)
{
    time_t t = (time_t)begin;
    struct tm tm;

    if (!f->period->is_at_midnight)
        return begin + (int64_t)f->period->seconds * f->interval;
    if (f->period != &weekly)
        return midnight_after(begin, f->interval);
    if (!localtime_r(&t, &tm))
        return begin + weekly.seconds;
    int today = (tm.tm_wday + 6) % 7; /* Monday 0 */

    return midnight_after(begin, (f->weekday - today + 7) % 7 + 1 + 7 * (f->interval - 1));
}

static int parse_when(struct gale__log_file *f, const char *when)
{
    if ((when[0] == 'W' || when[0] == 'w') && when[1] >= '0' && when[1] <= '6' && !when[2]) {
        f->period = &weekly;
        f->weekday = when[1] - '0';
        return 0;
    }
    for (size_t i = 0; i < sizeof(periods) / sizeof(periods[0]); i++) {
        if (strcasecmp(when, periods[i].name) == 0) {
            f->period = &periods[i];
            return 0;
        }
    }
    return gale_err(GALE_EINVAL, "unknown log_rotate_when '%s' (S, M, H, D, midnight, W0 to W6)",
                    when);
}

static int init(struct gale__log_file *f, const gale_log_file_options *options)
{
    int64_t changed_at = time(NULL);

    *f = (struct gale__log_file){ .fd = -1 };
    f->max_bytes = options->max_bytes ? options->max_bytes : MAX_BYTES;
    f->n_backups = options->n_backups ? options->n_backups : N_BACKUPS;
    f->interval = options->interval > 0 ? options->interval : 1;
    if (options->by_time) {
        int r = parse_when(f, options->when ? options->when : "midnight");

        if (r < 0)
            return r;
    }
    f->path = gale__strndup(options->prefix, strlen(options->prefix));
    if (!f->path)
        return -ENOMEM;
    f->fd = open_file(f->path, &f->size, &changed_at);
    if (f->fd < 0)
        return gale_err(f->fd, "cannot open log file '%s': %s", f->path, strerror(-f->fd));
    f->begin_at = changed_at;
    f->end_at = f->period ? period_end(f, f->begin_at) : 0;
    return 0;
}

struct gale__log_file *gale__log_file_open(const gale_log_file_options *options, int *error)
{
    struct gale__log_file *f = gale__malloc(sizeof(*f));

    *error = f ? init(f, options) : -ENOMEM;
    if (*error >= 0)
        return f;
    gale__log_file_free(f);
    return NULL;
}

void gale__log_file_free(struct gale__log_file *f)
{
    if (!f)
        return;
    if (f->fd >= 0)
        close(f->fd);
    gale__free(f->path);
    gale__free(f);
}

int gale__log_file_reopen(struct gale__log_file *f)
{
    int fd = open_file(f->path, &f->size, NULL);

    if (fd < 0)
        return gale_err(fd, "cannot open log file '%s': %s", f->path, strerror(-fd));
    close(f->fd);
    f->fd = fd;
    return 0;
}

/* "path" and a suffix, on the heap; NULL when out of memory. */
static char *with_suffix(const char *path, const char *suffix)
{
    size_t len = strlen(path);
    char *name = gale__malloc(len + SUFFIX + 1);

    if (name)
        snprintf(name, len + SUFFIX + 1, "%s%s", path, suffix);
    return name;
}

static void rename_backup(const char *path, const char *from, const char *to)
{
    char *old = with_suffix(path, from);
    char *new = with_suffix(path, to);

    if (old && new)
        rename(old, new); /* a gap in the row of backups is fine */
    gale__free(old);
    gale__free(new);
}

static void rotate_by_size(struct gale__log_file *f)
{
    char from[SUFFIX], to[SUFFIX];

    for (int i = f->n_backups; i > 0; i--) {
        snprintf(from, sizeof(from), ".%d", i - 1);
        if (i == 1)
            from[0] = 0; /* the newest has no number */
        snprintf(to, sizeof(to), ".%d", i);
        rename_backup(f->path, from, to);
    }
    (void)gale__log_file_reopen(f);
}

/* True for a suffix that this period's format makes: the format's length and only digits
 * where it has fields. */
static bool is_backup(const struct gale__log_file *f, const char *base, const char *name)
{
    size_t len = strlen(base);
    time_t epoch = 0;
    char model[SUFFIX];
    struct tm tm;

    gmtime_r(&epoch, &tm);
    strftime(model, sizeof(model), f->period->suffix, &tm);
    if (strncmp(name, base, len) != 0 || strlen(name + len) != strlen(model))
        return false;
    for (const char *m = model, *s = name + len; *m; m++, s++)
        if ((*m >= '0' && *m <= '9') ? !(*s >= '0' && *s <= '9') : *m != *s)
            return false;
    return true;
}

/* Deletes the oldest backup while there are more than wanted; one directory scan finds
 * one, and a rotation makes one, so a single call keeps the number. */
static void delete_oldest(const struct gale__log_file *f)
{
    const char *slash = strrchr(f->path, '/');
    const char *base = slash ? slash + 1 : f->path;
    char oldest[256] = "";
    int n = 0;
    char *dir_name = slash ? gale__strndup(f->path, (size_t)(slash - f->path) + 1)
                           : gale__strndup(".", 1);
    DIR *dir = dir_name ? opendir(dir_name) : NULL;
    const struct dirent *e;

    while (dir && (e = readdir(dir))) {
        if (!is_backup(f, base, e->d_name))
            continue;
        n++;
        if (!oldest[0] || strcmp(e->d_name, oldest) < 0)
            snprintf(oldest, sizeof(oldest), "%s", e->d_name);
    }
    if (n > f->n_backups)
        (void)unlinkat(dirfd(dir), oldest, 0);
    if (dir)
        closedir(dir);
    gale__free(dir_name);
}

static void rotate_by_time(struct gale__log_file *f, int64_t now)
{
    time_t begin = (time_t)f->begin_at;
    char suffix[SUFFIX];
    struct tm tm;

    if (f->size > 0 && localtime_r(&begin, &tm)) {
        strftime(suffix, sizeof(suffix), f->period->suffix, &tm);
        rename_backup(f->path, "", suffix);
        (void)gale__log_file_reopen(f);
        if (f->n_backups != GALE_OFF)
            delete_oldest(f);
    }
    f->begin_at = now;
    f->end_at = period_end(f, now);
}

static void write_all(struct gale__log_file *f, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(f->fd, data, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* the disk is full: nowhere to say so */
        data += n;
        len -= (size_t)n;
        f->size += n;
    }
}

/* The length of the whole lines at the start of data that still fit the file; at least
 * one, so that a small limit does not stop the log. */
static size_t fitting(const struct gale__log_file *f, const char *data, size_t len)
{
    size_t fit = 0;

    while (fit < len) {
        const char *end = memchr(data + fit, '\n', len - fit);
        size_t next = end ? (size_t)(end - data) + 1 : len;

        if (fit > 0 && f->size + (int64_t)next > f->max_bytes)
            break;
        fit = next;
    }
    return fit;
}

void gale__log_file_write(struct gale__log_file *f, const char *data, size_t len, int64_t now)
{
    if (f->period || f->n_backups == GALE_OFF || f->max_bytes < 0) {
        if (f->period && now >= f->end_at)
            rotate_by_time(f, now);
        write_all(f, data, len);
        return;
    }
    while (len > 0) {
        size_t n = f->size + (int64_t)len <= f->max_bytes ? len : fitting(f, data, len);

        if (f->size > 0 && f->size + (int64_t)n > f->max_bytes)
            rotate_by_size(f);
        write_all(f, data, n);
        data += n;
        len -= n;
    }
}
