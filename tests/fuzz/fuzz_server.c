/* fuzz_server.c - the whole server over the simulated loop: scripts of peers that do anything.
 *
 * The input is a script. Its bytes go to the present connection, but for a backtick and what
 * follows it:
 *     `n      opens a connection (at most four), which becomes the present one
 *     `0..`3  makes another one the present
 *     `.      hands over what has been collected and runs the loop; `, without running it
 *     `e `r `x  end of stream, reset, the peer vanishes
 *     `wC     the peer takes (C - '0')^3 more bytes; `wu any number
 *     `fCD    the next call C (r, s, a: receive, send, accept) fails with error D of a list
 *     `cC     the next receives give C - '0' bytes each
 *     `tC     so much time passes: (C - '0')^2 / 16 seconds
 *     `bC     (C - '0') * 997 bytes for a body
 *     `q      sends are queued from now on, before the first connection
 *     `d      drains the application
 *     `F `L   ends here: the application is freed first, or the loop is
 *     ``      a backtick
 *
 * Whatever the script: what each peer got is a sequence of well-formed responses, cut off only
 * where something broke, no more of them than requests; and when all peers have gone,
 * nothing is left: no connection, no request, no coroutine.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gale/gen.h>
#include <gale/ioloop.h>
#include <gale/log.h>
#include <gale/web.h>

#include "base/alloc.h"
#include "http/server.h"
#include "ioloop/sim.h"
#include "proto/chunked.h"
#include "proto/http1.h"
#include "web/app.h"
#include "web/dispatch.h"

enum {
    MAX_PEERS = 4,
    MAX_PIECE = 1 << 16,
    MAX_HEADERS = 64,
    BLOCK = 997,
    PATIENCE = 400, /* seconds after which every time limit has passed */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- the application --- */

/* The peer cannot know to which request an answer belongs, so answers to HEAD say so. */
static void mark_head(gale_handler *self)
{
    if (!strcmp(gale_handler_request(self)->method, "HEAD"))
        (void)gale_set_header(self, "X-Head", "yes");
}

static const gale_handler_class base = { .set_default_headers = mark_head };

static int hello(gale_handler *self)
{
    return gale_write(self, "Hello, world");
}

static int echo(gale_handler *self)
{
    gale_str body = gale_handler_request(self)->body;

    return gale_write_bytes(self, body.ptr, body.len);
}

/* Reads its body as it comes, or so many pieces of it. */
static int upload(gale_handler *self)
{
    double pause = strtod(gale_get_argument(self, "pause", "0"), NULL);
    long most = strtol(gale_get_argument(self, "pieces", "-1"), NULL, 10);
    const char *trailer;
    gale_str piece;
    size_t bytes = 0;
    int r = 1;

    for (long i = 0; r > 0 && i != most; i++) {
        r = gale_read_body(self, &piece);
        if (r > 0 && pause > 0 && gale_sleep(pause < 1 ? pause : 1) < 0)
            r = GALE_ECANCELED;
        for (size_t n = 0; r > 0 && n < piece.len; n += 100)
            bytes += piece.ptr[n] != '\1'; /* it is still there */
    }
    trailer = gale_request_trailer(gale_handler_request(self), "X-Sum");
    return r < 0 ? r : gale_printf(self, "%zu %s", bytes, trailer ? trailer : "");
}

/* Sends each piece back as it comes, so that a body that breaks cuts the answer off. */
static int back(gale_handler *self)
{
    gale_str piece;
    int r;

    while ((r = gale_read_body(self, &piece)) > 0) {
        r = gale_write_bytes(self, piece.ptr, piece.len);
        if (r >= 0)
            r = gale_flush(self);
        if (r < 0)
            return r;
    }
    return r;
}

static int early(gale_handler *self)
{
    return gale_write(self, "early");
}

static int limit(gale_handler *self)
{
    return gale_set_max_body_size(self, 100);
}

static int count_down(void *arg)
{
    int *left = arg;
    int r = 0;

    while (*left > 0 && r >= 0) {
        r = *left % 2 ? gale_sleep(0.05) : gale_yield();
        --*left;
    }
    return r;
}

static int wait_a_while(gale_handler *self)
{
    int *left = gale_state(self);
    gale_future *f;
    int r;

    *left = 9;
    f = gale_spawn(count_down, left);
    r = f ? gale_sleep(0.25) : -ENOMEM;
    if (r >= 0)
        r = gale_join(&f);
    return r < 0 ? r : gale_printf(self, "%d left", *left);
}

