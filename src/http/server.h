/* server.h - the HTTP server for the layers above: with an answerer instead of a callback. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_SERVER_H
#define GALE_HTTP_SERVER_H

#include <gale/httpserver.h>
#include <gale/iostream.h>

#include "http/exchange.h"

/* As gale_httpserver_new(), on a given loop. answerer is borrowed (static), arg is passed to
 * dispatch. */
gale_httpserver *gale__httpserver_new(gale_ioloop *loop, const struct gale__answerer *answerer,
                                      void *arg, const gale_httpserver_options *options,
                                      int *error);

/* The same for FastCGI, which has no TLS and no PROXY headers of its own. */
gale_httpserver *gale__httpserver_new_fastcgi(gale_ioloop *loop,
                                              const struct gale__answerer *answerer, void *arg,
                                              const gale_httpserver_options *options, int *error);

/* A connection from within this process, without a socket, of 127.0.0.1: *client is its far end,
 * the caller's. 0 or -ENOMEM. */
int gale__httpserver_connect(gale_httpserver *server, gale_iostream **client) GALE_MUST_USE;

/* Whether a server can be made with options: 0, or a failure that names the bad one. */
int gale__httpserver_check(const gale_httpserver_options *options) GALE_MUST_USE;

/* Puts another answerer, and its arg, between the server and the one it has, which it gives, with
 * its arg in *old_arg. NULL: leaves it. */
const struct gale__answerer *gale__httpserver_set_answerer(gale_httpserver *server,
                                                           const struct gale__answerer *answerer,
                                                           void *arg, void **old_arg);

/* The Server field of all its answers: NULL "gale/VERSION", "" none. Copied, 99 bytes at most. */
void gale__httpserver_set_name(gale_httpserver *server, const char *name);

/* Address and port it listens on, as text: "127.0.0.1:8888", of the i-th socket; false when there
 * are no more. */
bool gale__httpserver_address(const gale_httpserver *server, size_t i, char *out, size_t size);

#endif
