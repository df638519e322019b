/* beast.cpp - benchmark peer: Boost.Beast, asynchronous sessions on one thread. */
/* SPDX-License-Identifier: MIT */
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <memory>

#include "../bench.h"

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

class session : public std::enable_shared_from_this<session> {
  public:
    explicit session(tcp::socket socket) : stream_(std::move(socket))
    {
        stream_.socket().set_option(tcp::no_delay(true));
    }

    void read()
    {
        request_ = {};
        http::async_read(stream_, buffer_, request_,
                         [self = shared_from_this()](beast::error_code ec, std::size_t) {
                             if (!ec)
                                 self->answer();
                         });
    }

  private:
    void answer()
    {
        response_ = { http::status::ok, request_.version() };
        response_.set(http::field::server, "Beast");
        response_.set(http::field::content_type, "text/html");
        response_.keep_alive(request_.keep_alive());
        response_.body() = "Hello, world";
        response_.prepare_payload();
        http::async_write(stream_, response_,
                          [self = shared_from_this()](beast::error_code ec, std::size_t) {
                              if (!ec)
                                  self->read();
                          });
    }

    beast::tcp_stream stream_;
    beast::flat_buffer buffer_;
    http::request<http::string_body> request_;
    http::response<http::string_body> response_;
};

static void accept(tcp::acceptor &acceptor)
{
    acceptor.async_accept([&acceptor](beast::error_code ec, tcp::socket socket) {
        if (!ec)
            std::make_shared<session>(std::move(socket))->read();
        accept(acceptor);
    });
}

int main(int argc, char **argv)
{
    asio::io_context context{ 1 };
    auto port = static_cast<unsigned short>(bench_number(argc, argv, "port", 0));
    tcp::acceptor acceptor{ context, { asio::ip::make_address("127.0.0.1"), port } };

    accept(acceptor);
    context.run();
    return 0;
}
