"""STOP goes one step back and loses nothing unasked; what is left unfinished is found again (SPEC D5, D6)."""

from __future__ import annotations

from threading import Event
from typing import Any

import pytest
from flask import jsonify
from flask.typing import ResponseReturnValue
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests.support.chromium import PATIENCE
from tests.support.hands import Finger, Hand, Keypad
from tests.support.panel_album import make_document, make_task, open_menu, open_menu_with_clock, press, wait_for_call
from tests.support.patience import wait_until
from tests.support.scripted_panel import ScriptedPanel

pytestmark = pytest.mark.real

HANDS = pytest.mark.parametrize("hands", [Keypad, Finger], ids=["keys", "finger"])


@pytest.fixture
def hand(page: Page, panel: ScriptedPanel, hands: type[Hand]) -> Hand:
    """Somebody at a panel whose tasks begin with a scan, and end when they are stopped."""
    script_tasks(panel)
    open_menu(page, panel)
    return hands(page)


def script_tasks(panel: ScriptedPanel) -> None:
    def begin(body: dict[str, Any]) -> ResponseReturnValue:
        wishes = {name: told for name, told in body.items() if name not in ("kind", "scan")}
        panel.set(task=make_task("scanning", kind=body["kind"], options=wishes, pages=[], scan=None))
        return jsonify({})

    def stop(body: dict[str, Any]) -> ResponseReturnValue:
        kept = [{**make_document(0), "meant": None}] if body.get("keep") else []
        panel.set(task=None, unfinished=kept)
        return jsonify({})

    panel.answers |= {("POST", "/tasks"): begin, ("POST", "/task/stop"): stop, ("POST", "/task/start"): {}}


def scan(hand: Hand, panel: ScriptedPanel, step: str = "review") -> None:
    """A document for the groups 2 and 3, as far as this step."""
    hand.choose("6")
    hand.choose("1")
    hand.page.wait_for_selector(".row:nth-child(5)")
    hand.pick(2, 3)
    hand.start()
    see(hand, "scanning")
    panel.set(task={**make_task(step), "options": panel.state["task"]["options"]})
    see(hand, step)


def see(hand: Hand, name: str) -> None:
    try:
        hand.page.wait_for_selector(f"[data-dialog={name}]")
    except PlaywrightTimeoutError as missing:
        shown = hand.page.evaluate("() => [document.body.dataset.dialog, document.querySelector('#main').innerText]")
        raise AssertionError(f"{name} is not shown, but {shown}") from missing


def expect_chosen(page: Page, *numbers: int) -> None:
    expect(page.locator("[aria-selected=true] .badge")).to_have_text([str(number) for number in numbers])


@HANDS
def test_stop_at_the_review_leads_to_the_destinations_and_start_back(hand: Hand, panel: ScriptedPanel) -> None:
    scan(hand, panel)
    hand.page.locator("#field-title").fill("Notice")
    hand.stop()
    hand.stop()  # the first one ended writing
    see(hand, "destinations")
    expect_chosen(hand.page, 2, 3)
    hand.pick(3, 4)
    hand.start()
    see(hand, "review")
    expect(hand.page.locator("#field-title")).to_have_value("Notice")
    hand.start()
    wait_for_call(hand.page, panel, "POST", "/task/start")
    hand.page.wait_for_function("() => !document.body.classList.contains('working')")
    [said] = panel.bodies("POST", "/task/start")
    assert (said["groups"], said["title"]) == (["eigyou_all.rec", "develop.rec"], "Notice")
    assert panel.bodies("POST", "/recipients")[-1]["groups"] == ["eigyou_all.rec", "develop.rec"]
    assert panel.bodies("POST", "/task/stop") == []


@HANDS
def test_who_leaves_scanned_pages_is_asked_and_may_stay(hand: Hand, panel: ScriptedPanel) -> None:
    scan(hand, panel)
    hand.stop()
    see(hand, "destinations")
    hand.stop()
    expect(hand.page.get_by_role("alertdialog")).to_contain_text("4 pages were scanned.")
    hand.stop()
    expect(hand.page.get_by_role("alertdialog")).to_have_count(0)
    expect_chosen(hand.page, 2, 3)
    assert panel.bodies("POST", "/task/stop") == []


