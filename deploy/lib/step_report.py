"""A pytest plug-in: names the steps that failed before pytest, above its summary, so that nobody misses them."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the names from `deploy/lib/checks.py`."""
    parser.addoption("--failed-step", default="", help="names of the steps that failed before")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write one line."""
    names = terminalreporter.config.getoption("--failed-step")
    terminalreporter.write_line(f"FAILED before pytest: {names}", red=True)
