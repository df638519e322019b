/* options.h - inside the library: how options and their values are kept.
 *
 * options.c keeps them, options_value.c turns texts into values, options_file.c reads
 * configuration files, options_environment.c the environment, options_cli.c the command line and
 * prints the help.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_OPTIONS_H
#define GALE_BASE_OPTIONS_H

#include <gale/options.h>

#include "base/map.h"

/* One value. The text is kept beside it, for the help and for gale_option_str(). */
struct gale__option_value {
    char *text;
    union {
        int64_t integer; /* int, int64, bool */
        double real;     /* double, timedelta (seconds) */
        struct tm time;
        void *custom;
    };
};

struct gale__option_values {
    struct gale__option_value *items;
    size_t n, cap;
};

/* Where a value came from, the weakest first. */
enum gale__option_source { GALE__BY_CODE, GALE__BY_FILE, GALE__BY_ENVIRONMENT, GALE__BY_LINE };

struct gale__option {
    gale_option_def def; /* its strings are ours */
    enum gale__option_source source;
    char *key;  /* the name with dashes */
    char *file; /* where it was defined; NULL: not known */
    struct gale__option_values values;
};

struct gale__parse_callback {
    int (*fn)(gale_options *options, void *arg);
    void *arg;
};

struct gale_options {
    struct gale__map by_key;       /* of struct gale__option */
    struct gale__option **options; /* in order of definition */
    size_t n_options, cap_options;
    struct gale__parse_callback *callbacks;
    size_t n_callbacks, cap_callbacks;
    char *program;          /* argv[0] of the last command line; NULL: none yet */
    bool is_help_requested; /* by --help */
};

/* NULL without a detail when there is none. */
struct gale__option *gale__options_find(const gale_options *options, gale_str name);

/* Who sets, and whether what a stronger source set stays. */
struct gale__option_by {
    enum gale__option_source source;
    bool keep;
};

/* Sets an option to the values of a text as on the command line. */
int gale__option_set_text(gale_options *options, struct gale__option *option, gale_str text,
                          struct gale__option_by by);

/* Puts values in the place of the option's, and calls its callback. values is consumed, unless
 * what is there stays. */
int gale__option_set_values(gale_options *options, struct gale__option *option,
                            struct gale__option_values *values, struct gale__option_by by);

/* Makes the detail of a bad value begin with what it was given by: "Option '--x'". */
int gale__option_name_detail(int code, const char *what);

/* Runs the parse callbacks unless flags say that more is to come. */
int gale__options_finish(gale_options *options, unsigned flags);

/* Appends the value that text means (with ranges: the values). GALE_EINVAL with a detail
 * that does not name the option. */
int gale__option_parse_value(const struct gale__option *option, gale_str text,
                             struct gale__option_values *values);

/* The same for a whole command-line text: split at commas for a list. */
int gale__option_parse_text(const struct gale__option *option, gale_str text,
                            struct gale__option_values *values);

/* Whether minimum and maximum of a definition can be those of its type; else GALE_EINVAL. */
int gale__option_check_bounds(const struct gale__option *option);

void gale__option_values_free(const struct gale__option *option,
                              struct gale__option_values *values);

/* Reads the text of a configuration file; name is for messages. */
int gale__options_parse_text(gale_options *options, gale_str text, const char *name, bool keep);

/* The list with room for one more item, or NULL; *cap grows. */
void *gale__list_grow(void *items, size_t n, size_t *cap, size_t item_size);

#endif
