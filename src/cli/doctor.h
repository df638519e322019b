/* doctor.h - "gale doctor": what it has looked at, part by part. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_CLI_DOCTOR_H
#define GALE_CLI_DOCTOR_H

#include <gale/base.h>

enum gale__finding_state {
    GALE__GOOD,
    GALE__OFF,     /* not there, and things go on without it */
    GALE__LOW,     /* there, and may be too little */
    GALE__MISSING, /* nothing goes without it */
};

struct gale__finding {
    const char *part, *name; /* static */
    char value[96];
    enum gale__finding_state state;
    const char *why; /* what follows from it, or what helps; static; NULL: nothing is wrong */
};

enum { GALE__FINDINGS_MAX = 48 };

struct gale__findings {
    const char *part; /* of those that are added */
    struct gale__finding list[GALE__FINDINGS_MAX];
    size_t n;
};

/* Adds one. */
void gale__finding_add(struct gale__findings *f, const char *name, enum gale__finding_state state,
                       const char *why, const char *fmt, ...) GALE_PRINTF(5, 6);

/* doctor_kernel.c: what the kernel has, and its limits for this process. */
void gale__doctor_kernel(struct gale__findings *f);
void gale__doctor_limits(struct gale__findings *f);

#endif
