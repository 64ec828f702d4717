"""What a group's printer says, and what it takes: nothing is advertised that is not taken, what is not done is named as
it was sent, and requested attributes, groups of them and lists of jobs are exact (N1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from distwire.ipp import Attribute, Group, GroupTag, Message, Operation, Status, attribute, collection
from distwire.ipp.attributes import Collection
from distwire.ipp.enums import JobState
from distwire.ipp.values import (
    UNSUPPORTED,
    Range,
    Value,
    boolean,
    date_time,
    enum,
    integer,
    keyword,
    mime_type,
    name,
    range_of,
    resolution,
    text,
    uri,
)
from tests.support.board import make_pdf
from tests.support.group_printers import House, run_house
from tests.support.ippwire import ask
from tests.support.patience import wait_until

pytestmark = pytest.mark.real

_HELD = attribute("job-hold-until", keyword("indefinite"))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with run_house(tmp_path_factory.mktemp("house") / "home", faxout_from="127.0.0.1") as made:
        for group in ("office", "list"):
            printer = made.write_group(group, "discard:one; Branch one")
            wait_until(lambda printer=printer: ask(printer, Operation.GET_PRINTER_ATTRIBUTES).code == Status.OK)  # type: ignore[misc]
        yield made


@pytest.fixture(scope="module", params=["print", "faxout"])
def printer(house: House, request: pytest.FixtureRequest) -> str:
    return house.printer("office", request.param)


def _describe(printer: str, *requested: str) -> Group:
    asked = [attribute("requested-attributes", *map(keyword, requested))] if requested else []
    return ask(printer, Operation.GET_PRINTER_ATTRIBUTES, *asked).printer


def _names(group: Iterable[Attribute]) -> list[str]:
    return [one.name for one in group]


def _unsupported(answer: Message) -> tuple[Attribute, ...]:
    return tuple(one for group in answer.groups if group.tag == GroupTag.UNSUPPORTED for one in group)


# What is not done is named


_SIZE = collection(attribute("x-dimension", integer(10)), attribute("y-dimension", integer(20)))
_A4 = attribute("media-size-name", keyword("iso_a4_210x297mm"))
WRONG = [
    attribute("copies", integer(0)),
    attribute("copies", integer(1000)),
    attribute("copies", keyword("two")),
    attribute("sides", keyword("both")),
    attribute("media", keyword("iso_a99_1x1mm")),
    attribute("media-col", collection(attribute("media-size", _SIZE))),
    attribute("media-col", collection(_A4, attribute("media-source", keyword("tray-9")))),
    attribute("media-col", collection(_A4, attribute("media-type", keyword("photographic")))),
    attribute("media-col", collection(_A4, attribute("media-top-margin", integer(0)))),
    attribute("media-col", collection(_A4, attribute("media-color", keyword("blue")))),
    attribute("page-ranges", range_of(0, 3)),
    attribute("page-ranges", range_of(3, 5), range_of(1, 2)),
    attribute("page-ranges", range_of(5, 3)),
    attribute("number-up", integer(3)),
    attribute("orientation-requested", enum(9)),
    attribute("print-color-mode", keyword("bi-level")),
    attribute("print-scaling", keyword("twice")),
    attribute("print-quality", enum(9)),
    attribute("printer-resolution", resolution(600, 600)),
    attribute("finishings", enum(4)),
    attribute("output-bin", keyword("tray-2")),
    attribute("job-hold-until", keyword("tea-time")),
    attribute("job-hold-until-time", keyword("soon")),
    attribute("job-priority", integer(0)),
    attribute("job-priority", integer(101)),
    attribute("job-sheets", name("cover")),
    attribute("multiple-document-handling", keyword("single-document")),
    attribute("overrides", collection(attribute("pages", range_of(1, 1)), attribute("sides", keyword("one-sided")))),
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda one: one.name)
def test_a_value_that_is_not_done_is_named_as_it_was_sent(house: House, wrong: Attribute) -> None:
    """RFC 8011 §4.1.7, PWG 5100.7 §3.1.2: left out, or, where it has to be as asked, refused."""
    printer = house.printer("office")
    fine = attribute("job-priority" if wrong.name != "job-priority" else "number-up", integer(1))
    answer = ask(printer, Operation.VALIDATE_JOB, job=[fine, wrong])
    assert (answer.code, _unsupported(answer)) == (Status.OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES, (wrong,))
    for strict in (
        attribute("ipp-attribute-fidelity", boolean(True)),
        attribute("job-mandatory-attributes", keyword(wrong.name), keyword(fine.name)),
    ):
        answer = ask(printer, Operation.VALIDATE_JOB, strict, job=[fine, wrong])
        assert (answer.code, _unsupported(answer)) == (Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED, (wrong,))
    other = attribute("job-mandatory-attributes", keyword(fine.name))
    answer = ask(printer, Operation.VALIDATE_JOB, other, job=[fine, wrong])
    assert answer.code == Status.OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES


def test_only_the_wrong_ones_of_several_values_are_named(house: House) -> None:
    answer = ask(
        house.printer("office"), Operation.VALIDATE_JOB, job=[attribute("finishings", enum(3), enum(4), enum(5))]
    )
    assert _unsupported(answer) == (attribute("finishings", enum(4), enum(5)),)


@pytest.mark.parametrize(
    "unknown",
    [attribute("x-unheard-of", text("yes")), attribute("cover-back", collection(_A4))],
    ids=lambda one: one.name,
)
def test_an_attribute_that_is_not_known_is_unsupported(house: House, unknown: Attribute) -> None:
    answer = ask(house.printer("office"), Operation.VALIDATE_JOB, job=[unknown])
    assert answer.code == Status.OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES
    assert _unsupported(answer) == (attribute(unknown.name, UNSUPPORTED),)


def test_what_is_not_done_is_not_said_of_the_job(house: House) -> None:
    """The job has what it was given, and nothing that was left out."""
    printer = house.printer("office")
    job = [
        attribute("copies", integer(2)),
        attribute("print-quality", enum(9)),
        _HELD,
        attribute("number-up", integer(5)),
    ]
    number = _number(ask(printer, Operation.PRINT_JOB, job=job, document=make_pdf()))
    found = _job(printer, number, "job-template")
    assert {one for one in found if one.name != "destination-uris"} == {attribute("copies", integer(2)), _HELD}
    ask(printer, Operation.CANCEL_JOB, attribute("job-id", integer(number)))


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        (attribute("document-format", mime_type("text/x-unheard-of")), Status.DOCUMENT_FORMAT_NOT_SUPPORTED),
        (attribute("compression", keyword("brotli")), Status.COMPRESSION_NOT_SUPPORTED),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
def test_operation_attributes_that_cannot_be_done_refuse_the_job(house: House, wrong: Attribute, status: int) -> None:
    for operation in (Operation.VALIDATE_JOB, Operation.PRINT_JOB):
        answer = ask(house.printer("office"), operation, wrong, document=make_pdf())
        assert (answer.code, _unsupported(answer)) == (status, (wrong,))


# What is advertised is taken


def test_every_value_that_is_offered_is_taken(printer: str) -> None:
    described = _describe(printer, "all", "media-col-database")
    offered = described.strings("job-creation-attributes-supported")
    tried = set()
    job_template = {one.name: one for one in described}
    for attribute_name in offered:
        supported = job_template.get(f"{attribute_name}-supported")
        for asked in _values_of(attribute_name, supported):
            tried.add(attribute_name)
            strict = attribute("ipp-attribute-fidelity", boolean(True))
            answer = ask(printer, Operation.VALIDATE_JOB, strict, job=[asked])
            assert answer.code == Status.OK, (asked, _unsupported(answer))
    assert tried >= {"copies", "finishings", "media", "number-up", "print-color-mode", "print-scaling", "sides"}
    for column in described.collections("media-col-database"):
        answer = ask(printer, Operation.VALIDATE_JOB, job=[attribute("media-col", Value(0x34, column))])
        assert answer.code == Status.OK, column


_NO_LISTS = (
    "document-format",
    "media-col",
    "job-hold-until-time",
    "job-priority",
    "cover-sheet-info",
    "destination-uris",
)
"""What is supported of these is no list of values."""


def _values_of(attribute_name: str, supported: Attribute | None) -> list[Attribute]:
    if supported is None or attribute_name in _NO_LISTS:
        return []
    found = []
    for value in supported.values:
        if isinstance(value.data, bool):  # page-ranges-supported
            continue
        ends = [value]
        if isinstance(value.data, Range):
            ends = [integer(value.data.lower), integer(value.data.upper)]
        found += [attribute(attribute_name, end) for end in ends]
    return found


def test_each_default_is_among_what_is_supported(printer: str) -> None:
    described = {one.name: one for one in _describe(printer)}
    checked = 0
    for each in described.values():
        supported = described.get(each.name.removesuffix("-default") + "-supported")
        if (
            not each.name.endswith("-default")
            or supported is None
            or isinstance(each.values[0].data, Collection | None)
        ):
            continue
        ranges = [data for _, data in supported.values if isinstance(data, Range)]
        for _, data in each.values:
            within = any(isinstance(data, int) and one.lower <= data <= one.upper for one in ranges)
            most = each.name == "job-priority-default"  # supported is how many levels there are
            assert within or most or data in [value.data for value in supported.values], each
        checked += 1
    assert checked > 15


# Requested attributes


def test_groups_of_printer_attributes_are_parts_of_all(printer: str) -> None:
    """RFC 8011 §4.2.5.1, RFC 3995 §5.3; media-col-database is too long for all (PWG 5100.7)."""
    everything, template = _names(_describe(printer, "all")), _names(_describe(printer, "job-template"))
    description = _names(_describe(printer, "printer-description"))
    subscription = _names(_describe(printer, "subscription-template"))
    assert sorted(everything) == sorted(template + description + subscription)
    assert _names(_describe(printer)) == everything
    assert len(set(everything)) == len(everything)
    assert "media-col-database" not in everything
    assert {"copies-default", "media-supported", "media-ready", "media-col-default", "sides-supported"} <= set(template)
    assert {"printer-name", "printer-state", "operations-supported", "job-creation-attributes-supported"} <= set(
        description
    )
    assert _names(_describe(printer, "media-col-database")) == ["media-col-database"]
    assert set(_names(_describe(printer, "all", "media-col-database"))) == {*everything, "media-col-database"}
    assert _names(_describe(printer, "printer-state", "x-unheard-of", "copies-default")) == [
        "printer-state",
        "copies-default",
    ]
    assert _names(_describe(printer, "x-unheard-of")) == _names(_describe(printer, "none")) == []


def _job(printer: str, number: int, *requested: str) -> Group:
    asked = [attribute("requested-attributes", *map(keyword, requested))] if requested else []
    return ask(printer, Operation.GET_JOB_ATTRIBUTES, attribute("job-id", integer(number)), *asked).job


def test_groups_of_job_attributes_are_parts_of_all(house: House) -> None:
    printer = house.printer("office")
    job = [attribute("copies", integer(3)), attribute("sides", keyword("one-sided")), _HELD]
    number = _number(ask(printer, Operation.PRINT_JOB, job=job, document=make_pdf()))
    everything, template = _names(_job(printer, number, "all")), _names(_job(printer, number, "job-template"))
    assert sorted(everything) == sorted(template + _names(_job(printer, number, "job-description")))
    assert _names(_job(printer, number)) == everything
    assert sorted(template) == ["copies", "destination-uris", "job-hold-until", "sides"]
    assert _names(_job(printer, number, "copies", "job-id", "x-unheard-of")) == ["job-id", "copies"]
    ask(printer, Operation.CANCEL_JOB, attribute("job-id", integer(number)))


# Lists of jobs


def _number(answer: Message) -> int:
    number = answer.job.integer("job-id")
    assert number is not None, answer
    return number


def _list(printer: str, *asked: Attribute, user: str = "tester") -> list[int]:
    answer = ask(printer, Operation.GET_JOBS, *asked, user=user)
    assert answer.code == Status.OK, answer
    return [number for group in answer.groups if (number := group.integer("job-id")) is not None]


@pytest.fixture(scope="module")
def jobs(house: House) -> dict[str, int]:
    """A job in each state, by what it is; `other` is another guest's."""
    printer, document = house.printer("list"), make_pdf()
    later = attribute("job-hold-until-time", date_time(datetime.now(UTC) + timedelta(days=1)))
    made = {
        "held": ask(printer, Operation.PRINT_JOB, job=[_HELD], document=document),
        "timed": ask(printer, Operation.PRINT_JOB, job=[later], document=document),
        "open": ask(printer, Operation.CREATE_JOB),
        "other": ask(printer, Operation.PRINT_JOB, job=[_HELD], document=document, user="another"),
        "canceled": ask(printer, Operation.PRINT_JOB, job=[_HELD], document=document),
        "aborted": ask(printer, Operation.CREATE_JOB),
        "completed": ask(printer, Operation.PRINT_JOB, document=document),
    }
    numbers = {what: _number(answer) for what, answer in made.items()}
    ask(printer, Operation.CANCEL_JOB, attribute("job-id", integer(numbers["canceled"])))
    ask(printer, Operation.CLOSE_JOB, attribute("job-id", integer(numbers["aborted"])))
    for what in ("canceled", "aborted", "completed"):
        wait_until(lambda what=what: (_job(printer, numbers[what]).integer("job-state") or 0) >= JobState.CANCELED)  # type: ignore[misc]
    return numbers


