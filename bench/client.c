/* client.c - HTTP clients against each other: requests for each second of their processor time.
 *
 * One server process answers whatever arrives with the same bytes, on a processor of its own. The
 * clients take turns, each in a process of its own that keeps 64 requests under way over as many
 * kept connections: `raw` is the yardstick, an epoll loop that sends canned bytes and parses
 * nothing; `curl` is libcurl's multi interface driven by epoll (curl_multi_socket_action), the way
 * it is meant to be fast; `gale` is gale_fetch in a coroutine for each request, `callback` is
 * gale_fetch_callback. What is printed is the median of the rounds, and each against raw in the
 * same round.
 *
 *     client [--rounds=N] [--seconds=S]
 */
/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef WITH_CURL
#include <curl/curl.h>
#endif

#include <gale/gale.h>

enum { UNDER_WAY = 64, MAX_ROUNDS = 50, MAX_EVENTS = 128, N_CLIENTS = 4 };

static const char canned[] = "HTTP/1.1 200 OK\r\n"
                             "Server: bench\r\n"
                             "Date: Mon, 01 Jan 2024 00:00:00 GMT\r\n"
                             "Content-Type: text/html; charset=UTF-8\r\n"
                             "Etag: \"9a5f6f0e3b1c4d2a\"\r\n"
                             "Content-Length: 12\r\n"
                             "\r\n"
                             "Hello, world";

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static double now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double cpu_time(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void pin(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    (void)sched_setaffinity(0, sizeof(set), &set); /* with one processor they share it */
}

static void watch(int epfd, int op, int fd, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.fd = fd };

    if (epoll_ctl(epfd, op, fd, &event) < 0 && op != EPOLL_CTL_DEL)
        die("epoll_ctl");
}

static void set_nodelay(int fd)
{
    const int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/* --- the server --- */

static int listen_anywhere(int *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(fd, 1024) < 0 || getsockname(fd, (struct sockaddr *)&address, &len) < 0)
        die("listen");
    *port = ntohs(address.sin_port);
    return fd;
}

static void answer(int epfd, int fd)
{
    char input[16384];
    ssize_t n = recv(fd, input, sizeof(input), MSG_DONTWAIT);

    if (n > 0)
        (void)send(fd, canned, sizeof(canned) - 1, MSG_NOSIGNAL);
    else if (n == 0) {
        watch(epfd, EPOLL_CTL_DEL, fd, 0);
        close(fd);
    }
}

static void serve(int listener)
{
    int epfd = epoll_create1(0);
    struct epoll_event events[MAX_EVENTS];

    pin(1);
    watch(epfd, EPOLL_CTL_ADD, listener, EPOLLIN);
    for (;;) {
        int n = epoll_wait(epfd, events, MAX_EVENTS, -1);

        for (int i = 0; i < n; i++) {
            if (events[i].data.fd != listener) {
                answer(epfd, events[i].data.fd);
                continue;
            }
            int fd = accept(listener, NULL, NULL);

            set_nodelay(fd);
            watch(epfd, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET);
        }
    }
}

/* --- what a client has done --- */

struct run {
    int port;
    double until;
    uint64_t n;       /* answers */
    uint64_t n_warm;  /* of them before the clock started */
    double cpu_start; /* 0: warming up */
    int n_running;
};

/* An answer came: false when it is time to stop. */
static bool count(struct run *run)
{
    run->n++;
    if (run->cpu_start == 0 && run->n >= 2000) {
        run->cpu_start = cpu_time();
        run->n_warm = run->n;
    }
    return (run->n & 63) != 0 || now() < run->until;
}

static double rate(const struct run *run)
{
    return (double)(run->n - run->n_warm) / (cpu_time() - run->cpu_start);
}

/* --- raw --- */