@HANDS
def test_pages_are_kept_with_what_was_chosen_and_found_in_the_menu(hand: Hand, panel: ScriptedPanel) -> None:
    scan(hand, panel)
    hand.stop()
    see(hand, "destinations")
    hand.pick(3)
    hand.start()
    see(hand, "review")
    hand.stop()
    see(hand, "destinations")
    hand.stop()
    hand.choose("1")
    see(hand, "modes")
    [said] = panel.bodies("POST", "/task/stop")
    assert (said["keep"], said["wishes"]["groups"]) == (True, ["eigyou_all.rec"])
    expect(hand.page.get_by_role("alert")).to_contain_text("kept for a day")
    hand.choose("7")
    see(hand, "unfinished")


@HANDS
def test_pages_are_thrown_away_and_the_step_before_is_there(hand: Hand, panel: ScriptedPanel) -> None:
    scan(hand, panel)
    hand.stop()
    see(hand, "destinations")
    hand.stop()
    hand.choose("2")
    see(hand, "others")
    assert panel.bodies("POST", "/task/stop") == [{"keep": False}]


@HANDS
def test_a_scan_under_way_is_not_lost_by_stop(hand: Hand, panel: ScriptedPanel) -> None:
    """The question stays when the scan comes to its end meanwhile: START there sends nothing."""
    scan(hand, panel, "scanning")
    hand.page.wait_for_selector(".strip img")
    hand.stop()
    expect(hand.page.get_by_role("alertdialog")).to_be_visible()
    panel.set(task={**make_task("review"), "options": panel.state["task"]["options"]})
    see(hand, "review")
    expect(hand.page.get_by_role("alertdialog")).to_be_visible()
    hand.choose("2")
    see(hand, "destinations")
    expect_chosen(hand.page, 2, 3)
    assert panel.bodies("POST", "/task/start") == []


@pytest.mark.parametrize("step", ["done", "failed"])
def test_nobody_is_asked_what_becomes_of_pages_when_it_is_settled(page: Page, panel: ScriptedPanel, step: str) -> None:
    """What is stored by now would stay, though the screen had said that it is thrown away."""
    document = {**make_document(0), "state": "stored" if step == "done" else "open"}
    open_menu(page, panel)
    panel.set(task=make_task("scanning", kind="store"))
    page.wait_for_selector(".strip img")
    press(page, "X")
    expect(page.get_by_role("alertdialog")).to_be_visible()
    panel.set(task=make_task(step, kind="store", document=document, documents=[document]))
    expect(page.get_by_role("alertdialog")).to_have_count(0)
    assert panel.bodies("POST", "/task/stop") == []


def test_a_scan_without_a_page_is_stopped_at_once_and_the_choice_stays(page: Page, panel: ScriptedPanel) -> None:
    script_tasks(panel)
    open_menu(page, panel)
    press(page, "61")
    page.wait_for_selector(".row:nth-child(5)")
    press(page, "2#3#S")
    page.wait_for_selector("[data-dialog=scanning]")
    press(page, "X")
    page.wait_for_selector("[data-dialog=destinations]")
    expect_chosen(page, 2, 3)
    press(page, "X")
    page.wait_for_selector("[data-dialog=others]")


def test_stop_before_a_stored_document_is_sent_leads_to_its_destinations(page: Page, panel: ScriptedPanel) -> None:
    script_tasks(panel)
    choose_stored(page, panel)
    page.wait_for_selector("[data-dialog=scanning]")
    panel.set(task=make_task("review", kind="distribute-file"))
    page.wait_for_selector("[data-dialog=review]")
    press(page, "X")
    page.wait_for_selector("[data-dialog=destinations]")
    expect_chosen(page, 2)
    press(page, "X")
    expect_chosen(page, 1)  # the list of documents


def choose_stored(page: Page, panel: ScriptedPanel) -> None:
    """The first document of the list, for group 2, as far as the start of its task."""
    open_menu(page, panel)
    press(page, "623")
    page.wait_for_selector(".row img")
    press(page, "1#S")
    page.wait_for_selector("[data-dialog=destinations] .row:nth-child(5)")
    press(page, "2#S")


