"""Who may do what at the printers: every operation by every kind of user, at every kind of group (N1; section 8 of the
architecture).

The tables are those of docs/reference/ipp.md. A new operation needs a line in one of them (and there), and an entry in
`_MORE` when its request is not complete without further attributes.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from distwire.ipp import Attribute, Message, Operation, Status, attribute, collection
from distwire.ipp.values import boolean, integer, keyword, uri
from tests.support.board import make_pdf
from tests.support.group_printers import House, run_house
from tests.support.ippwire import DIRECT, HttpStatus, Way, ask
from tests.support.server import ROOT

pytestmark = pytest.mark.real

PRINTERS = """\
| operation | administrator | operator | named sender | sender | receiver | guest | guest elsewhere |
|---|---|---|---|---|---|---|---|
| Get-Printer-Attributes | all | all | all | all | all | all | all |
| Get-Printer-Supported-Values | all | all | all | all | all | all | all |
| Get-Jobs | all | all | all | all | all | all | all |
| Cancel-My-Jobs | all | all | all | all | all | all | all |
| Print-Job | all | all | all | open, closed, faxout | - | open, faxout | - |
| Validate-Job | all | all | all | open, closed, faxout | - | open, faxout | - |
| Create-Job | all | all | all | open, closed, faxout | - | open, faxout | - |
| Identify-Printer | all | all | all | open, closed, faxout | - | open, faxout | - |
| Cancel-Jobs | all | all | - | - | - | - | - |
| Get-Printers | system | system | system | system | system | system | system |
| Get-System-Attributes | system | system | system | system | system | system | system |
"""
"""At which printers an operation on a printer is done."""

JOBS = """\
| operation | administrator | operator | named sender | sender | receiver | guest | guest elsewhere |
|---|---|---|---|---|---|---|---|
| Get-Job-Attributes | all | all | own | own | - | own | - |
| Get-Documents | all | all | own | own | - | own | - |
| Get-Document-Attributes | all | all | own | own | - | own | - |
| Send-Document | all | all | own | own | - | own | - |
| Close-Job | all | all | own | own | - | own | - |
| Hold-Job | all | all | own | own | - | own | - |
| Release-Job | all | all | own | own | - | own | - |
| Cancel-Job | all | all | own | own | - | own | - |
"""
"""On whose jobs an operation on a job is done: `own` ones, or those of `all`, other users and guests."""

_PASSWORD = "quite a long passphrase"
_USERS = {"administrator": "administrator", "operator": "operator", "named sender": "sender", "sender": "sender"}
_SIGNED_IN = (*_USERS, "receiver")
_PROXY = "127.0.0.8"
_PLACES = ("open", "closed", "restricted", "everyone", "faxout")
_KINDS = (*_SIGNED_IN, "guest", "guest elsewhere")
_REFUSED = ("disabled user", "wrong password", "password over plain ipp")
_PATIENCE = 60.0
_HELD = (attribute("job-hold-until", keyword("indefinite")),)
_MORE: dict[Operation, tuple[Attribute, ...]] = {
    Operation.SEND_DOCUMENT: (attribute("last-document", boolean(True)),),
    Operation.GET_DOCUMENT_ATTRIBUTES: (attribute("document-number", integer(1)),),
}
"""What a request has beside its target."""
_WITH_DOCUMENT = (Operation.PRINT_JOB, Operation.SEND_DOCUMENT)
_ON_OPEN_JOBS = (Operation.SEND_DOCUMENT, Operation.CLOSE_JOB)

_hosts = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who asks. Everybody comes from this machine; one who comes through the proxy is elsewhere."""

    login: tuple[str, str] | None
    way: Way = DIRECT
    user: str = "visitor"


def _elsewhere(scheme: str) -> Way:
    """Another host each time: after a few wrong passwords one is let wait."""
    headers = (("X-Forwarded-For", f"198.51.{next(_hosts) % 256}.7"), ("X-Forwarded-Proto", scheme))
    return Way(_PROXY, headers)


def _asker(kind: str) -> Asker:
    match kind:
        case "guest":
            return Asker(None)
        case "another guest":
            return Asker(None, user="another")
        case "guest elsewhere":
            return Asker(None, _elsewhere("https"))
        case "disabled user":
            return Asker(("u-disabled", _PASSWORD), _elsewhere("https"))
        case "wrong password":
            return Asker(("u-operator", "not this one, I fear"), _elsewhere("https"))
        case "password over plain ipp":
            return Asker(("u-operator", _PASSWORD), _elsewhere("http"))
    return Asker((f"u-{kind.replace(' ', '-')}", _PASSWORD))


