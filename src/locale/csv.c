/* csv.c - catalogues of CSV files: "text","translation"[,"plural" | "singular" | "unknown"].
 *
 * The dialect of Excel as Python reads it: cells in quotes may hold commas, line ends and doubled
 * quotes; what follows a closing quote belongs to the cell. Cells are put together where they lie:
 * a cell is never longer than what it was written as.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gale/error.h>
#include <gale/log.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "base/utf8.h"
#include "locale/catalogue.h"

enum { MAX_CELLS = 3 }; /* kept of a row; further ones are passed over */

struct reader {
    char *at, *end;
    const char *name;
    int line;
};

struct row {
    gale_str cells[MAX_CELLS];
    int n, line;
    bool is_open; /* the file ended inside of quotes */
};

/* The character at r->at, with every line end as '\n'; takes it off. */
static char next_char(struct reader *r)
{
    char c = *r->at++;

    if (c == '\r') {
        if (r->at < r->end && *r->at == '\n')
            r->at++;
        c = '\n';
    }
    r->line += c == '\n';
    return c;
}

/* Takes a cell with what ends it, which it gives: ',' or '\n'. */
static char take_cell(struct reader *r, gale_str *cell, bool *is_open)
{
    char *to = r->at;
    bool in_quotes = r->at < r->end && *r->at == '"';

    cell->ptr = to;
    r->at += in_quotes;
    while (r->at < r->end) {
        char c = next_char(r);

        if (in_quotes && c == '"') {
            in_quotes = r->at < r->end && *r->at == '"';
            if (!in_quotes)
                continue;
            r->at++;
        } else if (!in_quotes && (c == ',' || c == '\n')) {
            cell->len = (size_t)(to - cell->ptr);
            return c;
        }
        *to++ = c;
    }
    cell->len = (size_t)(to - cell->ptr);
    *is_open = in_quotes;
    return '\n';
}

static bool is_space(uint32_t c)
{
    return (c >= 9 && c <= 13) || (c >= 28 && c <= 32) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

/* Without white space at both ends; s is UTF-8. */
static gale_str trim(gale_str s)
{
    uint32_t c;
    size_t n;

    while (s.len && (n = gale__utf8_decode(s.ptr, s.len, &c)) > 0 && is_space(c))
        s = gale__str_skip(s, n);
    while (s.len) {
        n = 1;
        while (n < s.len && ((uint8_t)s.ptr[s.len - n] & 0xC0) == 0x80)
            n++;
        if (!gale__utf8_decode(s.ptr + s.len - n, n, &c) || !is_space(c))
            break;
        s.len -= n;
    }
    return s;
}

static void take_row(struct reader *r, struct row *row)
{
    gale_str cell;
    char end;

    *row = (struct row){ .line = r->line };
    do {
        end = take_cell(r, &cell, &row->is_open);
        if (row->n < MAX_CELLS)
            row->cells[row->n] = cell;
        row->n++;
    } while (end == ',');
}

/* Logs what is wrong with a row; false. */
static bool refuse(const struct reader *r, const struct row *row, const char *why)
{
    gale_log(&gale_log_general, GALE_LOG_ERROR, "%s in %s line %d", why, r->name, row->line);
    return false;
}

/* Trims the cells; whether they are a translation. */
static bool is_usable(const struct reader *r, struct row *row)
{
    int n = row->n < MAX_CELLS ? row->n : MAX_CELLS;

    if (row->is_open)
        return refuse(r, row, "A quote that is never closed");
    for (int i = 0; i < n; i++) {
        gale_str *cell = &row->cells[i];

        if (!gale__utf8_valid(cell->ptr, cell->len))
            return refuse(r, row, "Text that is not of the file's encoding");
        if (gale__str_find(*cell, 0) < cell->len)
            return refuse(r, row, "A NUL character");
        *cell = trim(*cell);
    }
    if (row->n == 1 && !row->cells[0].len)
        return false;
    return row->n > 1 || refuse(r, row, "A text without a translation");
}

/* The map that a row belongs to, by its third cell; NULL: unknown, and logged. */
static struct gale__map *map_of(struct gale__catalogue *catalogue, const struct reader *r,
                                const struct row *row)
{
    gale_str word = row->n > 2 ? row->cells[2] : GALE__STR("");

    if (!word.len || gale__str_equal(word, GALE__STR("unknown")))
        return &catalogue->texts;
    if (gale__str_equal(word, GALE__STR("plural")))
        return &catalogue->plural;
    if (gale__str_equal(word, GALE__STR("singular")))
        return &catalogue->singular;
    gale_log(&gale_log_general, GALE_LOG_ERROR,
             "Unrecognized plural indicator '%.*s' in %s line %d",
             (int)(word.len < 60 ? word.len : 60), word.ptr, r->name, row->line);
    return NULL;
}

/* Puts the NUL after a cell, in place of what ended it (at the end of the file that is a NUL). */
static char *terminate(gale_str cell)
{
    char *text = (char *)(uintptr_t)cell.ptr;

    text[cell.len] = 0;
    return text;
}

static int read_rows(struct gale__catalogue *catalogue, struct reader *r)
{
    while (r->at < r->end) {
        struct row row;
        struct gale__map *map;
        int result;

        take_row(r, &row);
        map = is_usable(r, &row) ? map_of(catalogue, r, &row) : NULL;
        if (!map)
            continue;
        result = gale__map_set(map, row.cells[0], terminate(row.cells[1]));
        if (result < 0)
            return result;
    }
    return 0;
}

struct gale__catalogue *gale__csv_load(gale_str data, const char *name,
                                       enum gale__encoding encoding, int *error)
{
    struct gale__catalogue *catalogue = gale__calloc(1, sizeof(*catalogue));
    struct reader reader = { .name = name, .line = 1 };
    struct gale__buf buf;
    size_t len;
    int r;

    if (!catalogue) {
        *error = -ENOMEM;
        return NULL;
    }
    gale__buf_init(&buf, 2 * (size_t)GALE__CATALOGUE_MAX);
    r = gale__encoding_decode(encoding, data, &buf);
    catalogue->memory = reader.at = gale__buf_take(&buf, &len);
    if (r >= 0 && !reader.at)
        r = -ENOMEM;
    if (r >= 0) {
        reader.end = reader.at + len;
        r = read_rows(catalogue, &reader);
    }
    if (r >= 0)
        return catalogue;
    *error = r;
    gale__catalogue_free(catalogue);
    return NULL;
}
