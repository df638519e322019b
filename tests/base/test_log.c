/* test_log.c - the log: format, levels, escapes, batches, sink, a full pipe. */
/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <errno.h>
#include <gale/error.h>
#include <pthread.h>
#include <regex.h>
#include <signal.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/str.h"
#include "base/utf8.h"
#include "check.h"

#include "capture.h"

static struct capture captured;

static int setup(void **state)
{
    gale_log_set_level(NULL, GALE_LOG_INFO);
    capture_begin(&captured);
    return 0;
}

static int teardown(void **state)
{
    gale_log_flush();
    gale_log_set_colors(0);
    capture_end(&captured);
    return 0;
}

static void check_matches(const char *text, const char *pattern)
{
    regex_t re;

    assert_int_equal(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
    if (regexec(&re, text, 0, NULL, 0) != 0)
        fail_msg("'%s' does not match %s", text, pattern);
    regfree(&re);
}

/* What follows the bracket in the line just written. */
static const char *message(void)
{
    const char *text = capture_read(&captured);
    const char *end = strstr(text, "] ");

    return end ? end + 2 : text;
}

#define LOG(level, ...) gale_log(&gale_log_general, level, __VA_ARGS__)

static void a_line_has_level_time_and_place(void **state)
{
    LOG(GALE_LOG_INFO, "hello %d", 5);
    check_matches(capture_read(&captured),
                  "^\\[I [0-9]{6} [0-2][0-9]:[0-5][0-9]:[0-6][0-9] test_log:[0-9]+\\] hello 5\n$");
    LOG(GALE_LOG_WARNING, "w");
    check_matches(capture_read(&captured), "^\\[W ");
    LOG(GALE_LOG_ERROR, "e");
    check_matches(capture_read(&captured), "^\\[E ");
    LOG(GALE_LOG_CRITICAL, "c");
    check_matches(capture_read(&captured), "^\\[C ");
}

static int evaluated(int *count)
{
    return ++*count;
}

static void a_level_that_is_off_costs_nothing(void **state)
{
    int count = 0;

    LOG(GALE_LOG_DEBUG, "%d", evaluated(&count));
    assert_int_equal(count, 0);
    assert_string_equal(capture_read(&captured), "");
    gale_log_set_level(NULL, GALE_LOG_DEBUG);
    LOG(GALE_LOG_DEBUG, "%d", evaluated(&count));
    check_matches(capture_read(&captured), "^\\[D .* 1\n$");
}

static void a_logger_may_have_its_own_level(void **state)
{
    gale_log_set_level(&gale_log_access, GALE_LOG_ERROR);
    gale_log(&gale_log_access, GALE_LOG_INFO, "no");
    gale_log(&gale_log_application, GALE_LOG_INFO, "yes");
    assert_string_equal(message(), "yes\n");
    gale_log_set_level(&gale_log_access, GALE_LOG_NONE);
    gale_log(&gale_log_access, GALE_LOG_CRITICAL, "no");
    gale_log_set_level(&gale_log_access, 0);
    gale_log(&gale_log_access, GALE_LOG_INFO, "again");
    assert_string_equal(message(), "again\n");
}

static void what_peers_send_cannot_forge_lines(void **state)
{
    LOG(GALE_LOG_INFO, "%s", "a\x1b[31m\r\x7f\xff \xc3\xa9 \xc2\x9b\tb");
    assert_string_equal(message(), "a\\x1b[31m\\x0d\\x7f\\xff \xc3\xa9 \\xc2\\x9b\tb\n");
    LOG(GALE_LOG_INFO, "first\n[I 260101 00:00:00 web:1] forged\n\n");
    assert_string_equal(message(), "first\n    [I 260101 00:00:00 web:1] forged\n");
    assert_true(gale__log_begin(&gale_log_access, GALE_LOG_INFO, __FILE__, 1));
    gale__log_text("/x\n[I", 5);
    gale__log_end();
    assert_string_equal(message(), "/x\\x0a[I\n");
}

static void levels_go_by_name(void **state)
{
    static gale_logger shop = { .name = "shop.cart" }, other = { .name = "shopping" };

    assert_int_equal(gale_log_set_levels("gale.access=warning, shop=debug"), 0);
    gale_log(&gale_log_access, GALE_LOG_INFO, "no");
    gale_log(&other, GALE_LOG_DEBUG, "no");
    gale_log(&gale_log_general, GALE_LOG_DEBUG, "no");
    gale_log(&shop, GALE_LOG_DEBUG, "yes");
    assert_string_equal(message(), "yes\n");
    gale_log(&gale_log_access, GALE_LOG_WARNING, "yes");
    assert_string_equal(message(), "yes\n");
    assert_int_equal(gale_log_set_levels("shop"), GALE_EINVAL);
    assert_int_equal(gale_log_set_levels("shop=loud"), GALE_EINVAL);
    assert_true(gale_log_enabled(&shop, GALE_LOG_DEBUG)); /* nothing has changed */
    assert_int_equal(gale_log_set_levels(""), 0);
    gale_log(&shop, GALE_LOG_DEBUG, "no");
    gale_log(&gale_log_access, GALE_LOG_INFO, "all");
    assert_string_equal(message(), "all\n");
}

static void lines_may_be_json(void **state)
{
    static char text[40000];

    gale_log_set_format(GALE_LOG_JSON);
    LOG(GALE_LOG_WARNING, "%s", "a\"\\\x1b\n\t\x7f\xff \xc3\xa9 \xc2\x9b/");
    check_matches(
        capture_read(&captured),
        "^\\{\"time\":\"[0-9]{4}-[0-9-]{5}T[0-9:]{8}\\.[0-9]{3}Z\",\"level\":\"warning\","
        "\"logger\":\"gale.general\",\"file\":\"test_log.c\",\"line\":[0-9]+,\"message\":"
        "\"a\\\\\"\\\\\\\\\\\\u001b\\\\n\\\\t\\\\u007f\\\\\\\\xff \xc3\xa9 \\\\u009b/\"\\}\n$");
    memset(text, '\n', sizeof(text) - 1);
    LOG(GALE_LOG_WARNING, "%s", text);
    check_matches(capture_read(&captured), "[^\\\\](\\\\n)+\",\"cut\":true\\}\n$");
    memset(text, 'x', sizeof(text) - 1);
    for (size_t i = 0; i + 2 < sizeof(text); i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    LOG(GALE_LOG_WARNING, "%s", text);
    const char *line = capture_read(&captured);

    assert_true(gale__utf8_valid(line, strlen(line)));
    check_matches(line, "\xc3\xa9\",\"cut\":true\\}\n$");
    assert_true(gale__log_begin_as(&gale_log_access, GALE_LOG_INFO, "web.c", 7, GALE__LOG_OBJECT));
    gale__log_field_text("uri", GALE__STR("/\"\xff"), 5);
    gale__log_field_ms("ms", -1);
    gale__log_field_int("status", 200);
    gale__log_end();
    check_matches(capture_read(&captured), ",\"uri\":\"/\\\\\"\",\"ms\":null,\"status\":200,"
                                           "\"cut\":true\\}\n$");
    gale_log_set_format(GALE_LOG_TEXT);
}

static void long_messages_are_cut(void **state)
{
    static char text[40000];

    memset(text, 'x', sizeof(text) - 1);
    LOG(GALE_LOG_INFO, "%.*s", 5000, text);
    assert_int_equal(strlen(message()), 5001);
    LOG(GALE_LOG_INFO, "%s", text);
    const char *line = capture_read(&captured);

    assert_true(strlen(line) <= 16 * 1024 + 7);
    assert_string_equal(line + strlen(line) - 7, " [cut]\n");
    memset(text, '\n', sizeof(text) - 1); /* each becomes five bytes */
    text[100] = 'x';
    text[20000] = 'x';
    LOG(GALE_LOG_INFO, "%s", text);
    assert_true(strlen(capture_read(&captured)) <= 16 * 1024 + 7);
}

static void pieces_make_a_line(void **state)
{
    assert_true(gale__log_begin(&gale_log_access, GALE_LOG_INFO, "dir/web.c", 2348));
    gale__log_int(200);
    gale__log_raw(" GET ", 5);
    gale__log_text("/a", 2);
    gale__log_raw(" ", 1);
    gale__log_ms(0.534);
    gale__log_raw("ms ", 3);
    gale__log_int(INT64_MIN);
    gale__log_raw(" ", 1);
    gale__log_ms(12345.996);
    gale__log_end();
    check_matches(capture_read(&captured),
                  "^\\[I [^]]* web:2348\\] 200 GET /a 0.53ms -9223372036854775808 12346.00\n$");
}

static void a_loop_writes_its_lines_together(void **state)
{
    gale__log_batch(true);
    LOG(GALE_LOG_INFO, "one");
    LOG(GALE_LOG_INFO, "two");
    assert_string_equal(capture_read(&captured), "");
    gale_log_flush();
    check_matches(capture_read(&captured), "one\n.*two\n$");
    LOG(GALE_LOG_INFO, "three");
    LOG(GALE_LOG_WARNING, "four"); /* comes at once, and in order */
    check_matches(capture_read(&captured), "three\n.*four\n$");
    LOG(GALE_LOG_INFO, "five");
    gale__log_batch(false);
    check_matches(capture_read(&captured), "five\n$");
}

static void a_full_buffer_is_written(void **state)
{
    gale__log_batch(true);
    for (int i = 0; i < 300; i++)
        LOG(GALE_LOG_INFO, "%0100d", i);
    assert_true(strlen(capture_read(&captured)) > 10000);
    gale__log_batch(false);
}

static void a_reader_that_went_away_does_not_kill_us(void **state)
{
    struct capture inner;
    sigset_t pending;

    signal(SIGPIPE, SIG_DFL);
    capture_begin(&inner);
    close(inner.fd);
    LOG(GALE_LOG_INFO, "to nobody");
    LOG(GALE_LOG_ERROR, "nor this");
    dup2(inner.saved, STDERR_FILENO);
    close(inner.saved);
    sigpending(&pending);
    assert_false(sigismember(&pending, SIGPIPE));
    LOG(GALE_LOG_INFO, "back");
    assert_string_equal(message(), "back\n");
}

static size_t count_lines(const char *text)
{
    size_t n = 0;

    for (; (text = strchr(text, '\n')); text++)
        n++;
    return n;
}

static void a_full_pipe_loses_lines_but_says_how_many(void **state)
{
    char last[100] = "";
    size_t lost, n = 0;

    for (int i = 0; i < 2000; i++)
        LOG(GALE_LOG_INFO, "%0100d", i);
    n = count_lines(capture_read(&captured));
    assert_true(n < 2000);
    gale_log_flush(); /* what had stayed in the buffer, and the count */
    const char *text = capture_read(&captured);
    const char *report = strstr(text, "[W ");

    assert_non_null(report);
    assert_int_equal(sscanf(report, "[W %*s %*s %*s %zu lines dropped: %99[^\n]", &lost, last), 2);
    assert_string_equal(last, "standard error was full");
    /* One line may have gone half into each reading. */
    assert_int_equal(n + count_lines(text) - 1 + lost, 2000);
    LOG(GALE_LOG_INFO, "goes on");
    assert_string_equal(message(), "goes on\n");
}

static void errno_is_kept(void **state)
{
    errno = EDOM;
    LOG(GALE_LOG_INFO, "%m");
    assert_int_equal(errno, EDOM);
    assert_string_equal(message(), "Numerical argument out of domain\n");
}

static void colours_on_request(void **state)
{
    gale_log_set_colors(GALE_ON);
    LOG(GALE_LOG_INFO, "x");
    check_matches(capture_read(&captured), "^\x1b\\[32m\\[I [^]]*\\]\x1b\\[0m x\n$");
    LOG(GALE_LOG_ERROR, "x");
    check_matches(capture_read(&captured), "^\x1b\\[31m");
}

static gale_log_record seen;
static char seen_message[100];

static void take(void *arg, const gale_log_record *record)
{
    seen = *record;
    snprintf(seen_message, sizeof(seen_message), "%.*s", (int)record->message.len,
             record->message.ptr);
    ++*(int *)arg;
}

static void the_host_may_take_the_lines(void **state)
{
    gale_logger shop = { .name = "shop" };
    int count = 0;

    gale_log_set_sink(take, &count);
    gale_log(&shop, GALE_LOG_WARNING, "sold %d", 3);
    gale_log_set_sink(NULL, NULL);
    assert_int_equal(count, 1);
    assert_string_equal(seen.logger, "shop");
    assert_string_equal(seen.file, "test_log.c");
    assert_int_equal(seen.level, GALE_LOG_WARNING);
    assert_string_equal(seen_message, "sold 3");
    assert_string_equal(capture_read(&captured), "");
    LOG(GALE_LOG_INFO, "back");
    assert_string_equal(message(), "back\n");
}

static void levels_have_names(void **state)
{
    assert_int_equal(gale_log_level_parse("DEBUG"), GALE_LOG_DEBUG);
    assert_int_equal(gale_log_level_parse("none"), GALE_LOG_NONE);
    assert_int_equal(gale_log_level_parse("loud"), GALE_EINVAL);
    assert_non_null(strstr(gale_strerror(GALE_EINVAL), "'loud'"));
}

static void steady_state_allocates_nothing(void **state)
{
    LOG(GALE_LOG_INFO, "first");
    unsigned long before = gale__alloc_count();

    for (int i = 0; i < 100; i++)
        LOG(GALE_LOG_INFO, "%d", i);
    assert_int_equal(gale__alloc_count(), before);
}

static void *log_and_end(void *arg)
{
    gale__log_batch(true);
    for (int i = 0; i < 20; i++)
        LOG(GALE_LOG_INFO, "from %s", (char *)arg);
    return NULL; /* without a flush */
}

static void threads_write_whole_lines(void **state)
{
    pthread_t threads[4];
    char name[] = "a thread";

    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_and_end, name), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    char *rest = NULL;
    char *line = strtok_r((char *)(uintptr_t)capture_read(&captured), "\n", &rest);
    int n = 0;

    for (; line; line = strtok_r(NULL, "\n", &rest), n++)
        check_matches(line, "^\\[I [^]]*\\] from a thread$");
    assert_int_equal(n, 80);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_has_level_time_and_place),
        TEST(a_level_that_is_off_costs_nothing),
        TEST(a_logger_may_have_its_own_level),
        TEST(what_peers_send_cannot_forge_lines),
        TEST(levels_go_by_name),
        TEST(lines_may_be_json),
        TEST(long_messages_are_cut),
        TEST(pieces_make_a_line),
        TEST(a_loop_writes_its_lines_together),
        TEST(a_full_buffer_is_written),
        TEST(a_reader_that_went_away_does_not_kill_us),
        TEST(a_full_pipe_loses_lines_but_says_how_many),
        TEST(errno_is_kept),
        TEST(colours_on_request),
        TEST(the_host_may_take_the_lines),
        TEST(levels_have_names),
        TEST(steady_state_allocates_nothing),
        TEST(threads_write_whole_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
