/* cpu_count.h - how many CPUs a control group grants. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NET_CPU_COUNT_H
#define GALE_NET_CPU_COUNT_H

/* CPUs that the control groups of this process (version 1 or 2, and those above them) grant, with
 * root in place of "/"; 1.5 count as 2. 0: no limit. */
int gale__cpus_granted(const char *root);

#endif
