/* pistache.cpp - benchmark peer: Pistache with one worker thread. */
/* SPDX-License-Identifier: MIT */
#include <pistache/endpoint.h>

#include "../bench.h"

struct hello : public Pistache::Http::Handler {
    HTTP_PROTOTYPE(hello)

    void onRequest(const Pistache::Http::Request &, Pistache::Http::ResponseWriter writer) override
    {
        writer.send(Pistache::Http::Code::Ok, "Hello, world", MIME(Text, Html));
    }
};

int main(int argc, char **argv)
{
    auto port = static_cast<uint16_t>(bench_number(argc, argv, "port", 0));
    Pistache::Http::Endpoint endpoint(
        Pistache::Address(Pistache::Ipv4::loopback(), Pistache::Port(port)));

    endpoint.init(Pistache::Http::Endpoint::options()
                      .threads(1)
                      .backlog(1024)
                      .keepaliveTimeout(std::chrono::seconds(600))
                      .flags(Pistache::Flags<Pistache::Tcp::Options>(
                          Pistache::Tcp::Options::ReuseAddr | Pistache::Tcp::Options::NoDelay)));
    endpoint.setHandler(std::make_shared<hello>());
    endpoint.serve();
    return 0;
}
