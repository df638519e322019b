/* demo.c - a small site that shows what there is: what `make demo` serves. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <gale/json.h>
#include <stdlib.h>
#include <string.h>

/* One who waits on /poll/wait. */
struct listener {
    gale_future *news;
    struct listener *next;
};

struct demo {
    char message[200];
    struct listener *listeners;
};

static const char style[] =
    "<!doctype html><html lang=en><meta charset=utf-8>"
    "<meta name=viewport content='width=device-width,initial-scale=1'>"
    "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;"
    "padding:0 1rem;color:#1d2733;background:#f6f8fa}h1{margin:0;font-size:2rem}"
    "h1 small{font-weight:400;font-size:1rem;color:#5b6b7b}"
    "ul{list-style:none;padding:0}li{background:#fff;border:1px solid #dde3ea;border-radius:8px;"
    "padding:.7rem 1rem;margin:.6rem 0}li a:first-child{font-weight:600}"
    "a{color:#0b62b8;text-decoration:none}a:hover{text-decoration:underline}"
    "p{margin:.2rem 0 0;color:#455463}code{background:#eef2f6;padding:0 .3em;border-radius:4px}"
    "table{margin-top:1rem;border-collapse:collapse;background:#fff;border:1px solid"
    " #dde3ea;width:100%}"
    "td{padding:.35rem 1rem;border-top:1px solid #eef2f6}td+td{text-align:right;"
    "font-variant-numeric:tabular-nums}input,button{font:inherit;padding:.2rem .6rem}</style>";

static const char index_body[] =
    "<title>gale</title><h1>gale <small>Tornado for C</small></h1>"
    "<p>Each page below is a handler of a few lines in <code>examples/demo.c</code>.</p><ul>"
    "<li><a href=/hello?name=you>Hello</a><p>Text, with an argument of the query.</p>"
    "<li><a href=/wait>A page that waits</a><p>Its handler sleeps three seconds in the middle of a"
    " straight line of code. Open the others meanwhile: nobody is held up.</p>"
    "<li><a href=/stream>A page that streams</a><p>A line every 300 ms, each flushed.</p>"
    "<li><a href=/json>JSON</a><p>A value, written as <code>application/json</code>.</p>"
    "<li><a href=/poll>Long poll</a><p>A page that is answered when another request arrives.</p>"
    "<li><a href=/form>A form with a file</a><p>A signed cookie counts your visits, a token keeps"
    " other sites out, the file is told back.</p>"
    "<li><a href=/live>Live figures</a><p>Connections, requests and coroutines of this server, sent"
    " as they change: server-sent events.</p>"
    "<li>Errors: <a href=/nowhere>no such page</a>, <a href=/error/418>418</a>,"
    " <a href=/error/503>503</a>, <a href=/error/fail>an uncaught failure</a>"
    "<p>Each is one line in the log, and none takes the server down.</p>"
    "<li><a href=/old/hello>A redirect</a><p>Routes with groups, and a way back from names.</p>"
    "</ul>";

static const char live_body[] =
    "<title>Live figures</title><h1>Live figures</h1><p><a href=/>back</a></p><table id=t></table>"
    "<script>new EventSource('/live/events').onmessage=e=>"
    "document.getElementById('t').innerHTML=Object.entries(JSON.parse(e.data)).map(([k,v])=>"
    "`<tr><td>${k.replaceAll('_',' ')}</td><td>${v}</td></tr>`).join('')</script>";

static const char poll_body[] =
    "<title>Long poll</title><h1>Long poll</h1><p><a href=/>back</a></p>"
    "<p>Open this page in two windows and say something in one.</p>"
    "<form id=f><input name=text autofocus> <button>Say</button></form><ul id=l></ul>"
    "<script>f.onsubmit=e=>{e.preventDefault();fetch('/poll/say',{method:'POST',"
    "body:new URLSearchParams(new FormData(f))});f.reset()};"
    "(async()=>{for(;;){const r=await fetch('/poll/wait');if(r.status==200){"
    "const li=document.createElement('li');li.textContent=(await r.json()).text;l.prepend(li)}"
    "else if(r.status!=204)await new Promise(d=>setTimeout(d,1000))}})()</script>";

static int index_get(gale_handler *self)
{
    gale_write(self, style);
    return gale_write(self, index_body);
}

