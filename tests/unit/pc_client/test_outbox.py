"""What waits lies on the disk: whole or not there, once, until the server has it."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from distwire.api.failures import NotUnderstood, Refused, Unreachable
from distwire.api.jobs import SubmissionForm
from pc_client.sending.order import BadKey, Order, derive_key, make_key
from pc_client.sending.outbox import Outbox, Trouble
from pc_client.sending.sender import AWAY, Sender, Sent, judge
from pc_client.server.access import open_client
from pc_client.settings import PcSettings
from tests.support.patience import wait_until


def make_order(key: str, title: str = "t") -> Order:
    form = SubmissionForm(group=["all.rec"], title=title, sides="one-sided")
    return Order(key=key, server="https://print.example", name="a.pdf", form=form)


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.4")
    return path


def test_an_order_is_kept_and_read_by_another_program(tmp_path: Path, document: Path) -> None:
    order = make_order(make_key())
    assert Outbox(tmp_path).put(order, document)
    document.write_bytes(b"another by now")
    other = Outbox(tmp_path)
    assert other.list_orders() == [order]
    assert other.document_path(order.key).read_bytes() == b"%PDF-1.4"
    assert (other.folder / order.key / "order.json").stat().st_mode & 0o777 == 0o600


def test_the_same_key_is_kept_once_and_never_again_after_it_was_sent(tmp_path: Path, document: Path) -> None:
    box, order = Outbox(tmp_path), make_order(derive_key("cups", "uuid"))
    assert box.put(order, document)
    assert not box.put(order, document)
    box.note_sent(order.key, "job-1")
    assert box.list_orders() == []
    assert not box.put(order, document)
    assert box.find_job(order.key) == "job-1"


def test_an_order_that_was_cut_off_is_none(tmp_path: Path, document: Path) -> None:
    box = Outbox(tmp_path)
    with pytest.raises(OSError, match="missing"):
        box.put(make_order(make_key()), tmp_path / "missing.pdf")
    assert box.list_orders() == []
    assert [path.name for path in box.folder.iterdir()] == ["sent"]
    (box.folder / make_key()).mkdir()
    assert box.list_orders() == []


def test_trouble_is_remembered_with_the_order(tmp_path: Path, document: Path) -> None:
    box, order = Outbox(tmp_path), make_order(make_key())
    box.put(order, document)
    assert box.find_trouble(order.key) is None
    box.note_trouble(order.key, Trouble(AWAY, "no route", False))
    assert box.find_trouble(order.key) == Trouble(AWAY, "no route", False)
    assert box.drop(order.key)
    assert not box.drop(order.key)


def test_what_cannot_be_told_does_not_keep_the_others_from_being_sent(tmp_path: Path, document: Path) -> None:
    """As where nobody reads what the program says any more: they are tried at once all the same."""
    box, told = Outbox(tmp_path), list[str]()
    for _ in range(3):
        box.put(make_order(make_key()), document)

    def tell(order: Order, said: Sent | Trouble) -> None:
        assert isinstance(said, Trouble)
        told.append(order.key)
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    sender = Sender(box, open_client(PcSettings(server="http://127.0.0.2:1"), tmp_path), tell)  # of another server
    sender.start()
    wait_until(lambda: len(told) == 3)
    sender.end()
    sender.join(60)
    assert not sender.is_alive()


@pytest.mark.parametrize("key", ["", "../../etc", "a/b", "short", ".hidden12345", "x" * 81])
def test_what_could_leave_the_folder_is_no_key(tmp_path: Path, key: str) -> None:
    with pytest.raises(BadKey):
        Outbox(tmp_path).drop(key)
    assert Outbox(tmp_path).find(key) is None


@pytest.mark.parametrize(
    ("error", "keyword", "final"),
    [
        (Unreachable("away", begun=False), AWAY, False),
        (Refused(404, "not-found", "no such group"), "not-found", True),
        (Refused(429, "too-many", "later"), "too-many", False),
        (Refused(503, "starting", "later"), "starting", False),
        (Refused(401, "unauthorized", "who?"), "pc-refused", False),
        (NotUnderstood("html"), "not-understood", False),
    ],
)
def test_what_an_error_means(error: Refused, keyword: str, final: bool) -> None:
    found = judge(error)
    assert (found.keyword, found.final) == (keyword, final)
