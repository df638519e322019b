/* access_log.c - "200 GET /x (127.0.0.1) 0.53ms". See access_log.h. */
/* SPDX-License-Identifier: MIT */
#include "web/access_log.h"

#include <string.h>

#include "base/log.h"

static int level_of(int status)
{
    if (status < 400)
        return GALE_LOG_INFO;
    return status < 500 ? GALE_LOG_WARNING : GALE_LOG_ERROR;
}

static void text(const char *s)
{
    gale__log_text(s, strlen(s));
}

static __attribute__((noinline)) void write_line(gale_handler *self, int level)
{
    const gale_request *request = &self->x->request;
    const char *ip = gale_request_remote_ip(request);
    double ms = gale_request_time(request) * 1000;

    if (!gale__log_begin(&gale_log_access, level, __FILE__, __LINE__))
        return;
    gale__log_int(self->status);
    gale__log_raw(" ", 1);
    text(request->method);
    gale__log_raw(" ", 1);
    text(request->uri);
    gale__log_raw(" (", 2);
    text(ip);
    gale__log_raw(") ", 2);
    gale__log_ms(ms);
    gale__log_raw("ms", 2);
    gale__log_end();
}

void gale__access_log(gale_handler *self)
{
    const gale_settings *settings = &self->route->app->settings;
    int level = level_of(self->status);

    if (self->cls->hooks.log_request)
        self->cls->hooks.log_request(self);
    else if (settings->log_function)
        settings->log_function(self);
    else if (gale_log_enabled(&gale_log_access, level))
        write_line(self, level);
}
