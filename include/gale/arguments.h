/* arguments.h - what a request brings: arguments, typed values, JSON, forms and their files.
 *
 * Names are matched as decoded text. Text is UTF-8 without NUL, control characters (0x00-0x08,
 * 0x0e-0x1f) replaced by blanks and stripped at its ends, as Tornado does; the _raw forms leave
 * the ends. What a client sent wrong is a failure that answers 400 (413, 415 where said) naming
 * the field, in the log and on the page. Everything lives until on_finish has returned.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_ARGUMENTS_H
#define GALE_ARGUMENTS_H

#include <gale/base.h>
#include <gale/error.h>

GALE_BEGIN_DECLS

struct json_t;
typedef struct gale_handler gale_handler;

/* --- text ------------------------------------------------------------------------- */

/* The last value of a query or body argument (urlencoded or multipart form), or fallback. Body
 * beats query. */
GALE_API const char *gale_get_argument(gale_handler *self, const char *name, const char *fallback);

/* The same of the query alone, and of the body alone. */
GALE_API const char *gale_get_query_argument(gale_handler *self, const char *name,
                                             const char *fallback);
GALE_API const char *gale_get_body_argument(gale_handler *self, const char *name,
                                            const char *fallback);

/* The last value without stripping, or fallback. */
GALE_API const char *gale_get_argument_raw(gale_handler *self, const char *name,
                                           const char *fallback);

/* The value into *out; when it is missing, a failure that answers 400. */
GALE_API GALE_MUST_USE int gale_require_argument(gale_handler *self, const char *name,
                                                 const char **out);

/* All values of a name in their order, query before body, as a NULL-terminated array; *n (may be
 * NULL) is their number. An empty array when there are none or memory is out (the request fails
 * then). */
GALE_API const char *const *gale_get_arguments(gale_handler *self, const char *name, size_t *n);
GALE_API const char *const *gale_get_query_arguments(gale_handler *self, const char *name,
                                                     size_t *n);
GALE_API const char *const *gale_get_body_arguments(gale_handler *self, const char *name,
                                                    size_t *n);

/* The i-th argument of all, from 0, for walking them: query first, then body. false at the end. */
GALE_API bool gale_argument_at(gale_handler *self, size_t i, const char **name, const char **value);

/* The same without stripping; *in_body (may be NULL): whether the body has it, not the query. */
GALE_API bool gale_argument_raw_at(gale_handler *self, size_t i, const char **name,
                                   const char **value, bool *in_body);

/* --- typed ------------------------------------------------------------------------ */

/* Each needs the argument: missing or malformed is a failure that answers 400 naming it. */

/* A decimal integer that fits. */
GALE_API GALE_MUST_USE int gale_get_int(gale_handler *self, const char *name, int *out);
GALE_API GALE_MUST_USE int gale_get_int64(gale_handler *self, const char *name, int64_t *out);
/* One from min to max, both allowed. */
GALE_API GALE_MUST_USE int gale_get_int_range(gale_handler *self, const char *name, int64_t min,
                                              int64_t max, int64_t *out);
/* A finite decimal number, "." whatever the locale. */
GALE_API GALE_MUST_USE int gale_get_double(gale_handler *self, const char *name, double *out);
/* 1 true on yes, 0 false off no; in any case. */
GALE_API GALE_MUST_USE int gale_get_bool(gale_handler *self, const char *name, bool *out);
/* The index of the value in a NULL-terminated list of texts. */
GALE_API GALE_MUST_USE int gale_get_enum(gale_handler *self, const char *name,
                                         const char *const *values, int *out);
/* A UUID (RFC 9562) in its 36-character form, as lower-case text. */
GALE_API GALE_MUST_USE int gale_get_uuid(gale_handler *self, const char *name, const char **out);

/* A date of the Gregorian calendar. */
typedef struct gale_date {
    int year, month, day; /* 1 to 9999, 1 to 12, 1 to 31 */
} gale_date;
/* YYYY-MM-DD (RFC 3339 full-date), one that exists. */
GALE_API GALE_MUST_USE int gale_get_date(gale_handler *self, const char *name, gale_date *out);

/* 1 when the request has an argument of that name, else 0: to make a typed one optional. */
GALE_API int gale_has_argument(gale_handler *self, const char *name);

/* --- path ------------------------------------------------------------------------- */

/* Path arguments: the i-th group from 0, or a named one; percent-decoded UTF-8. NULL when there is
 * no such group or it took no part in the match. */
GALE_API const char *gale_path_argument(gale_handler *self, size_t i);
GALE_API const char *gale_path_argument_named(gale_handler *self, const char *name);

/* A named group as an integer; one that does not fit (or is absent) is a failure that answers
 * 404. */
GALE_API GALE_MUST_USE int gale_path_int(gale_handler *self, const char *name, int64_t *out);

/* --- JSON bodies ------------------------------------------------------------------ */

