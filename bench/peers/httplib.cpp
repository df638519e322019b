/* httplib.cpp - benchmark peer: cpp-httplib, whose pool needs a thread for each connection. */
/* SPDX-License-Identifier: MIT */
#include <httplib.h>

#include "../bench.h"

int main(int argc, char **argv)
{
    httplib::Server server;

    server.new_task_queue = [] { return new httplib::ThreadPool(600); };
    server.set_keep_alive_max_count(1000000000);
    server.set_keep_alive_timeout(600);
    server.set_tcp_nodelay(true);
    server.Get("/", [](const httplib::Request &, httplib::Response &response) {
        response.set_content("Hello, world", "text/html");
    });
    return !server.listen("127.0.0.1", static_cast<int>(bench_number(argc, argv, "port", 0)));
}
