"""Frames: whole WebSocket messages, written as they are to many sockets.

What a server sends is not masked, so that the bytes of a frame are the same for everybody. To have
each socket make its own costs as much as the system takes to send it.
"""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from app.web.asgi import Scope

EXTENSION = "fivefold.frames"
WHOLE_TEXT = 0x81
SHORT, MIDDLING, LONG = 125, 126, 127
MOST_MIDDLING = 0xFFFF


class FrameProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol, which also takes ready frames, and keeps less when it is open.

    An application finds how to write them in the scope's extensions.
    """

    def handle_connect(self, event: Any) -> None:
        """Offer the extension to the application that is about to run."""
        super().handle_connect(event)
        if self.handshake_initiated and not self.handshake_complete:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[EXTENSION] = self.write_frame

    async def send(self, message: Any) -> None:
        """Send a message; what the handshake brought is let go once it is answered."""
        await super().send(message)
        if message["type"] == "websocket.accept":
            del self.request, self.response

    def write_frame(self, frame: bytes) -> bool:
        """Write a frame if that can be done at once; say whether it was."""
        if self.disconnected or self.close_sent or self.transport.is_closing():
            return False
        if not self.writable.is_set():
            return False
        self.transport.write(frame)
        return True


def write_frame_of(scope: Scope) -> Any:
    """Return how ready frames are written to a socket; None where the server cannot."""
    return scope.get("extensions", {}).get(EXTENSION)


def text_frame(text: bytes) -> bytes:
    """Return a text message as one frame."""
    size = len(text)
    if size <= SHORT:
        return bytes((WHOLE_TEXT, size)) + text
    if size <= MOST_MIDDLING:
        return bytes((WHOLE_TEXT, MIDDLING, size >> 8, size & 0xFF)) + text
    return bytes((WHOLE_TEXT, LONG)) + size.to_bytes(8, "big") + text
