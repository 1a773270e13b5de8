"""Four people walk through the knowledge broker's examples in the explorer, in a real browser."""

from dataclasses import replace

import pytest
from playwright.async_api import Browser, expect

from tests.asking import INVITE
from tests.clients.place import BEGINNING, Place, Stage
from tests.clinic import ASK
from tests.examples import happening, staged
from tests.web.test_graphiql import items
from tests.web.walks import explorer, run, sees

QUESTION = {
    "subject": "fatigue",
    "title": "Between us",
    "text": "I have stopped the tablets.",
    "visibility": "PAIR",
}


@pytest.fixture
async def stage(place: Place) -> Stage:
    """Ada asks, Rosa knows, Mia moderates; and Ben is a stranger."""
    return await staged(place.world, "broker-thread")


@pytest.fixture
async def letter(stage: Stage) -> Stage:
    """The same people; their thread is one between Ada and Rosa alone."""
    given = {"space": stage.ids["spc"], **QUESTION}
    thread = (await stage.ada.do(ASK, input=given))["id"]
    await stage.ada.do(INVITE, input={"thread": thread, "person": stage["rosa"].id})
    return replace(stage, ids={**stage.ids, "thr": thread})


async def test_the_asker_finds_what_is_like_hers_and_watches_it(
    browser: Browser, place: Place, stage: Stage
) -> None:
    """Ada sees that it was asked before, and in her case what Rosa asks back, as she does."""
    async with explorer(browser, place, stage, "ada") as page:
        await run(page, stage, "broker-similar")
        await sees(page, "How long should a walk be")
        await run(page, stage, "broker-thread-watch", after=BEGINNING)
        await expect(items(page)).to_have_count(2)
        reply = await happening(stage, "broker-thread-watch")
        await expect(items(page)).to_have_count(3)
        await sees(page, str(reply))
        await sees(page, '"type": "thread.clarified"')


async def test_the_expert_reads_a_letter_and_advises(
    browser: Browser, place: Place, letter: Stage
) -> None:
    """Rosa knows who asks, and her answer bears her expertise."""
    async with explorer(browser, place, letter, "rosa") as page:
        await run(page, letter, "broker-thread")
        await sees(page, '"title": "Between us"')
        await sees(page, '"name": "ada"')
        await run(page, letter, "broker-reply")
        await sees(page, '"mark": "SELF_DECLARED"')
        await sees(page, '"state": "ANSWERED"')


async def test_to_a_stranger_a_letter_is_not_there(
    browser: Browser, place: Place, letter: Stage
) -> None:
    """Ben reads what is public, without the name, and may not ask."""
    async with explorer(browser, place, letter, "ben") as page:
        await run(page, letter, "broker-thread")
        await sees(page, '"thread": null')
        await run(page, letter, "broker-threads")
        await sees(page, '"totalCount": 1')
        await sees(page, '"visibility": "PUBLIC"')
        await sees(page, '"asker": null')
        await run(page, letter, "broker-ask")
        await sees(page, '"missing": "membership of the space"')


async def test_the_moderator_looks_after_what_is_for_all(
    browser: Browser, place: Place, stage: Stage, letter: Stage
) -> None:
    """Mia marks what was asked before, and does not see a letter."""
    async with explorer(browser, place, stage, "mia") as page:
        await run(page, letter, "broker-thread")
        await sees(page, '"thread": null')
        await run(page, stage, "broker-mark-duplicate")
        await sees(page, '"state": "DUPLICATE"')


async def test_the_asker_cannot_advise(browser: Browser, place: Place, stage: Stage) -> None:
    """The explorer shows the refusal, and what is missing."""
    async with explorer(browser, place, stage, "ada") as page:
        await run(page, stage, "broker-wrong-direction")
        await sees(page, '"code": "WRONG_DIRECTION"')
