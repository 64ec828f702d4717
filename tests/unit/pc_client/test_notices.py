"""When people are told of what came, and in which words."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from distwire.api.inbox import Letter
from pc_client.desktop.notice import notify_desktop
from pc_client.receiver.inbox import Inbox
from pc_client.receiver.notices import Announcer, describe, is_within
from pc_client.receiver.words import ENGLISH, JAPANESE, choose_words
from pc_client.settings import PcSettings


@pytest.mark.parametrize(
    ("now", "first", "last", "within"),
    [
        ("12:30", "12:00", "13:00", True),
        ("13:00", "12:00", "13:00", False),
        ("23:30", "22:00", "06:00", True),
        ("05:59", "22:00", "06:00", True),
        ("12:00", "22:00", "06:00", False),
        ("12:00", "", "13:00", False),
        ("12:00", "12:00", "12:00", False),
    ],
)
def test_quiet_hours_may_go_over_midnight(now: str, first: str, last: str, within: bool) -> None:
    assert is_within(now, first, last) is within


def _fill(inbox: Inbox, *names: str) -> None:
    for name in names:
        inbox.begin(
            Letter.model_validate(
                {
                    "id": name,
                    "title": f"<b>{name}</b>",
                    "sender": "head office",
                    "pages": 2,
                    "copies": 1,
                    "format": "application/pdf",
                    "size": 3,
                    "sha256": "0" * 64,
                    "sent": "2026-04-01T09:30:00+00:00",
                }
            )
        )
        inbox.part_path(name).write_bytes(b"abc")
        inbox.hold(name)
        inbox.own(name, time.time())


def test_each_document_is_told_once_and_none_in_quiet_times(tmp_path: Path) -> None:
    inbox, told = Inbox(tmp_path), list[tuple[str, str]]()
    announcer = Announcer(PcSettings(dialog=False), inbox, lambda *words: told.append(words), lambda: None)
    inbox.note_quiet(time.time() + 60)
    _fill(inbox, "one")
    announcer.announce()
    assert told == []
    inbox.note_quiet(0.0)
    announcer.announce()
    announcer.announce()
    assert told == [("A document has come", "<b>one</b>\nfrom head office, 2 pages")]
    _fill(inbox, "two", "three")
    announcer.announce()
    assert told[1][0] == "2 documents have come"
    inbox.close()


def test_a_dialog_that_waits_for_an_answer_brings_no_further_notices(tmp_path: Path) -> None:
    """GNOME and KDE keep each notice until people clear it away."""
    inbox, told, asked = Inbox(tmp_path), list[tuple[str, str]](), list[bool]()
    announcer = Announcer(PcSettings(), inbox, lambda *words: told.append(words), lambda: asked.append(True))
    _fill(inbox, "one")
    for _ in range(3):
        announcer.announce()
    assert len(asked) == 3  # that it comes up again, where its window was closed
    assert len(told) == 1
    _fill(inbox, "two")
    announcer.announce()
    assert [title for title, _ in told] == ["A document has come", "2 documents have come"]
    inbox.close()


@pytest.mark.parametrize("bus", ["tcp:host=localhost", "unix:runtime=yes", "disabled", "unix:path=/none"])
def test_a_desktop_without_a_bus_that_can_be_used_goes_without_notices(
    monkeypatch: pytest.MonkeyPatch, bus: str
) -> None:
    """They are given by threads that have other things to do."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus)
    notify_desktop("A document has come", "Prices")


def test_search_takes_words_as_they_are(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    _fill(inbox, "a_b", "acb")
    assert [one.id for one in inbox.list_here("A_B head")] == ["a_b"]
    assert [one.id for one in inbox.list_here("nothing")] == []
    assert describe(inbox.list_unannounced())[0] == "2 documents have come"
    assert describe(inbox.list_unannounced(), JAPANESE)[0] == "文書が 2 件届きました"
    inbox.close()


def test_the_session_says_in_which_language_people_are_told() -> None:
    assert choose_words({"LANG": "ja_JP.UTF-8"}) is JAPANESE
    assert choose_words({"LANG": "ja_JP.UTF-8", "LC_ALL": "en_GB.UTF-8"}) is ENGLISH
    assert choose_words({"LANGUAGE": "ja:en", "LANG": "en_GB.UTF-8"}) is JAPANESE
    assert choose_words({"LANG": "C.UTF-8"}) is ENGLISH


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "", "a" * 65, "x\0y"])
def test_a_name_that_is_no_file_s_is_refused(tmp_path: Path, name: str) -> None:
    inbox = Inbox(tmp_path)
    with pytest.raises(ValueError, match="cannot be used"):
        inbox.part_path(name)
    inbox.close()
