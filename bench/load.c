/* load.c - the load generator: a closed loop over keep-alive connections that counts bytes.
 *
 * Each connection sends a batch (--pipeline requests in one send), waits for as many bytes as
 * that many responses have, and sends the next. The length of a response is learnt from the first
 * one on each connection, which is read whole and looked at; later ones are thrown away by the
 * kernel (MSG_TRUNC), but for every 64th batch, which is read to see that it begins with the
 * status line it should. It answers faster than a server can ask, so the server is what limits.
 *
 * The processor time of the server (--pids) is read while nothing is in flight: before the first
 * batch after the warm-up and after the last response. The scheduler's account of a process that
 * is asleep is exact, while that of a running one lags by up to a tick.
 *
 * The request is a GET of --path, or with --request=FILE the bytes of a file, as long as they may
 * be.
 *
 * With --hold the connections are opened, each makes one request, and all stay open until
 * standard input ends: for measuring memory.
 */
/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

enum {
    MAX_EVENTS = 512,
    BUFFER_BYTES = 1 << 21,
    MAX_PIDS = 64,
    LOOK_EVERY = 64, /* batches */
    DRAIN_MS = 3000,
    OPEN_SECONDS = 10, /* the longest wait for a first response */
};

struct conn {
    int fd;
    size_t missing; /* bytes of responses still to come */
    size_t unsent;  /* bytes of the batch the kernel has not taken yet */
    uint64_t n_batches;
};

struct load {
    int epfd;
    int port;
    int n_conns;
    int pipeline;
    int running; /* whether a finished batch is followed by another */
    int n_busy;  /* connections with a batch in flight */
    struct conn *conns;
    char *batch; /* the request, `pipeline` times */
    size_t request_bytes;
    size_t response_bytes;
    uint64_t n_requests; /* answered */
    uint64_t max_requests;
    uint64_t n_errors;
    uint64_t n_reopened;
    pid_t pids[MAX_PIDS];
    int n_pids;
    char buffer[BUFFER_BYTES];
};

static const char small_request[] =
    "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: gale-bench\r\nAccept: */*\r\n\r\n";

static const char browser_request[] =
    "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: keep-alive\r\n"
    "Cache-Control: max-age=0\r\nUpgrade-Insecure-Requests: 1\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
    "image/apng,*/*;q=0.8\r\n"
    "Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-User: ?1\r\n"
    "Sec-Fetch-Dest: document\r\nAccept-Encoding: identity\r\n"
    "Accept-Language: en-GB,en;q=0.9\r\n"
    "Cookie: session=3b1c0f6e9f0a4d51; theme=dark; visited=1700000000\r\n\r\n";

static void make_batch(struct load *load, const char *headers, const char *path)
{
    const char *form = !strcmp(headers, "browser") ? browser_request : small_request;
    char *one = NULL;
    int n = asprintf(&one, form, path, load->port);

    load->batch = n < 0 ? NULL : malloc((size_t)n * (size_t)load->pipeline);
    if (!load->batch)
        bench_die("malloc");
    load->request_bytes = (size_t)n;
    for (int i = 0; i < load->pipeline; i++)
        memcpy(load->batch + (size_t)i * (size_t)n, one, (size_t)n);
    free(one);
}

/* A file's bytes, `pipeline` times. */
static void read_batch(struct load *load, const char *path)
{
    FILE *file = fopen(path, "rb");
    long n = -1;

    if (file && fseek(file, 0, SEEK_END) == 0)
        n = ftell(file);
    load->batch = n > 0 ? malloc((size_t)n * (size_t)load->pipeline) : NULL;
    if (!load->batch)
        bench_die(path);
    rewind(file);
    if (fread(load->batch, 1, (size_t)n, file) != (size_t)n)
        bench_die(path);
    fclose(file);
    load->request_bytes = (size_t)n;
    for (int i = 1; i < load->pipeline; i++)
        memcpy(load->batch + (size_t)i * (size_t)n, load->batch, (size_t)n);
}

static void read_pids(struct load *load, const char *text)
{
    while (*text && load->n_pids < MAX_PIDS) {
        char *end;
        long pid = strtol(text, &end, 10);

        if (end == text)
            return;
        load->pids[load->n_pids++] = (pid_t)pid;
        text = *end ? end + 1 : end;
    }
}

