/* html_entities.h - the table of HTML's named character references. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_HTML_ENTITIES_H
#define GALE_BASE_HTML_ENTITIES_H

#include <stdint.h>

/* "AElig\0\303\206\0AElig;\0…": name, NUL, UTF-8, NUL, sorted by name. */
extern const char gale__html_entities[];

/* Where the names that begin with 'A' + i start, for i up to 'z' - 'A'; then the end of all. */
extern const uint16_t gale__html_entity_starts[];

#endif
