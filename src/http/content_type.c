/* content_type.c - the media type of a file by its name: gale_content_type().
 *
 * What browsers act on (scripts, styles, fonts, images …) is fixed here, the same on every machine;
 * for all else the system's mime.types is asked, which is read once for the process.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/httputil.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"

#define CHARSET "; charset=UTF-8"

enum { EXTENSION_MAX = 16 };

static const char octets[] = "application/octet-stream";

static const struct {
    const char *extension, *type;
} fixed[] = {
    { "aac", "audio/aac" },
    { "apng", "image/apng" },
    { "avif", "image/avif" },
    { "bin", octets },
    { "br", octets },
    { "bz2", octets },
    { "cjs", "text/javascript" CHARSET },
    { "css", "text/css" CHARSET },
    { "csv", "text/csv" CHARSET },
    { "eot", "application/vnd.ms-fontobject" },
    { "flac", "audio/flac" },
    { "gif", "image/gif" },
    { "gz", "application/gzip" },
    { "htm", "text/html" CHARSET },
    { "html", "text/html" CHARSET },
    { "ico", "image/vnd.microsoft.icon" },
    { "ics", "text/calendar" CHARSET },
    { "jpeg", "image/jpeg" },
    { "jpg", "image/jpeg" },
    { "js", "text/javascript" CHARSET },
    { "json", "application/json" CHARSET },
    { "jsonld", "application/ld+json" },
    { "m4a", "audio/mp4" },
    { "map", "application/json" CHARSET },
    { "md", "text/markdown" CHARSET },
    { "mjs", "text/javascript" CHARSET },
    { "mp3", "audio/mpeg" },
    { "mp4", "video/mp4" },
    { "oga", "audio/ogg" },
    { "ogg", "audio/ogg" },
    { "ogv", "video/ogg" },
    { "opus", "audio/ogg" },
    { "otf", "font/otf" },
    { "pdf", "application/pdf" },
    { "png", "image/png" },
    { "svg", "image/svg+xml" },
    { "svgz", "application/gzip" },
    { "tar", "application/x-tar" },
    { "tgz", "application/gzip" },
    { "ttf", "font/ttf" },
    { "txt", "text/plain" CHARSET },
    { "vtt", "text/vtt" CHARSET },
    { "wasm", "application/wasm" },
    { "wav", "audio/wav" },
    { "webm", "video/webm" },
    { "webmanifest", "application/manifest+json" },
    { "webp", "image/webp" },
    { "woff", "font/woff" },
    { "woff2", "font/woff2" },
    { "xhtml", "application/xhtml+xml" },
    { "xml", "application/xml" },
    { "xz", octets },
    { "zip", "application/zip" },
    { "zst", "application/zstd" },
};

/* The types by extension, of the process: written once, before the first reading, and never freed.
 */
static struct {
    struct gale__arena arena;
    struct gale__map map;
} known;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void add(gale_str extension, const char *type)
{
    /* Without memory there are fewer types. */
    if (!gale__map_get(&known.map, extension) &&
        gale__map_set(&known.map, extension, (void *)type) < 0)
        return;
}

static char *copy_lower(gale_str text)
{
    char *copy = gale__arena_strndup(&known.arena, text.ptr, text.len);

    for (size_t i = 0; copy && i < text.len; i++)
        copy[i] = gale__lower(copy[i]);
    return copy;
}

static const char *copy_type(gale_str type)
{
    bool is_text = gale__str_starts_with(type, GALE__STR("text/"));

    return gale__arena_printf(&known.arena, "%.*s%s", (int)type.len, type.ptr,
                              is_text ? CHARSET : "");
}

/* The next word of a line, len 0 at its end. */
static gale_str take_word(gale_str *rest)
{
    static const char blanks[] = " \t\r\n";
    gale_str word;
    size_t n = 0;

    while (rest->len && strchr(blanks, rest->ptr[0]))
        *rest = gale__str_skip(*rest, 1);
    while (n < rest->len && !strchr(blanks, rest->ptr[n]))
        n++;
    word = gale__str_head(*rest, n);
    *rest = gale__str_skip(*rest, n);
    return word;
}

/* "type/subtype ext ext", or a comment. */
static void add_line(gale_str line)
{
    gale_str type = take_word(&line), extension = take_word(&line);
    const char *copy;

    if (!type.len || type.ptr[0] == '#' || !extension.len)
        return;
    copy = copy_type(type);
    for (; copy && extension.len && extension.ptr[0] != '#'; extension = take_word(&line)) {
        char *name = copy_lower(extension);

        if (name)
            add((gale_str){ name, extension.len }, copy);
    }
}

static void read_types(const char *path)
{
    FILE *file = fopen(path, "re");
    char line[1024];

    if (!file)
        return;
    while (fgets(line, sizeof(line), file))
        add_line(gale__str(line));
    fclose(file);
}

static void fill(void)
{
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        add(gale__str(fixed[i].extension), fixed[i].type);
    read_types("/etc/mime.types");
    read_types("/usr/share/mime.types");
    read_types("/etc/httpd/conf/mime.types");
    read_types("/etc/apache2/mime.types");
}

const char *gale_content_type(const char *filename)
{
    const char *slash = strrchr(filename, '/'), *name = slash ? slash + 1 : filename;
    const char *dot = strrchr(name, '.');
    char extension[EXTENSION_MAX];
    const char *type;
    size_t n = 0;

    if (!dot || dot == name)
        return octets;
    for (dot++; dot[n]; n++) {
        if (n == sizeof(extension))
            return octets;
        extension[n] = gale__lower(dot[n]);
    }
    pthread_once(&once, fill);
    type = gale__map_get(&known.map, (gale_str){ extension, n });
    return type ? type : octets;
}
