/* test_log_file.c - the log file: written, rotated by size and by time, opened anew. The
 * clock is passed in, so nothing here waits. */
/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <gale/error.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "check.h"

#include "capture.h"

static char dir[64], path[128], text[5000];

static int setup(void **state)
{
    snprintf(dir, sizeof(dir), "%s/gale-log-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/app.log", dir);
    setenv("TZ", "UTC", 1);
    tzset();
    return 0;
}

static int teardown(void **state)
{
    DIR *d = opendir(dir);
    const struct dirent *e;

    assert_int_equal(gale_log_set_file(NULL), 0);
    while ((e = readdir(d)))
        if (e->d_name[0] != '.')
            unlinkat(dirfd(d), e->d_name, 0);
    closedir(d);
    return rmdir(dir);
}

/* The content of the log file with a suffix; NULL when there is no such file. */
static const char *content(const char *suffix)
{
    char name[256];

    snprintf(name, sizeof(name), "%s%s", path, suffix);
    FILE *f = fopen(name, "r");

    if (!f)
        return NULL;
    text[fread(text, 1, sizeof(text) - 1, f)] = 0;
    fclose(f);
    return text;
}

static struct gale__log_file *open_log(gale_log_file_options options)
{
    int error;

    options.prefix = path;
    struct gale__log_file *f = gale__log_file_open(&options, &error);

    assert_non_null(f);
    return f;
}

static void lines_go_into_the_file(void **state)
{
    struct capture captured;

    capture_begin(&captured);
    assert_int_equal(gale_log_set_file(&(gale_log_file_options){ .prefix = path }), 0);
    gale_log(&gale_log_general, GALE_LOG_INFO, "into the file");
    assert_non_null(strstr(content(""), "] into the file\n"));
    assert_string_equal(capture_read(&captured), "");
    gale_log_set_stderr(GALE_ON);
    gale_log_set_colors(GALE_ON);
    gale_log(&gale_log_general, GALE_LOG_INFO, "to both");
    assert_non_null(strstr(content(""), "] to both\n"));
    assert_null(strchr(content(""), '\x1b'));
    assert_non_null(strstr(capture_read(&captured), "to both\n"));
    gale_log_set_stderr(0);
    gale_log_set_colors(0);
    capture_end(&captured);
}

static void a_file_moved_away_is_opened_anew(void **state)
{
    char moved[200];

    assert_int_equal(gale_log_set_file(&(gale_log_file_options){ .prefix = path }), 0);
    gale_log(&gale_log_general, GALE_LOG_INFO, "old");
    snprintf(moved, sizeof(moved), "%s.moved", path);
    assert_int_equal(rename(path, moved), 0);
    assert_int_equal(gale_log_reopen(), 0);
    gale_log(&gale_log_general, GALE_LOG_INFO, "new");
    assert_non_null(strstr(content(".moved"), "old"));
    assert_non_null(strstr(content(""), "new"));
    assert_null(strstr(content(""), "old"));
}

static void the_size_rotates(void **state)
{
    struct gale__log_file *f = open_log((gale_log_file_options){ .max_bytes = 10, .n_backups = 2 });

    gale__log_file_write(f, "aaaa\nbbbb\ncccc\n", 15, 0); /* the batch is split at lines */
    assert_string_equal(content(".1"), "aaaa\nbbbb\n");
    assert_string_equal(content(""), "cccc\n");
    gale__log_file_write(f, "ddddddddddddd\n", 14, 0); /* longer than the limit */
    gale__log_file_write(f, "e\n", 2, 0);
    assert_string_equal(content(""), "e\n");
    assert_string_equal(content(".1"), "ddddddddddddd\n");
    assert_string_equal(content(".2"), "cccc\n");
    assert_null(content(".3"));
    gale__log_file_free(f);

    f = open_log((gale_log_file_options){ .max_bytes = 10, .n_backups = 2 });
    gale__log_file_write(f, "ffffffff\n", 9, 0); /* an existing file's size counts */
    assert_string_equal(content(".1"), "e\n");
    gale__log_file_free(f);
}

static void without_backups_nothing_rotates(void **state)
{
    struct gale__log_file *f = open_log(
        (gale_log_file_options){ .max_bytes = 10, .n_backups = GALE_OFF });

    gale__log_file_write(f, "aaaaaaaaaa\nbbbb\n", 16, 0);
    gale__log_file_write(f, "cccc\n", 5, 0);
    assert_string_equal(content(""), "aaaaaaaaaa\nbbbb\ncccc\n");
    gale__log_file_free(f);
}

static int count_files(void)
{
    DIR *d = opendir(dir);
    const struct dirent *e;
    int n = 0;

    while ((e = readdir(d)))
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static void midnight_rotates(void **state)
{
    struct gale__log_file *f = open_log((gale_log_file_options){ .by_time = true, .n_backups = 2 });
    time_t now = time(NULL);
    time_t midnight = now - now % 86400 + 86400;
    char suffix[32];

    gale__log_file_write(f, "today\n", 6, midnight - 1);
    assert_int_equal(count_files(), 1);
    gale__log_file_write(f, "tomorrow\n", 9, midnight);
    strftime(suffix, sizeof(suffix), ".%Y-%m-%d", gmtime(&now));
    assert_string_equal(content(suffix), "today\n");
    assert_string_equal(content(""), "tomorrow\n");
    for (int day = 1; day < 6; day++)
        gale__log_file_write(f, "later\n", 6, midnight + day * 86400);
    assert_int_equal(count_files(), 3);
    assert_null(content(suffix)); /* the oldest went first */
    gale__log_file_free(f);
}

static void an_interval_rotates(void **state)
{
    struct gale__log_file *f = open_log(
        (gale_log_file_options){ .by_time = true, .when = "H", .interval = 2 });
    time_t now = time(NULL);

    gale__log_file_write(f, "a\n", 2, now + 7190);
    assert_int_equal(count_files(), 1);
    gale__log_file_write(f, "b\n", 2, now + 7210);
    assert_int_equal(count_files(), 2);
    assert_string_equal(content(""), "b\n");
    gale__log_file_free(f);
}

static void the_week_ends_on_its_day(void **state)
{
    struct gale__log_file *f = open_log((gale_log_file_options){ .by_time = true, .when = "W0" });
    time_t now = time(NULL);
    time_t day = now - now % 86400;
    struct tm tm = *gmtime(&now);
    int days_left = (8 - tm.tm_wday) % 7 + 1; /* until the midnight after Monday */

    gale__log_file_write(f, "a\n", 2, day + days_left * 86400 - 1);
    assert_int_equal(count_files(), 1);
    gale__log_file_write(f, "b\n", 2, day + days_left * 86400);
    assert_int_equal(count_files(), 2);
    gale__log_file_free(f);
}

static void what_cannot_be_is_refused(void **state)
{
    assert_int_equal(gale_log_set_file(&(gale_log_file_options){
                         .prefix = path, .by_time = true, .when = "fortnight" }),
                     GALE_EINVAL);
    assert_int_equal(gale_log_set_file(&(gale_log_file_options){ .prefix = "/nonexistent/x" }),
                     -ENOENT);
    assert_non_null(strstr(gale_strerror(-ENOENT), "/nonexistent/x"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines_go_into_the_file),   TEST(a_file_moved_away_is_opened_anew),
        TEST(the_size_rotates),         TEST(without_backups_nothing_rotates),
        TEST(midnight_rotates),         TEST(an_interval_rotates),
        TEST(the_week_ends_on_its_day), TEST(what_cannot_be_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
