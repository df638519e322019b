/* uploader.c - the other end of upload.c: sends files of any size in constant memory.
 *
 *     uploader http://localhost:8888/parts film.mkv notes.txt     a form, a part for each file
 *     uploader -T http://localhost:8888/film.mkv film.mkv         one PUT; "-" is standard input
 *
 * A form's files are read by the client while it sends them. A PUT asks a body_producer of our own,
 * which may wait, for each piece.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gale/gale.h>

enum { MAX_FILES = 64, BLOCK = 64 * 1024 };

struct source {
    int fd;
    char block[BLOCK];
};

struct upload {
    const char *url;
    char **files;
    int n_files;
    bool put;
};

/* On a thread of the executor: a slow disk does not hold the loop. */
static int read_block(void *arg)
{
    struct source *source = arg;
    ssize_t n = read(source->fd, source->block, sizeof(source->block));

    return n < 0 ? -errno : (int)n;
}

static int next_piece(gale_str *piece, void *arg)
{
    struct source *source = arg;
    int n = gale_ioloop_run_in_executor(gale_ioloop_current(), read_block, source);

    *piece = (gale_str){ source->block, n > 0 ? (size_t)n : 0 };
    return n > 0 ? 1 : n;
}

static int show(int r, const gale_http_response *response)
{
    if (r < 0)
        return r;
    printf("%d %s\n%s", response->status, response->reason, response->body.ptr);
    return response->status < 300 ? 0 : GALE_ESTATE;
}

static int put(const struct upload *u)
{
    struct source source = { .fd = STDIN_FILENO };
    gale_http_response *response;
    int r;

    if (strcmp(u->files[0], "-") != 0)
        source.fd = open(u->files[0], O_RDONLY | O_CLOEXEC);
    if (source.fd < 0)
        return gale_err(-errno, "%s: %s", u->files[0], strerror(errno));
    r = gale_fetch(u->url,
                   &(gale_http_request){
                       .method = "PUT",
                       .body_producer = next_piece,
                       .arg = &source,
                       .request_timeout = GALE_UNLIMITED,
                       .expect_100_continue = GALE_ON, /* not a byte for a server that refuses */
                   },
                   &response);
    close(source.fd);
    return show(r, response);
}

static int post(const struct upload *u)
{
    gale_http_part parts[MAX_FILES + 1] = { 0 };
    gale_http_response *response;
    int r;

    for (int i = 0; i < u->n_files; i++)
        parts[i] = (gale_http_part){ .name = "file", .file = u->files[i] };
    r = gale_fetch(u->url,
                   &(gale_http_request){ .parts = parts, .request_timeout = GALE_UNLIMITED },
                   &response);
    return show(r, response);
}

static int upload(void *arg)
{
    const struct upload *u = arg;

    return u->put ? put(u) : post(u);
}

int main(int argc, char **argv)
{
    bool is_put = argc > 1 && !strcmp(argv[1], "-T");
    struct upload u = { .put = is_put };
    int r;

    argv += 1 + is_put;
    argc -= 1 + is_put;
    if (argc < 2 || argc > 1 + (is_put ? 1 : MAX_FILES)) {
        fprintf(stderr, "usage: uploader [-T] URL FILE...\n");
        return 2;
    }
    u.url = argv[0];
    u.files = argv + 1;
    u.n_files = argc - 1;
    r = gale_ioloop_run_sync(gale_ioloop_current(), upload, &u, 0);
    if (r < 0)
        fprintf(stderr, "uploader: %s\n", gale_strerror(r));
    gale_ioloop_free(gale_ioloop_current());
    return r < 0;
}
