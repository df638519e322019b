/* test_resolver.c - names to addresses: getaddrinfo, c-ares against a name server of this test's
 * own, the override table. */
/* SPDX-License-Identifier: MIT */
#include "netkit.h"

#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/address.h"
#include "net/resolver.h"

enum { MAX = 8, TYPE_A = 1, TYPE_AAAA = 28 };

static char texts[MAX][128];

/* The addresses as text in texts. */
static int resolve(gale_resolver *resolver, const char *host, int family)
{
    gale_address found[MAX];
    int n = gale_resolve(resolver, host, 80, family, found, MAX);

    for (int i = 0; i < n; i++)
        gale_address_format(&found[i], texts[i], sizeof(texts[i]));
    return n;
}

static void expect(gale_resolver *resolver, const char *host, int family, const char *text)
{
    int n = resolve(resolver, host, family);

    netkit_ok(n, host);
    assert_int_equal(n, 1);
    assert_string_equal(texts[0], text);
}

/* --- a name server ----------------------------------------------------------- */

struct name_server {
    int fd;
    int n_asked;
    char name[32]; /* "127.0.0.1:5353" */
};

static size_t put_record(unsigned char *out, int type, const unsigned char *data, size_t n)
{
    const unsigned char head[] = { 0xc0, 12, 0, (unsigned char)type, 0, 1, 0, 0,
                                   0,    60, 0, (unsigned char)n };

    memcpy(out, head, sizeof(head));
    memcpy(out + sizeof(head), data, n);
    return sizeof(head) + n;
}