static void run_raw(struct run *run)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)run->port) };
    struct epoll_event events[MAX_EVENTS];
    char request[256], input[16384];
    int epfd = epoll_create1(0);
    bool on = true;
    size_t len = (size_t)snprintf(request, sizeof(request),
                                  "GET /path HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: gale\r\n"
                                  "Accept-Encoding: gzip, deflate, br, zstd\r\n\r\n",
                                  run->port);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < UNDER_WAY; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
            die("connect");
        set_nodelay(fd);
        watch(epfd, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET);
        (void)send(fd, request, len, MSG_NOSIGNAL);
    }
    while (on) {
        int n = epoll_wait(epfd, events, MAX_EVENTS, 1000);

        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;

            if (recv(fd, input, sizeof(input), MSG_DONTWAIT) != sizeof(canned) - 1)
                die("raw recv");
            on = count(run) && on;
            (void)send(fd, request, len, MSG_NOSIGNAL);
        }
    }
}

/* --- libcurl --- */

#ifdef WITH_CURL
struct multi {
    CURLM *multi;
    int epfd;
    long timeout; /* ms; -1: none */
};

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
    static char is_known;
    struct multi *m = arg;
    uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        watch(m->epfd, EPOLL_CTL_DEL, fd, 0);
        return 0;
    }
    watch(m->epfd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, events);
    if (!known)
        curl_multi_assign(m->multi, fd, &is_known);
    return 0;
}

static int on_timer(CURLM *multi, long ms, void *arg)
{
    (void)multi;
    ((struct multi *)arg)->timeout = ms;
    return 0;
}

static size_t take(char *data, size_t size, size_t n, void *arg)
{
    (void)data;
    *(size_t *)arg += size * n;
    return size * n;
}

static bool restart_done(struct multi *m, struct run *run)
{
    CURLMsg *message;
    bool on = true;
    int left;

    while ((message = curl_multi_info_read(m->multi, &left))) {
        CURL *easy = message->easy_handle;

        if (message->msg != CURLMSG_DONE || message->data.result != CURLE_OK)
            die("curl");
        on = count(run) && on;
        curl_multi_remove_handle(m->multi, easy);
        curl_multi_add_handle(m->multi, easy);
    }
    return on;
}

static void run_curl(struct run *run)
{
    struct multi m = { .multi = curl_multi_init(), .epfd = epoll_create1(0), .timeout = 0 };
    struct epoll_event events[MAX_EVENTS];
    size_t bytes = 0;
    bool on = true;
    int running;
    char url[64];

    snprintf(url, sizeof(url), "http://127.0.0.1:%d/path", run->port);
    curl_multi_setopt(m.multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(m.multi, CURLMOPT_SOCKETDATA, &m);
    curl_multi_setopt(m.multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(m.multi, CURLMOPT_TIMERDATA, &m);
    curl_multi_setopt(m.multi, CURLMOPT_MAXCONNECTS, (long)UNDER_WAY * 2);
    for (int i = 0; i < UNDER_WAY; i++) {
        CURL *easy = curl_easy_init();

        curl_easy_setopt(easy, CURLOPT_URL, url);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &bytes);
        curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate, br, zstd");
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_multi_add_handle(m.multi, easy);
    }
    while (on) {
        int wait = m.timeout < 0 ? 1000 : (int)m.timeout;
        int n = epoll_wait(m.epfd, events, MAX_EVENTS, wait);

        if (n == 0)
            curl_multi_socket_action(m.multi, CURL_SOCKET_TIMEOUT, 0, &running);
        for (int i = 0; i < n; i++)
            curl_multi_socket_action(
                m.multi, events[i].data.fd,
                (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR) ? CURL_CSELECT_IN : 0) |
                    (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0),
                &running);
        if (m.timeout == 0)
            curl_multi_socket_action(m.multi, CURL_SOCKET_TIMEOUT, 0, &running);
        on = restart_done(&m, run);
    }
}
#endif

/* --- gale --- */

struct asking {
    struct run *run;
    char url[64];
};

