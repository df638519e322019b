/* options.c - the parser object: definitions, setting, getting, the default parser.
 *
 * The default parser is a mutable global on purpose: options are the process's, as its
 * command line is, and modules define theirs without being handed a parser.
 */
/* SPDX-License-Identifier: MIT */
#include "base/options.h"

#include <errno.h>
#include <gale/error.h>
#include <gale/log.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"

enum { MAX_NAME = 64 };

static gale_options *default_options;
static pthread_once_t default_once = PTHREAD_ONCE_INIT;

/* Writes a name with dashes for underscores; false when it is empty or too long. */
static bool normalize(gale_str name, char out[MAX_NAME + 1])
{
    if (name.len == 0 || name.len > MAX_NAME)
        return false;
    for (size_t i = 0; i < name.len; i++)
        out[i] = name.ptr[i] == '_' ? '-' : name.ptr[i];
    out[name.len] = 0;
    return true;
}

struct gale__option *gale__options_find(const gale_options *options, gale_str name)
{
    char key[MAX_NAME + 1];

    return options && normalize(name, key) ? gale__map_get(&options->by_key, gale__str(key)) : NULL;
}

static int request_help(gale_options *options, const char *name, void *arg)
{
    options->is_help_requested = gale_option_bool(options, name);
    return 0;
}

gale_options *gale_options_new(void)
{
    gale_options *options = gale__calloc(1, sizeof(*options));
    const gale_option_def help = {
        .name = "help",
        .type = GALE_OPTION_BOOL,
        .help = "show this help information",
        .callback = request_help,
    };

    if (!options)
        return NULL;
    if (gale_options_define(options, &help) >= 0)
        return options;
    gale_options_free(options);
    return NULL;
}

static void free_option(struct gale__option *o)
{
    const char *const strings[] = { o->def.name,  o->def.fallback, o->def.help,   o->def.metavar,
                                    o->def.group, o->def.minimum,  o->def.maximum };

    gale__option_values_free(o, &o->values);
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
        gale__free((void *)(uintptr_t)strings[i]);
    gale__free(o->key);
    gale__free(o->file);
    gale__free(o);
}

void gale_options_free(gale_options *options)
{
    if (!options)
        return;
    for (size_t i = 0; i < options->n_options; i++)
        free_option(options->options[i]);
    gale__map_deinit(&options->by_key);
    gale__free(options->options);
    gale__free(options->callbacks);
    gale__free(options->program);
    gale__free(options);
}

static int apply_logging(gale_options *options, void *arg)
{
    return gale_log_apply_options(options);
}

static void make_default(void)
{
    gale_options *options = gale_options_new();

    if (options && gale_log_define_options(options) >= 0 &&
        gale_options_add_parse_callback(options, apply_logging, NULL) >= 0)
        default_options = options;
    else
        gale_options_free(options);
}

gale_options *gale_options_default(void)
{
    pthread_once(&default_once, make_default);
    return default_options;
}

__attribute__((destructor)) static void free_default(void)
{
    gale_options_free(default_options);
    default_options = NULL;
}

/* Copies a string of a definition; NULL stays NULL. False, and NULL, when out of memory. */
static bool own(const char **s)
{
    return !*s || (*s = gale__strndup(*s, strlen(*s)));
}

/* The heading of what a file defines; where it was compiled is no business of who reads the help.
 */
static const char *name_of(const char *file)
{
    const char *slash = file ? strrchr(file, '/') : NULL;

    return slash ? slash + 1 : file;
}

/* Takes a copy of all strings; those not copied yet are not kept. */
static bool own_strings(struct gale__option *o, const gale_option_def *def, const char *key,
                        const char *file)
{
    const char *const from[] = { def->name,
                                 def->fallback,
                                 def->help,
                                 def->metavar,
                                 def->group ? def->group : name_of(file),
                                 def->minimum,
                                 def->maximum };
    const char **const to[] = { &o->def.name,  &o->def.fallback, &o->def.help,   &o->def.metavar,
                                &o->def.group, &o->def.minimum,  &o->def.maximum };
    bool ok = true;

    for (size_t i = 0; i < sizeof(to) / sizeof(to[0]); i++)
        *to[i] = NULL;
    for (size_t i = 0; i < sizeof(to) / sizeof(to[0]) && ok; i++) {
        *to[i] = from[i];
        ok = own(to[i]);
    }
    o->key = gale__strndup(key, strlen(key));
    o->file = file ? gale__strndup(file, strlen(file)) : NULL;
    return ok && o->key && (o->file || !file);
}

