/* test_options.c - options: types, the command line, help, callbacks. */
/* SPDX-License-Identifier: MIT */
#include <gale/error.h>
#include <gale/log.h>
#include <gale/options.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"

#include "capture.h"

static gale_options *options;

static int setup(void **state)
{
    options = gale_options_new();
    return options ? 0 : -1;
}

static int teardown(void **state)
{
    gale_options_free(options);
    return 0;
}

static void define(const char *name, int type, const char *fallback)
{
    assert_int_equal(gale_define(options, .name = name, .type = type, .fallback = fallback), 0);
}

static void define_list(const char *name, int type)
{
    assert_int_equal(gale_define(options, .name = name, .type = type, .is_multiple = true), 0);
}

static int parse_argv(gale_options *o, int argc, const char *const *argv, unsigned flags, int *rest)
{
    return gale_options_parse_command_line(o, argc, (char *const *)(uintptr_t)argv, flags, rest);
}

static int parse(const char *argument)
{
    const char *argv[] = { "prog", argument, NULL };

    return parse_argv(options, 2, argv, 0, NULL);
}

static void a_command_line_is_parsed(void **state)
{
    const char *argv[] = {
        "prog", "--port=80", "-name=x=y", "--the-flag", "left", "--port=90", NULL
    };
    int rest;

    define("port", GALE_OPTION_INT, "8888");
    define("name", GALE_OPTION_STR, NULL);
    define("the_flag", GALE_OPTION_BOOL, NULL);
    define("other-one", GALE_OPTION_DOUBLE, "1.5");
    assert_int_equal(gale_option_int(options, "port"), 8888);
    assert_null(gale_option_str(options, "name"));
    assert_int_equal(gale_option_count(options, "name"), 0);
    assert_int_equal(parse_argv(options, 6, argv, 0, &rest), 0);
    assert_int_equal(rest, 4);
    assert_int_equal(gale_option_int(options, "port"), 80);
    assert_string_equal(gale_option_str(options, "port"), "80");
    assert_string_equal(gale_option_str(options, "name"), "x=y");
    assert_true(gale_option_bool(options, "the-flag"));
    assert_true(gale_option_double(options, "other_one") == 1.5);
    assert_string_equal(gale_options_name(options, 3), "the_flag");
    assert_null(gale_options_name(options, 5));
}

static void two_dashes_end_the_options(void **state)
{
    const char *argv[] = { "prog", "--port=80", "--", "--port=90", NULL };
    int rest;

    define("port", GALE_OPTION_INT, NULL);
    assert_int_equal(parse_argv(options, 4, argv, 0, &rest), 0);
    assert_int_equal(rest, 3);
    assert_int_equal(gale_option_int(options, "port"), 80);
    assert_int_equal(parse_argv(options, 1, argv, 0, &rest), 0);
    assert_int_equal(rest, 1);
    argv[1] = "-"; /* standard input, by custom */
    assert_int_equal(parse_argv(options, 4, argv, 0, &rest), 0);
    assert_int_equal(rest, 1);
    assert_int_equal(parse_argv(options, 0, argv, 0, &rest), GALE_EINVAL);
}

static void mistakes_are_explained(void **state)
{
    static const struct {
        const char *argument, *text;
    } cases[] = {
        { "--nope", "Unrecognized command line option: '--nope' (see --help)" },
        { "--port", "Option '--port' requires a value" },
        { "--port=x", "Option '--port': 'x' is not an integer" },
        { "--port=", "Option '--port': '' is not an integer" },
        { "--port=99999999999", "Option '--port': '99999999999' is not an integer of 32 bits" },
        { "--flag=maybe", "Option '--flag': 'maybe' is not a boolean" },
        { "--=1", "Unrecognized command line option: '--' (see --help)" },
    };

    define("port", GALE_OPTION_INT, "1");
    define("flag", GALE_OPTION_BOOL, NULL);
    for (size_t i = 0; i < N_OF(cases); i++) {
        assert_int_equal(parse(cases[i].argument), GALE_EINVAL);
        assert_string_equal(gale_strerror(GALE_EINVAL), cases[i].text);
    }
    assert_int_equal(gale_option_int(options, "port"), 1);
}

