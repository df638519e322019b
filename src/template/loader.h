/* loader.h - the inside of templates and loaders: what is kept, where the texts come from.
 *
 * A template is one arena that holds its program, the struct and the stamps of its files; it is
 * read-only but for refs and refers to nothing of its loader. A loader's cache has a reference to
 * each of its templates. Reading and compiling happen outside of the lock: two threads may compile
 * the same template, one result is kept.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_LOADER_H
#define GALE_TEMPLATE_LOADER_H

#include <pthread.h>
#include <sys/stat.h>

#include <gale/template.h>

#include "base/arena.h"
#include "base/map.h"
#include "template/compile.h"

/* A file that a template was made from, as it was when it was read. */
struct gale__source_stamp {
    struct gale__source_stamp *next;
    const char *name; /* full: below the root */
    struct timespec modified, changed;
    off_t size;
    ino_t inode;
    dev_t device;
};

enum { GALE__TEMPLATE_NAME = 1024 }; /* bytes of a name, its NUL included */

struct gale_template {
    int refs;         /* atomic */
    const char *name; /* as it was loaded; in the arena */
    const gale_template_program *program;
    gale_template_options options; /* what its pointers point at is borrowed */
    struct gale__source_stamp *stamps;
    struct gale__arena arena; /* holds the program, unless it is linked in, and this struct */
};

/* What kinds of loaders do; all but free may be NULL. */
struct gale__loader_ops {
    /* The text of the file of a full name, in the arena, of at most max bytes. *stamp is filled but
     * for name and next. 0, or a code with the detail stored. NULL: there are no texts. */
    int (*read)(gale_loader *loader, const char *name, uint64_t max, struct gale__arena *arena,
                gale_str *text, struct gale__source_stamp *stamp);
    /* Whether any of the stamps is not true any more. NULL: texts never change. */
    bool (*has_changed)(gale_loader *loader, const struct gale__source_stamp *stamps);
    /* The program of a name, linked in; NULL: none. */
    const gale_template_program *(*program)(gale_loader *loader, gale_str name);
    /* Full names of all that may be templates, sorted, in the arena. The number or a code. */
    int (*list)(gale_loader *loader, struct gale__arena *arena, const char *const **names);
    void (*free)(gale_loader *loader); /* its own parts and itself */
};

struct gale_loader {
    const struct gale__loader_ops *ops;
    gale_template_options options;
    const char *where;           /* for messages: the root; the loader's own */
    struct gale__map cache;      /* full name to gale_template; the keys are the templates' names */
    unsigned n_resets;           /* so that nothing older than a reset comes into the cache */
    pthread_mutex_t lock;        /* of cache and n_resets */
    gale_template_engine engine; /* .render NULL: none */
    void *engine_arg;
};

/* --- loader.c --- */

/* Fills the part that all kinds have. GALE_EINVAL with the detail stored: an option is wrong. */
int gale__loader_init(gale_loader *loader, const struct gale__loader_ops *ops,
                      const gale_template_options *options, const char *where);
/* Empties the cache and gives that part back. */
void gale__loader_deinit(gale_loader *loader);

/* The full name that name means in the template parent (NULL, or one in <>: none, so the root).
 * Its length, or a code with the detail stored. */
int gale__loader_resolve(const gale_loader *loader, gale_str name, const char *parent,
                         char out[GALE__TEMPLATE_NAME]);

/* Reads and compiles the template of a full name; nothing is kept. 0 or a code with *error filled
 * (never NULL here). */
int gale__loader_make(gale_loader *loader, const char *name, gale_template **out,
                      gale_template_error *error);

/* --- loader_check.c --- */

/* Whether a name ends in one of these; those that templates have when nobody says; NULL-ended. */
bool gale__template_has_ending(const char *name, const char *const *endings);
extern const char *const gale__template_endings[];

/* --- make.c --- */

/* Compiles a text that has this name into a template with one reference: gale_template_new() and
 * loading alike. What it includes comes from loader (NULL: nothing can be included), with stamps of
 * it. Size and UTF-8 are checked first. 0 or a code with *error filled (never NULL here). */
int gale__template_make(gale_str text, const char *name, gale_loader *loader,
                        const gale_template_options *options, gale_template **out,
                        gale_template_error *error);

/* The same for the errors alone, of all of which it tells: gale__template_check(). 0 or -ENOMEM. */
int gale__template_check_text(gale_str text, const char *name, gale_loader *loader,
                              const struct gale__tell *tell);

/* A template whose program is linked in. */
int gale__template_of_program(const gale_template_program *program,
                              const gale_template_options *options, gale_template **out);

/* The bytes that a text may have. */
uint64_t gale__template_max_source(const gale_template_options *options);

/* GALE_EINVAL with a detail that names the option. */
int gale__template_check_options(const gale_template_options *options);

/* 0, or GALE_EINVAL with the detail stored, and where the first byte is that is not UTF-8. */
int gale__template_check_utf8(gale_str text, const char *name, int *line, int *column);

/* Fills *error (may be NULL) with a message that is its whole report; stores it as the detail too.
 * Gives the code. */
int gale__template_fail(gale_template_error *error, int code, const char *name, const char *fmt,
                        ...) GALE_PRINTF(4, 5);

/* As if it were zero. */
static inline void gale__template_error_clear(gale_template_error *error)
{
    error->code = error->line = error->column = 0;
    error->name[0] = error->message[0] = error->report[0] = 0;
}

/* --- heap_out.c: output into heap memory --- */

/* Output that grows on the heap; empty at first. */
void gale__heap_out_init(gale_template_out *out);
/* What was written, NUL-terminated, for free(); its length in *len (may be NULL). NULL: out of
 * memory. out is empty then. */
char *gale__heap_out_take(gale_template_out *out, size_t *len);
void gale__heap_out_free(gale_template_out *out);

#endif