def test_stop_leads_one_step_back_also_where_the_end_of_the_task_is_seen(page: Page, panel: ScriptedPanel) -> None:
    """A task is shown as stopped for an instant before it is gone."""
    script_tasks(panel)
    choose_stored(page, panel)
    page.wait_for_selector("[data-dialog=scanning]")
    panel.set(task=make_task("review", kind="distribute-file"))
    page.wait_for_selector("[data-dialog=review]")
    seen = Event()

    def stop(_body: dict[str, Any]) -> ResponseReturnValue:
        panel.set(task=make_task("failed", kind="distribute-file", error={"error": "stopped", "words": "stopped"}))
        seen.wait(PATIENCE / 1000)
        panel.set(task=None)
        return jsonify({})

    panel.answers["POST", "/task/stop"] = stop
    with page.expect_request(lambda asked: asked.url.endswith(f"/state?after={panel.serial}")):
        press(page, "X")
    seen.set()
    page.wait_for_selector("[data-dialog=destinations]")
    expect_chosen(page, 2)


def test_stop_leads_one_step_back_also_before_the_start_is_answered(page: Page, panel: ScriptedPanel) -> None:
    """The task may be on the screen sooner than the answer to what began it."""
    script_tasks(panel)
    stopped = Event()

    def begin(_body: dict[str, Any]) -> ResponseReturnValue:
        panel.set(task=make_task("review", kind="distribute-file"))
        stopped.wait(PATIENCE / 1000)
        return jsonify({})

    panel.answers["POST", "/tasks"] = begin
    choose_stored(page, panel)
    page.wait_for_selector("[data-dialog=review]")
    press(page, "X")
    page.wait_for_selector("[data-dialog=destinations]")
    stopped.set()
    expect_chosen(page, 2)


def test_a_look_that_is_answered_late_does_not_lead_back(page: Page, panel: ScriptedPanel) -> None:
    """The panel looks once more after it began something; the long poll may have told of the next step by then."""
    script_tasks(panel)
    open_menu(page, panel)
    begin = panel.answers["POST", "/tasks"]

    def begin_seen(body: dict[str, Any]) -> ResponseReturnValue:
        answer: ResponseReturnValue = begin(body)
        panel.wait_seen()
        return answer

    panel.answers["POST", "/tasks"] = begin_seen
    panel.late = Event()
    with page.expect_response(lambda answer: answer.url.endswith("/api/state")) as late:
        scan(Keypad(page), panel)
        panel.late.set()
    late.value.finished()
    shown = page.evaluate("() => new Promise((go) => setTimeout(() => go(document.body.dataset.dialog), 200))")
    assert shown == "review"


def test_stop_after_mark_sheets_leads_to_where_they_were_laid_in(page: Page, panel: ScriptedPanel) -> None:
    script_tasks(panel)
    open_menu(page, panel)
    press(page, "31S")
    page.wait_for_selector("[data-dialog=scanning]")
    panel.set(task=make_task("review", kind="read-sheets", documents=[make_document(0)]))
    page.wait_for_selector("[data-dialog=sheets]")
    press(page, "X")
    page.wait_for_selector("[data-dialog=sheets-scan]")
    press(page, "X")
    page.wait_for_selector("[data-dialog=images]")


def test_mark_sheets_are_used_for_what_they_were_asked_for_also_after_a_reload(
    page: Page, panel: ScriptedPanel
) -> None:
    script_tasks(panel)
    open_menu(page, panel)
    press(page, "31S")
    page.wait_for_selector("[data-dialog=scanning]")
    panel.set(task=make_task("review", kind="read-sheets", documents=[make_document(0)]))
    page.wait_for_selector("[data-dialog=sheets]")
    page.reload()
    page.wait_for_selector("[data-dialog=sheets]")
    press(page, "S")
    page.wait_for_selector("[data-dialog=take-out]")
    expect(page.locator("#main")).to_contain_text("Price list, spring1234 5678")


def test_an_end_that_was_passed_over_is_shown_when_stop_is_refused(page: Page, panel: ScriptedPanel) -> None:
    def refuse_late(_body: dict[str, Any]) -> ResponseReturnValue:
        panel.set(task={**panel.state["task"], "step": "done"})
        panel.wait_seen()  # the screen hears of that first
        return jsonify({"error": "not-asked", "words": "the task has ended", "facts": {}}), 409

    script_tasks(panel)
    panel.answers["POST", "/task/stop"] = refuse_late
    open_menu(page, panel)
    panel.set(task=make_task("scanning"))
    page.wait_for_selector("[data-dialog=scanning]")
    press(page, "X")
    press(page, "2")
    page.wait_for_selector("[data-dialog=progress]")


