/* test_netutil.c - addresses, listening sockets. */
/* SPDX-License-Identifier: MIT */
#include "netkit.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <gale/netutil.h>

#include "net/address.h"

static void addresses_go_to_text_and_back(void **state)
{
    static const char *const texts[] = { "127.0.0.1:80",       "0.0.0.0:0",    "[::1]:65535",
                                         "[2001:db8::1]:8888", "unix:/a/path", "unix:@abstract" };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        gale_address a;
        char text[128];

        netkit_ok(gale_address_parse(&a, texts[i]), texts[i]);
        gale_address_format(&a, text, sizeof(text));
        assert_string_equal(text, texts[i]);
    }
}

static void bad_addresses_are_named(void **state)
{
    static const char *const texts[] = {
        "",
        "80",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:x",
        "127.0.0.1:-1",
        "1.2.3.4:65536",
        "1.2.3:80",
        "::1:80",
        "[::1]",
        "[::1:80",
        "[]:80",
        "localhost:80",
        "unix:",
        "unix:@",
        "[127.0.0.1]:80",
        " 1.2.3.4:80",
        "1.2.3.4:8 0",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        gale_address a = { .len = 77 };

        assert_int_equal(gale_address_parse(&a, texts[i]), GALE_EINVAL);
        assert_int_equal(a.len, 77);
        assert_non_null(strstr(gale_strerror(GALE_EINVAL), texts[i]));
    }
}

static void a_path_of_a_unix_socket_has_its_limit(void **state)
{
    char text[300] = "unix:";
    gale_address a;

    memset(text + 5, 'p', 107);
    netkit_ok(gale_address_parse(&a, text), "107 bytes");
    memset(text + 5, 'p', 108);
    assert_int_equal(gale_address_parse(&a, text), GALE_EINVAL);
}

static void formatting_is_cut_to_size(void **state)
{
    gale_address a;
    char text[8];

    netkit_ok(gale_address_parse(&a, "127.0.0.1:80"), "parse");
    gale_address_format(&a, text, sizeof(text));
    assert_string_equal(text, "127.0.0");
}

static void knows_numeric_addresses(void **state)
{
    assert_true(gale_is_valid_ip("127.0.0.1"));
    assert_true(gale_is_valid_ip("4.4.4.4"));
    assert_true(gale_is_valid_ip("::1"));
    assert_true(gale_is_valid_ip("2620:0:1cfe:face:b00c::3"));
    assert_false(gale_is_valid_ip("www.example.com"));
    assert_false(gale_is_valid_ip("localhost"));
    assert_false(gale_is_valid_ip("4.4.4.4<"));
    assert_false(gale_is_valid_ip(" 127.0.0.1"));
    assert_false(gale_is_valid_ip(""));
    assert_false(gale_is_valid_ip(" "));
    assert_false(gale_is_valid_ip("\n"));
    assert_false(gale_is_valid_ip("127.1"));
    assert_false(gale_is_valid_ip("[::1]"));
    assert_false(gale_is_valid_ip(NULL));
}

static int port_of(int fd)
{
    gale_address a;

    netkit_ok(gale__address_local(&a, fd), "getsockname");
    return gale__address_port(&a);
}

static int family_of(int fd)
{
    gale_address a;

    netkit_ok(gale__address_local(&a, fd), "getsockname");
    return gale__address_family(&a);
}

static void close_all(int *fds, int n)
{
    while (n > 0)
        close(fds[--n]);
}

static void port_0_is_the_same_for_each_family(void **state)
{
    for (int i = 0; i < 20; i++) {
        int fds[4], n = gale_bind_sockets(0, NULL, NULL, fds, 4);

        netkit_ok(n, "bind");
        assert_true(n >= 1);
        assert_int_not_equal(port_of(fds[0]), 0);
        assert_int_equal(port_of(fds[0]), port_of(fds[n - 1]));
        assert_int_equal(family_of(fds[0]), AF_INET);
        if (n == 2)
            assert_int_equal(family_of(fds[1]), AF_INET6);
        close_all(fds, n);
    }
}

