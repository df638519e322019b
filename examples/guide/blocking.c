/* blocking.c - guide: a call that blocks, on a thread of the executor. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <errno.h>
#include <stdio.h>

/* What goes to the thread and what comes back: in the handler's frame, which waits. */
struct count {
    const char *path;
    long lines;
};

/* On a thread of the pool: no call of gale's but those that may come from any thread. */
static int count_lines(void *arg)
{
    struct count *count = arg;
    FILE *file = fopen(count->path, "re");
    int c;

    if (!file)
        return -errno;
    while ((c = getc(file)) != EOF)
        count->lines += c == '\n';
    fclose(file);
    return 0;
}

static int lines_get(gale_handler *self)
{
    struct count count = { .path = "/proc/self/limits" };
    int r = gale_ioloop_run_in_executor(gale_ioloop_current(), count_lines, &count);

    if (r < 0)
        return gale_fail(self, 500, "%s: %s", count.path, gale_strerror(r));
    return gale_printf(self, "%ld lines\n", count.lines);
}

/* Meanwhile the loop serves others. */
static int ping_get(gale_handler *self)
{
    return gale_write(self, "pong\n");
}

static const gale_handler_class lines = { .get = lines_get };
static const gale_handler_class ping = { .get = ping_get };

int main(int argc, char **argv)
{
    const gale_route routes[] = {
        { .url = "/lines", .handler = &lines },
        { .url = "/ping", .handler = &ping },
        { 0 },
    };

    return gale_main(argc, argv, gale_app_new(routes, NULL));
}
