/* test_tls_faults.c - TLS while one allocation (gale's or OpenSSL's) or one call of the loop fails.
 *
 * A scenario is run again and again, each time with the next one failing (of OpenSSL's, which are
 * thousands, about RUNS; test_tls_faults BACKEND RUNS for more). It may then end with an error, but
 * not crash or hang, or keep descriptors or OpenSSL's memory; gale's is the leak sanitizer's part.
 * Then it is run once more and must succeed.
 */
/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <gale/gale.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "ioloop/faulty.h"

enum {
    PATIENCE = 4,       /* seconds: what takes longer hangs */
    LAST_PATIENCE = 20, /* and this is when even the loop does not notice */
    MOST = 60000,       /* failures of one kind */
    RUNS = 150,         /* of one scenario and kind, about */
    LARGE = 40000,      /* bytes: more than two records */
};

enum kind { GALES_MEMORY, OPENSSLS_MEMORY, CALLS };

static struct {
    const char *backend;
    long runs;
    char folder[64], cert[96], key[96];
    gale_tls_context *server, *client; /* of the scenarios that do not make their own */
    char present[120];
} own;

/* --- OpenSSL's memory --- */

static long n_blocks, n_allocations, fail_at;

static bool fails(void)
{
    return ++n_allocations == fail_at;
}

static void *counted_malloc(size_t size, const char *file, int line)
{
    void *p = size == 0 || fails() ? NULL : malloc(size);

    (void)file;
    (void)line;
    n_blocks += p != NULL;
    return p;
}

static void counted_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    n_blocks -= p != NULL;
    free(p);
}

static void *counted_realloc(void *p, size_t size, const char *file, int line)
{
    void *fresh;

    if (!p)
        return counted_malloc(size, file, line);
    if (size == 0) {
        counted_free(p, file, line);
        return NULL;
    }
    fresh = fails() ? NULL : realloc(p, size);
    return fresh;
}

static void arm(enum kind kind, long nth)
{
    n_allocations = 0;
    fail_at = kind == OPENSSLS_MEMORY ? nth : 0;
    gale__alloc_fail(kind == GALES_MEMORY ? (unsigned long)nth : 0);
    gale__faulty_fail(kind == CALLS ? nth : 0, ECONNRESET);
}

/* How many there were that may fail. */
static long count_of(enum kind kind)
{
    if (kind == OPENSSLS_MEMORY)
        return n_allocations;
    return kind == GALES_MEMORY ? (long)gale__alloc_count() : (long)gale__faulty_fail(0, 0);
}

/* --- what goes on --- */

static int echo(gale_iostream *s, const gale_address *address, void *arg)
{
    bool starttls = arg != NULL;
    gale_str line;
    int r = 0;

    (void)address;
    if (starttls) {
        r = gale_iostream_read_until(s, "STARTTLS\n", 100, &line);
        if (r >= 0)
            r = gale_iostream_write(s, "go\n", 3);
        if (r >= 0)
            r = gale_iostream_start_tls(s, own.server, true, NULL);
    }
    while (r >= 0 && (r = gale_iostream_read_until(s, "\n", 1 << 20, &line)) >= 0)
        r = gale_iostream_write(s, line.ptr, line.len);
    return 0;
}

static int talk(gale_iostream *s)
{
    static char large[LARGE];
    gale_tls_info info;
    gale_str line;
    int r;

    memset(large, 'x', LARGE - 1);
    large[LARGE - 1] = '\n';
    r = gale_iostream_write(s, large, LARGE);
    if (r >= 0)
        r = gale_iostream_read_until(s, "\n", 1 << 20, &line);
    if (r >= 0 && line.len != LARGE)
        r = GALE_EPROTO;
    return r < 0 ? r : gale_iostream_tls_info(s, &info);
}

struct visit {
    int port;
    bool starttls;
};

