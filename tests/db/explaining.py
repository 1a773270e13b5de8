"""How MongoDB answers a command: what it says of the one that was sent last."""

from collections.abc import Iterator
from typing import Any

from pymongo import monitoring

from app.db.client import Database


class Listener(monitoring.CommandListener):
    """Keeps the command that was sent last."""

    def __init__(self) -> None:
        self.last: dict[str, Any] = {}

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Keep a command."""
        if event.command_name in {"find", "aggregate"}:
            self.last = dict(event.command)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Keep nothing."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Keep nothing."""


class Explained:
    """A database, and what it says of the command that it was sent last."""

    def __init__(self, db: Database, sent: Listener) -> None:
        self.db = db
        self._sent = sent

    async def stages(self) -> list[dict[str, Any]]:
        """Return every stage of the last command's execution."""
        kept = {"find", "filter", "sort", "limit", "projection", "aggregate", "pipeline"}
        command = {key: value for key, value in self._sent.last.items() if key in kept}
        if "aggregate" in command:
            command["cursor"] = {}
        said = await self.db.command("explain", command)
        return list(_stages(said.get("stages") or said["executionStats"]["executionStages"]))


def _stages(said: Any) -> Iterator[dict[str, Any]]:
    if isinstance(said, dict):
        yield said
    for part in said.values() if isinstance(said, dict) else said:
        if isinstance(part, dict | list):
            yield from _stages(part)
