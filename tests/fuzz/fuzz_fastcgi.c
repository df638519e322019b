/* fuzz_fastcgi.c - applications over FastCGI on the simulated loop: web servers that do anything.
 *
 * The input is a script. Its bytes go to the present connection, but for a backtick and what
 * follows it:
 *     `n        opens a connection (at most four), which becomes the present one
 *     `0..`3    makes another one the present
 *     `.        hands over what has been collected and runs the loop; `, without running it
 *     `e `r `x  end of stream, reset, the peer vanishes
 *     `wC       the peer takes (C - '0')^3 more bytes; `wu any number
 *     `fCD      the next call C (r, s: receive, send) fails with error D of a list
 *     `cC       the next receives give C - '0' bytes each
 *     `tC       so much time passes: (C - '0')^2 / 16 seconds
 *     `bC       (C - '0') * 997 bytes
 *     `q        sends are queued from now on, before the first connection
 *     `d        drains the application
 *     `F `L     ends here: the application is freed first, or the loop is
 *     `[TI      a record of type T - '0' for request I - '0' begins; `] ends it
 *     `{        BEGIN_REQUEST's content, kept; `} not kept
 *     `=N:V\n   a parameter
 *     ``        a backtick
 *
 * Whatever the script: what each peer got is a sequence of well-formed records, no more ends than
 * requests were begun, each whole answer begins with its status; and when all peers have gone,
 * nothing is left. The bytes by themselves are also decoded, whole and one by one.
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
#include "proto/fastcgi.h"
#include "web/app.h"
#include "web/dispatch.h"

enum {
    MAX_PEERS = 4,
    MAX_PIECE = 1 << 16,
    BLOCK = 997,
    PATIENCE = 400, /* seconds after which every time limit has passed */
    N_IDS = 65536,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- the application --- */

static int hello(gale_handler *self)
{
    return gale_write(self, "Hello, world");
}

static int describe(gale_handler *self)
{
    gale_request *request = gale_handler_request(self);
    int r = gale_printf(self, "%s %s %s %s ", request->method, gale_request_host(request),
                        gale_request_full_url(request), gale_request_remote_ip(request));

    return r < 0 ? r : gale_write_bytes(self, request->body.ptr, request->body.len);
}

static int upload(gale_handler *self)
{
    double pause = strtod(gale_get_argument(self, "pause", "0"), NULL);
    long most = strtol(gale_get_argument(self, "pieces", "-1"), NULL, 10);
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
    return r < 0 ? r : gale_printf(self, "%zu", bytes);
}

/* Sends each piece back as it comes. */
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

