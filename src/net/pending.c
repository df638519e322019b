/* pending.c - functions that are not written yet; whoever writes one takes its lines out. */
/* SPDX-License-Identifier: MIT */
#include <gale/tls.h>
#include <gale/tcpclient.h>
#include <gale/netutil.h>
#include <gale/iostream.h>
#include <gale/process.h>
#include "net/tls.h"

__attribute__((weak)) gale_tls_context *gale_tls_context_new_sized(bool is_server,
                                                                   const gale_tls_options *options,
                                                                   size_t options_size)
{
    return 0;
} /* tls.h */

__attribute__((weak)) int gale_tls_error(void)
{
    return -38;
} /* tls.h */

__attribute__((weak)) gale_tls_context *gale_tls_context_ref(gale_tls_context *context)
{
    return 0;
} /* tls.h */

__attribute__((weak)) void gale_tls_context_free(gale_tls_context *context)
{
} /* tls.h */

__attribute__((weak)) int gale_tls_context_reload(gale_tls_context *context)
{
    return -38;
} /* tls.h */

__attribute__((weak)) int gale_tls_context_reload_if_changed(gale_tls_context *context)
{
    return -38;
} /* tls.h */

__attribute__((weak)) int gale_iostream_start_tls(gale_iostream *s, gale_tls_context *context,
                                                  bool server_side, const char *server_hostname)
{
    return -38;
} /* tls.h */

__attribute__((weak)) int gale_iostream_wait_for_handshake(gale_iostream *s)
{
    return -38;
} /* tls.h */

__attribute__((weak)) int gale_iostream_tls_info(gale_iostream *s, gale_tls_info *out)
{
    return -38;
} /* tls.h */

__attribute__((weak)) int gale_listen_fds(int *fds, const char **names, int max)
{
    return -38;
} /* netutil.h */

__attribute__((weak)) gale_iostream *gale_pipe_iostream_new(int *fd,
                                                            const gale_iostream_options *options)
{
    return 0;
} /* iostream.h */

__attribute__((weak)) int gale_notify(const char *state)
{
    return -38;
} /* process.h */

__attribute__((weak)) gale_subprocess *gale_subprocess_new(const char *const *argv,
                                                           const gale_subprocess_options *options)
{
    return 0;
} /* process.h */

__attribute__((weak)) int gale_subprocess_error(void)
{
    return -38;
} /* process.h */

__attribute__((weak)) pid_t gale_subprocess_pid(const gale_subprocess *child)
{
    return 0;
} /* process.h */

__attribute__((weak)) gale_iostream *gale_subprocess_in(gale_subprocess *child)
{
    return 0;
} /* process.h */

__attribute__((weak)) gale_iostream *gale_subprocess_out(gale_subprocess *child)
{
    return 0;
} /* process.h */

__attribute__((weak)) gale_iostream *gale_subprocess_err(gale_subprocess *child)
{
    return 0;
} /* process.h */

__attribute__((weak)) void gale_subprocess_close_in(gale_subprocess *child)
{
} /* process.h */

__attribute__((weak)) int gale_subprocess_wait(gale_subprocess *child, int *status)
{
    return -38;
} /* process.h */

__attribute__((weak)) int gale_subprocess_set_exit_callback(gale_subprocess *child,
                                                            void (*fn)(int status, void *arg),
                                                            void *arg)
{
    return -38;
} /* process.h */

__attribute__((weak)) int gale_subprocess_kill(gale_subprocess *child, int signo)
{
    return -38;
} /* process.h */

__attribute__((weak)) void gale_subprocess_free(gale_subprocess **child)
{
} /* process.h */

__attribute__((weak)) int gale_subprocess_run(const char *const *argv, gale_str input, size_t max,
                                              gale_subprocess_output *result)
{
    return -38;
} /* process.h */

__attribute__((weak)) int gale__tls_stream_init(struct gale_iostream *s, gale_ioloop *loop, int fd,
                                                gale_tls_context *context, bool is_server,
                                                const char *hostname,
                                                const struct gale__stream_consumer *consumer)
{
    return -38;
} /* tls.h */

__attribute__((weak)) int gale__stream_start_tls(struct gale_iostream *s, gale_tls_context *context,
                                                 bool is_server, const char *hostname)
{
    return -38;
} /* tls.h */

__attribute__((weak)) void gale__tls_on_handshake(struct gale_iostream *s,
                                                  void (*fn)(struct gale_iostream *s, void *arg),
                                                  void *arg)
{
} /* tls.h */

__attribute__((weak)) bool gale__stream_is_tls(const struct gale_iostream *s)
{
    return 0;
} /* tls.h */
