/* doctor_kernel.c - what "gale doctor" asks of the kernel. Each feature is tried, for what a
 * version number says is not what a container allows.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <gale/process.h>

#include "cli/doctor.h"

/* Newer than some C libraries' headers; the same on every architecture of ours. */
#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef TCP_ULP
#define TCP_ULP 31
#endif

/* --- features --- */

static int closed(long fd)
{
    if (fd < 0)
        return -errno;
    close((int)fd);
    return 0;
}

static int try_io_uring(void)
{
    char params[120] = { 0 }; /* struct io_uring_params */

    return closed(syscall(SYS_io_uring_setup, 4, params));
}

static int try_openat2(void)
{
    const uint64_t how[3] = { O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, 0 }; /* struct open_how */

    return closed(syscall(SYS_openat2, AT_FDCWD, "/", how, sizeof(how)));
}

static int try_pidfd(void)
{
    return closed(syscall(SYS_pidfd_open, getpid(), 0));
}

static int try_inotify(void)
{
    return closed(inotify_init1(IN_CLOEXEC));
}

/* Where it is, a socket that is not connected is what is wrong. */
static int try_ktls(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), r = 0;

    if (fd < 0)
        return -errno;
    if (setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls")) < 0 && errno != ENOTCONN)
        r = -errno;
    close(fd);
    return r;
}

static const char *why_no_io_uring(int r)
{
    if (r == -ENOSYS)
        return "the kernel has none: the loop uses epoll";
    if (r == -EPERM || r == -EACCES)
        return "not allowed here (sysctl kernel.io_uring_disabled, or the container's seccomp "
               "rules): the loop uses epoll";
    return "the loop uses epoll";
}

static void add_feature(struct gale__findings *f, const char *name, int r,
                        enum gale__finding_state without, const char *why)
{
    if (r == 0)
        gale__finding_add(f, name, GALE__GOOD, NULL, "yes");
    else
        gale__finding_add(f, name, without, why, "no (%s)", strerror(-r));
}

void gale__doctor_kernel(struct gale__findings *f)
{
    struct utsname name;
    int r;

    if (uname(&name) == 0)
        gale__finding_add(f, "release", GALE__GOOD, NULL, "%s %s", name.release, name.machine);
    r = try_io_uring();
    add_feature(f, "io_uring", r, GALE__OFF, why_no_io_uring(r));
    add_feature(f, "kTLS", try_ktls(), GALE__OFF,
                "TLS is encrypted by the process, and files are copied (modprobe tls)");
    add_feature(f, "openat2", try_openat2(), GALE__OFF,
                "static files are opened name by name, which is slower and as safe");
    add_feature(f, "pidfd", try_pidfd(), GALE__MISSING,
                "subprocesses and `gale run` need it (Linux 5.3)");
    add_feature(f, "inotify", try_inotify(), GALE__OFF, "changes of files are not seen at once");
}

/* --- limits --- */

/* The number in a file of /proc; -1: none. */
static long long read_number(const char *path)
{
    FILE *file = fopen(path, "re");
    long long value = -1;

    if (!file)
        return -1;
    if (fscanf(file, "%lld", &value) != 1)
        value = -1;
    fclose(file);
    return value;
}

static void add_number(struct gale__findings *f, const char *name, const char *path,
                       long long least, const char *why)
{
    long long value = read_number(path);

    if (value >= 0)
        gale__finding_add(f, name, value < least ? GALE__LOW : GALE__GOOD,
                          value < least ? why : NULL, "%lld", value);
    else
        gale__finding_add(f, name, GALE__OFF, "it cannot be read here", "unknown");
}

static void add_descriptors(struct gale__findings *f)
{
    enum { NEEDED = 64, ENOUGH = 4096 };
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    gale__finding_add(f, "descriptors",
                      limit.rlim_cur < NEEDED   ? GALE__MISSING
                      : limit.rlim_cur < ENOUGH ? GALE__LOW
                                                : GALE__GOOD,
                      limit.rlim_cur < ENOUGH ? "each connection takes one (ulimit -n, "
                                                "LimitNOFILE= of a service)"
                                              : NULL,
                      "%llu of %llu", (unsigned long long)limit.rlim_cur,
                      (unsigned long long)limit.rlim_max);
}

void gale__doctor_limits(struct gale__findings *f)
{
    gale__finding_add(f, "CPUs", GALE__GOOD, NULL, "%d", gale_cpu_count());
    add_descriptors(f);
    add_number(f, "max_map_count", "/proc/sys/vm/max_map_count", 65530,
               "the stacks of coroutines are maps: fewer requests at once (sysctl "
               "vm.max_map_count)");
    add_number(f, "somaxconn", "/proc/sys/net/core/somaxconn", 1024,
               "connections that come all at once may be refused (sysctl net.core.somaxconn)");
    add_number(f, "inotify watches", "/proc/sys/fs/inotify/max_user_watches", 4096,
               "`gale run` watches each directory (sysctl fs.inotify.max_user_watches)");
}
