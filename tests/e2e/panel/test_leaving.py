"""What STOP says where something goes on, is given up, or was refused, and where it leads to (SPEC D5, D7, D12)."""

from __future__ import annotations

from typing import Any

import pytest
from flask import jsonify
from flask.typing import ResponseReturnValue
from playwright.sync_api import Page, expect

from tests.support.panel_album import make_document, make_task, open_menu, press
from tests.support.scripted_panel import ScriptedPanel

pytestmark = pytest.mark.real

_REFUSED = {"error": "unknown-group", "words": "there is no group 'nowhere'", "facts": {}}


@pytest.fixture(autouse=True)
def _tasks(panel: ScriptedPanel) -> None:
    """Tasks begin as a test says by `panel.set`, and end when they are stopped."""
    panel.answers |= {("POST", "/tasks"): {}, ("POST", "/task/stop"): _ending(panel)}


def _ending(panel: ScriptedPanel, error: str | None = None) -> Any:
    def stop(_body: dict[str, Any]) -> ResponseReturnValue:
        panel.set(task=None)
        return jsonify(error=error, words="")

    return stop


def _see(page: Page, name: str) -> None:
    page.wait_for_selector(f"[data-dialog={name}]")


def _show(page: Page, panel: ScriptedPanel, seen: str, step: str, **facts: Any) -> None:
    panel.set(task=make_task(step, **facts))
    _see(page, seen)


def _document() -> dict[str, Any]:
    return {**make_document(0), "state": "stored"}


def _refuse(page: Page, panel: ScriptedPanel, kind: str) -> None:
    """An order that the server does not take, from the menu on."""
    open_menu(page, panel)
    document = _document()
    facts: dict[str, Any] = {"kind": kind, "document": document, "documents": [document]}
    _show(page, panel, "progress", "sending", **facts)
    _show(page, panel, "review", "review", **facts, error=_REFUSED, refused=True)
    expect(page.get_by_role("alert")).to_contain_text("A group is no longer on the server.")
    press(page, "X")
    _see(page, "fax" if kind.startswith("fax") else "destinations")
    press(page, "X")


# Orders that were refused ----------------------------------------------------------------


@pytest.mark.parametrize("kind", ["distribute-document", "distribute-file", "fax", "fax-stored"])
def test_an_order_that_was_refused_is_not_left_without_a_word(page: Page, panel: ScriptedPanel, kind: str) -> None:
    _refuse(page, panel, kind)
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("Leave this order?")
    expect(question).to_contain_text("A group is no longer on the server.")
    assert panel.bodies("POST", "/task/stop") == []
    press(page, "1")
    _see(page, "modes")
    expect(page.get_by_role("alert")).to_have_text("The order is kept: Others, Waiting orders withdraws it.")
    assert panel.bodies("POST", "/task/stop") == [{"keep": True}]


def test_an_order_that_was_refused_is_withdrawn_where_that_is_said(page: Page, panel: ScriptedPanel) -> None:
    _refuse(page, panel, "distribute-document")
    press(page, "2")
    _see(page, "others")
    expect(page.get_by_role("alert")).to_have_text("The order is withdrawn: nothing was sent.")
    assert panel.bodies("POST", "/task/stop") == [{"keep": False}]


# What goes on, and what is given up ------------------------------------------------------


@pytest.mark.parametrize("step", ["sending", "waiting", "following"])
def test_who_stops_is_told_that_it_is_sent_all_the_same(page: Page, panel: ScriptedPanel, step: str) -> None:
    open_menu(page, panel)
    _show(page, panel, "progress", step)
    press(page, "X")
    _see(page, "modes")
    expect(page.get_by_role("alert")).to_contain_text("It is sent all the same.")


