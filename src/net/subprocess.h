/* subprocess.h - children, for the other files of the network layer. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NET_SUBPROCESS_H
#define GALE_NET_SUBPROCESS_H

#include <gale/process.h>

/* As gale_subprocess_new(), with options for its streams; 0 and *out, or why not. */
int gale__subprocess_start(gale_subprocess **out, const char *const *argv,
                           const gale_subprocess_options *options,
                           const gale_iostream_options *stream) GALE_MUST_USE;

#endif
