/* websocket_handshake.c - the parts of the opening handshake: keys, permessage-deflate's offers and
 * answers (RFC 6455 4 and 9.1, RFC 7692 5 to 7).
 *
 * An offer with a parameter that is unknown, comes twice or has a wrong value is passed over; the
 * next one may do.
 */
/* SPDX-License-Identifier: MIT */
#include "http/websocket_handshake.h"

#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/digest.h"
#include "base/str.h"
#include "proto/char_class.h"

enum { KEY_TEXT = 24, KEY_BYTES = 16, MIN_BITS = 8, MIN_ZLIB_BITS = 9, MAX_BITS = 15 };

/* --- keys --- */

void gale__websocket_accept_key(gale_str key, char out[29])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char text[KEY_TEXT + sizeof(guid)];
    uint8_t hash[GALE__DIGEST_MAX];
    size_t n = key.len < KEY_TEXT ? key.len : KEY_TEXT;

    memcpy(text, key.ptr, n);
    memcpy(text + n, guid, sizeof(guid) - 1);
    out[0] = 0;
    if (gale__digest(GALE__SHA1, (gale_str){ text, n + sizeof(guid) - 1 }, hash) < 0)
        return;
    out[gale__base64_encode(GALE__BASE64_STD, (gale_str){ (char *)hash, 20 }, out)] = 0;
}

bool gale__websocket_key_is_valid(gale_str key)
{
    char bytes[KEY_TEXT];

    return key.len == KEY_TEXT && gale__base64_decode(GALE__BASE64_STD, key, bytes) == KEY_BYTES;
}

/* --- the grammar of the field --- */

static gale_str without_blanks(gale_str s)
{
    return gale__str_trim(s);
}

/* The index of the first c outside of quotes. */
static size_t find_outside(gale_str s, char c)
{
    bool quoted = false;

    for (size_t i = 0; i < s.len; i++) {
        if (quoted && s.ptr[i] == '\\')
            i++;
        else if (s.ptr[i] == '"')
            quoted = !quoted;
        else if (s.ptr[i] == c && !quoted)
            return i;
    }
    return s.len;
}

/* The part before the next c; false at the end. */
static bool next_part(gale_str *rest, char c, gale_str *part)
{
    size_t n;

    if (!rest->ptr)
        return false;
    n = find_outside(*rest, c);
    *part = without_blanks(gale__str_head(*rest, n));
    *rest = n < rest->len ? (gale_str){ rest->ptr + n + 1, rest->len - n - 1 }
                          : (gale_str){ NULL, 0 };
    return true;
}

static bool is_token(gale_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!GALE__CHAR_IS(s.ptr[i], GALE__CHAR_TOKEN))
            return false;
    return s.len > 0;
}

/* Quotes around a token do not count (RFC 6455 9.1). */
static bool unquote(gale_str *s)
{
    if (s->len >= 2 && s->ptr[0] == '"' && s->ptr[s->len - 1] == '"')
        *s = (gale_str){ s->ptr + 1, s->len - 2 };
    return is_token(*s);
}

struct param {
    gale_str name, value; /* value.ptr NULL: none */
};

static bool parse_param(gale_str text, struct param *out)
{
    size_t n = gale__str_find(text, '=');

    out->name = without_blanks(gale__str_head(text, n));
    out->value = (gale_str){ NULL, 0 };
    if (n < text.len) {
        out->value = without_blanks(gale__str_skip(text, n + 1));
        if (!unquote(&out->value))
            return false;
    }
    return is_token(out->name);
}

static bool extension_is_valid(gale_str rest)
{
    gale_str part;
    struct param param;

    if (!next_part(&rest, ';', &part) || !is_token(part))
        return false;
    while (next_part(&rest, ';', &part))
        if (!parse_param(part, &param))
            return false;
    return true;
}

bool gale__websocket_extensions_are_valid(gale_str field)
{
    gale_str part;

    while (next_part(&field, ',', &part))
        if (part.len && !extension_is_valid(part))
            return false;
    return true;
}

/* --- permessage-deflate's parameters --- */

struct params {
    bool server_no_context, client_no_context;
    bool has_server_bits, has_client_bits;
    int server_bits, client_bits; /* 0: without a value */
};

static bool take_flag(bool *flag, const struct param *param)
{
    if (*flag || param->value.ptr)
        return false;
    return *flag = true;
}

static bool take_bits(bool *has, int *bits, const struct param *param, bool may_be_bare)
{
    int64_t n = 0;

    if (*has)
        return false;
    *has = true;
    if (!param->value.ptr)
        return may_be_bare;
    if (!gale__str_to_int64(param->value, &n) || param->value.ptr[0] == '0' || n < MIN_BITS ||
        n > MAX_BITS)
        return false;
    *bits = (int)n;
    return true;
}

static bool take_param(struct params *p, const struct param *param, bool is_offer)
{
    if (gale__str_equal(param->name, GALE__STR("server_no_context_takeover")))
        return take_flag(&p->server_no_context, param);
    if (gale__str_equal(param->name, GALE__STR("client_no_context_takeover")))
        return take_flag(&p->client_no_context, param);
    if (gale__str_equal(param->name, GALE__STR("server_max_window_bits")))
        return take_bits(&p->has_server_bits, &p->server_bits, param, false);
    if (gale__str_equal(param->name, GALE__STR("client_max_window_bits")))
        return take_bits(&p->has_client_bits, &p->client_bits, param, is_offer);
    return false;
}

