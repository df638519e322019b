/* raw_server.c - the yardstick: an epoll server that answers canned bytes without parsing.
 *
 * It does what the kernel makes any HTTP server on epoll do and nothing else: for each readable
 * event one recv and one send. How many requests came is told by their length, which the runner
 * passes (--request-bytes); so a pipelined batch is answered by one send of that many responses.
 * The response is a copy of what the measured server answers (--response-file), so that both
 * move the same number of bytes.
 *
 * Edge-triggered, which was the faster of the two here: level-triggered (--level) puts each ready
 * socket back on the ready list, to be polled once more by the next epoll_wait.
 */
/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

enum {
    MAX_EVENTS = 512,
    INPUT_BYTES = 65536,
    MAX_FDS = 65536,
};

struct raw {
    int epfd;
    int listener;
    uint32_t trigger; /* EPOLLET or 0 */
    size_t request_bytes;
    size_t response_bytes;
    size_t n_canned; /* responses in `canned` */
    char *canned;
    uint32_t *partial; /* by descriptor: bytes of a request not yet complete */
    char input[INPUT_BYTES];
};

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
    stopped = sig;
}

/* Without SA_RESTART: epoll_wait has to return. */
static void stop_on_signals(void)
{
    struct sigaction action = { .sa_handler = on_signal };

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
}

static char *default_response(size_t *size)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nX-Fill: ";
    static const char tail[] = "\r\n\r\nHello, world";
    size_t least = sizeof head - 1 + sizeof tail - 1;

    if (*size < least)
        *size = least;

    char *text = malloc(*size + 1);

    if (!text)
        bench_die("malloc");
    memset(text, '-', *size);
    memcpy(text, head, sizeof head - 1);
    memcpy(text + *size - (sizeof tail - 1), tail, sizeof tail - 1);
    return text;
}

static char *read_response(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *text = malloc(INPUT_BYTES);

    if (!file || !text)
        bench_die(path);
    *size = fread(text, 1, INPUT_BYTES, file);
    fclose(file);
    if (!*size) {
        fprintf(stderr, "raw_server: %s is empty\n", path);
        exit(1);
    }
    return text;
}

/* One long row of equal responses: any number up to what one recv can ask for is one send. */
static void fill_canned(struct raw *raw, const char *response)
{
    raw->n_canned = 2 * INPUT_BYTES / raw->request_bytes + 1;
    raw->canned = malloc(raw->n_canned * raw->response_bytes);
    if (!raw->canned)
        bench_die("malloc");
    for (size_t i = 0; i < raw->n_canned; i++)
        memcpy(raw->canned + i * raw->response_bytes, response, raw->response_bytes);
}

static void watch(struct raw *raw, int fd, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.fd = fd };

    if (epoll_ctl(raw->epfd, EPOLL_CTL_ADD, fd, &event) < 0)
        bench_die("epoll_ctl");
}

static void open_listener(struct raw *raw, int port)
{
    struct sockaddr_in addr = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int one = 1;

    raw->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(raw->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(raw->listener, (struct sockaddr *)&addr, sizeof addr) < 0)
        bench_die("bind");
    if (listen(raw->listener, 4096) < 0)
        bench_die("listen");
    watch(raw, raw->listener, EPOLLIN);
}

static void accept_all(struct raw *raw)
{
    int one = 1;
    int fd;

    while ((fd = accept4(raw->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        if (fd >= MAX_FDS) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        raw->partial[fd] = 0;
        watch(raw, fd, EPOLLIN | raw->trigger);
    }
}

/* Answers what one recv brought; true where the socket may hold more. A closed loop never fills
   a socket buffer, so a short send is a broken run and ends the connection. */
static int serve(struct raw *raw, int fd)
{
    ssize_t n = recv(fd, raw->input, sizeof raw->input, 0);

    if (n < 0 && errno == EAGAIN)
        return 0;
    if (n <= 0) {
        close(fd);
        return 0;
    }

    size_t have = raw->partial[fd] + (size_t)n;
    size_t n_requests = have / raw->request_bytes;
    size_t bytes = n_requests * raw->response_bytes;

    raw->partial[fd] = (uint32_t)(have % raw->request_bytes);
    if (n_requests && send(fd, raw->canned, bytes, MSG_NOSIGNAL) != (ssize_t)bytes) {
        fprintf(stderr, "raw_server: short send\n");
        close(fd);
        return 0;
    }
    return n == (ssize_t)sizeof raw->input;
}

static void run(struct raw *raw)
{
    struct epoll_event events[MAX_EVENTS];

    while (!stopped) {
        int n = epoll_wait(raw->epfd, events, MAX_EVENTS, -1);

        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;

            if (fd == raw->listener)
                accept_all(raw);
            else
                while (serve(raw, fd))
                    ;
        }
    }
}

int main(int argc, char **argv)
{
    static struct raw raw;
    const char *path = bench_option(argc, argv, "response-file", NULL);
    char *response;

    raw.request_bytes = (size_t)bench_number(argc, argv, "request-bytes", 0);
    raw.response_bytes = (size_t)bench_number(argc, argv, "response-bytes", 0);
    if (!raw.request_bytes) {
        fprintf(stderr, "usage: raw_server --port=N --request-bytes=N\n"
                        "    [--response-file=F | --response-bytes=N] [--seconds=N] [--level]\n");
        return 2;
    }
    response = path ? read_response(path, &raw.response_bytes)
                    : default_response(&raw.response_bytes);
    fill_canned(&raw, response);
    free(response);

    stop_on_signals();
    alarm((unsigned)bench_number(argc, argv, "seconds", 3600));

    raw.trigger = bench_flag(argc, argv, "level") ? 0 : EPOLLET;
    raw.partial = calloc(MAX_FDS, sizeof *raw.partial);
    raw.epfd = epoll_create1(EPOLL_CLOEXEC);
    if (!raw.partial || raw.epfd < 0)
        bench_die("raw_server");
    open_listener(&raw, (int)bench_number(argc, argv, "port", 0));
    run(&raw);
    return 0;
}
