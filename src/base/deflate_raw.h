/* deflate_raw.h - DEFLATE without a wrapper, message by message, as permessage-deflate has it.
 *
 * A compressor is up to 300 KiB, so those not in use lie in a small pool of the thread's; one that
 * has to remember what went before cannot.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_DEFLATE_RAW_H
#define GALE_BASE_DEFLATE_RAW_H

#include "base/buf.h"

struct gale__raw_deflate;
struct gale__raw_inflate;

/* window_bits 9 to 15, mem_level 1 to 9. NULL: out of memory. */
struct gale__raw_deflate *gale__raw_deflate_new(int level, int window_bits, int mem_level);
/* Appends what in is compressed to, all of it: it ends with an empty block, 00 00 ff ff, unless
 * nothing came of it. 0 or -ENOMEM, GALE_ETOOBIG. */
int gale__raw_deflate_write(struct gale__raw_deflate *d, gale_str in, struct gale__buf *out);
void gale__raw_deflate_free(struct gale__raw_deflate *d);

/* window_bits 8 to 15. */
struct gale__raw_inflate *gale__raw_inflate_new(int window_bits);
/* Decodes from *in (advanced) into out, at most size bytes: how many; 0: needs more input.
 * GALE_EPROTO, -ENOMEM. A last block is followed by others as any block is. */
int64_t gale__raw_inflate_read(struct gale__raw_inflate *d, gale_str *in, char *out, size_t size);
void gale__raw_inflate_free(struct gale__raw_inflate *d);

#endif
