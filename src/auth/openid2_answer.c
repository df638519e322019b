/* openid2_answer.c - the fields of an assertion, and what an end point answers directly. */
/* SPDX-License-Identifier: MIT */
#include "auth/openid2.h"

#include <string.h>
#include <time.h>
#include <gale/error.h>

enum { NONCE_MAX = 255, TIME_LEN = 20 /* 2005-05-15T17:11:51Z */ };

const char *gale__openid2_get(const struct gale__openid2_answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->n; i++)
        if (!strcmp(answer->fields[i].name, name))
            return answer->fields[i].value;
    return NULL;
}

const char *gale__openid2_signed(const struct gale__openid2_answer *answer, const char *name)
{
    gale_str rest = gale__str(answer->is_signed), part;

    while (gale__str_split(&rest, ',', &part))
        if (gale__str_equal(part, gale__str(name)))
            return gale__openid2_get(answer, name);
    return NULL;
}

static int broken(const char *why)
{
    return gale_err(GALE_EPROTO, "%s", why);
}

/* One line; *seen counts those of is_valid. */
static int read_line(gale_str key, gale_str value, bool *is_valid, int *seen)
{
    if (gale__str_equal(key, GALE__STR("ns")) &&
        !gale__str_equal(value, GALE__STR("http://specs.openid.net/auth/2.0")))
        return broken("the answer is not of OpenID 2.0");
    if (!gale__str_equal(key, GALE__STR("is_valid")))
        return 0;
    *is_valid = gale__str_equal(value, GALE__STR("true"));
    if (!*is_valid && !gale__str_equal(value, GALE__STR("false")))
        return broken("is_valid is neither true nor false");
    return ++*seen == 1 ? 0 : broken("is_valid is there twice");
}

int gale__openid2_read_valid(gale_str body, bool *is_valid)
{
    gale_str rest = body, line;
    int r, seen = 0;
    bool value = false;

    while (gale__str_split(&rest, '\n', &line)) {
        size_t colon = gale__str_find(line, ':');

        if (!line.len && !rest.ptr) /* after the last line end */
            break;
        if (colon == line.len)
            return broken("a line without a colon");
        r = read_line(gale__str_head(line, colon), gale__str_skip(line, colon + 1), &value, &seen);
        if (r < 0)
            return r;
    }
    if (!seen)
        return broken("no is_valid");
    *is_valid = value;
    return 0;
}

/* n digits as a number, or -1. */
static int number(const char *text, size_t n)
{
    int value = 0;

    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

static bool is_same_time(const struct tm *a, const struct tm *b)
{
    return a->tm_year == b->tm_year && a->tm_mon == b->tm_mon && a->tm_mday == b->tm_mday &&
           a->tm_hour == b->tm_hour && a->tm_min == b->tm_min && a->tm_sec == b->tm_sec;
}

int gale__openid2_nonce_time(const char *nonce, double *out)
{
    static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
    size_t len = strlen(nonce);
    struct tm time = { 0 }, again;
    time_t seconds;

    if (len < TIME_LEN || len > NONCE_MAX)
        return gale_err(GALE_EINVAL, "a response_nonce of %zu characters", len);
    for (size_t i = 0; i < TIME_LEN; i++)
        if (form[i] == 'd' ? nonce[i] < '0' || nonce[i] > '9' : nonce[i] != form[i])
            return gale_err(GALE_EINVAL, "a response_nonce that begins with no time");
    time.tm_year = number(nonce, 4) - 1900;
    time.tm_mon = number(nonce + 5, 2) - 1;
    time.tm_mday = number(nonce + 8, 2);
    time.tm_hour = number(nonce + 11, 2);
    time.tm_min = number(nonce + 14, 2);
    time.tm_sec = number(nonce + 17, 2);
    again = time;
    seconds = timegm(&again); /* moves what is out of range */
    if (!is_same_time(&time, &again))
        return gale_err(GALE_EINVAL, "a response_nonce with a time that there is not");
    *out = (double)seconds;
    return 0;
}
