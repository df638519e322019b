/* value.h - the values that templates work on, and the functions that C programs give them.
 *
 * A gale_value is 16 bytes, passed by value. Values that come from the application are jansson's,
 * borrowed: an array is a list and an object a dict that a template may read and not change. The
 * others are made in memory of the rendering and live until it ends; nothing is freed one by one. A
 * function must not keep a value, nor text of one, beyond that.
 *
 * A function that templates call gets a gale_call and stores its result:
 *
 *     static int shout(gale_call *call, gale_value *result)
 *     {
 *         const char *text;
 *         int r = gale_call_text(call, 0, "text", &text);
 *
 *         return r < 0 ? r : gale_value_printf(call->rendering, result, "%s!", text);
 *     }
 *
 * A negative result is an exception in the template, which {% try %} can catch; uncaught it is what
 * the rendering returns, so gale_fail(self, 404, …) in a function answers 404. Its text is the
 * detail that the function has stored with gale_err(), else the code's general meaning. What
 * gale_call_text and its like return is to be returned.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_VALUE_H
#define GALE_VALUE_H

#include <gale/base.h>
#include <gale/error.h>

GALE_BEGIN_DECLS

struct json_t;

/* One rendering of one template: its memory, its limits, where it is. */
typedef struct gale_rendering gale_rendering;

enum gale_value_kind {
    GALE_VALUE_UNSET, /* no value: an argument not given, a name nobody has */
    GALE_VALUE_NONE,
    GALE_VALUE_BOOL,  /* u.i is 0 or 1 */
    GALE_VALUE_INT,   /* u.i */
    GALE_VALUE_FLOAT, /* u.d */
    GALE_VALUE_TEXT,  /* u.s, len bytes of UTF-8, not NUL-terminated; may hold NUL */
    GALE_VALUE_BYTES, /* u.s, len bytes */
    GALE_VALUE_ARRAY, /* u.json: jansson's array, borrowed; "list" to templates */
    GALE_VALUE_MAP,   /* u.json: jansson's object, borrowed; "dict" to templates */
    GALE_VALUE_LIST,  /* made by the template, as the next ones */
    GALE_VALUE_TUPLE,
    GALE_VALUE_DICT,
    GALE_VALUE_RANGE,
    GALE_VALUE_FUNCTION, /* a C function, a method bound to its value, a lambda */
    GALE_VALUE_OBJECT,   /* the host's, by a gale_object_class */
};

typedef struct gale_value {
    uint8_t kind;  /* enum gale_value_kind */
    uint8_t flags; /* private */
    uint16_t aux;  /* private */
    uint32_t len;  /* bytes of TEXT and BYTES; else 0 */
    union {
        int64_t i;
        double d;
        const char *s;
        struct json_t *json;
        void *p; /* private to each kind */
    } u;
} gale_value;

/* A call of a function by a template. Borrowed: valid until the function returns. */
typedef struct gale_call {
    gale_rendering *rendering;
    void *data;      /* of the gale_name that was called */
    void *context;   /* of the names it was found in: in a gale_handler's templates the handler */
    gale_value self; /* methods: whose; else UNSET */
    const gale_value *args;
    const gale_value *keyword_args;
    const gale_str *keywords; /* their names */
    uint32_t n_args, n_keywords;
    const char *name; /* of the function, for messages */
} gale_call;

/* May wait when the template is rendered in a coroutine. *result is UNSET before; left so it is
 * None. */
typedef int (*gale_template_function)(gale_call *call, gale_value *result);

/* A name that templates know. Usually in a static const array ended by { 0 }. */
typedef struct gale_name {
    const char *name;
    gale_template_function function; /* it is a function; or */
    gale_template_function lazy;     /* its value is what this gives, called without arguments at
                                        the first use in each rendering (for a gale_object_class: of
                                        each object) */
    void *data;                      /* gale_call.data; borrowed */
    const char *text;                /* or: a text; static */
} gale_name;

/* A kind of host object. All but name may be NULL; none of them copies the object. Grows at its
 * end; designated initialisers. May wait as functions may. Each call of one, and of a lazy, is a
 * level of the rendering's depth: those that ask for each other without end are a RecursionError.
 */
