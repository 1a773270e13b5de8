"""The explorer at /graphiql/, in a real browser that reaches no other host.

`server_url` is a running server whose schema answers SUBSCRIPTION with items that keep coming.
"""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.web.browser import Visit, open_visit
from tools.graphiql.examples import collect

SUBSCRIPTION = 'subscription Watch { events(after: "ev0") { __typename } }'
EXAMPLES = [
    {
        "name": f"{group}-{number}",
        "group": group,
        "title": f"Example {number} of {group}",
        "explanation": "It asks for little.",
        "query": f"# Example {number}\nquery {group.title()}{number} {{ __typename }}\n",
        "variables": {"number": number},
    }
    for group in ("alerts", "matches")
    for number in range(1, 11)
]
MOST_TABS = 12
# GraphiQL writes down half a second late, and in two places.
STORED = """headers => localStorage.getItem('graphiql:headers') === headers
    && localStorage.getItem('graphiql:tabState')?.includes(JSON.stringify(headers))"""


@pytest.fixture
async def visit(browser: Browser, server_url: str) -> AsyncIterator[Visit]:
    """Somebody who sees the explorer for the first time, with a known list of examples."""
    async with open_visit(browser) as visit:
        page = visit.page
        await page.route("**/examples.json", lambda route: route.fulfill(json=EXAMPLES))
        response = await page.goto(f"{server_url}/graphiql/")
        assert response is not None
        assert "script-src 'self'" in response.headers["content-security-policy"]
        await expect(execute_button(page)).to_be_visible(timeout=30_000)
        await expect(editor(page, "Operation Editor")).to_contain_text("query Welcome")
        yield visit
        visit.assert_clean()


def execute_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Execute query")


def tab(page: Page, name: str) -> Locator:
    return page.get_by_role("tab").get_by_role("button", name=name, exact=True)


def editor(page: Page, region: str) -> Locator:
    lines = page.get_by_role("region", name=region, exact=True).locator(".view-lines")
    return lines.filter(visible=True)


def items(page: Page) -> Locator:
    return page.get_by_role("region", name="Items received").get_by_role("listitem")


async def type_operation(page: Page, operation: str) -> None:
    """Replace what stands in the editor, and wait until the tab bears the operation's name."""
    await replace_text(page, "Operation Editor", operation)
    await expect(tab(page, operation.split()[1])).to_be_visible()


async def replace_text(page: Page, region: str, text: str) -> None:
    await editor(page, region).click()
    await page.keyboard.press("Control+A")
    await page.keyboard.insert_text(text)


async def test_a_query_typed_into_the_editor_is_answered(visit: Visit) -> None:
    """The explorer works under its content security policy and with no network."""
    page = visit.page
    await type_operation(page, "query Probe { __typename }")
    await execute_button(page).click()
    await expect(editor(page, "Result Window")).to_contain_text('"__typename": "Query"')


async def test_each_item_of_a_subscription_is_shown_until_it_is_stopped(visit: Visit) -> None:
    """The response holds the latest item; the list below it holds them all."""
    page = visit.page
    await type_operation(page, SUBSCRIPTION)
    await execute_button(page).click()
    await expect(items(page).nth(1)).to_be_visible()
    await expect(editor(page, "Result Window")).to_contain_text('"__typename":')
    await page.get_by_role("button", name="Stop query").click()
    await expect(execute_button(page)).to_be_visible()


async def test_a_first_visit_opens_with_a_tab_from_every_group(visit: Visit) -> None:
    """There are too many examples for a tab each, so that each group gets one."""
    page = visit.page
    assert await page.get_by_role("tab").count() <= MOST_TABS
    for name in ("Alerts1", "Matches1"):
        await expect(tab(page, name)).to_be_visible()


async def test_an_example_opens_by_keyboard_and_runs(visit: Visit) -> None:
    """The panel lists all examples; Enter opens one in a tab, with its variables."""
    page = visit.page
    panel = page.get_by_role("region", name="Examples", exact=True)
    await expect(panel.get_by_role("listitem")).to_have_count(len(EXAMPLES))
    await panel.get_by_role("searchbox").fill("7 of matches")
    await expect(panel.get_by_role("listitem")).to_have_count(1)
    await expect(panel.get_by_role("button", name="Example 7 of matches")).to_be_enabled()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(tab(page, "Matches7")).to_be_visible()
    await expect(editor(page, "Variables")).to_contain_text('"number": 7')
    await execute_button(page).click()
    await expect(editor(page, "Result Window")).to_contain_text('"__typename": "Query"')


async def test_an_example_that_is_open_already_is_not_opened_twice(visit: Visit) -> None:
    """Its tab comes to the front instead."""
    page = visit.page
    tabs = await page.get_by_role("tab").count()
    await page.get_by_role("button", name="Example 1 of matches").click()
    await expect(page.get_by_role("tab", name="Matches1")).to_have_attribute(
        "aria-selected", "true"
    )
    assert await page.get_by_role("tab").count() == tabs


async def test_headers_typed_once_hold_in_every_tab_and_after_a_reload(visit: Visit) -> None:
    """Whoever signs in pastes the token once."""
    page = visit.page
    headers = '{"X-Probe": "1"}'
    await page.get_by_role("button", name="Headers", exact=True).click()
    await replace_text(page, "Headers", headers)
    await tab(page, "Alerts1").click()
    await expect(editor(page, "Headers")).to_contain_text(headers)
    async with page.expect_request("**/graphql") as sent:
        await execute_button(page).click()
    assert (await sent.value).headers["x-probe"] == "1"
    await page.wait_for_function(STORED, arg=headers)
    await page.reload()
    await page.get_by_role("button", name="Headers", exact=True).click()
    await expect(editor(page, "Headers")).to_contain_text(headers)


async def test_every_panel_and_button_works_without_the_network(visit: Visit) -> None:
    """The manual, the field picker, the history and the layout of text come from the server."""
    page = visit.page
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    await expect(page.get_by_role("link", name="Query", exact=True)).to_be_visible()
    for panel in ("GraphiQL Explorer", "History", "Examples"):
        await page.get_by_role("button", name=f"Show {panel}").click()
        await expect(page.get_by_role("button", name=f"Hide {panel}")).to_be_visible()
    await replace_text(page, "Variables", '{"a":[1]}')
    await type_operation(page, "query Untidy {__typename}")
    await page.get_by_role("button", name="Prettify query").click()
    laid_out = re.compile(r"query\sUntidy\s\{\s+__typename\s*\}")
    await expect(editor(page, "Operation Editor")).to_contain_text(laid_out)
    await expect(editor(page, "Variables")).to_contain_text(re.compile(r'\{\s+"a":\s\[\s+1\s+\]'))


def test_examples_are_collected_with_their_comments_and_variables(tmp_path: Path) -> None:
    """The first comment line is the title, the others explain; variables stand beside."""
    text = "# Ask for help\n#\n# Anybody\n# may do so.\nquery Ask { __typename }\n# not this\n"
    (tmp_path / "matches-ask.graphql").write_text(text)
    (tmp_path / "matches-ask.json").write_text(json.dumps({"first": 3}))
    (tmp_path / "alerts_list.graphql").write_text("{ __typename }")
    plain, explained = collect(tmp_path)
    assert explained == {
        "name": "matches-ask",
        "group": "matches",
        "title": "Ask for help",
        "explanation": "Anybody may do so.",
        "query": text,
        "variables": {"first": 3},
    }
    assert (plain["title"], plain["group"], plain["variables"]) == ("alerts_list", "alerts", {})
