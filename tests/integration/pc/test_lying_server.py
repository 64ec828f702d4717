"""A receiver whose server lies, and whose disk does not do as it should: it goes on when they do (SPEC D14)."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from distwire.api.failures import Refused
from pc_client.receiver.handling import AutoPrinter
from pc_client.receiver.inbox import Inbox
from pc_client.receiver.printing import Printout, lay_into
from pc_client.receiver.taking import ActTeller, Taker
from pc_client.server.access import make_client
from pc_client.settings import PcSettings
from tests.support.lying_server import Answers, run_lying_server, say
from tests.support.patience import wait_until

DOCUMENT = b"%PDF-1.7 a document"
TIME = "2026-04-01T09:30:00+00:00"


def offer(**changes: Any) -> tuple[int, bytes]:
    letter = {
        "id": "job-1.1",
        "title": "T",
        "sender": "head office",
        "pages": 1,
        "copies": 1,
        "format": "application/pdf",
        "size": len(DOCUMENT),
        "sha256": hashlib.sha256(DOCUMENT).hexdigest(),
        "sent": TIME,
    }
    return say({"letters": [{**letter, **changes}], "next_seconds": 0.1})


def make_answers(**changes: Any) -> Answers:
    stored = say({"id": "job-1.1", "stored": TIME})
    return {"/inbox": offer(**changes), "/document": (206, DOCUMENT), "/first-page": (422, b"{}"), "/stored": stored}


@contextmanager
def taking(inbox: Inbox, url: str) -> Iterator[Taker]:
    """A receiver's taker, running as it does there."""
    taker = Taker(make_client(PcSettings(server=url), inbox.root, "token"), inbox, lambda: None)
    thread = threading.Thread(target=taker.run)
    thread.start()
    try:
        yield taker
    finally:
        taker.end()
        thread.join()


@pytest.mark.parametrize(
    "lie",
    [
        {"id": "../../../evil"},
        {"id": ".hidden"},
        {"id": "a\0b"},
        {"id": "x" * 300},
        {"size": 10**30},
        {"pages": 10**30},
        {"size": -1},
        {"sent": "9999999-04-01T09:30:00+00:00"},
        {"sha256": "0" * 64},
        {"size": 3},
    ],
)
def test_receiver_goes_on_once_the_server_tells_the_truth(tmp_path: Path, lie: dict[str, Any]) -> None:
    inbox, answers = Inbox(tmp_path), make_answers(**lie)
    with run_lying_server(answers) as url, taking(inbox, url) as taker:
        wait_until(lambda: taker.line.words != "the server has not been asked yet")
        assert inbox.list_here() == []
        answers["/inbox"] = offer()
        wait_until(lambda: bool(inbox.list_here()), lambda: taker.line)
    (one,) = inbox.list_here()
    assert inbox.document_path(one.id).read_bytes() == DOCUMENT
    assert not list(tmp_path.parent.glob("evil*"))
    inbox.close()


@pytest.mark.parametrize(("said", "rest"), [(None, 2.0), (20.0, 20.0), (99_999_999.0, 3600.0)])
def test_server_that_asks_for_patience_gets_an_hour_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: float | None, rest: float
) -> None:
    rests = list[float]()
    with closing(Inbox(tmp_path)) as inbox:
        taker = Taker(make_client(PcSettings(server="http://127.0.0.1:1"), inbox.root, "token"), inbox, lambda: None)

        def refuse(*_: object) -> float:
            taker.end()
            raise Refused(503, "server-busy", "later", said)

        monkeypatch.setattr(taker, "take_turn", refuse)
        monkeypatch.setattr(taker._ended, "wait", rests.append)
        taker.run()
    assert rests == [rest]


def forbid_writing(inbox: Inbox, forbidden: bool) -> None:
    """As on a disk that the system has made read-only."""
    inbox._database.execute(f"PRAGMA query_only = {'ON' if forbidden else 'OFF'}")


def test_receiver_goes_on_once_its_inbox_can_be_written(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    forbid_writing(inbox, True)
    with run_lying_server(make_answers()) as url, taking(inbox, url) as taker:
        wait_until(lambda: "the inbox cannot be written" in taker.line.words, lambda: taker.line)
        forbid_writing(inbox, False)
        wait_until(lambda: bool(inbox.list_here()), lambda: taker.line)
    inbox.close()


def test_who_tells_the_server_goes_on_as_well(tmp_path: Path) -> None:
    inbox, answers = Inbox(tmp_path), make_answers()
    answers["/acts"] = (204, b"")
    with run_lying_server(answers) as url:
        client = make_client(PcSettings(server=url), inbox.root, "token")
        Taker(client, inbox, lambda: None).take_turn(0)
        inbox.note_read("job-1.1", 1.0)
        forbid_writing(inbox, True)
        teller = ActTeller(client, inbox)
        thread = threading.Thread(target=teller.run)
        thread.start()
        forbid_writing(inbox, False)
        teller.wake()
        wait_until(lambda: inbox.list_acts() == [])
        teller.end()
        thread.join()
    inbox.close()


def test_one_document_whose_file_is_gone_keeps_none_from_the_printer(tmp_path: Path) -> None:
    inbox, out = Inbox(tmp_path / "home"), tmp_path / "out"
    with run_lying_server(make_answers()) as url:
        taker = Taker(make_client(PcSettings(server=url), inbox.root, "token"), inbox, lambda: None)
        taker.take_turn(0)
    (gone,) = inbox.list_here()
    inbox.document_path(gone.id).unlink()
    with run_lying_server({**make_answers(id="job-2.1")}) as url:
        taker = Taker(make_client(PcSettings(server=url), inbox.root, "token"), inbox, lambda: None)
        taker.take_turn(0)
    printer = AutoPrinter(inbox, str(out), lambda _words: None)
    thread = threading.Thread(target=printer.run)
    thread.start()
    wait_until(lambda: out.is_dir() and bool(list(out.glob("*.pdf"))))
    printer.end()
    thread.join()
    assert [path.name for path in out.iterdir()] == ["T [job-2.1].pdf"]
    inbox.close()


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("../../etc/passwd", "_.._etc_passwd [n].pdf"),
        ("a\0b", "a_b [n].pdf"),
        ("CON.report", "_CON.report [n].pdf"),
        ("nul .txt", "_nul .txt [n].pdf"),
        ("console.txt", "console.txt [n].pdf"),
        ("...", "document [n].pdf"),
        ("", "document [n].pdf"),
    ],
)
def test_title_becomes_a_name_in_its_folder(tmp_path: Path, title: str, name: str) -> None:
    source = tmp_path / "source"
    source.write_bytes(DOCUMENT)
    laid = lay_into(tmp_path / "out", Printout(source, title, "n"))
    assert (laid.parent, laid.name) == (tmp_path / "out", name)


@pytest.mark.parametrize("letter", ["報", "é", "x"])
def test_title_of_any_length_and_script_becomes_a_name(tmp_path: Path, letter: str) -> None:
    source = tmp_path / "source"
    source.write_bytes(DOCUMENT)
    laid = lay_into(tmp_path / "out", Printout(source, letter * 255, "01m8gr9htzfh4sp5-1000.12"))
    assert laid.read_bytes() == DOCUMENT
