"""Four people walk through the matchmaker's examples in the explorer, in a real browser."""

import pytest
from playwright.async_api import Browser

from tests.clients.place import Place, Stage
from tests.examples import staged
from tests.market import act
from tests.web.test_graphiql import execute_button
from tests.web.walks import explorer, run, sees


@pytest.fixture
async def stage(place: Place) -> Stage:
    """Ada offers, Ben needs, Mia moderates; and a stranger."""
    return await staged(place.world, "matchmaker-match")


async def test_the_asker_finds_who_helps(browser: Browser, place: Place, stage: Stage) -> None:
    """Ben asks what fits his need, and sees Ada's offer with the reasons."""
    async with explorer(browser, place, stage, "ben") as page:
        await run(page, stage, "matchmaker-suggest")
        await sees(page, "French, read and written")


async def test_the_volunteer_accepts_and_is_told_how_to_reach_the_other(
    browser: Browser, place: Place, stage: Stage
) -> None:
    """Before Ada accepts she reads no address, and afterwards Ben's."""
    async with explorer(browser, place, stage, "ada") as page:
        await run(page, stage, "matchmaker-match")
        await sees(page, '"contact": null')
        await run(page, stage, "matchmaker-accept")
        await sees(page, '"state": "CONFIRMED"')
        await sees(page, "@example.org")


async def test_to_a_stranger_the_match_is_not_there(
    browser: Browser, place: Place, stage: Stage
) -> None:
    """The needs of the open space are, though."""
    async with explorer(browser, place, stage, "stranger") as page:
        await run(page, stage, "matchmaker-match")
        await sees(page, '"node": null')
        await run(page, stage, "matchmaker-needs")
        await sees(page, "Read letters with me")


async def test_the_moderator_sees_a_match_once_it_is_disputed(
    browser: Browser, place: Place, stage: Stage
) -> None:
    """Until then it is as absent for Mia as for anybody."""
    async with explorer(browser, place, stage, "mia") as page:
        await run(page, stage, "matchmaker-match")
        await sees(page, '"node": null')
        for deed in ("ACCEPT", "START", "DISPUTE"):
            await act(stage.ada, deed, stage.ids["mat"])
        await execute_button(page).click()
        await sees(page, '"state": "DISPUTED"')
        await run(page, stage, "matchmaker-disputes")
        await sees(page, "It was otherwise.")
