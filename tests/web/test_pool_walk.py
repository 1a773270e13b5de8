"""Four people walk through the pool's examples in the explorer, in a real browser, at once."""

from playwright.async_api import Browser, Page, expect

from tests.clients.place import BEGINNING, Place, Stage
from tests.web.test_graphiql import items
from tests.web.walks import run, sees, walking

# The station as it was added and confirmed, the museum once it suits in part, and the two parks.
BEFORE = 5


async def test_four_people_walk_through_a_pool(browser: Browser, place: Place) -> None:
    """Who has no account sees live what the others do, and taps; each may do what is theirs."""
    walk = await walking(browser, place, "pool-near")
    stage = walk.stage
    async with walk.explorer(None) as watching:
        await _look_and_tap(watching, stage)
        await run(watching, stage, "pool-watch", after=BEGINNING)
        await expect(items(watching)).to_have_count(BEFORE)
        async with walk.explorer("ada") as page:
            await _edit(page, stage)
        await sees(watching, '"kind": "ENTERED"')
        await sees(watching, "Médiathèque")
        async with walk.explorer("ben") as page:
            await _confirm(page, stage)
        await sees(watching, '"kind": "UPDATED"')
        async with walk.explorer("mia") as page:
            await _look_after(page, stage)
        await sees(watching, '"kind": "LEFT"')
        await expect(items(watching)).to_have_count(BEFORE + 4)
        await run(watching, stage, "pool-entry")
        await sees(watching, '"poolEntry": null')


async def _look_and_tap(page: Page, stage: Stage) -> None:
    """Find the station with the licence, and signal; adding something takes an account."""
    await run(page, stage, "pool-near")
    await sees(page, "Strasbourg-Ville")
    await sees(page, '"licence": "ODbL-1.0"')
    await run(page, stage, "pool-signal")
    await sees(page, '"__typename": "PoolEntry"')
    await run(page, stage, "pool-contribute")
    await sees(page, '"code": "NOT_SIGNED_IN"')


async def _edit(page: Page, stage: Stage) -> None:
    """Edit the station, see what that changed, and add a library."""
    await run(page, stage, "pool-edit")
    await sees(page, '"version": 3')
    await run(page, stage, "pool-history", id=stage.ids["ent"])
    await sees(page, '"summary": "Two steps')
    await sees(page, '"path": "facets.STEPS"')
    await run(page, stage, "pool-contribute")
    await sees(page, '"state": "PUBLISHED"')


async def _confirm(page: Page, stage: Stage) -> None:
    """Collide with the editor, confirm as anybody may, and lack what it takes to merge."""
    await run(page, stage, "pool-conflict")
    await sees(page, '"facets.STEPS"')
    await run(page, stage, "pool-confirm")
    await sees(page, '"supporters": 2')
    await run(page, stage, "pool-merge")
    await sees(page, '"missing": "membership')
    await run(page, stage, "pool-said")
    await sees(page, '"signals": null')


async def _look_after(page: Page, stage: Stage) -> None:
    """See from where somebody tapped, and what newcomers wrote; hide the station."""
    await run(page, stage, "pool-said")
    await sees(page, '"kind": "UNSUITABLE"')
    await run(page, stage, "pool-unpatrolled")
    await sees(page, '"totalCount": 3')
    await run(page, stage, "pool-hide", input={"entry": stage.ids["ent"], "summary": "Not yet."})
    await sees(page, '"state": "HIDDEN"')
