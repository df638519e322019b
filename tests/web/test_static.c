/* test_static.c - static files below the wire: plain paths, roots without openat2, types by name,
 * what the cache keeps and lets go, what applications refuse. */
/* SPDX-License-Identifier: MIT */
#include "fake_carrier.h"

#include <errno.h>
#include <fcntl.h>
#include <gale/staticfile.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/str.h"
#include "web/static_cache.h"

/* --- a folder for the tests --- */

static char folder[] = P_tmpdir "/gale-static-XXXXXX";

static const char *in_folder(const char *name)
{
    static char paths[4][256];
    static int next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

/* A file of so many bytes that is older than the kernel's clock ticks. */
static void put(const char *name, char c, size_t size)
{
    static char bytes[200000];
    FILE *f = fopen(in_folder(name), "w");

    assert_non_null(f);
    memset(bytes, c, sizeof(bytes));
    assert_true(size <= sizeof(bytes));
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder) || mkdir(in_folder("root"), 0777) < 0 ||
        mkdir(in_folder("root/dir"), 0777) < 0 || mkdir(in_folder("other"), 0777) < 0)
        return -1;
    put("root/a.txt", 'a', 10);
    put("root/dir/b.txt", 'b', 10);
    put("other/secret", 's', 10);
    put("root/big", 'B', 200000);
    return symlink("../other", in_folder("root/link")) ||
                   symlink("../../other/secret", in_folder("root/dir/link")) ||
                   mkfifo(in_folder("root/pipe"), 0666)
               ? -1
               : 0;
}

