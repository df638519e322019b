/* secret.c - "gale secret": a secret for cookies. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "cli/command.h"

enum { LEAST = 16, MOST = 256, USUAL = 32 }; /* bytes */

/* 64 letters that no shell, no URL and no C string has another meaning for. */
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Base 64 without its padding. */
static void encode(const unsigned char *bytes, size_t n, char *out)
{
    unsigned held = 0;
    int bits = 0;

    for (size_t i = 0; i < n; i++) {
        held = (held << 8 | bytes[i]) & 0xffff;
        for (bits += 8; bits >= 6; bits -= 6)
            *out++ = letters[held >> (bits - 6) & 63];
    }
    if (bits)
        *out++ = letters[held << (6 - bits) & 63];
    *out = 0;
}

static int fill(unsigned char *bytes, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t r = getrandom(bytes + done, n - done, 0);

        if (r < 0 && errno != EINTR)
            return -errno;
        done += r > 0 ? (size_t)r : 0;
    }
    return 0;
}

static int secret(const struct gale__cli_command *command, int n_words, char **words)
{
    const char *text = NULL;
    const struct gale__cli_option options[] = { { "bytes", 'n', &text }, { 0 } };
    int r = gale__cli_options(command, options, &n_words, words);
    unsigned char bytes[MOST];
    char out[MOST * 4 / 3 + 4];
    long n = USUAL;
    char *end = NULL;

    if (r)
        return r;
    if (n_words)
        return gale__cli_usage(command, "'%s' is too much", words[0]);
    if (text)
        n = strtol(text, &end, 10);
    if (text && (!*text || *end || n < LEAST || n > MOST))
        return gale__cli_usage(command, "--bytes: '%s' is no number from %d to %d", text, LEAST,
                               MOST);
    r = fill(bytes, (size_t)n);
    if (r < 0)
        return gale__cli_fail(command, "no random numbers: %s", strerror(-r));
    encode(bytes, (size_t)n, out);
    return puts(out) < 0 || fflush(stdout) != 0
               ? gale__cli_fail(command, "standard output: %s", strerror(errno))
               : GALE__CLI_OK;
}

const struct gale__cli_command gale__cli_secret = {
    .name = "gale secret",
    .summary = "prints a new secret for cookies",
    .help = "usage: gale secret [options]\n\n"
            "Prints a secret for settings.cookie_secret: random bytes of the kernel, written with\n"
            "letters, digits, - and _. Keep it out of the sources: in the environment, or in a\n"
            "file that only the service may read.\n"
            "\noptions:\n"
            "  -n, --bytes N        how many bytes, 16 to 256; 32\n"
            "\nexamples:\n"
            "  gale secret\n"
            "  echo \"COOKIE_SECRET=$(gale secret)\" > shop.env\n",
    .run = secret,
};
