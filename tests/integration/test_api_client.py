"""The client of the HTTP API against a whole server: every call, and what it says when something is wrong."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from distwire.api.client import ApiClient, DocumentFile
from distwire.api.exchange import Patience
from distwire.api.failures import NotUnderstood, Refused, Unreachable, Unsendable
from distwire.api.jobs import SubmissionForm
from distwire.api.panel import SignIn
from tests.support.board import make_pdf
from tests.support.server import Server, run_server

ME = "discard:panel"
CARD = "04A2F9C1B7"
OSAKA = "discard:b; Osaka"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("api-client")
    (home / "groups").mkdir()
    everybody, branches = [f"{ME}; 札幌支店 2階", OSAKA], [OSAKA]
    for file, name, members in (("all.rec", "全配信先", everybody), ("a b.rec", "営業所", branches)):
        (home / "groups" / file).write_text("\n".join([f"# {name}", f"# {file}", *members, ""]), encoding="utf-8")
    with run_server(home, spool_reserve_mb=0) as running:
        yield running


@pytest.fixture(scope="module")
def url(server: Server) -> str:
    return str(server.local()["url"])


@pytest.fixture(scope="module")
def client(server: Server, url: str) -> ApiClient:
    return ApiClient(url, str(server.local()["token"]))


@pytest.fixture(scope="module")
def device(server: Server, url: str) -> ApiClient:
    made = server.command("token", "create", ME, "--role", "device")
    return ApiClient(url, made.stdout.split()[-1])


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / '休み "2026".pdf'
    path.write_bytes(make_pdf(2))
    return path


def test_what_the_server_has_is_asked_for(client: ApiClient, device: ApiClient) -> None:
    assert client.acting("").health().status == "ok"
    assert (client.me().role, device.me().role) == ("administrator", "device")
    assert [(one.file, one.members) for one in device.groups()] == [("all.rec", 2), ("a b.rec", 1)]
    assert [one.name for one in device.destinations()] == ["札幌支店 2階", "Osaka"]
    assert [one.uri for one in device.group("営業所").destinations] == ["discard:b"]


def test_a_device_registers_itself_and_withdraws(device: ApiClient) -> None:
    assert device.register("a b.rec").changed
    assert not device.register("営業所").changed
    assert device.withdraw("a b.rec").changed
    with pytest.raises(Refused) as refused:
        device.register("a b.rec", "discard:b")
    assert (refused.value.status, refused.value.keyword) == (403, "forbidden")


def test_a_device_that_all_rec_lacks_hears_that(server: Server, url: str) -> None:
    made = server.command("token", "create", "discard:new", "--role", "device")
    with pytest.raises(Refused) as refused:
        ApiClient(url, made.stdout.split()[-1]).register("a b.rec")
    assert (refused.value.status, refused.value.keyword) == (404, "not-in-all-rec")


@pytest.mark.parametrize(
    ("groups", "destinations", "keyword"),
    [([], ["tel:0312345678"], "unknown-destination"), (["nobody.rec"], [], "unknown-group")],
)
def test_who_is_not_known_is_refused_by_a_reason(
    device: ApiClient, groups: list[str], destinations: list[str], keyword: str
) -> None:
    with pytest.raises(Refused) as refused:
        device.recipients(groups, destinations)
    assert (refused.value.status, refused.value.keyword) == (404, keyword)
    assert refused.value.named == (destinations or groups)[0]


def test_who_would_get_it_is_known_before_it_is_sent(device: ApiClient) -> None:
    found = device.recipients(["a b.rec", "all.rec"], [ME])
    assert [(one.uri, one.groups, one.trouble) for one in found.recipients] == [
        ("discard:b", ["営業所", "全配信先"], None),
        (ME, ["全配信先"], None),
    ]


def test_who_stands_before_the_panel_sends_in_their_own_name(server: Server, device: ApiClient, paper: Path) -> None:
    server.command("user", "add", "hanako", "--role", "operator", "--password-stdin", stdin="correct horse battery\n")
    for who, keyword in ((SignIn(user="hanako", password="x"), "wrong-password"), (SignIn(card=CARD), "card-unknown")):
        with pytest.raises(Refused) as refused:
            device.sign_in(who)
        assert (refused.value.status, refused.value.keyword) == (401, keyword)
    found = device.sign_in(SignIn(user="hanako", password="correct horse battery"))
    hanako = device.acting(found.grant)
    assert (found.role, hanako.me().role) == ("operator", "sender")
    assert hanako.add_card(CARD).user == "hanako"
    assert device.sign_in(SignIn(card=CARD)).user == "hanako"
    job = hanako.submit(SubmissionForm(destination=[ME], hold=True), [DocumentFile(paper)], "hanako-1")
    assert (job.sender, [one.id for one in hanako.jobs().jobs]) == ("hanako", [job.id])
    assert hanako.cancel(job.id).job.state == "canceled"


def test_a_device_gets_its_token_by_a_code(server: Server, url: str) -> None:
    code = server.command("device", "enrol", "Osaka").stdout.strip()
    found = ApiClient(url).enrol("discard:b", code.replace(" ", ""))
    assert (found.name, found.address, ApiClient(url, found.token).me().name) == ("Osaka", "discard:b", "discard:b")
    assert server.command("device", "revoke", "discard:b").returncode == 0
    with pytest.raises(Refused) as refused:
        ApiClient(url, found.token).me()
    assert (refused.value.status, refused.value.keyword) == (401, "not-signed-in")


def test_a_device_with_a_wrong_code_gets_no_token(url: str) -> None:
    with pytest.raises(Refused) as refused:
        ApiClient(url).enrol(ME, "1234 5678")
    assert (refused.value.status, refused.value.keyword) == (401, "wrong-code")


def test_a_job_is_sent_once_and_followed(device: ApiClient, paper: Path) -> None:
    sent: list[int] = []
    form = SubmissionForm(group=["a b.rec"], destination=[ME], title="Notice お知らせ", copies=2, keep=True, hold=True)
    job = device.submit(form, [DocumentFile(paper), DocumentFile(paper, "second.pdf")], "key-1", sent.append)
    assert sum(sent) == 2 * paper.stat().st_size
    assert (job.title, job.options.copies, job.keep, job.held) == ("Notice お知らせ", 2, True, True)
    assert [one.name for one in job.documents] == [paper.name, "second.pdf"]
    assert device.submit(form, [DocumentFile(paper)], "key-1").id == job.id
    page = device.deliveries(job.id)
    assert [one.address for one in page.deliveries] == ["discard:b", ME]
    assert device.cancel(job.id, [2]).changed == 1
    changed = device.deliveries(job.id, changed_since=page.as_of)
    assert "canceled" in {one.state for one in changed.deliveries}
    assert device.cancel(job.id).job.state == "canceled"
    assert device.retry(job.id, [1]).changed == 1
    assert device.job(job.id).id == job.id
    assert [one.id for one in device.jobs(limit=1).jobs] == [job.id]
    assert device.jobs(states=["aborted"]).jobs == []


def test_what_the_server_refuses_is_told_with_status_keyword_and_words(
    device: ApiClient, url: str, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 and no more")
    form = SubmissionForm(destination=[ME])
    cases = [
        (lambda: device.submit(form, [DocumentFile(broken)], "k"), 422, "document-format-error"),
        (lambda: device.submit(form, [], "k"), 400, "bad-request"),
        (lambda: device.submit(form, [DocumentFile(broken)], "no spaces"), 400, "bad-request"),
        (lambda: device.job("zzz"), 404, "not-found"),
        (lambda: device.group("no such group"), 404, "unknown-group"),
        (lambda: ApiClient(url, "ds_wrong").me(), 401, "not-signed-in"),
        (lambda: ApiClient(url).me(), 401, "not-signed-in"),
    ]
    for ask, status, keyword in cases:
        with pytest.raises(Refused) as refused:
            ask()
        assert (refused.value.status, refused.value.keyword) == (status, keyword)
        assert refused.value.detail == str(refused.value)
        assert not refused.value.later


def test_an_upload_that_is_refused_while_it_goes_out_says_why(url: str, tmp_path: Path) -> None:
    """The server answers a wrong token before it has read the document, and closes."""
    large = tmp_path / "large.pdf"
    with large.open("wb") as file:
        file.truncate(64 << 20)
    with pytest.raises(Refused) as refused:
        ApiClient(url, "ds_wrong").submit(SubmissionForm(destination=[ME]), [DocumentFile(large)], "k")
    assert refused.value.status == 401


def test_a_document_that_shrinks_or_is_gone_makes_no_job(device: ApiClient, tmp_path: Path) -> None:
    before = [job.id for job in device.jobs().jobs]
    form, path = SubmissionForm(destination=[ME]), tmp_path / "shrinks.pdf"
    with pytest.raises(Unsendable, match="cannot be read"):
        device.submit(form, [DocumentFile(path)], "k2")
    path.write_bytes(make_pdf(1) + bytes(4 << 20))

    def shrink(_: int) -> None:
        with path.open("r+b") as file:
            file.truncate(300 << 10)

    with pytest.raises(Unsendable, match="shorter"):
        device.submit(form, [DocumentFile(path)], "k2", shrink)
    assert [job.id for job in device.jobs().jobs] == before


def test_no_answer_says_whether_the_request_had_begun(paper: Path) -> None:
    form, quick = SubmissionForm(destination=[ME]), Patience(connect=0.5, silence=0.5)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
    for address in (nobody, "http://does-not-exist.invalid", "ftp://x", "not an address", "http://[::1"):
        with pytest.raises(Unreachable) as unreachable:
            ApiClient(address, "t", patience=quick).submit(form, [DocumentFile(paper)], "k")
        assert not unreachable.value.begun
        assert ("connection refused" in str(unreachable.value)) == (address == nobody)
    for answer in (b"", None, b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{"):
        with _answering(answer) as address, pytest.raises(Unreachable) as unreachable:
            ApiClient(address, "t", patience=quick).submit(form, [DocumentFile(paper)], "k")
        assert unreachable.value.begun


def test_answers_of_other_programs_are_not_taken_for_the_server() -> None:
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>"
    elsewhere = b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n"
    for answer in (page, elsewhere):
        with _answering(answer) as address, pytest.raises(NotUnderstood):
            ApiClient(address, "t").me()
    for status in (b"400 Bad Request", b"404 Not Found", b"401 Unauthorized"):
        answer = b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\nno"
        with _answering(answer) as address, pytest.raises(NotUnderstood, match="no Distserver"):
            ApiClient(address, "t").me()
    with _answering(b"HTTP/1.1 500 Oh\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\nno") as address:
        with pytest.raises(Refused) as refused:
            ApiClient(address).health()
        assert (refused.value.keyword, refused.value.retry_after, refused.value.later) == ("server-fault", 7.0, True)
    for status in (b"502 Bad Gateway", b"503 Service Unavailable", b"504 Gateway Timeout"):
        with _answering(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\nno") as address:
            with pytest.raises(Unreachable, match="away") as away:
                ApiClient(address, "t").me()
            assert away.value.begun


def test_proxies_of_the_environment_get_no_token(client: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert client.me().name == "admin"


@contextmanager
def _answering(answer: bytes | None) -> Iterator[str]:
    """A server that reads one request and sends these bytes; None: it stays silent until the block ends."""
    over = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(10)
            while b"\r\n--" not in (data := connection.recv(1 << 20)) and b"\r\n\r\n" not in data:
                pass
            if answer is None:
                over.wait(10)
            else:
                connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            over.set()
            thread.join()
