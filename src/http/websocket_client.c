/* websocket_client.c - a client's connection. See websocket_client.h. */
/* SPDX-License-Identifier: MIT */
#include "http/websocket_client.h"

#include "base/alloc.h"
#include "net/stream.h"

struct gale__websocket_client {
    struct gale_iostream stream;
    uint32_t words[2];
};

struct gale_iostream *gale__websocket_client_stream(struct gale__websocket_client *client)
{
    return &client->stream;
}

uint32_t *gale__websocket_client_words(struct gale__websocket_client *client)
{
    return client->words;
}

void gale__websocket_client_end(struct gale__websocket_client *client, bool now)
{
    (void)now;
    gale__stream_close(&client->stream, 0);
}

void gale__websocket_client_free(struct gale__websocket_client *client)
{
    gale__free(client);
}
