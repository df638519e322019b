/* test_app.c - what the site answers. No port is opened: the test's requests stay in the process. */
#undef NDEBUG
#include <assert.h>
#include <gale/testing.h>
#include <string.h>

gale_app *make_app(void);

int main(void)
{
    gale_test *test = gale_test_new(make_app(), NULL);
    gale_http_response *answer;

    assert(test);

    /* Pages: the status, and what the body begins with, as a pattern. */
    assert(gale_test_expect(test, gale_test_get(test, "/", &answer), 200, "<!DOCTYPE html>") == 0);
    assert(strstr(answer->body.ptr, "Welcome to @name@"));

    /* What a visitor sends is escaped. */
    assert(gale_test_get(test, "/hello/%3Cb%3E", &answer) == 200);
    assert(strstr(answer->body.ptr, "Hello, &lt;b&gt;!"));

    /* Static files, and what there is not. */
    assert(gale_test_get(test, "/static/style.css", NULL) == 200);
    assert(gale_test_get(test, "/nothing", NULL) == 404);

    assert(gale_test_free(test) == 0);
    return 0;
}