static void a_name_is_defined_once(void **state)
{
    define("a-b", GALE_OPTION_INT, NULL);
    assert_int_equal(gale_define(options, .name = "a_b"), GALE_EINVAL);
    assert_non_null(strstr(gale_strerror(GALE_EINVAL), "Option 'a_b' already defined in"));
    assert_non_null(strstr(gale_strerror(GALE_EINVAL), "test_options.c"));
    assert_int_equal(gale_define(options, .name = NULL), GALE_EINVAL);
    assert_int_equal(gale_define(options, .name = "c", .type = GALE_OPTION_INT, .fallback = "x"),
                     GALE_EINVAL);
    assert_int_equal(gale_define(options, .name = "d", .type = GALE_OPTION_CUSTOM), GALE_EINVAL);
    assert_int_equal(gale_option_count(options, "c"), GALE_ENOTFOUND);
}

static void booleans_are_read(void **state)
{
    static const char *const truths[] = { "true", "True", "1", "t", "yes", "on", "Y" };
    static const char *const lies[] = { "false", "FALSE", "0", "f", "F", "no", "off" };

    define("b", GALE_OPTION_BOOL, NULL);
    for (size_t i = 0; i < N_OF(truths); i++) {
        assert_int_equal(gale_options_set(options, "b", truths[i]), 0);
        assert_true(gale_option_bool(options, "b"));
        assert_int_equal(gale_options_set(options, "b", lies[i]), 0);
        assert_false(gale_option_bool(options, "b"));
    }
    assert_int_equal(gale_options_set(options, "b", ""), GALE_EINVAL);
}

static void lengths_of_time_are_read(void **state)
{
    static const struct {
        const char *text;
        double seconds;
    } cases[] = {
        { "5", 5 },
        { "1h30m", 5400 },
        { "1.5 hours", 5400 },
        { "2d -3s", 172797 },
        { "1w", 604800 },
        { "10ms", 0.01 },
        { "", 0 },
        { "3 min 2 sec", 182 },
        { "1e3us", 1e-3 },
        { " 1 day ", 86400 },
        { "-5", -5 },
        { "2 weeks", 1209600 },
    };
    static const char *const bad[] = { "abc", "5x", "1 h m", "0x10", "1..5", "nan", "1 ss", "-" };

    define("t", GALE_OPTION_TIMEDELTA, NULL);
    for (size_t i = 0; i < N_OF(cases); i++) {
        assert_int_equal(gale_options_set(options, "t", cases[i].text), 0);
        double got = gale_option_timedelta(options, "t");

        assert_true(got - cases[i].seconds < 1e-9 && cases[i].seconds - got < 1e-9);
    }
    for (size_t i = 0; i < N_OF(bad); i++)
        assert_int_equal(gale_options_set(options, "t", bad[i]), GALE_EINVAL);
}

static void dates_are_read(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        { "Sun Apr 28 05:16:00 2013", "2013-04-28 05:16:00" },
        { "2013-04-28 05:16:07", "2013-04-28 05:16:07" },
        { "2013-04-28 05:16", "2013-04-28 05:16:00" },
        { "2013-04-28T05:16", "2013-04-28 05:16:00" },
        { "20130428 05:16:07", "2013-04-28 05:16:07" },
        { "20130428 05:16", "2013-04-28 05:16:00" },
        { "2013-04-28", "2013-04-28 00:00:00" },
        { "20130428", "2013-04-28 00:00:00" },
        { "05:16:07", "1900-01-01 05:16:07" },
        { "05:16", "1900-01-01 05:16:00" },
    };
    static const char *const bad[] = { "", "2013-02-30", "2013-04-28 25:00", "x", "2013-04-28 " };
    char text[32];

    define("d", GALE_OPTION_DATETIME, NULL);
    for (size_t i = 0; i < N_OF(cases); i++) {
        assert_int_equal(gale_options_set(options, "d", cases[i].text), 0);
        struct tm tm = gale_option_datetime(options, "d");

        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
        assert_string_equal(text, cases[i].expected);
    }
    for (size_t i = 0; i < N_OF(bad); i++)
        if (gale_options_set(options, "d", bad[i]) != GALE_EINVAL)
            fail_msg("'%s' was taken for a date", bad[i]);
}

