/* test_proxied.c - servers of any protocol behind a proxy that names the client. */
/* SPDX-License-Identifier: MIT */
#include "netkit.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <gale/log.h>
#include <gale/tcpclient.h>
#include <gale/tcpserver.h>

#include "net/proxied.h"

static const char v1[] = "PROXY TCP4 192.0.2.7 198.51.100.1 4711 80\r\n";
static const char v2_ipv6[] = "\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24"
                              " \1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\7"
                              " \1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\x8"
                              "\x12\x67\0\x50";
static const char v2_local[] = "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";

/* Says who the client is, and then each byte that comes. */
static int tell(gale_iostream *s, const gale_address *address, void *arg)
{
    char text[128];
    gale_str got;
    int r;

    gale_address_format(address, text, sizeof(text));
    r = gale_iostream_write(s, text, strlen(text));
    if (r >= 0)
        r = gale_iostream_write(s, "\n", 1);
    while (r >= 0 && (r = gale_iostream_read_bytes(s, 1, false, &got)) >= 0)
        r = gale_iostream_write(s, got.ptr, got.len);
    return r == GALE_EEOF ? 0 : r;
}

struct peer {
    gale_tcpserver *server;
    gale_iostream *s;
    char own[64]; /* the address that it has without a header */
};

static void open_peer(struct peer *p, int mode, const char *const *trusted)
{
    const gale_tcpserver_options o = { .proxy_protocol = mode, .trusted = trusted };
    int port;

    p->server = gale_tcpserver_new(tell, NULL, &o);
    assert_non_null(p->server);
    port = gale_tcpserver_listen(p->server, 0, "127.0.0.1");
    netkit_ok(port, "listen");
    netkit_ok(gale_tcp_connect(&p->s, "127.0.0.1", port, NULL), "connect");
}

static void close_peer(struct peer *p)
{
    gale_iostream_close(&p->s);
    gale_tcpserver_free(p->server);
}

static void expect_told(struct peer *p, const char *prefix)
{
    gale_str got;

    netkit_ok(gale_iostream_read_until(p->s, "\n", 0, &got), "read");
    if (got.len < strlen(prefix) || memcmp(got.ptr, prefix, strlen(prefix)) != 0)
        fail_msg("%.*s instead of %s", (int)got.len, got.ptr, prefix);
}

static void expect_closed(struct peer *p)
{
    gale_str got;
    int r = gale_iostream_read_bytes(p->s, 1, false, &got);

    assert_true(r == GALE_EEOF || r == -ECONNRESET);
}

/* A header, then data in the same piece, whole and byte by byte. */
static void check_header(const char *header, size_t n, const char *told)
{
    struct peer p;

    for (int pieces = 0; pieces < 2; pieces++)
        for (int mode = GALE_ON; mode <= GALE_PROXY_OPTIONAL; mode++) {
            open_peer(&p, mode, NULL);
            for (size_t i = 0; pieces && i < n; i++) {
                netkit_ok(gale_iostream_write(p.s, header + i, 1), "write");
                netkit_ok(gale_sleep(0.0005), "sleep");
            }
            if (!pieces) {
                char both[256];

                memcpy(both, header, n);
                memcpy(both + n, "data", 4);
                netkit_ok(gale_iostream_write(p.s, both, n + 4), "write");
            } else {
                netkit_send(p.s, "data");
            }
            expect_told(&p, told);
            netkit_expect(p.s, "data");
            close_peer(&p);
        }
}

static void test_a1_8_version_1_names_the_client(struct netkit *k)
{
    check_header(v1, sizeof(v1) - 1, "192.0.2.7:4711\n");
    check_header("PROXY TCP6 2001:db8::7 2001:db8::1 99 80\r\n", 42, "[2001:db8::7]:99\n");
    check_header("PROXY UNKNOWN\r\n", 15, "127.0.0.1:");
}

static void test_a1_8_version_2_names_the_client(struct netkit *k)
{
    check_header(v2_ipv6, sizeof(v2_ipv6) - 1, "[2001:db8::7]:4711\n");
    check_header(v2_local, sizeof(v2_local) - 1, "127.0.0.1:");
    check_header("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\xc\xc0\0\2\x9\xc6\x33\x64\1\0\7\0\x50", 28,
                 "192.0.2.9:7\n");
}

static void test_a1_8_without_a_header_or_with_a_bad_one_it_is_closed(struct netkit *k)
{
    static const char *const bad[] = {
        "GET / HTTP/1.1\r\n\r\n",
        "PROXY TCP4 300.0.2.7 198.51.100.1 4711 80\r\n",
        "PROXY TCP4 192.0.2.7 198.51.100.1 4711 99999\r\n",
        "PROXY TCP4 192.0.2.7\r\n",
        "PROXYTCP4",
    };
    struct peer p;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        open_peer(&p, GALE_ON, NULL);
        netkit_ok(gale_iostream_write(p.s, bad[i], strlen(bad[i])), "write");
        expect_closed(&p);
        close_peer(&p);
    }
    /* one that goes on for ever */
    open_peer(&p, GALE_ON, NULL);
    netkit_ok(gale_iostream_write(p.s, "\r\n\r\n\0\r\nQUIT\n\x21\x21\xff\xff", 16), "write");
    for (int i = 0; i < 70; i++) {
        static const char zeros[1000];

        if (gale_iostream_write(p.s, zeros, sizeof(zeros)) < 0)
            break;
    }
    expect_closed(&p);
    close_peer(&p);
    /* half of one */
    open_peer(&p, GALE_ON, NULL);
    netkit_ok(gale_iostream_write(p.s, v1, 20), "write");
    gale_iostream_shutdown(p.s);
    expect_closed(&p);
    close_peer(&p);
}

