/* websocket_rules_server.c - echoes with all sorts of options, for test_websocket_server_rules.py.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <stdio.h>
#include <string.h>

static int echo(gale_websocket *ws, gale_str message, bool binary)
{
    return gale_send(ws, message, binary);
}

static void say_close(gale_websocket *ws)
{
    printf("closed %d '%s'\n", gale_websocket_close_code(ws), gale_websocket_close_reason(ws));
    fflush(stdout);
}

/* Waits with its message in hand, and still has it after. */
static int wait_then_echo(gale_websocket *ws, gale_str message, bool binary)
{
    int r = gale_sleep(0.05);

    return r < 0 ? r : gale_send(ws, message, binary);
}

static int in_pieces(gale_websocket *ws, gale_str message, bool binary)
{
    int r = 0;

    for (size_t i = 0; i < message.len && r >= 0; i++)
        r = gale_send_piece(ws, (gale_str){ message.ptr + i, 1 }, binary, i + 1 == message.len);
    return r;
}

static int bad_pieces(gale_websocket *ws, gale_str message, bool binary)
{
    int whole = gale_send_piece(ws, (gale_str){ "\xff", 1 }, false, true);
    int begun = gale_send_piece(ws, (gale_str){ "a\xc3", 2 }, false, false);
    int cut = gale_send_piece(ws, (gale_str){ "", 0 }, false, true);
    int r = gale_send_piece(ws, (gale_str){ "\xa4", 1 }, false, true);
    char text[80];

    if (begun < 0 || r < 0)
        return -1;
    snprintf(text, sizeof(text), "%d %d", whole == GALE_EINVAL, cut == GALE_EINVAL);
    return gale_write_message(ws, text);
}

/* A message for many while another is sent in pieces. */
static int between(gale_websocket *ws, gale_str message, bool binary)
{
    gale_prepared_message *m = gale_prepare_message(message, binary);
    int r = m ? gale_send_piece(ws, (gale_str){ "a", 1 }, false, false) : -12;

    if (r >= 0)
        r = gale_send_prepared(ws, m);
    gale_prepared_message_free(m);
    return r < 0 ? r : gale_send_piece(ws, (gale_str){ "b", 1 }, false, true);
}

/* Until it is cancelled. */
static int linger(gale_websocket *ws, gale_str message, bool binary)
{
    int r = gale_sleep(20);

    printf("linger %s\n", gale_errname(r));
    fflush(stdout);
    return r;
}

static int prepared(gale_websocket *ws, gale_str message, bool binary)
{
    gale_prepared_message *m = gale_prepare_message(message, binary);
    int r = m ? 0 : -12;

    for (int i = 0; i < 2 && r >= 0; i++)
        r = gale_send_prepared(ws, m);
    if (r >= 0)
        r = gale_send(ws, message, binary);
    gale_prepared_message_free(m);
    return r;
}

/* So much that a peer which does not read falls behind. */
static int flood(gale_websocket *ws, gale_str message, bool binary)
{
    static char data[100000];
    gale_prepared_message *m = gale_prepare_message((gale_str){ data, sizeof(data) }, true);
    int r = m ? 0 : -12;

    for (int i = 0; i < 200 && r >= 0; i++)
        r = gale_send_prepared(ws, m);
    gale_prepared_message_free(m);
    printf("flood %s\n", r == GALE_ETOOBIG || r == GALE_ECLOSED ? "stopped" : "sent");
    fflush(stdout);
    return 0;
}

/* Many messages at once, each another: how much was pending at most. */
static int burst(gale_websocket *ws, gale_str message, bool binary)
{
    char text[1000];
    size_t most = 0;
    int r = 0;

    memset(text, 'x', sizeof(text));
    for (int i = 0; i < 40 && r >= 0; i++) {
        gale_prepared_message *m;

        text[snprintf(text, sizeof(text), "%d", i)] = ' ';
        m = gale_prepare_message((gale_str){ text, sizeof(text) }, false);
        r = m ? gale_send_prepared(ws, m) : -12;
        gale_prepared_message_free(m);
        if (gale_websocket_pending(ws) > most)
            most = gale_websocket_pending(ws);
    }
    printf("burst %s %zu\n", gale_errname(r), most);
    fflush(stdout);
    return r;
}

/* Tells why it ends, twice. */
static int read_to_end(gale_websocket *ws)
{
    gale_str message;
    bool binary;
    int r;

    while ((r = gale_read_message(ws, &message, &binary)) > 0)
        if (gale_send(ws, message, binary) < 0)
            break;
    printf("read %s: %s", gale_errname(r), gale_strerror(r));
    printf(", then %s\n", gale_errname(gale_read_message(ws, &message, &binary)));
    fflush(stdout);
    return r;
}

static int patient_flood(gale_websocket *ws, gale_str message, bool binary)
{
    static char data[100000];
    size_t most = 0;
    int r = 0;

    for (int i = 0; i < 200 && r >= 0; i++) {
        r = gale_send(ws, (gale_str){ data, sizeof(data) }, true);
        if (gale_websocket_pending(ws) > most)
            most = gale_websocket_pending(ws);
    }
    printf("patient %d %zu\n", r, most);
    fflush(stdout);
    return 0;
}

static int round_trip(gale_websocket *ws, gale_str message, bool binary)
{
    char text[40];

    snprintf(text, sizeof(text), "%d", gale_websocket_round_trip(ws) >= 0);
    return gale_write_message(ws, text);
}

