"""Benchmark peer: Tornado, one process, access log off unless --log is given."""
# SPDX-License-Identifier: MIT
import asyncio
import logging
import sys

import tornado.web


class MainHandler(tornado.web.RequestHandler):
    def get(self):
        self.write("Hello, world")


async def main():
    port = int(sys.argv[1].split("=")[1])
    logging.getLogger("tornado.access").disabled = "--log" not in sys.argv
    app = tornado.web.Application([("/", MainHandler)])
    app.listen(port, "127.0.0.1", backlog=1024)
    await asyncio.Event().wait()


asyncio.run(main())