/* Fields that nobody asked for, up to so many bytes in all; "data" behind it. */
static void send_long_header(struct peer *p, size_t n)
{
    static char header[5000] =
        "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\xc\xc0\0\2\x9\xc6\x33\x64\1\0\7\0\x50";

    header[14] = (char)((n - 16) >> 8);
    header[15] = (char)((n - 16) & 255);
    memcpy(header + n, "data", 4);
    netkit_ok(gale_iostream_write(p->s, header, n + 4), "write");
    memset(header + n, 0, 4);
}

static void test_a1_8_a_header_has_at_most_4096_bytes(struct netkit *k)
{
    struct peer p;

    for (int mode = GALE_ON; mode <= GALE_PROXY_OPTIONAL; mode++) {
        open_peer(&p, mode, NULL);
        send_long_header(&p, 4096);
        expect_told(&p, "192.0.2.9:7\n");
        netkit_expect(p.s, "data");
        close_peer(&p);
        open_peer(&p, mode, NULL);
        send_long_header(&p, 4097);
        expect_closed(&p);
        close_peer(&p);
    }
}

static void test_a1_8_where_it_is_optional_plain_clients_are_served(struct netkit *k)
{
    static const char *const plain[] = { "hello", "P", "PROXO", "\r\n\r", "\x16\x03\x01" };
    struct peer p;

    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        for (int slow = 0; slow < 2; slow++) {
            open_peer(&p, GALE_PROXY_OPTIONAL, NULL);
            for (const char *c = plain[i]; slow && *c; c++) {
                netkit_ok(gale_iostream_write(p.s, c, 1), "write");
                netkit_ok(gale_sleep(0.0005), "sleep");
            }
            if (!slow)
                netkit_send(p.s, plain[i]);
            gale_iostream_shutdown(p.s);
            expect_told(&p, "127.0.0.1:");
            netkit_expect(p.s, plain[i]);
            expect_closed(&p);
            close_peer(&p);
        }
}

static void test_a1_8_only_trusted_peers_may_send_one(struct netkit *k)
{
    const char *const trusted[] = { "10.0.0.0/8", "127.0.0.2", NULL };
    const char *const too[] = { "10.0.0.0/8", "127.0.0.0/16", NULL };
    struct peer p;

    open_peer(&p, GALE_ON, trusted);
    netkit_ok(gale_iostream_write(p.s, v1, sizeof(v1) - 1), "write");
    expect_closed(&p);
    close_peer(&p);
    /* it is data then */
    open_peer(&p, GALE_PROXY_OPTIONAL, trusted);
    netkit_send(p.s, v1);
    expect_told(&p, "127.0.0.1:");
    netkit_expect(p.s, v1);
    close_peer(&p);
    open_peer(&p, GALE_ON, too);
    netkit_send(p.s, v1);
    expect_told(&p, "192.0.2.7:4711\n");
    close_peer(&p);
}

static void a_bad_entry_of_trusted_is_told(struct netkit *k)
{
    const char *const bad[] = { "::1", "nonsense/8", NULL };
    const gale_tcpserver_options o = { .proxy_protocol = GALE_ON, .trusted = bad };

    assert_null(gale_tcpserver_new(tell, NULL, &o));
    assert_string_equal(gale_strerror(GALE_EINVAL),
                        "trusted: 'nonsense/8' is no address or network");
}

static void one_that_waits_for_its_header_is_ended_with_the_server(struct netkit *k)
{
    struct peer p;

    open_peer(&p, GALE_ON, NULL);
    netkit_ok(gale_iostream_write(p.s, "PRO", 3), "write");
    netkit_ok(gale_sleep(0.005), "sleep");
    gale_tcpserver_free(p.server);
    p.server = NULL;
    expect_closed(&p);
    close_peer(&p);
}

static void many_listen_on_one_port(struct netkit *k)
{
    const gale_tcpserver_options o = { .reuse_port = GALE_ON };
    gale_tcpserver *one = gale_tcpserver_new(tell, NULL, &o);
    gale_tcpserver *two = gale_tcpserver_new(tell, NULL, &o);
    gale_tcpserver *three = gale_tcpserver_new(tell, NULL, NULL);
    int port = gale_tcpserver_listen(one, 0, "127.0.0.1");

    netkit_ok(port, "listen");
    assert_int_equal(gale_tcpserver_listen(two, port, "127.0.0.1"), port);
    assert_int_equal(gale_tcpserver_listen(three, port, "127.0.0.1"), -EADDRINUSE);
    gale_tcpserver_free(one);
    gale_tcpserver_free(two);
    gale_tcpserver_free(three);
}

#define NO_PAIR(fn)                                                                                \
    {                                                                                              \
#fn, fn, NETKIT_NONE                                                                       \
    }

int main(void)
{
    const struct netkit_test tests[] = {
        NO_PAIR(test_a1_8_version_1_names_the_client),
        NO_PAIR(test_a1_8_version_2_names_the_client),
        NO_PAIR(test_a1_8_without_a_header_or_with_a_bad_one_it_is_closed),
        NO_PAIR(test_a1_8_a_header_has_at_most_4096_bytes),
        NO_PAIR(test_a1_8_where_it_is_optional_plain_clients_are_served),
        NO_PAIR(test_a1_8_only_trusted_peers_may_send_one),
        NO_PAIR(a_bad_entry_of_trusted_is_told),
        NO_PAIR(one_that_waits_for_its_header_is_ended_with_the_server),
        NO_PAIR(many_listen_on_one_port),
    };

    gale_log_set_level(NULL, GALE_LOG_NONE);
    return netkit_run("proxied", tests, sizeof(tests) / sizeof(tests[0]));
}
