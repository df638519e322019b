/* fastcgi.h - an application behind a web server that speaks FastCGI 1.0, as nginx does.
 *
 * All of the responder role: connections are kept when the web server wants it, and carry several
 * requests at once. Handlers see requests as over HTTP: what the client asked for is in
 * REQUEST_URI, HTTP_HOST and the other HTTP_* parameters, gale_request_remote_ip() is REMOTE_ADDR,
 * the protocol is https where HTTPS or REQUEST_SCHEME say so. The limits and times of
 * settings.server count here, too; its tls and proxy_protocol do not. What only a connection of the
 * client's own can do cannot be done here: a WebSocket's route answers 501,
 * gale_request_tls_info() is GALE_ESTATE, trailers are left out.
 *
 * An application may serve HTTP and FastCGI at once. gale_main() has the option --fastcgi.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_FASTCGI_H
#define GALE_FASTCGI_H

#include <gale/web.h>

GALE_BEGIN_DECLS

/* Serves app on the current loop over FastCGI, on port (0: any free one) of address (NULL: the
 * loopback alone, since whoever connects may say anything of its clients; "unix:/path"). The port,
 * or a failure naming the address. */
GALE_API GALE_MUST_USE int gale_app_fastcgi_listen(gale_app *app, int port, const char *address);

/* The same on a listening descriptor, for example descriptor 0 of a program that spawn-fcgi or a
 * web server has started, which it takes over: *fd becomes -1. 0 or a failure. */
GALE_API GALE_MUST_USE int gale_app_fastcgi_add_socket(gale_app *app, int *fd);

GALE_END_DECLS

#endif
