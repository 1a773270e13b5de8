"""The schedule: every timed job in one list. APScheduler only ticks; MongoDB holds the truth."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from app.alerts.due import Due

logger = structlog.get_logger()
logging.getLogger("apscheduler").setLevel(logging.ERROR)


class Job(NamedTuple):
    """A piece of work that is looked for again and again."""

    name: str
    every_seconds: float
    work: Callable[[], Awaitable[int]]


def jobs(due: Due, tick_seconds: float) -> list[Job]:
    """Return every job that this server has."""
    return [
        Job("judge alerts", tick_seconds, due.judge_alerts),
        *(Job(chore.name, tick_seconds, partial(due.do, chore)) for chore in due.chores),
        Job("fan out notices", tick_seconds, due.fan_out),
        Job("end abandoned transactions", tick_seconds, due.end_abandoned),
        Job("trim events", 3600, due.trim_events),
    ]


class Schedule:
    """The ticking of one process."""

    def __init__(self, listed: list[Job]) -> None:
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._ran_at = 0.0
        for job in listed:
            self._scheduler.add_job(
                self._run,
                "interval",
                [job],
                seconds=job.every_seconds,
                id=job.name,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )

    def start(self) -> None:
        """Begin to tick."""
        self._ran_at = asyncio.get_running_loop().time()
        self._scheduler.start()

    def silent_seconds(self) -> float:
        """Return how long ago a job ended."""
        return asyncio.get_running_loop().time() - self._ran_at

    def stop(self) -> None:
        """Tick no more."""
        self._scheduler.shutdown(wait=False)

    async def _run(self, job: Job) -> None:
        try:
            await job.work()
        except Exception as error:  # noqa: BLE001 - the next tick tries again
            logger.warning("a timed job failed", job=job.name, error=type(error).__name__)
        self._ran_at = asyncio.get_running_loop().time()
