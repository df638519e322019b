/* cplusplus.cpp - the same from C++17: named arrays, fields assigned, no exceptions let out. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>

#include <new>
#include <string>

static int hello_get(gale_handler *self)
{
    try {
        std::string name = gale_get_argument(self, "name", "world");

        return gale_write(self, ("Hello, " + name + "\n").c_str());
    } catch (const std::bad_alloc &) {
        return gale_fail(self, 503, nullptr); /* no exception may leave a hook */
    }
}

static gale_handler_class make_hello()
{
    gale_handler_class cls = {};

    cls.get = hello_get;
    cls.name = "hello";
    return cls;
}

int main(int argc, char **argv)
{
    static const gale_handler_class hello = make_hello();
    gale_route routes[3] = {};

    routes[0].url = "/";
    routes[0].handler = &hello;
    return gale_main(argc, argv, gale_app_new(routes, nullptr));
}
