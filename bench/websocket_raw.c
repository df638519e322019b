/* websocket_raw.c - the yardstick for WebSockets: an epoll server that knows no frames.
 *
 * It answers the first bytes of a connection with a canned 101. After that, for each --in bytes
 * that came it sends --out bytes back: what an echo of that size makes of them. With --broadcast
 * it sends them to every connection instead: one send() each.
 */
/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

enum { MAX_EVENTS = 512, MAX_FDS = 65536, INPUT_BYTES = 65536 };

static const char upgrade[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\n"
                              "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

struct raw {
    int epfd, listener;
    size_t in, out;
    int broadcast;
    char *answer;
    char input[INPUT_BYTES];
    uint32_t have[MAX_FDS]; /* bytes of a message not yet complete; 1 + in all, before the 101 */
    int open[MAX_FDS], n_open;
};

static void send_all(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t n = send(fd, data, size, MSG_NOSIGNAL);

        if (n < 0)
            return;
        data += n;
        size -= (size_t)n;
    }
}

static void take(struct raw *raw, int fd, size_t n)
{
    size_t have = raw->have[fd] + n;

    for (; have >= raw->in; have -= raw->in) {
        if (!raw->broadcast)
            send_all(fd, raw->answer, raw->out);
        for (int i = 0; raw->broadcast && i < raw->n_open; i++)
            send_all(raw->open[i], raw->answer, raw->out);
    }
    raw->have[fd] = (uint32_t)have;
}

static void end(struct raw *raw, int fd)
{
    for (int i = 0; i < raw->n_open; i++)
        if (raw->open[i] == fd)
            raw->open[i] = raw->open[--raw->n_open];
    close(fd);
}

static void on_readable(struct raw *raw, int fd)
{
    ssize_t n = recv(fd, raw->input, sizeof(raw->input), MSG_DONTWAIT);

    if (n <= 0) {
        if (n == 0 || errno != EAGAIN)
            end(raw, fd);
        return;
    }
    if (raw->have[fd] == UINT32_MAX) {
        raw->have[fd] = 0;
        send_all(fd, upgrade, sizeof(upgrade) - 1);
        raw->open[raw->n_open++] = fd;
        return;
    }
    take(raw, fd, (size_t)n);
}

static void on_connection(struct raw *raw)
{
    int on = 1, fd = accept4(raw->listener, NULL, NULL, SOCK_CLOEXEC);
    struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.fd = fd };

    if (fd < 0 || fd >= MAX_FDS)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    raw->have[fd] = UINT32_MAX;
    epoll_ctl(raw->epfd, EPOLL_CTL_ADD, fd, &event);
}

static void listen_on(struct raw *raw, int port)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    struct epoll_event event = { .events = EPOLLIN };
    int on = 1;

    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    raw->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(raw->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(raw->listener, (struct sockaddr *)&in, sizeof(in)) < 0 ||
        listen(raw->listener, 4096) < 0)
        bench_die("listen");
    event.data.fd = raw->listener;
    epoll_ctl(raw->epfd, EPOLL_CTL_ADD, raw->listener, &event);
}

int main(int argc, char **argv)
{
    static struct raw raw;
    struct epoll_event events[MAX_EVENTS];

    raw.in = (size_t)bench_number(argc, argv, "in", 70);
    raw.out = (size_t)bench_number(argc, argv, "out", 66);
    raw.broadcast = bench_flag(argc, argv, "broadcast");
    raw.answer = calloc(1, raw.out);
    raw.epfd = epoll_create1(EPOLL_CLOEXEC);
    if (!raw.answer || raw.epfd < 0)
        bench_die("start");
    listen_on(&raw, (int)bench_number(argc, argv, "port", 9999));
    for (;;) {
        int n = epoll_wait(raw.epfd, events, MAX_EVENTS, -1);

        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == raw.listener)
                on_connection(&raw);
            else
                on_readable(&raw, events[i].data.fd);
        }
    }
}
