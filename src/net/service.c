/* service.c - what a service manager hands over and is told: sd_listen_fds(3), sd_notify(3).
 *
 * Both protocols are a few environment variables and a datagram, so no library is needed.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gale/netutil.h>
#include <gale/process.h>

enum { FIRST_FD = 3 };

/* A number of the environment; -1: there is none; GALE_EINVAL. */
static long read_number(const char *name)
{
    const char *text = getenv(name);
    char *end;
    long n;

    if (!text)
        return -1;
    errno = 0;
    n = strtol(text, &end, 10);
    if (errno || end == text || *end || n < 0 || n > INT_MAX - FIRST_FD)
        return gale_err(GALE_EINVAL, "%s is no number: '%.40s'", name, text);
    return n;
}

/* fds[i] is close-on-exec and non-blocking from now on. */
static int prepare(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        return gale_err(GALE_EINVAL, "LISTEN_FDS names descriptor %d, which is not open", fd);
    return fd;
}

/* A service manager may hand over pipes and files as well, which cannot be accepted from. */
static int check_listens(int fd)
{
    int listens = 0;
    socklen_t len = sizeof(listens);

    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == 0 && listens)
        return fd;
    return gale_err(GALE_EINVAL, "LISTEN_FDS names descriptor %d, which is no listening socket",
                    fd);
}

/* Those that nobody takes are not for our children either. */
static void keep_from_children(long from, long n)
{
    while (from < n && fcntl(FIRST_FD + (int)from, F_SETFD, FD_CLOEXEC) == 0)
        from++;
}

/* The i-th name of a list with colons; empty when there are fewer. */
static gale_str name_of(const char *list, int i)
{
    while (list && i-- > 0) {
        list = strchr(list, ':');
        list = list ? list + 1 : NULL;
    }
    return list ? (gale_str){ list, strcspn(list, ":") } : (gale_str){ "", 0 };
}

int gale_listen_fds(int *fds, gale_str *names, int max)
{
    long pid = read_number("LISTEN_PID"), n = pid < 0 ? 0 : read_number("LISTEN_FDS");

    if (pid < -1 || n < -1)
        return GALE_EINVAL;
    if (pid != getpid() || n <= 0)
        return 0;
    for (int i = 0; i < n && i < max; i++) {
        fds[i] = prepare(FIRST_FD + i);
        if (fds[i] >= 0)
            fds[i] = check_listens(fds[i]);
        if (fds[i] < 0)
            return fds[i];
        if (names)
            names[i] = name_of(getenv("LISTEN_FDNAMES"), i);
    }
    keep_from_children(max, n);
    return n < max ? (int)n : max;
}

static int send_state(const char *path, const char *state)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    size_t len = strlen(path);
    int fd, r = 1;

    if ((path[0] != '/' && path[0] != '@') || len < 2 || len >= sizeof(un.sun_path))
        return gale_err(GALE_EINVAL, "NOTIFY_SOCKET is no path of a socket: '%.60s'", path);
    memcpy(un.sun_path, path, len);
    if (path[0] == '@')
        un.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return gale_err(-errno, "cannot notify the service manager: %s", strerror(errno));
    if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&un,
               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
        r = gale_err(-errno, "cannot notify the service manager: %s", strerror(errno));
    close(fd);
    return r;
}

int gale_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");

    return path && *path ? send_state(path, state) : 0;
}
