"""Tornado's echo of WebSocket messages."""
# SPDX-License-Identifier: MIT
import asyncio

import tornado.options
import tornado.web
import tornado.websocket

tornado.options.define("port", 0)


class Echo(tornado.websocket.WebSocketHandler):
    def on_message(self, message):
        self.write_message(message)


async def main():
    tornado.options.parse_command_line()
    app = tornado.web.Application([("/echo", Echo)], log_function=lambda handler: None)
    app.listen(tornado.options.options.port, "127.0.0.1")
    await asyncio.Event().wait()


asyncio.run(main())
