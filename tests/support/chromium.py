"""Debian's Chromium without a window, driven by Playwright."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

PROGRAM = "/usr/bin/chromium"
PATIENCE = 60_000
_SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def run_chromium(*, scrollbars: bool = False) -> Iterator[Browser]:
    """A browser for as long as the block runs; Playwright hides its bars for scrolling unless they are asked for. What
    is expected of its pages has as long to come as anything else."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        shown = ["--hide-scrollbars"] if scrollbars else None
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=list(_SWITCHES), ignore_default_args=shown)
        yield browser
        browser.close()
