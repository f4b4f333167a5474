# SPDX-License-Identifier: Apache-2.0
"""The one name under which applications find the writer, as a port on loopback that stays the same.

As with a name, what changes is where new connections go, and that late: an answer is kept for its time to live.
Connections that are open stay with their server, hang when it hangs, and are reset when it is gone.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress

# That of Aurora's endpoints.
TTL_SECONDS = 5.0
CHUNK = 64 * 1024
# Closes with a reset, as a host that is gone or a process that was killed does.
RESET = struct.pack("ii", 1, 0)


class WriterEndpoint:
    """A server that passes bytes on. `port_of_writer` says where whoever writes now listens."""

    def __init__(self, port_of_writer: Callable[[], int], ttl: float = TTL_SECONDS) -> None:
        self._port_of_writer = port_of_writer
        self._ttl = ttl
        self._answer: tuple[int, float] | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="writer-endpoint", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def resolve(self) -> int:
        """The port, perhaps that of who wrote until a moment ago."""
        now = time.monotonic()
        if self._answer is None or now >= self._answer[1]:
            self._answer = (self._port_of_writer(), now + self._ttl)
        return self._answer[0]

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, sock=self._listener))
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there = await asyncio.open_connection("127.0.0.1", self.resolve())
        except OSError:
            _reset(writer)
            return
        ways = [asyncio.create_task(_pass_on(reader, there[1])), asyncio.create_task(_pass_on(there[0], writer))]
        try:
            # One way at its end is both: PostgreSQL's protocol knows no half of a connection.
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            _reset(there[1])
            _reset(writer)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    """What is on its way was drained before, or its reader is gone."""
    with suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()
