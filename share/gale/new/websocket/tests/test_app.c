/* test_app.c - the page, and two who talk over a real port. */
#undef NDEBUG
#include <assert.h>
#include <gale/testing.h>
#include <gale/websocket.h>
#include <stdio.h>
#include <string.h>

gale_app *make_app(void);

/* In a coroutine: what waits there looks like any other call. */
static int talk(void *arg)
{
    gale_websocket *one = NULL, *other = NULL;
    gale_str heard;
    char url[64];

    snprintf(url, sizeof(url), "ws://127.0.0.1:%d/talk", gale_test_port(arg));
    assert(gale_websocket_connect(&one, url, NULL) >= 0);
    assert(gale_websocket_connect(&other, url, NULL) >= 0);

    /* Both hear what one says. */
    assert(gale_write_message(one, "hello") >= 0);
    assert(gale_read_message(one, &heard, NULL) > 0);
    assert(gale_read_message(other, &heard, NULL) > 0);
    assert(heard.len == 5 && memcmp(heard.ptr, "hello", 5) == 0);

    gale_websocket_free(&one);
    gale_websocket_free(&other);
    return 0;
}

int main(void)
{
    gale_test *test = gale_test_new(make_app(), &(gale_test_options){ .listen = GALE_ON });

    assert(test);
    assert(gale_test_expect(test, gale_test_get(test, "/", NULL), 200, "<!DOCTYPE html>") == 0);
    assert(gale_test_get(test, "/static/room.js", NULL) == 200);
    assert(gale_test_run(test, talk, test) == 0);
    assert(gale_test_free(test) == 0);
    return 0;
}
