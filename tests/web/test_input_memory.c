/* test_input_memory.c - each allocation of a request that brings much, failing once: no crash, no
 * leak, no descriptor left, and an answer.
 *
 * Linked with --wrap for malloc and its like, so that they fail when told to.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <gale/json.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "input_kit.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

static int countdown; /* 1: the next one fails; 0: none */
static int next_countdown;
static struct fake fake;

static bool fails(void)
{
    return countdown > 0 && --countdown == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return fails() ? NULL : __real_realloc(p, size);
}

/* The carrier's own memory is not what is tested. */
static int quiet_read(struct gale__exchange *x, gale_str *out)
{
    int kept = countdown, r;

    countdown = 0;
    r = fake_read(x, out);
    countdown = kept;
    return r;
}

static void arm(void)
{
    static struct gale__exchange_ops ops;

    ops = fake_ops;
    ops.read = quiet_read;
    fake.x->ops = &ops;
    gale__arena_pool_free();
    countdown = next_countdown;
}

static int count_descriptors(void)
{
    int n = 0;

    for (int fd = 0; fd < 1000; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void each_allocation_of(const char *head, const char *body, size_t step)
{
    int before, n;

    fake_before_dispatch = NULL;
    ask(&fake, head, body, step); /* the executor's threads, what is made once */
    assert_int_equal(fake.status, 200);
    before = count_descriptors();
    fake_before_dispatch = arm;
    for (n = 1; n < 300; n++) {
        bool all_done;

        next_countdown = n;
        ask(&fake, head, body, step);
        all_done = countdown > 0;
        countdown = 0;
        if (fake.status != 200 && fake.status != 503 && !fake.is_aborted)
            fail_msg("%s: allocation %d failed and the status is %d: %s", head, n, fake.status,
                     fake.body);
        assert_int_equal(count_descriptors(), before);
        if (all_done)
            break;
    }
    fake_before_dispatch = NULL;
    assert_true(n < 300);
}

static int use_form(gale_handler *self)
{
    const gale_file *file;
    const char *uuid = "";
    int r = gale_get_uuid(self, "u", &uuid);

    for (size_t i = 0; r >= 0 && (file = gale_get_file(self, NULL, i)); i++)
        gale_printf(self, "%s %s", gale_file_safe_name(self, file), uuid);
    gale_get_argument_raw(self, "a", "");
    gale_get_arguments(self, "a", NULL);
    return r < 0 ? r : walk(self);
}

#define DISPOSITION "--B\r\nContent-Disposition: form-data; name="

static const char form[] = DISPOSITION
    "u\r\n\r\nc3b0b5a2-0000-4000-8000-0123456789af\r\n" DISPOSITION "a\r\n\r\n1\r\n" DISPOSITION
    "f; filename=s\r\n\r\nsmall\r\n" DISPOSITION
    "g; filename=l\r\n\r\nlarge, so that it goes to a file of its own\r\n--B--";

static void test_form(void **state)
{
    static const char *const heads[] = {
        "POST / HTTP/1.1\nContent-Type: multipart/form-data; boundary=B\n",
        "POST /spill HTTP/1.1\nContent-Type: multipart/form-data; boundary=B\n",
    };

    (void)state;
    verb = use_form;
    each_allocation_of(heads[0], form, 0);
    each_allocation_of(heads[0], form, 7);
    each_allocation_of(heads[1], form, 7);
}

static int use_parts(gale_handler *self)
{
    char path[] = P_tmpdir "/gale-test-XXXXXX";
    const gale_part *part;
    const char *text;
    int64_t n = 0;
    int fd = mkstemp(path), r;

    assert_true(fd >= 0);
    close(fd);
    while (n >= 0 && (r = gale_next_part(self, &part)) > 0)
        n = part->filename ? gale_save_part(self, path) : gale_read_part_text(self, 100, &text);
    unlink(path);
    return n < 0 ? (int)n : r;
}

static void test_parts(void **state)
{
    (void)state;
    verb = use_parts;
    each_allocation_of("POST /stream HTTP/1.1\nContent-Type: multipart/form-data; boundary=B\n",
                       form, 7);
}

static int use_json(gale_handler *self)
{
    const char *title;
    json_t *body;
    int r = gale_unpack_json(self, "{s:s}", "title", &title);

    if (r >= 0)
        r = gale_get_json(self, &body);
    return r < 0 ? r : gale_write(self, title);
}

static void test_json(void **state)
{
    (void)state;
    verb = use_json;
    each_allocation_of("POST / HTTP/1.1\nContent-Type: application/json\n", "{\"title\": \"x\"}",
                       0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        input_test(test_form),
        input_test(test_parts),
        input_test(test_json),
    };

    return cmocka_run_group_tests(tests, NULL, fake_finish_loop);
}
