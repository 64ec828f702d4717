"""N1: what Linux clients find through avahi, in a network of their own, beside a printer of somebody else's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from distserver.intake.ipp.announcement.announcer import Announcer
from tests.support import patience
from tests.support.announcing import PACE, make_printer, make_scope, uuid_of, wait_until
from tests.support.avahi import Avahi, Service, run_avahi
from tests.support.network import own_network

pytestmark = pytest.mark.real

_FOREIGN = "総務 の複合機"
_JAPANESE = "営業所 西.日本"
_OURS, _RENAMED = _JAPANESE.replace(".", "\u2024"), f"{_FOREIGN} (3FA9C2)"
_KINDS = {"_ipp._tcp": 3, "_ipp._tcp,_universal": 2, "_ipps._tcp,_print": 2}
"""And how many are to be found: somebody else's has no subtypes."""

Found = dict[str, list[list[str]]]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Found, list[Service]]]:
    """What ippfind finds of our printers, by what it looked for; `after` is after one was withdrawn. And the faxes."""
    with own_network(), run_avahi(tmp_path_factory.mktemp("avahi")) as avahi, avahi.publishing(_FOREIGN):
        yield asyncio.run(_look(avahi))


async def _look(avahi: Avahi) -> tuple[Found, list[Service]]:
    ours = make_printer(_JAPANESE, path="/ipp/print/%E8%A5%BF", fax_path="/ipp/faxout/%E8%A5%BF", uuid=uuid_of("77"))
    late = make_printer(_FOREIGN, uuid=uuid_of("3fa9c2"))
    announcer = Announcer(make_scope(), PACE)
    announcer.follow([ours, late])
    await announcer.start()
    await wait_until(lambda: len(announcer.names) == 2)
    found = {kind: await asyncio.to_thread(avahi.find, kind, count) for kind, count in _KINDS.items()}
    faxes = await asyncio.to_thread(_browse_faxes, avahi)
    announcer.follow([late])
    await wait_until(lambda: len(announcer.names) == 1)
    found["after"] = await asyncio.to_thread(avahi.find, "_ipp._tcp", 2)
    await announcer.stop()
    return found, faxes


def _browse_faxes(avahi: Avahi) -> list[Service]:
    """Both of them, each of which is announced by itself."""
    found: list[Service] = []

    def look() -> bool:
        found[:] = avahi.browse("_fax-ipp._tcp")
        return len(found) == 2

    patience.wait_until(look, lambda: found)
    return found


def test_a_group_is_found_with_its_japanese_name_and_a_uri_that_is_encoded_once(
    found: tuple[Found, list[Service]],
) -> None:
    (ours,) = [one for one in found[0]["_ipp._tcp"] if one[0] == _OURS]
    assert ours[1].startswith("ipp://test-")
    assert ours[1].endswith(".local:8632/ipp/print/%E8%A5%BF")
    assert ours[2:4] == ["ipp/print/西", "image/urf,application/pdf,image/jpeg,image/pwg-raster"]
    assert ours[4] == "77000000-0000-0000-0000-000000000000"


def test_the_name_of_anothers_printer_is_left_to_it(found: tuple[Found, list[Service]]) -> None:
    assert [one[0] for one in found[0]["_ipp._tcp"]] == sorted([_FOREIGN, _RENAMED, _OURS])
    assert [one[1] for one in found[0]["_ipp._tcp"] if one[0] == _FOREIGN] == ["ipp://peer.local:631/ipp/print"]


@pytest.mark.parametrize(("kind", "scheme"), [("_ipp._tcp,_universal", "ipp"), ("_ipps._tcp,_print", "ipps")])
def test_both_are_found_by_what_clients_browse_for(found: tuple[Found, list[Service]], kind: str, scheme: str) -> None:
    assert [one[0] for one in found[0][kind]] == sorted([_OURS, _RENAMED])
    assert all(one[1].startswith(f"{scheme}://") for one in found[0][kind])


def test_the_fax_service_of_each_is_found(found: tuple[Found, list[Service]]) -> None:
    assert [(one.name, one.port) for one in found[1]] == sorted([(_OURS, 8632), (_RENAMED, 8632)])
    assert {one.txt["rp"] for one in found[1]} == {"ipp/faxout/西", "ipp/faxout/sales"}


def test_a_group_that_is_removed_is_not_found_any_more(found: tuple[Found, list[Service]]) -> None:
    assert [one[0] for one in found[0]["after"]] == sorted([_FOREIGN, _RENAMED])
