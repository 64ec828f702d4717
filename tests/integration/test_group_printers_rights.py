"""Who may do what at the printers: every operation by every kind of user, at every kind of group (N1; section 8 of the
architecture).

The tables are those of docs/reference/ipp.md. A new operation needs a line in one of them (and there), and an entry in
`_MORE` when its request is not complete without further attributes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from distwire.ipp import Attribute, Message, Operation, Status, attribute, collection
from distwire.ipp.values import boolean, integer, keyword, uri
from tests.support.askers import (
    KINDS,
    NAMED,
    PROXY,
    REFUSED,
    SIGNED_IN,
    Asker,
    add_users,
    come_from_elsewhere,
    make_asker,
)
from tests.support.board import make_pdf
from tests.support.file_server import FileServer, run_file_server
from tests.support.group_printers import House, run_house
from tests.support.ippwire import HttpStatus, ask
from tests.support.server import ROOT
from tests.support.subscribers import ids_of, wanting

pytestmark = pytest.mark.real

PRINTERS = """\
| operation | administrator | operator | named sender | sender | receiver | guest | guest elsewhere |
|---|---|---|---|---|---|---|---|
| Get-Printer-Attributes | all | all | all | all | all | all | all |
| Get-Printer-Supported-Values | all | all | all | all | all | all | all |
| Get-Jobs | all | all | all | all | all | all | all |
| Cancel-My-Jobs | all | all | all | all | all | all | all |
| Print-Job | all | all | all | open, closed, faxout | - | open, faxout | - |
| Print-URI | all | all | all | open, closed, faxout | - | open, faxout | - |
| Validate-Job | all | all | all | open, closed, faxout | - | open, faxout | - |
| Create-Job | all | all | all | open, closed, faxout | - | open, faxout | - |
| Identify-Printer | all | all | all | open, closed, faxout | - | open, faxout | - |
| Cancel-Jobs | all | all | - | - | - | - | - |
| Pause-Printer | open, closed, restricted | open, closed, restricted | - | - | - | - | - |
| Resume-Printer | open, closed, restricted | open, closed, restricted | - | - | - | - | - |
| Disable-Printer | open, closed, restricted | open, closed, restricted | - | - | - | - | - |
| Enable-Printer | open, closed, restricted | open, closed, restricted | - | - | - | - | - |
| Create-Printer-Subscriptions | all | all | all | all | all | open, faxout | - |
| Get-Subscriptions | all, system | all, system | all, system | all, system | all, system | all, system | all, system |
| Create-System-Subscriptions | system | system | system | system | system | - | - |
| Get-Printers | system | system | system | system | system | system | system |
| Get-System-Attributes | system | system | system | system | system | system | system |
"""
"""At which printers an operation on a printer is done; `all` are all printers, without the system."""

JOBS = """\
| operation | administrator | operator | named sender | sender | receiver | guest | guest elsewhere |
|---|---|---|---|---|---|---|---|
| Get-Job-Attributes | all | all | own | own | - | own | - |
| Get-Documents | all | all | own | own | - | own | - |
| Get-Document-Attributes | all | all | own | own | - | own | - |
| Send-Document | all | all | own | own | - | own | - |
| Send-URI | all | all | own | own | - | own | - |
| Close-Job | all | all | own | own | - | own | - |
| Hold-Job | all | all | own | own | - | own | - |
| Release-Job | all | all | own | own | - | own | - |
| Set-Job-Attributes | all | all | own | own | - | own | - |
| Cancel-Job | all | all | own | own | - | own | - |
| Create-Job-Subscriptions | all | all | own | own | - | own | - |
| Get-Subscriptions | all | all | own | own | - | own | - |
"""
"""On whose jobs an operation on a job is done: `own` ones, or those of `all`, other users and guests."""

SUBSCRIPTIONS = """\
| operation | administrator | operator | named sender | sender | receiver | guest | guest elsewhere |
|---|---|---|---|---|---|---|---|
| Get-Subscription-Attributes | all | all | own | own | own | own | - |
| Renew-Subscription | all | all | own | own | own | own | - |
| Cancel-Subscription | all | all | own | own | own | own | - |
| Get-Notifications | all | all | own | own | own | own | - |
"""
"""On whose subscriptions one is done, to printers and to the system."""

Table = Mapping[Operation, Mapping[str, tuple[str, ...]]]
"""operation → kind of user → words of the cell."""

_PRINTERS = ("open", "closed", "restricted", "everyone", "faxout")
_HELD = (attribute("job-hold-until", keyword("indefinite")),)
_LAST = attribute("last-document", boolean(True))
_MORE: dict[Operation, tuple[Attribute, ...]] = {
    Operation.SEND_DOCUMENT: (_LAST,),
    Operation.SEND_URI: (_LAST,),
    Operation.GET_DOCUMENT_ATTRIBUTES: (attribute("document-number", integer(1)),),
}
"""What a request has beside its target."""
_WITH_DOCUMENT = (Operation.PRINT_JOB, Operation.SEND_DOCUMENT)
_BY_REFERENCE = (Operation.PRINT_URI, Operation.SEND_URI)
_MAKING = (Operation.PRINT_JOB, Operation.PRINT_URI, Operation.VALIDATE_JOB, Operation.CREATE_JOB)
_HOLDING = (Operation.PRINT_JOB, Operation.PRINT_URI, Operation.SET_JOB_ATTRIBUTES)
_ON_OPEN_JOBS = (Operation.SEND_DOCUMENT, Operation.SEND_URI, Operation.CLOSE_JOB)
_SUBSCRIBING = (
    Operation.CREATE_PRINTER_SUBSCRIPTIONS,
    Operation.CREATE_JOB_SUBSCRIPTIONS,
    Operation.CREATE_SYSTEM_SUBSCRIPTIONS,
)
_UNDONE_BY = {
    Operation.PAUSE_PRINTER: Operation.RESUME_PRINTER,
    Operation.DISABLE_PRINTER: Operation.ENABLE_PRINTER,
}


def _read(table: str) -> Table:
    head, _, *lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    rows = {}
    for name, *cells in lines:
        words = [() if cell == "-" else tuple(cell.split(", ")) for cell in cells]
        rows[Operation[name.upper().replace("-", "_")]] = dict(zip(head[1:], words, strict=True))
    return rows


_AT_PRINTERS, _ON_JOBS, _ON_SUBSCRIPTIONS = _read(PRINTERS), _read(JOBS), _read(SUBSCRIPTIONS)


def _places(operation: Operation) -> tuple[str, ...]:
    """Where an operation on a printer can be asked for at all."""
    words = set(itertools.chain(*_AT_PRINTERS[operation].values()))
    if words == {"system"}:
        return ("system",)
    return (*_PRINTERS, "system") if "system" in words else _PRINTERS


def _allowed(operation: Operation, kind: str) -> set[str]:
    """Where the table lets them do it."""
    words = _AT_PRINTERS[operation]["guest" if kind == "another guest" else kind]
    return set(itertools.chain.from_iterable(_PRINTERS if word == "all" else (word,) for word in words))


def _owners(kind: str, place: str, making: Operation) -> dict[str, str]:
    """Whose things there are at this place: by the words of the tables who has made one."""
    names = {
        "own": "guest" if kind == "guest elsewhere" else kind,
        "user's": "operator" if kind == "named sender" else "named sender",
        "guest's": "another guest",
    }
    return {owner: name for owner, name in names.items() if place in _allowed(making, name)}


@dataclass(frozen=True, slots=True)
class Site:
    """A server with all kinds of printers, and one whose documents it fetches."""

    house: House
    files: FileServer

    def printer(self, place: str) -> str:
        bare = place in ("faxout", "system")
        return f"ipp://{self.house.authority}/ipp/{place}" if bare else self.house.printer(place)

    def count_fetched(self) -> int:
        """How many documents it has fetched so far."""
        return len(self.files.asked)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("house") / "home"
    many = {"ipp_user_subscriptions": 1000, "ipp_open_jobs": 1000}
    with (
        run_file_server() as files,
        run_house(home, faxout_from="127.0.0.1", ipp_proxies=PROXY, print_uri=files.root, **many) as house,
    ):
        add_users(house)
        house.write_group("open", "discard:one; Branch one")
        house.write_group("closed", "discard:two; Branch two", comments=())
        house.write_group("restricted", "discard:three; Branch three", comments=(f"senders: {NAMED}",))
        house.wait_for_groups("open", "closed", "restricted")
        yield Site(house, files)


def _ask(site: Site, place: str, operation: Operation, by: Asker, *more: Attribute) -> Message:
    job = list(_HELD) if operation in _HOLDING else []
    if place == "faxout" and operation in _MAKING:
        column = collection(attribute("destination-uri", uri("discard:one")))
        job.append(attribute("destination-uris", column))
    where = (attribute("document-uri", uri(f"{site.files.root}/notice.pdf")),) if operation in _BY_REFERENCE else ()
    return ask(
        site.printer(place),
        operation,
        *more,
        *where,
        *_MORE.get(operation, ()),
        job=job,
        groups=(wanting("job-completed"),) if operation in _SUBSCRIBING else (),
        document=make_pdf() if operation in _WITH_DOCUMENT else b"",
        user=by.user,
        login=by.login,
        way=by.way,
    )


def _do(site: Site, place: str, operation: Operation, by: Asker, *more: Attribute) -> int:
    """The status of IPP, or of HTTP where the answer is one of HTTP alone."""
    try:
        return _ask(site, place, operation, by, *more).code
    except HttpStatus as error:
        return error.status


def _make_job(site: Site, place: str, operation: Operation, by: Asker) -> Attribute:
    """A job on which the operation can be done, as the operation names it."""
    how = Operation.CREATE_JOB if operation in _ON_OPEN_JOBS else Operation.PRINT_JOB
    number = _ask(site, place, how, by).job.integer("job-id")
    assert number is not None
    of_subscription = operation in (Operation.CREATE_JOB_SUBSCRIPTIONS, Operation.GET_SUBSCRIPTIONS)
    return attribute("notify-job-id" if of_subscription else "job-id", integer(number))


def _how_subscribed(place: str) -> Operation:
    if place == "system":
        return Operation.CREATE_SYSTEM_SUBSCRIPTIONS
    return Operation.CREATE_PRINTER_SUBSCRIPTIONS


def _subscribe(site: Site, place: str, by: Asker) -> int:
    (made,) = ids_of(_ask(site, place, _how_subscribed(place), by))
    assert made is not None
    return made


def _of_subscription(operation: Operation, number: int) -> Attribute:
    several = operation == Operation.GET_NOTIFICATIONS
    return attribute("notify-subscription-ids" if several else "notify-subscription-id", integer(number))


def test_every_operation_has_a_line(site: Site) -> None:
    """Whoever adds an operation says who may do it."""
    offered: set[int] = set()
    for place in ("open", "faxout"):
        answer = _ask(site, place, Operation.GET_PRINTER_ATTRIBUTES, make_asker("guest"))
        offered.update(answer.printer.integers("operations-supported"))
    system = _ask(site, "system", Operation.GET_SYSTEM_ATTRIBUTES, make_asker("guest")).groups[1]
    offered.update(system.integers("operations-supported"))
    lines = {*_AT_PRINTERS, *_ON_JOBS, *_ON_SUBSCRIPTIONS}
    assert {Operation(code).name for code in offered} == {one.name for one in lines}


def test_the_reference_has_the_same_tables() -> None:
    reference = (ROOT / "docs" / "reference" / "ipp.md").read_text("utf-8")
    for table in (PRINTERS, JOBS, SUBSCRIPTIONS):
        assert table in reference


@pytest.mark.parametrize("operation", list(_AT_PRINTERS), ids=lambda one: one.name.lower())
def test_who_may_do_what_at_a_printer(site: Site, operation: Operation) -> None:
    """Operators may all that there is to do; nothing is fetched for whom nothing is printed."""
    places = _places(operation)
    for kind in KINDS:
        allowed, fetched = _allowed(operation, kind), site.count_fetched()
        refused = Status.NOT_AUTHORIZED if kind in SIGNED_IN else 401
        refused = Status.NOT_POSSIBLE if kind in ("administrator", "operator") else refused
        found = {place: _do(site, place, operation, make_asker(kind)) for place in places}
        _undo(site, operation)
        assert found == {place: Status.OK if place in allowed else refused for place in places}, kind
        assert site.count_fetched() - fetched == (len(allowed) if operation in _BY_REFERENCE else 0), kind


def _undo(site: Site, operation: Operation) -> None:
    """Printers that were stopped go on."""
    for place in _allowed(operation, "operator") if operation in _UNDONE_BY else ():
        assert _do(site, place, _UNDONE_BY[operation], make_asker("operator")) == Status.OK


@pytest.mark.parametrize("operation", list(_ON_JOBS), ids=lambda one: one.name.lower())
def test_who_may_do_what_with_a_job(site: Site, operation: Operation) -> None:
    """Whoever may not is told that there is no such job, or to sign in where guests have none."""
    for kind, place in itertools.product(KINDS, _PRINTERS):
        words, guests = _ON_JOBS[operation][kind], place in _allowed(Operation.PRINT_JOB, kind)
        refused = Status.NOT_FOUND if kind in SIGNED_IN or guests else 401
        for owner, name in _owners(kind, place, Operation.PRINT_JOB).items():
            of_job, fetched = _make_job(site, place, operation, make_asker(name)), site.count_fetched()
            status = _do(site, place, operation, make_asker(kind), of_job)
            may = words == ("all",) or owner in words
            assert status == (Status.OK if may else refused), (kind, place, owner)
            assert site.count_fetched() - fetched == (may and operation in _BY_REFERENCE), (kind, place, owner)


@pytest.mark.parametrize("operation", list(_ON_SUBSCRIPTIONS), ids=lambda one: one.name.lower())
def test_who_may_do_what_with_a_subscription(site: Site, operation: Operation) -> None:
    for kind, place in itertools.product(KINDS, (*_PRINTERS, "system")):
        words = _ON_SUBSCRIPTIONS[operation][kind]
        refused = Status.NOT_AUTHORIZED if kind in SIGNED_IN else 401
        for owner, name in _owners(kind, place, _how_subscribed(place)).items():
            of_it = _of_subscription(operation, _subscribe(site, place, make_asker(name)))
            status = _do(site, place, operation, make_asker(kind), of_it)
            may = words == ("all",) or owner in words
            assert status == (Status.OK if may else refused), (kind, place, owner)


@pytest.mark.parametrize("kind", REFUSED)
def test_whose_password_is_not_taken_may_do_nothing(site: Site, kind: str) -> None:
    """Not even what everybody may: who has signed in wrongly is to know. Nothing is fetched for them either."""
    refused = Status.FORBIDDEN if kind == "password over plain ipp" else 401
    fetched, operator = site.count_fetched(), make_asker("operator")
    for operation in _AT_PRINTERS:
        place = "system" if "system" in _places(operation) else "open"
        assert _do(site, place, operation, make_asker(kind)) == refused, operation
    for operation in _ON_JOBS:
        of_job = _make_job(site, "open", operation, operator)
        assert _do(site, "open", operation, make_asker(kind), of_job) == refused, operation
    number = _subscribe(site, "open", operator)
    for operation in _ON_SUBSCRIPTIONS:
        of_it = _of_subscription(operation, number)
        assert _do(site, "open", operation, make_asker(kind), of_it) == refused, operation
    assert site.count_fetched() == fetched


def test_a_guest_over_plain_ipp_from_elsewhere_is_told_to_use_tls(site: Site) -> None:
    """A password would be read on the way: 426, not 401."""
    assert _do(site, "closed", Operation.CREATE_JOB, Asker(None, come_from_elsewhere("http"))) == 426


def test_jobs_are_listed_for_whom_they_concern(site: Site) -> None:
    """Get-Jobs is free, but shows one's own; guests see what bears their name, where they may print."""
    numbers = {}
    for kind in ("sender", "named sender", "guest", "another guest"):
        numbers[kind] = _make_job(site, "open", Operation.CANCEL_JOB, make_asker(kind)).value
    mine = {kind: number.data for kind, number in numbers.items() if number is not None}

    def seen(kind: str, place: str = "open") -> set[str]:
        answer = _ask(site, place, Operation.GET_JOBS, make_asker(kind))
        found = {group.integer("job-id") for group in answer.groups[1:]}
        return {kind for kind, number in mine.items() if number in found}

    for place in ("open", "everyone"):
        assert seen("operator", place) == set(mine)
        for kind in mine:
            assert seen(kind, place) == {kind}
        assert seen("receiver", place) == seen("guest elsewhere", place) == set()


