/* client_steps.c - fetches of one client, one after the other or side by side, as a command.
 *
 * client_steps [--option=N…] STEP…; a step is one argument: "METHOD URL [name=value…]" fetches;
 * "many N METHOD URL …" side by side; "cancel SECONDS METHOD URL …" and "free SECONDS METHOD URL …"
 * end it after a while; "callback METHOD URL …"; "orphan METHOD URL …" frees the client behind a
 * callback's fetch that has not begun; "idle N" waits until so many connections are kept; "busy
 * SECONDS" and "gate PORT" block the loop, for a time and until that port's connection ends;
 * "stats" prints the figures. Each fetch prints a line.
 */
/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gale/gale.h>

enum { MAX_MANY = 64, MAX_WORDS = 16 };

struct asking {
    gale_http_client *client;
    gale_http_request request;
    gale_http_header headers[4];
    char *url;
    size_t streamed;
    unsigned lines; /* of the head */
    int pieces;     /* to produce */
    bool reads_only_times;
};

static int stream(gale_str piece, void *arg)
{
    ((struct asking *)arg)->streamed += piece.len;
    return 0;
}

static int see_line(gale_str line, void *arg)
{
    ((struct asking *)arg)->lines += line.len > 1 && line.ptr[line.len - 1] == '\n';
    return 0;
}

static int produce(gale_str *piece, void *arg)
{
    struct asking *a = arg;

    if (a->pieces-- <= 0)
        return 0;
    *piece = (gale_str){ "piece;", 6 };
    return 1;
}

static void set_number(struct asking *a, const char *name, double value)
{
    gale_http_request *r = &a->request;

    if (!strcmp(name, "timeout"))
        r->request_timeout = value;
    else if (!strcmp(name, "connect_timeout"))
        r->connect_timeout = value;
    else if (!strcmp(name, "raise"))
        r->raise_error = GALE_ON;
    else if (!strcmp(name, "no_retry"))
        r->no_retry = GALE_ON;
    else if (!strcmp(name, "no_keep_alive"))
        r->no_keep_alive = GALE_ON;
    else if (!strcmp(name, "plain"))
        r->decompress_response = GALE_OFF;
    else if (!strcmp(name, "since"))
        r->if_modified_since = value;
    else if (!strcmp(name, "expect"))
        r->expect_100_continue = GALE_ON;
    else if (!strcmp(name, "max_body"))
        r->max_body_size = (int64_t)value;
    else if (!strcmp(name, "max_head"))
        r->max_header_size = (int)value;
    else if (!strcmp(name, "length"))
        r->body_length = (int64_t)value;
    else if (!strcmp(name, "insecure"))
        r->validate_cert = GALE_OFF;
    else if (!strcmp(name, "ipv4"))
        r->allow_ipv6 = GALE_OFF;
    else
        exit(2);
}

static void set(struct asking *a, char *word)
{
    char *value = strchr(word, '=');

    if (!value)
        exit(2);
    *value++ = 0;
    if (!strcmp(word, "unix"))
        a->request.unix_socket = value;
    else if (!strcmp(word, "from"))
        a->request.network_interface = value;
    else if (!strcmp(word, "ca"))
        a->request.ca_certs = value;
    else if (!strcmp(word, "cert"))
        a->request.client_cert = value;
    else if (!strcmp(word, "key"))
        a->request.client_key = value;
    else if (!strcmp(word, "body"))
        a->request.body = (gale_str){ value, strlen(value) };
    else if (!strcmp(word, "stream"))
        a->request.streaming_callback = stream;
    else if (!strcmp(word, "lines"))
        a->request.header_callback = see_line;
    else if (!strcmp(word, "pieces"))
        a->pieces = (int)strtol(value, NULL, 10), a->request.body_producer = produce;
    else
        set_number(a, word, strtod(value, NULL));
}

