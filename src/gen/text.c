/* text.c - the forms of gale/escape.h that give memory of the present scope. */
/* SPDX-License-Identifier: MIT */
#include <gale/escape.h>
#include <gale/gen.h>

#include <errno.h>
#include <string.h>

#include "base/escape.h"
#include "base/json.h"
#include "base/str.h"

/* Moves a result to the scope; frees the buffer. NULL with the detail when that cannot be. */
static const char *keep(struct gale__buf *buf, const char *what)
{
    char *text = buf->error ? NULL : gale_scope_alloc(buf->len + 1);

    if (text) {
        if (buf->len)
            memcpy(text, buf->ptr, buf->len);
        text[buf->len] = 0;
    } else {
        gale_err(-ENOMEM, "%s: no memory, or not in a coroutine", what);
    }
    gale__buf_deinit(buf);
    return text;
}

const char *gale_xhtml_escape(const char *text)
{
    struct gale__buf buf;

    gale__buf_init(&buf, SIZE_MAX / 8);
    (void)gale__xhtml_escape(&buf, gale__str(text));
    return keep(&buf, "gale_xhtml_escape");
}

const char *gale_xhtml_unescape(const char *text)
{
    struct gale__buf buf;

    gale__buf_init(&buf, SIZE_MAX / 8);
    (void)gale__xhtml_unescape(&buf, gale__str(text));
    return keep(&buf, "gale_xhtml_unescape");
}

static const char *url_escape(const char *text, bool is_plus)
{
    struct gale__buf buf;

    gale__buf_init(&buf, SIZE_MAX / 8);
    (void)gale__url_escape(&buf, gale__str(text), is_plus);
    return keep(&buf, "gale_url_escape");
}

const char *gale_url_escape(const char *text)
{
    return url_escape(text, true);
}

const char *gale_url_escape_path(const char *text)
{
    return url_escape(text, false);
}

static const char *url_unescape(const char *text, bool is_plus)
{
    struct gale__buf bytes, buf;

    gale__buf_init(&bytes, SIZE_MAX / 8);
    gale__buf_init(&buf, SIZE_MAX / 8);
    if (gale__url_unescape(&bytes, gale__str(text), is_plus) < 0)
        buf.error = bytes.error;
    else
        (void)gale__utf8_repair(&buf, gale__buf_str(&bytes));
    gale__buf_deinit(&bytes);
    return keep(&buf, "gale_url_unescape");
}

const char *gale_url_unescape(const char *text)
{
    return url_unescape(text, true);
}

const char *gale_url_unescape_path(const char *text)
{
    return url_unescape(text, false);
}

const char *gale_squeeze(const char *text)
{
    struct gale__buf buf;

    gale__buf_init(&buf, SIZE_MAX / 8);
    (void)gale__squeeze(&buf, gale__str(text));
    return keep(&buf, "gale_squeeze");
}

const char *gale_json_encode(const struct json_t *value)
{
    struct gale__buf buf;

    gale__buf_init(&buf, SIZE_MAX / 8);
    if (gale__json_dump(value, &buf) >= 0)
        return keep(&buf, "gale_json_encode");
    gale__buf_deinit(&buf);
    return NULL;
}

const char *gale_linkify(const char *text, const gale_linkify_options *options)
{
    struct gale__buf buf;

    gale__buf_init(&buf, SIZE_MAX / 8);
    (void)gale__linkify(&buf, gale__str(text), options);
    return keep(&buf, "gale_linkify");
}
