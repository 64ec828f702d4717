"""Every dialog of the panel, and how to come to it from the menu by keys alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from tests.support.hands import KEYPAD_SIGNS
from tests.support.scripted_panel import SEAT, ScriptedPanel, idle_state
from tests.support.sheet_refusals import SHEET_REFUSALS

_UNREACHABLE = (
    "The device does not answer. Check that it is switched on, that the network reaches it, and that its address is "
    "right. It is tried again by itself."
)
_DAY = "2026-11-28T09:30:00Z"
GROUPS = [
    ("all.rec", "all distribution destinations", 10),
    ("eigyou_all.rec", "all sales-related places", 7),
    ("eigyou_syo.rec", "all sales offices", 4),
    ("develop.rec", "product development-related places", 2),
    ("nishinihon.rec", "西日本の拠点", 4),
]
PLACES = [
    ("sales department 1 of the head office", "sale1.hqs.mei.co.jp"),
    ("sales department, the Osaka branch", "sale1.osk.mei.co.jp"),
    ("sales office, Tokyo", "office.tky.mei.co.jp"),
    ("sales office, Nagoya", "office.ngy.mei.co.jp"),
    ("京都営業所", "office.kyt.mei.co.jp"),
    ("福岡営業所", "office.fko.mei.co.jp"),
]

Show = Callable[[Page, ScriptedPanel], None]


def list_groups() -> dict[str, Any]:
    """The groups of the source's figure 18, and one more."""
    groups = [
        {"number": number, "file": file, "name": name, "members": members, "paused": number == 4, "accepting": True}
        for number, (file, name, members) in enumerate(GROUPS, 1)
    ]
    return {"groups": groups, "stale": False, "as_of": 1_795_000_000}


def list_places(count: int = len(PLACES)) -> dict[str, Any]:
    """So many destinations; those behind the first ones are numbered offices."""
    more = [(f"branch office {n}, 第{n}支店", f"office{n}.mei.co.jp") for n in range(len(PLACES) + 1, count + 1)]
    lines = [{"name": name, "address": address, "channel": "ipp"} for name, address in [*PLACES, *more][:count]]
    return {"destinations": lines, "stale": False, "as_of": 1_795_000_000}


def make_document(number: int) -> dict[str, Any]:
    """A stored document."""
    return {
        "id": str(12345678 + number),
        "number": 1000 - number,
        "title": ("Price list, spring", "会議のお知らせ", "Floor plan, Osaka")[number % 3],
        "owner": "tanaka",
        "private": number % 4 == 1,
        "made": _DAY,
        "expires": None,
        "pages": 1 + number % 5,
        "octets": 123_456,
        "mine": True,
        "waiting": False,
        "copies": [],
    }


def make_task(step: str, **facts: Any) -> dict[str, Any]:
    """A task of distributing a document, in a step."""
    return {
        "id": "task-1",
        "kind": "distribute-document",
        "step": step,
        "words": "",
        "error": None,
        "scan": {"pages": 4, "removed": 1, "scanner": "Feeder"},
        "pages": [{"number": n, "width": 2480, "height": 3508, "blank": n == 3} for n in range(1, 5)],
        "question": None,
        "document": None,
        "documents": [],
        "verdicts": [],
        "to": {"groups": ["eigyou_all.rec"], "destinations": []},
        "options": {},
        "job": None,
        "deliveries": [],
        "progress": None,
        **facts,
    }


def make_deliveries(*states: str) -> list[dict[str, Any]]:
    """One for each state."""
    return [
        {
            "number": n,
            "destination": PLACES[n % len(PLACES)][0],
            "address": PLACES[n % len(PLACES)][1],
            "channel": "ipp",
            "state": state,
            "evidence": ("accepted", "completed")[n % 2] if state == "completed" else None,
            "reason": "destination-unreachable" if state == "aborted" else "",
            "words": _UNREACHABLE if state == "aborted" else "",
            "message": "connection refused" if state == "aborted" else "",
            "pages": 1,
            "pages_total": 4,
            "next_try": None,
        }
        for n, state in enumerate(states)
    ]


