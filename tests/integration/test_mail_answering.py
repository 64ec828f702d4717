"""Answers that are owed to those who mailed: one that cannot be given keeps nothing from the others (N4)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from distserver.errors import MailUnavailable, NotFound
from distserver.intake.mail.answering import Answering
from distserver.intake.mail.house_rules import HouseRules
from distserver.model.jobs import JobView
from distserver.model.states import DeliveryState
from distserver.report.mail import MailServer, MailTls
from distserver.store import mail_answers
from distserver.store.mail_answers import OwedAnswer
from tests.support.board import Board
from tests.support.ippeveprinter import find_port
from tests.support.post_office import PostOffice, run_post_office

HOUSE = HouseRules(("print.example.org",), "distserver")


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    one = Board(tmp_path, {"all.rec": "# all\n# all.rec\ndiscard:x; Nobody\n"})
    yield one
    one.close()


def owe(board: Board, to: str) -> JobView:
    """A job that has come by mail from there, and has ended."""
    job = board.submit()
    now = board.services.clock()
    with board.services.database.begin() as connection:
        mail_answers.insert_answer(connection, OwedAnswer(job.id, to, "<1@example.org>", "Price list"), now)
    return board.move(job, [1], DeliveryState.COMPLETED)


def make_answering(board: Board, port: int) -> Answering:
    return Answering(board.services, HOUSE, MailServer("127.0.0.1", port, MailTls.NONE, "ds@print.example.org"))


def list_receivers(office: PostOffice) -> list[str]:
    return [one for _, receivers in office.envelopes for one in receivers]


def test_an_address_that_the_server_does_not_know_to_write_is_given_up_alone(board: Board) -> None:
    """The post office has no SMTPUTF8 (RFC 6531)."""
    for to in ("Jürgen@example.org", "hanako@example.org"):
        owe(board, to)
    with run_post_office() as office:
        answering = make_answering(board, office.port)
        assert answering.answer_due() == 2
        assert list_receivers(office) == ["hanako@example.org"]
        assert answering.answer_due() == 0


def break_answers_of(board: Board, broken: JobView, monkeypatch: pytest.MonkeyPatch) -> None:
    find = board.services.query.get

    def get(job_id: str, by: object) -> JobView:
        if job_id == broken.id:
            raise NotFound("this job is forgotten")
        return find(job_id, by)  # type: ignore[arg-type]

    monkeypatch.setattr(board.services.query, "get", get)


def test_an_answer_that_cannot_be_written_keeps_no_other_waiting(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = owe(board, "taro@example.org")
    owe(board, "hanako@example.org")
    break_answers_of(board, broken, monkeypatch)
    with run_post_office() as office:
        answering = make_answering(board, office.port)
        with pytest.raises(NotFound):
            for _ in range(2):  # in whichever order they are taken
                answering.answer_due()
        answering.answer_due()
        assert list_receivers(office) == ["hanako@example.org"]


def test_who_is_killed_has_one_answer_in_hand(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others go at once, by whoever runs then."""

    def die(*_: object) -> None:
        raise SystemExit

    for to in ("taro@example.org", "hanako@example.org", "jiro@example.org"):
        owe(board, to)
    with run_post_office() as office:
        with monkeypatch.context() as killed, pytest.raises(SystemExit):
            killed.setattr(mail_answers, "settle_answer", die)
            make_answering(board, office.port).answer_due()
        assert make_answering(board, office.port).answer_due() == 2
        assert len(set(list_receivers(office))) == 3


def test_an_answer_that_cannot_be_written_is_behind_the_others_next_time(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = owe(board, "taro@example.org")
    owe(board, "hanako@example.org")
    break_answers_of(board, broken, monkeypatch)
    with run_post_office() as office:
        answering = make_answering(board, office.port)
        with pytest.raises(NotFound):
            answering.answer_due()
        now = board.services.clock() + 3600
        object.__setattr__(board.services, "clock", lambda: now)
        with pytest.raises(NotFound):
            answering.answer_due()
        assert list_receivers(office) == ["hanako@example.org"]


def test_while_the_mail_server_is_away_all_wait(board: Board) -> None:
    for to in ("taro@example.org", "hanako@example.org"):
        owe(board, to)
    with pytest.raises(MailUnavailable):
        make_answering(board, find_port()).answer_due()
    with run_post_office() as office:
        now = board.services.clock() + 3600
        object.__setattr__(board.services, "clock", lambda: now)
        assert make_answering(board, office.port).answer_due() == 2
        assert sorted(list_receivers(office)) == ["hanako@example.org", "taro@example.org"]
