/* files.c - see files.h; and the files of a form as the handler sees them.
 *
 * All that may wait for a disk is done on a thread of the loop's pool.
 */
/* SPDX-License-Identifier: MIT */
#include "web/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/str.h"
#include "web/handler.h"

enum { COPY = 64 * 1024, TRIES = 8, SUFFIX = 32 };

static int write_all(int fd, const char *p, size_t n, int64_t offset)
{
    while (n > 0) {
        ssize_t done = pwrite(fd, p, n, offset);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return done < 0 ? -errno : -EIO;
        p += done;
        n -= (size_t)done;
        offset += done;
    }
    return 0;
}

/* For the owner alone, and without a name as soon as can be. */
static int open_unnamed(void)
{
    char name[] = P_tmpdir "/gale-XXXXXX";
    int fd = open(P_tmpdir, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);

    if (fd >= 0)
        return fd;
    fd = mkostemp(name, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    unlink(name);
    return fd;
}

struct spool_job {
    int *fd;
    int64_t offset;
    gale_str data;
};

static int spool_work(void *arg)
{
    struct spool_job *job = arg;

    if (*job->fd < 0) {
        int fd = open_unnamed();

        if (fd < 0)
            return gale_err(fd, "cannot make a temporary file in %s: %s", P_tmpdir,
                            strerrordesc_np(-fd));
        *job->fd = fd;
    }
    return write_all(*job->fd, job->data.ptr, job->data.len, job->offset);
}

int gale__spool_write(gale_ioloop *loop, int *fd, int64_t offset, gale_str data)
{
    struct spool_job job = { fd, offset, data };

    return data.len ? gale_ioloop_run_in_executor(loop, spool_work, &job) : 0;
}

int gale__saver_begin(struct gale__saver *saver, gale_ioloop *loop, const char *path)
{
    *saver = (struct gale__saver){ .loop = loop, .path = path, .fd = -1 };
    saver->temporary = gale__malloc(strlen(path) + SUFFIX);
    return saver->temporary ? 0 : -ENOMEM;
}

static int open_temporary(struct gale__saver *saver)
{
    int r = -EEXIST;

    for (int i = 0; i < TRIES && r == -EEXIST; i++) {
        uint64_t random;

        r = gale__random(&random, sizeof(random));
        if (r < 0)
            return r;
        snprintf(saver->temporary, strlen(saver->path) + SUFFIX, "%s.gale-%016llx", saver->path,
                 (unsigned long long)random);
        saver->fd = open(saver->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        r = saver->fd < 0 ? -errno : 0;
    }
    saver->is_there = r == 0;
    return r < 0 ? gale_err(r, "cannot make %s: %s", saver->temporary, strerrordesc_np(-r)) : 0;
}

struct save_job {
    struct gale__saver *saver;
    gale_str data;
};

static int save_work(void *arg)
{
    struct save_job *job = arg;
    struct gale__saver *saver = job->saver;
    int r = saver->fd < 0 ? open_temporary(saver) : 0;

    if (r < 0)
        return r;
    r = write_all(saver->fd, job->data.ptr, job->data.len, saver->size);
    if (r < 0)
        return gale_err(r, "cannot write %s: %s", saver->temporary, strerrordesc_np(-r));
    saver->size += (int64_t)job->data.len;
    return 0;
}

int gale__saver_write(struct gale__saver *saver, gale_str data)
{
    struct save_job job = { .saver = saver, .data = data };

    return gale_ioloop_run_in_executor(saver->loop, save_work, &job);
}

static int finish_work(void *arg)
{
    struct gale__saver *saver = arg;
    int r = close(saver->fd) < 0 ? -errno : 0; /* some file systems fail only now */

    saver->fd = -1;
    if (r == 0 && rename(saver->temporary, saver->path) < 0)
        r = -errno;
    saver->is_there = r < 0;
    return r < 0 ? gale_err(r, "cannot make %s: %s", saver->path, strerrordesc_np(-r)) : 0;
}

int gale__saver_finish(struct gale__saver *saver)
{
    return gale_ioloop_run_in_executor(saver->loop, finish_work, saver);
}

void gale__saver_end(struct gale__saver *saver)
{
    if (saver->fd >= 0)
        close(saver->fd);
    if (saver->is_there)
        unlink(saver->temporary);
    gale__free(saver->temporary);
}

/* Out of the request's temporary file. */
static int copy_file(struct gale__saver *saver, const gale_file *file)
{
    char buffer[COPY];

    while (saver->size < file->size) {
        int64_t left = file->size - saver->size;
        ssize_t n = pread(file->fd, buffer, left < COPY ? (size_t)left : COPY,
                          file->offset + saver->size);
        struct save_job job = { .saver = saver, .data = { buffer, n > 0 ? (size_t)n : 0 } };
        int r;

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        r = save_work(&job);
        if (r < 0)
            return r;
    }
    return 0;
}

struct file_job {
    struct gale__saver *saver;
    const gale_file *file;
};

static int file_work(void *arg)
{
    struct file_job *job = arg;
    struct save_job whole = { .saver = job->saver, .data = job->file->body };
    int r = job->file->fd < 0 ? save_work(&whole) : copy_file(job->saver, job->file);

    return r < 0 ? r : finish_work(job->saver);
}

int gale_file_save(gale_handler *self, const gale_file *file, const char *path)
{
    struct gale__saver saver;
    struct file_job job = { &saver, file };
    int r = gale__saver_begin(&saver, self->x->loop, path);

    if (r >= 0)
        r = gale_ioloop_run_in_executor(self->x->loop, file_work, &job);
    gale__saver_end(&saver);
    return r;
}

const char *gale_file_safe_name(gale_handler *self, const gale_file *file)
{
    const char *name = file->filename;
    char *text, *p;

    for (const char *c = name; *c; c++)
        if (*c == '/' || *c == '\\')
            name = c + 1;
    text = p = gale_alloc(self, strlen(name) + sizeof("file"));
    if (!text)
        return NULL;
    for (; *name; name++)
        if ((unsigned char)*name >= 0x20 && *name != 0x7f && (*name != '.' || p > text))
            *p++ = *name;
    *p = 0;
    if (p == text)
        memcpy(text, "file", sizeof("file"));
    return text;
}