/* User and system time of the server's processes, all their threads together. */
static int64_t server_cpu_ns(const struct load *load)
{
    int64_t sum = 0;

    for (int i = 0; i < load->n_pids; i++) {
        clockid_t clock;
        struct timespec ts;

        if (clock_getcpuclockid(load->pids[i], &clock) || clock_gettime(clock, &ts))
            continue;
        sum += (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
    }
    return sum;
}

static int dial(const struct load *load)
{
    struct sockaddr_in addr = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)load->port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    struct timeval limit = { .tv_sec = OPEN_SECONDS };
    struct linger reset = { .l_onoff = 1 };
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    /* A reset on close leaves no TIME_WAIT behind: the next run needs the ports. */
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    if (connect(fd, (struct sockaddr *)&addr, sizeof addr) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* The length of the response that `text` begins with, 0 while its head is incomplete. */
static size_t response_length(const char *text)
{
    const char *end = strstr(text, "\r\n\r\n");
    const char *line = text;

    if (!end)
        return 0;
    while ((line = strstr(line, "\r\n")) && line < end) {
        line += 2;
        if (!strncasecmp(line, "Content-Length:", 15))
            return (size_t)(end + 4 - text) + strtoul(line + 15, NULL, 10);
    }
    fprintf(stderr, "load: the response has no Content-Length\n");
    return 0;
}

/* One request and its response on a fresh connection: what every later one is measured by. */
static int first_exchange(struct load *load, int fd)
{
    size_t have = 0;
    size_t want = 0;

    if (send(fd, load->batch, load->request_bytes, MSG_NOSIGNAL) != (ssize_t)load->request_bytes)
        return -1;
    while (!want || have < want) {
        ssize_t n = recv(fd, load->buffer + have, BUFFER_BYTES - 1 - have, 0);

        if (n <= 0)
            return -1;
        have += (size_t)n;
        load->buffer[have] = '\0';
        want = response_length(load->buffer);
    }
    if (have != want || strncmp(load->buffer, "HTTP/1.1 200", 12)) {
        fprintf(stderr, "load: not the response expected: %.64s\n", load->buffer);
        return -1;
    }
    if (load->response_bytes && load->response_bytes != want) {
        fprintf(stderr, "load: responses differ in length: %zu, %zu\n", load->response_bytes, want);
        return -1;
    }
    load->response_bytes = want;
    return 0;
}

static int open_conn(struct load *load, struct conn *conn)
{
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = conn };

    conn->unsent = 0;
    conn->fd = dial(load);
    if (conn->fd < 0)
        return -1;
    if (first_exchange(load, conn->fd) < 0) {
        close(conn->fd);
        return -1;
    }
    fcntl(conn->fd, F_SETFL, O_NONBLOCK);
    return epoll_ctl(load->epfd, EPOLL_CTL_ADD, conn->fd, &event);
}

static void send_more(struct load *load, struct conn *conn)
{
    size_t bytes = load->request_bytes * (size_t)load->pipeline;

    while (conn->unsent) {
        ssize_t n = send(conn->fd, load->batch + (bytes - conn->unsent), conn->unsent,
                         MSG_NOSIGNAL);

        if (n < 0) {
            load->n_errors += errno != EAGAIN;
            return;
        }
        conn->unsent -= (size_t)n;
    }
}

static void send_batch(struct load *load, struct conn *conn)
{
    conn->unsent = load->request_bytes * (size_t)load->pipeline;
    send_more(load, conn);
    conn->missing = load->response_bytes * (size_t)load->pipeline;
    load->n_busy++;
}

static void batch_done(struct load *load, struct conn *conn)
{
    load->n_busy--;
    load->n_requests += (uint64_t)load->pipeline;
    conn->n_batches++;
    if (load->running && (!load->max_requests || load->n_requests < load->max_requests))
        send_batch(load, conn);
}

/* The server closed: some do after so many requests. What was answered counts, the rest of the
   batch is lost; a response cut short is an error. */
static void reopen(struct load *load, struct conn *conn)
{
    size_t total = load->response_bytes * (size_t)load->pipeline;

    close(conn->fd);
    if (conn->missing) {
        size_t got = total - conn->missing;

        load->n_busy--;
        load->n_errors += got % load->response_bytes != 0;
        load->n_requests += got / load->response_bytes;
        conn->missing = 0;
    }
    load->n_reopened++;
    if (open_conn(load, conn) < 0) {
        load->n_errors++;
        return;
    }
    load->n_requests++;
    if (load->running)
        send_batch(load, conn);
}

static ssize_t receive(struct load *load, struct conn *conn)
{
    int at_start = conn->missing == load->response_bytes * (size_t)load->pipeline;

    if (!at_start || conn->n_batches % LOOK_EVERY)
        return recv(conn->fd, load->buffer, BUFFER_BYTES, MSG_TRUNC);

    ssize_t n = recv(conn->fd, load->buffer, BUFFER_BYTES, 0);

    if (n >= 12 && strncmp(load->buffer, "HTTP/1.1 200", 12))
        load->n_errors++;
    return n;
}

static void on_ready(struct load *load, struct conn *conn)
{
    ssize_t n;

    send_more(load, conn);
    if (!conn->missing)
        return; /* nothing was asked: the first event of a connection */
    n = receive(load, conn);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        reopen(load, conn);
        return;
    }
    if ((size_t)n > conn->missing) {
        load->n_errors++;
        return;
    }
    conn->missing -= (size_t)n;
    if (!conn->missing)
        batch_done(load, conn);
}

