/* value_hash.c - hashes of values that may be keys of dicts: equal values have equal hashes.
 *
 * Seeded, since peers may choose the keys; the numbers are of no use outside.
 */
/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "template/memory.h"

/* One for the process, made at its first use: dicts of any thread may be asked with it. */
static uint64_t seed;

static uint64_t get_seed(void)
{
    uint64_t s = __atomic_load_n(&seed, __ATOMIC_RELAXED);
    uint64_t none = 0;

    if (s)
        return s;
    s = gale__hash_seed() | 1;
    if (!__atomic_compare_exchange_n(&seed, &none, s, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        s = none;
    return s;
}

static uint64_t mix(uint64_t h)
{
    h = (h ^ get_seed()) * 0x9e3779b97f4a7c15u;
    h = (h ^ (h >> 32)) * 0xd6e8feb86659fd93u;
    return h ^ (h >> 32);
}

static const double two_63 = 9223372036854775808.0;

/* A whole number hashes as the int it equals. */
static uint64_t hash_double(double d)
{
    uint64_t bits;

    if (d >= -two_63 && d < two_63 && d == floor(d))
        return mix((uint64_t)(int64_t)d);
    memcpy(&bits, &d, sizeof(bits));
    return mix(bits);
}

static int hash_tuple(gale_rendering *r, const struct gale__list_value *list, uint64_t *out)
{
    uint64_t h = 0x2545f4914f6cdd1du + list->n;
    int code = gale__enter(r);

    if (code < 0)
        return code;
    for (uint32_t i = 0; i < list->n && code == 0; i++) {
        uint64_t item = 0;

        code = gale__step(r);
        if (code == 0)
            code = gale__value_hash(r, list->items[i], &item);
        h = mix(h ^ item) + i;
    }
    gale__leave(r);
    *out = h;
    return code;
}

static uint64_t hash_range(const struct gale__range_value *g)
{
    uint64_t n = gale__range_length(g);
    uint64_t h = mix(n);

    if (n > 0)
        h = mix(h ^ (uint64_t)g->start);
    return n > 1 ? mix(h ^ (uint64_t)g->step) : h;
}

static int hash_function(gale_rendering *r, const struct gale__function_value *f, uint64_t *out)
{
    *out = mix(f->name ? (uint64_t)(uintptr_t)f->name : (uint64_t)(uintptr_t)f);
    return 0;
}

static int unhashable(gale_rendering *r, gale_value v)
{
    return gale__raise(r, GALE__TYPE_ERROR, "unhashable type: '%s'", gale_value_type(v));
}

static int hash_object(gale_rendering *r, gale_value v, uint64_t *out)
{
    const struct gale__object_value *o = v.u.p;

    if (!o->cls->hash)
        return unhashable(r, v);
    *out = mix(o->cls->hash(o->object));
    return 0;
}

static int hash_bytes(gale_rendering *r, gale_value v, uint64_t *out)
{
    if (gale__work(r, v.len) < 0)
        return r->code;
    *out = gale__hash_seeded(v.len ? v.u.s : "", v.len, get_seed() + v.kind);
    return 0;
}

int gale__value_hash(gale_rendering *r, gale_value v, uint64_t *out)
{
    switch ((enum gale_value_kind)v.kind) {
    case GALE_VALUE_UNSET:
    case GALE_VALUE_NONE:
        *out = mix(0xfca86420u);
        return 0;
    case GALE_VALUE_BOOL:
    case GALE_VALUE_INT:
        *out = mix((uint64_t)v.u.i);
        return 0;
    case GALE_VALUE_FLOAT:
        *out = hash_double(v.u.d);
        return 0;
    case GALE_VALUE_TEXT:
    case GALE_VALUE_BYTES:
        return hash_bytes(r, v, out);
    case GALE_VALUE_TUPLE:
        return hash_tuple(r, gale__list(v), out);
    case GALE_VALUE_RANGE:
        *out = hash_range(v.u.p);
        return 0;
    case GALE_VALUE_FUNCTION:
        return hash_function(r, v.u.p, out);
    case GALE_VALUE_OBJECT:
        return hash_object(r, v, out);
    default:
        return unhashable(r, v);
    }
}
