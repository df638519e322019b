/* static_hash.c - hashing off the loop. See static_hash.h. A job has all it needs of its own. */
/* SPDX-License-Identifier: MIT */
#include "web/static_hash.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "ioloop/io.h"
#include "web/static_file.h"

enum { PIECE = 128 * 1024 };

struct job {
    void (*done)(void *arg, int r, uint64_t hash);
    void *arg;
    struct stat st;
    int fd, result;
    struct gale__hash_state *state;
    char *piece; /* PIECE bytes */
};

static uint64_t free_job(struct job *job)
{
    uint64_t hash = job->state ? gale__hash_end(job->state) : 0;

    if (job->fd >= 0)
        close(job->fd);
    gale__free(job->piece);
    gale__free(job);
    return hash;
}

static int hash_all(struct job *job)
{
    struct stat after;
    int64_t offset = 0;
    ssize_t n;

    do {
        n = pread(job->fd, job->piece, PIECE, offset);
        if (n > 0)
            gale__hash_add(job->state, job->piece, (size_t)n);
        offset += n > 0 ? n : 0;
    } while (n > 0 || (n < 0 && errno == EINTR));
    if (n < 0 || fstat(job->fd, &after) < 0)
        return -errno;
    return gale__static_same(&job->st, &after) && offset == after.st_size ? 0 : -ESTALE;
}

/* On a thread of the pool. */
static void work(void *arg)
{
    struct job *job = arg;

    job->result = hash_all(job);
}

/* Back on the loop's thread. */
static void come_back(void *arg)
{
    struct job *job = arg;
    void (*done)(void *arg, int r, uint64_t hash) = job->done;
    void *done_arg = job->arg;
    int result = job->result;

    done(done_arg, result, free_job(job));
}

int gale__static_hash_start(gale_ioloop *loop, int fd, const struct stat *st,
                            void (*done)(void *arg, int r, uint64_t hash), void *arg)
{
    struct job *job = gale__calloc(1, sizeof(*job));
    int r = -ENOMEM;

    if (!job)
        return -ENOMEM;
    *job = (struct job){ .done = done, .arg = arg, .st = *st };
    job->piece = gale__malloc(PIECE);
    job->state = gale__hash_begin();
    job->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (job->fd < 0)
        r = -errno;
    else if (job->piece && job->state)
        r = gale__executor_submit(loop, work, come_back, job);
    if (r < 0)
        (void)free_job(job);
    return r;
}
