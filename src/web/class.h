/* class.h - handler classes in the form requests use: parents' hooks filled in.
 *
 * Made when an application is made, read-only after.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_CLASS_H
#define GALE_WEB_CLASS_H

#include <gale/web.h>

#include "base/arena.h"
#include "proto/http_names.h"

struct gale__class {
    gale_handler_class hooks; /* resolved */
    /* With .kind: the struct of that kind, which begins with hooks; its own fields, pointers all,
     * are inherited where NULL. NULL: neither the class nor a parent has such fields. */
    const gale_handler_class *kind_hooks;
    int (*verbs[GALE__N_METHODS])(gale_handler *self); /* by method; NULL: 405 */
    const char *allow;                                 /* the Allow field of a 405 or OPTIONS */
    const gale_handler_class *original;
    struct gale__class *next;
};

/* The verb of classes without .options: 204 with Allow (dispatch.c). */
int gale__answer_options(gale_handler *self);

/* Of a WebSocket class with its parents' hooks filled in: what is wrong with it, else its verb is
 * set (websocket_class.c). own_get: the .get that it has itself. */
int gale__websocket_class_fill(struct gale__class *c,
                               int (*own_get)(gale_handler *self)) GALE_MUST_USE;

/* Where classes are resolved, and how: the same for all on the list. */
struct gale__class_space {
    struct gale__class **list;
    struct gale__arena *arena;
    size_t size;     /* of the caller's structs */
    bool plain_head; /* HEAD needs a .head, but for classes of the library */
};

/* The resolved form of a class, made in the arena and put on the list when it is not there yet; so
 * are its parents'. NULL with *error: GALE_EINVAL (detail says why) or -ENOMEM. */
const struct gale__class *gale__class_resolve(const struct gale__class_space *space,
                                              const gale_handler_class *cls, int *error);

/* A class of the library itself: its struct is of this version, whatever the caller's (builtin.c).
 */
bool gale__class_is_builtin(const gale_handler_class *cls);

/* The resolved form of a class on the list, or NULL. */
const struct gale__class *gale__class_find(const struct gale__class *list,
                                           const gale_handler_class *cls);

#endif
