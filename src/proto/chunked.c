/* chunked.c - a state for each place in the grammar, a byte at a time but for data.
 *
 * step() maps a state and a byte to the next state or a failure; everything that counts
 * (size digits, extension and trailer bytes) is kept beside it.
 */
/* SPDX-License-Identifier: MIT */
#include "proto/chunked.h"

#include "proto/char_class.h"

enum state {
    SIZE, /* the zero state: the start */
    EXT_BWS,
    EXT_NAME_BWS,
    EXT_NAME,
    EXT_NAME_END,
    EXT_VALUE_BWS,
    EXT_TOKEN,
    EXT_QUOTED,
    EXT_ESCAPE,
    EXT_VALUE_END,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER_START,
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    END_LF,
    DONE,
    FAILED,
};

enum error {
    NO_ERROR,
    BAD_SIZE,
    SIZE_TOO_LARGE,
    BAD_EXTENSION,
    EXTENSIONS_TOO_LONG,
    NO_LF,
    NO_CRLF_AFTER_DATA,
    BAD_TRAILER,
    TRAILERS_TOO_LONG,
};

static const struct {
    int status;
    const char *text;
} errors[] = {
    [NO_ERROR] = { 0, "" },
    [BAD_SIZE] = { 400, "chunk size is malformed" },
    [SIZE_TOO_LARGE] = { 400, "chunk size is too large" },
    [BAD_EXTENSION] = { 400, "chunk extension is malformed" },
    [EXTENSIONS_TOO_LONG] = { 400, "chunk extensions are too long" },
    [NO_LF] = { 400, "CR without LF in chunked body" },
    [NO_CRLF_AFTER_DATA] = { 400, "chunk data is not followed by CRLF" },
    [BAD_TRAILER] = { 400, "trailer field is malformed" },
    [TRAILERS_TOO_LONG] = { 431, "trailer fields are too large" },
};

static enum state fail(struct gale__chunked *c, enum error error)
{
    c->error = (uint8_t)error;
    return FAILED;
}

static unsigned hex_value(char ch)
{
    return ch <= '9' ? (unsigned)(ch - '0') : (unsigned)((ch | 0x20) - 'a' + 10);
}

/* At most sixteen digits, and no more than a signed 64-bit number holds. */
static enum state step_size(struct gale__chunked *c, char ch)
{
    if (GALE__CHAR_IS(ch, GALE__CHAR_HEX)) {
        if (c->digits == 16 || c->left > (uint64_t)INT64_MAX >> 4)
            return fail(c, SIZE_TOO_LARGE);
        c->left = c->left << 4 | hex_value(ch);
        c->digits++;
        return SIZE;
    }
    if (!c->digits)
        return fail(c, BAD_SIZE);
    if (ch == '\r')
        return SIZE_LF;
    if (ch == ';')
        return EXT_NAME_BWS;
    return GALE__CHAR_IS(ch, GALE__CHAR_OWS) ? EXT_BWS : fail(c, BAD_SIZE);
}

/* After a complete extension, or white space: another one or the end of the line. */
static enum state after_extension(struct gale__chunked *c, enum state state, char ch)
{
    if (ch == ';')
        return EXT_NAME_BWS;
    if (GALE__CHAR_IS(ch, GALE__CHAR_OWS))
        return state == EXT_NAME || state == EXT_NAME_END ? EXT_NAME_END : EXT_BWS;
    if (ch == '\r' && state != EXT_BWS)
        return SIZE_LF;
    return fail(c, BAD_EXTENSION);
}

static enum state step_quoted(struct gale__chunked *c, enum state state, char ch)
{
    if (!GALE__CHAR_IS(ch, GALE__CHAR_VALUE))
        return fail(c, BAD_EXTENSION);
    if (state == EXT_ESCAPE)
        return EXT_QUOTED;
    if (ch == '\\')
        return EXT_ESCAPE;
    return ch == '"' ? EXT_VALUE_END : EXT_QUOTED;
}

/* *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ) */
static enum state step_extension(struct gale__chunked *c, enum state state, char ch)
{
    bool is_token = GALE__CHAR_IS(ch, GALE__CHAR_TOKEN);

    switch (state) {
    case EXT_NAME_BWS:
        if (GALE__CHAR_IS(ch, GALE__CHAR_OWS))
            return EXT_NAME_BWS;
        return is_token ? EXT_NAME : fail(c, BAD_EXTENSION);
    case EXT_NAME:
    case EXT_NAME_END:
        if (is_token && state == EXT_NAME)
            return EXT_NAME;
        if (ch == '=')
            return EXT_VALUE_BWS;
        if (ch == '\r' && state == EXT_NAME_END)
            return fail(c, BAD_EXTENSION);
        return after_extension(c, state, ch);
    case EXT_VALUE_BWS:
        if (GALE__CHAR_IS(ch, GALE__CHAR_OWS))
            return EXT_VALUE_BWS;
        if (ch == '"')
            return EXT_QUOTED;
        return is_token ? EXT_TOKEN : fail(c, BAD_EXTENSION);
    case EXT_TOKEN:
        return is_token ? EXT_TOKEN : after_extension(c, state, ch);
    case EXT_QUOTED:
    case EXT_ESCAPE:
        return step_quoted(c, state, ch);
    default: /* EXT_BWS, EXT_VALUE_END */
        return after_extension(c, state, ch);
    }
}

