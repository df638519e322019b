/* program.h - where the running program lies: what relative paths of files refer to. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_PROGRAM_H
#define GALE_BASE_PROGRAM_H

#include <gale/base.h>

/* path when it is absolute, else below the directory of the program's file (under `gale run` of its
 * source); a heap string for
 * gale__free(). NULL: out of memory, or there is no such directory (detail in *error, a code). */
char *gale__program_path(const char *path, int *error) GALE_MUST_USE;

#endif
