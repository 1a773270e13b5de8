"""Example programs, run as their readers run them, and heard line by line."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

PATIENCE = 20
INTERPRETERS = {".js": "node", ".mjs": "node", ".py": sys.executable, ".sh": "bash"}


class Script:
    """An example that runs, line by line of what it says."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def hear(self) -> dict[str, Any]:
        """Return the next thing that it says."""
        assert self._process.stdout
        async with asyncio.timeout(PATIENCE):
            line = await self._process.stdout.readline()
        if not line:
            assert self._process.stderr
            raise AssertionError((await self._process.stderr.read()).decode())
        said: dict[str, Any] = json.loads(line)
        return said

    async def hear_until(self, value: float) -> list[dict[str, Any]]:
        """Return what it says up to the alert with this value."""
        heard = [await self.hear()]
        while heard[-1].get("value") != value:
            heard.append(await self.hear())
        return heard


@asynccontextmanager
async def run(script: Path, *arguments: str) -> AsyncIterator[Script]:
    """Run an example until the end of the block."""
    process = await asyncio.create_subprocess_exec(
        INTERPRETERS[script.suffix],
        str(script),
        *arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield Script(process)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # A shell's children live in its group.
        await process.communicate()
