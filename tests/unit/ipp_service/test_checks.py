"""What the service checks before an operation is carried out (RFC 8011 §4.1; SPEC D11)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from distwire.ipp import (
    Group,
    GroupTag,
    Message,
    Operation,
    Status,
    ValueTag,
    attribute,
    encode_message,
    make_message,
)
from distwire.ipp.service import Context, Refusal, Reply, Service
from distwire.ipp.values import UNSUPPORTED, Value, charset, keyword, natural_language, uri
from tests.unit.ipp_service.requests import TARGET, Recorder, make_request

CHARSET = attribute("attributes-charset", charset("utf-8"))
LANGUAGE = attribute("attributes-natural-language", natural_language("en"))
CONTEXT = Context()


def begin(request: Message) -> Message:
    answer = Recorder().service.begin(request, CONTEXT)
    assert isinstance(answer, Message)
    return answer


def with_operation(*attributes: object, tag: int = GroupTag.OPERATION) -> Message:
    return Message((2, 0), Operation.GET_PRINTER_ATTRIBUTES, 9, (Group(tag, attributes),))  # type: ignore[arg-type]


def test_a_request_in_order_is_carried_out() -> None:
    recorder = Recorder()
    answer = recorder.service.begin(make_request(), CONTEXT)
    assert isinstance(answer, Message)
    assert (answer.code, answer.request_id, answer.version) == (Status.OK, 7, (2, 0))
    assert [each.name for each in answer.operation.attributes[:2]] == [
        "attributes-charset",
        "attributes-natural-language",
    ]
    assert recorder.calls[0].target == "ipp://127.0.0.1/ipp/print"


@pytest.mark.parametrize(
    "request_",
    [
        make_request(request_id=0),
        Message((2, 0), Operation.GET_PRINTER_ATTRIBUTES, 9),
        with_operation(),
        with_operation(CHARSET),
        with_operation(LANGUAGE),
        with_operation(CHARSET, TARGET),
        with_operation(LANGUAGE, CHARSET, TARGET),
        with_operation(CHARSET, LANGUAGE),
        with_operation(CHARSET, LANGUAGE, attribute("printer-uri", keyword("ipp"))),
        with_operation(CHARSET, LANGUAGE, attribute("printer-uri", uri("ipp://a/"), uri("ipp://b/"))),
        with_operation(CHARSET, LANGUAGE, TARGET, tag=GroupTag.JOB),
        with_operation(attribute("attributes-charset", keyword("utf-8")), LANGUAGE, TARGET),
    ],
)
def test_what_does_not_begin_as_it_must_is_a_bad_request(request_: Message) -> None:
    answer = begin(request_)
    assert answer.code == Status.BAD_REQUEST
    assert answer.request_id == request_.request_id
    assert not answer.printer.attributes


@pytest.mark.parametrize("version", [(0, 0), (3, 0), (0, 9)])
def test_an_unknown_version_is_told_the_nearest_known_one(version: tuple[int, int]) -> None:
    answer = begin(replace(make_request(), version=version))
    assert answer.code == Status.VERSION_NOT_SUPPORTED
    assert answer.version in ((1, 1), (2, 0))


@pytest.mark.parametrize(("asked", "told"), [((1, 0), (1, 1)), ((1, 1), (1, 1)), ((2, 0), (2, 0)), ((2, 2), (2, 0))])
def test_a_known_major_version_is_served(asked: tuple[int, int], told: tuple[int, int]) -> None:
    answer = begin(replace(make_request(), version=asked))
    assert (answer.code, answer.version) == (Status.OK, told)


def test_an_unsupported_charset_comes_back_as_the_cause() -> None:
    answer = begin(with_operation(attribute("attributes-charset", charset("shift_jis")), LANGUAGE, TARGET))
    assert answer.code == Status.CHARSET_NOT_SUPPORTED
    assert answer.unsupported.string("attributes-charset") == "shift_jis"


def test_an_unknown_operation_is_said_to_be_one() -> None:
    assert begin(make_request(Operation.PURGE_JOBS)).code == Status.OPERATION_NOT_SUPPORTED


def test_an_unknown_compression_is_refused_before_the_document() -> None:
    recorder = Recorder()
    request = make_request(Operation.PRINT_JOB, attribute("compression", keyword("brotli")))
    answer = recorder.service.begin(request, CONTEXT)
    assert isinstance(answer, Message)
    assert answer.code == Status.COMPRESSION_NOT_SUPPORTED
    assert answer.unsupported.string("compression") == "brotli"
    assert not recorder.sinks


def test_a_refusal_tells_status_words_and_causes() -> None:
    cause = attribute("sides", keyword("three-sided"))

    def refuse(_call: object) -> Reply:
        raise Refusal(Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED, "紙は二面" * 60, (cause,))

    answer = Service({Operation.GET_JOBS: refuse}).begin(make_request(Operation.GET_JOBS), CONTEXT)
    assert isinstance(answer, Message)
    assert answer.code == Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED
    assert answer.status_message.startswith("紙は二面")
    assert len(answer.status_message.encode()) <= 255
    assert [group.tag for group in answer.groups] == [GroupTag.OPERATION, GroupTag.UNSUPPORTED]
    assert answer.unsupported.find("sides") == cause


def test_the_user_is_the_signed_in_one_before_the_claimed_one() -> None:
    recorder = Recorder()
    named = make_message(
        Operation.GET_PRINTER_ATTRIBUTES, 1, (TARGET, attribute("requesting-user-name", Value(0x42, "田中")))
    )
    for context in (Context(), Context(user="suzuki")):
        recorder.service.begin(named, context)
    assert [call.user for call in recorder.calls] == ["田中", "suzuki"]


def test_a_charset_that_is_none_is_refused_by_its_name_alone() -> None:
    """It came as octets that no charset's name has: it cannot be said again."""
    wrong = attribute("attributes-charset", Value(ValueTag.CHARSET, "utf-8\x82"))
    answer = begin(with_operation(wrong, LANGUAGE, TARGET))
    assert answer.code == Status.CHARSET_NOT_SUPPORTED
    assert answer.unsupported.attributes == (attribute("attributes-charset", UNSUPPORTED),)
    encode_message(answer)
