/* faults.h - one allocation or system call of the library failing, by number.
 *
 * The program is linked with --wrap for each of them, so calls that this program's objects
 * make (the library is linked statically) pass through here. What shared libraries do by
 * themselves does not: PCRE2 and jansson allocate through malloc of their own, liburing
 * makes its own system calls, so its functions are wrapped instead.
 */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FAULT_FAULTS_H
#define TESTS_FAULT_FAULTS_H

#include <pthread.h>
#include <stdbool.h>

enum faults_kind {
    FAULTS_MEMORY,  /* malloc, calloc, realloc */
    FAULTS_CALLS,   /* system calls, with an error each may have */
    FAULTS_EINTR,   /* those of them that a signal may interrupt */
    FAULTS_RESULTS, /* what the kernel did for io_uring, told as failed */
};

/* From now on calls of that kind are counted from 0, and the nth fails (< 0: none). */
void faults_arm(enum faults_kind kind, long nth);

/* Counts no more; the name of what failed, or NULL. */
const char *faults_disarm(void);

/* The call that fails prints its stack, for whoever looks for what goes wrong after it. */
void faults_trace(void);

/* Calls counted since faults_arm(). */
long faults_count(void);

/* Blocks of memory, mappings and descriptors that are there now, as one number each. */
struct faults_held {
    long blocks, mappings, descriptors;
};
struct faults_held faults_held(void);

/* For the tests' own use: never fails. */
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
                          void *arg);
int __real_close(int fd);

#endif