def fill(panel: ScriptedPanel) -> None:
    """What every dialog may ask for."""
    recipients = [
        {"name": name, "address": address, "channel": "ipp", "groups": ["all sales-related places"], "trouble": None}
        for name, address in PLACES
    ]
    recipients[3]["trouble"] = {"kind": "failing", "reason": "media-empty", "words": "out of paper"}
    deliveries = make_deliveries("aborted", *["completed"] * 5)
    job = {"id": "42", "title": "Price list, spring", "state": "completed", "created": _DAY, "ended": _DAY}
    counts = {"completed": 5, "aborted": 1, "total": 6}
    panel.answers |= {
        ("GET", "/groups"): list_groups(),
        ("GET", "/destinations"): list_places(),
        ("POST", "/recipients"): {"total": 6, "troubled": 1, "recipients": recipients, "stale": False},
        ("POST", "/active"): {},
        ("POST", "/log-out"): {},
        ("GET", "/documents"): {"documents": [make_document(n) for n in range(9)], "next": None},
        ("GET", "/documents/12345678"): make_document(0),
        ("GET", "/documents/12345679"): make_document(1),
        ("GET", "/memberships"): {
            "groups": [{**group, "member": group["number"] == 2} for group in list_groups()["groups"][1:]],
            "address": "sale1.hqs.mei.co.jp",
            "name": "sales department 1 of the head office",
        },
        ("GET", "/media"): {"media": [{"path": "/media/stick", "name": "STICK", "free": 3_200_000_000}]},
        ("GET", "/setup"): {"server": "", "address": "", "name": "", "language": "en"},
        ("GET", "/jobs"): {"jobs": [{**job, "counts": counts}], "stale": False},
        ("GET", "/jobs/42"): {"job": {**job, "counts": counts}, "deliveries": deliveries},
        ("GET", "/waiting"): {
            "waiting": [
                {
                    "key": "a",
                    "id": "12345678",
                    "title": "Price list, spring",
                    "since": _DAY,
                    "to": ["all sales offices"],
                    "words": "",
                }
            ]
        },
    }


def open_menu(page: Page, panel: ScriptedPanel, language: str = "en", contrast: str = "normal") -> None:
    """From wherever the screen is to the menu, with somebody logged in."""
    device = {**idle_state()["device"], "language": language, "contrast": contrast}
    panel.set(**{**idle_state(), "device": {**device, "set_up": False}})
    panel.wait_seen()  # a dialog of this name may have been open before
    page.wait_for_selector("[data-dialog=setup]")
    panel.set(device=device, seat={**SEAT, "language": language})
    page.wait_for_selector("[data-dialog=modes]")


def open_menu_with_clock(page: Page, panel: ScriptedPanel) -> None:
    """The same on a page whose time stands still but for what `page.clock` lets pass, however slow the machine is."""
    page.clock.install(time=0)
    page.reload()
    page.wait_for_selector("[data-dialog]")
    page.clock.pause_at(86_400)
    open_menu(page, panel)


def press(page: Page, keys: str) -> None:
    """Keys of a keypad one after the other: S is START, X is STOP, C is CLEAR, < > ^ v are the arrows."""
    names = {"S": "Enter", "X": "Escape", "C": "Backspace", "<": "ArrowLeft", ">": "ArrowRight", "^": "ArrowUp"}
    for key in keys:
        page.keyboard.press({**names, **KEYPAD_SIGNS, "v": "ArrowDown"}.get(key, key))


def wait_for_call(page: Page, panel: ScriptedPanel, method: str, path: str, times: int = 1) -> object:
    """What the screen asked for, once it did so many times."""
    for _ in range(2400):
        if len(found := panel.bodies(method, path)) >= times:
            return found[-1]
        page.wait_for_timeout(25)
    raise AssertionError(f"{method} {path} was not asked for: {panel.calls}")