typedef struct gale_object_class {
    const char *name; /* the type in messages: "'handler' object has no attribute 'x'" */
    /* Attributes and methods (functions get the object in gale_call.self; gale_call_object() gives
     * the pointer). Asked first. */
    const gale_name *attributes;
    /* Any other attribute, once for each object: 0 with *out, GALE_ENOTFOUND when there is none. */
    int (*get_attribute)(gale_rendering *r, void *object, gale_str name, gale_value *out);
    /* object[key]; GALE_ENOTFOUND: KeyError. */
    int (*get_item)(gale_rendering *r, void *object, gale_value key, gale_value *out);
    /* for x in object: the item of that index, GALE_EEOF after the last. */
    int (*get_next)(gale_rendering *r, void *object, size_t index, gale_value *out);
    int (*length)(gale_rendering *r, void *object, size_t *out); /* len(); also its truth */
    /* str(object), a TEXT; is_repr: inside of a list. Default "<name object>". */
    int (*to_text)(gale_rendering *r, void *object, bool is_repr, gale_value *out);
    int (*call)(gale_call *call, gale_value *out); /* object(…); call->self is the object */
    /* *out is below, 0 or above 0 as object is to other; GALE_ENOTFOUND: cannot be ordered. */
    int (*compare)(gale_rendering *r, void *object, gale_value other, int *out);
    /* object == other; default: the same object. */
    int (*equal)(gale_rendering *r, void *object, gale_value other, bool *out);
    /* a OP b where either is of this class; op is one of "+-*" "/" "f" (floor division) "%".
     * GALE_ENOTFOUND: unsupported operand types. */
    int (*binary)(gale_rendering *r, int op, gale_value a, gale_value b, gale_value *out);
    /* format(object, spec), "{:spec}"; default: only an empty spec, str(). */
    int (*format)(gale_rendering *r, void *object, gale_str spec, gale_value *out);
    uint64_t (*hash)(void *object); /* as a key of a dict; default: unhashable */
    /* item in object: 1, 0; default: whether one of the items equals it. */
    int (*contains)(gale_rendering *r, void *object, gale_value item);
} gale_object_class;

/* --- making values ------------------------------------------------------------------ */

/* None. */
static inline gale_value gale_value_none(void)
{
    gale_value v = { GALE_VALUE_NONE, 0, 0, 0, { 0 } };

    return v;
}

/* True or False. */
static inline gale_value gale_value_bool(bool b)
{
    gale_value v = { GALE_VALUE_BOOL, 0, 0, 0, { 0 } };

    v.u.i = b;
    return v;
}

/* An int; the language has those of 64 bits. */
static inline gale_value gale_value_int(int64_t i)
{
    gale_value v = { GALE_VALUE_INT, 0, 0, 0, { 0 } };

    v.u.i = i;
    return v;
}

/* A float. */
static inline gale_value gale_value_float(double d)
{
    gale_value v = { GALE_VALUE_FLOAT, 0, 0, 0, { 0 } };

    v.u.d = d;
    return v;
}

/* A text (UTF-8) or bytes that outlive the rendering, for example a literal: not copied. */
static inline gale_value gale_value_borrowed_text(const char *s, size_t len)
{
    gale_value v = { GALE_VALUE_TEXT, 0, 0, 0, { 0 } };

#ifdef __cplusplus
    v.len = static_cast<uint32_t>(len);
#else
    v.len = (uint32_t)len;
#endif
    v.u.s = s;
    return v;
}

/* Memory of the rendering (16-byte aligned, not zeroed), counted against its limit. NULL: out of
 * it, and the rendering fails with -ENOMEM or GALE_ETOOBIG, which gale_value_memory_error gives. */
GALE_API void *gale_value_alloc(gale_rendering *r, size_t size);
GALE_API int gale_value_memory_error(gale_rendering *r);

/* A copied text (bytes that are no UTF-8 become U+FFFD), bytes, a formatted text. text NULL: None.
 * 0, -ENOMEM or GALE_ETOOBIG. */
GALE_API int gale_value_text(gale_rendering *r, gale_value *out, const char *text);
GALE_API int gale_value_text_n(gale_rendering *r, gale_value *out, const char *text, size_t len);
GALE_API int gale_value_bytes(gale_rendering *r, gale_value *out, const void *data, size_t len);
GALE_API int gale_value_printf(gale_rendering *r, gale_value *out, const char *fmt, ...)
    GALE_PRINTF(3, 4);

/* A jansson value. Borrowed: it must live as long as the rendering, which gale_value_take_json
 * sees to: it takes the reference over, also on failure. NULL is None. How deep it is nested does
 * not matter here: what goes down into values is bounded by the rendering's depth. */
GALE_API gale_value gale_value_json(struct json_t *json);
GALE_API int gale_value_take_json(gale_rendering *r, gale_value *out, struct json_t *json);

/* A new reference to the value as JSON; bytes as text, dates in ISO form. NULL: it has no JSON
 * form, is nested too deep or memory is out; the exception that says so is raised, and a function
 * returns GALE_EINVAL. */
GALE_API GALE_MUST_USE struct json_t *gale_value_to_json(gale_rendering *r, gale_value value);

/* An object of the host, borrowed for the rendering. A template rendered within another one may be
 * given it: what its class keeps in the object is not to be memory of the rendering that asks. */
GALE_API int gale_value_object(gale_rendering *r, gale_value *out, const gale_object_class *cls,
                               void *object);

