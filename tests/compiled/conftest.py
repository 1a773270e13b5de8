"""What the tests of compiled execution share."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture
def swept() -> Iterator[None]:
    """Collect what a test left behind while its own rules for warnings hold."""
    yield
    gc.collect()
