"""The page on the panel says what the code does."""

from __future__ import annotations

import re

from mfp_client.panel import people, refusals
from mfp_client.panel.routes import documents, jobs, memberships, session, setup, tasks
from tests.support.sources import ROOT

PAGE = (ROOT / "docs/reference/panel.md").read_text(encoding="utf-8")
ROUTE = re.compile(r'@blueprint\.(get|post|delete)\("([^"]+)"\)')
NAMES = {"image_id": "ID", "number": "NUMBER", "job": "JOB", "key": "KEY"}


def test_every_route_is_described_and_none_else() -> None:
    found = set()
    for module in (documents, jobs, memberships, session, setup, tasks):
        source = (ROOT / str(module.__name__).replace(".", "/")).with_suffix(".py").read_text(encoding="utf-8")
        for method, path in ROUTE.findall(source):
            shown = re.sub(r"<(?:int:)?(\w+)>", lambda part: NAMES[part[1]], path)
            found.add(f"{method.upper()} /api{shown}")
    assert len(found) > 25
    assert found == set(re.findall(r"^\| `((?:GET|POST|DELETE) [^`]+)`", PAGE, re.MULTILINE))


def test_keywords_have_the_status_that_is_told() -> None:
    rows = re.findall(r"^\| (`[a-z`, -]+`) \| (\d{3}) \|", PAGE, re.MULTILINE)
    told = {keyword: int(status) for cell, status in rows for keyword in re.findall(r"`([a-z-]+)`", cell)}
    assert len(told) > 10
    assert {keyword: refusals.find_status(keyword) for keyword in told} == told


def test_limits_are_those_of_the_code() -> None:
    assert f"within {people.DAYS_WITHOUT_SERVER} days" in PAGE
