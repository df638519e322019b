/* test_forms.c - multipart forms, whole and in pieces of every size; streamed bodies; files. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "input_kit.h"

/* --- multipart forms -------------------------------------------------------------------- */

#define PART(name, content)                                                                        \
    "--B\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" content "\r\n"
#define FILE_PART(name, filename, content)                                                         \
    "--B\r\nContent-Disposition: form-data; name=\"" name "\"; filename=\"" filename               \
    "\"\r\nContent-Type: text/x\r\n\r\n" content "\r\n"
#define POST_MULTIPART(path)                                                                       \
    "POST " path " HTTP/1.1\nContent-Type: multipart/form-data; boundary=B\n"

static const char *content_of(gale_handler *self, const gale_file *file)
{
    char *text = gale_alloc(self, (size_t)file->size + 1);
    struct stat st;

    if (file->fd < 0) {
        assert_int_equal(file->size, file->body.len);
        assert_int_equal(file->body.ptr[file->body.len], 0);
        return file->body.ptr;
    }
    assert_null(file->body.ptr);
    assert_int_equal(fstat(file->fd, &st), 0);
    assert_true(st.st_size >= file->offset + file->size);
    assert_int_equal(st.st_nlink, 0);
    assert_int_equal(st.st_mode & 077, 0);
    assert_int_equal(fcntl(file->fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(pread(file->fd, text, (size_t)file->size, file->offset), file->size);
    text[file->size] = 0;
    return text;
}

static int show_form(gale_handler *self)
{
    const gale_file *file;

    walk(self);
    for (size_t i = 0; (file = gale_get_file(self, NULL, i)); i++)
        gale_printf(self, " %s:%s:%s:%s:%s", file->name, file->filename, file->content_type,
                    file->fd < 0 ? "memory" : "file", content_of(self, file));
    file = gale_get_file(self, "f", 1);
    if (file)
        gale_printf(self, " second f %s", file->filename);
    return 0;
}

static const char form[] = PART("a", " 1%41+ ") PART("b", "")
    FILE_PART("f", "x.txt", "0123456789abcdefghij")
        FILE_PART("f", "\xc3\xa9.txt", "0123456789abcdefghij+") PART("a", "\r\n2") "--B--\r\n";

static void test_form_in_memory(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = show_form;
    ask(&f, POST_MULTIPART("/?a=0"), form, 0);
    assert_string_equal(f.body, "[a]=[0] [a]=[1%41+] [b]=[] [a]=[2]"
                                " f:x.txt:text/x:memory:0123456789abcdefghij"
                                " f:\xc3\xa9.txt:text/x:memory:0123456789abcdefghij+"
                                " second f \xc3\xa9.txt");
    ask(&f, POST_MULTIPART("/"), FILE_PART("g", "", "none chosen") "--B--", 0);
    assert_string_equal(f.body, "[g]=[none chosen]");
    ask(&f, POST_MULTIPART("/"),
        "--B\r\nContent-Disposition: form-data; name=g; filename=x\r\n\r\n\r\n--B--", 0);
    assert_string_equal(f.body, " g:x:application/unknown:memory:");
}

static int count_descriptors(void)
{
    int n = 0;

    for (int fd = 0; fd < 1000; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void test_form_in_pieces(void **state)
{
    static const gale_limits few = { .max_memory_file = 20 };
    struct fake f = { 0 };
    int before;

    (void)state;
    fake_end();
    fake_serve(gale_app_new(routes, &(gale_settings){ .limits = few }));
    verb = show_form;
    ask(&f, POST_MULTIPART("/"), "--B--", 3); /* the executor's first thread, its descriptors */
    before = count_descriptors();
    for (size_t step = 1; step < sizeof(form); step++) {
        ask(&f, POST_MULTIPART("/?a=0"), form, step);
        assert_string_equal(f.body, "[a]=[0] [a]=[1%41+] [b]=[] [a]=[2]"
                                    " f:x.txt:text/x:memory:0123456789abcdefghij"
                                    " f:\xc3\xa9.txt:text/x:file:0123456789abcdefghij+"
                                    " second f \xc3\xa9.txt");
        assert_int_equal(count_descriptors(), before); /* closed with the request */
    }
}

static void check_form(const char *path, const char *body, int status, const char *told)
{
    struct fake f = { 0 };
    char head[200];

    verb = show_form;
    snprintf(head, sizeof(head), POST_MULTIPART("%s"), path);
    for (size_t step = 0; step < 50; step += 7) {
        ask(&f, head, body, step);
        if (f.status != status || !strstr(f.body, told))
            fail_msg("%s: %d %s", body, f.status, f.body);
        if (status == 400)
            assert_ptr_equal(strchr(fake_log, '\n') + 1,
                             strstr(fake_log, "gale.access")); /* one line before it */
    }
}

static void test_b28_parts_beyond_the_limit(void **state)
{
    (void)state;
    check_form("/tight", PART("a", "") PART("a", "") PART("a", "") "--B--", 200, "[a]=[] [a]=[]");
    check_form("/tight", PART("a", "") PART("a", "") PART("a", "") PART("a", "") "--B--", 400,
               "more parts than allowed");
    check_form("/tight?1&2&3", PART("4", "") PART("5", "") PART("6", "") "--B--", 400,
               "more than 5 arguments");
}

static void test_b30_controls_in_heads(void **state)
{
    (void)state;
    check_form("/", "--B\r\nContent-Disposition: form-data; name=\"a\rb\"\r\n\r\n1\r\n--B--", 400,
               "control character");
    check_form("/", FILE_PART("a", "x\ry", "1") "--B--", 400, "control character");
}

static void test_malformed_forms(void **state)
{
    struct fake f = { 0 };

    (void)state;
    check_form("/", PART("a", "1"), 400, "ends without its last boundary");
    check_form("/", "a=1", 400, "does not begin with its boundary");
    check_form("/", "--B\r\nContent-Disposition: form-data\r\n\r\n1\r\n--B--", 400,
               "a part without a name");
    check_form("/tight",
               "--B\r\nContent-Disposition: form-data; name=\"a\"\r\nX: "
               "0123456789012345678901234567890123456789012345678901234567890123456789\r\n\r\n"
               "1\r\n--B--",
               400, "the head of a part is too long");
    verb = show_form;
    for (size_t step = 0; step < 8; step += 7) {
        ask(&f, "POST / HTTP/1.1\nContent-Type: multipart/form-data\n", "--B--", step);
        assert_int_equal(f.status, 400);
        assert_has(f.body, "without a boundary");
    }
}

static int ask_for_nothing(gale_handler *self)
{
    return gale_write(self, "ran");
}

static int ask_twice(gale_handler *self)
{
    const char *value;

    gale_get_argument(self, "a", "");
    return gale_require_argument(self, "a", &value);
}

/* Whatever its size, and whether anybody asks. */
static void test_malformed_form_is_400_before_prepare(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = ask_for_nothing;
    for (size_t step = 0; step < 8; step += 7) {
        ask(&f, POST_MULTIPART("/"), PART("a", "1"), step);
        assert_int_equal(f.status, 400);
    }
    ask(&f, POST_MULTIPART("/"), PART("a", "1") "--B--", 0);
    assert_string_equal(f.body, "ran");
    verb = ask_twice;
    ask(&f, POST_FORM, "a=%ff", 0);
    assert_int_equal(f.status, 400);
}

static void test_fallback_gets_the_form_itself(void **state)
{
    struct fake f = { 0 };
    size_t n = sizeof(form) - 1;

    (void)state;
    for (size_t step = 0; step < 8; step += 7) {
        ask(&f, POST_MULTIPART("/fallback"), form, step);
        assert_int_equal(f.body_len, n);
        assert_memory_equal(f.body, form, n);
    }
}

static void test_a3_1_client_gone_leaves_no_file(void **state)
{
    struct fake f = { 0 };
    int before;

    (void)state;
    verb = show_form;
    ask(&f, POST_MULTIPART("/tight"), "--B--", 3);
    before = count_descriptors();
    body_error = GALE_ECLOSED;
    ask(&f, POST_MULTIPART("/tight"),
        FILE_PART("f", "x", "0123456789012345678901234567890123456789"), 10);
    body_error = GALE_EHTTP(413);
    ask(&f, POST_MULTIPART("/tight"),
        FILE_PART("f", "x", "0123456789012345678901234567890123456789"), 10);
    assert_int_equal(f.status, 413);
    body_error = 0;
    assert_int_equal(count_descriptors(), before);
}

/* --- streamed ---------------------------------------------------------------------------- */

static int read_all(gale_handler *self)
{
    gale_str piece;
    int r;

    assert_int_equal(gale_set_max_body_size(self, 1 << 30), 0);
    assert_int_equal(gale_set_max_body_size(self, 0), GALE_EINVAL);
    assert_int_equal(gale_set_body_timeout(self, 7.5), 0);
    assert_int_equal(gale_set_body_timeout(self, -2), GALE_EINVAL);
    while ((r = gale_read_body(self, &piece)) > 0)
        gale_printf(self, "%.*s|", (int)piece.len, piece.ptr);
    if (r >= 0 && self->x->streaming)
        assert_int_equal(gale_set_max_body_size(self, 5), GALE_ESTATE);
    return r;
}

static void test_read_body(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = read_all;
    ask(&f, "PUT /stream HTTP/1.1\n", "0123456789", 4);
    assert_string_equal(f.body, "0123|4567|89|");
    assert_int_equal(f.plan.max_size, 1 << 30);
    assert_true(f.plan.timeout == 7.5);
    ask(&f, "PUT /stream HTTP/1.1\n", "0123456789", 0);
    assert_string_equal(f.body, "0123456789|");
    ask(&f, "PUT /stream HTTP/1.1\n", "", 0);
    assert_string_equal(f.body, "");
    body_error = gale_err(GALE_EHTTP(408), "slow");
    ask(&f, "PUT /stream HTTP/1.1\n", "0123456789", 4);
    assert_int_equal(f.status, 408);
    body_error = 0;
}

static int set_late(gale_handler *self)
{
    assert_int_equal(gale_set_max_body_size(self, 5), GALE_ESTATE);
    assert_int_equal(gale_set_body_timeout(self, 5), GALE_ESTATE);
    return 0;
}

static void test_limits_of_a_body_that_has_come(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = set_late;
    ask(&f, "PUT / HTTP/1.1\n", "0123", 0);
    assert_int_equal(f.status, 200);
}

static int read_parts(gale_handler *self)
{
    const gale_part *part;
    const char *text;
    gale_str piece;
    int r;

    assert_int_equal(gale_read_part(self, &piece), GALE_ESTATE);
    assert_int_equal(gale_save_part(self, "x"), GALE_ESTATE);
    while ((r = gale_next_part(self, &part)) > 0) {
        gale_printf(self, "%s[%s,%s]=", part->name, part->filename ? part->filename : "",
                    part->content_type ? part->content_type : "");
        if (!part->filename) {
            r = gale_read_part_text(self, 8, &text);
            if (r < 0)
                return r;
            gale_printf(self, "'%s';", text);
            assert_int_equal(gale_read_part(self, &piece), 0);
            continue;
        }
        if (strcmp(part->filename, "skipped") == 0)
            continue;
        while ((r = gale_read_part(self, &piece)) > 0)
            gale_write_bytes(self, piece.ptr, piece.len);
        if (r < 0)
            return r;
        gale_write(self, ";");
    }
    if (r == 0)
        assert_int_equal(gale_next_part(self, &part), 0);
    assert_null(gale_get_body_argument(self, "a", NULL));
    return r;
}

static void test_a3_1_parts_of_a_streamed_form(void **state)
{
    static const char parts[] = PART("a", " 1\x01 ") FILE_PART("f", "x.txt", "some content\r\n--")
        FILE_PART("g", "skipped", "...") PART("b", "12345678") "--B--\r\n\r\nepilogue";
    struct fake f = { 0 };

    (void)state;
    verb = read_parts;
    for (size_t step = 0; step < sizeof(parts); step++) {
        ask(&f, POST_MULTIPART("/stream"), parts, step);
        assert_string_equal(f.body, "a[,]=' 1  ';f[x.txt,text/x]=some content\r\n--;"
                                    "g[skipped,text/x]=b[,]='12345678';");
    }
    ask(&f, POST_MULTIPART("/stream"), PART("b", "123456789") "--B--", 5);
    assert_int_equal(f.status, 413);
    assert_has(f.body, "Argument b is too large");
    ask(&f, POST_MULTIPART("/stream"), PART("b", "\xff") "--B--", 5);
    assert_int_equal(f.status, 400);
    ask(&f, POST_MULTIPART("/stream"), PART("b", "1"), 5);
    assert_int_equal(f.status, 400);
    ask(&f, "POST /stream HTTP/1.1\nContent-Type: text/plain\n", "x", 5);
    assert_int_equal(f.status, 415);
    ask(&f, POST_MULTIPART("/stream/tight"),
        PART("a", "") PART("a", "") PART("a", "") PART("a", "") "--B--", 9);
    assert_int_equal(f.status, 400);
}

/* --- files ------------------------------------------------------------------------------- */

static char folder[] = P_tmpdir "/gale-test-XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[200];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void assert_file(const char *name, const char *content)
{
    char text[200] = "";
    int fd = open(in_folder(name), O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_true(read(fd, text, sizeof(text) - 1) >= 0);
    close(fd);
    assert_string_equal(text, content);
}

static int save(gale_handler *self)
{
    const gale_file *small = gale_get_file(self, "s", 0), *large = gale_get_file(self, "l", 0);
    int r = gale_file_save(self, small, in_folder("small"));

    assert_true(small->fd < 0 && large->fd >= 0);
    if (r >= 0)
        r = gale_file_save(self, large, in_folder("large"));
    if (r >= 0)
        r = gale_file_save(self, small, in_folder("large.2"));
    if (r >= 0)
        r = gale_file_save(self, large, in_folder("large.2")); /* replaces */
    assert_int_equal(gale_file_save(self, large, in_folder("no/such")), -ENOENT);
    assert_int_equal(rmdir(folder), -1); /* not empty */
    return r;
}

static int save_parts(gale_handler *self)
{
    const gale_part *part;
    int64_t n = 0;
    int r;

    while ((r = gale_next_part(self, &part)) > 0 && n >= 0) {
        n = gale_save_part(self, in_folder(part->name));
        gale_printf(self, "%s %lld;", part->name, (long long)n);
    }
    return n < 0 ? (int)n : r;
}

static void test_save(void **state)
{
    struct fake f = { 0 };

    (void)state;
    assert_non_null(mkdtemp(folder));
    verb = save;
    ask(&f, POST_MULTIPART("/tight"),
        FILE_PART("s", "s", "little")
            FILE_PART("l", "l", "0123456789 0123456789 0123456789") "--B--",
        11);
    assert_int_equal(f.status, 200);
    assert_file("small", "little");
    assert_file("large", "0123456789 0123456789 0123456789");
    assert_file("large.2", "0123456789 0123456789 0123456789");
    verb = save_parts;
    ask(&f, POST_MULTIPART("/stream"),
        FILE_PART("small", "s", "another") FILE_PART("empty", "l", "")
            PART("field", "text") "--B--",
        11);
    assert_string_equal(f.body, "small 7;empty 0;field 4;");
    assert_file("small", "another");
    assert_file("empty", "");
    assert_file("field", "text");
    /* A client that goes leaves what was there, and nothing beside it. */
    body_error = GALE_ECLOSED;
    ask(&f, POST_MULTIPART("/stream"), FILE_PART("small", "s", "never whole"), 11);
    body_error = 0;
    assert_file("small", "another");
    assert_int_equal(unlink(in_folder("small")) | unlink(in_folder("large")) |
                         unlink(in_folder("large.2")) | unlink(in_folder("empty")) |
                         unlink(in_folder("field")) | rmdir(folder),
                     0);
}

static int show_safe_name(gale_handler *self)
{
    return gale_write(self, gale_file_safe_name(self, gale_get_file(self, "f", 0)));
}

static void test_safe_name(void **state)
{
    static const char *const names[][2] = {
        { "x.txt", "x.txt" },
        { "../../etc/passwd", "passwd" },
        { "C:\\\\dir\\\\x.txt", "x.txt" },
        { "..", "file" },
        { "...hidden", "hidden" },
        { "a/", "file" },
        { ".\t.x", "x" },
        { "\xc3\xa9 b.txt", "\xc3\xa9 b.txt" },
        { "a\tb", "ab" },
    };
    struct fake f = { 0 };
    char body[300];

    (void)state;
    verb = show_safe_name;
    for (size_t i = 0; i < N_OF(names); i++) {
        snprintf(body, sizeof(body), FILE_PART("f", "%s", "") "--B--", names[i][0]);
        ask(&f, POST_MULTIPART("/"), body, 0);
        assert_string_equal(f.body, names[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        input_test(test_form_in_memory),
        input_test(test_form_in_pieces),
        input_test(test_b28_parts_beyond_the_limit),
        input_test(test_b30_controls_in_heads),
        input_test(test_malformed_forms),
        input_test(test_malformed_form_is_400_before_prepare),
        input_test(test_fallback_gets_the_form_itself),
        input_test(test_a3_1_client_gone_leaves_no_file),
        input_test(test_read_body),
        input_test(test_limits_of_a_body_that_has_come),
        input_test(test_a3_1_parts_of_a_streamed_form),
        input_test(test_save),
        input_test(test_safe_name),
    };

    return cmocka_run_group_tests(tests, NULL, fake_finish_loop);
}
