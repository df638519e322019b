/* pending.c - functions that are not written yet; whoever writes one takes its lines out. */
/* SPDX-License-Identifier: MIT */
#include <gale/httpclient.h>
#include "http/upgrade.h"
#include "http/websocket.h"
#include <gale/websocket_io.h>
