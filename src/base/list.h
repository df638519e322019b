/* list.h - the one intrusive doubly linked list: a head is a node linked to itself.
 *
 * A node that is on no list has next == NULL, so "is it on a list?" needs no flag.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_LIST_H
#define GALE_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct gale__list {
    struct gale__list *next, *prev;
};

static inline void gale__list_init(struct gale__list *head)
{
    head->next = head->prev = head;
}

static inline bool gale__list_empty(const struct gale__list *head)
{
    return head->next == head;
}

static inline bool gale__list_linked(const struct gale__list *node)
{
    return node->next != NULL;
}

/* Puts node at the end of the list. */
static inline void gale__list_append(struct gale__list *head, struct gale__list *node)
{
    node->next = head;
    node->prev = head->prev;
    head->prev->next = node;
    head->prev = node;
}

/* Takes node off its list; nothing happens when it is on none. */
static inline void gale__list_remove(struct gale__list *node)
{
    if (!node->next)
        return;
    node->next->prev = node->prev;
    node->prev->next = node->next;
    node->next = node->prev = NULL;
}

/* The first node, or NULL. */
static inline struct gale__list *gale__list_first(const struct gale__list *head)
{
    return head->next == head ? NULL : head->next;
}

#endif
