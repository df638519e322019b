/* client_connect.c - from a URL's host to a connected stream.
 */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include <gale/tcpclient.h>

#include "http/client.h"

enum {
    MAX_NAME = 255,
    /* What a stream keeps unread: enough for a head at once, little for a slow reader. */
    KEPT = 128 * 1024,
};

static const gale_connect_options connect_options = { .stream.max_buffer_size = KEPT };

static int connect_unix(const char *path, gale_iostream **out)
{
    char text[128];

    if (snprintf(text, sizeof(text), "unix:%s", path) >= (int)sizeof(text))
        return gale_err(GALE_EINVAL, "the path of the Unix socket is too long");
    return gale_tcp_connect(out, text, 0, &connect_options);
}

int gale__client_connect(const struct gale__http_url *url, const char *unix_socket,
                         gale_iostream **out)
{
    char host[MAX_NAME + 1];

    if (unix_socket)
        return connect_unix(unix_socket, out);
    if (url->tls)
        return gale_err(GALE_EINVAL, "https:// URLs need TLS, which this version does not have");
    if (url->host.len > MAX_NAME)
        return gale_err(GALE_EINVAL, "the host's name is too long");
    memcpy(host, url->host.ptr, url->host.len);
    host[url->host.len] = '\0';
    return gale_tcp_connect(out, host, url->port, &connect_options);
}
