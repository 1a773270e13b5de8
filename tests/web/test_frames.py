"""Ready frames: the bytes that every socket is sent alike."""

import pytest
from websockets.frames import Frame, Opcode

from app.web.frames import text_frame


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_a_ready_frame_is_what_the_library_would_write(size: int) -> None:
    """The length is told in one, three or nine bytes, as the protocol has it."""
    text = b"x" * size
    assert text_frame(text) == Frame(Opcode.TEXT, text).serialize(mask=False)