/* Sends parts of growing size; fails at the end when asked to. */
static int stream(gale_handler *self)
{
    char part[4096];
    int r = 0;

    memset(part, 'x', sizeof(part));
    for (size_t n = 1; n < 1 << 17 && r >= 0; n *= 3) {
        for (size_t sent = 0; sent < n && r >= 0; sent += sizeof(part))
            r = gale_write_bytes(self, part, n - sent < sizeof(part) ? n - sent : sizeof(part));
        if (r >= 0)
            r = gale_flush(self);
        if (r >= 0 && n > 1000)
            r = gale_sleep(0.01);
    }
    if (r >= 0 && gale_get_argument(self, "fail", NULL))
        return gale_fail(self, 500, "asked to");
    return r;
}

static int fail(gale_handler *self)
{
    int status;
    int r = gale_get_int(self, "status", &status);

    (void)gale_write(self, "never seen");
    return r < 0 ? r : gale_fail(self, status, "as %s asked", gale_handler_request(self)->uri);
}

static int groups(gale_handler *self)
{
    const char *name = gale_path_argument_named(self, "name");
    const char *number = gale_path_argument(self, 1);

    return gale_printf(self, "%s %s", name ? name : "nobody", number ? number : "nothing");
}

static int arguments(gale_handler *self)
{
    const char *a;
    int n;
    int r = gale_require_argument(self, "a", &a);

    if (r >= 0)
        r = gale_get_int(self, "n", &n);
    if (r >= 0)
        r = gale_set_header(self, "X-Argument", a);
    return r < 0 ? r : gale_printf(self, "%s %d %s", a, n, gale_get_argument(self, "b", "none"));
}

static int go_away(gale_handler *self)
{
    return gale_redirect(self, gale_get_argument(self, "to", "/hello"));
}

static int describe(gale_handler *self)
{
    gale_request *request = gale_handler_request(self);
    int r = gale_set_status(self, 203, gale_get_argument(self, "reason", NULL));

    if (r >= 0 && gale_get_argument(self, "close", NULL))
        r = gale_set_header(self, "Connection", "close");
    if (r < 0)
        return r;
    return gale_printf(self, "%s %s %s %s", request->method, gale_request_host(request),
                       gale_request_full_url(request), gale_request_remote_ip(request));
}

static int no_content(gale_handler *self)
{
    return gale_set_status(self, gale_get_argument(self, "304", NULL) ? 304 : 204, NULL);
}

static void answer_late(void *arg)
{
    gale_handler *self = arg;

    (void)gale_write(self, "late");
    (void)gale_finish(self);
}

static int asynchronous(gale_handler *self)
{
    gale_timeout *timer = gale_state(self);

    *timer = gale_ioloop_call_later(gale_ioloop_current(), 0.3, answer_late, self);
    return *timer ? 0 : -ENOMEM;
}

static void answer_early(gale_handler *self)
{
    gale_timeout *timer = gale_state(self);

    gale_ioloop_remove_timeout(gale_ioloop_current(), *timer);
    answer_late(self);
}

/* What it leaves running is cancelled with the request. */
static int forget(gale_handler *self)
{
    static int long_time = 1 << 20;
    gale_future *f = gale_spawn(count_down, &long_time);

    return f ? gale_write(self, "forgot") : -ENOMEM;
}

static const gale_handler_class hello_handler = { .parent = &base, .get = hello };
static const gale_handler_class echo_handler = { .parent = &base, .post = echo, .put = echo };
static const gale_handler_class upload_handler = {
    .parent = &base, .post = upload, .put = back, .patch = early, .stream_request_body = GALE_ON
};
static const gale_handler_class limited_handler = { .parent = &upload_handler,
                                                    .prepare = limit,
                                                    .cancel_on_close = GALE_ON };
static const gale_handler_class wait_handler = { .parent = &base,
                                                 .get = wait_a_while,
                                                 .state_size = sizeof(int) };
static const gale_handler_class impatient_handler = { .parent = &wait_handler,
                                                      .cancel_on_close = GALE_ON };
static const gale_handler_class stream_handler = { .parent = &base, .get = stream };
static const gale_handler_class fail_handler = { .parent = &base, .get = fail, .post = fail };
static const gale_handler_class groups_handler = { .parent = &base, .get = groups };
static const gale_handler_class arguments_handler = { .parent = &base,
                                                      .get = arguments,
                                                      .post = arguments };
static const gale_handler_class away_handler = { .parent = &base, .get = go_away };
static const gale_handler_class describe_handler = { .parent = &base,
                                                     .get = describe,
                                                     .other_method = describe };
