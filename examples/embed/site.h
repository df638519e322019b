/* site.h - the small site that poll.c, glib.c and thread.c serve, and their command line. */
/* SPDX-License-Identifier: MIT */
#ifndef EMBED_SITE_H
#define EMBED_SITE_H

#include <gale/gale.h>

struct site {
    gale_ioloop *loop;
    gale_app *app;
    int port;
    int messages; /* the page says how many came; of the loop's thread */
    bool check;
    bool done; /* to be left by the loop that drives ours */
    bool failed;
};

/* Makes the site, calls serve, which drives site->loop until site->done, and frees it again:
 * once on port 8888 (--port=N) until interrupted, or with --check twenty times on any free
 * port until the page was read. Gives the exit status. */
int site_main(int argc, char **argv, int (*serve)(struct site *site));

/* With --check: reads the page in a coroutine of the loop, then ends the serving. From any
 * thread. */
void site_check(struct site *site);

#endif
