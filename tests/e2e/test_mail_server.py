"""A mail server of others (Debian's Exim) between us and the mailboxes, both ways (D15)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.documents import make_pdf
from tests.support.exim import MailServer, lacks_exim, run_exim
from tests.support.mail_house import DOMAIN, MailHouse, run_mail_house
from tests.support.patience import wait_until

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailHouse]:
    with run_mail_house(tmp_path_factory.mktemp("house"), mail_in_senders="trusted") as running:
        yield running


@pytest.fixture(scope="module")
def mail(house: MailHouse) -> Iterator[MailServer]:
    if lacking := lacks_exim():
        pytest.skip(lacking)
    with run_exim(DOMAIN, house.port, "osaka", "kobe") as running:
        yield running


def read_receipts(house: MailHouse, job: str) -> dict[str, Any]:
    found = json.loads(house.server.get(f"/api/v1/jobs/{job}/deliveries"))["deliveries"]
    return {one["destination"]: one for one in found}


def test_reports_of_the_mail_server_are_on_the_receipts(house: MailHouse, mail: MailServer, tmp_path: Path) -> None:
    """RFC 3461 and 3464, N4: two mailboxes have it, the third does not exist."""
    terms = f"server=smtp://127.0.0.1:{mail.port} from=distserver@{DOMAIN}"
    lines = [f"mailto:{name.lower()}@example.org; {name}; {terms}" for name in ("Osaka", "Kobe", "Nara")]
    house.server.add_group("branches.rec", "Branches", lines)
    document = make_pdf(tmp_path / "notice.pdf")
    job = str(house.server.send(str(document), "--to", "Branches")["job"])
    wait_until(
        lambda: all(one["reason"].startswith("mail-") for one in read_receipts(house, job).values()),
        lambda: (read_receipts(house, job), mail.read_log()),
    )
    receipts = read_receipts(house, job)
    assert {name: (one["state"], one["reason"]) for name, one in receipts.items()} == {
        "Osaka": ("completed", "mail-delivered"),
        "Kobe": ("completed", "mail-delivered"),
        "Nara": ("aborted", "mail-returned"),
    }
    for name in ("osaka", "kobe"):
        (letter,) = mail.read_box(name)
        assert [part.get_content() for part in letter.iter_attachments()] == [document.read_bytes()]


def test_a_mail_to_a_group_comes_through_the_mail_server(house: MailHouse, mail: MailServer, tmp_path: Path) -> None:
    """SMTP to Exim, LMTP from there to us, as docs/how-to/send-by-mail.md sets it up."""
    document = make_pdf(tmp_path / "prices.pdf")
    command = ["swaks", "--server", f"127.0.0.1:{mail.port}", "--from", "hanako@example.org", "--to", f"sales@{DOMAIN}"]
    command += ["--header", "Subject: Through Exim", "--attach-type", "application/pdf", "--attach", f"@{document}"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    wait_until(lambda: "Through Exim" in [job["title"] for job in house.jobs()], mail.read_log)
    (job,) = [job for job in house.jobs() if job["title"] == "Through Exim"]
    assert job["sender"] == "hanako"


def test_a_sender_that_is_refused_has_the_reason_in_their_mailbox(
    house: MailHouse, mail: MailServer, tmp_path: Path
) -> None:
    """The mail server sends our words back to the address that the mail came from."""
    del house
    document = make_pdf(tmp_path / "prices.pdf")
    command = ["swaks", "--server", f"127.0.0.1:{mail.port}", "--from", "kobe@example.org", "--to", f"sales@{DOMAIN}"]
    command += ["--header", "Subject: Refused", "--attach-type", "application/pdf", "--attach", f"@{document}"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)

    def find_words() -> bool:
        return any("is nobody's address" in str(letter) for letter in mail.read_box("kobe"))

    wait_until(find_words, mail.read_log)
