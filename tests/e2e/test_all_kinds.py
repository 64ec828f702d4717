"""One job to every kind of destination at once, each receipt with evidence of its kind (SPEC D13 to D15, N2, N4)."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.all_kinds import NAMES, NUMBER, AllKinds, run_all_kinds
from tests.support.exim import lacks_exim
from tests.support.fax_pages import make_text
from tests.support.mixed_kills import MixedCampaign
from tests.support.numbered_faxes import read_pages
from tests.support.patience import wait_until
from tests.support.reading import accuracy, read_letters

pytestmark = pytest.mark.real

_PAGES = 2
_KILLS = 12


@dataclass
class Sent:
    """What was sent, what can be read on its pages, and the job's receipts by destination."""

    document: bytes
    words: tuple[str, ...]
    receipts: dict[str, dict[str, Any]]


@pytest.fixture
def kinds(tmp_path: Path) -> Iterator[AllKinds]:
    with run_all_kinds(tmp_path, suspend_score=0) as running:
        yield running


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AllKinds]:
    with run_all_kinds(tmp_path_factory.mktemp("street")) as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def needs_exim() -> None:
    if lacking := lacks_exim():
        pytest.skip(lacking)


@pytest.fixture(scope="module")
def sent(street: AllKinds, tmp_path_factory: pytest.TempPathFactory) -> Sent:
    document = make_text(tmp_path_factory.mktemp("desk") / "notice.pdf", pages=_PAGES)
    answer = street.server.send(str(document.path), "--to", "Osaka", "--title", "Notice to all")
    assert answer["state"] == "completed", answer
    job = str(answer["job"])
    wait_until(
        lambda: street.read_receipts(job)["Mailbox"]["reason"] == "mail-delivered",
        lambda: (street.read_receipts(job), street.mail.read_log()),
    )
    return Sent(document.path.read_bytes(), document.words, street.read_receipts(job))


def test_each_receipt_has_the_evidence_of_its_kind(street: AllKinds, sent: Sent) -> None:
    assert set(sent.receipts) == set(NAMES)
    states = {name: (one["state"], one["evidence"]) for name, one in sent.receipts.items()}
    assert states == dict.fromkeys(NAMES, ("completed", "completed"))
    reasons = {name: one["reason"] for name, one in sent.receipts.items()}
    said = {name: str(one["message"]) for name, one in sent.receipts.items()}
    assert reasons["Printer 1"] == reasons["Printer 2"] == reasons["Queue"] == "job-completed-successfully"
    assert re.search(rf"CSI {NUMBER}, 14400 bit/s, ECM, 2-D MMR, {_PAGES} pages", said["Fax"]), said["Fax"]
    assert (reasons["Mailbox"], reasons["Fax"]) == ("mail-delivered", "job-confirmed-by-fax")
    (stored,) = street.read_stored(1)
    assert hashlib.sha256(stored).hexdigest() in said["PC"]
    assert said["Archive"] == "HTTP 200 OK: filed as 4711"


def test_everyone_has_the_document(street: AllKinds, sent: Sent) -> None:
    """As it came where it is taken so; where it is not, its words can be read."""
    for printer in street.printers:
        assert printer.read_documents() == [sent.document]
    assert street.queue.read_documents() == [sent.document]
    assert street.read_stored(1) == [sent.document]
    assert list(street.archive.taken.values()) == [sent.document]
    assert street.read_mailed() == [sent.document]
    (fax,) = street.list_faxes()
    for page, words in zip(read_pages(fax), sent.words, strict=True):
        assert accuracy(read_letters(page.convert("L").resize((1728, 2400))), words) > 0.95


def test_each_class_was_converted_once(street: AllKinds, sent: Sent) -> None:
    """N2: six of the seven take the PDF as it is; the fax is the only conversion."""
    del sent
    counts: dict[str, float] = {}
    for family in text_string_to_metric_families(street.server.get("/metrics").decode()):
        for sample in family.samples:
            if sample.name == "distserver_conversions_total" and sample.labels["class"] != "thumbnail":
                assert sample.labels["outcome"] == "completed"
                counts[sample.labels["format"]] = counts.get(sample.labels["format"], 0) + sample.value
    assert counts == {"image/tiff": 1.0}


def test_kills_lose_nothing_and_double_nothing(kinds: AllKinds, tmp_path: Path) -> None:
    """N4: processes of the server are killed in mid-broadcast; `deploy/bench mixed-kills` does so for longer."""
    found = MixedCampaign(kinds, tmp_path, random.Random(11)).run_piece(_KILLS)
    assert sum(found.kills.values()) >= _KILLS
    assert found.faults == []
