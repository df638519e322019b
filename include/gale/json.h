/* json.h - JSON text and jansson's values; the one header that includes jansson.
 *
 * The dynamic value of gale (a "dict" to write, a template's names, a JSON body) is
 * jansson's json_t. A gale call that takes a json_t takes its reference over, on failure
 * too: after gale_write_json(self, value) the caller must not use or free value unless it
 * took a reference of its own (json_incref). A call that gives a new reference says so.
 * Values that came from a peer are never nested deeper than GALE_JSON_DEPTH, since
 * jansson frees, copies and compares by recursion.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_JSON_H
#define GALE_JSON_H

#include <gale/base.h>
#include <jansson.h>

GALE_BEGIN_DECLS

enum {
    GALE_JSON_DEPTH = 128 /* arrays and objects within each other */
};

/* The value of a JSON text (any value, not only arrays and objects), UTF-8. A new
 * reference, the caller's. NULL with a detail naming line and column: GALE_EINVAL (not
 * JSON, a NUL inside a string, a number out of range), GALE_ETOOBIG (nested deeper than
 * GALE_JSON_DEPTH), -ENOMEM. error, where not NULL, gets the code. */
GALE_API GALE_MUST_USE json_t *gale_json_decode(gale_str text, int *error);

GALE_END_DECLS

#endif
