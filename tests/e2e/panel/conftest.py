"""The option that makes the pictures of docs/how-to/use-the-panel.md, and a screen whose device is scripted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.support.chromium import run_chromium
from tests.support.panel import Office, run_office_with_user
from tests.support.panel_album import fill
from tests.support.scripted_panel import ScriptedPanel, run_scripted_panel

_PATIENCE = 60_000
_VIEWPORT: ViewportSize = {"width": 800, "height": 480}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--panel-images", action="store_true", help="write docs/images/panel anew")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with run_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Everything, for the tests of a module; `IDLE_SECONDS` of it is when the panel logs out by itself."""
    idle: int = getattr(request.module, "IDLE_SECONDS", 600)
    with run_office_with_user(tmp_path_factory.mktemp("office"), idle) as office:
        yield office


@pytest.fixture(scope="module")
def running(browser: Browser) -> Iterator[tuple[Browser, ScriptedPanel]]:
    with run_scripted_panel() as panel:
        yield browser, panel


@pytest.fixture
def panel(running: tuple[Browser, ScriptedPanel]) -> ScriptedPanel:
    running[1].rest()
    fill(running[1])
    return running[1]


@pytest.fixture
def page(running: tuple[Browser, ScriptedPanel], panel: ScriptedPanel) -> Iterator[Page]:
    context = running[0].new_context(base_url=panel.url, viewport=_VIEWPORT, locale="en-GB", has_touch=True)
    page = context.new_page()
    page.set_default_timeout(_PATIENCE)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto("/")
    page.wait_for_selector("[data-dialog=log-in]")
    yield page
    context.close()
    assert faults == []
