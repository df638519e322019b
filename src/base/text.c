/* text.c - the forms of gale/escape.h that write to the caller's memory. */
/* SPDX-License-Identifier: MIT */
#include <gale/escape.h>

#include "base/escape.h"
#include "base/str.h"

size_t gale_xhtml_escape_into(const char *text, char *out, size_t size)
{
    struct gale__buf buf;

    gale__buf_init(&buf, SIZE_MAX / 8);
    (void)gale__xhtml_escape(&buf, gale__str(text));
    return gale__buf_give(&buf, out, size);
}

size_t gale_xhtml_unescape_into(const char *text, char *out, size_t size)
{
    struct gale__buf buf;

    gale__buf_init(&buf, SIZE_MAX / 8);
    (void)gale__xhtml_unescape(&buf, gale__str(text));
    return gale__buf_give(&buf, out, size);
}

size_t gale_url_escape_into(const char *text, bool is_plus, char *out, size_t size)
{
    struct gale__buf buf;

    gale__buf_init(&buf, SIZE_MAX / 8);
    (void)gale__url_escape(&buf, gale__str(text), is_plus);
    return gale__buf_give(&buf, out, size);
}

size_t gale_url_unescape_into(const char *text, bool is_plus, char *out, size_t size)
{
    struct gale__buf buf;

    gale__buf_init(&buf, SIZE_MAX / 8);
    (void)gale__url_unescape(&buf, gale__str(text), is_plus);
    return gale__buf_give(&buf, out, size);
}

size_t gale_squeeze_into(const char *text, char *out, size_t size)
{
    struct gale__buf buf;

    gale__buf_init(&buf, SIZE_MAX / 8);
    (void)gale__squeeze(&buf, gale__str(text));
    return gale__buf_give(&buf, out, size);
}

size_t gale_linkify_into(const char *text, const gale_linkify_options *options, char *out,
                         size_t size)
{
    struct gale__buf buf;

    gale__buf_init(&buf, SIZE_MAX / 8);
    (void)gale__linkify(&buf, gale__str(text), options);
    return gale__buf_give(&buf, out, size);
}
