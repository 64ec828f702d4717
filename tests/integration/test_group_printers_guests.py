"""Guests elsewhere learn and change nothing by giving the name of one who may print (N1)."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

from distwire.ipp import Attribute, Group, GroupTag, Operation, Status, attribute
from distwire.ipp.values import integer, keyword
from tests.support.documents import make_pdf
from tests.support.group_printers import House, run_house
from tests.support.ippwire import HttpStatus, Way, ask

_AWAY = Way(source="127.0.0.2")
_HELD = (attribute("job-hold-until", keyword("indefinite")),)
_FREE = (attribute("job-hold-until", keyword("no-hold")),)
_SUBSCRIPTION = Group(
    GroupTag.SUBSCRIPTION,
    (
        attribute("notify-pull-method", keyword("ippget")),
        attribute("notify-events", keyword("job-state-changed")),
    ),
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with run_house(tmp_path_factory.mktemp("house")) as made:
        made.write_group("office", "discard:one; Branch one")
        made.wait_for_groups("office")
        yield made


def _refused(house: House, operation: int, *said: Attribute, job: tuple[Attribute, ...] = (), groups: int = 0) -> bool:
    with pytest.raises(HttpStatus) as refused:
        ask(house.printer("office"), operation, *said, job=job, groups=(_SUBSCRIPTION,) * groups, way=_AWAY)
    return refused.value.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.UPGRADE_REQUIRED)


def test_a_guest_elsewhere_does_nothing_in_the_name_of_another(house: House, tmp_path: Path) -> None:
    document = make_pdf(tmp_path / "notice.pdf").read_bytes()
    printer = house.printer("office")
    answer = ask(printer, Operation.PRINT_JOB, job=_HELD, groups=(_SUBSCRIPTION,), document=document)
    number = answer.group(GroupTag.JOB).integer("job-id") or 0
    job, id_ = attribute("job-id", integer(number)), attribute("notify-job-id", integer(number))
    made = ask(printer, Operation.CREATE_PRINTER_SUBSCRIPTIONS, groups=(_SUBSCRIPTION,))
    own = made.group(GroupTag.SUBSCRIPTION).integer("notify-subscription-id") or 0
    one, several = attribute("notify-subscription-id", integer(own)), attribute("notify-subscription-ids", integer(own))
    assert _refused(house, Operation.SET_JOB_ATTRIBUTES, job, job=_FREE)
    assert _refused(house, Operation.CREATE_JOB_SUBSCRIPTIONS, id_, groups=1)
    assert _refused(house, Operation.GET_SUBSCRIPTIONS, id_)
    assert _refused(house, Operation.GET_SUBSCRIPTION_ATTRIBUTES, one)
    assert _refused(house, Operation.GET_NOTIFICATIONS, several)
    assert _refused(house, Operation.RENEW_SUBSCRIPTION, one)
    assert _refused(house, Operation.CANCEL_SUBSCRIPTION, one)
    listed = ask(printer, Operation.GET_SUBSCRIPTIONS, way=_AWAY)
    assert not list(listed.groups_of(GroupTag.SUBSCRIPTION))
    here = ask(printer, Operation.SET_JOB_ATTRIBUTES, job, job=_FREE)
    assert here.code == Status.OK
    assert ask(printer, Operation.CANCEL_SUBSCRIPTION, one).code == Status.OK
