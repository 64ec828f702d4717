"""N1: any request that is well-formed IPP is answered: with what it asked for, or with what of it is not done here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from distwire.ipp import Attribute, Message, Operation, Status, ValueTag, attribute
from distwire.ipp import values as v
from tests.fuzz.asking import HANAKO, OPS, TARO, ask
from tests.fuzz.dictionary import ATTRIBUTES, DOCUMENTS, PDF
from tests.fuzz.findings import Finding, is_fault
from tests.fuzz.house import VISITORS, House
from tests.fuzz.watch import Watch
from tests.support.ipp_strategies import INT32, NAMES, VALUES

SETTINGS = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FIXED = ("attributes-charset", "attributes-natural-language", "printer-uri", "job-uri", "system-uri", "compression")
GROUPS = ("all", "printer-description", "job-template", "job-description")
KNOWN = st.sampled_from([name for name in ATTRIBUTES if name not in FIXED])
SYNTAX = {
    ValueTag.INTEGER: INT32.map(v.integer),
    ValueTag.ENUM: INT32.map(v.enum),
    ValueTag.BOOLEAN: st.booleans().map(v.boolean),
    ValueTag.RANGE_OF_INTEGER: st.builds(v.range_of, INT32, INT32),
}


def values_of(name: str) -> st.SearchStrategy[v.Value]:
    """Mostly of the syntax that the attribute has, among them words that it knows; else of any."""
    tag, words = ATTRIBUTES[name]
    known = [word.decode() for word in words if word.isascii()]
    strings = st.sampled_from(known).map(lambda word: v.Value(tag, word[:60]))
    fitting = SYNTAX.get(ValueTag(tag), strings if tag >= ValueTag.TEXT else VALUES)
    return st.one_of(fitting, fitting, fitting, VALUES)


NAMED = KNOWN.flatmap(
    lambda name: st.lists(values_of(name), min_size=1, max_size=3).map(lambda found: Attribute(name, found))
)
STRANGE = st.builds(Attribute, NAMES.filter(lambda name: name not in FIXED), st.lists(VALUES, min_size=1, max_size=2))
MANY = st.lists(st.one_of(NAMED, NAMED, STRANGE), max_size=5)
OPERATIONS = st.sampled_from(sorted(Operation))


@pytest.fixture(scope="module")
def found() -> list[Finding]:
    return []


@pytest.fixture(scope="module")
def watch(found: list[Finding], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    it = Watch(found.append)
    home: Path = tmp_path_factory.mktemp("house")
    with it.over(home / "home"):
        yield it


@pytest.fixture
def house(watch: Watch, found: list[Finding]) -> Iterator[House]:
    yield watch.house
    watch.clear()
    assert [finding.key for finding in found] == []


def names_not_done(answer: Message) -> set[str]:
    return {one.name for one in answer.unsupported}


@SETTINGS
@given(OPERATIONS, MANY, MANY, st.sampled_from(DOCUMENTS[:10]), st.sampled_from(VISITORS[:7]))
def test_every_request_has_an_answer(
    house: House, operation: int, attributes: list[Attribute], job: list[Attribute], document: bytes, by: object
) -> None:
    answer = ask(house, operation, *attributes, job=job, document=document, by=by)  # type: ignore[arg-type]
    assert not is_fault(answer.code, answer.status_message)
    assert names_not_done(answer) <= {one.name for one in (*attributes, *job)}
    assert bool(answer.status_message) or answer.ok


@SETTINGS
@given(MANY, st.booleans())
def test_validate_job_says_what_print_job_would(house: House, job: list[Attribute], strictly: bool) -> None:
    fidelity = attribute("ipp-attribute-fidelity", v.boolean(strictly))
    asked, printed = (
        ask(house, operation, fidelity, job=job, document=document)
        for operation, document in ((Operation.VALIDATE_JOB, b""), (Operation.PRINT_JOB, PDF))
    )
    assert names_not_done(asked) == names_not_done(printed)
    assert asked.code == printed.code
    assert not (strictly and printed.code == Status.OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES)


@SETTINGS
@given(st.lists(st.one_of(KNOWN, NAMES, st.sampled_from(GROUPS)), min_size=1, max_size=6))
def test_a_printer_tells_what_it_is_asked_for_and_no_more(house: House, names: list[str]) -> None:
    requested = attribute("requested-attributes", *v.keywords(names))
    told = {one.name for one in ask(house, Operation.GET_PRINTER_ATTRIBUTES, requested).printer}
    everything = {one.name for one in ask(house, Operation.GET_PRINTER_ATTRIBUTES).printer}
    assert told <= everything | {"media-col-database"}
    assert everything.intersection(names) <= told
    if not set(GROUPS).intersection(names):
        assert told <= set(names)


@SETTINGS
@given(st.lists(st.one_of(st.just("all"), KNOWN), min_size=1, max_size=4), MANY)
def test_a_job_tells_what_was_asked_of_it(house: House, names: list[str], job: list[Attribute]) -> None:
    made = ask(house, Operation.CREATE_JOB, job=job)
    if not made.ok:
        return
    number = attribute("job-id", v.integer(made.job.integer("job-id") or 0))
    requested = attribute("requested-attributes", *v.keywords(names))
    told = ask(house, Operation.GET_JOB_ATTRIBUTES, number, requested)
    assert told.ok
    assert ask(house, Operation.GET_JOB_ATTRIBUTES, number, by=OPS).ok
    assert ask(house, Operation.GET_JOB_ATTRIBUTES, number, by=TARO).code == Status.NOT_FOUND
    assert ask(house, Operation.CANCEL_JOB, number, by=TARO).code == Status.NOT_FOUND
    assert ask(house, Operation.CANCEL_JOB, number, by=HANAKO).ok