static enum state step_counted_extension(struct gale__chunked *c, enum state state, char ch)
{
    enum state next = step_extension(c, state, ch);

    if (next == FAILED || next == SIZE_LF)
        return next;
    if (++c->ext_line > GALE__CHUNK_EXT_LINE_MAX || ++c->ext_total > GALE__CHUNK_EXT_TOTAL_MAX)
        return fail(c, EXTENSIONS_TOO_LONG);
    return next;
}

/* The line feed after a size: data, or the trailer section after the last chunk. */
static enum state step_size_lf(struct gale__chunked *c, char ch)
{
    if (ch != '\n')
        return fail(c, NO_LF);
    c->digits = 0;
    c->ext_line = 0;
    return c->left ? DATA : TRAILER_START;
}

static enum state step_trailer(struct gale__chunked *c, enum state state, char ch)
{
    if (state == TRAILER_START && ch == '\r')
        return END_LF;
    if (++c->trailers > GALE__CHUNK_TRAILERS_MAX)
        return fail(c, TRAILERS_TOO_LONG);
    switch (state) {
    case TRAILER_NAME:
        if (ch == ':')
            return TRAILER_VALUE;
        __attribute__((fallthrough));
    case TRAILER_START:
        return GALE__CHAR_IS(ch, GALE__CHAR_TOKEN) ? TRAILER_NAME : fail(c, BAD_TRAILER);
    case TRAILER_VALUE:
        if (ch == '\r')
            return TRAILER_LF;
        return GALE__CHAR_IS(ch, GALE__CHAR_VALUE) ? TRAILER_VALUE : fail(c, BAD_TRAILER);
    default: /* TRAILER_LF */
        return ch == '\n' ? TRAILER_START : fail(c, NO_LF);
    }
}

static enum state step(struct gale__chunked *c, enum state state, char ch)
{
    switch (state) {
    case SIZE:
        return step_size(c, ch);
    case SIZE_LF:
        return step_size_lf(c, ch);
    case DATA_CR:
        return ch == '\r' ? DATA_LF : fail(c, NO_CRLF_AFTER_DATA);
    case DATA_LF:
        return ch == '\n' ? SIZE : fail(c, NO_CRLF_AFTER_DATA);
    case TRAILER_START:
    case TRAILER_NAME:
    case TRAILER_VALUE:
    case TRAILER_LF:
        return step_trailer(c, state, ch);
    case END_LF:
        return ch == '\n' ? DONE : fail(c, NO_LF);
    default:
        return step_counted_extension(c, state, ch);
    }
}

static gale_str take_data(struct gale__chunked *c, const char **p, const char *end)
{
    size_t n = (size_t)(end - *p);
    gale_str data = { *p, c->left < n ? (size_t)c->left : n };

    *p += data.len;
    c->left -= data.len;
    if (!c->left)
        c->state = DATA_CR;
    return data;
}

static bool is_in_trailers(unsigned state)
{
    return state >= TRAILER_NAME && state <= TRAILER_LF;
}

/* The lines are given with their CRLF, the empty one is not. */
static int take_trailer(struct gale__chunked *c, const char **p, const char *end, gale_str *data)
{
    const char *start = *p;

    while (*p < end && (is_in_trailers(c->state) || (c->state == TRAILER_START && **p != '\r'))) {
        c->state = (uint8_t)step_trailer(c, (enum state)c->state, **p);
        if (c->state != FAILED)
            ++*p;
    }
    if (*p == start)
        return -1;
    *data = (gale_str){ start, (size_t)(*p - start) };
    return GALE__CHUNKED_TRAILER;
}

void gale__chunked_untake(struct gale__chunked *c, size_t n)
{
    c->left += n;
    if (n)
        c->state = DATA;
}

int gale__chunked_next(struct gale__chunked *c, const char **p, const char *end, gale_str *data)
{
    while (*p < end && c->state < DONE) {
        if (c->state == DATA) {
            *data = take_data(c, p, end);
            return GALE__CHUNKED_DATA;
        }
        if (c->keep_trailers &&
            (is_in_trailers(c->state) || (c->state == TRAILER_START && **p != '\r')))
            return take_trailer(c, p, end, data);
        c->state = (uint8_t)step(c, (enum state)c->state, **p);
        if (c->state != FAILED)
            ++*p;
    }
    if (c->state == DONE)
        return GALE__CHUNKED_END;
    return c->state == FAILED ? -1 : GALE__CHUNKED_MORE;
}

int gale__chunked_status(const struct gale__chunked *c)
{
    return errors[c->error].status;
}

const char *gale__chunked_error(const struct gale__chunked *c)
{
    return errors[c->error].text;
}

size_t gale__chunk_head(char dst[GALE__CHUNK_HEAD_MAX], size_t size)
{
    static const char digits[] = "0123456789abcdef";
    unsigned bits = size ? 64 - (unsigned)__builtin_clzll(size) : 1;
    size_t n = (bits + 3) / 4;

    for (size_t i = n; i-- > 0; size >>= 4)
        dst[i] = digits[size & 15];
    dst[n] = '\r';
    dst[n + 1] = '\n';
    return n + 2;
}