static int tell(gale_websocket *ws, gale_str message, bool binary)
{
    return gale_write_message(ws, gale_websocket_extensions(ws));
}

static int begin_close(gale_websocket *ws, gale_handler *self)
{
    return gale_websocket_close(ws, 1001, "bye");
}

static const char *choose(gale_handler *self, const char *const *offered, size_t n)
{
    return n ? offered[n - 1] : NULL;
}

#define OPTIONS(name, ...)                                                                         \
    static const gale_websocket_options *name(gale_handler *self)                                  \
    {                                                                                              \
        static const gale_websocket_options options = { __VA_ARGS__ };                             \
                                                                                                   \
        return &options;                                                                           \
    }

OPTIONS(deflated, .deflate = { .enabled = GALE_ON, .threshold = GALE_UNLIMITED })
OPTIONS(threshold, .deflate = { .enabled = GALE_ON, .threshold = 100 })
OPTIONS(forgetful, .deflate = { .enabled = GALE_ON,
                                .server_no_context_takeover = GALE_ON,
                                .client_no_context_takeover = GALE_ON,
                                .threshold = GALE_UNLIMITED })
OPTIONS(narrow, .deflate = { .enabled = GALE_ON,
                             .server_max_window_bits = 10,
                             .client_max_window_bits = 11,
                             .threshold = GALE_UNLIMITED })
OPTIONS(limited, .max_message_size = 1000, .max_fragments = 8, .close_timeout = 0.2,
        .deflate = { .enabled = GALE_ON })
OPTIONS(fragmenting, .fragment_size = 10)
OPTIONS(impatient, .close_timeout = 0.2)
OPTIONS(quick, .ping_interval = 0.05, .ping_timeout = 0.05)
OPTIONS(small, .max_pending = 4096)
OPTIONS(dropping, .slow_policy = GALE_SLOW_DROP)

#define CLASS(...) GALE_WEBSOCKET_CLASS(.on_close = say_close, __VA_ARGS__)

static const gale_websocket_class echo_class = CLASS(.on_message = echo,
                                                     .select_subprotocol = choose);
static const gale_websocket_class deflate_class = CLASS(.on_message = echo,
                                                        .get_options = deflated);
static const gale_websocket_class threshold_class = CLASS(.on_message = echo,
                                                          .get_options = threshold);
static const gale_websocket_class forgetful_class = CLASS(.on_message = echo,
                                                          .get_options = forgetful);
static const gale_websocket_class narrow_class = CLASS(.on_message = echo, .get_options = narrow);
static const gale_websocket_class limited_class = CLASS(.on_message = echo, .get_options = limited);
static const gale_websocket_class fragment_class = CLASS(.on_message = echo,
                                                         .get_options = fragmenting);
static const gale_websocket_class wait_class = CLASS(.on_message = wait_then_echo);
static const gale_websocket_class pieces_class = CLASS(.on_message = in_pieces,
                                                       .get_options = deflated);
static const gale_websocket_class bad_pieces_class = CLASS(.on_message = bad_pieces);
static const gale_websocket_class between_class = CLASS(.on_message = between);
static const gale_websocket_class linger_class = CLASS(.on_message = linger);
static const gale_websocket_class prepared_class = CLASS(.on_message = prepared,
                                                         .get_options = deflated);
static const gale_websocket_class flood_class = CLASS(.on_message = flood);
static const gale_websocket_class drop_class = CLASS(.on_message = flood, .get_options = dropping);
static const gale_websocket_class burst_class = CLASS(.on_message = burst, .get_options = small);
static const gale_websocket_class read_class = CLASS(.run = read_to_end, .get_options = limited);
static const gale_websocket_class patient_class = CLASS(.on_message = patient_flood);
static const gale_websocket_class trip_class = CLASS(.on_message = round_trip,
                                                     .get_options = quick);
static const gale_websocket_class tell_class = CLASS(.on_message = tell, .get_options = deflated);
static const gale_websocket_class close_class = CLASS(.open = begin_close, .on_message = echo,
                                                      .get_options = impatient);

int main(int argc, char **argv)
{
    const gale_route routes[] = {
        { .url = "/echo", .handler = &echo_class.base },
        { .url = "/deflate", .handler = &deflate_class.base },
        { .url = "/threshold", .handler = &threshold_class.base },
        { .url = "/forgetful", .handler = &forgetful_class.base },
        { .url = "/narrow", .handler = &narrow_class.base },
        { .url = "/limited", .handler = &limited_class.base },
        { .url = "/fragments", .handler = &fragment_class.base },
        { .url = "/wait", .handler = &wait_class.base },
        { .url = "/pieces", .handler = &pieces_class.base },
        { .url = "/badpieces", .handler = &bad_pieces_class.base },
        { .url = "/between", .handler = &between_class.base },
        { .url = "/linger", .handler = &linger_class.base },
        { .url = "/prepared", .handler = &prepared_class.base },
        { .url = "/flood", .handler = &flood_class.base },
        { .url = "/drop", .handler = &drop_class.base },
        { .url = "/burst", .handler = &burst_class.base },
        { .url = "/read", .handler = &read_class.base },
        { .url = "/patient", .handler = &patient_class.base },
        { .url = "/trip", .handler = &trip_class.base },
        { .url = "/tell", .handler = &tell_class.base },
        { .url = "/close", .handler = &close_class.base },
        { 0 },
    };

    return gale_main(argc, argv, gale_app_new(routes, NULL));
}