static int hello_get(gale_handler *self)
{
    gale_set_header(self, "Content-Type", "text/plain; charset=UTF-8");
    return gale_printf(self, "Hello, %s!\n", gale_get_argument(self, "name", "world"));
}

static int wait_get(gale_handler *self)
{
    int r = gale_sleep(3);

    if (r < 0)
        return r;
    gale_write(self, style);
    return gale_printf(self,
                       "<title>Waited</title><h1>Waited</h1><p>%.3f seconds, in one coroutine."
                       "</p><p><a href=/>back</a></p>",
                       gale_request_time(gale_handler_request(self)));
}

static int stream_get(gale_handler *self)
{
    int r = 0;

    gale_write(self, style);
    gale_write(self, "<title>Stream</title><h1>Stream</h1><p><a href=/>back</a></p><ul>");
    for (int i = 1; i <= 10 && r >= 0; i++) {
        gale_printf(self, "<li>Line %d of 10\n", i);
        r = gale_flush(self);
        if (r >= 0)
            r = gale_sleep(0.3);
    }
    return r < 0 ? r : gale_write(self, "</ul><p>That was all.</p>");
}

static int json_get(gale_handler *self)
{
    return gale_write_json(self,
                           json_pack("{s:s, s:s, s:[i,i,i], s:b}", "framework", "gale", "version",
                                     gale_version(), "numbers", 1, 2, 3, "fast", 1));
}

static int error_get(gale_handler *self)
{
    const char *what = gale_path_argument(self, 0);

    if (strcmp(what, "fail") == 0)
        return gale_err(GALE_EPROTO, "the demo was asked to fail");
    return gale_fail(self, what[0] == '4' ? 418 : 503, "the demo was asked for %s", what);
}

static int old_get(gale_handler *self)
{
    return gale_redirect(self, gale_reverse_url(self, "hello"));
}

/* --- long poll -------------------------------------------------------------------- */

static struct demo *demo_of(gale_handler *self)
{
    return gale_app_data(gale_handler_app(self));
}

static void leave(struct demo *demo, struct listener *who)
{
    struct listener **at = &demo->listeners;

    while (*at != who)
        at = &(*at)->next;
    *at = who->next;
}

static int poll_wait_get(gale_handler *self)
{
    struct demo *demo = demo_of(self);
    struct listener me = { gale_future_new(), demo->listeners };
    int r;

    if (!me.news)
        return gale_fail(self, 503, NULL);
    demo->listeners = &me;
    r = gale_wait_until(me.news, gale_ioloop_time(gale_ioloop_current()) + 30);
    leave(demo, &me);
    if (r == GALE_ETIMEDOUT)
        return gale_set_status(self, 204, NULL);
    return r < 0 ? r : gale_write_json(self, json_pack("{s:s}", "text", demo->message));
}

static int poll_say_post(gale_handler *self)
{
    struct demo *demo = demo_of(self);
    const char *text;
    int r = gale_require_argument(self, "text", &text);

    if (r < 0)
        return r;
    if (strlen(text) >= sizeof(demo->message))
        return gale_fail(self, 400, "the message is too long");
    memcpy(demo->message, text, strlen(text) + 1);
    for (struct listener *l = demo->listeners; l; l = l->next)
        gale_future_set_result(l->news, 0, NULL);
    return gale_set_status(self, 204, NULL);
}

static int poll_get(gale_handler *self)
{
    gale_write(self, style);
    return gale_write(self, poll_body);
}

/* --- live figures ----------------------------------------------------------------- */

static int live_get(gale_handler *self)
{
    gale_write(self, style);
    return gale_write(self, live_body);
}

static json_t *figures(gale_handler *self)
{
    gale_httpserver_stats http;
    gale_gen_stats gen;

    gale_app_get_stats(gale_handler_app(self), &http);
    gale_gen_get_stats(&gen);
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "connections",
                     (json_int_t)http.connections, "connections_accepted",
                     (json_int_t)http.connections_accepted, "requests", (json_int_t)http.requests,
                     "requests_active", (json_int_t)http.requests_active, "refused",
                     (json_int_t)http.errors, "coroutines", (json_int_t)gen.coroutines, "stacks",
                     (json_int_t)gen.stacks, "stacks_pooled", (json_int_t)gen.stacks_pooled, "loop",
                     gale_ioloop_backend(gale_ioloop_current()));
}

static int figures_get(gale_handler *self)
{
    return gale_write_json(self, figures(self));
}

