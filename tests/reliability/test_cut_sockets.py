"""A connection may be cut at any moment; whoever comes back with the last cursor misses nothing."""

from random import Random

from tests.reliability.cut_sockets import run
from tests.reliability.scene import Scene

EVENTS, CUTS = 600, 40


async def test_what_came_over_cut_connections_is_the_history(scene: Scene) -> None:
    """A socket and an event stream, cut forty times while 600 alerts open and resolve.

    `benchmarks/cut_sockets.py` does the same with 10,000 events and 1,000 cuts.
    """
    chance = Random(2)  # noqa: S311 - no secret
    outcome = await run(scene, EVENTS, CUTS, chance)
    assert outcome.cuts == CUTS
    assert outcome.connections > CUTS // 3
    assert len(outcome.expected) == EVENTS
    assert list(outcome.faults()) == []
