"""Owners of groups have mail when a destination is suspended or back (N4): by a real mail server, on both databases."""

from __future__ import annotations

import logging
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from distserver.cli.check import check_mail
from distserver.cli.finding import Verdict
from distserver.compose import build_services
from distserver.errors import DeliveryError, SetupError
from distserver.groups.index import GroupIndex
from distserver.jobs.lanes import BounceRules
from distserver.jobs.notices import Notices
from distserver.model.capabilities import Capabilities
from distserver.model.documents import PDF
from distserver.model.states import OutcomeKind, Reason
from distserver.report.mail import MailServer, MailTls
from distserver.report.teller import House, Teller
from distserver.settings import Settings, load_settings
from distserver.store import notices
from distserver.store.database import Database
from distserver.store.migrate import migrate
from distserver.store.preparation import prepare_home
from distserver.store.tables import notice
from tests.support.bench import run_bench
from tests.support.certificate import write_certificate
from tests.support.post_office import PostOffice, run_post_office
from tests.support.server import ROOT, run_server

pytestmark = pytest.mark.real

ONE, TWO, ALONE = "discard:one", "discard:two", "discard:alone"
OWNER, BOTH, ADMIN = "hanako@example.org", "taro@example.org", "admin@example.org"
FILES = {
    "all.rec": "# 全配信先\n# all.rec\ndiscard:one; 支店1\ndiscard:two; 大阪支店\ndiscard:alone; Kyoto\n",
    "eigyou.rec": f"# 営業関係全部\n# eigyou.rec\n# owner: {OWNER}, {BOTH}\ndiscard:one; 支店1\n",
    "west.rec": f"# West\n# west.rec\n# owner: {BOTH}\ndiscard:two; 大阪支店\n",
}
NO_LOGIN = DeliveryError("who are you", OutcomeKind.REFUSED, Reason.UNAUTHORIZED)
PASSWORD = "kaki-no-tane-17"


@dataclass
class Desk:
    """Notices of a database and who mails them; `now` is the clock."""

    database: Database
    groups: GroupIndex
    server: MailServer
    now: float = 1_000_000.0
    default: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.notices = Notices(self.database, lambda: self.now)
        self.teller = self.make_teller()

    def make_teller(self) -> Teller:
        house = House("http://print.example.org", self.default)
        return Teller(Notices(self.database, lambda: self.now), self.groups.snapshot, self.server, house)

    def note(self, *uris: str, kind: str = "destination-suspended", at: float | None = None) -> None:
        message = "connection-refused: no route to host"
        when = self.now if at is None else at
        rows = [{"at": when, "kind": kind, "object": uri, "name": "", "message": message} for uri in uris]
        with self.database.begin() as connection:
            notices.insert_notices(connection, rows)

    def rows(self) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.execute(sa.select(notice).order_by(notice.c.key)))

    def tell(self, after: float = 61.0) -> None:
        """Let so many seconds pass, then mail what is due."""
        self.now += after
        self.teller.tell_due()


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with run_post_office() as made:
        yield made


@pytest.fixture
def groups(tmp_path: Path) -> GroupIndex:
    folder = tmp_path / "groups"
    folder.mkdir()
    for file, text in FILES.items():
        (folder / file).write_bytes(text.encode("euc_jp" if file == "eigyou.rec" else "utf-8"))
    return GroupIndex(folder)


@pytest.fixture
def make_desk(database_url: str, groups: GroupIndex) -> Iterator[Callable[..., Desk]]:
    database = Database(database_url, durable=True, pool=4)
    migrate(database)

    def make(port: int, default: tuple[str, ...] = (), **server: Any) -> Desk:
        tls = server.pop("tls", MailTls.NONE)
        return Desk(database, groups, MailServer("127.0.0.1", port, tls, "ds@example.org", **server), default=default)

    yield make
    database.close()


def said(caplog: pytest.LogCaptureFixture) -> str:
    """All log lines, with their facts."""
    return "\n".join(f"{record.msg} {record.args or ''} {record.exc_text or ''}" for record in caplog.records)


async def test_owners_are_told_of_the_suspension_and_of_the_return(
    tmp_path: Path, database_url: str, groups: GroupIndex, office: PostOffice
) -> None:
    """From the failed delivery to the mail in the box, with Japanese names of group and destination."""
    with run_bench(tmp_path, database_url, bounce=BounceRules(limit=1.0, probe=100.0)) as bench:
        desk = Desk(bench.office.database, groups, MailServer("127.0.0.1", office.port, MailTls.NONE, "ds@example.org"))
        job = bench.office.submit()
        bench.channel.describe_errors[ONE] = [NO_LOGIN]
        await bench.run(job.id)
        desk.tell(0.0)
        assert office.mails == []  # more of them may come within the minute
        desk.tell(61.0)
        assert [mail["To"] for mail in office.mails] == [OWNER, BOTH]
        bench.office.now += 101
        bench.channel.capabilities = Capabilities(formats=(PDF,))
        await bench.probe()
        desk.now = bench.office.now
        desk.tell()
    first, second = (mail for mail in office.mails if mail["To"] == OWNER)
    assert first["Subject"] == "Suspended: 支店1"
    assert "営業関係全部" in first.get_content()
    assert "Add user= and secret= to its line" in first.get_content()
    assert second["Subject"] == "Back again: 支店1"
    assert [row.told is not None for row in desk.rows()] == [True, True]
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Message-ID"].endswith("@example.org>")
    assert parsedate_to_datetime(first["Date"]).timestamp() == pytest.approx(time.time(), abs=600)
    assert office.envelopes[0] == ("ds@example.org", [OWNER])