static void poll_once(struct load *load, int timeout_ms)
{
    struct epoll_event events[MAX_EVENTS];
    int n = epoll_wait(load->epfd, events, MAX_EVENTS, timeout_ms);

    for (int i = 0; i < n; i++)
        on_ready(load, events[i].data.ptr);
}

/* Runs the loop for so long, then waits until the last response is in. */
static void run_for(struct load *load, double seconds)
{
    int64_t end = bench_now_ns() + (int64_t)(seconds * 1e9);

    load->running = 1;
    for (int i = 0; i < load->n_conns; i++)
        send_batch(load, &load->conns[i]);
    while (load->n_busy && bench_now_ns() < end)
        poll_once(load, 100);

    load->running = 0;
    end = bench_now_ns() + (int64_t)DRAIN_MS * 1000000;
    while (load->n_busy && bench_now_ns() < end)
        poll_once(load, 100);
    load->n_errors += (uint64_t)load->n_busy;
    usleep(2000); /* until the server is asleep again */
}

static int measure(struct load *load, double warmup, double seconds)
{
    run_for(load, warmup);
    load->n_requests = 0;

    int64_t cpu = server_cpu_ns(load);
    struct timespec own_start;
    struct timespec own_end;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own_start);

    int64_t start = bench_now_ns();

    run_for(load, seconds);

    double took = (double)(bench_now_ns() - start - 2000000) / 1e9;
    double n = load->n_requests ? (double)load->n_requests : 1;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own_end);
    cpu = server_cpu_ns(load) - cpu;

    double own = (double)(own_end.tv_sec - own_start.tv_sec) * 1e9 +
                 (double)(own_end.tv_nsec - own_start.tv_nsec);

    printf("requests=%llu seconds=%.6f rate=%.1f errors=%llu reopened=%llu response_bytes=%zu "
           "server_ns=%.1f server_busy=%.3f load_busy=%.3f\n",
           (unsigned long long)load->n_requests, took, n / took, (unsigned long long)load->n_errors,
           (unsigned long long)load->n_reopened, load->response_bytes, (double)cpu / n,
           (double)cpu / 1e9 / took, own / 1e9 / took);
    return load->n_errors ? 1 : 0;
}

/* Opens all, one request each (whose response it waits for, or not), and stays until told. */
static int hold(struct load *load, int wait_response)
{
    int n_open = 0;
    char byte;

    for (; n_open < load->n_conns; n_open++) {
        int fd = dial(load);

        if (fd < 0)
            break;
        if (wait_response && first_exchange(load, fd) < 0)
            break;
        if (!wait_response && send(fd, load->batch, load->request_bytes, MSG_NOSIGNAL) < 0)
            break;
        if (n_open % LOOK_EVERY == 0)
            usleep(1000); /* the server accepts meanwhile: no overflow of its backlog */
    }
    printf("held=%d\n", n_open);
    fflush(stdout);
    while (read(0, &byte, 1) > 0)
        ;
    return 0;
}

int main(int argc, char **argv)
{
    static struct load load;

    load.port = (int)bench_number(argc, argv, "port", 8888);
    load.n_conns = (int)bench_number(argc, argv, "connections", 64);
    load.pipeline = (int)bench_number(argc, argv, "pipeline", 1);
    load.max_requests = (uint64_t)bench_number(argc, argv, "requests", 0);
    load.conns = calloc((size_t)load.n_conns, sizeof *load.conns);
    load.epfd = epoll_create1(EPOLL_CLOEXEC);
    if (load.n_conns < 1 || load.pipeline < 1 || !load.conns || load.epfd < 0)
        bench_die("load");
    if (bench_option(argc, argv, "request", NULL))
        read_batch(&load, bench_option(argc, argv, "request", ""));
    else
        make_batch(&load, bench_option(argc, argv, "headers", "small"),
                   bench_option(argc, argv, "path", "/"));
    read_pids(&load, bench_option(argc, argv, "pids", ""));
    signal(SIGPIPE, SIG_IGN);

    if (bench_flag(argc, argv, "show-request"))
        return fwrite(load.batch, 1, load.request_bytes, stdout) != load.request_bytes;
    if (bench_flag(argc, argv, "hold"))
        return hold(&load, !bench_flag(argc, argv, "no-response"));

    for (int i = 0; i < load.n_conns; i++)
        if (open_conn(&load, &load.conns[i]) < 0)
            bench_die("load: no first response");
    return measure(&load, bench_number(argc, argv, "warmup", 0.05),
                   bench_number(argc, argv, "seconds", 1));
}