static int stream(gale_handler *self)
{
    char part[4096];
    int r = 0;

    memset(part, 'x', sizeof(part));
    for (size_t n = 1; n < 1 << 18 && r >= 0; n *= 3) {
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

static int wait_a_while(gale_handler *self)
{
    return gale_sleep(2) < 0 ? 0 : gale_write(self, "waited");
}

static const gale_handler_class hello_handler = { .get = hello };
static const gale_handler_class describe_handler = { .get = describe, .post = describe };
static const gale_handler_class upload_handler = { .post = upload,
                                                   .put = back,
                                                   .stream_request_body = GALE_ON };
static const gale_handler_class stream_handler = { .get = stream };
static const gale_handler_class wait_handler = { .get = wait_a_while };
static const gale_handler_class impatient_handler = { .get = wait_a_while,
                                                      .cancel_on_close = GALE_ON };

static gale_app *new_app(void)
{
    const gale_route routes[] = {
        { .url = "/hello", .handler = &hello_handler },
        { .url = "/describe.*", .handler = &describe_handler },
        { .url = "/upload", .handler = &upload_handler },
        { .url = "/stream", .handler = &stream_handler },
        { .url = "/wait", .handler = &wait_handler },
        { .url = "/impatient", .handler = &impatient_handler },
        { 0 },
    };

    return gale_app_new(routes, &(gale_settings){ .server = { .max_body_size = 40000,
                                                              .max_header_size = 2000,
                                                              .max_request_line = 500,
                                                              .max_headers = 20,
                                                              .decompress_request = GALE_ON,
                                                              .xheaders = GALE_ON } });
}

/* --- the peers --- */

struct peer {
    struct gale__sim_peer *sim;
    uint64_t begun; /* BEGIN_REQUEST records there may have been */
    char piece[MAX_PIECE];
    size_t n_piece, record; /* where the record that is open begins, 0: none, else + 1 */
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
    uint8_t begun[N_IDS]; /* of the peer that is checked: STDOUT has begun, has ended */
};

/* A record of an answer. */
static void check_record(struct run *run, const struct gale__fastcgi_decoder *d,
                         const char *content)
{
    static const char status[] = "Status: ";
    size_t same = d->length < sizeof(status) - 1 ? d->length : sizeof(status) - 1;

    GALE_ASSERT(d->length <= 32 * 1024);
    if (d->type == GALE__FASTCGI_END_REQUEST) {
        GALE_ASSERT(d->length == 8 && d->id);
        run->begun[d->id] = 0;
    } else if (d->type == GALE__FASTCGI_STDOUT) {
        GALE_ASSERT(d->id && run->begun[d->id] < 2);
        GALE_ASSERT(run->begun[d->id] || !memcmp(content, status, same));
        run->begun[d->id] = d->length ? 1 : 2;
    } else {
        GALE_ASSERT(!d->id && (d->type == GALE__FASTCGI_GET_VALUES_RESULT ||
                               d->type == GALE__FASTCGI_UNKNOWN_TYPE));
    }
}

static void check_sent(struct run *run, const struct peer *peer)
{
    static const char no_record[GALE__FASTCGI_HEADER_LEN];
    gale_str sent = gale__sim_sent(peer->sim), piece;
    const char *p = sent.len ? sent.ptr : "", *end = p + sent.len, *content = p;
    struct gale__fastcgi_decoder d = { 0 };
    uint64_t ended = 0;
    int r = 1;

    memset(run->begun, 0, sizeof(run->begun));
    while (r > 0) {
        size_t rest = (size_t)(end - p);

        if (rest && !d.n_header && !d.left && !*p && d.state == 0) {
            /* an answer breaks off: so does the connection */
            GALE_ASSERT(rest <= sizeof(no_record) && !memcmp(p, no_record, rest));
            return;
        }
        r = gale__fastcgi_next(&d, &p, end, &piece);
        GALE_ASSERT(r >= 0);
        if (r == GALE__FASTCGI_RECORD)
            content = p;
        if (r == GALE__FASTCGI_RECORD_ENDED)
            check_record(run, &d, content);
        ended += r == GALE__FASTCGI_RECORD_ENDED && d.type == GALE__FASTCGI_END_REQUEST;
    }
    GALE_ASSERT(ended <= peer->begun);
    GALE_ASSERT((!d.n_header && !d.left) || run->is_rough);
}

static void run_loop(struct run *run)
{
    GALE_ASSERT(gale__sim_run(run->loop) == 0);
}

static void hand_over(struct peer *peer)
{
    if (peer->sim && peer->n_piece) {
        for (size_t i = 0; i + 1 < peer->n_piece; i++)
            peer->begun += peer->piece[i] == 1 && peer->piece[i + 1] == 1;
        /* one that is cut in two may begin here */
        peer->begun++;
        GALE_ASSERT(gale__sim_push(peer->sim, peer->piece, peer->n_piece) == 0);
    }
    peer->n_piece = peer->record = 0;
}

static void vanish(struct run *run, struct peer *peer)
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

static void push(struct peer *peer, const void *data, size_t n)
{
    if (n > sizeof(peer->piece) - peer->n_piece)
        return;
    memcpy(peer->piece + peer->n_piece, data, n);
    peer->n_piece += n;
}

static void push_byte(struct peer *peer, int byte)
{
    char c = (char)byte;

    push(peer, &c, 1);
}

/* --- the script --- */

static int next_byte(struct run *run)
{
    return run->p < run->end ? *run->p++ : '0';
}

/* The byte behind an instruction, as a number. */
static int operand(struct run *run)
{
    int c = next_byte(run);

    return c < '0' ? 0 : c - '0';
}

static void begin_record(struct run *run, struct peer *peer)
{
    int type = operand(run), id = operand(run);
    char header[GALE__FASTCGI_HEADER_LEN];

    gale__fastcgi_put_header(header, (unsigned)type, (uint16_t)id, 0, 0);
    if (sizeof(peer->piece) - peer->n_piece < sizeof(header))
        return;
    peer->record = peer->n_piece + 1;
    push(peer, header, sizeof(header));
}

static void end_record(struct peer *peer)
{
    char *header = peer->piece + peer->record - 1;
    size_t n;

    if (!peer->record)
        return;
    n = peer->n_piece - (peer->record - 1) - GALE__FASTCGI_HEADER_LEN;
    n = n < GALE__FASTCGI_CONTENT_MAX ? n : GALE__FASTCGI_CONTENT_MAX;
    header[4] = (char)(n >> 8);
    header[5] = (char)n;
    peer->record = 0;
}

static void push_parameter(struct run *run, struct peer *peer)
{
    const uint8_t *line = run->p, *stop = memchr(line, '\n', (size_t)(run->end - line));
    const uint8_t *colon;
    size_t len;

    if (!stop)
        return;
    run->p = stop + 1;
    colon = memchr(line, ':', (size_t)(stop - line));
    colon = colon ? colon : stop;
    len = (size_t)(stop - colon);
    push_byte(peer, (int)(colon - line) & 0x7f);
    push_byte(peer, (int)(len ? len - 1 : 0) & 0x7f);
    push(peer, line, (size_t)(colon - line));
    push(peer, colon + 1, len ? len - 1 : 0);
}

static void fail_next(struct run *run, struct peer *peer)
{
    static const int errors[] = { ECONNRESET, EPIPE, ETIMEDOUT, ENOMEM, EIO, ENOBUFS };
    int call = next_byte(run);
    int error = errors[(size_t)operand(run) % (sizeof(errors) / sizeof(errors[0]))];

    if (peer->sim)
        gale__sim_fail(peer->sim, call == 's' ? GALE__SIM_SEND : GALE__SIM_RECV, error);
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

static void change_peer(struct run *run, struct peer *peer, int op)
{
    int n = op == 'w' || op == 'c' ? operand(run) : 0;

    if (!peer->sim)
        return;
    if (op == 'e')
        gale__sim_end(peer->sim);
    else if (op == 'r')
        gale__sim_reset(peer->sim);
    else if (op == 'w')
        gale__sim_window(peer->sim, n == 'u' - '0' ? -1 : n * n * n);
    else
        set_chunks(peer, n);
}

static void make(struct run *run, struct peer *peer, int op)
{
    static const char begin[2][8] = { { 0, 1, 1 }, { 0, 1, 0 } };

    if (op == '[')
        begin_record(run, peer);
    else if (op == ']')
        end_record(peer);
    else if (op == '=')
        push_parameter(run, peer);
    else
        push(peer, begin[op == '}'], 8);
}

static void other(struct run *run, struct peer *peer, int op)
{
    int n;

    if (op == 't') {
        n = operand(run);
        pass_time(run, n * n / 16.0);
    } else if (op == 'b') {
        for (n = operand(run) % 80 * BLOCK; n > 0; n--)
            push_byte(peer, 'b');
    } else if (op == 'q') {
        if (!run->n_peers)
            gale__sim_queue_sends(run->loop, true);
    } else if (op == 'd') {
        GALE_ASSERT(gale_ioloop_spawn_callback(run->loop, drain, run) == 0);
    } else {
        push_byte(peer, op);
    }
}

/* False: the script ends here. */
static bool instruction(struct run *run, int op)
{
    struct peer *peer = &run->peers[run->present];

    run->is_rough |= strchr("rwfdFLx", op) && op;
    if (op == 'n') {
        open_peer(run);
    } else if (op >= '0' && op <= '3') {
        run->present = op - '0';
    } else if (op == '.' || op == ',') {
        hand_over(peer);
        if (op == '.')
            run_loop(run);
    } else if (op == 'x') {
        vanish(run, peer);
    } else if (op == 'f') {
        fail_next(run, peer);
    } else if (op == 'F' || op == 'L') {
        run->is_loop_first = op == 'L';
        return false;
    } else if (op && strchr("erwc", op)) {
        change_peer(run, peer, op);
    } else if (op && strchr("[]={}", op)) {
        make(run, peer, op);
    } else {
        other(run, peer, op);
    }
    return true;
}

/* False: it ended with everything under way. */
static bool play(struct run *run)
{
    while (run->p < run->end) {
        int byte = *run->p++;

        if (byte != '`' || run->p == run->end)
            push_byte(&run->peers[run->present], byte);
        else if (!instruction(run, *run->p++))
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
    server->fastcgi = gale__httpserver_new_fastcgi(run->loop, &gale__web_answerer, server,
                                                   &run->app->settings.server, NULL);
    GALE_ASSERT(server->fastcgi && gale_httpserver_add_socket(server->fastcgi, &fd) == 0);
}

static void tear_down(struct run *run)
{
    for (int i = 0; i < MAX_PEERS; i++)
        vanish(run, &run->peers[i]);
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

/* A sum of what is in some bytes, step of them at a time. */
static uint64_t decode(const uint8_t *data, size_t size, size_t step)
{
    struct gale__fastcgi_decoder d = { 0 };
    uint64_t sum = 0;

    for (size_t at = 0; at < size;) {
        size_t n = size - at < step ? size - at : step;
        const char *p = (const char *)data + at, *end = p + n;
        gale_str piece;
        int r;

        while ((r = gale__fastcgi_next(&d, &p, end, &piece)) > 0) {
            if (r != GALE__FASTCGI_PIECE) {
                sum = sum * 31 + (uint64_t)r * 65536 + (uint64_t)d.type + d.id + d.length;
                continue;
            }
            for (size_t i = 0; i < piece.len; i++)
                sum = sum * 31 + (unsigned char)piece.ptr[i];
        }
        if (r < 0)
            return sum + 1;
        GALE_ASSERT(p == end);
        at += n;
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run *run = calloc(1, sizeof(*run));

    GALE_ASSERT(run);
    GALE_ASSERT(decode(data, size, size) == decode(data, size, 1));
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
