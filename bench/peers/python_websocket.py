"""An echo of WebSocket messages by the library websockets."""
# SPDX-License-Identifier: MIT
import asyncio
import sys

import websockets


async def echo(websocket, *unused):
    async for message in websocket:
        await websocket.send(message)


async def main():
    port = int(sys.argv[1].partition("=")[2])
    async with websockets.serve(echo, "127.0.0.1", port, compression=None, ping_interval=None):
        await asyncio.Event().wait()


asyncio.run(main())
