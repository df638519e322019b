/* iterate.c - going over what can be gone over. See iterate.h. */
/* SPDX-License-Identifier: MIT */
#include "template/iterate.h"

#include "base/utf8.h"

int gale__iter_start(gale_rendering *r, gale_template_iter *it, gale_value over)
{
    it->over = over;
    it->index = 0;
    it->at = NULL;
    switch ((enum gale_value_kind)over.kind) {
    case GALE_VALUE_TEXT:
    case GALE_VALUE_BYTES:
    case GALE_VALUE_ARRAY:
    case GALE_VALUE_LIST:
    case GALE_VALUE_TUPLE:
        return 0;
    case GALE_VALUE_MAP:
        it->at = json_object_iter(over.u.json);
        return 0;
    case GALE_VALUE_DICT:
        it->at = (void *)(uintptr_t)gale__dict(over)->changes;
        return 0;
    case GALE_VALUE_RANGE:
        it->at = (void *)(uintptr_t)gale__range_length(over.u.p);
        return 0;
    case GALE_VALUE_OBJECT:
        if (((const struct gale__object_value *)over.u.p)->cls->get_next)
            return 0;
        break;
    default:
        break;
    }
    it->over = (gale_value){ 0 };
    return gale__raise(r, GALE__TYPE_ERROR, "'%s' object is not iterable", gale_value_type(over));
}

static int next_of_text(gale_template_iter *it, gale_value *item)
{
    const char *s = it->over.u.s + it->index;
    size_t len = it->over.len - it->index;
    uint32_t c;

    if (len == 0)
        return 0;
    size_t n = (unsigned char)*s < 0x80 ? 1 : gale__utf8_decode(s, len, &c);

    *item = gale_value_borrowed_text(s, n ? n : 1);
    item->flags = (unsigned char)*s < 0x80 ? GALE__TEXT_ASCII : 0;
    it->index += n ? n : 1;
    return 1;
}

static int next_of_dict(gale_rendering *r, gale_template_iter *it, gale_value *item)
{
    const struct gale__dict_value *d = gale__dict(it->over);
    uint32_t at = (uint32_t)it->index;
    const struct gale__dict_entry *e;

    if (d->changes != (uint32_t)(uintptr_t)it->at)
        return gale__raise(r, GALE__RUNTIME_ERROR, "dictionary changed size during iteration");
    e = gale__dict_next(d, &at);
    if (gale__steps(r, (at - it->index) >> 3) < 0) /* deleted ones before it */
        return r->code;
    if (!e)
        return 0;
    it->index = at;
    *item = e->key;
    return 1;
}

static int next_of_object(gale_rendering *r, gale_template_iter *it, gale_value *item)
{
    const struct gale__object_value *o = it->over.u.p;
    gale_value next = { 0 };
    int code = gale__host_begin(r);

    if (code == 0)
        code = gale__host_end(r, o->cls->get_next(r, o->object, it->index, &next));
    if (gale__says_none(r, code, GALE_EEOF))
        return 0;
    code = gale__host_result(r, code);
    if (code < 0)
        return code;
    it->index++;
    *item = gale__set_value(next);
    return 1;
}

int gale__iter_next_slow(gale_rendering *r, gale_template_iter *it, gale_value *item)
{
    switch (it->over.kind) {
    case GALE_VALUE_TEXT:
        return next_of_text(it, item);
    case GALE_VALUE_BYTES:
        if (it->index >= it->over.len)
            return 0;
        *item = gale_value_int((unsigned char)it->over.u.s[it->index++]);
        return 1;
    case GALE_VALUE_DICT:
        return next_of_dict(r, it, item);
    case GALE_VALUE_OBJECT:
        return next_of_object(r, it, item);
    default:
        return 0;
    }
}

int gale__iter_next(gale_rendering *r, gale_template_iter *it, gale_value *item)
{
    return gale__iter_step(r, it, item);
}

int gale_value_iterate(gale_rendering *r, gale_value value, gale_value_iter *it)
{
    return gale__iter_start(r, it, value);
}

int gale_value_next(gale_rendering *r, gale_value_iter *it, gale_value *item)
{
    return gale__iter_step(r, it, item);
}
