/* base.h - what every public header of gale needs: attributes, slices, switches.
 *
 * Values: a gale_str is a pointer and a length, not NUL-terminated unless the
 * function that returns it says so. Times are seconds in a double unless a name
 * says otherwise (_ms, _ns).
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_H
#define GALE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define GALE_BEGIN_DECLS extern "C" {
#define GALE_END_DECLS }
#else
#define GALE_BEGIN_DECLS
#define GALE_END_DECLS
#endif

#if defined(__GNUC__)
#define GALE_API __attribute__((visibility("default")))
#define GALE_MUST_USE __attribute__((warn_unused_result))
#define GALE_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define GALE_API
#define GALE_MUST_USE
#define GALE_PRINTF(fmt, args)
#endif

/* The version of these headers; gale_version() tells the library's. */
#define GALE_VERSION "0.1.0"
#define GALE_VERSION_NUMBER 0x000100

/* Switches are ints: 0 is "unset, the default"; these two decide. */
#define GALE_ON 1
#define GALE_OFF (-1)

/* For a limit, 0 is the default; this value says "no limit" aloud. */
#define GALE_UNLIMITED INT64_C(-1)

GALE_BEGIN_DECLS

/* A slice of bytes, passed by value. ptr may be NULL when len is 0. */
typedef struct gale_str {
    const char *ptr;
    size_t len;
} gale_str;

/* The version of the library that is linked, for example "0.1.0". Static. */
GALE_API const char *gale_version(void);

GALE_END_DECLS

#endif
