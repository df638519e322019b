"""Benchmark peer: aiohttp, one process, access log off."""
# SPDX-License-Identifier: MIT
import sys

from aiohttp import web


async def hello(request):
    return web.Response(text="Hello, world", content_type="text/html")


app = web.Application()
app.add_routes([web.get("/", hello)])
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1].split("=")[1]), backlog=1024,
            access_log=None, print=None)
