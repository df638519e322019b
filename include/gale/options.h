/* options.h - command-line options and configuration files.
 *
 * An option is defined once, with its type, default and help; its value then comes from
 * the command line (--port=80), the environment (SHOP_PORT=80), a configuration file
 * (port = 80) or code (gale_options_set). Dashes and underscores in names are the same. Most
 * programs use the default parser, which also has --help and the logging options:
 *
 *     gale_options *o = gale_options_default();
 *     int rest, r = gale_define(o, .name = "port", .type = GALE_OPTION_INT,
 *                               .fallback = "8888", .help = "run on the given port");
 *     if (r >= 0)
 *         r = gale_options_parse_command_line(o, argc, argv, 0, &rest);
 *     if (r != 0)
 *         return r < 0; (1: --help was printed)
 *     listen(gale_option_int(o, "port"));
 *
 * How texts are read:
 * int, int64, double: decimal; double is finite.
 * bool: true, 1, t, yes, y, on; false, 0, f, no, n, off; in any case. --flag alone is true.
 * datetime: "Sun Apr 28 05:16:00 2013", "2013-04-28 05:16:00", "2013-04-28 05:16",
 *     "2013-04-28T05:16", "20130428 05:16:00", "20130428 05:16", "2013-04-28",
 *     "20130428", "05:16:00", "05:16".
 * timedelta: numbers with units h, m, s, ms, us, d, w (or min, sec, hours, …), none is
 *     seconds: "1h30m", "2d -3s", "1.5 hours".
 * multiple: a comma list; integers also as ranges with both ends: "1,4:6" is 1,4,5,6.
 *
 * A configuration file has lines "name = value", the value a number, a word, True, False,
 * None (unset), a string in '…' or "…" (\n \t \r \\ \' \" \xNN \uNNNN), or a list
 * [1, 2, "x"], which may go over several lines. # begins a comment. It is no program, and
 * a name that is no option is an error.
 *
 * Not thread-safe: define and parse before threads read; any number may read.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_OPTIONS_H
#define GALE_OPTIONS_H

#include <gale/base.h>
#include <time.h>

GALE_BEGIN_DECLS

typedef struct gale_options gale_options;

enum {
    GALE_OPTION_STR,
    GALE_OPTION_INT,
    GALE_OPTION_INT64,
    GALE_OPTION_DOUBLE,
    GALE_OPTION_BOOL,
    GALE_OPTION_DATETIME,
    GALE_OPTION_TIMEDELTA,
    GALE_OPTION_CUSTOM,
};

/* parse_command_line and parse_config_file: more will be parsed, so the parse callbacks
 * do not run yet. */
#define GALE_OPTIONS_PARTIAL 1u

/* parse_config_file and parse_environment: what was set by a stronger source stays (command line
 * before environment before file; the value is checked all the same). Without it, what is parsed
 * last counts. */
#define GALE_OPTIONS_KEEP 2u

/* All strings are copied. */
typedef struct gale_option_def {
    const char *name;     /* Required. */
    int type;             /* GALE_OPTION_…; 0 is a string */
    bool is_multiple;     /* a list of values */
    const char *fallback; /* the default, as it would stand on the command line; NULL: unset */
    const char *help;
    const char *metavar; /* what help shows after the = */
    const char *group;   /* heading in the help; gale_define: the source file's name */
    /* Called after each time the value was set; a failure becomes that of the setting. */
    int (*callback)(gale_options *options, const char *name, void *arg);
    /* Type CUSTOM: makes a value of a text, and frees one (may be NULL). */
    int (*parse)(const char *text, void *arg, void **value);
    void (*free_value)(void *value);
    void *arg; /* for both */
    /* Bounds of an int, int64, double or timedelta (of each value of a list), as they would stand
     * on the command line; both belong to the range. NULL: none. */
    const char *minimum;
    const char *maximum;
} gale_option_def;

/* A parser of its own, with --help only. NULL when out of memory. */
GALE_API GALE_MUST_USE gale_options *gale_options_new(void);
GALE_API void gale_options_free(gale_options *options);

/* The process's parser: --help, the logging options, which a complete parse applies. Made
 * at the first call, freed at exit. NULL when out of memory; every call here takes a NULL
 * parser and gives -ENOMEM. */
GALE_API gale_options *gale_options_default(void);

/* Defines an option and sets its default. GALE_EINVAL (exists already, bad default, no
 * name), -ENOMEM. C++: fill a gale_option_def and call gale_options_define(). */
