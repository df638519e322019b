/* http_names.c - header, method and status tables and their look-ups; see http_names.h. */
/* SPDX-License-Identifier: MIT */
#include "proto/http_names.h"

#include <string.h>

struct name {
    uint8_t len;
    char text[GALE__HEADER_NAME_MAX + 1];
};

#define HEADER_NAME(id, text, slot) [GALE__HEADER_##id] = { sizeof(text) - 1, text },
static const struct name header_names[GALE__N_HEADERS] = { GALE__HEADERS(HEADER_NAME) };

#define HEADER_SLOT(id, text, slot) [slot] = GALE__HEADER_##id,
static const uint8_t header_slots[256] = { GALE__HEADERS(HEADER_SLOT) };

/* As find_header_hash.py printed them. */
#define HASH_SPREAD 0x80c8ec013756a535ull
#define HASH_FACTOR 0xee4a9a4aa48649dbull

/* Lower case for the bytes that have bit 6 (letters), others unchanged: so no control
 * byte becomes a '-' or a digit, and the comparison is exact for the table's names. */
static inline uint64_t fold(uint64_t word)
{
    return word | (word & 0x4040404040404040u) >> 1;
}

static inline uint64_t load8(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof(word));
    return fold(word);
}

/* A name of less than eight bytes, as a word padded with zeros. */
static inline uint64_t load_short(const char *p, size_t len)
{
    uint32_t low, high;

    if (len < 4)
        return fold((uint64_t)(unsigned char)p[0] |
                    (uint64_t)(unsigned char)p[len / 2] << 8 * (len / 2) |
                    (uint64_t)(unsigned char)p[len - 1] << 8 * (len - 1));
    memcpy(&low, p, sizeof(low));
    memcpy(&high, p + len - 4, sizeof(high));
    return fold(low | (uint64_t)high << 8 * (len - 4));
}

/* The bytes between the first and the last eight, where a name is that long. */
static bool same_middle(const char *a, const char *b, size_t len)
{
    for (size_t i = 8; i + 8 < len; i += 8)
        if (load8(a + i) != load8(b + i))
            return false;
    return true;
}

unsigned gale__header_id(const char *name, size_t len)
{
    uint64_t first, last;
    const struct name *known;
    unsigned id;

    if (len < 2 || len > GALE__HEADER_NAME_MAX)
        return GALE__HEADER_UNKNOWN;
    first = len < 8 ? load_short(name, len) : load8(name);
    last = len < 8 ? first : load8(name + len - 8);
    id = header_slots[(first + last * HASH_SPREAD + len) * HASH_FACTOR >> 56];
    known = &header_names[id];
    if (known->len != len)
        return GALE__HEADER_UNKNOWN;
    if (len < 8)
        return load8(known->text) == first ? id : GALE__HEADER_UNKNOWN; /* padded with zeros */
    if (load8(known->text) != first || load8(known->text + len - 8) != last)
        return GALE__HEADER_UNKNOWN;
    return len <= 16 || same_middle(name, known->text, len) ? id : GALE__HEADER_UNKNOWN;
}

gale_str gale__header_name(unsigned id)
{
    if (id >= GALE__N_HEADERS)
        id = GALE__HEADER_UNKNOWN;
    return (gale_str){ header_names[id].text, header_names[id].len };
}

void gale__header_normalise(char *dst, const char *src, size_t len)
{
    bool word_start = true;

    for (size_t i = 0; i < len; i++) {
        char c = src[i];

        if (word_start && c >= 'a' && c <= 'z')
            c = (char)(c - 32);
        else if (!word_start && c >= 'A' && c <= 'Z')
            c = (char)(c + 32);
        dst[i] = c;
        word_start = c == '-';
    }
}

#define METHOD_NAME(name) [GALE__METHOD_##name] = { sizeof(#name) - 1, #name },
static const struct name method_names[GALE__N_METHODS] = { GALE__METHODS(METHOD_NAME) };

