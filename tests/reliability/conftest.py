"""Two server processes on one database, for the tests that do them no harm."""

from collections.abc import AsyncIterator

import pytest

from tests.reliability.scene import Scene, opened


@pytest.fixture(scope="session")
async def two_servers(mongodb_uri: str) -> AsyncIterator[Scene]:
    """Two servers, and an operator who is signed in."""
    async with opened(mongodb_uri) as scene:
        yield scene


@pytest.fixture
async def scene(two_servers: Scene) -> Scene:
    """Return the scene; those who follow from its beginning have nothing of earlier tests."""
    await two_servers.begin()
    return two_servers
