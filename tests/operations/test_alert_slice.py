"""An observation passes a threshold, and the subscriber hears of it at once."""

from tests.api import ALERTS, World, record, subscribe


async def test_a_crossing_reaches_an_open_stream(world: World) -> None:
    """Ada watches; the river passes 3 m; she is told first, and told again when it is over."""
    ada = await world.person("ada")
    space = await world.space(ada)
    series = await world.series(ada, space)
    made = await subscribe(ada, series, operator="GTE", value=3)
    assert made["__typename"] == "AlertSubscription"
    async with ada.watch(ALERTS) as stream:
        done = await record(
            ada, series, ("2026-03-01T11:00:00Z", 2.5), ("2026-03-01T11:10:00Z", 3.1)
        )
        assert done["alertsOpened"] == 1
        first = await anext(stream)
        assert (first["reason"], first["value"]) == ("FIRST", 3.1)
        await record(ada, series, ("2026-03-01T11:20:00Z", 2.9))
        assert (await anext(stream))["reason"] == "RESOLVED"
    async with ada.watch(ALERTS, after=first["cursor"]) as again:
        assert (await anext(again))["reason"] == "RESOLVED"
