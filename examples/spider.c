/* spider - fetches all pages of a site that can be reached from one of them, ten at a time.
 *
 *   spider http://localhost:8888/docs/ [seconds]
 *
 * Ten coroutines take addresses out of a queue and put the links that they find back into it; when
 * every address has been dealt with, the queue's join returns. It stays below the address that it
 * is given. At most 300 seconds, unless told otherwise.
 */
/* SPDX-License-Identifier: MIT */
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <gale/escape.h>
#include <gale/gen.h>
#include <gale/httpclient.h>
#include <gale/ioloop.h>
#include <gale/queues.h>

enum { N_WORKERS = 10, URL_MAX_SIZE = 2048 };

struct spider {
    const char *start;
    double patience;
    gale_queue *queue; /* of addresses on the heap, each once */
    void *seen;        /* a tree of them */
    int n_fetched, n_dead;
};

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Each address comes into the queue once, and stays in the tree to the end. */
static int add(struct spider *spider, const char *url)
{
    char *own = strdup(url);
    char **found = own ? tsearch(own, &spider->seen, compare) : NULL;

    if (found && *found == own)
        return gale_queue_put(spider->queue, own, GALE_FOREVER);
    free(own);
    return found ? 0 : -1;
}

/* --- links ------------------------------------------------------------------ */

/* Takes "." and ".." out of the path that begins at path. */
static void tidy_path(char *path)
{
    char *out = path, *in = path;

    while (*in && *in != '?') {
        size_t n = 1 + strcspn(in + 1, "/?");

        if (n == 2 && in[1] == '.') {
            if (in[n] != '/')
                *out++ = '/';
        } else if (n == 3 && in[1] == '.' && in[2] == '.') {
            while (out > path && *--out != '/')
                ;
            if (in[n] != '/')
                *out++ = '/';
        } else {
            memmove(out, in, n);
            out += n;
        }
        in += n;
    }
    memmove(out, in, strlen(in) + 1);
}

/* What link means on the page base, without fragment; false when it is not for a spider. */
static int resolve(const char *base, const char *link, char out[URL_MAX_SIZE])
{
    const char *host = strstr(base, "://") + 3;
    int root = (int)(host - base) + (int)strcspn(host, "/?");
    int directory = (int)strcspn(base, "?");
    int n = (int)strcspn(link, "#");
    const char *path;

    while (directory > root && base[directory - 1] != '/')
        directory--;
    if (!strncasecmp(link, "http://", 7) || !strncasecmp(link, "https://", 8))
        snprintf(out, URL_MAX_SIZE, "%.*s", n, link);
    else if (link[strcspn(link, ":/?#")] == ':') /* mailto: and the like */
        return 0;
    else if (!strncmp(link, "//", 2))
        snprintf(out, URL_MAX_SIZE, "%.*s%.*s", (int)(host - 2 - base), base, n, link);
    else if (link[0] == '/')
        snprintf(out, URL_MAX_SIZE, "%.*s%.*s", root, base, n, link);
    else if (n == 0 || link[0] == '?')
        snprintf(out, URL_MAX_SIZE, "%.*s%.*s", (int)strcspn(base, n ? "?" : ""), base, n, link);
    else
        snprintf(out, URL_MAX_SIZE, "%.*s%s%.*s", directory, base, directory > root ? "" : "/", n,
                 link);
    path = strstr(out, "://") + 3;
    tidy_path(out + (path - out) + strcspn(path, "/?"));
    return 1;
}

/* The value of href within a tag, on memory of the scope; NULL without. */
static const char *href_of(const char *tag, const char *end)
{
    for (const char *at = tag; at + 5 < end; at++) {
        char quote, *copy;
        const char *value;
        size_t n;

        if (strncasecmp(at, " href=", 6) != 0)
            continue;
        value = at + 6;
        quote = *value == '"' || *value == '\'' ? *value++ : ' ';
        n = strcspn(value, quote == '"' ? "\"" : quote == '\'' ? "'" : " >");
        copy = gale_scope_alloc(n + 1);
        if (!copy)
            return NULL;
        memcpy(copy, value, n);
        copy[n] = 0;
        return gale_xhtml_unescape(copy);
    }
    return NULL;
}

