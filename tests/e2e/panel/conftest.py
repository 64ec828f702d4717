"""The option that makes the pictures of docs/how-to/use-the-panel.md."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--panel-images", action="store_true", help="write docs/images/panel anew")
