"""A real browser that reaches this machine and nothing else, and that keeps every complaint."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Page,
    Route,
    WebSocket,
    async_playwright,
    expect,
)

# What does not show within this time does not show, however busy the machine is.
expect.set_options(timeout=30_000)
HOST = "127.0.0.1"
SYSTEM_CHROMIUM = Path("/usr/bin/chromium")
# None stands for the browser that `playwright install chromium` brings.
EXECUTABLE = SYSTEM_CHROMIUM if SYSTEM_CHROMIUM.exists() else None
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # What escapes the routing below finds no name that resolves.
    f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {HOST}",
]


@dataclass
class Visit:
    """A page, the requests that would have left this machine, and what the console said."""

    page: Page
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def assert_clean(self) -> None:
        """Fail if the page asked for another host or met an error (a CSP violation is one)."""
        assert not self.outside, f"requests to other hosts: {self.outside}"
        assert not self.complaints, f"errors in the console: {self.complaints}"

    def _listen(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("websocket", self._notice)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url')})")

    def _notice(self, socket: WebSocket) -> None:
        if urlsplit(socket.url).hostname != HOST:
            self.outside.append(socket.url)

    async def _admit(self, route: Route) -> None:
        if urlsplit(route.request.url).hostname == HOST:
            await route.continue_()
        else:
            self.outside.append(route.request.url)
            await route.abort()


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    """Start Chromium, the system's or else Playwright's own, and stop it at the end."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=EXECUTABLE, args=FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def open_visit(
    browser: Browser, *, width: int = 1500, height: int = 900
) -> AsyncIterator[Visit]:
    """Open an empty page of somebody who has never been here, with other hosts blocked."""
    context = await browser.new_context(
        viewport={"width": width, "height": height}, service_workers="block"
    )
    visit = Visit(await context.new_page())
    visit._listen()
    await context.route("**/*", visit._admit)
    yield visit
    await context.close()
