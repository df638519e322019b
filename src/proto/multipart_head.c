/* multipart_head.c - see multipart_head.h. What could be read in two ways is refused. */
/* SPDX-License-Identifier: MIT */
#include "proto/multipart_head.h"

#include <gale/error.h>

#include "base/str.h"
#include "base/utf8.h"
#include "proto/char_class.h"
#include "proto/params.h"

struct fields {
    gale_str disposition, type, encoding; /* ptr NULL: not there */
};

static int refuse(const char *what)
{
    return gale_err(GALE_EPROTO, "multipart form: %s", what);
}

static bool is_all(gale_str s, unsigned class)
{
    for (size_t i = 0; i < s.len; i++)
        if (!GALE__CHAR_IS(s.ptr[i], class))
            return false;
    return true;
}

static gale_str *place_of(struct fields *fields, gale_str name)
{
    if (gale__str_equal_nocase(name, GALE__STR("content-disposition")))
        return &fields->disposition;
    if (gale__str_equal_nocase(name, GALE__STR("content-type")))
        return &fields->type;
    return gale__str_equal_nocase(name, GALE__STR("content-transfer-encoding")) ? &fields->encoding
                                                                                : NULL;
}

static int take_field(gale_str line, struct fields *fields)
{
    size_t colon = gale__str_find(line, ':');
    gale_str name = gale__str_head(line, colon);
    gale_str value = gale__str_trim(gale__str_skip(line, colon + 1));
    gale_str *place = place_of(fields, name);

    if (!is_all(line, GALE__CHAR_VALUE))
        return refuse("the head of a part has a control character");
    if (colon == line.len || colon == 0 || !is_all(name, GALE__CHAR_TOKEN))
        return refuse("the head of a part has a line that is no field");
    if (!place)
        return 0;
    if (place->ptr)
        return refuse("a part has a field twice");
    *place = value;
    return 0;
}

static int take_fields(gale_str head, struct fields *fields)
{
    int r = 0;

    while (head.len && r >= 0) {
        const char *end = memmem(head.ptr, head.len, "\r\n", 2);
        gale_str line = gale__str_head(head, end ? (size_t)(end - head.ptr) : head.len);

        head = gale__str_skip(head, line.len + 2);
        r = take_field(line, fields);
    }
    return r;
}

/* A parameter of the disposition; an extended one beats the plain one of its name. */
struct text {
    gale_str value; /* ptr NULL: not there */
    bool has_plain, has_extended;
};

static int take_param(const struct gale__param *param, struct text *text)
{
    bool *seen = param->is_extended ? &text->has_extended : &text->has_plain;

    if (*seen)
        return refuse("a part's Content-Disposition has a parameter twice");
    if (!param->value.ptr)
        return refuse("a part's Content-Disposition has a parameter without a value");
    if (!param->is_quoted && gale__str_find(param->value, '"') < param->value.len &&
        !param->is_extended)
        return refuse("a part's Content-Disposition has a misplaced quote");
    if (param->is_extended || !text->has_extended)
        text->value = param->value;
    *seen = true;
    return 0;
}

static bool is_text(gale_str s)
{
    return is_all(s, GALE__CHAR_VALUE) && gale__utf8_valid(s.ptr, s.len);
}

static int take_disposition(gale_str field, char *buffer, struct text *name, struct text *filename)
{
    const char *cursor = NULL;
    struct gale__param param;
    int r = gale__param_next(field, &cursor, &buffer, &param);

    if (r < 0 || !gale__str_equal(param.key, GALE__STR("form-data")))
        return refuse("a part whose Content-Disposition is not form-data");
    while ((r = gale__param_next(field, &cursor, &buffer, &param)) > 0) {
        if (gale__str_equal(param.key, GALE__STR("name")))
            r = take_param(&param, name);
        else if (gale__str_equal(param.key, GALE__STR("filename")))
            r = take_param(&param, filename);
        if (r < 0)
            return r;
    }
    if (r < 0)
        return refuse("a part whose Content-Disposition is malformed");
    if (!name->value.len)
        return refuse("a part without a name");
    if (!is_text(name->value) || !is_text(filename->value))
        return refuse("a part whose name or filename is no text in UTF-8");
    return 0;
}

/* Old mail clients' codings would have to be undone; what browsers send is as it is. */
static bool is_identity(gale_str encoding)
{
    return !encoding.ptr || gale__str_equal_nocase(encoding, GALE__STR("binary")) ||
           gale__str_equal_nocase(encoding, GALE__STR("8bit")) ||
           gale__str_equal_nocase(encoding, GALE__STR("7bit"));
}

/* A copy in text, where there is room, with a NUL after it. */
static gale_str put(struct gale__buf *text, gale_str s)
{
    gale_str out = { text->ptr + text->len, s.len };

    if (!s.ptr)
        return s;
    gale__buf_append_str(text, s);
    gale__buf_append_char(text, 0);
    return out;
}

int gale__multipart_head(struct gale__buf *text, gale_str head, struct gale__multipart_part *part)
{
    struct fields fields = { .type = { NULL, 0 } };
    struct text name = { .has_plain = false }, filename = { .has_plain = false };
    int r = take_fields(head, &fields);

    if (r >= 0 && !fields.disposition.ptr)
        r = refuse("a part without Content-Disposition");
    if (r >= 0 && !is_identity(fields.encoding))
        r = refuse("a part with a Content-Transfer-Encoding");
    gale__buf_reset(text);
    /* Behind the texts, the memory that they are decoded in. */
    if (r >= 0)
        r = gale__buf_reserve(text, 2 * head.len + 3);
    if (r >= 0)
        r = take_disposition(fields.disposition, text->ptr + head.len + 3, &name, &filename);
    if (r >= 0 && fields.type.ptr && !is_text(fields.type))
        r = refuse("a part whose Content-Type is no text in UTF-8");
    if (r < 0)
        return r;
    if (!filename.value.len)
        filename.value.ptr = NULL;
    part->name = put(text, name.value);
    part->filename = put(text, filename.value);
    part->content_type = put(text, fields.type);
    return 0;
}
