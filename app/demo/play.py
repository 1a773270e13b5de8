"""The play: everything in its order, with a bar for each platform."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.demo.admission import Admission, operator
from app.demo.broker import Patients
from app.demo.campaigns import Builders
from app.demo.client import Client, DemoFailed
from app.demo.market import Neighbours
from app.demo.people import Person
from app.demo.platforms import PLATFORMS
from app.demo.pool import Mappers
from app.demo.programme import (
    Tally,
    count_alerts,
    say_how_to_watch,
    say_what_came,
    say_what_to_try,
)
from app.demo.replay import replay
from app.demo.stage import Scene, leave_scene, set_scene, welcome
from app.demo.story import Story

STORIES: tuple[Story, ...] = (Patients(), Neighbours(), Mappers(), Builders())
COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(),
    MofNCompleteColumn(),
    TimeElapsedColumn(),
    TextColumn("{task.fields[note]}"),
)
Tell = Callable[[Story, Progress], Coroutine[None, None, Sequence[str]]]


class Demo:
    """One run of the demo. Further runs, also at the same moment, add nothing to the first."""

    def __init__(
        self,
        urls: Sequence[str],
        admission: Admission,
        *,
        speed: float,
        batch: int,
        console: Console | None = None,
        stories: Sequence[Story] = STORIES,
    ) -> None:
        """Prepare a run.

        Args:
            urls: the addresses of one installation; requests go to them in turn.
            admission: how to come by an operator.
            speed: how many times faster than it happened; 0 waits for nothing.
            batch: most observations in one request.
            console: where to print.
            stories: what is told beside the replay.

        """
        self._urls = urls
        self._admission = admission
        self._speed = speed
        self._batch = batch
        self._console = console or Console()
        self._stories = stories

    async def play(self) -> list[Tally]:
        """Set the stage, replay, and return how often each condition has fired.

        Raises:
            DemoFailed: it cannot go on; the message says what to do.
            DatabaseUnavailable, NewerDatabase: the database beside us cannot be used.

        """
        client = Client(self._urls)
        try:
            await client.greet()
            async with operator(client, self._admission) as token:
                return await self._perform(client, token)
        finally:
            await client.close()

    async def _perform(self, client: Client, operator: str) -> list[Tally]:
        people = await welcome(client)
        async with AsyncExitStack() as stack:
            scenes = []
            for platform in PLATFORMS:
                scene = await set_scene(client, operator, people, platform)
                stack.push_async_callback(leave_scene, client, operator, scene)
                scenes.append(scene)
            say_how_to_watch(self._console, client.urls[0], people)
            stories = partial(_tell, client, operator, people)
            new, hints = await self._go_on(client, scenes, stories)
            tallies = await count_alerts(client, scenes, next(iter(people.values())))
        say_what_came(self._console, tallies, new)
        say_what_to_try(self._console, hints, people)
        return tallies

    async def _go_on(
        self, client: Client, scenes: Sequence[Scene], tell: Tell
    ) -> tuple[int, list[str]]:
        """Replay the scenes and tell the stories, all at the same time.

        Return how many observations were new, and what to try.
        """
        with Progress(*COLUMNS, console=self._console) as progress:
            try:
                async with asyncio.TaskGroup() as group:
                    played = [
                        group.create_task(
                            replay(
                                client,
                                scene,
                                speed=self._speed,
                                batch=self._batch,
                                advance=_Bar(progress, scene).advance,
                            )
                        )
                        for scene in scenes
                    ]
                    told = [group.create_task(tell(story, progress)) for story in self._stories]
            except* DemoFailed as failures:
                raise failures.exceptions[0] from None
        hints = [line for task in told for line in task.result()]
        return sum(task.result() for task in played), hints


async def _tell(
    client: Client, operator: str, people: Mapping[Person, str], story: Story, progress: Progress
) -> Sequence[str]:
    bar = progress.add_task(story.name, total=story.length, note="")
    return await story.tell(client, operator, people, lambda: progress.advance(bar))


class _Bar:
    """The progress bar of one scene."""

    def __init__(self, progress: Progress, scene: Scene) -> None:
        total = len(scene.platform.readings())
        self._opened = 0
        self._move = partial(
            progress.update, progress.add_task(scene.platform.name, total=total, note="")
        )

    def advance(self, recorded: int, opened: int) -> None:
        """Go on by a batch."""
        self._opened += opened
        self._move(advance=recorded, note=f"alerts opened: {self._opened}")