def test_all_notices_of_a_minute_are_one_mail_for_each(make_desk: Callable[..., Desk], office: PostOffice) -> None:
    desk = make_desk(office.port, default=(ADMIN,))
    desk.note(ONE)
    desk.now += 30
    desk.note(TWO, ALONE)
    desk.tell(31)
    told = {mail["To"]: mail["Subject"] for mail in office.mails}
    assert told == {OWNER: "Suspended: 支店1", BOTH: "2 destinations: 2 suspended", ADMIN: "Suspended: Kyoto"}
    desk.tell(7200)
    assert len(office.mails) == 3


def test_without_owner_and_default_nobody_is_told_and_nothing_is_tried_again(
    make_desk: Callable[..., Desk], office: PostOffice
) -> None:
    desk = make_desk(office.port)
    desk.note(ALONE)
    desk.tell()
    (row,) = desk.rows()
    assert (office.mails, row.told, row.due) == ([], None, None)


def test_a_mail_server_that_is_away_is_tried_again_after_growing_pauses(
    make_desk: Callable[..., Desk], caplog: pytest.LogCaptureFixture
) -> None:
    office = PostOffice()
    try:
        desk = make_desk(office.port)
        desk.note(ONE)
        desk.tell()
        pauses = []
        for _ in range(8):
            (row,) = desk.rows()
            assert (row.told, row.claim) == (None, None)
            pauses.append(row.due - desk.now)
            desk.tell(row.due - desk.now)
        assert pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600]
        assert "mail-put-off" in said(caplog)
        office.open()
        desk.tell(3600)
        assert [mail["To"] for mail in office.mails] == [OWNER, BOTH]
        assert desk.rows()[0].told == desk.now
    finally:
        office.close()


def test_what_waits_goes_as_soon_as_the_server_is_known_to_be_back(make_desk: Callable[..., Desk]) -> None:
    office = PostOffice()
    try:
        desk = make_desk(office.port)
        desk.note(ONE)
        desk.tell()
        for _ in range(6):
            desk.tell(desk.rows()[0].due - desk.now)
        office.open()
        desk.note(TWO)
        desk.tell()  # the younger one is tried at its own time …
        desk.tell(5)  # … and brings the older one along
        assert [row.told is not None for row in desk.rows()] == [True, True]
    finally:
        office.close()


