/* multipart.c - see multipart.h.
 *
 * A delimiter begins with the only CR it has, so when a match breaks off nothing of it can begin
 * another one: the bytes matched so far are content, and the search goes on where it is.
 */
/* SPDX-License-Identifier: MIT */
#include "proto/multipart.h"

#include <gale/error.h>

#include "base/str.h"
#include "proto/params.h"

enum state {
    START,        /* nothing has come: the first boundary may do without its CRLF */
    CONTENT,      /* of a part, or matching the delimiter */
    AFTER,        /* a delimiter: "--", or blanks and CRLF */
    AFTER_DASH,   /* ... and one "-" */
    PADDING,      /* ... and blanks */
    PADDING_CR,   /* ... and CR */
    HEAD,         /* of a part */
    LAST,         /* the last boundary: blanks and CRLF, or the end */
    LAST_PADDING, /* ... and blanks */
    LAST_CR,      /* ... and CR */
    EPILOGUE,
};

enum { HEAD_STEP = 256 }; /* bytes of a head copied at once, so that content rarely is */

static bool is_boundary(gale_str s)
{
    static const char allowed[] = "'()+_,-./:=? ";

    if (s.len == 0 || s.len > GALE__BOUNDARY_MAX || s.ptr[s.len - 1] == ' ')
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = gale__lower(s.ptr[i]);

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && (!c || !strchr(allowed, c)))
            return false;
    }
    return true;
}

int gale__multipart_boundary(gale_str content_type, char *buffer, gale_str *boundary)
{
    const char *cursor = NULL;
    struct gale__param param;
    gale_str found = { NULL, 0 };
    int r = gale__param_next(content_type, &cursor, &buffer, &param);

    if (r < 0 || !gale__str_equal(param.key, GALE__STR("multipart/form-data")))
        return 0;
    while ((r = gale__param_next(content_type, &cursor, &buffer, &param)) > 0) {
        if (!gale__str_equal(param.key, GALE__STR("boundary")))
            continue;
        if (found.ptr)
            return gale_err(GALE_EPROTO, "multipart/form-data with two boundaries");
        found = param.value.ptr ? param.value : GALE__STR("");
    }
    if (r < 0 || !found.ptr)
        return gale_err(GALE_EPROTO, "multipart/form-data without a boundary");
    if (!is_boundary(found))
        return gale_err(GALE_EPROTO, "multipart/form-data with an invalid boundary");
    *boundary = found;
    return 1;
}

void gale__multipart_init(struct gale__multipart *m, gale_str boundary, int64_t max_parts,
                          size_t max_head)
{
    *m = (struct gale__multipart){ .state = START, .max_parts = max_parts };
    memcpy(m->delimiter, "\r\n--", 4);
    memcpy(m->delimiter + 4, boundary.ptr, boundary.len);
    m->delimiter_len = boundary.len + 4;
    gale__buf_init(&m->head, max_head);
    gale__buf_init(&m->text, SIZE_MAX);
}

void gale__multipart_deinit(struct gale__multipart *m)
{
    gale__buf_deinit(&m->head);
    gale__buf_deinit(&m->text);
}

static int fail(struct gale__multipart *m, int code, const char *what)
{
    m->error = gale_err(code, "multipart form: %s", what);
    return m->error;
}

/* Where the part of the delimiter begins that [p, end) ends with; end when it ends with none. */
static const char *find_partial(const struct gale__multipart *m, const char *p, const char *end)
{
    size_t n = (size_t)(end - p);
    size_t tail = n < m->delimiter_len ? n : m->delimiter_len - 1;
    const char *cr = tail ? memrchr(end - tail, '\r', tail) : NULL;

    return cr && memcmp(cr, m->delimiter, (size_t)(end - cr)) == 0 ? cr : end;
}

/* Content without a match under way: what can be given of it, else the delimiter. */
static int search(struct gale__multipart *m, const char **p, const char *end, gale_str *data)
{
    const char *start = *p;
    size_t n = (size_t)(end - start);
    const char *hit = memmem(start, n, m->delimiter, m->delimiter_len);
    const char *stop = hit ? hit : find_partial(m, start, end);

    *p = hit ? hit + m->delimiter_len : end;
    m->matched = hit ? m->delimiter_len : (size_t)(end - stop);
    if (stop == start)
        return GALE__MULTIPART_MORE;
    *data = (gale_str){ start, (size_t)(stop - start) };
    return GALE__MULTIPART_DATA;
}

/* A match under way. When it breaks off, what it has of content is given. */
static int go_on_matching(struct gale__multipart *m, const char **p, const char *end,
                          gale_str *data)
{
    size_t n = m->matched, foreign = m->foreign;

    while (*p < end && n < m->delimiter_len && **p == m->delimiter[n]) {
        ++*p;
        n++;
    }
    m->matched = n;
    if (*p == end || n == m->delimiter_len)
        return GALE__MULTIPART_MORE;
    m->matched = m->foreign = 0;
    if (n == foreign)
        return GALE__MULTIPART_MORE;
    *data = (gale_str){ m->delimiter + foreign, n - foreign };
    return GALE__MULTIPART_DATA;
}

