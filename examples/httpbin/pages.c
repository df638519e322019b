/* pages.c - pages that are always the same. */
/* SPDX-License-Identifier: MIT */
#include "httpbin.h"

static int text(gale_handler *self, const char *type, const char *body)
{
    gale_set_header(self, "Content-Type", type);
    return gale_write(self, body);
}

int view_index(gale_handler *self)
{
    gale_write(
        self, "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
              "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
              "<title>httpbin</title>\n<style>:root { color-scheme: light dark } "
              "body { font: 16px/1.6 system-ui, sans-serif; max-width: 38rem; margin: 2.5rem auto; "
              "padding: 0 1rem }</style>\n<h1>httpbin</h1>\n");
    return gale_write(
        self, "<p>HTTP request and response service. What you sent:\n"
              "<ul>\n<li><a href=\"/get?a=1&amp;b=2\">/get?a=1&amp;b=2</a>\n"
              "<li><a href=\"/headers\">/headers</a>\n<li><a href=\"/ip\">/ip</a>\n"
              "<li><a href=\"/forms/post\">a form</a>\n</ul>\n<p>What you would like:\n<ul>\n"
              "<li><a href=\"/image\">a picture</a>\n<li><a href=\"/status/418\">a status</a>\n"
              "<li><a href=\"/redirect/3\">three redirects</a>\n"
              "<li><a href=\"/stream/5\">five lines of JSON</a>\n"
              "<li><a href=\"/delay/2\">a delay</a>\n"
              "<li><a href=\"/cookies/set?tea=green\">a cookie</a>\n"
              "<li><a href=\"/gzip\">gzip</a>, <a href=\"/deflate\">deflate</a>, "
              "<a href=\"/brotli\">brotli</a>\n</ul>\n");
}

int view_html(gale_handler *self)
{
    return gale_write(self, "<!DOCTYPE html>\n<html>\n<head></head>\n<body>\n"
                            "<h1>Herman Melville - Moby-Dick</h1>\n"
                            "<p>Call me Ishmael. Some years ago&mdash;never mind how long "
                            "precisely&mdash;having little or no money in my purse, and nothing "
                            "particular to interest me on shore, I thought I would sail about a "
                            "little and see the watery part of the world.</p>\n</body>\n</html>\n");
}

int view_json(gale_handler *self)
{
    return gale_json(self, "{s:{s:s, s:[{s:s, s:s}, {s:s, s:[s, s]}]}}", "slideshow", "title",
                     "Sample Slide Show", "slides", "title", "Wake up", "type", "all", "title",
                     "Overview", "items", "Why slides are great", "Who makes them");
}

int view_xml(gale_handler *self)
{
    return text(self, "application/xml",
                "<?xml version='1.0' encoding='us-ascii'?>\n<slideshow title=\"Sample\">\n"
                "    <slide type=\"all\"><title>Wake up</title></slide>\n</slideshow>\n");
}

int view_robots(gale_handler *self)
{
    return text(self, "text/plain", "User-agent: *\nDisallow: /deny\n");
}

int view_deny(gale_handler *self)
{
    return text(self, "text/plain",
                "\n   .------.\n  /  o  o  \\\n |    __    |\n  \\  /  \\  /\n"
                "   '------'\n YOU SHOULDN'T BE HERE\n");
}

int view_form(gale_handler *self)
{
    return gale_write(self, "<!DOCTYPE html>\n<form method=\"post\" action=\"/post\">\n"
                            "<p><label>First name: <input name=\"firstname\"></label></p>\n"
                            "<p><label>Last name: <input name=\"lastname\"></label></p>\n"
                            "<input type=\"submit\" value=\"submit\">\n</form>\n");
}
