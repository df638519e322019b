/* mo.c - catalogues of gettext: GNU's .mo files, revision 0, of either byte order.
 *
 * A header, two tables of (length, offset) and the texts they point to; a hostile file may point
 * anywhere. Texts are copied as UTF-8 into one buffer, which may grow to a few times the size of
 * the file, so tables that point to one text again and again come to an end; then the maps are
 * filled, when the buffer moves no more.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gale/error.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "locale/catalogue.h"

enum {
    HEADER = 20,
    ENTRY = 8,
    MAX_FORMS = 100,
    GROWTH = 4, /* times the size of the file, at most, as UTF-8 */
};

struct file {
    gale_str data;
    bool is_big;
    uint32_t n, ids, texts; /* how many messages; offsets of the two tables */
    struct gale__charset charset;
};

/* What a message became in the buffer. */
struct message {
    size_t id, id_len, text;
    bool is_plural;
};

static uint32_t number_at(const struct file *file, size_t offset)
{
    uint8_t b[4];

    memcpy(b, file->data.ptr + offset, 4);
    if (file->is_big)
        return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

/* A table of n entries lies inside of the file. */
static bool has_table(const struct file *file, uint32_t offset)
{
    return offset <= file->data.len && (file->data.len - offset) / ENTRY >= file->n;
}

static int open_file(struct file *file)
{
    if (file->data.len < HEADER)
        return gale_err(GALE_EINVAL, "not a .mo file: %zu bytes", file->data.len);
    file->is_big = file->data.ptr[0] == (char)0x95;
    if (number_at(file, 0) != 0x950412de)
        return gale_err(GALE_EINVAL, "not a .mo file: its first bytes are others");
    if (number_at(file, 4) >> 16 > 1)
        return gale_err(GALE_EINVAL, ".mo file of the unknown revision %u",
                        (unsigned)(number_at(file, 4) >> 16));
    file->n = number_at(file, 8);
    file->ids = number_at(file, 12);
    file->texts = number_at(file, 16);
    if (!has_table(file, file->ids) || !has_table(file, file->texts))
        return gale_err(GALE_EINVAL, "broken .mo file: a table reaches beyond its end");
    return 0;
}

/* The text of an entry, which has a byte after it. */
static int text_at(const struct file *file, uint32_t table, uint32_t i, gale_str *out)
{
    size_t len = number_at(file, table + (size_t)i * ENTRY);
    size_t offset = number_at(file, table + (size_t)i * ENTRY + 4);

    if (offset >= file->data.len || len >= file->data.len - offset)
        return gale_err(GALE_EINVAL, "broken .mo file: text %u reaches beyond its end",
                        (unsigned)i);
    *out = (gale_str){ file->data.ptr + offset, len };
    return 0;
}

/* Whether a field begins here: "Name:". Other lines belong to the one before, whatever colons they
 * have ("plural=n==1 ? 0 : 1;"). */
static bool is_field(gale_str s)
{
    size_t n = 0;

    while (n < s.len &&
           ((gale__lower(s.ptr[n]) >= 'a' && gale__lower(s.ptr[n]) <= 'z') || s.ptr[n] == '-'))
        n++;
    return n && n < s.len && s.ptr[n] == ':';
}

/* The value of a field of the header entry ("Content-Type") with the lines it goes on in, empty
 * when there is none. */
static gale_str field(gale_str header, gale_str name)
{
    const char *end = header.ptr + header.len;
    gale_str line, next;

    while (gale__str_split(&header, '\n', &line)) {
        size_t colon = gale__str_find(line, ':');

        if (!gale__str_equal_nocase(gale__str_trim(gale__str_head(line, colon)), name))
            continue;
        while (header.len && !is_field(header))
            gale__str_split(&header, '\n', &next);
        line.len = (size_t)((header.len ? header.ptr : end) - line.ptr);
        return gale__str_trim_lines(gale__str_skip(line, colon + 1));
    }
    return GALE__STR("");
}

/* What follows "name=" up to a semicolon. */
static gale_str parameter(gale_str value, gale_str name)
{
    gale_str part;

    while (gale__str_split(&value, ';', &part)) {
        part = gale__str_trim_lines(part);
        if (gale__str_starts_with(part, name))
            return gale__str_trim(gale__str_skip(part, name.len));
    }
    return GALE__STR("");
}

/* The charset and the rule of the plural forms, out of the entry with the empty message. */
static int read_header(struct file *file, struct gale__catalogue *catalogue, gale_str header)
{
    gale_str charset = parameter(field(header, GALE__STR("content-type")), GALE__STR("charset="));
    gale_str plural = parameter(field(header, GALE__STR("plural-forms")), GALE__STR("plural="));
    int r = 0;

    /* "CHARSET" is what a template says where nobody has filled it in. */
    if (charset.len && !gale__str_equal(charset, GALE__STR("CHARSET")))
        r = gale__charset_open(&file->charset, charset);
    if (r >= 0 && plural.len && !gale__str_equal(plural, GALE__STR("EXPRESSION")))
        r = gale__plural_compile(&catalogue->rule, plural);
    return r;
}

static int find_header(struct file *file, struct gale__catalogue *catalogue)
{
    gale_str id, text;
    int r;

    for (uint32_t i = 0; i < file->n; i++) {
        r = text_at(file, file->ids, i, &id);
        if (r >= 0)
            r = text_at(file, file->texts, i, &text);
        if (r < 0)
            return r;
        if (!id.len)
            return read_header(file, catalogue, text);
    }
    return 0;
}

static size_t count_nuls(gale_str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += !s.ptr[i];
    return n;
}

/* Copies a message and its text, each with a NUL behind; before forms comes their number. */
static int copy_message(const struct file *file, gale_str id, gale_str text, struct gale__buf *buf,
                        struct message *m)
{
    size_t nul = gale__str_find(id, 0), n_forms = count_nuls(text) + 1;
    int r;

    m->is_plural = nul < id.len;
    if (m->is_plural ? n_forms > MAX_FORMS : n_forms > 1)
        return gale_err(GALE_EINVAL, "broken .mo file: %zu forms of a text", n_forms);
    m->id = buf->len;
    r = gale__charset_decode(&file->charset, gale__str_head(id, nul), buf);
    m->id_len = buf->len - m->id;
    (void)gale__buf_append_char(buf, 0);
    m->text = buf->len;
    if (m->is_plural)
        (void)gale__buf_append_char(buf, (char)n_forms);
    for (size_t i = 0; i < n_forms && r >= 0; i++) {
        gale_str form = gale__str_head(text, gale__str_find(text, 0));

        r = gale__charset_decode(&file->charset, form, buf);
        (void)gale__buf_append_char(buf, 0);
        text = gale__str_skip(text, form.len + 1);
    }
    return r < 0 ? r : buf->error;
}

static int copy_messages(const struct file *file, struct gale__buf *buf, struct message *messages)
{
    gale_str id, text;

    for (uint32_t i = 0; i < file->n; i++) {
        int r = text_at(file, file->ids, i, &id);

        if (r >= 0)
            r = text_at(file, file->texts, i, &text);
        if (r >= 0 && id.len)
            r = copy_message(file, id, text, buf, &messages[i]);
        if (r < 0)
            return r;
    }
    return 0;
}

static int fill_maps(struct gale__catalogue *catalogue, const struct message *messages, uint32_t n)
{
    char *memory = catalogue->memory;

    for (uint32_t i = 0; i < n; i++) {
        const struct message *m = &messages[i];
        struct gale__map *map = m->is_plural ? &catalogue->plural : &catalogue->texts;
        int r = 0;

        if (m->text)
            r = gale__map_set(map, (gale_str){ memory + m->id, m->id_len }, memory + m->text);
        if (r < 0)
            return r;
    }
    return 0;
}

static int load(struct file *file, struct gale__catalogue *catalogue)
{
    struct message *messages = gale__calloc(file->n + (size_t)1, sizeof(*messages));
    struct gale__buf buf;
    size_t len;
    int r;

    gale__buf_init(&buf, GROWTH * file->data.len);
    r = messages ? find_header(file, catalogue) : -ENOMEM;
    if (r >= 0)
        r = copy_messages(file, &buf, messages);
    if (r >= 0 && (catalogue->memory = gale__buf_take(&buf, &len)) == NULL)
        r = -ENOMEM;
    if (r >= 0)
        r = fill_maps(catalogue, messages, file->n);
    gale__buf_deinit(&buf);
    gale__charset_close(&file->charset);
    gale__free(messages);
    return r;
}

struct gale__catalogue *gale__mo_load(gale_str data, int *error)
{
    struct gale__catalogue *catalogue = gale__calloc(1, sizeof(*catalogue));
    struct file file = { .data = data };
    int r = catalogue ? open_file(&file) : -ENOMEM;

    if (r >= 0) {
        catalogue->is_gettext = true;
        r = load(&file, catalogue);
    }
    if (r >= 0)
        return catalogue;
    *error = r;
    gale__catalogue_free(catalogue);
    return NULL;
}