static int visit(void *arg)
{
    const struct visit *v = arg;
    gale_iostream *s = NULL;
    gale_str line;
    int r = gale_tcp_connect(&s, "127.0.0.1", v->port,
                             &(gale_connect_options){ .tls = v->starttls ? NULL : own.client });

    if (r >= 0 && v->starttls) {
        r = gale_iostream_write(s, "STARTTLS\n", 9);
        if (r >= 0)
            r = gale_iostream_read_until(s, "\n", 100, &line);
        if (r >= 0)
            r = gale_iostream_start_tls(s, own.client, false, "127.0.0.1");
    }
    if (r >= 0)
        r = talk(s);
    gale_iostream_close(&s);
    return r;
}

/* Twice: the second time the session is resumed. */
static int visit_twice(void *arg)
{
    int r = visit(arg);

    return r < 0 ? r : visit(arg);
}

static int serve(gale_ioloop *loop, bool starttls)
{
    gale_tcpserver_options options = { .tls = starttls ? NULL : own.server };
    gale_tcpserver *server = gale_tcpserver_new(echo, starttls ? &own : NULL, &options);
    struct visit v = { .starttls = starttls };
    int r = server ? gale_tcpserver_listen(server, 0, "127.0.0.1") : -ENOMEM;

    v.port = r;
    if (r >= 0)
        r = gale_ioloop_run_sync(loop, visit_twice, &v, PATIENCE);
    gale_tcpserver_free(server);
    return r;
}

static int with_loop(bool starttls)
{
    gale_ioloop *loop = gale_ioloop_new(&(gale_ioloop_options){ .backend = own.backend });
    int r;

    if (!loop)
        return gale_ioloop_error();
    gale_ioloop_make_current(loop);
    r = gale__faulty_wrap(loop);
    if (r >= 0)
        r = serve(loop, starttls);
    gale_ioloop_free(loop);
    return r;
}

static int tls_scenario(void)
{
    return with_loop(false);
}

static int starttls_scenario(void)
{
    return with_loop(true);
}

static int contexts_scenario(void)
{
    const char *protocols[] = { "h2", "http/1.1", NULL };
    const gale_tls_host hosts[] = { { "*.example.org", own.cert, own.key }, { 0 } };
    gale_tls_context *server, *client;
    int r = 0;

    server = gale_tls_server(&(gale_tls_options){ .certfile = own.cert,
                                                  .keyfile = own.key,
                                                  .hosts = hosts,
                                                  .verify = GALE_ON,
                                                  .ca_certs = own.cert,
                                                  .alpn = protocols });
    if (!server)
        return gale_tls_error();
    client = gale_tls_client(&(gale_tls_options){ .ca_certs = own.cert, .alpn = protocols });
    r = client ? gale_tls_context_reload(server) : gale_tls_error();
    if (r >= 0)
        r = gale_tls_context_reload(client);
    gale_tls_context_free(server);
    gale_tls_context_free(client);
    return r;
}

/* --- running them --- */

static void report_hang(int signal)
{
    (void)signal;
    (void)!write(2, own.present, strlen(own.present));
    (void)!write(2, ": hangs\n", 8);
    _exit(1);
}

static int run(const char *name, int (*fn)(void), enum kind kind, long nth)
{
    int r;

    snprintf(own.present, sizeof(own.present), "%s %s %d %ld", own.backend, name, (int)kind, nth);
    alarm(LAST_PATIENCE);
    arm(kind, nth);
    r = fn();
    fail_at = 0;
    gale__alloc_fail(0);
    alarm(0);
    gale__arena_pool_free();
    return r;
}

static long count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    long n = 0;

    while (dir && readdir(dir))
        n++;
    closedir(dir);
    return n;
}

/* Contexts remember sessions, OpenSSL makes some things late: what is kept each time counts. */
static void expect_nothing_kept(const char *name, int (*fn)(void))
{
    long blocks = n_blocks;

    for (int i = 0; i < 4; i++) {
        assert_int_equal(run(name, fn, CALLS, 0), 0);
        if (n_blocks <= blocks)
            return;
        blocks = n_blocks;
    }
    fail_msg("%s: keeps OpenSSL's memory each time", own.present);
}