def test_a_jam_is_no_reason_to_lose_what_was_scanned(page: Page, panel: ScriptedPanel) -> None:
    script_tasks(panel)
    open_menu(page, panel)
    question = {"error": "jam", "words": "", "pages": 4, "withdraws": 0, "answers": ["continue", "end", "drop"]}
    panel.set(task=make_task("asking", question=question))
    page.wait_for_selector("[data-dialog=question]")
    press(page, "X")
    expect(page.get_by_role("alertdialog")).to_contain_text("4 pages were scanned.")
    assert panel.bodies("POST", "/task/answer") == panel.bodies("POST", "/task/stop") == []


def test_an_empty_feeder_at_the_first_sheet_speaks_of_no_rest(page: Page, panel: ScriptedPanel) -> None:
    open_menu(page, panel)
    panel.answers["POST", "/task/answer"] = {}
    question = {"error": "feeder-empty", "words": "", "pages": 0, "withdraws": 0, "answers": ["continue", "drop"]}
    panel.set(task=make_task("asking", question=question, pages=[], scan=None))
    expect(page.locator("h1")).to_have_text("Nothing was scanned yet")
    expect(page.locator("#main")).to_contain_text("Put the document in and press START.")
    expect(page.locator("#main")).not_to_contain_text("rest")
    press(page, "S")
    assert wait_for_call(page, panel, "POST", "/task/answer") == {"answer": "continue"}


def test_an_unfinished_document_has_its_picture_and_goes_where_it_was_meant_for(
    page: Page, panel: ScriptedPanel
) -> None:
    open_menu(page, panel)
    meant = {"kind": "distribute-document", "wishes": {"groups": ["eigyou_syo.rec"], "title": "Notice", "keep": True}}
    panel.answers["POST", "/tasks"] = {}
    panel.set(unfinished=[{**make_document(0), "meant": meant}])
    page.wait_for_selector(".choice[data-digit='7']")
    press(page, "7")
    assert page.locator("img.page").evaluate("(one) => one.decode().then(() => one.naturalWidth)") > 100
    press(page, "1")
    page.wait_for_selector(".row:nth-child(5)")
    expect_chosen(page, 3)
    press(page, "S")
    said = wait_for_call(page, panel, "POST", "/tasks")
    wishes = {**meant["wishes"], "destinations": [], "unfinished": "12345678"}  # type: ignore[dict-item]
    assert said == {"kind": "distribute-document", **wishes}


def test_what_an_unfinished_document_was_meant_for_is_taken_by_one_key(page: Page, panel: ScriptedPanel) -> None:
    open_menu(page, panel)
    panel.set(unfinished=[{**make_document(0), "meant": {"kind": "fax", "wishes": {}}}])
    page.wait_for_selector(".choice[data-digit='7']")
    press(page, "7")
    expect(page.locator(".choice:focus")).to_contain_text("With what was chosen before")
    press(page, "#")
    expect(page.locator("[data-dialog=fax]")).to_be_visible()


def test_an_unfinished_document_is_erased_only_when_asked(page: Page, panel: ScriptedPanel) -> None:
    open_menu(page, panel)
    panel.answers["DELETE", "/documents/12345678"] = {}
    panel.set(unfinished=[{**make_document(0), "meant": None}])
    page.wait_for_selector(".choice[data-digit='7']")
    press(page, "74")
    expect(page.get_by_role("alertdialog")).to_contain_text("Price list, spring1234 5678 · 1 page")
    press(page, "X")
    assert not any(call[0] == "DELETE" for call in panel.calls)


# Questions and START -----------------------------------------------------------------


@pytest.mark.parametrize("action", ["move", "erase"])
def test_the_question_names_title_id_and_pages(page: Page, panel: ScriptedPanel, action: str) -> None:
    open_menu(page, panel)
    press(page, "53")
    page.wait_for_selector(".row img")
    press(page, "1#2#S")
    page.wait_for_selector("text=STICK")
    expect(page.locator("#main .named li")).to_have_count(2)
    press(page, "1S" if action == "move" else "11S")
    asked = page.get_by_role("alertdialog")
    expect(asked).to_contain_text("Price list, spring1234 5678 · 1 page")
    expect(asked).to_contain_text("会議のお知らせ1234 5679 · 2 pages")


