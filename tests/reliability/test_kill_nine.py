"""A server that is killed loses nothing that it acknowledged, and nothing happens twice."""

from random import Random

from tests.reliability.kill_nine import run

OBSERVATIONS, KILLS = 1_500, 3


async def test_killed_servers_tell_exactly_the_alerts_of_the_model(mongodb_uri: str) -> None:
    """Two servers, one or the other killed three times in 1,500 observations, clients that retry.

    `benchmarks/kill_nine.py` does the same with 10,000 observations and twenty kills.
    """
    chance = Random(1)  # noqa: S311 - no secret
    outcome = await run(mongodb_uri, OBSERVATIONS, KILLS, chance)
    assert len(outcome.expected) > 80
    assert outcome.repeats > 0
    assert outcome.connections > 2
    assert list(outcome.faults()) == []
