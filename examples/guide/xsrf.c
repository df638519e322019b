/* xsrf.c - guide: a form that other sites cannot send in the user's name. */
/* SPDX-License-Identifier: MIT */
#include <gale/escape.h>
#include <gale/gale.h>
#include <stdio.h>

static char last[200] = "nothing";

static int board_get(gale_handler *self)
{
    return gale_printf(self,
                       "<!doctype html><title>Board</title><p id=last>%s"
                       "<form method=post>%s<input name=text> <button>Say</button></form>\n",
                       gale_xhtml_escape(last), gale_xsrf_form_html(self));
}

/* Without the form's token, or X-Xsrftoken with the cookie's, it is a 403 before this runs. */
static int board_post(gale_handler *self)
{
    snprintf(last, sizeof(last), "%s", gale_get_argument(self, "text", ""));
    return gale_redirect_status(self, "/", 303);
}

/* An interface whose clients send no cookies needs none of it. */
static int hook_post(gale_handler *self)
{
    return gale_write(self, "ok\n");
}

static const gale_handler_class board = { .get = board_get, .post = board_post };
static const gale_handler_class hook = { .xsrf_cookies = GALE_OFF, .post = hook_post };

int main(int argc, char **argv)
{
    return gale_main(argc, argv,
                     gale_app_new(
                         (gale_route[]){
                             { .url = "/", .handler = &board },
                             { .url = "/hook", .handler = &hook },
                             { 0 },
                         },
                         &(gale_settings){ .xsrf_cookies = GALE_ON }));
}