def by_keys(keys: str, seen: str, after: str = "") -> Show:
    """A dialog that keys lead to; `seen` is a selector of what is on it. A part of the keys that begins with a point is
    the class of what must be there before the next are pressed: a list that is not loaded takes no number."""

    def show(page: Page, _panel: ScriptedPanel) -> None:
        for part in keys.split(" "):
            if part.startswith("."):
                page.wait_for_selector(part)
                continue
            press(page, part)
            page.wait_for_timeout(30)
        page.wait_for_selector(seen)
        press(page, after)

    return show


def by_task(seen: str, keys: str = "", **facts: Any) -> Show:
    """A dialog that a task shows."""

    def show(page: Page, panel: ScriptedPanel) -> None:
        panel.set(task=make_task(**facts))
        page.wait_for_selector(seen)
        press(page, keys)

    return show


def _log_in(page: Page, panel: ScriptedPanel) -> None:
    panel.set(seat=None)
    page.wait_for_selector("[data-dialog=log-in]")
    press(page, "1024")


def _first_start(page: Page, panel: ScriptedPanel) -> None:
    panel.set(device={**panel.state["device"], "set_up": False}, seat=None)
    page.wait_for_selector("[data-dialog=setup]")


def _unfinished(page: Page, panel: ScriptedPanel) -> None:
    panel.set(seat=None)
    page.wait_for_selector("[data-dialog=log-in]")
    panel.set(seat={**SEAT, "language": panel.state["device"]["language"]}, unfinished=[make_document(0)])
    page.wait_for_selector("[data-dialog=unfinished]")


def _modes_unfinished(page: Page, panel: ScriptedPanel) -> None:
    panel.set(unfinished=[make_document(0)])
    page.wait_for_selector(".choice[data-digit='7']")


def _leaving(page: Page, panel: ScriptedPanel) -> None:
    panel.set(task=make_task("review", options={"groups": ["eigyou_all.rec"]}))
    page.wait_for_selector("[data-dialog=review]")
    press(page, "X")
    page.wait_for_selector(".row:nth-child(5)")
    press(page, "X")
    page.wait_for_selector("[role=alertdialog]")


def _no_paper(page: Page, panel: ScriptedPanel) -> None:
    printer = {"state": "stopped", "reasons": ["media-empty-error"], "words": ""}
    panel.set(printer=printer, server={**panel.state["server"], "state": "down"}, waiting=2)
    page.wait_for_selector(".chip-warn")


def _no_medium(page: Page, panel: ScriptedPanel) -> None:
    panel.answers["GET", "/media"] = {"media": []}
    by_keys("5 3 .row 1# S", ".big-words")(page, panel)


def _set_up(page: Page, panel: ScriptedPanel) -> None:
    panel.set(seat={**panel.state["seat"], "operator": True}, waiting=1)
    page.wait_for_selector(".chip-warn")
    by_keys("6 *", "[data-dialog=setup]")(page, panel)


def _sheets(page: Page, panel: ScriptedPanel) -> None:
    verdicts = [{"page": 1, "image_id": "12345678", "why": None, "words": ""}]
    verdicts += [
        {"page": n, "image_id": "12345999", "why": why, "words": "", "facts": {"to": "STICK", "when": 1_795_000_000}}
        for n, why in enumerate(SHEET_REFUSALS, 2)
    ]
    documents = [make_document(0)]
    panel.set(task=make_task("review", kind="read-sheets", pages=[], documents=documents, verdicts=verdicts))
    page.wait_for_selector(".verdict.bad")