/* "METHOD URL [name=value…]" */
static void read_asking(struct asking *a, gale_http_client *client, char *text)
{
    char *rest = NULL;

    *a = (struct asking){ .client = client };
    a->request.method = strtok_r(text, " ", &rest);
    a->url = strtok_r(NULL, " ", &rest);
    for (char *word; (word = strtok_r(NULL, " ", &rest));)
        set(a, word);
    if (!a->request.body.ptr && !a->request.body_producer && a->request.method[0] == 'P')
        a->request.body = (gale_str){ "x", 1 };
}

static double sum_of_phases(const gale_http_response *response)
{
    double sum = 0;

    for (int i = 0; i < GALE_PHASE_TOTAL; i++)
        sum += response->time_info[i];
    return sum;
}

static void print_result(struct asking *a, int r, const gale_http_response *response)
{
    double off;

    if (!response) {
        printf("error %s %s; %s\n", gale_errname(r), gale_http_phase_name(gale_fetch_phase()),
               gale_strerror(r));
        return;
    }
    off = sum_of_phases(response) - response->time_info[GALE_PHASE_TOTAL];
    printf("status %d reused %d redirects %d times %s%s%.*s%s", response->status, response->reused,
           response->redirects, off < 0.001 && off > -0.001 ? "add up" : "differ", " body ",
           response->body.len < 200 ? (int)response->body.len : 0, response->body.ptr,
           r < 0 ? " raised" : "");
    if (a->request.streaming_callback || response->body.len >= 200)
        printf(" streamed %zu length %zu", a->streamed, response->body.len);
    if (a->request.header_callback)
        printf(" lines %u", a->lines);
    printf("\n");
}

static int ask(void *arg)
{
    struct asking *a = arg;
    gale_http_response *response = NULL;
    int r;

    a->request.arg = a;
    r = gale_http_client_fetch(a->client, a->url, &a->request, &response);
    print_result(a, r, response);
    return 0;
}

static int many(gale_http_client *client, char *text)
{
    static struct asking askings[MAX_MANY];
    gale_future *futures[MAX_MANY];
    char *rest = NULL, *copies[MAX_MANY];
    int n = (int)strtol(strtok_r(text, " ", &rest), NULL, 10), r = 0;

    for (int i = 0; i < n; i++) {
        copies[i] = strdup(rest);
        read_asking(&askings[i], client, copies[i]);
        futures[i] = gale_spawn(ask, &askings[i]);
    }
    for (int i = 0; i < n; i++) {
        r = gale_join(&futures[i]);
        free(copies[i]);
    }
    return r;
}

/* Frees *client, or cancels, after a while. */
static int cut_short(gale_http_client *client, char *text, gale_http_client **to_free)
{
    struct asking a;
    char *rest = NULL;
    double seconds = strtod(strtok_r(text, " ", &rest), NULL);
    gale_future *future;

    read_asking(&a, client, rest);
    future = gale_spawn(ask, &a);
    (void)gale_sleep(seconds);
    if (to_free) {
        gale_http_client_free(*to_free);
        *to_free = NULL;
    } else {
        gale_cancel(future);
    }
    return gale_join(&future);
}

static void called(int code, gale_http_response *response, void *arg)
{
    static struct asking none;

    print_result(&none, code, response);
    gale_future_set_result(arg, 0, NULL);
}

static int call_back(gale_http_client *client, char *text, gale_http_client **to_free)
{
    struct asking a;
    gale_future *done = gale_future_new();
    int r;

    read_asking(&a, client, text);
    r = gale_fetch_callback(client, a.url, &a.request, called, done);
    memset(&a, 0xaa, sizeof(a)); /* nothing of it is used any more */
    memset(text, 'x', strlen(text));
    if (to_free) {
        gale_http_client_free(*to_free);
        *to_free = NULL;
    }
    return r < 0 ? r : gale_join(&done);
}

static int wait_idle(gale_http_client *client, uint64_t n)
{
    gale_http_client_stats stats;
    int r = 0;

    do {
        gale_http_client_get_stats(client, &stats);
        if (stats.idle != n)
            r = gale_sleep(0.002);
    } while (r >= 0 && stats.idle != n);
    return r;
}