static const gale_handler_class empty_handler = { .parent = &base, .get = no_content };
static const gale_handler_class late_handler = { .parent = &base,
                                                 .get = asynchronous,
                                                 .asynchronous = GALE_ON,
                                                 .on_connection_close = answer_early,
                                                 .state_size = sizeof(gale_timeout) };
static const gale_handler_class forget_handler = { .parent = &base, .get = forget };
static const gale_handler_class moved_handler = { .parent = &gale_redirect_handler,
                                                  .set_default_headers = mark_head };
static const gale_handler_class missing_handler = { .parent = &gale_error_handler,
                                                    .set_default_headers = mark_head };

static gale_app *new_app(void)
{
    static const gale_redirect_options moved = { .url = "/{0}?from=moved" };
    const gale_route routes[] = {
        { .url = "/hello", .handler = &hello_handler },
        { .url = "/echo", .handler = &echo_handler },
        { .url = "/upload", .handler = &upload_handler },
        { .url = "/limited", .handler = &limited_handler },
        { .url = "/wait", .handler = &wait_handler },
        { .url = "/impatient", .handler = &impatient_handler },
        { .url = "/stream", .handler = &stream_handler },
        { .url = "/fail", .handler = &fail_handler },
        { .url = "/of/(?<name>[^/]*)/([0-9]+)?", .handler = &groups_handler },
        { .url = "/arguments", .handler = &arguments_handler },
        { .url = "/away", .handler = &away_handler },
        { .url = "/describe", .handler = &describe_handler },
        { .url = "/empty", .handler = &empty_handler },
        { .url = "/late", .handler = &late_handler },
        { .url = "/forget", .handler = &forget_handler },
        { .url = "/moved/(.*)", .handler = &moved_handler, .arg = (void *)(uintptr_t)&moved },
        { 0 },
    };

    return gale_app_new(routes, &(gale_settings){
                                    .default_handler = &missing_handler,
                                    .serve_traceback = GALE_ON,
                                    .server = { .max_body_size = 40000,
                                                .max_header_size = 2000,
                                                .max_request_line = 500,
                                                .max_headers = 20,
                                                .decompress_request = GALE_ON,
                                                .xheaders = GALE_ON },
                                });
}

/* --- the peers --- */

struct peer {
    struct gale__sim_peer *sim;
    char *pushed; /* all of it, to count requests in */
    size_t n_pushed;
    char piece[MAX_PIECE];
    size_t n_piece;
};

struct run {
    gale_ioloop *loop;
    gale_app *app;
    int listener;
    struct peer peers[MAX_PEERS];
    int n_peers, present;
    bool is_loop_first;
    bool is_rough; /* something happened that may cut answers off */
    const uint8_t *p, *end;
};

/* Each request ends a head with an empty line, but for one that is refused before. */
static size_t most_responses(const struct peer *peer)
{
    size_t n = 1;

    for (size_t i = 0; i + 4 <= peer->n_pushed; i++)
        n += !memcmp(peer->pushed + i, "\r\n\r\n", 4);
    return n;
}

/* The length of a chunked body; 0 when it is cut off. */
static size_t chunked_length(const char *body, size_t len)
{
    struct gale__chunked decoder = { 0 };
    const char *p = body;
    gale_str piece;
    int r;

    do
        r = gale__chunked_next(&decoder, &p, body + len, &piece);
    while (r == GALE__CHUNKED_DATA);
    GALE_ASSERT(r >= 0);
    return r == GALE__CHUNKED_END ? (size_t)(p - body) : 0;
}

static bool has_field(const char *text, const struct gale__http1_head *head, const char *name)
{
    for (unsigned i = 0; i < head->n_headers; i++)
        if (head->headers[i].name_len == strlen(name) &&
            !strncasecmp(text + head->headers[i].name_off, name, strlen(name)))
            return true;
    return false;
}

/* One final response at text: its length; 0 when it is cut off, or ends with the connection:
 * then nothing follows. */
static size_t check_response(const char *text, size_t len, bool *is_last, bool *is_cut)
{
    static const struct gale__http1_limits limits = { 16384, 1 << 17, MAX_HEADERS };
    struct gale__http1_header headers[MAX_HEADERS];
    struct gale__http1_head head = { .headers = headers };
    size_t scanned = 0, rest, body;
    int r = gale__http1_parse_response(text, len, &scanned, &limits, &head);

    GALE_ASSERT(r >= 0);
    *is_cut = r == 0;
    if (r == 0)
        return 0;
    rest = len - (size_t)r;
    GALE_ASSERT(!memcmp(text, "HTTP/1.1 ", 9) && has_field(text, &head, "Date"));
    GALE_ASSERT(head.status_code >= 200 && head.status_code < 600);
    GALE_ASSERT(!(head.chunked && head.content_length >= 0));
    *is_last = head.close;
    if (head.status_code == 204 || head.status_code == 304) {
        GALE_ASSERT(!head.chunked && head.content_length < 0);
        return (size_t)r;
    }
    if (has_field(text, &head, "X-Head"))
        return (size_t)r;
    if (!head.chunked && head.content_length < 0)
        return 0;
    if (head.chunked)
        body = chunked_length(text + r, rest);
    else
        body = (size_t)head.content_length;
    *is_cut = head.chunked ? body == 0 : body > rest;
    return *is_cut ? 0 : (size_t)r + body;
}

