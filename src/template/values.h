/* values.h - the inside of values: containers, texts, conversions, comparison.
 *
 * Everything made lies in the rendering's arena. Functions that can fail return 0 (or what their
 * comment says) or a negative code with the exception raised (raise.h). Those marked "a step each"
 * count against max_steps.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_VALUES_H
#define GALE_TEMPLATE_VALUES_H

#include <gale/template_runtime.h>
#include <gale/value.h>

/* flags of TEXT */
enum {
    GALE__TEXT_ASCII = 1, /* known to be ASCII: index and length are those of bytes */
};

/* flags of FUNCTION */
enum {
    GALE__FUNCTION_TYPE = 1,    /* int, str …: "<class 'int'>" */
    GALE__FUNCTION_BUILTIN = 2, /* of the language */
};

struct gale__list_value { /* LIST and TUPLE: u.p */
    gale_value *items;
    uint32_t n, cap; /* a tuple's never changes */
};

struct gale__dict_entry {
    gale_value key, value; /* key UNSET: deleted */
    uint64_t hash;
};

struct gale__dict_value { /* DICT: u.p; in order of insertion */
    struct gale__dict_entry *entries;
    uint32_t *index; /* open addressing: 1 + entry, 0 free; n_index is 0 or a power of two */
    uint32_t n, used, cap, n_index;
    uint32_t changes; /* counts changes of keys: iteration notices them */
};

struct gale__range_value { /* RANGE: u.p */
    int64_t start, stop, step;
};

struct gale__function_value { /* FUNCTION: u.p */
    const gale_name *name;    /* a C function; NULL: a lambda */
    void *context;
    gale_value self; /* of a method; UNSET: none */
    const struct gale_template_lambda *lambda;
    gale_value *captured; /* lambda: its defaults, then what it keeps of lambdas around it */
};

struct gale__object_value { /* OBJECT: u.p */
    const gale_object_class *cls;
    void *object;
    struct gale__dict_value *attributes; /* those computed so far; NULL: none */
};

static inline struct gale__list_value *gale__list(gale_value v)
{
    return (struct gale__list_value *)v.u.p;
}

static inline struct gale__dict_value *gale__dict(gale_value v)
{
    return (struct gale__dict_value *)v.u.p;
}

uint64_t gale__range_length(const struct gale__range_value *range);

static inline gale_value gale__range_item(const struct gale__range_value *range, uint64_t index)
{
    return gale_value_int((int64_t)((uint64_t)range->start + (uint64_t)range->step * index));
}

/* What C left without a value is None. */
static inline gale_value gale__set_value(gale_value v)
{
    return v.kind == GALE_VALUE_UNSET ? gale_value_none() : v;
}

static inline gale_str gale__value_slice(gale_value v) /* of TEXT and BYTES */
{
    return (gale_str){ v.u.s, v.len };
}

/* --- texts: value_text.c, text_of.c ---- */

/* repr(); str() is gale_value_str. */
int gale__value_repr(gale_rendering *r, gale_value v, gale_str *out);
/* Code points of a text; bytes of BYTES. */
size_t gale__text_length(gale_value text);
/* The code points [start, stop) of a text, stop >= start, as a slice that shares its bytes. */
gale_value gale__text_part(gale_value text, size_t start, size_t stop);
/* Where in bytes the code point of that index begins; len beyond the last one. */
size_t gale__text_offset(gale_value text, size_t index);
/* A text out of len bytes known to be UTF-8, not copied. GALE_ETOOBIG above 4 GiB. */
int gale__text_of(gale_rendering *r, gale_value *out, const char *s, size_t len);

/* A text being built in the rendering's memory; sticky. */
struct gale__text_builder {
    gale_rendering *r;
    char *data;
    size_t len, cap;
    int error;
    const struct gale__showing *showing; /* private to text_of.c */
};
void gale__text_add(struct gale__text_builder *b, const char *s, size_t len);
/* str(); of BYTES "b'…'". */
void gale__text_add_value(struct gale__text_builder *b, gale_value v);
void gale__text_add_repr(struct gale__text_builder *b, gale_value v);
void gale__text_printf(struct gale__text_builder *b, const char *fmt, ...) GALE_PRINTF(2, 3);
int gale__text_finish(struct gale__text_builder *b, gale_value *out); /* the TEXT, or the error */

/* --- containers: list_value.c, dict_value.c ---- */
int gale__list_new(gale_rendering *r, uint32_t cap, gale_value *out); /* an empty LIST */
int gale__list_push(gale_rendering *r, struct gale__list_value *list, gale_value item);
/* All items of anything that can be iterated, a step each, as a new LIST. */
int gale__list_from(gale_rendering *r, gale_value iterable, gale_value *out);
/* The items of LIST, TUPLE without copying, of anything else by gale__list_from. */
int gale__items_of(gale_rendering *r, gale_value iterable, const gale_value **items, uint32_t *n);

/* All items of anything that can be iterated, of the list itself too, at its end. */
int gale__list_extend(gale_rendering *r, struct gale__list_value *list, gale_value from);

int gale__dict_new(gale_rendering *r, gale_value *out);
int gale__dict_put(gale_rendering *r, struct gale__dict_value *d, gale_value key, gale_value value);
/* 1 found, 0 not, negative: unhashable. */
int gale__dict_get(gale_rendering *r, const struct gale__dict_value *d, gale_value key,
                   gale_value *out);
int gale__dict_remove(gale_rendering *r, struct gale__dict_value *d, gale_value key,
                      gale_value *out); /* as get */
/* What a DICT, a MAP or pairs have: dict.update(). A step each. */
int gale__dict_update(gale_rendering *r, struct gale__dict_value *d, gale_value from);
/* The next entry from *at on (0 at first), NULL at the end. It passes deleted ones by: at most as
 * many as there are others, and a few. */
const struct gale__dict_entry *gale__dict_next(const struct gale__dict_value *d, uint32_t *at);

/* The item of a MAP: 1 found, 0 not (as for any key that is no text). */
int gale__map_get_item(struct json_t *map, gale_value key, gale_value *out);
/* The same of a DICT or MAP; negative: unhashable. */
int gale__dict_lookup(gale_rendering *r, gale_value dict, gale_value key, gale_value *out);

/* --- relations: compare.c, value_hash.c, sort.c ---- */
int gale__value_equal(gale_rendering *r, gale_value a, gale_value b); /* 1, 0, negative */
/* For <, <=, >, >=: -1, 0, 1, or 2 for unordered (nan) in *order; TypeError. */
int gale__value_order(gale_rendering *r, const char *op, gale_value a, gale_value b, int *order);
int gale__value_hash(gale_rendering *r, gale_value v, uint64_t *out); /* TypeError: unhashable */
int gale__value_contains(gale_rendering *r, gale_value container, gale_value item); /* 1, 0, < 0 */
bool gale__value_is(gale_value a, gale_value b); /* identity as Python's authors use it */
/* Sorts in place, stable, by order of keys (or items when keys is NULL). */
int gale__values_sort(gale_rendering *r, gale_value *items, gale_value *keys, uint32_t n,
                      bool reverse);

#endif