def _read(table: str) -> dict[Operation, dict[str, tuple[str, ...]]]:
    """operation → kind of user → words of the cell."""
    head, _, *lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    rows = {}
    for name, *cells in lines:
        words = [() if cell == "-" else tuple(cell.split(", ")) for cell in cells]
        rows[Operation[name.upper().replace("-", "_")]] = dict(zip(head[1:], words, strict=True))
    return rows


_AT_PRINTERS, _ON_JOBS = _read(PRINTERS), _read(JOBS)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    settings = {"faxout_from": "127.0.0.1", "ipp_proxies": _PROXY}
    with run_house(tmp_path_factory.mktemp("house") / "home", **settings) as made:
        for kind, role in {**_USERS, "receiver": "receiver", "disabled": "sender"}.items():
            made.add_user(f"u-{kind.replace(' ', '-')}", role, _PASSWORD)
        assert made.server.command("user", "disable", "u-disabled").returncode == 0
        made.write_group("open", "discard:one; Branch one")
        made.write_group("closed", "discard:two; Branch two", comments=())
        made.write_group("restricted", "discard:three; Branch three", comments=("senders: u-named-sender",))
        for name in ("open", "closed", "restricted"):
            _wait(lambda name=name: _do(made, name, Operation.GET_PRINTER_ATTRIBUTES, _asker("guest")) == Status.OK)  # type: ignore[misc]
        yield made


