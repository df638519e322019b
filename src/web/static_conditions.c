/* static_conditions.c - conditional requests for files. See static_conditions.h. */
/* SPDX-License-Identifier: MIT */
#include "web/static_conditions.h"

#include <time.h>

#include "base/str.h"
#include "proto/http_date.h"
#include "web/etag.h"

static gale_str field(const gale_handler *self, unsigned id)
{
    return gale__str(gale_request_header(&self->x->request, gale__header_name(id).ptr));
}

static bool has(const gale_handler *self, unsigned id)
{
    return self->x->priv.known_present >> id & 1;
}

static bool is_strong(gale_str tag)
{
    return tag.len && tag.ptr[0] == '"';
}

/* Strong comparison (RFC 9110 8.8.3.2) with the tags of an If-Match field. */
static bool in_list_strongly(gale_str tag, gale_str list)
{
    if (!is_strong(tag))
        return false;
    for (;;) {
        size_t start = gale__str_find(list, '"');
        gale_str one = gale__str_skip(list, start);
        size_t end = 1 + gale__str_find(gale__str_skip(one, 1), '"');

        if (end >= one.len)
            return false;
        if ((start == 0 || list.ptr[start - 1] != '/') &&
            gale__str_equal(tag, gale__str_head(one, end + 1)))
            return true;
        list = gale__str_skip(one, end + 1);
    }
}

static bool matches(const struct gale__static_content *a, gale_str list)
{
    list = gale__str_trim(list);
    return gale__str_equal(list, GALE__STR("*")) || in_list_strongly(a->etag, list) ||
           in_list_strongly(a->other_etag, list);
}

static bool matches_weakly(const struct gale__static_content *a, gale_str list)
{
    return (a->etag.len && gale__etag_in_list(a->etag, list)) ||
           (a->other_etag.len && gale__etag_in_list(a->other_etag, list));
}

/* The time in a field; false when there is none, or none to compare with: it does not count. */
static bool take_date(gale_handler *self, const struct gale__static_content *a, unsigned id,
                      int64_t *out)
{
    gale_str text = field(self, id);

    return a->modified && text.len &&
           gale__http_date_parse(text.ptr, text.len, time(NULL), out) == 0;
}

int gale__static_conditions(gale_handler *self, const struct gale__static_content *a)
{
    int64_t date;

    if (has(self, GALE__HEADER_IF_MATCH)) {
        if (!matches(a, field(self, GALE__HEADER_IF_MATCH)))
            return 412;
    } else if (take_date(self, a, GALE__HEADER_IF_UNMODIFIED_SINCE, &date)) {
        if (a->modified_s > date)
            return 412;
    }
    if (has(self, GALE__HEADER_IF_NONE_MATCH))
        return matches_weakly(a, field(self, GALE__HEADER_IF_NONE_MATCH)) ? 304 : 0;
    if (take_date(self, a, GALE__HEADER_IF_MODIFIED_SINCE, &date))
        return a->modified_s <= date ? 304 : 0;
    return 0;
}

bool gale__static_if_range(gale_handler *self, const struct gale__static_content *a)
{
    gale_str value;
    int64_t date;

    if (!has(self, GALE__HEADER_IF_RANGE))
        return true;
    value = gale__str_trim(field(self, GALE__HEADER_IF_RANGE));
    if (gale__str_find(value, '"') < value.len)
        return is_strong(value) &&
               (gale__str_equal(value, a->etag) || gale__str_equal(value, a->other_etag));
    /* A date tells apart only what changed in another second than now. */
    return take_date(self, a, GALE__HEADER_IF_RANGE, &date) && date == a->modified_s &&
           date < time(NULL) - 1;
}