enum gale__method gale__method_id(const char *name, size_t len)
{
    for (unsigned i = 1; i < GALE__N_METHODS; i++)
        if (method_names[i].len == len && memcmp(method_names[i].text, name, len) == 0)
            return (enum gale__method)i;
    return GALE__METHOD_OTHER;
}

gale_str gale__method_name(enum gale__method method)
{
    if ((unsigned)method >= GALE__N_METHODS)
        method = GALE__METHOD_OTHER;
    return (gale_str){ method_names[method].text, method_names[method].len };
}

/* RFC 9110 and the IANA registry. */
#define STATUS_PHRASES(X)                                                                          \
    X(100, "Continue")                                                                             \
    X(101, "Switching Protocols")                                                                  \
    X(102, "Processing")                                                                           \
    X(103, "Early Hints")                                                                          \
    X(200, "OK")                                                                                   \
    X(201, "Created")                                                                              \
    X(202, "Accepted")                                                                             \
    X(203, "Non-Authoritative Information")                                                        \
    X(204, "No Content")                                                                           \
    X(205, "Reset Content")                                                                        \
    X(206, "Partial Content")                                                                      \
    X(207, "Multi-Status")                                                                         \
    X(208, "Already Reported")                                                                     \
    X(226, "IM Used")                                                                              \
    X(300, "Multiple Choices")                                                                     \
    X(301, "Moved Permanently")                                                                    \
    X(302, "Found")                                                                                \
    X(303, "See Other")                                                                            \
    X(304, "Not Modified")                                                                         \
    X(305, "Use Proxy")                                                                            \
    X(307, "Temporary Redirect")                                                                   \
    X(308, "Permanent Redirect")                                                                   \
    X(400, "Bad Request")                                                                          \
    X(401, "Unauthorized")                                                                         \
    X(402, "Payment Required")                                                                     \
    X(403, "Forbidden")                                                                            \
    X(404, "Not Found")                                                                            \
    X(405, "Method Not Allowed")                                                                   \
    X(406, "Not Acceptable")                                                                       \
    X(407, "Proxy Authentication Required")                                                        \
    X(408, "Request Timeout")                                                                      \
    X(409, "Conflict")                                                                             \
    X(410, "Gone")                                                                                 \
    X(411, "Length Required")                                                                      \
    X(412, "Precondition Failed")                                                                  \
    X(413, "Content Too Large")                                                                    \
    X(414, "URI Too Long")                                                                         \
    X(415, "Unsupported Media Type")                                                               \
    X(416, "Range Not Satisfiable")                                                                \
    X(417, "Expectation Failed")                                                                   \
    X(418, "I'm a Teapot")                                                                         \
    X(421, "Misdirected Request")                                                                  \
    X(422, "Unprocessable Content")                                                                \
    X(423, "Locked")                                                                               \
    X(424, "Failed Dependency")                                                                    \
    X(425, "Too Early")                                                                            \
    X(426, "Upgrade Required")                                                                     \
    X(428, "Precondition Required")                                                                \
    X(429, "Too Many Requests")                                                                    \
    X(431, "Request Header Fields Too Large")                                                      \
    X(451, "Unavailable For Legal Reasons")                                                        \
    X(500, "Internal Server Error")                                                                \
    X(501, "Not Implemented")                                                                      \
    X(502, "Bad Gateway")                                                                          \
    X(503, "Service Unavailable")                                                                  \
    X(504, "Gateway Timeout")                                                                      \
    X(505, "HTTP Version Not Supported")                                                           \
    X(506, "Variant Also Negotiates")                                                              \
    X(507, "Insufficient Storage")                                                                 \
    X(508, "Loop Detected")                                                                        \
    X(510, "Not Extended")                                                                         \
    X(511, "Network Authentication Required")

#define STATUS_CASE(code, text)                                                                    \
    case code:                                                                                     \
        return text;

const char *gale__status_phrase(int status)
{
    switch (status) {
        STATUS_PHRASES(STATUS_CASE)
    default:
        return "Unknown";
    }
}