static void sockets_do_not_block_and_close_on_exec(void **state)
{
    int fd, value = 0;
    socklen_t len = sizeof(value);

    assert_int_equal(gale_bind_sockets(0, "127.0.0.1", NULL, &fd, 1), 1);
    assert_int_equal(accept(fd, NULL, NULL), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, &len), 0);
    assert_true(value);
    close(fd);
}

static void a_taken_port_is_named(void **state)
{
    char expected[128];
    int fd, other;

    assert_int_equal(gale_bind_sockets(0, "127.0.0.1", NULL, &fd, 1), 1);
    assert_int_equal(gale_bind_sockets(port_of(fd), "127.0.0.1", NULL, &other, 1), -EADDRINUSE);
    snprintf(expected, sizeof(expected), "cannot listen on 127.0.0.1:%d: Address already in use",
             port_of(fd));
    assert_string_equal(gale_strerror(-EADDRINUSE), expected);
    close(fd);
}

static void reuse_port_shares(void **state)
{
    const gale_bind_options options = { .reuse_port = GALE_ON };
    int a, b;

    assert_int_equal(gale_bind_sockets(0, "127.0.0.1", &options, &a, 1), 1);
    assert_int_equal(gale_bind_sockets(port_of(a), "127.0.0.1", &options, &b, 1), 1);
    assert_int_equal(port_of(a), port_of(b));
    close(a);
    close(b);
}

static void localhost_and_families(void **state)
{
    int fds[4], n = gale_bind_sockets(0, "localhost", NULL, fds, 4);

    netkit_ok(n, "localhost");
    close_all(fds, n);
    n = gale_bind_sockets(0, "", &(gale_bind_options){ .family = AF_INET }, fds, 4);
    assert_int_equal(n, 1);
    assert_int_equal(family_of(fds[0]), AF_INET);
    close_all(fds, n);
}

static void bad_arguments_are_refused(void **state)
{
    int fd;

    assert_int_equal(gale_bind_sockets(65536, NULL, NULL, &fd, 1), GALE_EINVAL);
    assert_int_equal(gale_bind_sockets(-1, NULL, NULL, &fd, 1), GALE_EINVAL);
    assert_int_equal(gale_bind_sockets(0, NULL, NULL, &fd, 0), GALE_EINVAL);
    assert_int_equal(gale_bind_sockets(0, "300.0.0.1", NULL, &fd, 1), GALE_ENOTFOUND);
    assert_non_null(strstr(gale_strerror(GALE_ENOTFOUND), "cannot listen on 300.0.0.1:0"));
    assert_int_equal(gale_bind_sockets(0, "192.0.2.1", NULL, &fd, 1), -EADDRNOTAVAIL);
    assert_non_null(strstr(gale_strerror(-EADDRNOTAVAIL), "192.0.2.1:0"));
}

struct folder {
    char path[64];
    char socket[80];
};

static int make_folder(void **state)
{
    static struct folder f;

    snprintf(f.path, sizeof(f.path), "./netutil-XXXXXX");
    if (!mkdtemp(f.path))
        return -1;
    snprintf(f.socket, sizeof(f.socket), "%s/socket", f.path);
    *state = &f;
    return 0;
}

static int remove_folder(void **state)
{
    struct folder *f = *state;

    unlink(f->socket);
    return rmdir(f->path);
}

