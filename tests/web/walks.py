"""Walks through the examples in the explorer: as somebody with a token, in a real browser."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, Page, expect

from tests.clients.place import Place, Stage
from tests.examples import operation, query, staged, variables
from tests.web.browser import open_visit
from tests.web.test_graphiql import editor, execute_button, replace_text, tab


@dataclass(frozen=True, slots=True)
class Walk:
    """A browser, a server, and the people and things of a model's examples on it."""

    browser: Browser
    place: Place
    stage: Stage

    def explorer(self, name: str | None) -> AbstractAsyncContextManager[Page]:
        """Open the explorer as one of the people, or as somebody not signed in."""
        return explorer(self.browser, self.place, self.stage, name)


async def walking(browser: Browser, place: Place, *examples: str) -> Walk:
    """Set the stage of examples of a model for one walk in which several people meet."""
    return Walk(browser, place, await staged(place.world, *examples))


@asynccontextmanager
async def explorer(
    browser: Browser, place: Place, stage: Stage, name: str | None
) -> AsyncIterator[Page]:
    """Open the explorer as somebody who has pasted their token, or has none."""
    async with open_visit(browser, height=1500) as visit:
        page = visit.page
        await page.goto(f"{place.server.url}/graphiql/")
        await expect(execute_button(page)).to_be_visible(timeout=30_000)
        if name is not None:
            await page.get_by_role("button", name="Headers", exact=True).click()
            headers = {"Authorization": f"Bearer {stage[name].token}"}
            await replace_text(page, "Headers", json.dumps(headers))
        yield page
        visit.assert_clean()


async def run(page: Page, stage: Stage, example: str, **changes: Any) -> None:
    """Open an example from the panel, fill in what is real, and run it."""
    title = query(example).splitlines()[0].removeprefix("# ")
    panel = page.get_by_role("region", name="Examples", exact=True)
    await panel.get_by_role("searchbox").fill(title)
    await panel.get_by_role("button", name=re.compile(f"^{re.escape(title)}")).click()
    named = operation(example).name
    assert named
    await expect(tab(page, named.value)).to_be_visible()
    given = variables(stage, example, None) | changes
    await page.get_by_role("button", name="Variables", exact=True).click()
    await expect(editor(page, "Variables")).to_contain_text("_…")
    await replace_text(page, "Variables", json.dumps(given))
    # The editor closes quotes and brackets by itself, and leaves behind what was closed already.
    await page.keyboard.press("Control+Shift+End")
    await page.keyboard.press("Delete")
    await execute_button(page).click()


async def run_again(page: Page, example: str) -> None:
    """Go back to an example that was run on this page, and run it as it stands there."""
    named = operation(example).name
    assert named
    await tab(page, named.value).click()
    await execute_button(page).click()


async def sees(page: Page, text: str) -> None:
    """Wait until the answer shows a text."""
    await expect(editor(page, "Result Window")).to_contain_text(text)
