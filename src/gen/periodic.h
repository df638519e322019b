/* periodic.h - when a periodic callback runs next: a pure function, for tests. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_GEN_PERIODIC_H
#define GALE_GEN_PERIODIC_H

/* The time after next at which a callback of this period is due: later than now, on the
 * grid that next belongs to. A clock that went back adds one period. */
double gale__periodic_next(double next, double period, double now);

#endif