static bool pushed(const struct peer *peer, const char *text)
{
    return peer->pushed && memmem(peer->pushed, peer->n_pushed, text, strlen(text));
}

static void check_sent(const struct run *run, const struct peer *peer)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    gale_str sent = gale__sim_sent(peer->sim);
    size_t n = 0, length = 1;
    bool is_last = false, is_cut = false;

    while (sent.len && length) {
        size_t same = sent.len < sizeof(go_on) - 1 ? sent.len : sizeof(go_on) - 1;

        GALE_ASSERT(!is_last); /* nothing follows a response that says it is the last */
        if (same >= 12 && !memcmp(sent.ptr, go_on, same)) {
            length = same;
        } else {
            length = check_response(sent.ptr, sent.len, &is_last, &is_cut);
            n++;
        }
        sent.ptr += length;
        sent.len -= length;
    }
    GALE_ASSERT(n <= most_responses(peer));
    /* Failing in the middle cuts off, and a HEAD that the server itself refused looks so. */
    GALE_ASSERT(!is_cut || run->is_rough || pushed(peer, "fail") || pushed(peer, "HEAD") ||
                pushed(peer, "PUT"));
}

static void run_loop(struct run *run)
{
    GALE_ASSERT(gale__sim_run(run->loop) == 0);
}

static void hand_over(struct peer *peer)
{
    if (peer->sim && peer->n_piece) {
        char *all = realloc(peer->pushed, peer->n_pushed + peer->n_piece);

        GALE_ASSERT(all && gale__sim_push(peer->sim, peer->piece, peer->n_piece) == 0);
        memcpy(all + peer->n_pushed, peer->piece, peer->n_piece);
        peer->pushed = all;
        peer->n_pushed += peer->n_piece;
    }
    peer->n_piece = 0;
}

static void vanish(const struct run *run, struct peer *peer)
{
    if (!peer->sim)
        return;
    check_sent(run, peer);
    gale__sim_peer_free(peer->sim);
    peer->sim = NULL;
}

static void open_peer(struct run *run)
{
    if (run->n_peers == MAX_PEERS)
        return;
    run->present = run->n_peers;
    run->peers[run->n_peers++].sim = gale__sim_connect(run->loop, run->listener);
}

static void push_byte(struct peer *peer, char byte)
{
    if (peer->n_piece < sizeof(peer->piece))
        peer->piece[peer->n_piece++] = byte;
}

/* --- the script --- */

/* The byte behind an instruction, as a number. */
static int operand(struct run *run)
{
    int c = run->p < run->end ? *run->p++ : '0';

    return c < '0' ? 0 : c - '0';
}

static void fail_next(struct run *run, struct peer *peer)
{
    static const int errors[] = { ECONNRESET, EPIPE, ETIMEDOUT, ENOMEM, EMFILE, EIO, ENOBUFS };
    int call = operand(run);
    int error = errors[(size_t)operand(run) % (sizeof(errors) / sizeof(errors[0]))];

    if (call == 'a' - '0')
        gale__sim_fail_accept(run->loop, run->listener, error);
    else if (peer->sim)
        gale__sim_fail(peer->sim, call == 's' - '0' ? GALE__SIM_SEND : GALE__SIM_RECV, error);
}

static void set_chunks(struct peer *peer, int size)
{
    uint32_t sizes[64];

    for (size_t i = 0; i < 64; i++)
        sizes[i] = (uint32_t)size;
    GALE_ASSERT(gale__sim_chunks(peer->sim, sizes, 64) == 0);
}

static void pass_time(struct run *run, double seconds)
{
    GALE_ASSERT(gale__sim_advance(run->loop, seconds) == 0);
}

static int drain(void *arg)
{
    struct run *run = arg;
    int r = gale_app_drain(run->app, 3);

    return r == GALE_ETIMEDOUT || r == GALE_ECANCELED ? 0 : r;
}

