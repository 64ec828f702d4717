"""What the panel tells: reasons in full and in the person's language, image IDs, what to do where nothing is there."""

from __future__ import annotations

import re
from threading import Event
from typing import Any

import pytest
from flask import jsonify
from flask.typing import ResponseReturnValue
from playwright.sync_api import Page, Route, expect

from tests.support.chromium import PATIENCE
from tests.support.panel_album import make_deliveries, make_document, make_task, open_menu, open_menu_with_clock, press
from tests.support.patience import wait_until
from tests.support.scripted_panel import SEAT, ScriptedPanel, idle_state, refuse

pytestmark = pytest.mark.real

_WORDS = (
    "The device does not answer. Check that it is switched on, that the network reaches it, and that its address is "
    "right. It is tried again by itself."
)
_LONG = {"state": "aborted", "reason": "destination-unreachable", "words": _WORDS, "message": "connection refused"}


def show_deliveries(page: Page, panel: ScriptedPanel, language: str = "en", **facts: Any) -> None:
    open_menu(page, panel, language)
    deliveries = make_deliveries("aborted", "completed")
    deliveries[0] |= facts
    progress = {"done": 2, "total": 2, "failed": 1, "unit": "deliveries"}
    panel.set(task=make_task("done", deliveries=deliveries, progress=progress))
    page.wait_for_selector(".row")


# Reasons -----------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["touch", "keys"])
def test_a_row_opens_to_all_of_its_words(page: Page, panel: ScriptedPanel, way: str) -> None:
    show_deliveries(page, panel, **_LONG)
    expect(page.locator(".row").first.locator("small")).to_have_text("The device does not answer.")
    if way == "touch":
        page.locator(".row").first.click()
    else:
        press(page, "v^#")
    expect(page.locator(".detail")).to_contain_text(_WORDS)
    expect(page.locator(".detail")).to_contain_text("connection refused")
    press(page, "X")
    expect(page.locator(".row")).to_have_count(2)


def test_what_came_out_is_said_once(page: Page, panel: ScriptedPanel) -> None:
    show_deliveries(page, panel)
    row = page.locator(".row").nth(1)
    expect(row).to_contain_text("out on paper")
    assert len(re.findall("paper|printed", row.inner_text(), re.IGNORECASE)) == 1


def test_reasons_of_the_server_are_japanese_on_a_japanese_panel(page: Page, panel: ScriptedPanel) -> None:
    show_deliveries(page, panel, "ja", **_LONG)
    expect(page.locator(".row").first.locator("small")).to_have_text("機器が応答しません。")
    page.locator(".row").first.click()
    expect(page.locator(".detail")).to_contain_text("自動的に再試行します")


def test_what_keeps_a_device_comes_before_what_the_server_does(page: Page, panel: ScriptedPanel) -> None:
    facts = {
        "state": "processing",
        "reason": "job-printing",
        "words": "Out of paper.",
        "device_reasons": ["x", "media-empty-error"],
    }
    show_deliveries(page, panel, "ja", **facts)
    expect(page.locator(".row").first.locator("small")).to_have_text("用紙がありません。")


def test_a_reason_that_is_not_known_is_told_in_the_servers_words(page: Page, panel: ScriptedPanel) -> None:
    show_deliveries(page, panel, "ja", reason="moon-is-full", words="The moon is full. Wait.", state="aborted")
    expect(page.locator(".row").first.locator("small")).to_have_text("The moon is full.")


def test_recipients_open_by_number(page: Page, panel: ScriptedPanel) -> None:
    open_menu(page, panel)
    panel.set(task=make_task("review"))
    page.wait_for_selector(".trouble:not(:empty)")
    press(page, "0")
    page.wait_for_selector(".row")
    press(page, "1#")
    expect(page.locator(".detail")).to_contain_text("out of paper")


def test_why_an_order_waits_is_japanese_on_a_japanese_panel(page: Page, panel: ScriptedPanel) -> None:
    order = {
        "key": "a",
        "id": "34447074",
        "title": "",
        "since": "2026-04-01T09:30:00Z",
        "to": ["x"],
        "words": "no answer",
    }
    panel.answers["GET", "/waiting"] = {"waiting": [{**order, "error": "server-down"}]}
    open_menu(page, panel, "ja")
    press(page, "67")
    expect(page.locator(".row")).to_contain_text("サーバーが停止しています。")
    expect(page.locator(".row")).to_contain_text("3444 7074")


def test_what_happened_meanwhile_is_japanese_on_a_japanese_panel(page: Page, panel: ScriptedPanel) -> None:
    open_menu(page, panel, "ja")
    notice = {
        "id": "n1",
        "kind": "waiting",
        "words": "価格表: no answer",
        "job": None,
        "title": "価格表",
        "error": "server-down",
    }
    panel.set(notices=[notice])
    expect(page.locator(".notice")).to_have_text("価格表 文書がサーバーを待っています。 サーバーが停止しています。")