/* Puts a complete option into the parser; the default is set without the callback. */
static int add_option(gale_options *options, struct gale__option *o)
{
    void *list = gale__list_grow(options->options, options->n_options, &options->cap_options,
                                 sizeof(struct gale__option *));
    int r = 0;

    if (!list)
        return -ENOMEM;
    options->options = list;
    if (o->def.fallback)
        r = gale__option_parse_text(o, gale__str(o->def.fallback), &o->values);
    if (r >= 0)
        r = gale__map_set(&options->by_key, gale__str(o->key), o);
    if (r < 0)
        return r;
    options->options[options->n_options++] = o;
    return 0;
}

static int check_def(const gale_options *options, const gale_option_def *def)
{
    const struct gale__option *other = gale__options_find(options, gale__str(def->name));

    if (other)
        return gale_err(GALE_EINVAL, "Option '%s' already defined in %s", def->name,
                        other->file ? other->file : "the library");
    if (def->type < 0 || def->type > GALE_OPTION_CUSTOM ||
        (def->type == GALE_OPTION_CUSTOM && !def->parse))
        return gale_err(GALE_EINVAL, "Option '%s' has no usable type", def->name);
    return 0;
}

int gale_options_define_sized(gale_options *options, const gale_option_def *def, size_t size,
                              const char *file)
{
    gale_option_def copy = { .name = NULL };
    char key[MAX_NAME + 1];

    if (!options)
        return -ENOMEM;
    memcpy(&copy, def, size < sizeof(copy) ? size : sizeof(copy));
    if (!copy.name || !normalize(gale__str(copy.name), key))
        return gale_err(GALE_EINVAL, "an option without a name, or with one beyond %d bytes",
                        MAX_NAME);
    int r = check_def(options, &copy);

    if (r < 0)
        return r;
    struct gale__option *o = gale__calloc(1, sizeof(*o));

    if (!o)
        return -ENOMEM;
    o->def = copy;
    r = own_strings(o, &copy, key, file) ? gale__option_check_bounds(o) : -ENOMEM;
    if (r >= 0)
        r = add_option(options, o);
    if (r < 0)
        free_option(o);
    return r;
}

int gale__option_set_values(gale_options *options, struct gale__option *o,
                            struct gale__option_values *values, struct gale__option_by by)
{
    struct gale__option_values old = o->values;

    if (by.keep && o->source > by.source)
        return 0;
    o->source = by.source;
    o->values = *values;
    *values = (struct gale__option_values){ 0 };
    gale__option_values_free(o, &old);
    return o->def.callback ? o->def.callback(options, o->def.name, o->def.arg) : 0;
}

int gale__option_set_text(gale_options *options, struct gale__option *o, gale_str text,
                          struct gale__option_by by)
{
    struct gale__option_values values = { 0 };
    int r = gale__option_parse_text(o, text, &values);

    if (r >= 0)
        r = gale__option_set_values(options, o, &values, by);
    gale__option_values_free(o, &values);
    return r;
}

int gale_options_set(gale_options *options, const char *name, const char *text)
{
    const struct gale__option_by by = { GALE__BY_CODE, false };
    struct gale__option *o = gale__options_find(options, gale__str(name));
    struct gale__option_values none = { 0 };

    if (!options)
        return -ENOMEM;
    if (!o)
        return gale_err(GALE_ENOTFOUND, "no option '%s'", name);
    return text ? gale__option_set_text(options, o, gale__str(text), by)
                : gale__option_set_values(options, o, &none, by);
}