/* Puts the links of a page below the start into the queue. */
static int add_links(struct spider *spider, const char *base, const char *html)
{
    const char *tag = html;
    int r = 0;

    while (r >= 0 && (tag = strstr(tag, "<a "))) {
        const char *end = tag + strcspn(tag, ">");
        const char *link = href_of(tag + 2, end);
        char url[URL_MAX_SIZE];

        if (link && resolve(base, link, url) && !strncmp(url, spider->start, strlen(spider->start)))
            r = add(spider, url);
        tag = end;
    }
    return r;
}

/* --- workers ----------------------------------------------------------------- */

struct page {
    struct spider *spider;
    const char *url;
};

/* In a coroutine of its own, so that what it fetched goes when it ends. */
static int fetch_page(void *arg)
{
    struct page *page = arg;
    gale_http_response *response;
    int r;

    printf("fetching %s\n", page->url);
    r = gale_fetch(page->url, &(gale_http_request){ .raise_error = GALE_ON }, &response);
    if (r < 0)
        return r;
    return add_links(page->spider, response->effective_url, response->body.ptr);
}

static int work(void *arg)
{
    struct spider *spider = arg;
    void *url;

    while (gale_queue_get(spider->queue, &url, GALE_FOREVER) >= 0) {
        struct page page = { spider, url };
        gale_future *f = gale_spawn(fetch_page, &page);
        int r = f ? gale_join(&f) : -1;

        if (r >= 0) {
            spider->n_fetched++;
        } else if (r != GALE_ECANCELED) {
            spider->n_dead++;
            printf("dead: %s: %s\n", page.url, gale_strerror(r));
        }
        gale_queue_task_done(spider->queue);
    }
    return 0;
}

static int crawl(void *arg)
{
    struct spider *spider = arg;
    double begin = gale_ioloop_time(gale_ioloop_current());
    gale_future *workers[N_WORKERS];
    int r = add(spider, spider->start);

    for (int i = 0; i < N_WORKERS; i++)
        workers[i] = gale_spawn(work, spider);
    if (r >= 0)
        r = gale_queue_join(spider->queue, begin + spider->patience);
    if (r == GALE_ETIMEDOUT)
        printf("not done after %g seconds\n", spider->patience);
    gale_queue_close(spider->queue); /* who waits for more ends; who is fetching is cancelled */
    for (int i = 0; i < N_WORKERS; i++)
        if (workers[i]) {
            gale_cancel(workers[i]);
            gale_join(&workers[i]);
        }
    printf("done in %.0f seconds: %d fetched, %d could not be\n",
           gale_ioloop_time(gale_ioloop_current()) - begin, spider->n_fetched, spider->n_dead);
    return r;
}

/* How long it may take; 0: that is no time. */
static double read_seconds(const char *text)
{
    char *end;
    double seconds = strtod(text, &end);

    return *end || !(seconds > 0) ? 0 : seconds;
}

int main(int argc, char **argv)
{
    struct spider spider = { .patience = argc > 2 ? read_seconds(argv[2]) : 300 };
    gale_ioloop *loop;
    int r;

    if (argc < 2 || argc > 3 || spider.patience == 0 ||
        (strncmp(argv[1], "http://", 7) && strncmp(argv[1], "https://", 8))) {
        fprintf(stderr, "usage: spider http://host/path/ [seconds]\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0); /* line after line, also into a pipe */
    loop = gale_ioloop_current();
    spider.start = argv[1];
    spider.queue = gale_queue_new(0);
    if (!loop || !spider.queue)
        return EXIT_FAILURE;
    r = gale_ioloop_run_sync(loop, crawl, &spider, 0);
    gale_queue_free(spider.queue, NULL);
    gale_ioloop_free(loop);
    while (spider.seen) {
        char *url = *(char **)spider.seen;

        tdelete(url, &spider.seen, compare);
        free(url);
    }
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