static void check_ids(const char *text, size_t n, const int *expected)
{
    assert_int_equal(gale_options_set(options, "ids", text), 0);
    assert_int_equal(gale_option_count(options, "ids"), n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(gale_option_int64_at(options, "ids", i), expected[i]);
    assert_int_equal(gale_option_int64_at(options, "ids", n), 0);
}

static void lists_are_read(void **state)
{
    define_list("ids", GALE_OPTION_INT);
    define_list("names", GALE_OPTION_STR);
    check_ids("1,2", 2, (int[]){ 1, 2 });
    check_ids("3:5", 3, (int[]){ 3, 4, 5 });
    check_ids("1,4:6,9", 5, (int[]){ 1, 4, 5, 6, 9 });
    check_ids("5:3", 0, NULL);
    check_ids("1:", 1, (int[]){ 1 });
    check_ids("", 0, NULL);
    assert_int_equal(gale_options_set(options, "ids", "1,x"), GALE_EINVAL);
    assert_int_equal(gale_options_set(options, "ids", ":5"), GALE_EINVAL);
    assert_int_equal(gale_options_set(options, "ids", "0:2000000000"), GALE_ETOOBIG);
    assert_int_equal(gale_options_set(options, "names", "a,b c,"), 0);
    assert_int_equal(gale_option_count(options, "names"), 3);
    assert_string_equal(gale_option_str_at(options, "names", 1), "b c");
    assert_string_equal(gale_option_str_at(options, "names", 2), "");
    assert_null(gale_option_str_at(options, "names", 3));
}

static int double_it(const char *text, void *arg, void **value)
{
    if (!text[0])
        return gale_err(GALE_EINVAL, "nothing to double");
    size_t size = 1 + 2 * strlen(text);

    *value = malloc(size);
    return *value ? snprintf(*value, size, "%s%s", text, text) : -12;
}

static void a_type_may_be_the_programs_own(void **state)
{
    assert_int_equal(gale_define(options, .name = "c", .type = GALE_OPTION_CUSTOM,
                                 .parse = double_it, .free_value = free, .fallback = "ab"),
                     0);
    assert_string_equal(gale_option_custom(options, "c"), "abab");
    assert_int_equal(gale_options_set(options, "c", "x"), 0);
    assert_string_equal(gale_option_custom(options, "c"), "xx");
    assert_int_equal(parse("--c="), GALE_EINVAL);
    assert_string_equal(gale_strerror(GALE_EINVAL), "Option '--c': nothing to double");
    assert_string_equal(gale_option_custom(options, "c"), "xx");
}

static int count_call(gale_options *o, const char *name, void *arg)
{
    assert_string_equal(name, "port");
    assert_int_equal(gale_option_int(o, "port"), 80);
    ++*(int *)arg;
    return 0;
}

static int count_parse(gale_options *o, void *arg)
{
    return ++*(int *)arg > 2 ? gale_err(GALE_ESTATE, "enough") : 0;
}

static void callbacks_run(void **state)
{
    const char *argv[] = { "prog", "--port=80", NULL };
    int set = 0, parsed = 0;

    assert_int_equal(gale_define(options, .name = "port", .type = GALE_OPTION_INT, .fallback = "1",
                                 .callback = count_call, .arg = &set),
                     0);
    assert_int_equal(gale_options_add_parse_callback(options, count_parse, &parsed), 0);
    assert_int_equal(parse_argv(options, 2, argv, GALE_OPTIONS_PARTIAL, NULL), 0);
    assert_int_equal(set, 1);
    assert_int_equal(parsed, 0);
    assert_int_equal(parse("--port=80"), 0);
    assert_int_equal(gale_options_set(options, "port", "80"), 0);
    assert_int_equal(set, 3);
    assert_int_equal(parsed, 1);
    assert_int_equal(parse("x"), 0);
    assert_int_equal(parse("x"), GALE_ESTATE);
}

static void help_is_laid_out_as_tornados(void **state)
{
    static struct capture captured;
    const char *argv[] = { "prog", "--help", NULL };

    assert_int_equal(gale_define(options, .name = "the_port", .type = GALE_OPTION_INT,
                                 .fallback = "8888", .help = "run on the given port",
                                 .metavar = "PORT", .group = "zoo"),
                     0);
    assert_int_equal(gale_define(options, .name = "a_name_that_is_longer_than_its_column",
                                 .help = "This text is so long that it has to be wrapped "
                                         "somewhere near the end of the line.",
                                 .group = "app"),
                     0);
    assert_int_equal(gale_define(options, .name = "bare", .group = "app"), 0);
    assert_int_equal(gale_define(options, .name = "here"), 0);
    capture_begin(&captured);
    int r = parse_argv(options, 2, argv, 0, NULL);
    const char *text = capture_read(&captured);

    capture_end(&captured);
    assert_int_equal(r, 1);
    assert_string_equal(text,
                        "Usage: prog [OPTIONS]\n"
                        "\n"
                        "Options:\n"
                        "\n"
                        "  --help                           show this help information\n"
                        "\n"
                        "app options:\n"
                        "\n"
                        "  --a-name-that-is-longer-than-its-column\n"
                        "                                   This text is so long that it has to "
                        "be\n"
                        "                                   wrapped somewhere near the end of "
                        "the line.\n"
                        "  --bare                          \n"
                        "\n"
                        "test_options.c options:\n"
                        "\n"
                        "  --here                          \n"
                        "\n"
                        "zoo options:\n"
                        "\n"
                        "  --the-port=PORT                  run on the given port (default "
                        "8888)\n"
                        "\n");
}

static void reading_what_is_not_there_is_logged(void **state)
{
    static struct capture captured;

    define("s", GALE_OPTION_STR, "x");
    capture_begin(&captured);
    assert_int_equal(gale_option_int(options, "nope"), 0);
    assert_int_equal(gale_option_int(options, "s"), 0);
    const char *text = capture_read(&captured);

    capture_end(&captured);
    assert_non_null(strstr(text, "no option 'nope'"));
    assert_non_null(strstr(text, "option 's' was read as another type than it has"));
    assert_int_equal(gale_options_set(options, "nope", "1"), GALE_ENOTFOUND);
    assert_int_equal(gale_options_set(options, "s", NULL), 0);
    assert_null(gale_option_str(options, "s"));
}

static void the_default_parser_sets_up_logging(void **state)
{
    const char *argv[] = { "prog", "--logging=error", NULL };
    gale_options *o = gale_options_default();

    assert_non_null(o);
    assert_ptr_equal(o, gale_options_default());
    assert_int_equal(parse_argv(o, 2, argv, 0, NULL), 0);
    assert_int_equal(gale_log_threshold, GALE_LOG_ERROR);
    argv[1] = "--logging=None";
    assert_int_equal(parse_argv(o, 2, argv, 0, NULL), 0);
    assert_int_equal(gale_log_threshold, GALE_LOG_NONE);
    argv[1] = "--logging=info";
    assert_int_equal(parse_argv(o, 2, argv, 0, NULL), 0);
    assert_int_equal(gale_log_threshold, GALE_LOG_INFO);
    argv[1] = "--logging=loud";
    assert_int_equal(parse_argv(o, 2, argv, 0, NULL), GALE_EINVAL);
    assert_int_equal(gale_options_set(o, "logging", "info"), 0);
    assert_int_equal(gale_options_set(o, "log_rotate_mode", "never"), 0);
    assert_int_equal(gale_options_set(o, "log_file_prefix", "x"), 0);
    assert_int_equal(gale_log_apply_options(o), GALE_EINVAL);
    assert_int_equal(gale_options_set(o, "log_rotate_mode", "size"), 0);
    assert_int_equal(gale_options_set(o, "log_file_max_size", "-1"), 0);
    assert_int_equal(gale_log_apply_options(o), GALE_EINVAL);
    assert_string_equal(gale_strerror(GALE_EINVAL), "log_file_max_size is -1: less than 0");
    assert_int_equal(gale_options_set(o, "log_file_max_size", "0"), 0);
    assert_int_equal(gale_options_set(o, "log_file_num_backups", "-2"), 0);
    assert_int_equal(gale_log_apply_options(o), GALE_EINVAL);
    assert_string_equal(gale_strerror(GALE_EINVAL), "log_file_num_backups is -2: less than 0");
}

static void numbers_may_have_bounds(void **state)
{
    assert_int_equal(gale_define(options, .name = "port", .type = GALE_OPTION_INT, .minimum = "0",
                                 .maximum = "65535"),
                     0);
    assert_int_equal(gale_define(options, .name = "ports", .type = GALE_OPTION_INT,
                                 .is_multiple = true, .minimum = "1"),
                     0);
    assert_int_equal(gale_define(options, .name = "wait", .type = GALE_OPTION_TIMEDELTA,
                                 .minimum = "10ms", .maximum = "1h"),
                     0);
    assert_int_equal(parse("--port=0"), 0);
    assert_int_equal(parse("--port=65535"), 0);
    assert_int_equal(parse("--port=65536"), GALE_EINVAL);
    assert_string_equal(gale_strerror(GALE_EINVAL), "Option '--port': '65536' is more than 65535");
    assert_int_equal(parse("--port=-1"), GALE_EINVAL);
    assert_string_equal(gale_strerror(GALE_EINVAL), "Option '--port': '-1' is less than 0");
    assert_int_equal(gale_option_int(options, "port"), 65535);
    assert_int_equal(parse("--ports=1:3"), 0);
    assert_int_equal(parse("--ports=3,0:3"), GALE_EINVAL);
    assert_string_equal(gale_strerror(GALE_EINVAL), "Option '--ports': '0' is less than 1");
    assert_int_equal(parse("--wait=60min"), 0);
    assert_int_equal(parse("--wait=1h 1us"), GALE_EINVAL);
    assert_string_equal(gale_strerror(GALE_EINVAL), "Option '--wait': '1h 1us' is more than 1h");
}

static void bounds_that_cannot_be_are_refused(void **state)
{
    assert_int_equal(gale_define(options, .name = "a", .minimum = "1"), GALE_EINVAL);
    assert_int_equal(gale_define(options, .name = "b", .type = GALE_OPTION_INT, .minimum = "x"),
                     GALE_EINVAL);
    assert_int_equal(
        gale_define(options, .name = "c", .type = GALE_OPTION_INT, .minimum = "2", .maximum = "1"),
        GALE_EINVAL);
    assert_int_equal(
        gale_define(options, .name = "d", .type = GALE_OPTION_INT, .maximum = "1", .fallback = "2"),
        GALE_EINVAL);
    assert_null(gale_options_name(options, 1));
}

static void the_environment_is_read(void **state)
{
    define("port", GALE_OPTION_INT, "80");
    define("log_levels", GALE_OPTION_STR, NULL);
    define("name", GALE_OPTION_STR, "none");
    setenv("SHOP_PORT", "81", 1);
    setenv("SHOP_LOG_LEVELS", "a=info", 1);
    setenv("SHOP_NAME", "", 1);
    setenv("SHOP_OTHER", "nobody's", 1);
    setenv("SHOP_HELP", "true", 1);
    assert_int_equal(gale_options_parse_environment(options, "SHOP_", 0), 0);
    assert_int_equal(gale_option_int(options, "port"), 81);
    assert_string_equal(gale_option_str(options, "log-levels"), "a=info");
    assert_string_equal(gale_option_str(options, "name"), "none");
    setenv("SHOP_PORT", "x", 1);
    assert_int_equal(gale_options_parse_environment(options, "SHOP_", 0), GALE_EINVAL);
    assert_string_equal(gale_strerror(GALE_EINVAL),
                        "SHOP_PORT in the environment: 'x' is not an integer");
    assert_int_equal(gale_options_parse_environment(NULL, "SHOP_", 0), -12);
    unsetenv("SHOP_PORT");
}

static void the_stronger_source_is_kept_when_asked_for(void **state)
{
    const char *argv[] = { "prog", "--a=line", NULL };
    static const char text[] = "a = file\nb = file\nc = file\n";
    char path[] = "options_keep_XXXXXX";
    int fd = mkstemp(path);

    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    close(fd);
    define("a", GALE_OPTION_STR, "default");
    define("b", GALE_OPTION_STR, "default");
    define("c", GALE_OPTION_STR, "default");
    define("d", GALE_OPTION_STR, "default");
    setenv("KEEP_A", "environment", 1);
    setenv("KEEP_B", "environment", 1);
    assert_int_equal(parse_argv(options, 2, argv, GALE_OPTIONS_PARTIAL, NULL), 0);
    assert_int_equal(gale_options_parse_environment(options, "KEEP_", GALE_OPTIONS_KEEP), 0);
    assert_int_equal(gale_options_parse_config_file(options, path, GALE_OPTIONS_KEEP), 0);
    assert_string_equal(gale_option_str(options, "a"), "line");
    assert_string_equal(gale_option_str(options, "b"), "environment");
    assert_string_equal(gale_option_str(options, "c"), "file");
    assert_string_equal(gale_option_str(options, "d"), "default");
    assert_int_equal(gale_options_parse_config_file(options, path, 0), 0);
    assert_string_equal(gale_option_str(options, "a"), "file"); /* as in Tornado: the last one */
    unlink(path);
}

static void no_parser_is_out_of_memory(void **state)
{
    assert_int_equal(gale_define(NULL, .name = "x"), -12);
    assert_int_equal(gale_options_set(NULL, "x", "1"), -12);
    assert_int_equal(parse_argv(NULL, 0, NULL, 0, NULL), -12);
    gale_options_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_command_line_is_parsed),
        TEST(two_dashes_end_the_options),
        TEST(mistakes_are_explained),
        TEST(a_name_is_defined_once),
        TEST(booleans_are_read),
        TEST(lengths_of_time_are_read),
        TEST(dates_are_read),
        TEST(lists_are_read),
        TEST(a_type_may_be_the_programs_own),
        TEST(callbacks_run),
        TEST(help_is_laid_out_as_tornados),
        TEST(reading_what_is_not_there_is_logged),
        TEST(the_default_parser_sets_up_logging),
        TEST(no_parser_is_out_of_memory),
        TEST(numbers_may_have_bounds),
        TEST(bounds_that_cannot_be_are_refused),
        TEST(the_environment_is_read),
        TEST(the_stronger_source_is_kept_when_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
