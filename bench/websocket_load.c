/* websocket_load.c - what WebSockets cost a server: its processor time for each message.
 *
 * Opens --connections. Then for --seconds each sends a masked text of --size bytes, waits for the
 * --out bytes that its echo has, and sends the next; with --broadcast only the first sends, and
 * all are waited for; with --hold nothing is sent until standard input ends. Prints messages
 * received and the nanoseconds of processor time that --pid (one thread) used for each.
 */
/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

enum { MAX_EVENTS = 512, OPEN_SECONDS = 20, INPUT_BYTES = 1 << 20 };

struct load {
    int epfd, port, n, pid;
    const char *path;
    int *fds;
    size_t *missing; /* bytes of answers, by connection */
    char *frame;
    size_t frame_bytes, out;
    int broadcast;
    uint64_t n_messages;
    char input[INPUT_BYTES];
};

/* Nanoseconds that the server's thread has run. */
static double cpu_of(int pid)
{
    char path[64], text[64] = "0";
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
    file = fopen(path, "r");
    if (!file || !fgets(text, sizeof(text), file))
        bench_die(path);
    fclose(file);
    return strtod(text, NULL);
}

static void make_frame(struct load *load, size_t size)
{
    size_t n = 0;
    unsigned char *p = malloc(size + 16);

    p[n++] = 0x81;
    if (size < 126) {
        p[n++] = (unsigned char)(0x80 | size);
    } else {
        p[n++] = 0x80 | 126;
        p[n++] = (unsigned char)(size >> 8);
        p[n++] = (unsigned char)size;
    }
    memcpy(p + n, "\1\2\3\4", 4);
    n += 4;
    for (size_t i = 0; i < size; i++)
        p[n + i] = (unsigned char)("abcdefgh"[i & 7] ^ (1 + (i & 3)));
    load->frame = (char *)p;
    load->frame_bytes = n + size;
    load->out = size + (size < 126 ? 2 : 4);
}

static int open_one(struct load *load)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)load->port) };
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval limit = { .tv_sec = OPEN_SECONDS };
    char text[512];
    int len, got = 0;

    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&in, sizeof(in)) < 0)
        bench_die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    len = snprintf(text, sizeof(text),
                   "GET %s HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                   "Sec-WebSocket-Version: 13\r\n\r\n",
                   load->path);
    if (send(fd, text, (size_t)len, MSG_NOSIGNAL) != len)
        bench_die("handshake");
    while (got < 4 || memcmp(text + got - 4, "\r\n\r\n", 4) != 0) {
        ssize_t n = recv(fd, text + got, sizeof(text) - (size_t)got, 0);

        if (n <= 0)
            bench_die("no answer to the handshake");
        got += (int)n;
    }
    if (memcmp(text, "HTTP/1.1 101", 12) != 0)
        bench_die(text);
    return fd;
}

static void open_all(struct load *load)
{
    struct epoll_event event = { .events = EPOLLIN };

    load->epfd = epoll_create1(EPOLL_CLOEXEC);
    load->fds = calloc((size_t)load->n, sizeof(int));
    load->missing = calloc((size_t)load->n, sizeof(size_t));
    for (int i = 0; i < load->n; i++) {
        load->fds[i] = open_one(load);
        event.data.u32 = (uint32_t)i;
        epoll_ctl(load->epfd, EPOLL_CTL_ADD, load->fds[i], &event);
    }
}

static int send_one(struct load *load, int i)
{
    size_t sent = 0;

    while (sent < load->frame_bytes) {
        ssize_t n = send(load->fds[i], load->frame + sent, load->frame_bytes - sent, MSG_NOSIGNAL);

        if (n < 0)
            bench_die("send");
        sent += (size_t)n;
    }
    if (!load->broadcast) {
        load->missing[i] = load->out;
        return 1;
    }
    for (int k = 0; k < load->n; k++)
        load->missing[k] = load->out;
    return load->n;
}

/* Takes what came; whether an answer is complete. */
static int receive(struct load *load, int i)
{
    ssize_t n = recv(load->fds[i], load->input, sizeof(load->input), MSG_DONTWAIT | MSG_TRUNC);

    if (n <= 0 && !(n < 0 && errno == EAGAIN))
        bench_die("the server closed a connection");
    if (n <= 0)
        return 0;
    if ((size_t)n > load->missing[i])
        bench_die("more came than an answer has");
    load->missing[i] -= (size_t)n;
    if (load->missing[i])
        return 0;
    load->n_messages++;
    return 1;
}

/* Runs until seconds have passed and nothing is in flight. */
static void run(struct load *load, double seconds)
{
    int64_t end = bench_now_ns() + (int64_t)(seconds * 1e9);
    struct epoll_event events[MAX_EVENTS];
    int busy = 0;

    for (int i = 0; i < (load->broadcast ? 1 : load->n); i++)
        busy += send_one(load, i);
    while (busy) {
        int n = epoll_wait(load->epfd, events, MAX_EVENTS, OPEN_SECONDS * 1000);

        if (n <= 0)
            bench_die("no answer");
        for (int k = 0; k < n; k++) {
            int i = (int)events[k].data.u32;

            if (!receive(load, i))
                continue;
            busy--;
            if (bench_now_ns() < end && (!load->broadcast || !busy))
                busy += send_one(load, load->broadcast ? 0 : i);
        }
    }
}

int main(int argc, char **argv)
{
    static struct load load;
    double seconds = bench_number(argc, argv, "seconds", 1);
    struct rlimit limit;
    double before;
    char byte;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    load.port = (int)bench_number(argc, argv, "port", 9999);
    load.pid = (int)bench_number(argc, argv, "pid", 0);
    load.n = (int)bench_number(argc, argv, "connections", 64);
    load.path = bench_option(argc, argv, "path", "/echo");
    load.broadcast = bench_flag(argc, argv, "broadcast");
    make_frame(&load, (size_t)bench_number(argc, argv, "size", 64));
    open_all(&load);
    if (bench_flag(argc, argv, "hold")) {
        printf("open %d\n", load.n);
        fflush(stdout);
        return read(0, &byte, 1) < 0;
    }
    run(&load, seconds / 4); /* warm */
    usleep(20000);
    before = cpu_of(load.pid);
    load.n_messages = 0;
    run(&load, seconds);
    usleep(20000);
    printf("messages %llu ns %.1f\n", (unsigned long long)load.n_messages,
           (cpu_of(load.pid) - before) / (double)load.n_messages);
    return 0;
}
