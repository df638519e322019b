/* fuzz_websocket_frame.c - heads of frames: what is read is what would be written. */
/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <gale/error.h>

#include "base/alloc.h"
#include "proto/websocket_frame.h"
#include "proto/websocket_mask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_close(gale_str payload)
{
    gale_str reason;
    int code, r = gale__websocket_close_parse(payload, &code, &reason);

    GALE_ASSERT(r == 0 || r == 1002 || r == 1007);
    if (r == 0)
        GALE_ASSERT(code == 1005 ? !payload.len : gale__websocket_code_is_valid(code));
}

static void check_same(const struct gale__websocket_frame *frame, bool masked, const uint8_t *data,
                       int n)
{
    char head[GALE__WS_HEAD_MAX];
    size_t written = gale__websocket_frame_head(head, frame->opcode, frame->fin, frame->compressed,
                                                frame->length, masked ? frame->key : NULL);

    GALE_ASSERT((int)written == n && !memcmp(head, data, written));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gale__websocket_frame frame;
    struct gale__websocket_rules rules;
    char out[256];
    int whole;

    if (size < 1)
        return 0;
    rules = (struct gale__websocket_rules){ data[0] & 1, data[0] & 2 };
    data++;
    size--;
    whole = gale__websocket_frame_parse((const char *)data, size, &rules, &frame);
    GALE_ASSERT(whole >= 0 ? whole <= (int)size : whole == GALE_EPROTO && frame.why);
    if (whole > 0)
        check_same(&frame, rules.masked, data, whole);
    for (size_t i = 0; i < size && i < GALE__WS_HEAD_MAX; i++) {
        int r = gale__websocket_frame_parse((const char *)data, i, &rules, &frame);

        GALE_ASSERT(whole > 0 ? r == ((int)i < whole ? 0 : whole) : r == 0 || r == whole);
    }
    check_close((gale_str){ (const char *)data, size < 125 ? size : 125 });
    if (size >= 4 && size <= sizeof(out)) {
        gale__websocket_mask(out, (const char *)data, size, data, size);
        gale__websocket_mask(out, out, size, data, size);
        GALE_ASSERT(!memcmp(out, data, size));
    }
    return 0;
}
