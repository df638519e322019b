/* openid2_attributes.c - attribute exchange and simple registration: what is asked for, and what
 * the provider has signed of it.
 *
 * The browser could put a type beside a value of another, so namespace, type and value each must be
 * signed; what is not is as if it was not there.
 */
/* SPDX-License-Identifier: MIT */
#include "auth/openid2.h"

#include <errno.h>
#include <gale/json.h>

#define AX "http://axschema.org/"

const gale_pair *gale__openid2_wanted(void)
{
    static const gale_pair pairs[] = {
        { "openid.ns.ax", "http://openid.net/srv/ax/1.0" },
        { "openid.ax.mode", "fetch_request" },
        { "openid.ax.type.firstname", AX "namePerson/first" },
        { "openid.ax.type.fullname", AX "namePerson" },
        { "openid.ax.type.lastname", AX "namePerson/last" },
        { "openid.ax.type.email", AX "contact/email" },
        { "openid.ax.type.language", AX "pref/language" },
        { "openid.ax.type.username", AX "namePerson/friendly" },
        { "openid.ax.required", "firstname,fullname,lastname,email,language,username" },
        { "openid.ns.sreg", "http://openid.net/extensions/sreg/1.1" },
        { "openid.sreg.optional", "nickname,email,fullname,language" },
        { NULL, NULL },
    };

    return pairs;
}

/* The alias that a signed field "ns.ALIAS" gives to one of the URIs; NULL: none. */
static const char *alias_of(const struct gale__openid2_answer *answer, const char *const *uris)
{
    for (size_t i = 0; i < answer->n; i++) {
        const char *name = answer->fields[i].name;

        if (strncmp(name, "ns.", 3) != 0 || strchr(name + 3, '.') ||
            !gale__openid2_signed(answer, name))
            continue;
        for (const char *const *uri = uris; *uri; uri++)
            if (!strcmp(answer->fields[i].value, *uri))
                return name + 3;
    }
    return NULL;
}

static int no_memory(struct gale__auth_call *call)
{
    return gale__auth_internal(call, gale_err(-ENOMEM, "no memory for attributes"));
}

/* The first that comes counts. */
static int add(struct gale__auth_call *call, json_t *claims, const char *name, const char *value)
{
    json_t *text;

    if (!value || !*name || json_object_get(claims, name))
        return 0;
    text = json_string(value);
    if (!text || json_object_set_new(claims, name, text) < 0)
        return no_memory(call);
    return 0;
}

/* The value of ALIAS.type.X: ALIAS.value.X, or the first of several. */
static int add_value(struct gale__auth_call *call, const struct gale__openid2_answer *answer,
                     const char *alias, const char *x, const char *type, json_t *claims)
{
    const char *one = gale__auth_printf(call, "%s.value.%s", alias, x);
    const char *first = gale__auth_printf(call, "%s.value.%s.1", alias, x);
    const char *value;

    if (!one || !first)
        return call->code;
    value = gale__openid2_signed(answer, one);
    return add(call, claims, type, value ? value : gale__openid2_signed(answer, first));
}

static int read_exchange(struct gale__auth_call *call, const struct gale__openid2_answer *answer,
                         json_t *claims)
{
    static const char *const uris[] = { "http://openid.net/srv/ax/1.0", NULL };
    const char *alias = alias_of(answer, uris);
    const char *prefix = alias ? gale__auth_printf(call, "%s.type.", alias) : NULL;
    int r = 0;

    if (!alias)
        return 0;
    if (!prefix)
        return call->code;
    for (size_t i = 0; r >= 0 && i < answer->n; i++) {
        const char *name = answer->fields[i].name;
        const char *type = gale__openid2_signed(answer, name);

        if (type && strncmp(name, prefix, strlen(prefix)) == 0)
            r = add_value(call, answer, alias, name + strlen(prefix), type, claims);
    }
    return r;
}

static int read_registration(struct gale__auth_call *call,
                             const struct gale__openid2_answer *answer, json_t *claims)
{
    static const char *const uris[] = { "http://openid.net/extensions/sreg/1.1",
                                        "http://openid.net/sreg/1.1", "http://openid.net/sreg/1.0",
                                        NULL };
    const char *alias = alias_of(answer, uris);
    const char *prefix = alias ? gale__auth_printf(call, "%s.", alias) : NULL;
    int r = 0;

    if (!alias)
        return 0;
    if (!prefix)
        return call->code;
    for (size_t i = 0; r >= 0 && i < answer->n; i++) {
        const char *name = answer->fields[i].name;

        if (strncmp(name, prefix, strlen(prefix)) == 0)
            r = add(call, claims, name + strlen(prefix), gale__openid2_signed(answer, name));
    }
    return r;
}

/* An attribute by its type, else by its name in simple registration. NULL: not told. */
static const char *text_of(const json_t *claims, const char *type, const char *name)
{
    const char *text = json_string_value(json_object_get(claims, type));

    if ((!text || !*text) && name)
        text = json_string_value(json_object_get(claims, name));
    return text && *text ? text : NULL;
}

/* As Tornado makes one of what there is. NULL: nothing to make it of, or noted. */
static const char *made_name(struct gale__auth_call *call, const gale_auth_user *user)
{
    const char *first = user->first_name, *last = user->last_name;

    if (first && last)
        return gale__auth_printf(call, "%s %s", first, last);
    if (first || last)
        return first ? first : last;
    if (!user->email)
        return NULL;
    return gale__auth_printf(call, "%.*s", (int)strcspn(user->email, "@"), user->email);
}

static const char *in_lower_case(struct gale__auth_call *call, const char *text)
{
    char *copy = text ? gale__auth_text(call, gale__str(text)) : NULL;

    for (char *c = copy; c && *c; c++)
        *c = gale__lower(*c);
    return copy;
}

static int fill(struct gale__auth_call *call, const json_t *claims, gale_auth_user *user)
{
    user->first_name = text_of(claims, AX "namePerson/first", NULL);
    user->last_name = text_of(claims, AX "namePerson/last", NULL);
    user->email = text_of(claims, AX "contact/email", "email");
    user->username = text_of(claims, AX "namePerson/friendly", "nickname");
    user->locale = in_lower_case(call, text_of(claims, AX "pref/language", "language"));
    user->name = text_of(claims, AX "namePerson", "fullname");
    if (!user->name)
        user->name = made_name(call, user);
    return call->failed.reason ? call->code : 0;
}

int gale__openid2_read_attributes(struct gale__auth_call *call,
                                  const struct gale__openid2_answer *answer, gale_auth_user *user)
{
    json_t *claims = json_object();
    int r = claims ? gale__auth_own_json(call, claims) : no_memory(call);

    if (r >= 0)
        r = add(call, claims, "claimed_id", gale__openid2_signed(answer, "claimed_id"));
    if (r >= 0)
        r = read_exchange(call, answer, claims);
    if (r >= 0)
        r = read_registration(call, answer, claims);
    if (r < 0)
        return r;
    user->claims = claims;
    return fill(call, claims, user);
}
