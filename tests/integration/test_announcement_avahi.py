"""N1: what Linux clients find through avahi, in a network of their own, beside a printer of somebody else's."""

from __future__ import annotations

import pytest

from tests.support.avahi import FOREIGN, JAPANESE, find_with_avahi

pytestmark = pytest.mark.real

_OURS, _RENAMED = JAPANESE.replace(".", "\u2024"), f"{FOREIGN} (3FA9C2)"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[str]]]:
    return find_with_avahi(tmp_path_factory.mktemp("avahi"))


def test_a_group_is_found_with_its_japanese_name_and_a_uri_that_is_encoded_once(
    found: dict[str, list[list[str]]],
) -> None:
    (ours,) = [one for one in found["_ipp._tcp"] if one[0] == _OURS]
    assert ours[1].startswith("ipp://test-")
    assert ours[1].endswith(".local:8632/ipp/print/%E8%A5%BF")
    assert ours[2:4] == ["ipp/print/西", "image/urf,application/pdf,image/jpeg,image/pwg-raster"]
    assert ours[4] == "77000000-0000-0000-0000-000000000000"


def test_the_name_of_anothers_printer_is_left_to_it(found: dict[str, list[list[str]]]) -> None:
    assert [one[0] for one in found["_ipp._tcp"]] == sorted([FOREIGN, _RENAMED, _OURS])
    assert [one[1] for one in found["_ipp._tcp"] if one[0] == FOREIGN] == ["ipp://peer.local:631/ipp/print"]


@pytest.mark.parametrize(("kind", "scheme"), [("_ipp._tcp,_universal", "ipp"), ("_ipps._tcp,_print", "ipps")])
def test_both_are_found_by_what_clients_browse_for(found: dict[str, list[list[str]]], kind: str, scheme: str) -> None:
    assert [one[0] for one in found[kind]] == sorted([_OURS, _RENAMED])
    assert all(one[1].startswith(f"{scheme}://") for one in found[kind])


def test_the_fax_service_of_each_is_found(found: dict[str, list[list[str]]]) -> None:
    assert [one[:2] for one in found["_fax-ipp._tcp"]] == sorted([[_OURS, "8632"], [_RENAMED, "8632"]])
    assert '"rp=ipp/faxout/' in found["_fax-ipp._tcp"][0][2]


def test_a_group_that_is_removed_is_not_found_any_more(found: dict[str, list[list[str]]]) -> None:
    assert [one[0] for one in found["after"]] == sorted([FOREIGN, _RENAMED])