/* The request's body as JSON, parsed once; *out is borrowed. 415 unless Content-Type is
 * application/json or ends in +json; 413 over limits.max_json_size; 400 with line and column for
 * text that is no JSON, nested deeper than limits.max_json_depth, or with a name twice in one
 * object. Never mixed into arguments. */
GALE_API GALE_MUST_USE int gale_get_json(gale_handler *self, struct json_t **out);

/* As json_unpack() of the body: gale_unpack_json(self, "{s:s, s?i}", "title", &title, "n", &n).
 * What is missing, of another type, or too large for an int ("i") answers 400 and names its place.
 * Needs <gale/json.h>. Texts are borrowed from the body. A bad format answers 500 naming file and
 * line of the call. */
GALE_API GALE_MUST_USE int gale_unpack_json_at(gale_handler *self, const char *file, int line,
                                               const char *fmt, ...);
#define gale_unpack_json(self, ...) gale_unpack_json_at((self), __FILE__, __LINE__, __VA_ARGS__)

/* --- files of a form -------------------------------------------------------------- */

/* A file of a multipart/form-data body (RFC 7578). Small ones are in memory, larger ones (over
 * limits.max_memory_file) in one unnamed temporary file of the request, in the folder P_tmpdir of
 * <stdio.h>. A form larger than that is taken as it comes: the request's .body is empty then,
 * unless max_memory_file is GALE_UNLIMITED. Fields together have at most 10 MiB (413). A malformed
 * form is a 400 before prepare. */
typedef struct gale_file {
    const char *name;         /* of the field */
    const char *filename;     /* as the client sent it: never use it as a path unseen */
    const char *content_type; /* default "application/unknown" */
    int64_t size;             /* bytes */
    gale_str body;            /* NUL-terminated beyond its end; ptr NULL when in a file */
    int fd;                   /* of the request's temporary file, closed with it; -1 when in
                                 memory. All its files share it: read with pread() */
    int64_t offset;           /* where in fd the content begins, size bytes of it */
} gale_file;

/* The i-th file of that field (NULL: of any field), from 0, or NULL. */
GALE_API const gale_file *gale_get_file(gale_handler *self, const char *name, size_t i);

/* The last part of filename after any / or \, without control characters and leading dots; "file"
 * when nothing is left. In the request's memory; NULL when that is out. */
GALE_API const char *gale_file_safe_name(gale_handler *self, const gale_file *file);

/* Waits. Writes the file to path (relative to the working directory) by way of a temporary name
 * beside it, so that path is whole or not there. An existing one is replaced. 0 or -errno. */
GALE_API GALE_MUST_USE int gale_file_save(gale_handler *self, const gale_file *file,
                                          const char *path);

/* --- streamed bodies -------------------------------------------------------------- */

/* For classes with .stream_request_body: the verb (or prepare) reads the body itself, in constant
 * memory, as fast as it takes it. A class with .data_received is given the pieces instead. */

/* Waits. The next piece of the body in *out, borrowed until the next call. 1, 0 at its end, or a
 * failure: why the connection broke when the client has gone, or a GALE_EHTTP that answers 400
 * (also for a body that ends too early), 408 or 413. */
GALE_API GALE_MUST_USE int gale_read_body(gale_handler *self, gale_str *out);

/* Sets this request's body limits, from prepare of a streaming class at the latest:
 * max_body_size in bytes and body_timeout in seconds, GALE_UNLIMITED for none; GALE_EINVAL for 0.
 * GALE_ESTATE after the first piece was read. */
GALE_API int gale_set_max_body_size(gale_handler *self, int64_t bytes);
GALE_API int gale_set_body_timeout(gale_handler *self, double seconds);

/* A part of a streamed multipart/form-data body. */
typedef struct gale_part {
    const char *name;
    const char *filename;     /* NULL: a plain field */
    const char *content_type; /* NULL: none was sent */
} gale_part;

/* Waits. The next part's head in *out (borrowed until the next call); what was not read of the
 * present one is skipped. 1, 0 after the last part, or a failure as of gale_read_body; 415 when the
 * body is no multipart/form-data. */
GALE_API GALE_MUST_USE int gale_next_part(gale_handler *self, const gale_part **out);

/* Waits. The next piece of the present part's content, borrowed until the next call. 1, 0 at its
 * end, or a failure. */
GALE_API GALE_MUST_USE int gale_read_part(gale_handler *self, gale_str *out);

/* Waits. The whole rest of the part as text (as an argument, not stripped); 413 beyond max
 * bytes. */
GALE_API GALE_MUST_USE int gale_read_part_text(gale_handler *self, size_t max, const char **out);

/* Waits. Writes the rest of the part to a new file at path, by way of a temporary name beside it
 * that is removed on failure. The bytes written, or a failure. */
GALE_API GALE_MUST_USE int64_t gale_save_part(gale_handler *self, const char *path);

GALE_END_DECLS

#endif