def _notice(number: int, **facts: Any) -> dict[str, Any]:
    told = {"kind": "sent", "words": f"Notice {number} was sent", "title": f"Notice {number}", "error": None}
    return {"id": f"n{number}", "job": None, "failed": 0, "total": 0, **told, **facts}


@pytest.mark.parametrize("size", [(800, 480), (1024, 600), (1280, 800)])
def test_a_notice_covers_nothing_of_a_dialog(page: Page, panel: ScriptedPanel, size: tuple[int, int]) -> None:
    """A long one takes two lines of the line above."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_menu_with_clock(page, panel)
    long = "Price list of the spring of this year, with all that is new: the group 'sales' is no longer on the server"
    panel.set(notices=[_notice(1, kind="failed", words=long)])
    notice = page.locator(".notice")
    expect(notice).to_have_text(long)
    box, main = notice.bounding_box(), page.locator("#main").bounding_box()
    assert box is not None
    assert main is not None
    assert box["y"] + box["height"] <= main["y"]
    assert notice.locator("span").evaluate("(one) => one.scrollHeight <= one.clientHeight + 1")
    notice.click()
    expect(notice).to_have_count(0)


def test_notices_come_one_after_the_other_and_of_many_the_newest(page: Page, panel: ScriptedPanel) -> None:
    open_menu_with_clock(page, panel)
    panel.set(notices=[_notice(number) for number in range(9)])
    for words in ("Notice 6 was sent", "Notice 7 was sent", "Notice 8 was sent", "6 more: Others, Sent jobs"):
        expect(page.locator(".notice")).to_have_count(1)
        expect(page.locator(".notice")).to_contain_text(words)
        page.clock.run_for(4_000)
    page.clock.run_for(4_000)
    expect(page.locator(".notice")).to_have_count(0)


def test_notices_of_somebody_who_has_left_are_shown_to_nobody(page: Page, panel: ScriptedPanel) -> None:
    open_menu_with_clock(page, panel)
    panel.set(notices=[_notice(1)])
    expect(page.locator(".notice")).to_be_visible()
    panel.set(seat=None, notices=[])
    page.wait_for_selector("[data-dialog=log-in]")
    expect(page.locator(".notice")).to_have_count(0)


def test_a_notice_follows_the_language_and_has_no_english_in_japanese(page: Page, panel: ScriptedPanel) -> None:
    open_menu_with_clock(page, panel)
    facts = {"kind": "failed", "words": "価格表: 1 of 3 failed", "title": "価格表", "failed": 1, "total": 3}
    panel.set(notices=[_notice(1, **facts)])
    expect(page.locator(".notice")).to_have_text("価格表: 1 of 3 failed")
    press(page, "69")
    page.get_by_role("radio", name="日本語").click()
    expect(page.locator(".notice")).to_have_text("価格表 3件のうち1件に届きませんでした。")
    page.locator(".notice").click()
    panel.set(notices=[_notice(2, kind="failed", title="価格表", error="moon-is-full", words="The moon is full.")])
    expect(page.locator(".notice")).to_have_text("価格表 文書を送信できませんでした。")


# Image IDs ---------------------------------------------------------------------------


def test_the_image_id_that_was_kept_is_told(page: Page, panel: ScriptedPanel) -> None:
    open_menu(page, panel)
    document = {**make_document(0), "id": "34447074"}
    options = {"keep": True, "sheet": True}
    progress = {"done": 0, "total": 1, "failed": 0, "unit": "pages"}
    panel.set(task=make_task("printing", document=document, options=options, progress=progress))
    expect(page.locator(".kept")).to_have_text("Kept here as image ID 3444 7074")
    expect(page.locator(".counts")).to_have_text("0 of 1 page")
    panel.set(task=make_task("printing", document=document, options={}))
    expect(page.locator(".kept")).to_be_hidden()


@pytest.mark.parametrize(
    ("language", "why", "technical"),
    [
        ("en", "No host is called sale1.hqs.mei.co.jp. Check its address", "Technical"),
        ("ja", "「sale1.hqs.mei.co.jp」という名前のホストがありません。", "技術情報"),
    ],
)
def test_a_host_that_nobody_knows_is_named_and_no_device_is_said_to_say_it(
    page: Page, panel: ScriptedPanel, language: str, why: str, technical: str
) -> None:
    words = "No host is called sale1.hqs.mei.co.jp. Check its address in the group file, then retry."
    facts = {"reason": "destination-unknown-host", "words": words, "message": "no host is called …"}
    show_deliveries(page, panel, language, **facts)
    expect(page.locator(".row").first).to_contain_text("sale1.hqs.mei.co.jp")
    press(page, "#")
    detail = page.locator("[data-dialog=detail] .detail")
    expect(detail).to_contain_text(why)
    expect(detail.locator("dt", has_text=technical)).to_be_visible()
    expect(detail).not_to_contain_text("says")


# First start -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "shown"),
    [
        ("ipp://copier2.example.org/ipp/print", "copier2.example.org"),
        ("ipp://copier2.example.org:8651/ipp/print", "ipp://copier2.example.org:8651/ipp/print"),
        ("copier2.example.org", "copier2.example.org"),
    ],
)
def test_own_domain_name_is_shown_as_one_where_it_says_all(
    page: Page, panel: ScriptedPanel, known: str, shown: str
) -> None:
    panel.answers["GET", "/setup"] = {"server": "https://s.example", "address": known, "name": "x", "language": "en"}
    panel.set(device={**idle_state()["device"], "set_up": False})
    expect(page.locator("#field-address")).to_have_value(shown)
    expect(page.locator("[data-field=address] label")).to_have_text("Own domain name or address")


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Write this device's domain name"), ("ja", "この機器のドメイン名")]
)
def test_own_address_that_is_none_is_refused_with_what_to_write(
    page: Page, panel: ScriptedPanel, language: str, words: str
) -> None:
    panel.answers["POST", "/setup"] = refuse(400, "wrong-address", "address: write a domain name")
    panel.set(device={**idle_state()["device"], "set_up": False, "language": language})
    page.wait_for_selector("[data-dialog=setup]")
    for field, text in (("server", "https://s.example"), ("address", "the copier"), ("code", "12345678")):
        page.locator(f"#field-{field}").fill(text)
    press(page, "S")
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.get_by_role("alert")).to_contain_text("ipp://")


def test_a_panel_that_begins_anew_with_its_settings_is_no_fault(page: Page, panel: ScriptedPanel) -> None:
    """Nothing answers for some seconds after the code of a first start was good."""
    panel.answers["POST", "/setup"] = {}
    panel.set(device={**idle_state()["device"], "set_up": False})
    page.wait_for_selector("[data-dialog=setup]")
    for field, text in (("server", "https://s.example"), ("address", "copier.example"), ("code", "12345678")):
        page.locator(f"#field-{field}").fill(text)
    page.route("**/api/state*", lambda route: route.abort())
    press(page, "S")
    panel.set(waiting=1)  # answers the question that was under way
    expect(page.locator("#top")).to_contain_text("The panel is starting again")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.unroute("**/api/state*")
    panel.set(device={**idle_state()["device"], "set_up": True})
    page.wait_for_selector("[data-dialog=log-in]")


def test_a_server_that_hangs_is_told_while_it_is_asked_for_its_groups(page: Page, panel: ScriptedPanel) -> None:
    open_menu(page, panel)
    groups, answered = panel.answers["GET", "/groups"], Event()
    panel.answers["GET", "/groups"] = lambda _body: (answered.wait(PATIENCE / 1000), jsonify(groups))[1]
    press(page, "61")
    expect(page.get_by_text("Asking the server …")).to_be_visible()
    answered.set()
    expect(page.locator(".row")).to_have_count(6)
    expect(page.get_by_text("Asking the server …")).to_have_count(0)


def test_a_server_that_hangs_is_told_at_log_in_and_asked_once(page: Page, panel: ScriptedPanel) -> None:
    answered = Event()
    refusal = refuse(401, "wrong-password")
    panel.answers["POST", "/log-in"] = lambda body: (answered.wait(PATIENCE / 1000), refusal(body))[1]
    press(page, "1024#5566S")
    expect(page.get_by_role("alert")).to_have_text("Asking the server …")
    expect(page.locator('#keys [data-key="start"]')).not_to_have_class(re.compile("lit"))
    press(page, "S")
    answered.set()
    expect(page.get_by_role("alert")).to_have_text("User ID or password is wrong.")
    assert len(panel.bodies("POST", "/log-in")) == 1


def test_stop_takes_back_a_log_in_that_the_server_has_not_answered(page: Page, panel: ScriptedPanel) -> None:
    """Whoever goes away while it is asked is not logged in behind their back."""
    answered = Event()
    panel.answers["POST", "/log-in"] = lambda _body: (answered.wait(PATIENCE / 1000), jsonify({}))[1]
    press(page, "1024#5566S")
    expect(page.get_by_role("alert")).to_have_text("Asking the server …")
    with page.expect_event("requestfailed"):
        press(page, "X")
    answered.set()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator("#field-user")).to_have_value("")
    press(page, "7")
    expect(page.locator("#field-user")).to_have_value("7")


def test_why_a_job_was_not_sent_again_stays_while_the_job_goes_on(page: Page, panel: ScriptedPanel) -> None:
    """The page looks again by itself, and says what came of that only where it met nobody."""
    open_menu(page, panel)
    told = panel.answers["GET", "/jobs/42"]
    under_way = {**told, "job": {**told["job"], "state": "processing"}}
    looks: list[Any] = []

    def look(body: Any) -> ResponseReturnValue:
        looks.append(body)
        return jsonify(under_way)

    panel.answers["GET", "/jobs/42"] = under_way
    panel.answers["POST", "/jobs/42/retry"] = refuse(409, "conflict", "Somebody else is at it.")
    press(page, "66")
    page.wait_for_selector(".row")
    press(page, "1#")
    expect(page.locator(".row")).to_have_count(6)
    press(page, "1")
    expect(page.get_by_role("alert")).to_contain_text("Somebody else is at it.")
    panel.answers["GET", "/jobs/42"] = look
    wait_until(lambda: len(looks) > 1)
    expect(page.get_by_role("alert")).to_contain_text("Somebody else is at it.")
    panel.answers["GET", "/jobs/42"] = refuse(503, "server-down")
    expect(page.get_by_role("alert")).to_contain_text("server")
    panel.answers["GET", "/jobs/42"] = under_way
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_job_that_was_left_is_not_looked_at_any_more(page: Page, panel: ScriptedPanel) -> None:
    """Also where a look was under way as it was left: nothing of it is told to who has come since."""
    open_menu_with_clock(page, panel)
    told = panel.answers["GET", "/jobs/42"]
    under_way = {**told, "job": {**told["job"], "state": "processing"}}
    looks, answer = list[Any](), Event()

    def look(body: Any) -> ResponseReturnValue:
        looks.append(body)
        answer.wait(60)
        return refuse(503, "server-down")(body)

    panel.answers["GET", "/jobs/42"] = under_way
    press(page, "66")
    page.wait_for_selector(".row")
    press(page, "1#")
    expect(page.locator(".row")).to_have_count(6)
    panel.answers["GET", "/jobs/42"] = look
    page.clock.run_for(2_000)
    wait_until(lambda: len(looks) == 1)
    press(page, "X")
    page.wait_for_selector("[data-dialog=jobs]")
    with page.expect_response("**/api/jobs/42"):
        answer.set()
    page.clock.run_for(10_000)
    press(page, "X")
    page.wait_for_selector("[data-dialog=others]")
    expect(page.get_by_role("alert")).to_have_count(0)
    assert len(looks) == 1


def test_a_list_of_memberships_that_is_old_says_so(page: Page, panel: ScriptedPanel) -> None:
    open_menu(page, panel)
    panel.answers["GET", "/memberships"] = {**panel.answers["GET", "/memberships"], "stale": True}
    press(page, "63")
    expect(page.locator(".list-note")).to_contain_text("The server is down: this is the last list.")


@pytest.mark.parametrize(
    ("printer", "words"),
    [
        ({"state": "stopped", "reasons": ["media-empty-error"], "words": ""}, "Out of paper."),
        ({"state": "unknown", "reasons": [], "words": "no answer"}, "Printer does not answer."),
    ],
)
def test_what_keeps_a_print_is_told_where_it_is_waited_for(
    page: Page, panel: ScriptedPanel, printer: dict[str, Any], words: str
) -> None:
    open_menu(page, panel)
    panel.set(task=make_task("printing", kind="copy"))
    expect(page.locator(".big")).to_have_text("Printing …")
    panel.set(printer=printer)
    expect(page.locator(".big.tone-warn")).to_have_text(f"{words} Printing goes on when that is mended.")
    expect(page.locator("#top")).to_contain_text(words.rstrip("."))
    panel.set(printer={"state": "processing", "reasons": [], "words": ""})
    expect(page.locator(".big")).to_have_text("Printing …")


def test_a_fax_is_not_said_to_be_sent_before_it_was_looked_at(page: Page, panel: ScriptedPanel) -> None:
    """START leads to the scan, or with a stored document to the review."""
    open_menu(page, panel)
    press(page, "20312345678")
    expect(page.locator('#keys [data-key="start"]')).to_contain_text("scan")


def test_what_was_missing_is_not_said_any_longer_when_it_is_there(page: Page, panel: ScriptedPanel) -> None:
    open_menu(page, panel)
    press(page, "2S")
    expect(page.get_by_role("alert")).to_have_text("Enter a number first.")
    press(page, "0")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_medium_that_was_missing_is_not_asked_for_when_it_is_in(page: Page, panel: ScriptedPanel) -> None:
    media = panel.answers["GET", "/media"]
    panel.answers["GET", "/media"] = {"media": []}
    open_menu(page, panel)
    press(page, "53")
    page.wait_for_selector(".row")
    press(page, "1#S")
    page.wait_for_selector(".big-words")
    press(page, "S")
    expect(page.get_by_role("alert")).to_have_text("Put a removable medium in.")
    panel.answers["GET", "/media"] = media
    expect(page.locator('#keys [data-key="start"]')).to_contain_text("carry out")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_server_that_is_back_is_not_said_to_be_down(page: Page, panel: ScriptedPanel) -> None:
    open_menu(page, panel)
    panel.answers["POST", "/memberships"] = refuse(503, "server-down")
    press(page, "63")
    page.wait_for_selector(".row")
    press(page, "3#S")
    expect(page.get_by_role("alert")).to_have_text("The server is down.")
    panel.set(waiting=1)  # an answer that tells nothing new of the server
    expect(page.locator(".chip-warn")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_text("The server is down.")
    panel.set(server={**panel.state["server"], "state": "down"})
    expect(page.locator(".chip-bad")).to_be_visible()
    panel.set(server={**panel.state["server"], "state": "up"})
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("keyword", ["unknown-destination", "unknown-group"])
def test_who_the_server_does_not_know_is_told_before_start(
    page: Page, panel: ScriptedPanel, language: str, keyword: str
) -> None:
    """A number of a fax may be mistyped, or stand in no group file."""
    open_menu(page, panel, language)
    panel.answers["POST", "/recipients"] = refuse(404, keyword, "the words of the server")
    to = {"groups": [], "destinations": ["tel:0312345678"]}
    panel.set(task=make_task("review", kind="fax", to=to, options={"to": ["0312345678"]}))
    told = page.locator(".who.has-trouble .trouble")
    expect(told).to_contain_text({"en": "server", "ja": "サーバー"}[language])
    expect(told).not_to_contain_text("the words of the server")
    assert panel.bodies("POST", "/recipients")[-1]["destinations"] == ["tel:0312345678"]


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("keyword", ["unknown-destination", "unknown-group"])
def test_who_the_server_does_not_know_is_named(page: Page, panel: ScriptedPanel, language: str, keyword: str) -> None:
    """Of several numbers, nobody can tell else which one is wrong."""
    open_menu(page, panel, language)
    panel.answers["POST", "/recipients"] = refuse(404, keyword, named="0312345678")
    to = {"groups": [], "destinations": ["tel:0312345678", "tel:0612345678"]}
    panel.set(task=make_task("review", kind="fax", to=to))
    told = page.locator(".who.has-trouble .trouble")
    expect(told).to_contain_text("0312345678")
    expect(told).to_contain_text({"en": "server", "ja": "サーバー"}[language])
    expect(page.locator(".who .badge")).to_be_hidden()
    expect(page.locator("#hints")).not_to_contain_text({"en": "who will get it", "ja": "配信先の確認"}[language])


def test_the_page_that_was_scanned_last_is_in_sight(page: Page, panel: ScriptedPanel) -> None:
    """Its picture comes later than it, and gives it its width."""
    open_menu(page, panel)
    for count in (2, 4, 6):
        pages = [{"number": n, "width": 2480, "height": 3508, "blank": False} for n in range(1, count + 1)]
        panel.set(task=make_task("scanning", pages=pages))
        expect(page.locator(".strip figure")).to_have_count(count)
        for at in range(count):
            expect(page.locator(".strip img").nth(at)).to_have_js_property("complete", True)
    wait_until(lambda: _right_edge(page, ".strip figure:last-child") <= _right_edge(page, ".strip"))


def test_the_page_that_was_scanned_last_stays_in_sight_as_earlier_pictures_come(
    page: Page, panel: ScriptedPanel
) -> None:
    """Pictures come in any order; who looks back is left there."""
    held = list[Route]()

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile(r"/task/pages/[123]\.jpg"), hold)
    open_menu(page, panel)
    pages = [{"number": n, "width": 2480, "height": 3508, "blank": False} for n in range(1, 7)]
    panel.set(task=make_task("scanning", pages=pages))
    for at in (3, 4, 5):
        expect(page.locator(".strip img").nth(at)).to_have_js_property("complete", True)
    wait_until(lambda: bool(page.evaluate("true")) and len(held) == 3)
    held[0].continue_()
    held[1].continue_()
    for at in (0, 1):
        expect(page.locator(".strip img").nth(at)).not_to_have_js_property("naturalWidth", 0)
    wait_until(lambda: _right_edge(page, ".strip figure:last-child") <= _right_edge(page, ".strip"))
    press(page, "<<<")
    wait_until(lambda: page.locator(".strip").evaluate("strip => strip.scrollLeft") == 0)
    held[2].continue_()
    expect(page.locator(".strip img").nth(2)).not_to_have_js_property("naturalWidth", 0)
    assert page.locator(".strip").evaluate("strip => strip.scrollLeft") == 0


def _right_edge(page: Page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    assert box
    return box["x"] + box["width"]


def test_an_order_that_was_taken_meanwhile_waits_no_longer_in_the_list(page: Page, panel: ScriptedPanel) -> None:
    order = {"key": "a", "id": "34447074", "title": "Prices", "since": "2026-04-01T09:30:00Z", "to": ["x"]}
    panel.answers["GET", "/waiting"] = {"waiting": [{**order, "words": "", "error": "server-down"}]}
    open_menu(page, panel)
    panel.set(waiting=1, server={**panel.state["server"], "state": "down"})
    press(page, "67")
    expect(page.locator(".row")).to_contain_text("The server is down.")
    expect(page.locator('#keys [data-key="start"]')).to_contain_text("choose")
    panel.answers["GET", "/waiting"] = {"waiting": []}
    panel.set(waiting=0, server={**panel.state["server"], "state": "up"})
    expect(page.locator(".row")).to_have_count(0)


def test_why_an_order_was_not_withdrawn_stays_when_the_server_has_it(page: Page, panel: ScriptedPanel) -> None:
    """Else it is gone from the list, as one that was withdrawn."""
    order = {"key": "a", "id": "34447074", "title": "Prices", "since": "2026-04-01T09:30:00Z", "to": ["x"]}
    panel.answers["GET", "/waiting"] = {"waiting": [{**order, "words": "", "error": "server-down"}]}
    panel.answers["DELETE", "/waiting/a"] = refuse(409, "being-sent", "It is on its way to the server.")
    open_menu(page, panel)
    panel.set(waiting=1)
    press(page, "67")
    page.wait_for_selector(".row")
    press(page, "1#")
    page.wait_for_selector("[role=alertdialog]")
    press(page, "S")
    expect(page.get_by_role("alert")).to_contain_text("among the sent jobs")
    panel.answers["GET", "/waiting"] = {"waiting": []}
    panel.set(waiting=0)
    expect(page.locator(".row")).to_have_count(0)
    expect(page.get_by_role("alert")).to_contain_text("among the sent jobs")


def test_an_order_that_the_server_has_taken_is_not_called_withdrawn(page: Page, panel: ScriptedPanel) -> None:
    """As while somebody makes up their mind."""
    order = {"key": "a", "id": "34447074", "title": "Prices", "since": "2026-04-01T09:30:00Z", "to": ["x"]}
    panel.answers["GET", "/waiting"] = {"waiting": [{**order, "words": "", "error": "server-down"}]}
    panel.answers["DELETE", "/waiting/a"] = {"withdrawn": False}
    open_menu(page, panel)
    press(page, "67")
    page.wait_for_selector(".row")
    press(page, "1#")
    page.wait_for_selector("[role=alertdialog]")
    panel.answers["GET", "/waiting"] = {"waiting": []}
    press(page, "S")
    expect(page.get_by_role("alert")).to_have_text("It was not waiting any more. Look among the sent jobs.")


def test_the_count_of_a_mark_sheet_is_not_taken_for_that_of_the_document(page: Page, panel: ScriptedPanel) -> None:
    counted = {"done": 1, "total": 1, "unit": "pages"}
    open_menu(page, panel)
    panel.set(task=make_task("printing", kind="store", progress=counted))
    expect(page.locator(".counts")).to_have_text("1 of 1 page")
    panel.set(task=make_task("done", kind="store", progress=counted))
    expect(page.locator(".big")).to_have_text("The document is stored.")
    expect(page.locator(".counts")).to_have_text("")


# Mark sheets ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sheet", "store", "distribute-document", "fax"])
@pytest.mark.parametrize(("language", "words"), [("en", "Printing the mark sheet …"), ("ja", "マークシートを印刷中…")])
def test_a_sheet_that_is_printed_is_called_one(
    page: Page, panel: ScriptedPanel, kind: str, language: str, words: str
) -> None:
    """Copies and documents that are taken out are printed too: who waits at the tray must know what comes."""
    open_menu(page, panel, language)
    panel.set(task=make_task("printing", kind=kind, documents=[make_document(0)]))
    expect(page.locator(".big")).to_have_text(words)


def test_a_task_of_sheets_names_their_documents_and_says_that_they_are_printed(
    page: Page, panel: ScriptedPanel
) -> None:
    open_menu(page, panel)
    panel.set(task=make_task("printing", kind="sheet", documents=[make_document(0), make_document(1)]))
    expect(page.locator("h1")).to_have_text("Print mark sheet")
    expect(page.locator(".big")).to_have_text("Printing 2 mark sheets …")
    expect(page.locator(".kept")).to_have_text("Price list, spring · 1234 5678 会議のお知らせ · 1234 5679")
    panel.set(task=make_task("done", kind="sheet", documents=[make_document(0)]))
    expect(page.locator(".big")).to_have_text("The mark sheet is printed.")


def test_a_document_that_is_printed_is_no_sheet(page: Page, panel: ScriptedPanel) -> None:
    open_menu(page, panel)
    panel.set(task=make_task("printing", kind="take-out", documents=[make_document(0)]))
    expect(page.locator(".big")).to_have_text("Printing …")


@pytest.mark.parametrize(("language", "words"), [("en", "Lay the mark sheets on the feeder"), ("ja", "マークシートを")])
def test_by_mark_sheet_asks_for_the_sheet_and_not_for_the_document(
    page: Page, panel: ScriptedPanel, language: str, words: str
) -> None:
    open_menu(page, panel, language)
    press(page, "31")
    expect(page.locator("[data-dialog=sheets-scan] .lead")).to_contain_text(words)


def test_image_ids_stand_in_two_groups_of_four(page: Page, panel: ScriptedPanel) -> None:
    open_menu(page, panel)
    press(page, "60")
    expect(page.locator(".row").first).to_contain_text("1234 5678 ·")
    press(page, "1#")
    expect(page.locator(".lead")).to_contain_text("1234 5678 ·")
    press(page, "4")
    expect(page.get_by_role("alertdialog")).to_contain_text("1234 5678 · 1 page")
    assert "12345678" not in page.locator("body").inner_text()


# Nothing is there ----------------------------------------------------------------------


@pytest.mark.parametrize(("action", "words"), [("copy", "The medium may be pulled."), ("erase", "Done.")])
def test_a_medium_that_is_written_may_be_pulled(page: Page, panel: ScriptedPanel, action: str, words: str) -> None:
    open_menu(page, panel)
    options = {"action": action, "ids": ["12345678"]} | ({"medium": "stick"} if action == "copy" else {})
    panel.set(task=make_task("done", kind="process", options=options, documents=[make_document(0)]))
    expect(page.locator(".big")).to_contain_text(words)


def test_an_order_that_is_in_the_way_says_where_it_is_withdrawn(page: Page, panel: ScriptedPanel) -> None:
    open_menu(page, panel)
    error = {"error": "image-not-sent-yet", "words": ""}
    panel.set(task=make_task("failed", kind="process", error=error, documents=[make_document(0)]))
    expect(page.locator(".big")).to_contain_text("Others, Waiting orders")


def test_a_medium_that_is_put_in_is_noticed(page: Page, panel: ScriptedPanel) -> None:
    media: list[dict[str, Any]] = []
    panel.answers["GET", "/media"] = lambda _body: {"media": media}
    open_menu(page, panel)
    press(page, "53")
    page.wait_for_selector(".row img")
    press(page, "1#")
    page.wait_for_selector(".row[aria-selected=true]")
    press(page, "S")
    expect(page.locator(".process")).to_contain_text("Put a removable medium in.")
    expect(page.locator("[data-field=format]")).to_be_hidden()
    media.append({"path": "/media/stick", "name": "STICK", "free": 3_200_000_000})
    expect(page.locator("[data-field=medium]")).to_contain_text("STICK")
    expect(page.locator(".process .big-words")).to_be_hidden()
    expect(page.locator("[data-field=action] [aria-checked=true]")).to_be_focused()
    media.clear()
    expect(page.locator(".process")).to_contain_text("Put a removable medium in.")


def test_empty_lists_say_what_to_do(page: Page, panel: ScriptedPanel) -> None:
    panel.answers["GET", "/documents"] = {"documents": [], "next": None}
    panel.answers["GET", "/jobs"] = {"jobs": [], "stale": False}
    open_menu(page, panel)
    press(page, "60")
    expect(page.locator(".list-note")).to_contain_text("Nothing is stored yet.")
    press(page, "*5")
    expect(page.locator(".list-note")).to_have_text("No stored document has these letters.")
    press(page, "#X6")
    expect(page.locator(".list-note")).to_have_text("Nothing was sent yet.")


def test_a_device_withdraws_from_groups_that_it_is_in(page: Page, panel: ScriptedPanel) -> None:
    groups = panel.answers["GET", "/memberships"]
    open_menu(page, panel)
    press(page, "64")
    expect(page.locator(".row")).to_have_count(1)
    panel.answers["GET", "/memberships"] = {**groups, "groups": [{**one, "member": False} for one in groups["groups"]]}
    press(page, "X4")
    expect(page.locator(".list-note")).to_contain_text("is in no group")


# The frame ----------------------------------------------------------------------------


def test_start_is_lit_where_it_does_something(page: Page, panel: ScriptedPanel) -> None:
    open_menu(page, panel)
    key = page.locator('[data-key="start"]')
    expect(key).to_have_class(re.compile("lit"))
    expect(key).to_contain_text("choose")
    press(page, ">>>>>S")
    expect(page.locator("h1")).to_have_text("Others")
    press(page, "8")
    expect(page.locator("[data-dialog=card]")).to_be_visible()
    expect(key).not_to_have_class(re.compile("lit"))
    press(page, "X6")
    page.wait_for_selector(".row")
    press(page, "S")
    expect(page.locator("h1")).to_contain_text("Job 42")


def test_stop_says_that_it_ends_writing(page: Page, panel: ScriptedPanel) -> None:
    open_menu(page, panel)
    press(page, "651")
    expect(page.locator("#hints")).to_contain_text("STOP done")
    press(page, "X")
    expect(page.locator("#hints")).to_contain_text("STOP back")


def test_the_choice_keeps_the_focus(page: Page, panel: ScriptedPanel) -> None:
    open_menu(page, panel)
    press(page, "692")
    expect(page.get_by_role("radio", name="High")).to_be_focused()
    press(page, "<")
    expect(page.get_by_role("radio", name="Normal")).to_be_focused()
    page.locator('#keys [data-key="right"]').click()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_device_that_is_set_up_does_not_speak_of_a_first_start(page: Page, panel: ScriptedPanel) -> None:
    open_menu(page, panel)
    panel.set(seat={**SEAT, "operator": True}, waiting=1)
    expect(page.locator("#top")).to_contain_text("1 waits")
    press(page, "6*")
    expect(page.locator("h1")).to_have_text("Set up this device")


def test_language_and_contrast_are_the_persons_and_wait_for_them(page: Page, panel: ScriptedPanel) -> None:
    open_menu(page, panel)
    html = page.locator("html")
    press(page, "69")
    page.get_by_role("radio", name="High").click()
    page.get_by_role("radio", name="日本語").click()
    expect(page.locator("h1")).to_have_text("言語・表示")  # at once
    expect(page.get_by_role("radio", name="日本語")).to_be_focused()
    press(page, "X")
    expect(page.locator("h1")).to_have_text("その他")
    for user, language, contrast in (("tanaka", "ja", "high"), ("suzuki", "en", "normal"), ("tanaka", "ja", "high")):
        panel.set(seat=None)
        expect(page.locator("h1")).to_have_text("Log in")
        expect(html).to_have_attribute("data-contrast", "normal")
        panel.set(seat={**SEAT, "user": user})
        page.wait_for_selector("[data-dialog=modes]")
        expect(html).to_have_attribute("lang", language)
        expect(html).to_have_attribute("data-contrast", contrast)


@pytest.mark.parametrize("again", [False, True])
def test_the_language_of_the_first_start_is_seen_at_once(page: Page, panel: ScriptedPanel, again: bool) -> None:
    open_menu(page, panel)
    if again:
        panel.set(seat={**SEAT, "operator": True}, waiting=1)
        expect(page.locator("#top")).to_contain_text("1 waits")
        press(page, "6*")
    else:
        panel.set(device={**panel.state["device"], "set_up": False}, seat=None)
    page.wait_for_selector("[data-dialog=setup]")
    page.locator("#field-server").fill("https://server.example")
    page.get_by_role("radio", name="日本語").click()
    expect(page.locator("h1")).to_have_text("機器の設定" if again else "初期設定")
    expect(page.locator("#field-server")).to_have_value("https://server.example")
    expect(page.get_by_role("radio", name="日本語")).to_be_focused()
    press(page, "<")
    expect(page.locator("h1")).to_have_text("Set up this device" if again else "First start")
    expect(page.locator("#hints")).to_contain_text("STOP back" if again else "STOP stays here")


def test_what_is_chosen_at_log_in_is_for_whoever_logs_in(page: Page, panel: ScriptedPanel) -> None:
    panel.answers["POST", "/log-in"] = refuse(401, "wrong-password")
    page.get_by_role("button", name="Contrast").click()
    page.get_by_role("button", name="日本語").click()
    panel.set(waiting=1)
    expect(page.locator("#top")).to_contain_text("待機中")
    expect(page.locator("h1")).to_have_text("ログイン")
    panel.set(seat={**SEAT})
    expect(page.locator("h1")).to_have_text("機能を選んでください")
    expect(page.locator("html")).to_have_attribute("data-contrast", "high")
    panel.set(**idle_state())
    expect(page.locator("h1")).to_have_text("Log in")
    expect(page.locator("html")).to_have_attribute("data-contrast", "normal")