static int content(struct gale__multipart *m, const char **p, const char *end, gale_str *data)
{
    int r;

    if (m->matched < m->delimiter_len) {
        r = m->matched ? go_on_matching(m, p, end, data) : search(m, p, end, data);
        if (r != GALE__MULTIPART_MORE)
            return r;
    }
    if (m->matched < m->delimiter_len)
        return GALE__MULTIPART_MORE;
    m->matched = m->foreign = 0;
    m->state = AFTER;
    return GALE__MULTIPART_PART_END;
}

/* "--boundary", or CRLF before it. */
static int start(struct gale__multipart *m, const char **p, const char *end)
{
    gale_str data;

    if (*p == end)
        return GALE__MULTIPART_MORE;
    if (m->matched == 0)
        m->matched = **p == '-' ? 2 : 0;
    (void)go_on_matching(m, p, end, &data);
    if (m->matched == m->delimiter_len) {
        m->matched = 0;
        m->state = AFTER;
    } else if (*p < end) {
        return fail(m, GALE_EPROTO, "it does not begin with its boundary");
    }
    return GALE__MULTIPART_MORE;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static int begin_head(struct gale__multipart *m)
{
    if (m->n_parts >= m->max_parts)
        return fail(m, GALE_ETOOBIG, "more parts than allowed");
    m->n_parts++;
    gale__buf_reset(&m->head);
    m->state = HEAD;
    return GALE__MULTIPART_MORE;
}

/* One byte of what follows a delimiter. */
static int after(struct gale__multipart *m, char c)
{
    bool is_last = m->state >= LAST;
    int padding = is_last ? LAST_PADDING : PADDING;
    int cr = is_last ? LAST_CR : PADDING_CR;

    if (m->state == cr && c == '\n') {
        m->state = EPILOGUE;
        return is_last ? GALE__MULTIPART_MORE : begin_head(m);
    }
    if (m->state == AFTER_DASH && c == '-')
        m->state = LAST;
    else if (m->state == AFTER && c == '-')
        m->state = AFTER_DASH;
    else if (m->state != cr && m->state != AFTER_DASH && is_blank(c))
        m->state = padding;
    else if (m->state != cr && m->state != AFTER_DASH && c == '\r')
        m->state = cr;
    else
        return fail(m, GALE_EPROTO, "a boundary with something behind it");
    return GALE__MULTIPART_MORE;
}

/* The index after the empty line that ends the head; 0: not there yet. */
static size_t find_head_end(const struct gale__multipart *m, size_t from)
{
    const char *hit;

    if (m->head.len >= 2 && memcmp(m->head.ptr, "\r\n", 2) == 0)
        return 2;
    from = from > 3 ? from - 3 : 0;
    hit = m->head.len ? memmem(m->head.ptr + from, m->head.len - from, "\r\n\r\n", 4) : NULL;
    return hit ? (size_t)(hit - m->head.ptr) + 4 : 0;
}

static int head(struct gale__multipart *m, const char **p, const char *end)
{
    while (*p < end) {
        size_t before = m->head.len, room = m->head.max - before, done;
        size_t n = (size_t)(end - *p) < HEAD_STEP ? (size_t)(end - *p) : HEAD_STEP;

        if (room == 0)
            return fail(m, GALE_ETOOBIG, "the head of a part is too long");
        n = n < room ? n : room;
        if (gale__buf_append(&m->head, *p, n) < 0)
            return m->error = m->head.error;
        done = find_head_end(m, before);
        *p += done ? done - before : n;
        if (!done)
            continue;
        m->error = gale__multipart_head(&m->text, (gale_str){ m->head.ptr, done - 2 }, &m->part);
        m->state = CONTENT;
        /* An empty part's delimiter begins with the CRLF that ends its head. */
        m->matched = m->foreign = 2;
        return m->error < 0 ? m->error : GALE__MULTIPART_PART;
    }
    return GALE__MULTIPART_MORE;
}

static int step(struct gale__multipart *m, const char **p, const char *end, gale_str *data)
{
    switch (m->state) {
    case START:
        return start(m, p, end);
    case CONTENT:
        return content(m, p, end, data);
    case HEAD:
        return head(m, p, end);
    case EPILOGUE:
        *p = end;
        return GALE__MULTIPART_END;
    default:
        return *p < end ? after(m, *(*p)++) : GALE__MULTIPART_MORE;
    }
}

int gale__multipart_next(struct gale__multipart *m, const char **p, const char *end, gale_str *data)
{
    int r = m->error;

    do
        r = r < 0 ? r : step(m, p, end, data);
    while (r == GALE__MULTIPART_MORE && *p < end);
    return r;
}

int gale__multipart_finish(struct gale__multipart *m)
{
    if (m->error < 0)
        return m->error;
    if (m->state >= LAST)
        return 0;
    return fail(m, GALE_EPROTO, "it ends without its last boundary");
}