/* Appends what it knows of name; gives how many records. */
static int put_answers(unsigned char *p, size_t *len, const char *name, int type)
{
    static const unsigned char four[2][4] = { { 192, 0, 2, 1 }, { 192, 0, 2, 2 } };
    static const unsigned char six[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
    int n = 0;

    if (type == TYPE_A && (strcmp(name, "two.example") == 0 || strcmp(name, "four.example") == 0))
        for (; n < (name[0] == 't' ? 2 : 1); n++)
            *len += put_record(p + *len, TYPE_A, four[n], 4);
    if (type == TYPE_AAAA && strcmp(name, "six.example") == 0) {
        *len += put_record(p + *len, TYPE_AAAA, six, 16);
        n = 1;
    }
    return n;
}

static void read_name(const unsigned char *p, char *name)
{
    char *out = name;

    for (p += 12; *p; p += *p + 1) {
        for (int i = 1; i <= *p; i++)
            *out++ = (char)tolower(p[i]);
        *out++ = '.';
    }
    out[out > name ? -1 : 0] = '\0';
}

static void serve(int fd, int events, void *arg)
{
    struct name_server *server = arg;
    unsigned char p[600];
    struct sockaddr_in peer;
    socklen_t peer_len = sizeof(peer);
    ssize_t n = recvfrom(fd, p, 500, 0, (struct sockaddr *)&peer, &peer_len);
    char name[256];
    size_t len;
    int type;

    if (n < 17)
        return;
    server->n_asked++;
    read_name(p, name);
    len = 12 + strlen(name) + 2;
    type = p[len] << 8 | p[len + 1];
    len += 4;
    if (strcmp(name, "silent.example") == 0)
        return;
    p[2] = 0x81;
    p[3] = strcmp(name, "none.example") == 0 ? 0x83 : 0x80;
    memset(p + 6, 0, 6);
    p[7] = (unsigned char)put_answers(p, &len, name, type);
    assert_int_equal(sendto(fd, p, len, 0, (struct sockaddr *)&peer, peer_len), len);
}

static void start_server(struct netkit *k, struct name_server *server)
{
    struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    gale_address a;

    server->n_asked = 0;
    server->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(server->fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
    netkit_ok(gale__address_local(&a, server->fd), "address");
    gale_address_format(&a, server->name, sizeof(server->name));
    netkit_ok(gale_ioloop_add_handler(k->loop, server->fd, serve, GALE_READ, server), "handler");
}

static void stop_server(struct netkit *k, struct name_server *server)
{
    gale_ioloop_remove_handler(k->loop, server->fd);
    close(server->fd);
}

/* NULL where c-ares is not built in. */
static gale_resolver *cares(const struct name_server *server)
{
    gale_resolver *r = gale_cares_resolver_new();

    if (!r) {
        assert_string_equal(gale_strerror(-ENOTSUP), "gale was built without c-ares");
        return NULL;
    }
    netkit_ok(gale__cares_set_servers(r, server->name), "servers");
    return r;
}

static void cares_asks_name_servers(struct netkit *k)
{
    struct name_server server;
    gale_resolver *r;

    start_server(k, &server);
    r = cares(&server);
    if (r) {
        expect(r, "four.example", AF_INET, "192.0.2.1:80");
        expect(r, "FOUR.example", AF_UNSPEC, "192.0.2.1:80");
        expect(r, "six.example", AF_UNSPEC, "[2001:db8::1]:80");
        assert_int_equal(resolve(r, "two.example", AF_UNSPEC), 2);
        assert_memory_equal(texts[0], "192.0.2.", 8);
        assert_int_equal(resolve(r, "none.example", AF_UNSPEC), GALE_ENOTFOUND);
        assert_string_equal(gale_strerror(GALE_ENOTFOUND),
                            "no such host: none.example: Domain name not found");
        assert_int_equal(resolve(r, "six.example", AF_INET), GALE_ENOTFOUND);
        assert_true(server.n_asked >= 6);
        server.n_asked = 0;
        expect(r, "192.0.2.99", AF_UNSPEC, "192.0.2.99:80");
        assert_int_equal(resolve(r, "localhost", AF_UNSPEC), 2);
        assert_int_equal(server.n_asked, 0);
    }
    gale_resolver_free(r);
    stop_server(k, &server);
}

struct ask {
    gale_resolver *resolver;
    const char *host;
};

static int ask(void *arg)
{
    const struct ask *a = arg;
    gale_address found[MAX];

    return gale_resolve(a->resolver, a->host, 80, AF_INET, found, MAX);
}

static void cares_look_ups_can_be_left(struct netkit *k)
{
    struct ask silent = { .host = "silent.example" }, four = { .host = "four.example" };
    struct name_server server;
    gale_future *f, *many[10];

    start_server(k, &server);
    silent.resolver = four.resolver = cares(&server);
    if (!silent.resolver) {
        stop_server(k, &server);
        return;
    }
    assert_int_equal(gale_with_timeout(0.02, ask, &silent), GALE_ETIMEDOUT);
    f = gale_spawn(ask, &silent);
    assert_non_null(f);
    gale_cancel(f);
    assert_int_equal(gale_join(&f), GALE_ECANCELED);
    /* others are not held up by it */
    for (int i = 0; i < 10; i++)
        assert_non_null(many[i] = gale_spawn(ask, &four));
    for (int i = 0; i < 10; i++)
        assert_int_equal(gale_join(&many[i]), 1);
    /* freed under one that waits */
    f = gale_spawn(ask, &silent);
    assert_non_null(f);
    netkit_ok(gale_yield(), "yield");
    gale_resolver_free(silent.resolver);
    assert_int_equal(gale_join(&f), GALE_ECLOSED);
    stop_server(k, &server);
}

/* --- getaddrinfo -------------------------------------------------------------- */

static void literal_addresses_and_localhost(struct netkit *k)
{
    gale_resolver *own = gale_resolver_new();

    assert_non_null(own);
    for (int i = 0; i < 2; i++) {
        gale_resolver *r = i ? own : NULL;

        expect(r, "127.0.0.1", AF_UNSPEC, "127.0.0.1:80");
        expect(r, "::1", AF_UNSPEC, "[::1]:80");
        expect(r, "localhost", AF_INET, "127.0.0.1:80");
        expect(r, "localhost", AF_INET6, "[::1]:80");
        assert_int_equal(resolve(r, "localhost", AF_UNSPEC), 2);
        assert_int_equal(resolve(r, "127.0.0.1", AF_INET6), GALE_ENOTFOUND);
        assert_string_equal(gale_strerror(GALE_ENOTFOUND),
                            "no such host: 127.0.0.1: it is an address of the other family");
    }
    gale_resolver_free(own);
    gale_resolver_free(NULL);
}

static void a_name_that_cannot_be_is_not_found(struct netkit *k)
{
    /* a label of 64: refused without asking anybody */
    static const char name[] =
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.invalid";

    assert_int_equal(resolve(NULL, name, AF_UNSPEC), GALE_ENOTFOUND);
    assert_memory_equal(gale_strerror(GALE_ENOTFOUND), "no such host: xxx", 17);
}

static void the_system_s_resolver_reads_its_hosts(struct netkit *k)
{
    /* the machine's own name is in the hosts file or served by nss-myhostname, as a rule */
    char name[256];
    int n;

    assert_int_equal(gethostname(name, sizeof(name)), 0);
    n = resolve(NULL, name, AF_UNSPEC);
    assert_true(n > 0 || n == GALE_ENOTFOUND);
}

static void an_abandoned_look_up_ends_by_itself(struct netkit *k)
{
    struct ask a = { .resolver = gale_resolver_new(), .host = "gale-test.invalid" };
    gale_future *f = gale_spawn(ask, &a);

    assert_non_null(f);
    gale_cancel(f);
    assert_int_equal(gale_join(&f), GALE_ECANCELED);
    f = gale_spawn(ask, &a);
    assert_non_null(f);
    gale_resolver_free(a.resolver);
    assert_int_equal(gale_join(&f), GALE_ECLOSED);
}

/* --- the table ---------------------------------------------------------------- */

static void the_most_specific_entry_counts(struct netkit *k)
{
    const gale_host_override table[] = {
        { .host = "example.com", .to_host = "192.0.2.1" },
        { .host = "example.com", .port = 80, .to_host = "192.0.2.2", .to_port = 8080 },
        { .host = "example.com", .port = 80, .family = AF_INET6, .to_host = "2001:db8::5" },
        { .host = "example.com", .family = AF_INET6, .to_host = "2001:db8::6" },
        { .host = "other.example", .port = 443, .to_host = "192.0.2.3" },
        { .host = "192.0.2.77", .to_host = "127.0.0.1" },
        { NULL },
    };
    gale_resolver *r = gale_override_resolver_new(NULL, table);
    gale_address a;
    char text[128];

    assert_non_null(r);
    expect(r, "Example.COM", AF_UNSPEC, "192.0.2.2:8080");
    expect(r, "example.com", AF_INET, "192.0.2.2:8080");
    expect(r, "example.com", AF_INET6, "[2001:db8::5]:80");
    expect(r, "192.0.2.77", AF_UNSPEC, "127.0.0.1:80");
    netkit_ok(gale_resolve(r, "example.com", 81, AF_UNSPEC, &a, 1), "resolve");
    gale_address_format(&a, text, sizeof(text));
    assert_string_equal(text, "192.0.2.1:81");
    netkit_ok(gale_resolve(r, "example.com", 81, AF_INET6, &a, 1), "resolve");
    gale_address_format(&a, text, sizeof(text));
    assert_string_equal(text, "[2001:db8::6]:81");
    expect(r, "192.0.2.9", AF_UNSPEC, "192.0.2.9:80"); /* not in it */
    gale_resolver_free(r);
}

static void a_table_may_be_the_default(struct netkit *k)
{
    const gale_host_override table[] = { { .host = "example.com", .to_host = "192.0.2.1" },
                                         { NULL } };
    gale_resolver *r = gale_override_resolver_new(NULL, table);

    assert_non_null(r);
    gale_resolver_set_default(r);
    expect(NULL, "example.com", AF_UNSPEC, "192.0.2.1:80");
    expect(NULL, "127.0.0.1", AF_UNSPEC, "127.0.0.1:80");
    gale_resolver_set_default(NULL);
    gale_resolver_free(r);
}

static void a_table_in_front_of_cares(struct netkit *k)
{
    const gale_host_override table[] = { { .host = "example.com", .to_host = "four.example" },
                                         { NULL } };
    struct name_server server;
    gale_resolver *inner, *r;

    start_server(k, &server);
    inner = cares(&server);
    if (inner) {
        r = gale_override_resolver_new(inner, table);
        assert_non_null(r);
        expect(r, "example.com", AF_INET, "192.0.2.1:80");
        gale_resolver_free(r);
    }
    gale_resolver_free(inner);
    stop_server(k, &server);
}

static void an_entry_without_to_host_is_refused(struct netkit *k)
{
    const gale_host_override table[] = { { .host = "example.com" }, { NULL } };

    assert_null(gale_override_resolver_new(NULL, table));
    assert_string_equal(gale_strerror(GALE_EINVAL), "override of host example.com: bad to_host");
}

static void bad_arguments_are_told(struct netkit *k)
{
    gale_address a;

    assert_int_equal(gale_resolve(NULL, "", 80, AF_UNSPEC, &a, 1), GALE_EINVAL);
    assert_int_equal(gale_resolve(NULL, "127.0.0.1", -1, AF_UNSPEC, &a, 1), GALE_EINVAL);
    assert_int_equal(gale_resolve(NULL, "127.0.0.1", 80, AF_UNSPEC, &a, 0), GALE_EINVAL);
}

/* --- the end of a loop --------------------------------------------------------- */

static int leave_one(void *arg)
{
    gale_future *f = gale_spawn(ask, arg);

    assert_non_null(f);
    gale_detach(&f);
    return gale_sleep(0.005);
}

static void cares_outlives_its_loop(void **state)
{
    struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0); /* nobody reads what comes to it */
    gale_ioloop *loop = netkit_loop("epoll");
    struct name_server server;
    struct ask silent = { .host = "silent.example" };
    gale_address a;

    assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
    netkit_ok(gale__address_local(&a, fd), "address");
    gale_address_format(&a, server.name, sizeof(server.name));
    silent.resolver = cares(&server);
    if (silent.resolver)
        assert_int_equal(gale_ioloop_run_sync(loop, leave_one, &silent, 5), 0);
    gale_ioloop_free(loop);
    gale_resolver_free(silent.resolver);
    close(fd);
}

#define NO_PAIR(fn)                                                                                \
    {                                                                                              \
#fn, fn, NETKIT_NONE                                                                       \
    }

int main(void)
{
    const struct netkit_test tests[] = {
        NO_PAIR(cares_asks_name_servers),
        NO_PAIR(cares_look_ups_can_be_left),
        NO_PAIR(literal_addresses_and_localhost),
        NO_PAIR(a_name_that_cannot_be_is_not_found),
        NO_PAIR(the_system_s_resolver_reads_its_hosts),
        NO_PAIR(an_abandoned_look_up_ends_by_itself),
        NO_PAIR(the_most_specific_entry_counts),
        NO_PAIR(a_table_may_be_the_default),
        NO_PAIR(a_table_in_front_of_cares),
        NO_PAIR(an_entry_without_to_host_is_refused),
        NO_PAIR(bad_arguments_are_told),
    };
    const struct CMUnitTest ends[] = { cmocka_unit_test(cares_outlives_its_loop) };
    int failed = netkit_run("resolver", tests, sizeof(tests) / sizeof(tests[0]));

    return cmocka_run_group_tests_name("resolver without its loop", ends, NULL, NULL) || failed;
}
