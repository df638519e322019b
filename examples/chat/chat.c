/* chat.c - a chat over WebSockets: what one says all see, in this process and, with Redis, in all.
 *
 *     ./chat                                      one process
 *     ./chat --redis=127.0.0.1 --workers=4        four; the same with two machines and a balancer
 *
 * Messages go through a topic that each connection listens to. With Redis what was said last is
 * kept there, so that a page opened anywhere shows what was said everywhere. Without it each
 * process listens as well, from its first request on, and keeps what it has heard.
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

/* Of a process. */
struct room {
    pthread_mutex_t lock; /* loops on several threads may share the application */
    bool has_joined;
    gale_subscription *heard; /* belongs to the loop that joined; ended when that has gone */
    json_t *messages;         /* what was said last, at most HISTORY; without Redis */
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

#ifdef WITH_REDIS
static bool redis_is_used(gale_redis_options *out)
{
    const gale_options *options = gale_options_default();

    *out = (gale_redis_options){ .host = gale_option_str(options, "redis"),
                                 .port = gale_option_int(options, "redis_port") };
    return out->host && *out->host;
}

/* A connection each time: they belong to a loop, and there may be many; nobody says more than one
 * thing a second. */
static int keep_in_redis(const gale_redis_options *options, const char *line)
{
    gale_redis *redis = gale_redis_new(options);
    int r = redis ? gale_redis_command(redis, NULL, "RPUSH chat:history %s", line) : -1;

    if (r >= 0)
        r = gale_redis_command(redis, NULL, "LTRIM chat:history %d -1", -HISTORY);
    gale_redis_free(redis);
    return r;
}

static int history_in_redis(const gale_redis_options *options, json_t *messages)
{
    gale_redis *redis = gale_redis_new(options);
    const gale_redis_reply *lines = NULL;
    int r = redis ? gale_redis_command(redis, &lines, "LRANGE chat:history 0 -1") : -1;

    for (size_t i = 0; r >= 0 && i < lines->n_elements; i++)
        json_array_append_new(messages, gale_json_decode(lines->elements[i].str, NULL));
    gale_redis_free(redis);
    return r;
}
#endif

/* With the lock. */
static int listen_to_others(struct room *room, gale_topics *topics)
{
#ifdef WITH_REDIS
    gale_redis_options options;

    if (redis_is_used(&options))
        return gale_redis_topics(topics, &options);
#endif
    room->heard = gale_topics_subscribe(topics, "chat", remember, room);
    return room->heard ? 0 : -1;
}

/* When the first request comes, since each worker process has a loop of its own; when that fails,
 * the next request tries again. */
static int join(gale_handler *self)
{
    gale_app *app = gale_handler_app(self);
    struct room *room = room_of(app);
    int r = 0;

    pthread_mutex_lock(&room->lock);
    if (!room->has_joined)
        r = listen_to_others(room, gale_app_topics(app));
    room->has_joined = r >= 0;
    pthread_mutex_unlock(&room->lock);
    return r < 0 ? gale_fail(self, 503, "the chat cannot be joined now") : 0;
}

/* Waits. What was said goes to all that listen, and on to who comes later: kept first, so that a
 * page opened by one who has heard it shows it. */
static int say(gale_app *app, const char *line)
{
#ifdef WITH_REDIS
    gale_redis_options options;
    int kept = redis_is_used(&options) ? keep_in_redis(&options, line) : 0;

    if (kept < 0) /* those that listen have it all the same */
        gale_log(&gale_log_general, GALE_LOG_WARNING, "not kept: %s", gale_strerror(kept));
#endif
    return gale_publish_text(gale_app_topics(app), "chat", line);
}

static int page_get(gale_handler *self)
{
    struct room *room = room_of(gale_handler_app(self));
    json_t *messages;

    pthread_mutex_lock(&room->lock);
    messages = json_copy(room->messages);
    pthread_mutex_unlock(&room->lock);
#ifdef WITH_REDIS
    gale_redis_options options;

    if (redis_is_used(&options) && history_in_redis(&options, messages) < 0) {
        json_decref(messages);
        return gale_fail(self, 503, "what was said is not known now");
    }
#endif
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
        r = say(gale_websocket_app(ws), line);
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
