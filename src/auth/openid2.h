/* openid2.h - login by OpenID Authentication 2.0: the protocol, its attributes, its answers.
 *
 * There is no association: each assertion is shown to the provider (11.4.2), which says whether it
 * is its own. What it signed is what the field openid.signed lists; nothing else is believed.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_AUTH_OPENID2_H
#define GALE_AUTH_OPENID2_H

#include "auth/provider.h"

extern const struct gale__auth_ops gale__auth_openid2;

enum { GALE__OPENID2_FIELDS = 100 }; /* of one assertion */

/* The fields of an assertion, as the browser brought them. */
struct gale__openid2_answer {
    struct gale__openid2_field {
        const char *name; /* without "openid." */
        const char *value;
    } fields[GALE__OPENID2_FIELDS];
    size_t n;
    const char *is_signed; /* the field "signed", "" without */
};

/* The value of a field, whoever wrote it; of one that is signed. NULL: it is not there. */
const char *gale__openid2_get(const struct gale__openid2_answer *answer, const char *name);
const char *gale__openid2_signed(const struct gale__openid2_answer *answer, const char *name);

/* What an end point answers directly (4.1.2, key:value lines): whether it says is_valid:true, in
 * exactly one line of its own. GALE_EPROTO: it is not of that form. */
int gale__openid2_read_valid(gale_str body, bool *is_valid) GALE_MUST_USE;

/* Unix time of a response_nonce (10.1: "2005-05-15T17:11:51Z" and further characters). GALE_EINVAL.
 */
int gale__openid2_nonce_time(const char *nonce, double *out) GALE_MUST_USE;

/* Reads what attribute exchange and simple registration tell, where it is signed. */
int gale__openid2_read_attributes(struct gale__auth_call *call,
                                  const struct gale__openid2_answer *answer,
                                  gale_auth_user *user) GALE_MUST_USE;

/* The parameters that ask for these attributes; ended by { NULL, NULL }. Static. */
const gale_pair *gale__openid2_wanted(void);

#endif
