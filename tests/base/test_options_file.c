/* test_options_file.c - configuration files: the grammar, and errors that name the line. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gale/error.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/options.h"
#include "base/str.h"
#include "check.h"

static gale_options *options;

static int setup(void **state)
{
    options = gale_options_new();
    assert_int_equal(gale_define(options, .name = "port", .type = GALE_OPTION_INT), 0);
    assert_int_equal(gale_define(options, .name = "name"), 0);
    assert_int_equal(gale_define(options, .name = "debug", .type = GALE_OPTION_BOOL), 0);
    assert_int_equal(gale_define(options, .name = "wait", .type = GALE_OPTION_TIMEDELTA), 0);
    assert_int_equal(
        gale_define(options, .name = "ids", .type = GALE_OPTION_INT, .is_multiple = true), 0);
    assert_int_equal(gale_define(options, .name = "tags", .is_multiple = true), 0);
    return 0;
}

static int teardown(void **state)
{
    gale_options_free(options);
    return 0;
}

static int parse(const char *text)
{
    return gale__options_parse_text(options, gale__str(text), "app.conf", false);
}

static void settings_of_every_kind(void **state)
{
    assert_int_equal(parse("\xef\xbb\xbf# a comment\r\n"
                           "port = 80   # another\r\n"
                           "\n"
                           "  name='it\\'s # \\x41\\u00e9\\n'\n"
                           "debug=True\n"
                           "wait = 1h30m\n"
                           "ids = [1, 3:5, # three more\n"
                           "       9,\n"
                           "]\n"
                           "tags = [\"a,b\", c d, 'e']"),
                     0);
    assert_int_equal(gale_option_int(options, "port"), 80);
    assert_string_equal(gale_option_str(options, "name"), "it's # A\xc3\xa9\n");
    assert_true(gale_option_bool(options, "debug"));
    assert_true(gale_option_timedelta(options, "wait") == 5400);
    assert_int_equal(gale_option_count(options, "ids"), 5);
    assert_int_equal(gale_option_int64_at(options, "ids", 4), 9);
    assert_int_equal(gale_option_count(options, "tags"), 3);
    assert_string_equal(gale_option_str_at(options, "tags", 0), "a,b");
    assert_string_equal(gale_option_str_at(options, "tags", 1), "c d");
}

static void lists_as_on_the_command_line(void **state)
{
    assert_int_equal(parse("ids = 1,2\ntags = 'a,b'\nname = bare words\nport = '81'"), 0);
    assert_int_equal(gale_option_count(options, "ids"), 2);
    assert_int_equal(gale_option_count(options, "tags"), 2);
    assert_string_equal(gale_option_str(options, "name"), "bare words");
    assert_int_equal(gale_option_int(options, "port"), 81);
    assert_int_equal(parse("ids = []\nport = None\nname = 'None'"), 0);
    assert_int_equal(gale_option_count(options, "ids"), 0);
    assert_int_equal(gale_option_count(options, "port"), 0);
    assert_string_equal(gale_option_str(options, "name"), "None");
}

static void mistakes_name_file_and_line(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        { "\nnope = 1", "app.conf:2: unknown option 'nope'" },
        { "port 80", "app.conf:1: expected name = value" },
        { "= 80", "app.conf:1: expected name = value" },
        { "port =", "app.conf:1: a value is missing" },
        { "port = # none", "app.conf:1: a value is missing" },
        { "port = x", "app.conf:1: 'x' is not an integer" },
        { "name = 'x", "app.conf:1: a string without its closing quote" },
        { "name = 'x' y", "app.conf:1: something follows the value" },
        { "name = '\\q'", "app.conf:1: unknown escape in a string" },
        { "name = '\\x0'", "app.conf:1: bad escape in a string" },
        { "name = '\\x00'", "app.conf:1: an escape that is no character" },
        { "name = '\\ud800'", "app.conf:1: an escape that is no character" },
        { "name = [1]", "app.conf:1: option 'name' takes one value, not a list" },
        { "ids = [1\n2]", "app.conf:2: expected , or ] in a list" },
        { "ids = [1,", "app.conf:1: a value is missing" },
        { "ids = [,]", "app.conf:1: a value is missing" },
        { "ids = [1] 2", "app.conf:1: something follows the value" },
        { "import os", "app.conf:1: expected name = value" },
        { "name = \xff", "app.conf: not UTF-8" },
    };

    for (size_t i = 0; i < N_OF(cases); i++) {
        assert_int_equal(parse(cases[i].text), GALE_EINVAL);
        assert_string_equal(gale_strerror(GALE_EINVAL), cases[i].error);
    }
}

static void nothing_reads_beyond_a_text_cut_anywhere(void **state)
{
    static const char whole[] = "ids = [1, 2:3, # c\n 4]\nname = 'a\\u00e9\\'b' # x\nport=7";

    for (size_t len = 0; len < sizeof(whole); len++) {
        char *cut = malloc(len + 1); /* exact, so that sanitizers see a byte too far */

        memcpy(cut, whole, len);
        int r = gale__options_parse_text(options, (gale_str){ cut, len }, "x", false);

        assert_true(r == 0 || r == GALE_EINVAL);
        free(cut);
    }
    assert_int_equal(gale__options_parse_text(options, (gale_str){ NULL, 0 }, "x", false), 0);
}

static int count_parse(gale_options *o, void *arg)
{
    ++*(int *)arg;
    return 0;
}

static void a_file_is_read(void **state)
{
    char path[128];
    int parsed = 0;

    snprintf(path, sizeof(path), "%s/gale-conf-XXXXXX",
             getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, "port = 99\n", 10), 10);
    close(fd);
    assert_int_equal(gale_options_add_parse_callback(options, count_parse, &parsed), 0);
    assert_int_equal(gale_options_parse_config_file(options, path, GALE_OPTIONS_PARTIAL), 0);
    assert_int_equal(parsed, 0);
    assert_int_equal(gale_options_parse_config_file(options, path, 0), 0);
    assert_int_equal(parsed, 1);
    assert_int_equal(gale_option_int(options, "port"), 99);
    unlink(path);
    assert_int_equal(gale_options_parse_config_file(options, path, 0), -ENOENT);
    assert_non_null(strstr(gale_strerror(-ENOENT), path));
    assert_int_equal(gale_options_parse_config_file(options, "/dev/zero", 0), GALE_ETOOBIG);
}

/* Tornado executes the file; here what would be code is refused, or is a text. */
static void test_c15_a_file_is_data(void **state)
{
    static const char *const code[] = {
        "import os",         "port = 40 + 2",          "port = __import__('os').getpid()",
        "if True: port = 1", "port = 1; debug = True", "__builtins__ = 1",
    };

    for (size_t i = 0; i < sizeof(code) / sizeof(code[0]); i++) {
        assert_int_equal(parse(code[i]), GALE_EINVAL);
        assert_non_null(strstr(gale_strerror(GALE_EINVAL), "app.conf:1"));
    }
    assert_int_equal(parse("name = open('/etc/passwd').read()\n"), 0);
    assert_string_equal(gale_option_str(options, "name"), "open('/etc/passwd').read()");
    assert_int_equal(parse("name = $HOME\n"), 0);
    assert_string_equal(gale_option_str(options, "name"), "$HOME");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(settings_of_every_kind),
        TEST(lists_as_on_the_command_line),
        TEST(mistakes_name_file_and_line),
        TEST(nothing_reads_beyond_a_text_cut_anywhere),
        TEST(a_file_is_read),
        TEST(test_c15_a_file_is_data),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
