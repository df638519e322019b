/* restinio.cpp - benchmark peer: RESTinio over asio, on one thread. */
/* SPDX-License-Identifier: MIT */
#include <restinio/all.hpp>

#include "../bench.h"

int main(int argc, char **argv)
{
    auto port = static_cast<std::uint16_t>(bench_number(argc, argv, "port", 0));

    restinio::run(
        restinio::on_this_thread<restinio::single_thread_traits_t<
            restinio::asio_timer_manager_t, restinio::null_logger_t,
            std::function<restinio::request_handling_status_t(restinio::request_handle_t)>>>()
            .port(port)
            .address("127.0.0.1")
            .max_pipelined_requests(16)
            .read_next_http_message_timelimit(std::chrono::seconds(600))
            .request_handler([](auto request) {
                return request->create_response()
                    .append_header(restinio::http_field::content_type, "text/html")
                    .set_body("Hello, world")
                    .done();
            }));
    return 0;
}