_QUESTION = {"error": "double-feed", "words": "", "pages": 4, "withdraws": 2, "answers": ["continue", "end", "drop"]}
_NOTHING = {"error": "feeder-empty", "words": "", "pages": 0, "withdraws": 0, "answers": ["continue", "drop"]}
_HALF = {"done": 3, "total": 6, "failed": 1, "unit": "deliveries"}
_ONE = {"done": 0, "total": 1, "failed": 0, "unit": "pages"}
_ALL = {"done": 6, "total": 6, "failed": 1, "unit": "deliveries"}
_UNDER_WAY = make_deliveries("aborted", "processing", "pending", "completed", "completed", "completed")
_ENDED = make_deliveries("aborted", *["completed"] * 5)

ALBUM: dict[str, Show] = {
    "log-in": _log_in,
    "first-start": _first_start,
    "modes": lambda _page, _panel: None,
    "others": by_keys("6", "[data-dialog=others]"),
    "destinations": by_keys("6 1", ".row:nth-child(5)", "2#3#"),
    "individual-destinations": by_keys("6 1", ".row:nth-child(5)", "0#"),
    "search": by_keys("6 1", ".row:nth-child(5)", "0#*"),
    "scan-settings": by_keys("6 1 *", "[data-dialog=scan-settings]"),
    "scanning": by_task(".strip img", step="scanning"),
    "leaving": _leaving,
    "modes-unfinished": _modes_unfinished,
    "nothing-scanned": by_task("[data-dialog=question]", step="asking", question=_NOTHING, pages=[], scan=None),
    "question": by_task("[data-dialog=question]", step="asking", question=_QUESTION),
    "review": by_task(".trouble:not(:empty)", step="review"),
    "review-kept": by_task(".trouble:not(:empty)", keys="4", step="review"),
    "review-title": by_task(".trouble:not(:empty)", keys="1*", step="review"),
    "pages": by_task(".trouble:not(:empty)", keys="*>", step="review"),
    "recipients": by_task(".trouble:not(:empty)", keys="0", step="review"),
    "kept": by_task(
        ".kept:not(:empty)", step="printing", document=make_document(0), options={"keep": True}, progress=_ONE
    ),
    "progress": by_task(".dot", step="following", deliveries=_UNDER_WAY, progress=_HALF),
    "receipts": by_task(".dot", step="done", deliveries=_ENDED, progress=_ALL),
    "reason": by_task(".dot", keys="#", step="done", deliveries=_ENDED, progress=_ALL),
    "server-down": by_task("[data-dialog=progress]", step="waiting"),
    "no-paper": _no_paper,
    "waiting": by_keys("6 7", ".row"),
    "withdraw-order": by_keys("6 7", ".row", "1#"),
    "jobs": by_keys("6 6", ".row"),
    "job": by_keys("6 6", ".row", "1#"),
    "copy": by_keys("1", "[data-dialog=copy]"),
    "fax": by_keys("2", "[data-dialog=fax]", "0312345678#0698765432"),
    "images": by_keys("3", "[data-dialog=images]"),
    "mark-sheet": by_keys("3 1", "[data-dialog=sheets-scan]"),
    "image-id": by_keys("3 2 12345678#", ".found li", "1234"),
    "documents": by_keys("3 3", ".row img", "1#3#"),
    "sheets": _sheets,
    "take-out": by_keys("3 3 .row 1# S", "[data-dialog=take-out]"),
    "process": by_keys("5 3 .row 1# S", "text=STICK"),
    "no-medium": _no_medium,
    "process-question": by_keys("5 3 .row 1# S", "text=STICK", "1S"),
    "register": by_keys("6 3", ".row", "3"),
    "withdraw": by_keys("6 4", ".row", "2"),
    "store": by_keys("6 5", "[data-dialog=store]"),
    "stored-documents": by_keys("6 0", ".row img"),
    "document": by_keys("6 0", ".row img", "2#"),
    "set-up": _set_up,
    "card": by_keys("6 8", "[data-dialog=card]"),
    "look": by_keys("6 9", "[data-dialog=look]"),
    "unfinished": _unfinished,
}
