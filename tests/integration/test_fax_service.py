"""Groups as IPP FaxOut services (PWG 5100.15, SPEC N1): destinations that each job names, each with its own wishes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from distwire.ipp import Message, Operation, Status, attribute, collection
from distwire.ipp.attributes import Attribute
from distwire.ipp.values import uri
from tests.support.board import make_pdf
from tests.support.group_printers import House, run_house
from tests.support.ippwire import ask

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with run_house(tmp_path_factory.mktemp("house") / "home", faxout_from="127.0.0.1") as made:
        made.write_group("office", "discard:one; Branch one", "discard:two; Branch two")
        made.write_group("numbers", "tel:+81-3-5555-0100; The old machine")
        made.wait_for_groups("office", "numbers")
        yield made


def _fax(house: House, *destinations: Attribute, group: str = "office", job: tuple[Attribute, ...] = ()) -> Message:
    return ask(
        house.printer(group, "faxout"),
        Operation.PRINT_JOB,
        job=[attribute("destination-uris", *(collection(one) for one in destinations)), *job],
        document=make_pdf(),
    )


@pytest.mark.parametrize("wrong", ["tel:+81-3-5555-0199", "discard:nobody", "gopher:old", "tel:none"])
def test_a_fax_to_whom_it_cannot_go_is_refused(house: House, wrong: str) -> None:
    """N1: nothing is sent to the others either, and the answer names the attribute."""
    answer = _fax(house, attribute("destination-uri", uri("discard:two")), attribute("destination-uri", uri(wrong)))
    assert answer.code == Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED
    assert "destination-uris" in answer.unsupported