static void change_peer(struct run *run, struct peer *peer, char op)
{
    int n;

    if (!peer->sim)
        return;
    switch (op) {
    case 'e':
        gale__sim_end(peer->sim);
        break;
    case 'r':
        gale__sim_reset(peer->sim);
        break;
    case 'w':
        n = operand(run);
        gale__sim_window(peer->sim, n == 'u' - '0' ? -1 : n * n * n);
        break;
    default:
        set_chunks(peer, operand(run));
        break;
    }
}

/* False: the script ends here. */
static bool instruction(struct run *run, char op)
{
    struct peer *peer = &run->peers[run->present];

    run->is_rough |= strchr("rwfdFL", op) && op;
    switch (op) {
    case 'n':
        open_peer(run);
        break;
    case '0':
    case '1':
    case '2':
    case '3':
        run->present = op - '0';
        break;
    case '.':
        hand_over(peer);
        run_loop(run);
        break;
    case ',':
        hand_over(peer);
        break;
    case 'x':
        run->is_rough = true;
        vanish(run, peer);
        break;
    case 'e':
    case 'r':
    case 'w':
    case 'c':
        change_peer(run, peer, op);
        break;
    case 'f':
        fail_next(run, peer);
        break;
    case 't': {
        int n = operand(run);

        pass_time(run, n * n / 16.0);
        break;
    }
    case 'b':
        for (int n = operand(run) % 80 * BLOCK; n > 0; n--)
            push_byte(peer, 'b');
        break;
    case 'q':
        if (!run->n_peers)
            gale__sim_queue_sends(run->loop, true);
        break;
    case 'd':
        GALE_ASSERT(gale_ioloop_spawn_callback(run->loop, drain, run) == 0);
        break;
    case 'F':
    case 'L':
        run->is_loop_first = op == 'L';
        return false;
    default:
        push_byte(peer, op);
        break;
    }
    return true;
}

/* False: it ended with everything under way. */
static bool play(struct run *run)
{
    while (run->p < run->end) {
        char byte = (char)*run->p++;

        if (byte != '`' || run->p == run->end)
            push_byte(&run->peers[run->present], byte);
        else if (!instruction(run, (char)*run->p++))
            return false;
    }
    return true;
}

/* Peers that take everything and wait get all answers; then time runs out for the rest. */
static void come_to_rest(struct run *run)
{
    gale_httpserver_stats stats;
    gale_gen_stats gen;

    for (int i = 0; i < MAX_PEERS; i++) {
        hand_over(&run->peers[i]);
        if (run->peers[i].sim)
            gale__sim_window(run->peers[i].sim, -1);
    }
    pass_time(run, PATIENCE);
    for (int i = 0; i < MAX_PEERS; i++)
        GALE_ASSERT(!run->peers[i].sim || gale__sim_is_closed(run->peers[i].sim));
    gale_app_get_stats(run->app, &stats);
    gale_gen_get_stats(&gen);
    GALE_ASSERT(stats.connections == 0 && stats.requests_active == 0);
    GALE_ASSERT(gen.coroutines == 0);
}

/* --- life --- */

static void set_up(struct run *run)
{
    struct gale__app_server *server;
    int fd;

    run->loop = gale_ioloop_new(&(gale_ioloop_options){ .backend = "simulated" });
    run->app = new_app();
    GALE_ASSERT(run->loop && run->app);
    run->listener = fd = gale__sim_listener(run->loop);
    server = gale__app_server_new(run->app, run->loop);
    GALE_ASSERT(fd >= 0 && server);
    server->server = gale__httpserver_new(run->loop, &gale__web_answerer, server,
                                          &run->app->settings.server, NULL);
    GALE_ASSERT(server->server && gale_httpserver_add_socket(server->server, &fd) == 0);
}

static void tear_down(struct run *run)
{
    for (int i = 0; i < MAX_PEERS; i++) {
        vanish(run, &run->peers[i]);
        free(run->peers[i].pushed);
    }
    if (run->is_loop_first)
        gale_ioloop_free(run->loop);
    gale_app_free(run->app);
    if (!run->is_loop_first)
        gale_ioloop_free(run->loop);
}

/* What peers send must not reach a log as it is. */
static void check_line(void *arg, const gale_log_record *record)
{
    (void)arg;
    for (size_t i = 0; i < record->text.len; i++)
        GALE_ASSERT((unsigned char)record->text.ptr[i] >= ' ' || record->text.ptr[i] == '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run *run = calloc(1, sizeof(*run));

    GALE_ASSERT(run);
    gale_log_set_sink(check_line, NULL);
    run->p = data;
    run->end = data + size;
    set_up(run);
    if (play(run))
        come_to_rest(run);
    tear_down(run);
    free(run);
    return 0;
}