/* A list or tuple of n values, which are copied; a dict to be filled. UNSET in a container is None.
 */
GALE_API int gale_value_list(gale_rendering *r, gale_value *out, const gale_value *items, size_t n);
GALE_API int gale_value_tuple(gale_rendering *r, gale_value *out, const gale_value *items,
                              size_t n);
GALE_API int gale_value_dict(gale_rendering *r, gale_value *out);

/* Changes a list or dict that a template, or one of the calls above, has made. */
GALE_API int gale_value_append(gale_rendering *r, gale_value list, gale_value item);
GALE_API int gale_value_set(gale_rendering *r, gale_value dict, gale_value key, gale_value value);

/* --- reading values ----------------------------------------------------------------- */

/* "str", "int", "list" …: what type() calls it. Static. */
GALE_API const char *gale_value_type(gale_value value);

/* Python's truth: None, False, 0, "" and empty containers are false. A failure of an object's
 * length is negative. */
GALE_API int gale_value_is_true(gale_rendering *r, gale_value value);

/* What {{ value }} writes: TEXT and BYTES as they are, else str(value). The slice lives as long as
 * the rendering (or the value's owner). */
GALE_API int gale_value_str(gale_rendering *r, gale_value value, gale_str *out);

/* The same NUL-terminated; GALE_EINVAL for a text with NUL inside. */
GALE_API int gale_value_cstr(gale_rendering *r, gale_value value, const char **out);

/* value.name, value[key], len(value), the item of that index as "for" would come to it (GALE_EEOF
 * after the last). Failures are those a template would see. nth of dicts, JSON objects and texts
 * goes over all items before it: gale_value_next() is for going over them. */
GALE_API int gale_value_attribute(gale_rendering *r, gale_value value, const char *name,
                                  gale_value *out);
GALE_API int gale_value_item(gale_rendering *r, gale_value value, gale_value key, gale_value *out);
GALE_API int gale_value_length(gale_rendering *r, gale_value value, size_t *out);
GALE_API int gale_value_nth(gale_rendering *r, gale_value value, size_t index, gale_value *out);

/* Going over the items of a value, keys of a dict, as "for" does; nothing is to be released. Its
 * fields are private.
 *
 *     gale_value_iter it;
 *     gale_value item;
 *     int more = gale_value_iterate(r, value, &it);
 *
 *     if (more < 0)
 *         return more;
 *     while ((more = gale_value_next(r, &it, &item)) > 0)
 *         …
 */
typedef struct gale_value_iter {
    gale_value over; /* UNSET: none */
    size_t index;
    void *at;
} gale_value_iter;

/* 0, or the TypeError of what cannot be gone over. The next item: 1, 0 after the last, negative;
 * each is a step. A dict that was given another key meanwhile is a RuntimeError. */
GALE_API int gale_value_iterate(gale_rendering *r, gale_value value, gale_value_iter *it);
GALE_API int gale_value_next(gale_rendering *r, gale_value_iter *it, gale_value *item);

/* The pointer of an object of that class, or NULL. */
GALE_API void *gale_value_host(gale_value value, const gale_object_class *cls);

/* function(args…), as a template calls it; an UNSET argument is None. May wait. */
GALE_API int gale_value_call(gale_rendering *r, gale_value function, const gale_value *args,
                             size_t n_args, gale_value *out);

/* Raises an exception: returns a code for the function to return. type is a name of the language's
 * exceptions ("ValueError", "TypeError", "KeyError" …); another one is "RuntimeError". */
GALE_API int gale_value_raise(gale_rendering *r, const char *type, const char *fmt, ...)
    GALE_PRINTF(3, 4);

/* --- arguments of a call ------------------------------------------------------------ */

/* The argument at an index, or by its keyword; UNSET when it was not given. name may be NULL. */
GALE_API gale_value gale_call_argument(const gale_call *call, size_t index, const char *name);

/* TypeError unless at least min and at most max arguments came, all positional or with a keyword
 * out of names (NULL-terminated; the first max of them). */
GALE_API int gale_call_check(gale_call *call, size_t min, size_t max, const char *const *names);

/* The argument as what C works on; a missing one or one of another type is a TypeError that names
 * function and argument. A text is NUL-terminated and of the rendering; it may be bytes that are
 * UTF-8, which is what {% apply %} gives. An int may be a bool, a float and a bool may be an int.
 */
GALE_API int gale_call_text(gale_call *call, size_t index, const char *name, const char **out);
GALE_API int gale_call_int(gale_call *call, size_t index, const char *name, int64_t *out);
GALE_API int gale_call_float(gale_call *call, size_t index, const char *name, double *out);
GALE_API int gale_call_bool(gale_call *call, size_t index, const char *name, bool *out);

/* The host's pointer of call->self. */
GALE_API void *gale_call_object(const gale_call *call);

GALE_END_DECLS

#endif