WHICH: dict[str | None, list[str]] = {
    None: ["held", "timed", "open"],
    "not-completed": ["held", "timed", "open"],
    "completed": ["completed", "aborted", "canceled"],
    "all": ["held", "timed", "open", "canceled", "aborted", "completed"],
    "aborted": ["aborted"],
    "canceled": ["canceled"],
    "pending": [],
    "pending-held": ["held", "timed", "open"],
    "processing": [],
    "processing-stopped": [],
}


@pytest.mark.parametrize("which", list(WHICH))
def test_which_jobs(house: House, jobs: dict[str, int], which: str | None) -> None:
    """RFC 8011 §4.2.6, PWG 5100.7: what has ended the newest first, the others the oldest first."""
    printer = house.printer("list")
    asked = [] if which is None else [attribute("which-jobs", keyword(which))]
    assert _list(printer, *asked) == [jobs[what] for what in WHICH[which]]
    assert _list(printer, *asked, attribute("limit", integer(2))) == [jobs[what] for what in WHICH[which]][:2]


def test_each_which_jobs_that_is_offered_is_known(printer: str) -> None:
    offered = _describe(printer, "which-jobs-supported").strings("which-jobs-supported")
    assert set(offered) == {which for which in WHICH if which}
    answer = ask(printer, Operation.GET_JOBS, attribute("which-jobs", keyword("lost")))
    assert answer.code == Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED
    assert _unsupported(answer) == (attribute("which-jobs", keyword("lost")),)