def test_nothing_is_said_of_what_is_through(page: Page, panel: ScriptedPanel) -> None:
    open_menu(page, panel)
    through = {"done": 6, "total": 6, "failed": 0, "unit": "deliveries"}
    _show(page, panel, "progress", "done", progress=through)
    press(page, "X")
    _see(page, "modes")
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize(
    ("error", "words"),
    [("print-stopped", "Printing was stopped."), ("print-not-stopped", "The printer does not answer")],
)
def test_who_stops_a_print_is_told_what_came_of_it(page: Page, panel: ScriptedPanel, error: str, words: str) -> None:
    """And stands where it was begun."""
    panel.answers["POST", "/task/stop"] = _ending(panel, error)
    open_menu(page, panel)
    press(page, "33")
    page.wait_for_selector(".row img")
    press(page, "1#S")
    _see(page, "take-out")
    press(page, "S")
    _show(page, panel, "progress", "printing", kind="take-out", documents=[_document()])
    expect(page.locator("#hints")).to_contain_text("STOP cancel")
    press(page, "X")
    _see(page, "take-out")
    expect(page.get_by_role("alert")).to_contain_text(words)


# Mark sheets ------------------------------------------------------------------------------


def test_sheets_that_were_read_are_still_read_after_stop(page: Page, panel: ScriptedPanel) -> None:
    verdicts = [{"page": 1, "image_id": "12345678", "why": None, "words": ""}]
    open_menu(page, panel)
    press(page, "31S")
    _show(page, panel, "sheets", "review", kind="read-sheets", documents=[_document()], verdicts=verdicts)
    press(page, "S")
    _see(page, "take-out")
    for _ in range(2):
        press(page, "X")
        _see(page, "sheets")
        expect(page.locator(".verdict")).to_contain_text("Price list, spring")
        press(page, "S")
        _see(page, "take-out")
    press(page, "XX")
    _see(page, "sheets-scan")
    press(page, "X")
    _see(page, "images")


# After the page was loaded anew -------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "kind", "step", "seen", "before"),
    [
        ("", "copy", "printing", "copy", "modes"),
        ("", "take-out", "printing", "take-out", "images"),
        ("", "sheet", "printing", "take-out", "images"),
        ("", "process", "failed", "process", "images"),
        ("", "store", "scanning", "store", "others"),
        ("", "distribute-document", "scanning", "destinations", "others"),
        ("", "distribute-file", "review", "destinations", "images"),
        ("", "fax-stored", "review", "fax", "images"),
        ("5", "read-sheets", "review", "sheets-scan", "images"),
    ],
)
def test_stop_leads_to_where_the_task_was_begun_also_after_a_reload(
    page: Page, panel: ScriptedPanel, keys: str, kind: str, step: str, seen: str, before: str
) -> None:
    open_menu(page, panel)
    press(page, keys)
    options = {"groups": ["eigyou_all.rec"]} if kind.startswith("distribute") else {}
    documents = [_document()] if kind in ("take-out", "sheet", "process", "distribute-file") else []
    task = make_task(step, kind=kind, pages=[], scan=None, options=options, documents=documents)
    panel.set(task=task)
    page.wait_for_function("(step) => document.body.dataset.dialog !== step", arg="images" if keys else "modes")
    page.reload()
    page.wait_for_selector("[data-dialog]:not([data-dialog=modes])")
    press(page, "X")
    _see(page, seen)
    if seen == "destinations":
        expect(page.locator("[aria-selected=true] .badge")).to_have_text(["2"])
    press(page, "X")
    _see(page, before)


def test_stop_leads_to_where_the_task_of_another_screen_begins(page: Page, panel: ScriptedPanel) -> None:
    """Not to where this screen began one before."""
    open_menu(page, panel)
    press(page, "1S")
    _show(page, panel, "progress", "printing", kind="copy")
    press(page, "X")
    _see(page, "copy")
    press(page, "X")
    _see(page, "modes")
    _show(page, panel, "scanning", "scanning", kind="store", pages=[], scan=None)
    press(page, "X")
    _see(page, "store")