static void a_unix_socket_has_its_mode(void **state)
{
    struct folder *f = *state;
    struct stat st;
    int fd = gale_bind_unix_socket(f->socket, 0, 0);

    netkit_ok(fd, "bind");
    assert_int_equal(stat(f->socket, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    close(fd);
    fd = gale_bind_unix_socket(f->socket, 0666, 0); /* the file is stale now */
    netkit_ok(fd, "bind again");
    assert_int_equal(stat(f->socket, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0666);
    assert_int_equal(gale_bind_unix_socket(f->socket, 0, 0), -EADDRINUSE);
    close(fd);
}

static void refused_as_taken(const struct folder *f)
{
    struct stat before, after;

    assert_int_equal(stat(f->socket, &before), 0);
    assert_int_equal(gale_bind_unix_socket(f->socket, 0, 0), -EADDRINUSE);
    assert_non_null(strstr(gale_strerror(-EADDRINUSE), f->socket));
    assert_int_equal(stat(f->socket, &after), 0);
    assert_int_equal(after.st_ino, before.st_ino);
}

static void a_live_socket_of_another_type_stays(void **state)
{
    static const int types[] = { SOCK_DGRAM, SOCK_SEQPACKET };
    struct folder *f = *state;

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, types[i], 0);

        snprintf(address.sun_path, sizeof(address.sun_path), "%s", f->socket);
        assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
        refused_as_taken(f);
        close(fd);
        fd = gale_bind_unix_socket(f->socket, 0, 0); /* dead, whatever it was */
        netkit_ok(fd, "bind");
        close(fd);
        unlink(f->socket);
    }
}

/* Who may not connect cannot tell, even where the folder would let the file go. */
static void a_socket_we_may_not_connect_to_stays(void **state)
{
    struct folder *f = *state;
    int fd = gale_bind_unix_socket(f->socket, 0, 0);
    bool seen;

    netkit_ok(fd, "bind");
    assert_int_equal(chmod(f->path, 0777), 0);
    assert_int_equal(chmod(f->socket, 0), 0);
    if (geteuid() == 0) /* who may do anything */
        assert_int_equal(seteuid(65534), 0);
    seen = euidaccess(f->socket, F_OK) == 0;
    if (seen)
        refused_as_taken(f);
    if (getuid() == 0)
        assert_int_equal(seteuid(0), 0);
    prctl(PR_SET_DUMPABLE, 1); /* lost with the change; the leak checker needs it */
    close(fd);
    if (!seen)
        skip();
}

static void another_kind_of_file_stays(void **state)
{
    struct folder *f = *state;
    FILE *file = fopen(f->socket, "w");

    assert_non_null(file);
    fclose(file);
    assert_int_equal(gale_bind_unix_socket(f->socket, 0, 0), -EEXIST);
    assert_non_null(strstr(gale_strerror(-EEXIST), f->socket));
    assert_int_equal(access(f->socket, F_OK), 0);
}

static void an_abstract_name_has_no_file(void **state)
{
    char name[64];
    int fd;

    snprintf(name, sizeof(name), "@gale-test-%d", (int)getpid());
    fd = gale_bind_unix_socket(name, 0, 0);
    netkit_ok(fd, "bind");
    assert_int_equal(access(name, F_OK), -1);
    assert_int_equal(gale_bind_unix_socket(name, 0, 0), -EADDRINUSE);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_go_to_text_and_back),
        cmocka_unit_test(bad_addresses_are_named),
        cmocka_unit_test(a_path_of_a_unix_socket_has_its_limit),
        cmocka_unit_test(formatting_is_cut_to_size),
        cmocka_unit_test(knows_numeric_addresses),
        cmocka_unit_test(port_0_is_the_same_for_each_family),
        cmocka_unit_test(sockets_do_not_block_and_close_on_exec),
        cmocka_unit_test(a_taken_port_is_named),
        cmocka_unit_test(reuse_port_shares),
        cmocka_unit_test(localhost_and_families),
        cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test_setup_teardown(a_unix_socket_has_its_mode, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_live_socket_of_another_type_stays, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(a_socket_we_may_not_connect_to_stays, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(another_kind_of_file_stays, make_folder, remove_folder),
        cmocka_unit_test(an_abstract_name_has_no_file),
    };

    return cmocka_run_group_tests_name("netutil", tests, NULL, NULL) != 0;
}
