/* builtins.c - finds methods and the language's own names: one table of them all, by a hash.
 *
 * It is made once, at the first look-up, out of the tables beside the functions, and read-only
 * then. Builtin functions are values in it, so that "type(x) is int" has one int to compare with.
 */
/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <string.h>

#include "template/builtins.h"
#include "template/exception.h"

enum group {
    STR,
    BYTES,
    LIST,
    TUPLE,
    DICT,
    INT,
    FLOAT,
    BUILTINS, /* from here on names of the language */
    TYPES,
    N_GROUPS
};

enum { SLOTS = 512 }; /* a power of two, more than twice as many as there are names */

struct slot {
    struct gale__function_value function; /* .name NULL: free */
    uint8_t group, len;
};

/* Filled by make_table and never changed again. */
static struct slot slots[SLOTS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const struct {
    enum group group;
    const gale_name *names;
} tables[] = {
    { STR, gale__str_case_methods },     { STR, gale__str_test_methods },
    { STR, gale__str_search_methods },   { STR, gale__str_split_methods },
    { STR, gale__str_pad_methods },      { BYTES, gale__bytes_methods },
    { LIST, gale__list_methods },        { TUPLE, gale__tuple_methods },
    { DICT, gale__dict_methods },        { INT, gale__int_methods },
    { FLOAT, gale__float_methods },      { TYPES, gale__type_builtins },
    { BUILTINS, gale__object_builtins }, { BUILTINS, gale__sequence_builtins },
    { BUILTINS, gale__number_builtins }, { BUILTINS, gale__escape_builtins },
};

enum { N_TABLES = sizeof(tables) / sizeof(tables[0]) };

static uint32_t hash_of(enum group group, const char *s, size_t len)
{
    uint32_t h = (uint32_t)(group < BUILTINS ? group : BUILTINS) * 0x9e3779b9u;

    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)s[i]) * 0x01000193u;
    return h ^ (h >> 15);
}

static void add(enum group group, const gale_name *name)
{
    size_t len = strlen(name->name);
    uint32_t i = hash_of(group, name->name, len) & (SLOTS - 1);

    while (slots[i].function.name)
        i = (i + 1) & (SLOTS - 1);
    slots[i] = (struct slot){ .function = { .name = name },
                              .group = (uint8_t)group,
                              .len = (uint8_t)len };
}

static void make_table(void)
{
    for (size_t i = 0; i < N_TABLES; i++)
        for (const gale_name *n = tables[i].names; n->name; n++)
            add(tables[i].group, n);
}

static bool is_group(const struct slot *s, enum group group)
{
    return s->group == group || (group == BUILTINS && s->group > BUILTINS);
}

static struct slot *find(enum group group, gale_str name)
{
    uint32_t i;

    if (name.len > 32)
        return NULL;
    pthread_once(&once, make_table);
    i = hash_of(group, name.ptr, name.len) & (SLOTS - 1);
    for (; slots[i].function.name; i = (i + 1) & (SLOTS - 1))
        if (slots[i].len == name.len && is_group(&slots[i], group) &&
            memcmp(slots[i].function.name->name, name.ptr, name.len) == 0)
            return &slots[i];
    return NULL;
}

/* --- methods ---- */

static enum group group_of(enum gale_value_kind kind)
{
    switch (kind) {
    case GALE_VALUE_BOOL:
    case GALE_VALUE_INT:
        return INT;
    case GALE_VALUE_FLOAT:
        return FLOAT;
    case GALE_VALUE_TEXT:
        return STR;
    case GALE_VALUE_BYTES:
        return BYTES;
    case GALE_VALUE_ARRAY:
    case GALE_VALUE_LIST:
        return LIST;
    case GALE_VALUE_MAP:
    case GALE_VALUE_DICT:
        return DICT;
    case GALE_VALUE_TUPLE:
    case GALE_VALUE_RANGE:
        return TUPLE;
    default:
        return N_GROUPS;
    }
}

const gale_name *gale__find_method(enum gale_value_kind kind, gale_str name)
{
    enum group group = group_of(kind);
    struct slot *s = group == N_GROUPS ? NULL : find(group, name);

    return s ? s->function.name : NULL;
}

/* --- names of the language ---- */

static gale_value function_in(struct slot *s)
{
    uint8_t flags = s->group == TYPES ? GALE__FUNCTION_TYPE : GALE__FUNCTION_BUILTIN;

    return (gale_value){ GALE_VALUE_FUNCTION, flags, 0, 0, { .p = &s->function } };
}

static const int n_exceptions = GALE__N_EXCEPTIONS;