static void print_stats(gale_http_client *client)
{
    gale_http_client_stats s;

    gale_http_client_get_stats(client, &s);
    printf("stats active %d queued %d idle %d connects %d reused %d retries %d\n", (int)s.active,
           (int)s.queued, (int)s.idle, (int)s.connects, (int)s.reused, (int)s.retries);
}

/* Without the loop. */
static int pass_gate(int port)
{
    const struct sockaddr_in address = { .sin_family = AF_INET,
                                         .sin_port = htons((uint16_t)port),
                                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), r;
    char byte;

    r = connect(fd, (const struct sockaddr *)&address, sizeof(address));
    if (r == 0)
        r = (int)read(fd, &byte, 1);
    close(fd);
    return r;
}

struct script {
    gale_http_client *client;
    char **steps;
    int n;
};

static int run_step(struct script *s, char *step)
{
    struct asking a;

    if (!strncmp(step, "many ", 5))
        return many(s->client, step + 5);
    if (!strncmp(step, "cancel ", 7))
        return cut_short(s->client, step + 7, NULL);
    if (!strncmp(step, "free ", 5))
        return cut_short(s->client, step + 5, &s->client);
    if (!strncmp(step, "callback ", 9))
        return call_back(s->client, step + 9, NULL);
    if (!strncmp(step, "orphan ", 7))
        return call_back(s->client, step + 7, &s->client);
    if (!strncmp(step, "busy ", 5))
        return usleep((useconds_t)(strtod(step + 5, NULL) * 1e6));
    if (!strncmp(step, "gate ", 5))
        return pass_gate((int)strtol(step + 5, NULL, 10));
    if (!strncmp(step, "idle ", 5))
        return wait_idle(s->client, strtoul(step + 5, NULL, 10));
    if (!strcmp(step, "stats")) {
        print_stats(s->client);
        return 0;
    }
    read_asking(&a, s->client, step);
    return ask(&a);
}

static int run(void *arg)
{
    struct script *s = arg;
    int r = 0;

    for (int i = 0; i < s->n && r >= 0; i++)
        r = run_step(s, s->steps[i]);
    return r;
}

static void set_option(gale_http_client_options *o, char *text)
{
    char *value = strchr(text, '=');

    if (!value)
        exit(2);
    *value++ = 0;
    if (!strcmp(text, "max_clients"))
        o->max_clients = (int)strtol(value, NULL, 10);
    else if (!strcmp(text, "max_per_host"))
        o->max_per_host = (int)strtol(value, NULL, 10);
    else if (!strcmp(text, "max_idle"))
        o->max_idle = (int)strtol(value, NULL, 10);
    else if (!strcmp(text, "max_queue"))
        o->max_queue = (int)strtol(value, NULL, 10);
    else if (!strcmp(text, "idle_timeout"))
        o->idle_timeout = strtod(value, NULL);
    else
        exit(2);
}

int main(int argc, char **argv)
{
    static const gale_host_override mapping[] = { { .host = "mapped.test", .to_host = "127.0.0.1" },
                                                  { NULL } };
    static const gale_http_header headers[] = { { "X-Default", "1" }, { NULL, NULL } };
    static const gale_http_request defaults = { .headers = headers };
    gale_http_client_options options = { .hostname_mapping = mapping, .defaults = &defaults };
    gale_ioloop *loop = gale_ioloop_current();
    struct script script = { .steps = argv + 1, .n = argc - 1 };
    int r;

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (; script.n && !strncmp(script.steps[0], "--", 2); script.steps++, script.n--)
        set_option(&options, script.steps[0] + 2);
    script.client = gale_http_client_new(&options);
    if (!script.client)
        return 2;
    r = gale_ioloop_run_sync(loop, run, &script, 60);
    if (r < 0)
        printf("failed %s %s\n", gale_errname(r), gale_strerror(r));
    gale_http_client_free(script.client);
    gale_ioloop_free(loop);
    return 0;
}
