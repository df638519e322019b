/* run_page.c - what pages are told, and the answers of `gale run` itself while no program works. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gale/error.h>

#include "base/under_run.h"
#include "cli/run_parts.h"

/* Written beside and renamed: who reads it never sees half of it. */
int gale__run_tell_pages(struct gale__run *run)
{
    const char *path = gale__run_status();
    char next[PATH_MAX];
    int fd, r = 0;

    snprintf(next, sizeof(next), "%s/next", run->project.temp);
    fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || !path)
        return gale_err(-errno, "%s: %s", next, strerror(errno));
    if (run->html.len && write(fd, run->html.ptr, run->html.len) < (ssize_t)run->html.len)
        r = gale_err(-errno, "%s: %s", next, strerror(errno));
    close(fd);
    if (r >= 0 && rename(next, path) < 0)
        r = gale_err(-errno, "%s: %s", path, strerror(errno));
    return r;
}

static bool wants_html(gale_handler *self)
{
    const char *accept = gale_request_header(gale_handler_request(self), "Accept");

    return accept && strstr(accept, "text/html");
}

static int show(gale_handler *self)
{
    static const char head[] =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<title>gale run</title>\n<style>\n"
        "body{margin:0;padding:2rem;background:#1b1d23;color:#e8e8e8;"
        "font:14px/1.5 ui-monospace,monospace}\n"
        "h1{font-size:1.3rem;color:#ff7b72}h2{font-size:1rem;color:#ffa198}\n"
        "pre{padding:.7rem;background:#0d1117;overflow:auto}b{color:#ff7b72}\n"
        "</style>\n</head>\n<body data-gale-status>\n";
    struct gale__run *run = gale_app_data(gale_handler_app(self));

    gale_set_status(self, 503, NULL);
    gale_set_header(self, "Cache-Control", "no-store");
    gale_set_header(self, "Retry-After", "1");
    if (!wants_html(self)) {
        gale_set_header(self, "Content-Type", "text/plain; charset=UTF-8");
        return gale_write_bytes(self, run->text.ptr, run->text.len);
    }
    gale_write(self, head);
    gale_write_bytes(self, run->html.ptr, run->html.len);
    return gale_write(self, "</body>\n</html>\n");
}

static const gale_handler_class page_handler = {
    .get = show,
    .head = show,
    .post = show,
    .put = show,
    .delete_ = show,
    .patch = show,
    .options = show,
    .other_method = show,
    .name = "gale run",
};

int gale__run_page_open(struct gale__run *run)
{
    static const gale_route routes[] = { { 0 } };
    const gale_settings settings = { .debug = GALE_ON,
                                     .default_handler = &page_handler,
                                     .data = run };
    int r = 0;

    if (run->page)
        return 0;
    run->page = gale_app_new(routes, &settings);
    if (!run->page)
        return gale_err(GALE_ESTATE, "%s", gale_app_error());
    for (int i = 0; i < run->n_fds && r >= 0; i++) {
        int fd = fcntl(run->fds[i], F_DUPFD_CLOEXEC, 3);

        r = fd < 0 ? gale_err(-errno, "cannot listen: %s", strerror(errno))
                   : gale_app_add_socket(run->page, &fd);
        if (fd >= 0)
            close(fd);
    }
    return r;
}

void gale__run_page_close(struct gale__run *run)
{
    gale_app *page = run->page;

    if (!page)
        return;
    run->page = NULL;
    (void)!gale_app_drain(page, 1.0);
    gale_app_free(page);
}
