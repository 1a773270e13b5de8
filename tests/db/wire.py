"""A wire to MongoDB that a test can cut: a TCP proxy on loopback in front of mongod's socket."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit


class Wire:
    """What goes through, and when it breaks."""

    def __init__(self, mongodb_uri: str) -> None:
        self._socket = Path(unquote(urlsplit(mongodb_uri).netloc))
        self._writers: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._at: bytes | None = None
        self._delivers = self._comes_back = False
        self._port = 0
        self.broken = asyncio.Event()

    @property
    def uri(self) -> str:
        """Where clients reach MongoDB through the wire."""
        return f"mongodb://127.0.0.1:{self._port}/?directConnection=true"

    def break_at(self, word: str, *, delivered: bool, comes_back: bool = False) -> None:
        """Cut the wire at the next command of that name, after it or in place of it.

        It is cut for good, unless it comes back: then new connections come up at once.
        """
        self._at = word.encode() + b"\0"
        self._delivers, self._comes_back = delivered, comes_back
        self.broken.clear()

    async def mend(self) -> None:
        """Let everything through again."""
        self._at = None
        self.broken.clear()
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Cut every connection, and let none come up."""
        self.broken.set()
        if self._server is not None:
            self._server.close()
        for writer in tuple(self._writers):
            writer.transport.abort()

    def cut_once(self) -> None:
        """Cut every connection; new ones come up."""
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _carry(self, near: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        if task := asyncio.current_task():
            self._carrying.add(task)
            task.add_done_callback(self._carrying.discard)
        far, server = await asyncio.open_unix_connection(self._socket)
        self._writers |= {client, server}
        with suppress(OSError):
            await asyncio.gather(self._outward(near, server), _pass_on(far, client))
        self._writers -= {client, server}
        for writer in (client, server):
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _outward(self, near: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
        while chunk := await near.read(65_536):
            if self._at is not None and self._at in chunk:
                if self._delivers:
                    server.write(chunk)
                    await server.drain()
                if self._comes_back:
                    self._at = None
                    self.broken.set()
                    self.cut_once()
                else:
                    await self.cut()
                return
            server.write(chunk)
            await server.drain()
        server.close()

    async def __aenter__(self) -> Self:
        await self.mend()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.cut()
        if self._carrying:
            await asyncio.wait(self._carrying)


async def _pass_on(near: asyncio.StreamReader, far: asyncio.StreamWriter) -> None:
    while chunk := await near.read(65_536):
        far.write(chunk)
        await far.drain()
    far.close()