def _wait(true: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def _printer(house: House, place: str) -> str:
    bare = {"faxout": "faxout", "system": "system"}
    return f"ipp://{house.authority}/ipp/{bare[place]}" if place in bare else house.printer(place)


def _ask(house: House, place: str, operation: Operation, by: Asker, *more: Attribute, held: bool = False) -> Message:
    job = list(_HELD) if held or operation == Operation.PRINT_JOB else []
    if place == "faxout" and operation in (Operation.PRINT_JOB, Operation.VALIDATE_JOB, Operation.CREATE_JOB):
        column = collection(attribute("destination-uri", uri("discard:one")))
        job.append(attribute("destination-uris", column))
    return ask(
        _printer(house, place),
        operation,
        *more,
        *_MORE.get(operation, ()),
        job=job,
        document=make_pdf() if operation in _WITH_DOCUMENT else b"",
        user=by.user,
        login=by.login,
        way=by.way,
    )


def _do(house: House, place: str, operation: Operation, by: Asker, *more: Attribute) -> int:
    """The status of IPP, or of HTTP where the answer is one of HTTP alone."""
    try:
        return _ask(house, place, operation, by, *more).code
    except HttpStatus as error:
        return error.status


def _make_job(house: House, operation: Operation, by: Asker) -> Attribute:
    """A job on which the operation can be done, at the open printer."""
    how = Operation.CREATE_JOB if operation in _ON_OPEN_JOBS else Operation.PRINT_JOB
    number = _ask(house, "open", how, by).job.integer("job-id")
    assert number is not None
    return attribute("job-id", integer(number))


def test_every_operation_has_a_line(house: House) -> None:
    """Whoever adds an operation says who may do it."""
    offered: set[int] = set()
    for place in ("open", "faxout"):
        answer = _ask(house, place, Operation.GET_PRINTER_ATTRIBUTES, _asker("guest"))
        offered.update(answer.printer.integers("operations-supported"))
    system = _ask(house, "system", Operation.GET_SYSTEM_ATTRIBUTES, _asker("guest")).groups[1]
    offered.update(system.integers("operations-supported"))
    assert {Operation(code).name for code in offered} == {one.name for one in (*_AT_PRINTERS, *_ON_JOBS)}


def test_the_reference_has_the_same_tables() -> None:
    reference = (ROOT / "docs" / "reference" / "ipp.md").read_text("utf-8")
    assert PRINTERS in reference
    assert JOBS in reference


@pytest.mark.parametrize("operation", list(_AT_PRINTERS), ids=lambda one: one.name.lower())
def test_who_may_do_what_at_a_printer(house: House, operation: Operation) -> None:
    for kind in _KINDS:
        words = _AT_PRINTERS[operation][kind]
        places = ("system",) if words == ("system",) else _PLACES
        allowed = places if words == ("all",) else words
        refused = Status.NOT_AUTHORIZED if kind in _SIGNED_IN else 401
        found = {place: _do(house, place, operation, _asker(kind)) for place in places}
        assert found == {place: Status.OK if place in allowed else refused for place in places}, kind


@pytest.mark.parametrize("operation", list(_ON_JOBS), ids=lambda one: one.name.lower())
def test_who_may_do_what_with_a_job(house: House, operation: Operation) -> None:
    """Whoever may not is told that there is no such job, or to sign in where that would help."""
    for kind in _KINDS:
        owners = {"own": "guest" if kind == "guest elsewhere" else kind, "user's": "sender", "guest's": "another guest"}
        if kind == "sender":
            owners["user's"] = "named sender"
        if kind == "receiver":
            del owners["own"]  # who may not send has none
        words = _ON_JOBS[operation][kind]
        refused = 401 if kind == "guest elsewhere" else Status.NOT_FOUND
        for owner, name in owners.items():
            of_job = _make_job(house, operation, _asker(name))
            status = _do(house, "open", operation, _asker(kind), of_job)
            assert status == (Status.OK if words == ("all",) or owner in words else refused), (kind, owner)


@pytest.mark.parametrize("kind", _REFUSED)
def test_whose_password_is_not_taken_may_do_nothing(house: House, kind: str) -> None:
    """Not even what everybody may: who has signed in wrongly is to know."""
    refused = Status.FORBIDDEN if kind == "password over plain ipp" else 401
    of_job = _make_job(house, Operation.CANCEL_JOB, _asker("operator"))
    for operation in _AT_PRINTERS:
        place = "system" if "system" in _AT_PRINTERS[operation]["operator"] else "open"
        assert _do(house, place, operation, _asker(kind)) == refused, operation
    for operation in _ON_JOBS:
        assert _do(house, "open", operation, _asker(kind), of_job) == refused, operation


def test_a_guest_over_plain_ipp_from_elsewhere_is_told_to_use_tls(house: House) -> None:
    """A password would be read on the way: 426, not 401."""
    assert _do(house, "closed", Operation.CREATE_JOB, Asker(None, _elsewhere("http"))) == 426


def test_jobs_are_listed_for_whom_they_concern(house: House) -> None:
    """Get-Jobs is free, but shows one's own; guests see what bears their name, where they may print."""
    numbers = {}
    for kind in ("sender", "named sender", "guest", "another guest"):
        numbers[kind] = _make_job(house, Operation.CANCEL_JOB, _asker(kind)).value
    mine = {kind: number.data for kind, number in numbers.items() if number is not None}

    def seen(kind: str, place: str = "open") -> set[str]:
        answer = _ask(house, place, Operation.GET_JOBS, _asker(kind))
        found = {group.integer("job-id") for group in answer.groups[1:]}
        return {kind for kind, number in mine.items() if number in found}

    for place in ("open", "everyone"):
        assert seen("operator", place) == set(mine)
        for kind in mine:
            assert seen(kind, place) == {kind}
        assert seen("receiver", place) == seen("guest elsewhere", place) == set()


def test_my_jobs_are_canceled_and_nobody_elses(house: House) -> None:
    jobs = {kind: _make_job(house, Operation.CANCEL_JOB, _asker(kind)) for kind in ("sender", "guest")}
    assert _do(house, "open", Operation.CANCEL_MY_JOBS, _asker("guest elsewhere")) == Status.OK
    assert _do(house, "open", Operation.CANCEL_MY_JOBS, _asker("guest")) == Status.OK
    states = {
        kind: _ask(house, "open", Operation.GET_JOB_ATTRIBUTES, _asker("operator"), of_job).job.integer("job-state")
        for kind, of_job in jobs.items()
    }
    assert states == {"sender": 4, "guest": 7}


def test_a_fax_to_a_group_needs_the_right_to_send_to_it(house: House) -> None:
    """`destination-uris` that name a group's printer are no way around its file."""

    def send(kind: str, group: str) -> int:
        by = _asker(kind)
        column = collection(attribute("destination-uri", uri(house.printer(group))))
        job = [attribute("destination-uris", column)]
        try:
            answer = ask(_printer(house, "faxout"), Operation.VALIDATE_JOB, job=job, login=by.login, user=by.user)
        except HttpStatus as error:
            return error.status
        return answer.code

    assert [send("guest", group) for group in ("open", "closed", "restricted")] == [Status.OK, 401, 401]
    found = [send("sender", group) for group in ("open", "closed", "restricted")]
    assert found == [Status.OK, Status.OK, Status.NOT_AUTHORIZED]