def test_subscriptions_are_listed_for_whom_they_concern(site: Site) -> None:
    """Get-Subscriptions is free, but shows one's own; guests see what bears their name, where they may print."""
    places = {"sender": "system", "named sender": "open", "guest": "open", "another guest": "open"}
    made = {kind: _subscribe(site, place, make_asker(kind)) for kind, place in places.items()}

    def seen(kind: str, place: str) -> set[str]:
        found = ids_of(_ask(site, place, Operation.GET_SUBSCRIPTIONS, make_asker(kind)))
        return {kind for kind, number in made.items() if number in found}

    assert seen("operator", "open") == set(made) - {"sender"}
    for kind, place in places.items():
        assert seen(kind, place) == {kind}
    for kind in ("sender", "receiver", "guest elsewhere"):
        assert seen(kind, "open") == set()
    assert seen("operator", "system") == {"sender"}
    assert seen("receiver", "system") == set()


def test_my_jobs_are_canceled_and_nobody_elses(site: Site) -> None:
    jobs = {kind: _make_job(site, "open", Operation.CANCEL_JOB, make_asker(kind)) for kind in ("sender", "guest")}
    assert _do(site, "open", Operation.CANCEL_MY_JOBS, make_asker("guest elsewhere")) == Status.OK
    assert _do(site, "open", Operation.CANCEL_MY_JOBS, make_asker("guest")) == Status.OK
    states = {
        kind: _ask(site, "open", Operation.GET_JOB_ATTRIBUTES, make_asker("operator"), of_job).job.integer("job-state")
        for kind, of_job in jobs.items()
    }
    assert states == {"sender": 4, "guest": 7}


def test_a_fax_to_a_group_needs_the_right_to_send_to_it(site: Site) -> None:
    """`destination-uris` that name a group's printer are no way around its file."""

    port = site.house.authority.rpartition(":")[2]

    def send(kind: str, group: str, form: str = "127.0.0.1:{port}/ipp/print/{group}") -> int:
        by = make_asker(kind)
        address = f"ipp://{form.format(port=port, group=group)}"
        column = collection(attribute("destination-uri", uri(address)))
        job = [attribute("destination-uris", column)]
        try:
            answer = ask(site.printer("faxout"), Operation.VALIDATE_JOB, job=job, login=by.login, user=by.user)
        except HttpStatus as error:
            return error.status
        return answer.code

    assert [send("guest", group) for group in ("open", "closed", "restricted")] == [Status.OK, 401, 401]
    found = [send("sender", group) for group in ("open", "closed", "restricted")]
    assert found == [Status.OK, Status.OK, Status.NOT_AUTHORIZED]
    forms = ("127.0.0.2:{port}/ipp/print/{group}", "[::1]:{port}/printers/{group}", "localhost:{port}/classes/{group}")
    assert [send("guest", "closed", form) for form in forms] == [401] * 3
