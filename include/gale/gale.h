/* gale.h - everything, for programs. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_GALE_H
#define GALE_GALE_H

#include <gale/arguments.h>
#include <gale/auth.h>
#include <gale/autoreload.h>
#include <gale/base.h>
#include <gale/cookies.h>
#include <gale/debug.h>
#include <gale/embed.h>
#include <gale/error.h>
#include <gale/escape.h>
#include <gale/eventstream.h>
#include <gale/fastcgi.h>
#include <gale/gen.h>
#include <gale/httpclient.h>
#include <gale/httpserver.h>
#include <gale/httputil.h>
#include <gale/ioloop.h>
#include <gale/iostream.h>
#include <gale/jwt.h>
#include <gale/locale.h>
#include <gale/locks.h>
#include <gale/log.h>
#include <gale/main.h>
#include <gale/metrics.h>
#include <gale/netutil.h>
#include <gale/options.h>
#include <gale/process.h>
#include <gale/queues.h>
#include <gale/render.h>
#include <gale/security.h>
#include <gale/staticfile.h>
#include <gale/tcpclient.h>
#include <gale/tcpserver.h>
#include <gale/template.h>
#include <gale/tls.h>
#include <gale/topics.h>
#include <gale/value.h>
#include <gale/web.h>
#include <gale/websocket.h>
#include <gale/websocket_io.h>

#endif
