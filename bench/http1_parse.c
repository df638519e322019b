/* http1_parse.c - nanoseconds to parse one HTTP/1 request head, at each level of scanning.
 *
 * Each figure is the best of many short runs, which is the least disturbed one; the heads are
 * copied to the heap so that nothing is known of their alignment.
 */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "proto/http1.h"

enum { ROUNDS = 1000, RUNS = 3000, MAX_HEADERS = 100 };

static const struct {
    const char *name, *text;
} heads[] = {
    { "minimal", "GET / HTTP/1.1\r\nHost: localhost:8888\r\n\r\n" },
    { "load generator", "GET / HTTP/1.1\r\nHost: localhost:8888\r\nConnection: keep-alive\r\n"
                        "Accept: */*\r\nUser-Agent: bench/1.0\r\n\r\n" },
    { "browser", "GET /stories/2024/an-article?id=17&lang=en HTTP/1.1\r\n"
                 "Host: www.example.com\r\n"
                 "Connection: keep-alive\r\n"
                 "Upgrade-Insecure-Requests: 1\r\n"
                 "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like "
                 "Gecko) Chrome/120.0.0.0 Safari/537.36\r\n"
                 "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
                 "Referer: https://www.example.com/\r\n"
                 "Accept-Encoding: gzip, deflate, br\r\n"
                 "Accept-Language: en-US,en;q=0.9\r\n"
                 "Cookie: session=0123456789abcdef; theme=dark\r\n"
                 "If-None-Match: \"5f3a-1c\"\r\n\r\n" },
};

static const struct {
    const char *name;
    enum gale__scan_level level;
} levels[] = {
    { "scalar", GALE__SCAN_SCALAR },
    { "SSE4.2", GALE__SCAN_SSE },
    { "AVX2", GALE__SCAN_AVX2 },
};

static double measure(enum gale__scan_level level, const char *buf, size_t len)
{
    static struct gale__http1_header headers[MAX_HEADERS];
    const struct gale__http1_limits limits = { 8192, 65536, MAX_HEADERS };
    struct gale__http1_head head = { .headers = headers };
    int64_t best = INT64_MAX;

    for (int run = 0; run < RUNS; run++) {
        int64_t start = gale__clock_ns();

        for (int i = 0; i < ROUNDS; i++) {
            size_t scanned = 0;

            if (gale__http1_parse_request_at(level, buf, len, &scanned, &limits, &head) != (int)len)
                abort();
        }

        int64_t spent = gale__clock_ns() - start;

        if (spent < best)
            best = spent;
    }
    return (double)best / ROUNDS;
}

int main(void)
{
    printf("%-16s %6s %8s %8s %8s   ns per head\n", "head", "bytes", "scalar", "SSE4.2", "AVX2");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        size_t len = strlen(heads[i].text);
        char *buf = malloc(len);

        if (!buf)
            return 1;
        memcpy(buf, heads[i].text, len);
        printf("%-16s %6zu", heads[i].name, len);
        for (size_t l = 0; l < sizeof(levels) / sizeof(levels[0]); l++)
            if (levels[l].level <= gale__scan_best())
                printf(" %8.1f", measure(levels[l].level, buf, len));
        printf("\n");
        free(buf);
    }
    return 0;
}