def test_jobs_by_number_and_from_one_on(house: House, jobs: dict[str, int]) -> None:
    printer = house.printer("list")
    ids = attribute("job-ids", *(integer(jobs[what]) for what in ("completed", "held")), integer(999_999))
    assert sorted(_list(printer, ids)) == [jobs["held"], jobs["completed"]]
    assert _list(printer, attribute("job-ids", integer(jobs["other"]))) == []
    assert _list(printer, attribute("first-job-id", integer(jobs["timed"]))) == [jobs["timed"], jobs["open"]]
    both = ask(printer, Operation.GET_JOBS, ids, attribute("which-jobs", keyword("completed")))
    assert both.code == Status.CONFLICTING_ATTRIBUTES
    assert _names(_unsupported(both)) == ["job-ids", "which-jobs"]


def test_my_jobs(house: House, jobs: dict[str, int]) -> None:
    printer, mine = house.printer("list"), attribute("my-jobs", boolean(True))
    assert _list(printer, mine) == [jobs[what] for what in ("held", "timed", "open")]
    assert _list(printer, mine, user="another") == [jobs["other"]]
    assert _list(printer, mine, user="nobody") == []


def test_a_list_holds_what_is_asked_for(house: House, jobs: dict[str, int]) -> None:
    """RFC 8011 §4.2.6.1: job-uri and job-id, when nothing is said."""
    printer = house.printer("list")
    for requested, names in (
        ((), ["job-id", "job-uri"]),
        (("job-state", "job-hold-until"), ["job-state", "job-hold-until"]),
    ):
        asked = [attribute("requested-attributes", *map(keyword, requested))] if requested else []
        answer = ask(printer, Operation.GET_JOBS, attribute("limit", integer(1)), *asked)
        (group,) = answer.groups[1:]
        assert _names(group) == names
    everywhere = ask(house.printer("everyone"), Operation.GET_JOBS)
    assert jobs["held"] in [group.integer("job-id") for group in everywhere.groups[1:]]
    first = ask(printer, Operation.GET_JOBS).groups[1]
    assert first.find("job-uri") == attribute("job-uri", uri(f"{printer}/{jobs['held']}"))
