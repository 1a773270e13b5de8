"""Listening: the HTTP server itself, which waits for ever for nobody and leaves in good order."""

import asyncio
import os
import socket
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.settings import Settings
from app.web.frames import FrameProtocol
from app.web.live import LiveConnections

PING_SECONDS = 20


class Server(uvicorn.Server):
    """uvicorn, which tells live connections why it leaves before it takes them down."""

    def __init__(self, config: uvicorn.Config, live: LiveConnections, seconds: float) -> None:
        super().__init__(config)
        self._live = live
        self._seconds = seconds

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Take the signals that stop a server, and do not raise them once more when it has.

        uvicorn would, and so end the process before its other parts are taken down.
        """
        with super().capture_signals():
            yield
            self._captured_signals.clear()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End sockets and event streams so that clients resume elsewhere, then all the rest."""
        await self._live.close_all(self._seconds)
        await super().shutdown(sockets)


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, whose patience with the head of a request has an end."""

    head_seconds: float = 10
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def on_message_begin(self) -> None:
        """Start to wait for the rest of a head."""
        super().on_message_begin()
        self._wait()

    def on_headers_complete(self) -> None:
        """Stop waiting: bodies have a deadline of their own."""
        self._stop_waiting()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting for one who has gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._stop_waiting()
        self._waiting = self.loop.call_later(self.head_seconds, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


def listening_socket(settings: Settings, *, unread_seconds: float = 60) -> socket.socket:
    """Return a socket bound to the host and port.

    Where the system can (Linux), it drops a peer that does not take what it is sent: a server
    that has closed a connection would otherwise keep the rest for such a one for ever.

    Raises:
        OSError: The address is taken or is none of this machine.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    if os.name == "posix":  # Elsewhere it lets two servers share a port.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        milliseconds = round(unread_seconds * 1000)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
    listener.bind((settings.host, settings.port))
    return listener


def build_server(
    app: ASGIApp, settings: Settings, live: LiveConnections, *, head_seconds: float = 10
) -> Server:
    """Return the server; run it with `serve(sockets=[listening_socket(settings)])`."""
    protocol = type("Protocol", (PatientProtocol,), {"head_seconds": head_seconds})
    config = uvicorn.Config(
        app,
        http=protocol,
        ws=FrameProtocol,
        ws_max_size=settings.max_body_bytes,
        ws_per_message_deflate=False,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=max(1, round(settings.shutdown_seconds)),
    )
    return Server(config, live, settings.shutdown_seconds)
