/* test_app.c - what the API answers. No port is opened: the test's requests stay in the process. */
#undef NDEBUG
#include <assert.h>
#include <gale/json.h>
#include <gale/testing.h>

gale_app *make_app(void);

static void expect(gale_test *test, int result, int status, const char *pattern)
{
    assert(gale_test_expect(test, result, status, pattern) == 0);
}

int main(void)
{
    gale_test *test = gale_test_new(make_app(), NULL);

    assert(test);

    /* A note is made, and read again. */
    expect(test, gale_test_get(test, "/notes", NULL), 200, "\\{\"notes\": \\[\\]\\}");
    expect(test, gale_test_post_json(test, "/notes", json_pack("{ss}", "text", "tea"), NULL), 201,
           "\\{\"id\": 0\\}");
    expect(test, gale_test_get(test, "/notes/0", NULL), 200, "\\{\"text\": \"tea\"\\}");

    /* What is wrong is told by its status. */
    expect(test, gale_test_post_json(test, "/notes", json_pack("{}"), NULL), 400, NULL);
    expect(test, gale_test_get(test, "/notes/1", NULL), 404, NULL);

    assert(gale_test_free(test) == 0);
    return 0;
}
