"""Five people walk through crowdsourcing's examples in the explorer, in a real browser, at once."""

from playwright.async_api import Browser, Page

from tests.clients.crowd_stage import LITTLE, MUCH
from tests.clients.place import Place, Stage
from tests.web.walks import run, run_again, sees, walking

SET = (
    "crowd-progress-watch", "crowd-room", "crowd-vote", "crowd-comment", "crowd-submit",
    "crowd-suspend",
)  # fmt: skip
STOP = {"reason": "Somebody asks whose lathe it is."}
# What Cleo gives besides, with which she reaches the second level.
BESIDES = 2_000


async def test_five_people_walk_through_a_campaign(browser: Browser, place: Place) -> None:
    """Its owner, supporters of each level, a moderator; and a stranger, who sees the sums live."""
    walk = await walking(browser, place, *SET)
    stage = walk.stage
    async with walk.explorer(None) as watching:
        await run(watching, stage, "crowd-progress-watch")
        await sees(watching, f'"counted": {MUCH + LITTLE}')
        async with walk.explorer("ada") as page:
            await _tell(page, stage)
        async with walk.explorer("ben") as page:
            await _take_part(page, stage)
        async with walk.explorer("cleo") as page:
            await _rise(page, stage)
        await sees(watching, f'"counted": {MUCH + LITTLE + BESIDES}')
        async with walk.explorer("mia") as page:
            await _look_after(page, stage)
        await sees(watching, '"state": "SUSPENDED"')
        await _look_from_outside(watching, stage)


async def _tell(page: Page, stage: Stage) -> None:
    """Post news for the second level, record an expense, and ask for a draft to be reviewed."""
    await run(page, stage, "crowd-post-update")
    await sees(page, '"audience": "TIER"')
    await run(page, stage, "crowd-record-expense")
    await sees(page, '"state": "RECORDED"')
    await run(page, stage, "crowd-submit")
    await sees(page, '"state": "IN_REVIEW"')


async def _take_part(page: Page, stage: Stage) -> None:
    """As who has the highest level: read all news, suggest something, and vote."""
    await run(page, stage, "crowd-comment")
    await sees(page, '"kind": "SUGGESTION"')
    await run(page, stage, "crowd-vote")
    await sees(page, '"myVote": 1')
    await run(page, stage, "crowd-room")
    await sees(page, '"rank": 3')
    await sees(page, "The lathe is bought")
    await sees(page, "old benches")


async def _rise(page: Page, stage: Stage) -> None:
    """At the lowest level read some news, without the room; give more, and be in it."""
    await run(page, stage, "crowd-vote")
    await sees(page, '"code": "NOT_FOUND"')
    await run(page, stage, "crowd-room")
    await sees(page, "A lathe is found")
    await sees(page, '"comments": null')
    given = {"campaign": stage.ids["cmp_fund"], "amount": BESIDES, "provider": "DEVELOPMENT"}
    await run(page, stage, "crowd-offer", input=given)
    await sees(page, '"state": "CAPTURED"')
    await run_again(page, "crowd-room")
    await sees(page, '"rank": 2')
    await sees(page, "The lathe is bought")
    await sees(page, "old benches")


async def _look_after(page: Page, stage: Stage) -> None:
    """Approve what waits, and stop the fund."""
    await run(page, stage, "crowd-approve")
    await sees(page, '"approvedAt": "2')
    await run(page, stage, "crowd-suspend", input={**STOP, "campaign": stage.ids["cmp_fund"]})
    await sees(page, '"takesSupport": false')


async def _look_from_outside(page: Page, stage: Stage) -> None:
    """Without an account: the books are there, the room is not, and giving takes an account."""
    await run(page, stage, "crowd-ledger")
    await sees(page, '"payee": "Quincaillerie du Neudorf"')
    await run(page, stage, "crowd-room")
    await sees(page, '"comments": null')
    await sees(page, '"nodes": []')
    await run(page, stage, "crowd-offer")
    await sees(page, '"code": "NOT_SIGNED_IN"')