static int remove_folder(void **state)
{
    char command[128];

    (void)state;
    gale_ioloop_free(gale_ioloop_current());
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

/* --- paths --- */

static void plain_paths(void **state)
{
    static const struct {
        const char *path, *plain; /* NULL: it leads out */
        bool is_dir;
    } rows[] = {
        { "", "", true },
        { "/", "", true },
        { ".", "", true },
        { "a", "a", false },
        { "a/", "a", true },
        { "a/.", "a", true },
        { "/a//b/", "a/b", true },
        { "./a/./b", "a/b", false },
        { "a/..", "", true },
        { "a/../b", "b", false },
        { "a/b/../../c", "c", false },
        { "ab/cd/../x", "ab/x", false },
        { "...", "...", false },
        { "..a/b..", "..a/b..", false },
        { "..", NULL, false },
        { "../a", NULL, false },
        { "a/../../b", NULL, false },
        { "/../a", NULL, false },
        { "..\\a", "..\\a", false },
    };

    (void)state;
    for (size_t i = 0; i < N_OF(rows); i++) {
        char out[64];
        bool is_dir = false;
        int len = gale__plain_path(rows[i].path, out, &is_dir);

        assert_int_equal(len, rows[i].plain ? (int)strlen(rows[i].plain) : -1);
        if (!rows[i].plain)
            continue;
        assert_string_equal(out, rows[i].plain);
        assert_int_equal(is_dir, rows[i].is_dir);
    }
}

static int try_open(struct gale__beneath *root, const char *path, int flags)
{
    int fd = gale__beneath_open(root, path, flags);

    if (fd < 0)
        return fd;
    close(fd);
    return 0;
}

/* With openat2 and without, when a sandbox forbids it. */
static void check_root(struct gale__beneath *root)
{
    static const int how[] = { O_PATH, O_RDONLY };

    for (size_t i = 0; i < N_OF(how); i++) {
        assert_int_equal(try_open(root, "a.txt", how[i]), 0);
        assert_int_equal(try_open(root, "dir/b.txt", how[i]), 0);
        assert_int_equal(try_open(root, "", how[i]), 0);
        assert_int_equal(try_open(root, "nope", how[i]), -ENOENT);
        assert_int_equal(try_open(root, "a.txt/x", how[i]), -ENOTDIR);
        if (root->follow) {
            assert_int_equal(try_open(root, "link/secret", how[i]), 0);
            assert_int_equal(try_open(root, "dir/link", how[i]), 0);
            continue;
        }
        assert_int_equal(try_open(root, "dir/link", how[i]), -ELOOP);
        assert_true(try_open(root, "link/secret", how[i]) < 0);
    }
}

static void test_c9_links_are_not_followed_with_and_without_openat2(void **state)
{
    struct gale__beneath root = { .fd = open(in_folder("root"), O_PATH | O_DIRECTORY) };

    (void)state;
    assert_true(root.fd >= 0);
    for (int i = 0; i < 4; i++) {
        root.follow = i & 1;
        root.walk = i & 2;
        check_root(&root);
    }
    close(root.fd);
}

static void kinds_of_files(void **state)
{
    struct gale__static_root root = {
        .dir.fd = open(in_folder("root"), O_PATH | O_DIRECTORY),
    };
    struct stat st;

    (void)state;
    assert_int_equal(gale__static_look(&root, "a.txt", &st), 0);
    assert_int_equal(st.st_size, 10);
    assert_int_equal(gale__static_look(&root, "dir", &st), -EISDIR);
    assert_int_equal(gale__static_look(&root, "pipe", &st), -EACCES);
    close(root.dir.fd);
}

/* --- types --- */

static void types(void **state)
{
    static const struct {
        const char *name, *type;
    } rows[] = {
        { "a.html", "text/html; charset=UTF-8" },
        { "dir.d/a.HTM", "text/html; charset=UTF-8" },
        { "a.css", "text/css; charset=UTF-8" },
        { "a.min.js", "text/javascript; charset=UTF-8" },
        { "a.json", "application/json; charset=UTF-8" },
        { "a.svg", "image/svg+xml" },
        { "a.png", "image/png" },
        { "a.wasm", "application/wasm" },
        { "a.tar.gz", "application/gzip" },
        { "a.txt.bz2", "application/octet-stream" },
        { "a.xz", "application/octet-stream" },
        { "a", "application/octet-stream" },
        { "a.", "application/octet-stream" },
        { ".html", "application/octet-stream" },
        { "dir.html/a", "application/octet-stream" },
        { "a.unheardof", "application/octet-stream" },
        { "a.extensionlongerthanallthatthereare", "application/octet-stream" },
        { "", "application/octet-stream" },
    };

    (void)state;
    for (size_t i = 0; i < N_OF(rows); i++)
        assert_string_equal(gale_content_type(rows[i].name), rows[i].type);
    assert_ptr_equal(gale_content_type("a.png"), gale_content_type("b.PNG"));
}

/* What only the system's database knows, where there is one. */
static void types_of_the_system(void **state)
{
    (void)state;
    if (access("/etc/mime.types", R_OK) < 0)
        skip();
    assert_string_equal(gale_content_type("a.doc"), "application/msword");
    assert_string_equal(gale_content_type("a.c"), "text/x-csrc; charset=UTF-8");
}

/* --- the cache --- */

struct world {
    struct gale__static_cache *cache;
    struct gale__static_root *root;
    struct gale__static_ask ask;
};

static void open_world(struct world *w)
{
    *w = (struct world){ .ask = { .loop = gale_ioloop_current() } };
    w->cache = gale__static_cache_new();
    assert_non_null(w->cache);
    assert_int_equal(gale__static_cache_root(w->cache, in_folder("root"), false, 0, &w->root), 0);
}

static struct gale__static_file *ask(struct world *w, const char *path)
{
    struct gale__static_file *file;

    assert_int_equal(gale__static_cache_file(w->cache, w->root, gale__str(path), &w->ask, &file),
                     0);
    return file;
}

static void roots_are_found_again(void **state)
{
    struct gale__static_root *other;
    struct world w;

    (void)state;
    open_world(&w);
    assert_int_equal(gale__static_cache_root(w.cache, in_folder("root"), false, 0, &other), 0);
    assert_ptr_equal(other, w.root);
    assert_int_equal(gale__static_cache_root(w.cache, in_folder("root"), true, 0, &other), 0);
    assert_ptr_not_equal(other, w.root);
    assert_int_equal(gale__static_cache_root(w.cache, in_folder("nope"), true, 0, &other), -ENOENT);
    gale__static_cache_close(w.cache);
}

static void a_file_is_kept_until_it_changes(void **state)
{
    struct gale__static_file *file, *again;
    struct world w;

    (void)state;
    usleep(60000); /* files of the set-up are older than a tick then */
    open_world(&w);
    w.ask.each_use = true;
    file = ask(&w, "a.txt");
    assert_int_equal(file->size, 10);
    assert_memory_equal(file->content, "aaaaaaaaaa", 10);
    assert_int_equal(file->fd, -1);
    again = ask(&w, "a.txt");
    assert_ptr_equal(file, again);
    gale__static_file_unref(again);
    put("root/a.txt", 'x', 12);
    again = ask(&w, "a.txt");
    assert_ptr_not_equal(file, again);
    assert_memory_equal(again->content, "xxxxxxxxxxxx", 12);
    assert_memory_equal(file->content, "aaaaaaaaaa", 10); /* an answer under way still has it */
    assert_false(gale__str_equal(file->etag, again->etag));
    gale__static_file_unref(again);
    gale__static_file_unref(file);
    gale__static_cache_close(w.cache);
    put("root/a.txt", 'a', 10);
}

/* Two changes within one tick of the clock that times are taken from. */
static void a_new_file_is_read_again(void **state)
{
    struct world w;

    (void)state;
    open_world(&w);
    for (int i = 0; i < 100; i++) {
        struct gale__static_file *file;

        put("root/new.txt", (char)('a' + i % 26), 5);
        file = ask(&w, "new.txt");
        assert_int_equal(file->content[0], 'a' + i % 26);
        gale__static_file_unref(file);
    }
    gale__static_cache_close(w.cache);
}

static void what_is_kept_is_bounded(void **state)
{
    char name[32];
    struct world w;

    (void)state;
    open_world(&w);
    for (int i = 0; i < 1100; i++) {
        snprintf(name, sizeof(name), "root/many%d", i);
        put(name, 'm', 1);
        gale__static_file_unref(ask(&w, name + 5));
        assert_true(w.cache->n_files <= 1024);
    }
    for (int i = 0; i < 70; i++) {
        snprintf(name, sizeof(name), "root/large%d", i);
        put(name, 'l', GALE__STATIC_IN_MEMORY + 1);
        gale__static_file_unref(ask(&w, name + 5));
        assert_true(w.cache->n_open <= 64);
    }
    for (int i = 0; i < 270; i++) {
        snprintf(name, sizeof(name), "root/many%d", i);
        put(name, 'm', GALE__STATIC_IN_MEMORY);
        gale__static_file_unref(ask(&w, name + 5));
        assert_true(w.cache->n_bytes <= 16 << 20);
    }
    assert_true(w.cache->n_bytes > 15 << 20);
    gale__static_cache_close(w.cache);
}

/* Turns of the loop until the file's hash is known. */
static struct gale__static_file *ask_until_hashed(struct world *w, const char *path)
{
    struct gale__static_file *file = ask(w, path);

    for (int i = 0; i < 5000 && !file->etag.len; i++) {
        gale__static_file_unref(file);
        usleep(500);
        fake_turns(1);
        file = ask(w, path);
    }
    assert_true(file->etag.len > 0);
    return file;
}

static void a_large_file_is_hashed_by_a_thread(void **state)
{
    struct gale__static_file *file;
    struct world w;

    (void)state;
    usleep(60000);
    open_world(&w);
    file = ask(&w, "big");
    assert_true(file->fd >= 0);
    assert_int_equal(file->etag.len, 0);
    assert_true(gale__str_starts_with(file->stat_etag, GALE__STR("\"m")));
    gale__static_file_unref(file);
    file = ask_until_hashed(&w, "big");
    assert_true(gale__str_ends_with(file->etag, GALE__STR("-30d40\"")));
    gale__static_file_unref(file);
    gale__static_cache_close(w.cache);
}

/* More than there are descriptors for, all asked for at once, as by one page. */
static void all_large_files_get_their_versions(void **state)
{
    char name[32];
    struct world w;

    (void)state;
    open_world(&w);
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "root/versioned%d", i);
        put(name, (char)('!' + i % 90), GALE__STATIC_IN_MEMORY + 1 + (size_t)i);
    }
    usleep(60000);
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "versioned%d", i);
        gale__static_file_unref(ask(&w, name));
    }
    gale__static_file_unref(ask_until_hashed(&w, "versioned99")); /* the last one in the queue */
    usleep(20000);
    fake_turns(3);
    for (int i = 0; i < 99; i++) {
        struct gale__static_file *file;

        snprintf(name, sizeof(name), "versioned%d", i);
        file = ask(&w, name);
        assert_true(file->etag.len > 0);
        gale__static_file_unref(file);
    }
    gale__static_cache_close(w.cache);
}