static void each_fails_once(const char *name, int (*fn)(void), enum kind kind)
{
    long descriptors, total, before, kept, nth = 0, step;
    int failures = 0;

    assert_int_equal(run(name, fn, kind, 0), 0);
    before = kind == OPENSSLS_MEMORY ? 0 : count_of(kind);
    assert_int_equal(run(name, fn, kind, 0), 0);
    total = count_of(kind) - before;
    descriptors = count_descriptors();
    assert_in_range(total, 1, MOST);
    step = 1 + total / own.runs; /* OpenSSL has many: some of them */
    kept = n_blocks;
    for (nth = 1; nth <= total + 2; nth += step) {
        int r = run(name, fn, kind, nth);

        if (r == GALE_ETIMEDOUT)
            fail_msg("%s: hangs", own.present);
        failures += r < 0;
        if (count_descriptors() != descriptors)
            fail_msg("%s: keeps descriptors", own.present);
        if (n_blocks > kept)
            expect_nothing_kept(name, fn);
        kept = n_blocks;
    }
    assert_int_equal(run(name, fn, kind, 0), 0);
    assert_true(failures > 0);
    print_message("%s, %s, %d: %ld, %d of them failures\n", name, own.backend, (int)kind, total,
                  failures);
}

static void contexts(void **state)
{
    (void)state;
    each_fails_once("contexts", contexts_scenario, GALES_MEMORY);
    each_fails_once("contexts", contexts_scenario, OPENSSLS_MEMORY);
}

static void streams(void **state)
{
    (void)state;
    each_fails_once("tls", tls_scenario, GALES_MEMORY);
    each_fails_once("tls", tls_scenario, CALLS);
    each_fails_once("tls", tls_scenario, OPENSSLS_MEMORY);
}

static void starttls(void **state)
{
    (void)state;
    each_fails_once("starttls", starttls_scenario, GALES_MEMORY);
    each_fails_once("starttls", starttls_scenario, CALLS);
    each_fails_once("starttls", starttls_scenario, OPENSSLS_MEMORY);
}

/* --- certificates --- */

static void drop_line(void *arg, const gale_log_record *record)
{
    (void)arg;
    (void)record;
}

static int set_up(void **state)
{
    char command[512];

    (void)state;
    snprintf(own.folder, sizeof(own.folder), "gale-tls-XXXXXX");
    if (!mkdtemp(own.folder))
        return -1;
    snprintf(own.cert, sizeof(own.cert), "%s/cert.pem", own.folder);
    snprintf(own.key, sizeof(own.key), "%s/key.pem", own.folder);
    snprintf(command, sizeof(command),
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 9 "
             "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -keyout %s -out %s "
             "2>/dev/null",
             own.key, own.cert);
    if (system(command) != 0)
        return -1;
    own.server = gale_tls_server(&(gale_tls_options){ .certfile = own.cert, .keyfile = own.key });
    own.client = gale_tls_client(&(gale_tls_options){ .ca_certs = own.cert });
    return own.server && own.client ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    gale_tls_context_free(own.server);
    gale_tls_context_free(own.client);
    unlink(own.cert);
    unlink(own.key);
    return rmdir(own.folder);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contexts),
        cmocka_unit_test(streams),
        cmocka_unit_test(starttls),
    };

    if (!CRYPTO_set_mem_functions(counted_malloc, counted_realloc, counted_free))
        return 1;
    own.backend = argc > 1 ? argv[1] : "epoll";
    own.runs = argc > 2 ? strtol(argv[2], NULL, 10) : RUNS;
    signal(SIGALRM, report_hang);
    gale_log_set_sink(drop_line, NULL);
    return cmocka_run_group_tests_name(own.backend, tests, set_up, tear_down) != 0;
}