static bool find_exception(gale_str name, gale_value *out)
{
    for (int i = 0; i < n_exceptions; i++) {
        if (gale__str_equal(name, gale__str(gale__exception_names[i]))) {
            *out = gale__exception_class((enum gale__exception)i);
            return true;
        }
    }
    return false;
}

/* NoneType and the like have a class, but no name in templates. */
static bool is_hidden(const struct slot *s)
{
    return s->group == TYPES && s->function.name->data;
}

int gale__find_builtin(gale_rendering *r, gale_str name, gale_value *out)
{
    struct slot *s = find(BUILTINS, name);
    int result;

    if (s && !is_hidden(s)) {
        *out = function_in(s);
        return 1;
    }
    if (gale__str_equal(name, GALE__STR("datetime"))) {
        result = gale__op_import(r, name, out);
        return result < 0 ? result : 1;
    }
    return find_exception(name, out);
}

void gale__each_builtin(int (*fn)(void *arg, const char *name), void *arg)
{
    int stop = fn(arg, "datetime");

    for (size_t i = 0; i < N_TABLES && !stop; i++) {
        if (tables[i].group < BUILTINS)
            continue;
        for (const gale_name *n = tables[i].names; n->name && !stop; n++)
            if (!n->data)
                stop = fn(arg, n->name);
    }
    for (int i = 0; i < n_exceptions && !stop; i++)
        stop = fn(arg, gale__exception_names[i]);
}

/* --- classes ---- */

static int host_type_text(gale_rendering *r, void *object, bool is_repr, gale_value *out)
{
    const struct gale__host_type *t = object;

    (void)is_repr;
    return gale_value_printf(r, out, "<class '%s'>", t->name);
}

static int host_type_attribute(gale_rendering *r, void *object, gale_str name, gale_value *out)
{
    const struct gale__host_type *t = object;

    for (const gale_name *n = t->attributes; n && n->name; n++)
        if (gale__str_equal(gale__str(n->name), name))
            return gale__name_value(r, n, NULL, (gale_value){ 0 }, out);
    return gale__raise(r, GALE__ATTRIBUTE_ERROR, "type object '%s' has no attribute '%.*s'",
                       t->name, (int)name.len, name.ptr);
}

static int host_type_call(gale_call *call, gale_value *out)
{
    const struct gale__host_type *t = gale_value_host(call->self, &gale__host_type_class);

    if (!t->make)
        return gale__raise(call->rendering, GALE__TYPE_ERROR, "cannot create '%s' instances",
                           t->name);
    call->name = t->name;
    return t->make(call, out);
}

static int host_type_equal(gale_rendering *r, void *object, gale_value other, bool *out)
{
    const struct gale__host_type *a = object;
    const struct gale__host_type *b = gale_value_host(other, &gale__host_type_class);

    (void)r;
    *out = b && a->instances == b->instances;
    return 0;
}

static uint64_t host_type_hash(void *object)
{
    return (uint64_t)(uintptr_t)((const struct gale__host_type *)object)->instances;
}

const gale_object_class gale__host_type_class = {
    .name = "type",
    .get_attribute = host_type_attribute,
    .call = host_type_call,
    .to_text = host_type_text,
    .equal = host_type_equal,
    .hash = host_type_hash,
};

int gale__type_value(gale_rendering *r, const struct gale__host_type *type, gale_value *out)
{
    return gale_value_object(r, out, &gale__host_type_class, (void *)(uintptr_t)type);
}

static int class_of_object(gale_rendering *r, gale_value v, gale_value *out)
{
    const gale_object_class *cls = ((const struct gale__object_value *)v.u.p)->cls;
    struct gale__host_type *t;
    enum gale__exception exception;

    if (gale__is_exception(v, &exception)) {
        *out = gale__exception_class(exception);
        return 0;
    }
    if (gale__datetime_type(cls))
        return gale__type_value(r, gale__datetime_type(cls), out);
    t = gale_value_alloc(r, sizeof(*t));
    if (!t)
        return gale_value_memory_error(r);
    *t = (struct gale__host_type){ .name = cls->name, .instances = cls };
    return gale__type_value(r, t, out);
}

int gale__class_of(gale_rendering *r, gale_value v, gale_value *out)
{
    struct slot *s = find(BUILTINS, gale__str(gale_value_type(v)));

    if (v.kind == GALE_VALUE_OBJECT && (!s || s->group != TYPES)) /* classes are objects, too */
        return class_of_object(r, v, out);
    *out = s ? function_in(s) : gale_value_none();
    return 0;
}