/* Until the client has gone: then the wait gives a failure, which nobody needs to hear of. */
static int events_get(gale_handler *self)
{
    gale_event_stream *events = gale_event_stream_open(self, NULL);
    int r = 0;

    while (events && r >= 0) {
        json_t *value = figures(self);

        r = gale_event_send(events, &(gale_server_event){ .data = gale_json_encode(value) });
        json_decref(value);
        if (r >= 0)
            r = gale_sleep(0.5);
    }
    return r;
}

/* --- a form ----------------------------------------------------------------------- */

static int form_get(gale_handler *self)
{
    gale_str seen = gale_get_signed_cookie(self, "visits", 0);
    long visits = (seen.ptr ? strtol(seen.ptr, NULL, 10) : 0) + 1;
    char *text = gale_printf_alloc(self, "%ld", visits);

    gale_set_signed_cookie(self, "visits", (gale_str){ text, text ? strlen(text) : 0 }, NULL);
    gale_write(self, style);
    return gale_printf(self,
                       "<title>Form</title><h1>Form</h1><p><a href=/>back</a></p>"
                       "<p>You have been here %ld time%s.</p>"
                       "<form method=post enctype=multipart/form-data>%s<p>"
                       "<input name=name placeholder='Your name'> <input type=file name=file> "
                       "<button>Send</button></form>",
                       visits, visits == 1 ? "" : "s", gale_xsrf_form_html(self));
}

static int form_post(gale_handler *self)
{
    const gale_file *file = gale_get_file(self, "file", 0);

    gale_write(self, style);
    gale_printf(self, "<title>Form</title><h1>Thank you, %s</h1><p><a href=/form>back</a></p>",
                gale_xhtml_escape(gale_get_argument(self, "name", "stranger")));
    if (!file)
        return gale_write(self, "<p>You sent no file.</p>");
    return gale_printf(self, "<p>%s: %lld bytes, %s, %s.</p>",
                       gale_xhtml_escape(gale_file_safe_name(self, file)), (long long)file->size,
                       gale_xhtml_escape(file->content_type),
                       file->fd < 0 ? "kept in memory" : "put into a temporary file");
}

static const gale_handler_class index_handler = { .get = index_get };
static const gale_handler_class hello_handler = { .get = hello_get };
static const gale_handler_class wait_handler = { .get = wait_get, .cancel_on_close = GALE_ON };
static const gale_handler_class stream_handler = { .get = stream_get };
static const gale_handler_class json_handler = { .get = json_get };
static const gale_handler_class error_handler = { .get = error_get };
static const gale_handler_class old_handler = { .get = old_get };
static const gale_handler_class poll_handler = { .get = poll_get };
static const gale_handler_class poll_wait = { .get = poll_wait_get, .cancel_on_close = GALE_ON };
/* Its script sends no token, and what it does concerns nobody's account. */
static const gale_handler_class poll_say = { .post = poll_say_post, .xsrf_cookies = GALE_OFF };
static const gale_handler_class live_handler = { .get = live_get };
static const gale_handler_class figures_handler = { .get = figures_get };
static const gale_handler_class events_handler = { .get = events_get };
static const gale_handler_class form_handler = { .get = form_get, .post = form_post };

int main(int argc, char **argv)
{
    static struct demo demo;
    gale_route routes[] = {
        { .url = "/", .handler = &index_handler },
        { .url = "/hello", .handler = &hello_handler, .name = "hello" },
        { .url = "/wait", .handler = &wait_handler },
        { .url = "/stream", .handler = &stream_handler },
        { .url = "/json", .handler = &json_handler },
        { .url = "/error/(418|503|fail)", .handler = &error_handler },
        { .url = "/old/hello", .handler = &old_handler },
        { .url = "/poll", .handler = &poll_handler },
        { .url = "/poll/wait", .handler = &poll_wait },
        { .url = "/poll/say", .handler = &poll_say },
        { .url = "/live", .handler = &live_handler },
        { .url = "/live.json", .handler = &figures_handler },
        { .url = "/live/events", .handler = &events_handler },
        { .url = "/form", .handler = &form_handler },
        { 0 },
    };
    gale_settings settings = {
        .data = &demo,
        .cookie_secret = "a demo has nothing to hide; a site reads this from a file",
        .xsrf_cookies = GALE_ON,
        .compress_response = GALE_ON,
    };

    return gale_main(argc, argv, gale_app_new(routes, &settings));
}
