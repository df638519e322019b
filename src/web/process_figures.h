/* process_figures.h - what the kernel knows of this process: for figures. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_PROCESS_FIGURES_H
#define GALE_WEB_PROCESS_FIGURES_H

#include <stdint.h>

/* 0 where it cannot be known. */
uint64_t gale__process_cpu_ns(void);
uint64_t gale__process_resident(void); /* bytes of memory in use */
uint64_t gale__process_descriptors(void);

#endif
