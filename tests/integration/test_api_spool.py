"""The route by which workers fetch documents: digests alone, in parts, for workers alone (N7)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from distserver.model.accounts import Role
from distserver.model.states import Reason
from tests.support.api import Api

DATA = bytes(range(256)) * 5000
DIGEST = hashlib.sha256(DATA).hexdigest()
PATH = f"/api/v1/spool/documents/{DIGEST}"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    made = Api(tmp_path_factory.mktemp("spool"))
    with made.services.spool.receive(limit=len(DATA)) as upload:
        upload.write(DATA)
        upload.finish()
        assert upload.keep() == DIGEST
    yield made
    made.close()


def test_a_worker_gets_the_document_with_its_digest_as_tag(api: Api) -> None:
    answer = api.call("GET", PATH, Role.WORKER)
    assert (answer.status_code, answer.data) == (200, DATA)
    assert answer.headers["ETag"] == f'"{DIGEST}"'
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.content_length == len(DATA)


@pytest.mark.parametrize(("start", "end"), [(0, 99), (100, None), (8191, 8193), (1_200_000, None), (1_279_999, None)])
def test_a_part_alone(api: Api, start: int, end: int | None) -> None:
    headers = {"Range": f"bytes={start}-{'' if end is None else end}"}
    answer = api.call("GET", PATH, Role.WORKER, headers=headers)
    last = len(DATA) - 1 if end is None else end
    assert (answer.status_code, answer.data) == (206, DATA[start : last + 1])
    assert answer.headers["Content-Range"] == f"bytes {start}-{last}/{len(DATA)}"


def test_a_part_beyond_the_end_is_refused(api: Api) -> None:
    answer = api.call("GET", PATH, Role.WORKER, headers={"Range": f"bytes={len(DATA)}-"})
    assert (answer.status_code, answer.mimetype) == (416, "application/problem+json")


def test_who_has_it_is_told_so_without_bytes(api: Api) -> None:
    answer = api.call("GET", PATH, Role.WORKER, headers={"If-None-Match": f'"{DIGEST}"'})
    assert (answer.status_code, answer.data) == (304, b"")
    head = api.call("HEAD", PATH, Role.WORKER)
    assert (head.status_code, head.data, head.content_length) == (200, b"", len(DATA))


def test_what_is_not_stored_is_told_by_a_reason(api: Api) -> None:
    answer = api.call("GET", PATH.replace(DIGEST, "0" * 64), Role.WORKER)
    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["reason"] == Reason.DOCUMENT_MISSING
    assert "erased" in answer.json["detail"]


@pytest.mark.parametrize("name", ["..", "%2e%2e", "x", DIGEST.upper(), DIGEST[:-1], DIGEST + "0", DIGEST[:-1] + "%0a"])
def test_nothing_but_a_digest_names_a_document(api: Api, name: str) -> None:
    answer = api.call("GET", f"/api/v1/spool/documents/{name}", Role.WORKER)
    assert answer.status_code in (400, 404)
    assert DATA[:256] not in answer.data


def test_a_worker_may_nothing_else(api: Api) -> None:
    assert api.call("GET", "/api/v1/me", Role.WORKER).json == {"name": "worker", "role": "worker", "allowances": []}
    for method, path in (("GET", "/api/v1/jobs"), ("GET", "/api/v1/groups"), ("POST", "/api/v1/jobs")):
        assert api.call(method, path, Role.WORKER).status_code == 403
    for role in (Role.OPERATOR, Role.SENDER, Role.DEVICE):
        assert api.call("GET", PATH, role).status_code == 403
