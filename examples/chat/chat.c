/* chat.c - a chat over WebSockets: what one says all see, in this process and, with Redis, in all.
 *
 *     ./chat                                      one process
 *     ./chat --redis=127.0.0.1 --workers=4        four; the same with two machines and a balancer
 *
 * Messages go through a topic. Who listens: each connection, and each process for its history, so
 * that a page opened anywhere shows what was said everywhere.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <gale/json.h>
#ifdef WITH_REDIS
#include <gale/redis.h>
#endif
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { HISTORY = 50, NAME_MAX_BYTES = 120, TEXT_MAX_BYTES = 2000 };

/* What was said last, of a process. */
struct room {
    pthread_mutex_t lock; /* loops on several threads may share the application */
    bool has_joined;
    gale_subscription *heard; /* belongs to the loop that joined; ended with the program */
    json_t *messages;         /* at most HISTORY */
};

/* Of a connection: it may say so much at once, and then one thing a second. */
struct guest {
    double credit, since;
};

static struct room *room_of(gale_app *app)
{
    return gale_app_data(app);
}

static void remember(const char *topic, gale_str data, bool binary, void *arg)
{
    struct room *room = arg;
    json_t *message = gale_json_decode(data, NULL);

    (void)topic, (void)binary;
    if (!message)
        return;
    pthread_mutex_lock(&room->lock);
    json_array_append_new(room->messages, message);
    if (json_array_size(room->messages) > HISTORY)
        json_array_remove(room->messages, 0);
    pthread_mutex_unlock(&room->lock);
}

static int use_redis(gale_topics *topics)
{
#ifdef WITH_REDIS
    const char *host = gale_option_str(gale_options_default(), "redis");

    if (host && *host)
        return gale_redis_topics(
            topics,
            &(gale_redis_options){ .host = host,
                                   .port = gale_option_int(gale_options_default(), "redis_port") });
#endif
    return topics ? 0 : -1;
}

/* When the first request comes, since each worker process has a loop of its own. */
static int join(gale_handler *self)
{
    gale_app *app = gale_handler_app(self);
    struct room *room = room_of(app);
    gale_topics *topics = gale_app_topics(app);
    bool is_first;
    int r;

    pthread_mutex_lock(&room->lock);
    is_first = !room->has_joined;
    room->has_joined = true;
    pthread_mutex_unlock(&room->lock);
    if (!is_first)
        return 0;
    r = use_redis(topics);
    if (r < 0)
        return r;
    room->heard = gale_topics_subscribe(topics, "chat", remember, room);
    return room->heard ? 0 : gale_fail(self, 503, "out of memory");
}

static int page_get(gale_handler *self)
{
    struct room *room = room_of(gale_handler_app(self));
    json_t *messages;

    pthread_mutex_lock(&room->lock);
    messages = json_copy(room->messages);
    pthread_mutex_unlock(&room->lock);
    return gale_render(self, "chat.html", json_pack("{s:o}", "messages", messages));
}

static int socket_open(gale_websocket *ws, gale_handler *self)
{
    struct guest *guest = gale_websocket_state(ws);

    (void)self;
    guest->credit = 5;
    guest->since = gale_ioloop_time(gale_ioloop_current());
    return gale_subscribe(ws, "chat");
}

/* Waits while somebody says too much: meanwhile no more is read, so that it is their own
 * connection that fills. */
static int slow_down(struct guest *guest)
{
    double now = gale_ioloop_time(gale_ioloop_current());
    int r = 0;

    guest->credit += now - guest->since;
    guest->since = now;
    if (guest->credit > 5)
        guest->credit = 5;
    if (guest->credit < 1)
        r = gale_sleep(1 - guest->credit);
    guest->credit -= 1;
    return r;
}

static bool is_text(const json_t *value, size_t most)
{
    size_t len = json_string_length(value);

    return len > 0 && len <= most;
}

/* Only what a message has goes on to others, so that nobody sends them something else. */
static int socket_message(gale_websocket *ws, gale_str message, bool binary)
{
    json_t *said = binary ? NULL : gale_json_decode(message, NULL);
    const json_t *name = json_object_get(said, "name"), *text = json_object_get(said, "text");
    char *line = NULL;
    int r = 0;

    if (is_text(name, NAME_MAX_BYTES) && is_text(text, TEXT_MAX_BYTES)) {
        json_t *clean = json_pack("{s:O, s:O}", "name", name, "text", text);

        line = json_dumps(clean, JSON_COMPACT);
        json_decref(clean);
    }
    json_decref(said);
    if (!line)
        return gale_websocket_close(ws, 1008, "no message");
    r = slow_down(gale_websocket_state(ws));
    if (r >= 0)
        r = gale_publish_text(gale_app_topics(gale_websocket_app(ws)), "chat", line);
    free(line);
    return r;
}

static const gale_handler_class page = { .get = page_get, .prepare = join };
static const gale_websocket_class chat_socket = {
    .base = { .kind = GALE_KIND_WEBSOCKET,
              .kind_size = sizeof(gale_websocket_class),
              .state_size = sizeof(struct guest),
              .prepare = join },
    .open = socket_open,
    .on_message = socket_message,
};

int main(int argc, char **argv)
{
    static struct room room = { .lock = PTHREAD_MUTEX_INITIALIZER };
    const gale_route routes[] = {
        { .url = "/", .handler = &page },
        { .url = "/socket", .handler = &chat_socket.base },
        { 0 },
    };
    /* Who does not read what is said is closed when so much has been kept for them. */
    const gale_websocket_options websocket = { .deflate = { .enabled = GALE_ON,
                                                            .server_no_context_takeover = GALE_ON },
                                               .max_message_size = 8192,
                                               .max_pending = 256 * 1024 };
    int status;

#ifdef WITH_REDIS
    if (gale_options_define(gale_options_default(),
                            &(gale_option_def){ .name = "redis", .help = "its host" }) < 0 ||
        gale_options_define(gale_options_default(), &(gale_option_def){ .name = "redis_port",
                                                                        .type = GALE_OPTION_INT,
                                                                        .fallback = "6379" }) < 0)
        return 1;
#endif
    room.messages = json_array();
    status = gale_main(argc, argv,
                       gale_app_new(routes, &(gale_settings){ .data = &room,
                                                              .template_path = "templates",
                                                              .websocket = &websocket }));
    gale_subscription_end(&room.heard);
    json_decref(room.messages);
    return status;
}