/* One extension: true for permessage-deflate whose parameters are all good. */
static bool parse_deflate(gale_str rest, bool is_offer, struct params *out)
{
    struct param param;
    gale_str part;

    memset(out, 0, sizeof(*out));
    if (!next_part(&rest, ';', &part) || !gale__str_equal(part, GALE__STR("permessage-deflate")))
        return false;
    while (next_part(&rest, ';', &part))
        if (!parse_param(part, &param) || !take_param(out, &param, is_offer))
            return false;
    return true;
}

static int smaller(int bits, int limit)
{
    return bits && bits < limit ? bits : limit;
}

static bool accept_offer(const struct params *p, const gale_deflate_options *o,
                         struct gale__websocket_deflate_agreed *agreed, char *out, size_t size)
{
    int server_bits = smaller(p->server_bits, o->server_max_window_bits);
    int client_bits = p->has_client_bits ? smaller(p->client_bits, o->client_max_window_bits)
                                         : MAX_BITS;
    char server_text[40] = "", client_text[40] = "";
    int n;

    if (server_bits < MIN_ZLIB_BITS)
        return false;
    agreed->server_bits = (uint8_t)server_bits;
    agreed->client_bits = (uint8_t)client_bits;
    agreed->server_no_context = p->server_no_context || o->server_no_context_takeover > 0;
    agreed->client_no_context = p->client_no_context || o->client_no_context_takeover > 0;
    if (p->has_server_bits || server_bits < MAX_BITS)
        snprintf(server_text, sizeof(server_text), "; server_max_window_bits=%d", server_bits);
    if (p->client_bits || client_bits < MAX_BITS)
        snprintf(client_text, sizeof(client_text), "; client_max_window_bits=%d", client_bits);
    n = snprintf(out, size, "permessage-deflate%s%s%s%s",
                 agreed->server_no_context ? "; server_no_context_takeover" : "",
                 agreed->client_no_context ? "; client_no_context_takeover" : "", server_text,
                 client_text);
    return n > 0 && (size_t)n < size;
}

bool gale__websocket_negotiate(gale_str offers, const gale_deflate_options *options,
                               struct gale__websocket_deflate_agreed *agreed, char *out,
                               size_t size)
{
    struct params params;
    gale_str part;

    if (options->enabled <= 0 || !gale__websocket_extensions_are_valid(offers))
        return false;
    while (next_part(&offers, ',', &part))
        if (parse_deflate(part, true, &params) && accept_offer(&params, options, agreed, out, size))
            return true;
    return false;
}

/* --- a client --- */

void gale__websocket_offer(const gale_deflate_options *o, char out[GALE__WS_OFFER_MAX])
{
    char server_text[40] = "", client_text[40] = "; client_max_window_bits";

    if (o->server_max_window_bits < MAX_BITS)
        snprintf(server_text, sizeof(server_text), "; server_max_window_bits=%d",
                 o->server_max_window_bits);
    if (o->client_max_window_bits < MAX_BITS)
        snprintf(client_text, sizeof(client_text), "; client_max_window_bits=%d",
                 o->client_max_window_bits);
    snprintf(out, GALE__WS_OFFER_MAX, "permessage-deflate%s%s%s%s",
             o->server_no_context_takeover > 0 ? "; server_no_context_takeover" : "",
             o->client_no_context_takeover > 0 ? "; client_no_context_takeover" : "", server_text,
             client_text);
}

/* What was asked for must be granted (RFC 7692 7.1.1.1, 7.1.2.1). */
static bool is_as_asked(const struct params *p, const gale_deflate_options *o)
{
    if (o->server_no_context_takeover > 0 && !p->server_no_context)
        return false;
    if (o->server_max_window_bits < MAX_BITS && !p->has_server_bits)
        return false;
    return smaller(p->server_bits, MAX_BITS) <= o->server_max_window_bits &&
           (!p->has_client_bits || p->client_bits <= o->client_max_window_bits);
}

int gale__websocket_check_reply(gale_str reply, const gale_deflate_options *o,
                                struct gale__websocket_deflate_agreed *agreed)
{
    struct params p;
    gale_str part;

    if (!reply.len)
        return 0;
    if (!gale__websocket_extensions_are_valid(reply))
        return gale_err(GALE_EPROTO, "a Sec-WebSocket-Extensions field that is malformed");
    if (!next_part(&reply, ',', &part) || reply.ptr || o->enabled <= 0 ||
        !parse_deflate(part, false, &p) || !is_as_asked(&p, o))
        return gale_err(GALE_EPROTO, "the server chose an extension that was not offered: %.*s",
                        (int)(part.len < 100 ? part.len : 100), part.ptr);
    agreed->server_bits = (uint8_t)smaller(p.server_bits, MAX_BITS);
    agreed->client_bits = (uint8_t)smaller(p.client_bits, o->client_max_window_bits);
    agreed->server_no_context = p.server_no_context;
    agreed->client_no_context = p.client_no_context || o->client_no_context_takeover > 0;
    return 1;
}