def test_what_could_not_be_told_for_a_day_is_given_up(
    make_desk: Callable[..., Desk], office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    desk = make_desk(office.port)
    desk.note(ONE, at=desk.now - 90_000)
    desk.note(TWO)
    desk.tell()
    old, new = desk.rows()
    assert (old.told, old.due, new.told) == (None, None, desk.now)
    assert [mail["Subject"] for mail in office.mails] == ["Suspended: 大阪支店"]
    assert "notice-given-up" in said(caplog)


def test_one_address_that_is_not_taken_costs_the_others_nothing(
    make_desk: Callable[..., Desk], office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    """Who has it is not told twice when it is tried again for another one."""
    desk = make_desk(office.port)
    office.refusals[OWNER] = "450 4.2.1 greylisted"
    desk.note(ONE)
    desk.tell()
    assert ([mail["To"] for mail in office.mails], desk.rows()[0].told) == ([BOTH], None)
    office.refusals[OWNER] = "550 5.1.1 no such user"
    desk.tell()
    (row,) = desk.rows()
    assert ([mail["To"] for mail in office.mails], row.told, row.due) == ([BOTH], desk.now, None)
    assert "mail-deferred" in said(caplog)
    assert "mail-refused" in said(caplog)


@pytest.mark.parametrize("password", [PASSWORD, "wrong-" + PASSWORD])
def test_encrypted_and_with_a_password(
    make_desk: Callable[..., Desk],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    password: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = tmp_path / "password"
    secret.touch(mode=0o600)
    secret.write_text(password + "\n")
    certificate = write_certificate(tmp_path / "mail.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with run_post_office(context, PASSWORD) as office:
        desk = make_desk(office.port, tls=MailTls.STARTTLS, user="ds", password_file=secret)
        desk.note(TWO)
        desk.tell()
        assert "certificate is not trusted" in said(caplog)
        assert office.logins == 0
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        desk.tell(120)
        good = password == PASSWORD
        assert office.encrypted == ([True] if good else [])
        assert (desk.rows()[0].told is not None) == good
        assert ("refuses the password of 'ds' (code 535)" in said(caplog)) == (not good)
        assert PASSWORD not in said(caplog)


def test_encrypted_from_the_start(
    make_desk: Callable[..., Desk], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = write_certificate(tmp_path / "mail.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with run_post_office(context, secure=True) as office:
        desk = make_desk(office.port, tls=MailTls.TLS)
        desk.note(TWO)
        desk.tell()
        assert (office.encrypted, desk.rows()[0].told) == ([True], desk.now)


def test_nothing_is_sent_in_the_clear_where_encryption_is_demanded(
    make_desk: Callable[..., Desk], office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    desk = make_desk(office.port, tls=MailTls.STARTTLS)
    desk.note(ONE)
    desk.tell()
    assert office.mails == []
    assert "mail-put-off" in said(caplog)


def test_a_password_that_others_may_read_is_not_used(
    make_desk: Callable[..., Desk], office: PostOffice, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    secret = tmp_path / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    desk = make_desk(office.port, user="ds", password_file=secret)
    desk.note(ONE)
    desk.tell()
    assert office.mails == []
    assert "chmod 600" in said(caplog)
    assert PASSWORD not in said(caplog)


def test_two_that_look_at_once_never_have_the_same_notice(make_desk: Callable[..., Desk], office: PostOffice) -> None:
    desk = make_desk(office.port)
    for _ in range(20):
        desk.note(TWO)
        desk.now += 61
        start = threading.Barrier(2)

        def look(teller: Teller, start: threading.Barrier = start) -> None:
            start.wait()
            teller.tell_due()

        threads = [threading.Thread(target=look, args=(desk.make_teller(),)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(office.mails) == 20


def test_a_teller_that_dies_loses_nothing(make_desk: Callable[..., Desk], office: PostOffice) -> None:
    desk = make_desk(office.port)
    desk.note(TWO)
    desk.now += 61
    assert len(desk.notices.take()) == 1  # … and is never heard of again
    desk.tell()
    assert office.mails == []
    desk.tell(300)
    assert len(office.mails) == 1


def test_a_wrong_address_in_the_settings_is_told_at_the_start(tmp_path: Path) -> None:
    for name, value in (("mail_from", "me"), ("notice_mail", "a@example.org, b")):
        settings, infos = load_settings(tmp_path, {}, {"mail_host": "127.0.0.1", name: value})
        prepare_home(settings)
        with pytest.raises(SetupError, match=name):
            build_services(settings, infos)


def test_check_says_whether_the_mail_server_lets_us_in(tmp_path: Path, office: PostOffice) -> None:
    def look(**others: Any) -> list[tuple[Verdict, str]]:
        settings = Settings(home=tmp_path, mail_host="127.0.0.1", **others)
        return [(one.verdict, one.message) for one in check_mail(settings)]

    assert list(check_mail(Settings(home=tmp_path))) == []
    assert look(mail_port=office.port) == [(Verdict.OK, f"is handed in at 127.0.0.1 port {office.port}")]
    ((verdict, said),) = look(mail_port=office.port, mail_tls="starttls")
    assert (verdict, "cannot be told" in said) == (Verdict.NOTE, True)
    assert look(mail_port=office.port, mail_from="me")[0][0] is Verdict.WRONG


def test_two_web_servers_beside_each_other_tell_each_owner_once(tmp_path: Path, office: PostOffice) -> None:
    """As processes, by their settings alone."""
    settings = {"mail_host": "127.0.0.1", "mail_port": office.port, "notice_mail": ADMIN, "mail_from": "ds@example.org"}
    with run_server(tmp_path / "home", **settings) as server:
        second = subprocess.Popen(
            [sys.executable, "-m", "distserver", "--home", str(server.home), "web", "--port", "0", "--json"],
            cwd=ROOT,
            env=server.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        database = Database(f"sqlite:///{server.home / 'store' / 'distserver.sqlite'}", durable=True, pool=2)
        try:
            assert second.stdout is not None
            assert second.stdout.readline()
            wanted = [f"discard:number{number}-" for number in range(60)]
            for uri in wanted:
                rows = [{"at": time.time() - 70, "kind": "destination-suspended", "object": uri, "message": "busy"}]
                with database.begin() as connection:
                    notices.insert_notices(connection, rows)
                time.sleep(0.2)
            deadline = time.monotonic() + 180
            while time.monotonic() < deadline and sum(map(_count_notices, office.mails)) < len(wanted):
                time.sleep(0.2)
            with database.read() as connection:
                while connection.execute(sa.select(sa.func.count()).where(notice.c.told.is_(None))).scalar():
                    assert time.monotonic() < deadline
                    time.sleep(0.2)
        finally:
            database.close()
            second.terminate()
            second.communicate(timeout=60)
    texts = "".join(mail.get_content() for mail in office.mails)
    assert {uri: texts.count(f"Suspended: {uri}") for uri in wanted} == dict.fromkeys(wanted, 1)


def _count_notices(mail: Any) -> int:
    return int(mail.get_content().count("Suspended: discard:"))
