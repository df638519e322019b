/* cookie_file.c - a jar from and to Netscape's cookie file, as curl and browsers' tools write it.
 *
 * A line is domain, whether hosts below it count, path, whether https only, expiry (0: with the
 * session), name and value, with a tab between each. "#HttpOnly_" before a domain says so; other
 * lines that begin with '#' are comments.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/str.h"
#include "http/cookie_jar.h"

enum { MAX_FILE = 16 * 1024 * 1024, PIECE = 16384, MAX_DOMAIN = 255 };

/* --- reading --- */

static int read_all(int fd, struct gale__buf *out)
{
    for (;;) {
        ssize_t n;

        if (gale__buf_reserve(out, PIECE) < 0)
            return out->error;
        n = read(fd, out->ptr + out->len, PIECE);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : 0;
        out->len += (size_t)n;
    }
}

static bool is_word(gale_str s, const char *word)
{
    return gale__str_equal_nocase(s, gale__str(word));
}

static bool take_fields(gale_str line, gale_str fields[7])
{
    int n = 0;

    while (n < 7 && gale__str_split(&line, '\t', &fields[n]))
        n++;
    return (n == 7 && !line.ptr) || n == 6; /* without a value, as some write */
}

static bool has_control(gale_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 0x7f)
            return true;
    return false;
}

static bool is_usable(const struct gale__jar_cookie *c)
{
    return c->domain.len && c->domain.len <= MAX_DOMAIN && c->path.len && c->path.ptr[0] == '/' &&
           c->path.len <= GALE__COOKIE_ATTRIBUTE_MAX && (c->name.len || c->value.len) &&
           c->name.len + c->value.len <= GALE__COOKIE_MAX && !has_control(c->domain) &&
           !has_control(c->path) && !has_control(c->name) && !has_control(c->value) &&
           gale__str_find(c->name, ';') == c->name.len &&
           gale__str_find(c->value, ';') == c->value.len;
}

static bool read_line(gale_str line, struct gale__jar_cookie *out, char domain[MAX_DOMAIN])
{
    gale_str fields[7] = { { 0 } };
    int64_t expires;

    *out = (struct gale__jar_cookie){ 0 };
    if (gale__str_starts_with(line, GALE__STR("#HttpOnly_"))) {
        out->http_only = true;
        line = gale__str_skip(line, 10);
    }
    if (!take_fields(line, fields) || !gale__str_to_int64(fields[4], &expires))
        return false;
    out->domain = gale__str_skip(fields[0], fields[0].len && fields[0].ptr[0] == '.');
    out->host_only = !is_word(fields[1], "TRUE");
    out->path = fields[2];
    out->secure = is_word(fields[3], "TRUE");
    out->expires = expires ? (double)expires : INFINITY;
    out->name = fields[5];
    out->value = fields[6];
    if (!is_usable(out))
        return false;
    for (size_t i = 0; i < out->domain.len; i++)
        domain[i] = gale__lower(out->domain.ptr[i]);
    out->domain.ptr = domain;
    return true;
}

static bool is_comment(gale_str line)
{
    return !line.len ||
           (line.ptr[0] == '#' && !gale__str_starts_with(line, GALE__STR("#HttpOnly_")));
}

static int read_lines(gale_cookie_jar *jar, gale_str text, const char *path)
{
    char domain[MAX_DOMAIN];
    struct gale__jar_cookie cookie;
    gale_str line;
    int r = 0;

    for (int n = 1; r >= 0 && gale__str_split(&text, '\n', &line); n++) {
        if (line.len && line.ptr[line.len - 1] == '\r')
            line.len--;
        if (is_comment(line))
            continue;
        if (!read_line(line, &cookie, domain))
            return gale_err(GALE_EINVAL, "%s:%d: no line of a cookie file", path, n);
        r = gale__cookie_jar_keep(jar, &cookie);
    }
    return r;
}

int gale_cookie_jar_load(gale_cookie_jar *jar, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), r;
    struct gale__buf text;

    if (fd < 0)
        return gale_err(-errno, "%s: cannot be opened", path);
    gale__buf_init(&text, MAX_FILE);
    r = read_all(fd, &text);
    close(fd);
    if (r < 0)
        r = gale_err(r, "%s: cannot be read, or is larger than %d bytes", path, MAX_FILE);
    else
        r = read_lines(jar, gale__buf_str(&text), path);
    gale__buf_deinit(&text);
    return r;
}

/* --- writing --- */

static void write_cookie(const struct gale__jar_cookie *c, struct gale__buf *out)
{
    gale__buf_append_cstr(out, c->http_only ? "#HttpOnly_" : "");
    gale__buf_append_cstr(out, c->host_only ? "" : ".");
    gale__buf_append_str(out, c->domain);
    gale__buf_append_cstr(out, c->host_only ? "\tFALSE\t" : "\tTRUE\t");
    gale__buf_append_str(out, c->path);
    gale__buf_printf(out, "\t%s\t%lld\t", c->secure ? "TRUE" : "FALSE",
                     isinf(c->expires) ? 0LL : (long long)ceil(c->expires));
    gale__buf_append_str(out, c->name);
    gale__buf_append_char(out, '\t');
    gale__buf_append_str(out, c->value);
    gale__buf_append_char(out, '\n');
}

static void write_cookies(const gale_cookie_jar *jar, struct gale__buf *out)
{
    double now = gale__cookie_jar_now(jar);

    gale__buf_append_cstr(out, "# Netscape HTTP Cookie File\n\n");
    for (struct gale__list *l = jar->cookies.next; l != &jar->cookies; l = l->next) {
        const struct gale__jar_cookie *c = GALE_CONTAINER_OF(l, struct gale__jar_cookie, link);

        if (c->expires > now)
            write_cookie(c, out);
    }
}

static int write_all(int fd, gale_str text)
{
    while (text.len) {
        ssize_t n = write(fd, text.ptr, text.len);

        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0)
            text = gale__str_skip(text, (size_t)n);
    }
    return 0;
}

/* Beside it first, so that a reader sees the old one or the new one; for the owner's eyes alone. */
static int replace(const char *path, char *beside, gale_str text)
{
    int fd = mkostemp(beside, O_CLOEXEC), r;

    if (fd < 0)
        return -errno;
    r = write_all(fd, text);
    if (close(fd) < 0 && r >= 0)
        r = -errno;
    if (r >= 0 && rename(beside, path) < 0)
        r = -errno;
    if (r < 0)
        unlink(beside);
    return r;
}

int gale_cookie_jar_save(gale_cookie_jar *jar, const char *path)
{
    struct gale__buf text, beside;
    int r;

    gale__buf_init(&text, SIZE_MAX / 4);
    gale__buf_init(&beside, SIZE_MAX / 4);
    write_cookies(jar, &text);
    gale__buf_append_cstr(&beside, path);
    gale__buf_append(&beside, ".XXXXXX", sizeof(".XXXXXX"));
    r = text.error ? text.error : beside.error;
    if (r >= 0)
        r = replace(path, beside.ptr, gale__buf_str(&text));
    if (r < 0)
        r = gale_err(r, "%s: cannot be written", path);
    gale__buf_deinit(&text);
    gale__buf_deinit(&beside);
    return r;
}