def test_taking_out_names_the_documents(page: Page, panel: ScriptedPanel) -> None:
    open_menu(page, panel)
    press(page, "33")
    page.wait_for_selector(".row img")
    press(page, "1#S")
    expect(page.locator("#main")).to_contain_text("Price list, spring1234 5678 · 1 page")


@pytest.mark.parametrize(("keys", "missing"), [("S", "user"), ("1024#S", "password")])
def test_start_without_user_or_password_says_what_is_missing(
    page: Page, panel: ScriptedPanel, keys: str, missing: str
) -> None:
    press(page, keys[:-1])
    expect(page.locator("[data-key=start]")).not_to_have_class("key key-start lit")
    press(page, keys[-1])
    words = {"user": "Type your user ID.", "password": "Type your password."}
    expect(page.get_by_role("alert")).to_have_text(words[missing])
    expect(page.locator(f"#field-{missing}")).to_be_focused()


@pytest.mark.parametrize("menu", ["61", "63", "64", "610#"])
def test_a_number_that_is_not_there_is_told_and_start_is_dark(page: Page, panel: ScriptedPanel, menu: str) -> None:
    open_menu(page, panel)
    press(page, menu[:2])
    page.wait_for_selector(".row")
    press(page, menu[2:])
    page.wait_for_selector(".row")
    press(page, "77")
    expect(page.locator("[data-key=start] small")).to_have_text("")
    press(page, "S")
    expect(page.get_by_role("alert")).to_have_text("There is no number 77 here.")
    assert panel.bodies("POST", "/tasks") == panel.bodies("POST", "/memberships") == []


def test_a_document_that_was_moved_says_where_to_and_when(page: Page, panel: ScriptedPanel) -> None:
    facts = {"to": "STICK", "when": 1_795_000_000}
    told = {"error": "image-moved", "words": "moved", "facts": facts}
    panel.answers["GET", "/documents/12345678"] = lambda _body: (jsonify(told), 404)
    open_menu(page, panel)
    press(page, "3212345678#")
    expect(page.get_by_role("alert")).to_contain_text("was moved to STICK, ")
    expect(page.get_by_role("alert")).to_contain_text("2026")
    verdict = {"page": 1, "image_id": "12345678", "why": "image-moved", "words": "", "facts": facts}
    panel.set(task=make_task("review", kind="read-sheets", pages=[], verdicts=[verdict]))
    expect(page.locator(".verdict")).to_contain_text("1234 5678 was moved to STICK, ")
    untold = {**verdict, "facts": {**facts, "to": ""}}
    panel.set(task=make_task("review", kind="read-sheets", id="another", pages=[], verdicts=[untold]))
    expect(page.locator(".verdict")).to_contain_text("1234 5678 was moved to a medium, ")


# Nobody there ------------------------------------------------------------------------


def see_menu_with_a_clock(page: Page, panel: ScriptedPanel) -> None:
    """At a panel that logs out after a minute, and warns 20 seconds before."""
    open_menu_with_clock(page, panel)
    panel.set(seat={**panel.state["seat"], "idle_seconds": 60, "warning_seconds": 20}, waiting=1)
    page.wait_for_selector(".chip-warn")


def test_the_warning_says_how_long_is_left_and_after_how_long_it_logs_out(page: Page, panel: ScriptedPanel) -> None:
    see_menu_with_a_clock(page, panel)
    press(page, "6")
    page.clock.run_for(35_000)
    expect(page.get_by_role("alertdialog")).to_have_count(0)
    page.clock.run_for(6_000)
    warning = page.get_by_role("alertdialog")
    expect(warning).to_contain_text("Log-out in 1")
    expect(warning).to_contain_text("The panel logs out after 60 seconds without a touch.")


def test_the_last_touch_is_told_however_soon_it_came(page: Page, panel: ScriptedPanel) -> None:
    see_menu_with_a_clock(page, panel)
    press(page, "6")
    page.clock.run_for(20_000)
    press(page, "X")
    page.clock.run_for(5_000)
    press(page, "6")
    page.clock.run_for(16_000)
    wait_until(lambda: any(said["seconds"] > 1 for said in panel.bodies("POST", "/active")[-1:]))