static int fetch_one(void *arg)
{
    struct asking *a = arg;
    gale_http_response *response;
    int r = gale_fetch(a->url, NULL, &response);

    if (r < 0 || response->body.len != 12) {
        fprintf(stderr, "gale: %s\n", gale_strerror(r));
        exit(1);
    }
    if (!count(a->run))
        gale_ioloop_stop(gale_ioloop_current());
    return gale_ioloop_spawn_callback(gale_ioloop_current(), fetch_one, a);
}

static void run_gale(struct run *run)
{
    struct asking a = { .run = run };

    snprintf(a.url, sizeof(a.url), "http://127.0.0.1:%d/path", run->port);
    for (int i = 0; i < UNDER_WAY; i++)
        if (gale_ioloop_spawn_callback(gale_ioloop_current(), fetch_one, &a) < 0)
            exit(1);
    (void)gale_ioloop_run(gale_ioloop_current());
}

static void fetched(int code, gale_http_response *response, void *arg)
{
    struct asking *a = arg;

    if (code < 0 || response->body.len != 12) {
        fprintf(stderr, "gale: %s\n", gale_strerror(code));
        exit(1);
    }
    if (!count(a->run))
        gale_ioloop_stop(gale_ioloop_current());
    if (gale_fetch_callback(NULL, a->url, NULL, fetched, a) < 0)
        exit(1);
}

static void run_callback(struct run *run)
{
    struct asking a = { .run = run };

    snprintf(a.url, sizeof(a.url), "http://127.0.0.1:%d/path", run->port);
    for (int i = 0; i < UNDER_WAY; i++)
        if (gale_fetch_callback(NULL, a.url, NULL, fetched, &a) < 0)
            exit(1);
    (void)gale_ioloop_run(gale_ioloop_current());
}

/* --- turns --- */

static const struct {
    const char *name;
    void (*run)(struct run *run);
} clients[N_CLIENTS] = {
    { "raw", run_raw },
#ifdef WITH_CURL
    { "curl", run_curl },
#else
    { "curl", NULL },
#endif
    { "gale", run_gale },
    { "callback", run_callback },
};

/* One turn of one client, in a child. Requests for each processor second. */
static double take_turn(int which, int port, double seconds)
{
    struct run run = { .port = port, .until = now() + seconds };
    double result = 0;
    int fds[2];
    pid_t pid;

    if (!clients[which].run)
        return 0;
    if (pipe(fds) < 0 || (pid = fork()) < 0)
        die("fork");
    if (pid == 0) {
        pin(0);
        clients[which].run(&run);
        result = rate(&run);
        (void)!write(fds[1], &result, sizeof(result));
        _exit(0);
    }
    close(fds[1]);
    if (read(fds[0], &result, sizeof(result)) != sizeof(result))
        result = 0;
    close(fds[0]);
    waitpid(pid, NULL, 0);
    return result;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof(*values), compare);
    return values[n / 2];
}

int main(int argc, char **argv)
{
    double rates[N_CLIENTS][MAX_ROUNDS], ratios[N_CLIENTS][MAX_ROUNDS], seconds = 0.5;
    int rounds = 9, port, listener = listen_anywhere(&port);
    pid_t server;

    for (int i = 1; i < argc; i++) {
        if (!strncmp(argv[i], "--rounds=", 9))
            rounds = (int)strtol(argv[i] + 9, NULL, 10);
        else if (!strncmp(argv[i], "--seconds=", 10))
            seconds = atof(argv[i] + 10);
    }
    rounds = rounds < 1 ? 1 : rounds > MAX_ROUNDS ? MAX_ROUNDS : rounds;
    server = fork();
    if (server < 0)
        die("fork");
    if (server == 0)
        serve(listener);
    for (int r = 0; r < rounds; r++)
        for (int c = 0; c < N_CLIENTS; c++) {
            rates[c][r] = take_turn(c, port, seconds);
            ratios[c][r] = rates[c][r] / rates[0][r];
        }
    for (int c = 0; c < N_CLIENTS; c++)
        printf("%s %.0f %.3f\n", clients[c].name, median(rates[c], rounds),
               median(ratios[c], rounds));
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    return 0;
}