int gale_options_add_parse_callback(gale_options *options,
                                    int (*fn)(gale_options *options, void *arg), void *arg)
{
    if (!options)
        return -ENOMEM;
    void *list = gale__list_grow(options->callbacks, options->n_callbacks, &options->cap_callbacks,
                                 sizeof(*options->callbacks));

    if (!list)
        return -ENOMEM;
    options->callbacks = list;
    options->callbacks[options->n_callbacks++] = (struct gale__parse_callback){ fn, arg };
    return 0;
}

int gale__options_finish(gale_options *options, unsigned flags)
{
    int r = 0;

    if (flags & GALE_OPTIONS_PARTIAL)
        return 0;
    for (size_t i = 0; i < options->n_callbacks && r >= 0; i++)
        r = options->callbacks[i].fn(options, options->callbacks[i].arg);
    return r < 0 ? r : 0;
}

const char *gale_options_name(const gale_options *options, size_t i)
{
    return options && i < options->n_options ? options->options[i]->def.name : NULL;
}

const char *gale_options_group(const gale_options *options, size_t i)
{
    if (!options || i >= options->n_options)
        return NULL;
    return options->options[i]->def.group ? options->options[i]->def.group : "";
}

int gale_option_count(const gale_options *options, const char *name)
{
    const struct gale__option *o = gale__options_find(options, gale__str(name));

    return o ? (int)o->values.n : gale_err(GALE_ENOTFOUND, "no option '%s'", name);
}

/* The i-th value of an option whose type is in the set; NULL when there is none. */
static const struct gale__option_value *value_at(const gale_options *options, const char *name,
                                                 unsigned types, size_t i)
{
    const struct gale__option *o = gale__options_find(options, gale__str(name));

    if (!o || !(types & 1u << o->def.type)) {
        gale_log(&gale_log_general, GALE_LOG_ERROR,
                 o ? "option '%s' was read as another type than it has" : "no option '%s'", name);
        return NULL;
    }
    return i < o->values.n ? &o->values.items[i] : NULL;
}

const char *gale_option_str_at(const gale_options *options, const char *name, size_t i)
{
    const struct gale__option_value *v = value_at(options, name, ~0u, i);

    return v ? v->text : NULL;
}

int64_t gale_option_int64_at(const gale_options *options, const char *name, size_t i)
{
    const struct gale__option_value *v = value_at(
        options, name, 1u << GALE_OPTION_INT | 1u << GALE_OPTION_INT64, i);

    return v ? v->integer : 0;
}

double gale_option_double_at(const gale_options *options, const char *name, size_t i)
{
    const struct gale__option_value *v = value_at(
        options, name, 1u << GALE_OPTION_DOUBLE | 1u << GALE_OPTION_TIMEDELTA, i);

    return v ? v->real : 0;
}

void *gale_option_custom_at(const gale_options *options, const char *name, size_t i)
{
    const struct gale__option_value *v = value_at(options, name, 1u << GALE_OPTION_CUSTOM, i);

    return v ? v->custom : NULL;
}

const char *gale_option_str(const gale_options *options, const char *name)
{
    return gale_option_str_at(options, name, 0);
}

int64_t gale_option_int64(const gale_options *options, const char *name)
{
    return gale_option_int64_at(options, name, 0);
}

int gale_option_int(const gale_options *options, const char *name)
{
    int64_t value = gale_option_int64_at(options, name, 0);

    return value > INT_MAX ? INT_MAX : value < INT_MIN ? INT_MIN : (int)value;
}

double gale_option_double(const gale_options *options, const char *name)
{
    return gale_option_double_at(options, name, 0);
}

double gale_option_timedelta(const gale_options *options, const char *name)
{
    return gale_option_double_at(options, name, 0);
}

void *gale_option_custom(const gale_options *options, const char *name)
{
    return gale_option_custom_at(options, name, 0);
}

bool gale_option_bool(const gale_options *options, const char *name)
{
    const struct gale__option_value *v = value_at(options, name, 1u << GALE_OPTION_BOOL, 0);

    return v && v->integer;
}

struct tm gale_option_datetime(const gale_options *options, const char *name)
{
    const struct gale__option_value *v = value_at(options, name, 1u << GALE_OPTION_DATETIME, 0);

    return v ? v->time : (struct tm){ .tm_sec = 0 };
}
