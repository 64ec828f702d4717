"""The panel by ten keys alone: digits, `*`, `#`, START, STOP, CLEAR and arrows, or a card (SPEC D5, D6)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.panel_album import (
    list_places,
    make_document,
    make_task,
    open_menu,
    open_menu_with_clock,
    press,
    wait_for_call,
)
from tests.support.scripted_panel import SEAT, ScriptedPanel, refuse

pytestmark = pytest.mark.real

_CARD = "04A2B3C4D5"


def answer_task(panel: ScriptedPanel) -> None:
    """Tasks are taken, and nothing becomes of them."""
    for path in ("/tasks", "/task/start", "/task/stop", "/task/answer", "/task/retry"):
        panel.answers["POST", path] = {}


def see_menu(page: Page, panel: ScriptedPanel) -> None:
    open_menu(page, panel)
    answer_task(panel)


def last_task(panel: ScriptedPanel) -> dict[str, object]:
    body: dict[str, object] = panel.bodies("POST", "/tasks")[-1]
    return body


# Log-in ----------------------------------------------------------------------------


def test_user_and_password_by_keys(page: Page, panel: ScriptedPanel) -> None:
    panel.answers["POST", "/log-in"] = {}
    press(page, "1024#")
    page.wait_for_timeout(700)  # nobody types as fast as a card
    press(page, "77C8S")
    assert wait_for_call(page, panel, "POST", "/log-in") == {"user": "1024", "password": "78"}


def test_letters_on_ten_keys(page: Page, panel: ScriptedPanel) -> None:
    """`*` changes from digits to letters; the same key again gives its next letter, an arrow settles one."""
    panel.answers["POST", "/log-in"] = {}
    press(page, "*8222>2>6#1S")
    said = wait_for_call(page, panel, "POST", "/log-in")
    assert said == {"user": "tcam", "password": "1"}


def test_wrong_password_says_so_and_only_the_password_is_typed_again(page: Page, panel: ScriptedPanel) -> None:
    panel.answers["POST", "/log-in"] = refuse(401, "wrong-password")
    press(page, "12#3S")
    expect(page.get_by_role("alert")).to_have_text("User ID or password is wrong.")
    expect(page.locator("#field-user")).to_have_value("12")
    expect(page.locator("#field-password")).to_have_value("")
    expect(page.locator("#field-password")).to_be_focused()


def test_locked_out_says_for_how_long(page: Page, panel: ScriptedPanel) -> None:
    panel.answers["POST", "/log-in"] = refuse(401, "locked-out", "too many wrong tries", seconds=8)
    press(page, "12#3S")
    expect(page.get_by_role("alert")).to_have_text("Too many tries. Wait 8 seconds.")


def test_card_logs_in(page: Page, panel: ScriptedPanel) -> None:
    panel.answers["POST", "/log-in"] = {}
    show_card(page, _CARD)
    assert wait_for_call(page, panel, "POST", "/log-in") == {"card": _CARD}
    expect(page.locator("#field-user")).to_have_value("")


def test_unknown_card_is_offered_for_registration_after_a_log_in(page: Page, panel: ScriptedPanel) -> None:
    panel.answers["POST", "/log-in"] = refuse(401, "card-unknown")
    panel.answers["POST", "/card"] = {}
    show_card(page, _CARD)
    expect(page.get_by_role("alert")).to_contain_text("This card is not known yet")
    panel.answers["POST", "/log-in"] = {}
    press(page, "1024#1S")
    panel.set(seat=SEAT)
    expect(page.locator("h1")).to_have_text("Register this card?")
    press(page, "S")
    assert wait_for_call(page, panel, "POST", "/card") == {"card": _CARD}
    expect(page.locator("h1")).to_have_text("What would you like to do?")
    expect(page.get_by_role("alert")).to_contain_text("The card is registered")


def show_card(page: Page, number: str) -> None:
    """As a reader that acts as a keyboard: faster than the wire between the test and the browser always is."""
    page.evaluate(
        """(number) => { for (const key of [...number, "Enter"]) document.activeElement.dispatchEvent(
          new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })); }""",
        number,
    )


# Destinations ----------------------------------------------------------------------


def test_several_groups_by_number_and_start(page: Page, panel: ScriptedPanel) -> None:
    see_menu(page, panel)
    press(page, "61")
    page.wait_for_selector(".row:nth-child(5)")
    press(page, "2#3#S")
    said = wait_for_call(page, panel, "POST", "/tasks")
    assert isinstance(said, dict)
    assert said["groups"] == ["eigyou_all.rec", "eigyou_syo.rec"]
    assert said["kind"] == "distribute-document"
    assert said["scan"]["source"] == "auto"


def test_number_without_hash_is_meant_too(page: Page, panel: ScriptedPanel) -> None:
    see_menu(page, panel)
    press(page, "61")
    page.wait_for_selector(".row:nth-child(5)")
    press(page, "4S")
    wait_for_call(page, panel, "POST", "/tasks")
    assert last_task(panel)["groups"] == ["develop.rec"]


def test_start_without_destination_asks_for_one(page: Page, panel: ScriptedPanel) -> None:
    see_menu(page, panel)
    press(page, "61")
    page.wait_for_selector(".row:nth-child(5)")
    press(page, "S")
    expect(page.get_by_role("alert")).to_have_text("Choose a destination first.")
    assert panel.bodies("POST", "/tasks") == []


def test_zero_is_the_panels_own_line(page: Page, panel: ScriptedPanel) -> None:
    """0, two of the list with arrows, then START: groups chosen before count too."""
    see_menu(page, panel)
    press(page, "61")
    page.wait_for_selector(".row:nth-child(5)")
    press(page, "2#0S")
    expect(page.locator("h1")).to_have_text("Individual destinations")
    page.wait_for_selector(".row:nth-child(6)")
    press(page, "v#vv#S")
    wait_for_call(page, panel, "POST", "/tasks")
    assert last_task(panel)["groups"] == ["eigyou_all.rec"]
    assert last_task(panel)["destinations"] == ["sale1.osk.mei.co.jp", "office.ngy.mei.co.jp"]


def test_ten_thousand_destinations_draw_only_what_is_seen(page: Page, panel: ScriptedPanel) -> None:
    panel.answers["GET", "/destinations"] = list_places(10_000)
    see_menu(page, panel)
    press(page, "61")
    page.wait_for_selector(".row:nth-child(5)")
    press(page, "0#")
    expect(page.locator(".list-note")).to_contain_text("10,000 destinations")
    assert page.locator(".row").count() < 40
    press(page, "9876#")
    expect(page.locator(".row[aria-selected=true]")).to_contain_text("第9876支店")
    expect(page.locator(".row[aria-selected=true]")).to_have_attribute("aria-setsize", "10000")
    press(page, "*777")  # p, q, r are on one key: as digits they are searched for
    expect(page.locator(".row").first).to_contain_text("第777支店")
    press(page, "#")
    assert page.locator(".row").count() < 40
    press(page, "#S")
    wait_for_call(page, panel, "POST", "/tasks")
    assert last_task(panel)["destinations"] == ["office9876.mei.co.jp", "office777.mei.co.jp"]


def test_search_in_kana(page: Page, panel: ScriptedPanel) -> None:
    places = list_places()
    places["destinations"].append({"name": "なごや支店", "address": "ngy2.mei.co.jp", "channel": "ipp"})
    panel.answers["GET", "/destinations"] = places
    see_menu(page, panel)
    press(page, "61")
    page.wait_for_selector(".row:nth-child(5)")
    press(page, "0#")
    page.wait_for_selector(".row:nth-child(7)")
    press(page, "*****5")
    expect(page.locator(".search")).to_have_value("ナ")
    press(page, "C****5")
    expect(page.locator(".search")).to_have_value("な")
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator(".row")).to_contain_text("なごや支店")


@pytest.mark.parametrize("keys", ["610#", "0"])
def test_a_search_that_finds_nothing_says_so(page: Page, panel: ScriptedPanel, keys: str) -> None:
    """Among individual destinations, and among who will get it."""
    see_menu(page, panel)
    if keys == "0":
        panel.set(task=make_task("review"))
        expect(page.locator(".who")).to_contain_text("1 cannot take it now")
    press(page, keys[:2])
    page.wait_for_selector(".row")
    press(page, keys[2:])
    page.wait_for_selector("[data-dialog=singles] .row, [data-dialog=recipients] .row")
    press(page, "*99999")
    expect(page.locator(".list-note")).to_have_text("Nothing here has these letters.")
    press(page, "CCCCC")
    expect(page.locator(".list-note")).not_to_have_text("Nothing here has these letters.")
    expect(page.locator(".row").nth(1)).to_be_visible()


def test_romaji_on_the_screens_keyboard_becomes_kana(page: Page, panel: ScriptedPanel) -> None:
    see_menu(page, panel)
    press(page, "651")
    page.get_by_role("button", name="Hiragana").click()
    for letter in "nyuusatsukonnnichihagakkouni":
        page.locator(".keyboard").get_by_role("button", name=letter, exact=True).click()
    expect(page.locator("#field-title")).to_have_value("にゅうさつこんにちはがっこうに")


# Stored images ---------------------------------------------------------------------


def test_image_id_by_keys_then_groups(page: Page, panel: ScriptedPanel) -> None:
    see_menu(page, panel)
    press(page, "622")
    press(page, "12345678#12345679S")
    page.wait_for_selector(".row:nth-child(5)")
    press(page, "3S")
    wait_for_call(page, panel, "POST", "/tasks")
    assert last_task(panel) == {
        "kind": "distribute-file",
        "ids": ["12345678", "12345679"],
        "groups": ["eigyou_syo.rec"],
        "destinations": [],
    }


def test_image_id_that_is_not_stored_says_so(page: Page, panel: ScriptedPanel) -> None:
    panel.answers["GET", "/documents/99999999"] = refuse(404, "image-not-found")
    see_menu(page, panel)
    press(page, "32")
    press(page, "99999999S")
    expect(page.get_by_role("alert")).to_have_text("No document with this image ID is stored here.")
    press(page, "C")
    expect(page.get_by_role("alert")).to_have_count(0)
    press(page, "S")
    expect(page.get_by_role("alert")).to_have_text("An image ID has eight digits.")


def test_an_image_id_that_is_short_is_not_asked_for_and_may_be_completed(page: Page, panel: ScriptedPanel) -> None:
    see_menu(page, panel)
    press(page, "32")
    press(page, "1234567#")
    expect(page.get_by_role("alert")).to_have_text("An image ID has eight digits.")
    press(page, "8")
    expect(page.get_by_role("alert")).to_have_count(0)
    press(page, "#")
    expect(page.locator(".found li")).to_have_count(1)


def test_a_digit_after_an_image_id_that_is_not_stored_begins_another_one(page: Page, panel: ScriptedPanel) -> None:
    panel.answers["GET", "/documents/99999999"] = refuse(404, "image-not-found")
    see_menu(page, panel)
    press(page, "32")
    press(page, "99999999S")
    expect(page.get_by_role("alert")).to_have_text("No document with this image ID is stored here.")
    press(page, "12")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator(".id-box")).to_have_text("12······")


def test_sheets_lead_on_to_what_they_were_read_for(page: Page, panel: ScriptedPanel) -> None:
    see_menu(page, panel)
    panel.answers["POST", "/task/stop"] = lambda _body: (panel.set(task=None), "{}")[1]
    press(page, "621S")
    wait_for_call(page, panel, "POST", "/tasks")
    assert last_task(panel)["kind"] == "read-sheets"
    verdicts = [{"page": 1, "image_id": "12345678", "why": None, "words": ""}]
    verdicts.append({"page": 2, "image_id": None, "why": "forged", "words": ""})
    panel.set(task=make_task("review", kind="read-sheets", documents=[make_document(0)], verdicts=verdicts))
    expect(page.locator(".verdict.bad")).to_contain_text("Not a genuine sheet")
    press(page, "S")
    expect(page.locator("h1")).to_have_text("Destinations")
    page.wait_for_selector(".row:nth-child(5)")
    press(page, "2S")
    wait_for_call(page, panel, "POST", "/tasks", times=2)
    assert last_task(panel)["ids"] == ["12345678"]


def test_documents_are_fetched_as_the_list_is_scrolled(page: Page, panel: ScriptedPanel) -> None:
    pages = {
        None: ([make_document(n) for n in range(24)], 977),
        "977": ([make_document(n) for n in range(24, 30)], None),
    }

    def answer(body: dict[str, str]) -> dict[str, object]:
        documents, following = pages[body.get("before")]
        return {"documents": documents, "next": following}

    panel.answers["GET", "/documents"] = answer
    see_menu(page, panel)
    press(page, "33")
    page.wait_for_selector(".row img")
    assert len(panel.bodies("GET", "/documents")) == 1
    press(page, ">>>>>>>>")
    page.wait_for_selector(".row[aria-setsize='30']")
    press(page, ">>>>>>>>#S")
    assert len(panel.bodies("GET", "/documents")) == 2
    press(page, "S")
    wait_for_call(page, panel, "POST", "/tasks")
    assert last_task(panel)["ids"] == [make_document(29)["id"]]


# Tasks -----------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "answer"), [("1", "continue"), ("2", "end"), ("3", "drop"), ("S", "continue")])
def test_jam_is_answered_by_a_key(page: Page, panel: ScriptedPanel, key: str, answer: str) -> None:
    see_menu(page, panel)
    asked = {"error": "jam", "words": "", "pages": 3, "withdraws": 0, "answers": ["continue", "end", "drop"]}
    panel.set(task=make_task("asking", question=asked))
    expect(page.locator("h1")).to_have_text("Paper jam in the scanner")
    press(page, key)
    assert wait_for_call(page, panel, "POST", "/task/answer") == {"answer": answer}


def test_review_sends_what_was_chosen(page: Page, panel: ScriptedPanel) -> None:
    see_menu(page, panel)
    panel.set(task=make_task("review"))
    expect(page.locator(".who")).to_contain_text("1 cannot take it now")
    press(page, "4")  # keep
    press(page, "6")  # with a mark sheet
    press(page, "730#")  # for thirty days
    press(page, "22#")  # two copies
    press(page, "1*22>2#")  # a title
    press(page, "S")
    said = wait_for_call(page, panel, "POST", "/task/start")
    assert said == {
        "title": "ba",
        "keep": True,
        "sheet": True,
        "private": False,
        "keep_days": 30,
        "copies": 2,
        "sides": "one-sided",
    }


def test_line_below_names_the_lines_that_have_a_number(page: Page, panel: ScriptedPanel) -> None:
    """One number after the other, the same ones whether the document is kept or not."""
    see_menu(page, panel)
    panel.set(task=make_task("review"))
    page.wait_for_selector(".trouble:not(:empty)")
    numbers = page.locator(".field:visible .badge")
    expect(numbers).to_have_text(["1", "2", "3", "4"])
    expect(page.locator("#hints")).to_contain_text("1-4 ")
    press(page, "4")
    expect(numbers).to_have_text(["1", "2", "3", "4", "5", "6", "7"])
    expect(page.locator("#hints")).to_contain_text("1-7 ")


def test_refusal_of_the_server_is_told_at_the_review(page: Page, panel: ScriptedPanel) -> None:
    see_menu(page, panel)
    panel.set(task=make_task("review"))
    page.wait_for_selector(".trouble:not(:empty)")
    error = {"error": "sign-in-needed", "words": "", "facts": {}}
    panel.set(task=make_task("review", error=error))
    expect(page.get_by_role("alert")).to_contain_text("Log in once more")


def test_failed_are_sent_again_by_a_key(page: Page, panel: ScriptedPanel) -> None:
    see_menu(page, panel)
    progress = {"done": 6, "total": 6, "failed": 2, "unit": "deliveries"}
    panel.set(task=make_task("done", progress=progress))
    expect(page.get_by_role("status").filter(has_text="2 destinations did not get it")).to_be_visible()
    press(page, "1")
    wait_for_call(page, panel, "POST", "/task/retry")


def test_erasing_asks_first(page: Page, panel: ScriptedPanel) -> None:
    panel.answers["DELETE", "/documents/12345678"] = {}
    see_menu(page, panel)
    press(page, "60")
    page.wait_for_selector(".row img")
    press(page, "1#")
    page.wait_for_selector("[data-dialog=document]")
    press(page, "4X")
    assert panel.bodies("DELETE", "/documents/12345678") == []
    press(page, "4S")
    wait_for_call(page, panel, "DELETE", "/documents/12345678")
    expect(page.get_by_role("alert")).to_have_text("The document is erased.")


# Memberships, the seat, the state ---------------------------------------------------


def test_register_by_number(page: Page, panel: ScriptedPanel) -> None:
    panel.answers["POST", "/memberships"] = {"changed": True, "words": ""}
    see_menu(page, panel)
    press(page, "63")
    page.wait_for_selector(".row:nth-child(4)")
    press(page, "4S")
    assert wait_for_call(page, panel, "POST", "/memberships") == {"group": "develop.rec", "member": True}
    expect(page.get_by_role("alert")).to_contain_text("now registered with “product development-related places”")


def test_device_that_all_rec_does_not_know_is_told_what_to_do(page: Page, panel: ScriptedPanel) -> None:
    panel.answers["POST", "/memberships"] = refuse(404, "not-in-all-rec", address="sale9.hqs.mei.co.jp")
    see_menu(page, panel)
    press(page, "63")
    page.wait_for_selector(".row:nth-child(4)")
    press(page, "3S")
    expect(page.get_by_role("alert")).to_contain_text("not on the server's list of all destinations")


def test_nobody_there_is_warned_then_logged_out(page: Page, panel: ScriptedPanel) -> None:
    open_menu_with_clock(page, panel)
    panel.set(seat={**SEAT, "idle_seconds": 4, "warning_seconds": 2})
    panel.wait_seen()
    page.clock.run_for(3_000)
    expect(page.get_by_role("alertdialog")).to_contain_text("Log-out in")
    press(page, "6")  # only takes the warning away
    expect(page.get_by_role("alertdialog")).to_be_hidden()
    expect(page.locator("h1")).to_have_text("What would you like to do?")
    page.clock.run_for(3_000)
    expect(page.get_by_role("alertdialog")).to_be_visible()
    assert panel.bodies("POST", "/log-out") == []
    page.clock.run_for(2_000)
    wait_for_call(page, panel, "POST", "/log-out")


def test_scan_that_goes_on_keeps_the_seat(page: Page, panel: ScriptedPanel) -> None:
    open_menu_with_clock(page, panel)
    panel.set(seat={**SEAT, "idle_seconds": 2, "warning_seconds": 1}, task=make_task("scanning"))
    page.wait_for_selector("[data-dialog=scanning]")
    page.clock.run_for(5_000)
    expect(page.get_by_role("alertdialog")).to_be_hidden()
    assert panel.bodies("POST", "/log-out") == []


def test_out_of_paper_and_a_server_that_is_down_are_told_at_once(page: Page, panel: ScriptedPanel) -> None:
    open_menu(page, panel)
    panel.set(printer={"state": "stopped", "reasons": ["media-empty-error"], "words": ""})
    expect(page.locator("#top")).to_contain_text("Out of paper")
    panel.set(server={"state": "down", "url": "", "words": "", "since": 0}, waiting=1)
    expect(page.locator("#top")).to_contain_text("Server is down")
    expect(page.locator("#top")).to_contain_text("1 waits")


def test_language_of_the_person_goes_with_the_person(page: Page, panel: ScriptedPanel) -> None:
    open_menu(page, panel)
    panel.set(seat={**SEAT, "language": "ja"})
    expect(page.locator("h1")).to_have_text("機能を選んでください")
    panel.set(seat=None)
    expect(page.locator("h1")).to_have_text("Log in")


def test_keys_on_the_screen_do_what_the_keys_of_a_keypad_do(page: Page, panel: ScriptedPanel) -> None:
    see_menu(page, panel)
    for key in ("6", "1"):
        page.locator(f'#keys [data-key="{key}"]').click()
    page.wait_for_selector(".row:nth-child(5)")
    for key in ("3", "hash", "start"):
        page.locator(f'#keys [data-key="{key}"]').click()
    wait_for_call(page, panel, "POST", "/tasks")
    assert last_task(panel)["groups"] == ["eigyou_syo.rec"]