/* With none left for it, those that are kept are given back. */
static void the_last_descriptors_are_not_kept(void **state)
{
    struct gale__static_root *root;
    struct rlimit limit, none;
    struct world w;
    int fd;

    (void)state;
    usleep(60000);
    open_world(&w);
    gale__static_file_unref(ask_until_hashed(&w, "big"));
    assert_int_equal(w.cache->n_open, 1);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    fd = dup(0);
    none.rlim_cur = (rlim_t)fd;
    close(fd);
    for (fd = dup(0); fd >= 0 && (rlim_t)fd + 1 < none.rlim_cur; fd = dup(0))
        continue;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_int_equal(
        gale__static_cache_root(w.cache, in_folder("root"), false, INT64_MAX / 2, &root), 0);
    assert_int_equal(w.cache->n_open, 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    gale__static_cache_close(w.cache);
}

static void few_descriptors_are_kept_where_few_are_to_be_had(void **state)
{
    struct rlimit limit, few;
    struct world w;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    few = limit;
    few.rlim_cur = 128;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    open_world(&w);
    assert_int_equal(w.cache->max_open, 16);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    gale__static_cache_close(w.cache);
}

/* It takes room on the disk as long as somebody has it open. */
static void a_deleted_file_is_given_back(void **state)
{
    struct world w;

    (void)state;
    put("root/deleted", 'd', GALE__STATIC_IN_MEMORY + 1);
    usleep(60000);
    open_world(&w);
    gale__static_file_unref(ask(&w, "deleted"));
    gale__static_file_unref(ask(&w, "big"));
    assert_int_equal(w.cache->n_open, 2);
    assert_int_equal(unlink(in_folder("root/deleted")), 0);
    w.ask.each_use = true;
    for (int i = 0; i < 3; i++)
        gale__static_file_unref(ask(&w, "a.txt"));
    assert_int_equal(w.cache->n_open, 1);
    gale__static_cache_close(w.cache);
}

static void a_cache_may_end_while_hashing(void **state)
{
    struct gale__static_file *file;
    struct world w;

    (void)state;
    usleep(60000);
    open_world(&w);
    file = ask(&w, "big");
    gale__static_file_unref(file);
    gale__static_cache_close(w.cache);
    fake_turns(20);
}

/* --- applications --- */

static void check_refused(const gale_static_options *options, const char *why)
{
    assert_null(gale_app_new(
        (gale_route[]){
            { .url = "/s/(.*)", .handler = &gale_static_handler, .arg = (void *)options }, { 0 } },
        NULL));
    assert_has(gale_app_error(), why);
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    check_refused(NULL, "needs .arg with its path");
    check_refused(&(gale_static_options){ 0 }, "needs .arg with its path");
    check_refused(&(gale_static_options){ .path = "x", .follow_symlinks = 7 }, "follow_symlinks");
    check_refused(&(gale_static_options){ .path = "x", .precompressed = 7 }, "precompressed");
    check_refused(&(gale_static_options){ .path = "x", .max_age = -1 }, "max_age");
}

/* The options' texts are copied. */
static void a_file_is_served(void **state)
{
    char path[256], name[16] = "b.txt";
    struct fake f = { 0 };

    (void)state;
    snprintf(path, sizeof(path), "%s", in_folder("root"));
    fake_serve(gale_app_new(
        (gale_route[]){ { .url = "/s/(.*)",
                          .handler = &gale_static_handler,
                          .arg = &(gale_static_options){ .path = path, .default_filename = name } },
                        { 0 } },
        NULL));
    memset(path, 'x', sizeof(path));
    memset(name, 'x', sizeof(name));
    fake_get(&f, "/s/dir/b.txt");
    assert_int_equal(f.status, 200);
    assert_string_equal(f.body, "bbbbbbbbbb");
    assert_has(f.fields, "Accept-Ranges: bytes\nEtag: \"");
    fake_get(&f, "/s/dir/");
    assert_string_equal(f.body, "bbbbbbbbbb");
    fake_end();
}

/* A handler that writes after a static file's page failed must not write into the file. */
static int fail_late(gale_handler *self, void *arg)
{
    (void)arg;
    return gale_get_status(self) == 200 ? gale_fail(self, 500, "after") : 0;
}

static void contents_are_not_written_to(void **state)
{
    static const gale_middleware late = { .after = fail_late };
    static const gale_middleware *const list[] = { &late, NULL };
    struct fake f = { 0 };

    (void)state;
    fake_serve(
        gale_app_new((gale_route[]){ { .url = "/bad/(.*)",
                                       .handler = &gale_static_handler,
                                       .arg = &(gale_static_options){ .path = in_folder("root") },
                                       .middleware = list },
                                     { .url = "/s/(.*)",
                                       .handler = &gale_static_handler,
                                       .arg = &(gale_static_options){ .path = in_folder("root") } },
                                     { 0 } },
                     NULL));
    for (int i = 0; i < 3; i++) {
        fake_get(&f, "/bad/dir/b.txt");
        assert_int_equal(f.status, 500);
        fake_get(&f, "/s/dir/b.txt");
        assert_string_equal(f.body, "bbbbbbbbbb");
    }
    fake_end();
}

static int url_get(gale_handler *self)
{
    return gale_write(self, gale_static_url(self, "a.txt"));
}

static void static_url_needs_the_setting(void **state)
{
    static const gale_handler_class handler = { .get = url_get };
    struct fake f = { 0 };

    (void)state;
    fake_serve(gale_app_new((gale_route[]){ { .url = "/", .handler = &handler }, { 0 } }, NULL));
    fake_get(&f, "/");
    assert_int_equal(f.status, 500);
    assert_has(fake_log, "settings.static_path is not set");
    fake_end();
}

/* An application that is mounted has its files below the prefix. */
static void static_url_of_a_mounted_application(void **state)
{
    static const gale_handler_class handler = { .get = url_get };
    gale_settings settings = { .static_path = in_folder("root") };
    gale_app *inner = gale_app_new((gale_route[]){ { .url = "/", .handler = &handler }, { 0 } },
                                   &settings);
    gale_app *middle = gale_app_new((gale_route[]){ { .url = "/inner", .app = inner }, { 0 } },
                                    NULL);
    struct fake f = { 0 }, file = { 0 };

    (void)state;
    fake_serve(gale_app_new((gale_route[]){ { .url = "/outer/", .app = middle }, { 0 } }, NULL));
    fake_get(&f, "/outer/inner/");
    assert_has(f.body, "/outer/inner/static/a.txt?v=");
    fake_get(&file, f.body);
    assert_int_equal(file.status, 200);
    assert_string_equal(file.body, "aaaaaaaaaa");
    fake_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_paths),
        cmocka_unit_test(test_c9_links_are_not_followed_with_and_without_openat2),
        cmocka_unit_test(kinds_of_files),
        cmocka_unit_test(types),
        cmocka_unit_test(types_of_the_system),
        cmocka_unit_test(roots_are_found_again),
        cmocka_unit_test(a_file_is_kept_until_it_changes),
        cmocka_unit_test(a_new_file_is_read_again),
        cmocka_unit_test(what_is_kept_is_bounded),
        cmocka_unit_test(a_large_file_is_hashed_by_a_thread),
        cmocka_unit_test(all_large_files_get_their_versions),
        cmocka_unit_test(the_last_descriptors_are_not_kept),
        cmocka_unit_test(few_descriptors_are_kept_where_few_are_to_be_had),
        cmocka_unit_test(a_deleted_file_is_given_back),
        cmocka_unit_test(a_cache_may_end_while_hashing),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(a_file_is_served),
        cmocka_unit_test(contents_are_not_written_to),
        cmocka_unit_test(static_url_needs_the_setting),
        cmocka_unit_test(static_url_of_a_mounted_application),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
