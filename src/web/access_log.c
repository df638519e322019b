/* access_log.c - "200 GET /x (127.0.0.1) 0.53ms", the combined format, or JSON. See access_log.h.
 */
/* SPDX-License-Identifier: MIT */
#include "web/access_log.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/context.h"
#include "base/log.h"
#include "base/str.h"
#include "web/request_id.h"

/* 0 is what the log's format says. */
enum format { DEFAULT, TEXT, COMBINED, JSON, OFF };

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

/* Between quotes, as Apache writes it: what could end them has a backslash. */
static void quoted(const char *s)
{
    s = s && *s ? s : "-";
    gale__log_raw("\"", 1);
    while (*s) {
        size_t plain = strcspn(s, "\"\\");

        gale__log_text(s, plain);
        s += plain;
        if (*s) {
            gale__log_raw("\\", 1);
            gale__log_raw(s++, 1);
        }
    }
    gale__log_raw("\"", 1);
}

/* "[10/Oct/2000:13:55:36 -0700]": months in English whatever the locale is. */
static void put_time(void)
{
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    time_t now = time(NULL);
    char out[40];
    struct tm tm;

    if (!localtime_r(&now, &tm))
        memset(&tm, 0, sizeof(tm));
    gale__log_raw(out, strftime(out, sizeof(out), "[%d/", &tm));
    gale__log_raw(months[tm.tm_mon], 3);
    gale__log_raw(out, strftime(out, sizeof(out), "/%Y:%H:%M:%S %z]", &tm));
}

/* Bytes of the body that were handed on. */
static int64_t bytes_of(const gale_handler *self)
{
    return gale__handler_method(self) == GALE__METHOD_HEAD || self->status == 304 ? 0 : self->sent;
}

static void put_request_line(const gale_request *request)
{
    char line[9000];

    snprintf(line, sizeof(line), "%s %s %s", request->method, request->uri, request->version);
    quoted(line);
}

static void write_combined(gale_handler *self, int level)
{
    const gale_request *request = &self->x->request;
    const char *ip = gale_request_remote_ip(request);

    if (!gale__log_begin_as(&gale_log_access, level, __FILE__, __LINE__, GALE__LOG_BARE))
        return;
    text(*ip ? ip : "-");
    gale__log_raw(" - - ", 5);
    put_time();
    gale__log_raw(" ", 1);
    put_request_line(request);
    gale__log_raw(" ", 1);
    gale__log_int(self->status);
    gale__log_raw(" ", 1);
    gale__log_int(bytes_of(self));
    gale__log_raw(" ", 1);
    quoted(gale_request_header(request, "Referer"));
    gale__log_raw(" ", 1);
    quoted(gale_request_header(request, "User-Agent"));
    gale__log_end();
}

static void field(const char *name, const char *value, size_t max)
{
    if (value)
        gale__log_field_text(name, gale__str(value), max);
}

static void write_json(gale_handler *self, int level)
{
    const gale_request *request = &self->x->request;
    const char *ip = gale_request_remote_ip(request);
    double ms = gale_request_time(request) * 1000;

    if (!gale__log_begin_as(&gale_log_access, level, __FILE__, __LINE__, GALE__LOG_OBJECT))
        return;
    gale__log_field_int("status", self->status);
    field("method", request->method, 128);
    field("remote_ip", ip, 64);
    field("version", request->version, 16);
    gale__log_field_ms("duration_ms", ms);
    gale__log_field_int("bytes", bytes_of(self));
    field("uri", request->uri, 6144);
    field("referer", gale_request_header(request, "Referer"), 1024);
    field("user_agent", gale_request_header(request, "User-Agent"), 1024);
    gale__log_end();
}

static void write_in(gale_handler *self, int level, enum format format)
{
    struct gale__context *context = gale__context_here();
    const char *before = context->request_id;

    context->request_id = gale__request_id(self); /* it may end outside of its coroutine */
    if (format == COMBINED)
        write_combined(self, level);
    else if (format == JSON || (format == DEFAULT && gale__log_format() == GALE_LOG_JSON))
        write_json(self, level);
    else
        write_line(self, level);
    context->request_id = before;
}

void gale__access_log(gale_handler *self)
{
    const gale_app *app = self->route->app;
    const gale_settings *settings = &app->settings;
    int level = level_of(self->status);

    if (self->cls->hooks.log_request)
        self->cls->hooks.log_request(self);
    else if (settings->log_function)
        settings->log_function(self);
    else if (gale_log_enabled(&gale_log_access, level) && app->access_format != OFF)
        write_in(self, level, (enum format)app->access_format);
}

int gale__access_log_parse(const char *word)
{
    static const char *const words[] = { "text", "combined", "json", "off" };

    for (int i = 0; i < OFF; i++)
        if (strcasecmp(word, words[i]) == 0)
            return i + 1;
    return gale_err(GALE_EINVAL, "access_log is 'text', 'combined', 'json' or 'off', not '%.40s'",
                    word);
}

void gale__access_log_use(gale_app *app, int format)
{
    app->access_format = format;
    for (gale_app *inner = app->mounts; inner; inner = inner->next_taken)
        gale__access_log_use(inner, format);
}