GALE_API GALE_MUST_USE int gale_options_define_sized(gale_options *options,
                                                     const gale_option_def *def, size_t size,
                                                     const char *file);

/* The same, for a struct that is there; its group is only what .group says. */
static inline int gale_options_define(gale_options *options, const gale_option_def *def)
{
    return gale_options_define_sized(options, def, sizeof(*def), NULL);
}

/* gale_define(options, .name = "port", .type = GALE_OPTION_INT, …) */
#define gale_define(options, ...)                                                                  \
    gale_options_define_sized((options), &(gale_option_def){ __VA_ARGS__ },                        \
                              sizeof(gale_option_def), __FILE__)

/* Reads options up to the first argument without a dash, or behind "--"; argv[0] is
 * skipped, and named in the help. *rest (may be NULL) becomes the index of the first
 * argument left over: argv + *rest is fit to be parsed as a subcommand's. 0; 1: --help was
 * given and printed, the caller should exit 0; GALE_EINVAL with a detail for the user. */
GALE_API GALE_MUST_USE int gale_options_parse_command_line(gale_options *options, int argc,
                                                           char *const *argv, unsigned flags,
                                                           int *rest);

/* Reads a configuration file. The detail names file and line. -errno, GALE_EINVAL,
 * GALE_ETOOBIG (1 MiB). What stood before the error is set. */
GALE_API GALE_MUST_USE int gale_options_parse_config_file(gale_options *options, const char *path,
                                                          unsigned flags);

/* Sets each option for which the environment has a variable: prefix and the option's name in
 * capitals with underscores, SHOP_LOG_LEVELS for "SHOP_" and log-levels. Its text is that of the
 * command line; an empty one counts as none. GALE_EINVAL, GALE_ETOOBIG: the detail names the
 * variable. */
GALE_API GALE_MUST_USE int gale_options_parse_environment(gale_options *options, const char *prefix,
                                                          unsigned flags);

/* Sets a value as the command line would; NULL: unset. GALE_ENOTFOUND, GALE_EINVAL,
 * -ENOMEM; the earlier value then stays. */
GALE_API GALE_MUST_USE int gale_options_set(gale_options *options, const char *name,
                                            const char *text);

/* fn(options, arg) runs after each complete parse, in the order added; a failure is the
 * parse's. */
GALE_API GALE_MUST_USE int gale_options_add_parse_callback(
    gale_options *options, int (*fn)(gale_options *options, void *arg), void *arg);

/* Prints usage and all options by group to a descriptor. -errno. */
GALE_API int gale_options_print_help(const gale_options *options, int fd);

/* The name (as it was defined) and group of the i-th option in order of definition; NULL
 * when there are no more. Borrowed. */
GALE_API const char *gale_options_name(const gale_options *options, size_t i);
GALE_API const char *gale_options_group(const gale_options *options, size_t i);

/* How many values an option has: 0 when unset, 1, or the length of a list; GALE_ENOTFOUND. */
GALE_API int gale_option_count(const gale_options *options, const char *name);

/* The value; 0, false or NULL when it is unset. A name that does not exist or has another
 * type is an error of the program: it is logged, and the same comes back. int and int64
 * read each other's (int cuts to its range), str reads any type as it was written. Of a
 * list, the first value. Text is borrowed until the option is set again. */
GALE_API const char *gale_option_str(const gale_options *options, const char *name);
GALE_API int gale_option_int(const gale_options *options, const char *name);
GALE_API int64_t gale_option_int64(const gale_options *options, const char *name);
GALE_API double gale_option_double(const gale_options *options, const char *name);
GALE_API bool gale_option_bool(const gale_options *options, const char *name);
GALE_API double gale_option_timedelta(const gale_options *options, const char *name);
GALE_API struct tm gale_option_datetime(const gale_options *options, const char *name);
GALE_API void *gale_option_custom(const gale_options *options, const char *name);

/* The i-th value of a list; 0 or NULL beyond its end. */
GALE_API const char *gale_option_str_at(const gale_options *options, const char *name, size_t i);
GALE_API int64_t gale_option_int64_at(const gale_options *options, const char *name, size_t i);
GALE_API double gale_option_double_at(const gale_options *options, const char *name, size_t i);
GALE_API void *gale_option_custom_at(const gale_options *options, const char *name, size_t i);

GALE_END_DECLS

#endif
