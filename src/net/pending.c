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
