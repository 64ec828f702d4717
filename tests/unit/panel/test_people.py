"""Who a device remembers for the time when its server is away."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from mfp_client.panel.people import DAYS_WITHOUT_SERVER, People, Remembered
from tests.support.full_disk import fill_disk

NOW = 1_000_000.0
ANNA = Remembered("anna", "sender", "grant-of-anna", NOW + 3600, NOW)


def test_a_person_who_was_confirmed_is_known_by_password_and_card(tmp_path: Path) -> None:
    People(tmp_path, lambda: NOW).confirm(ANNA, password="correct horse")
    people = People(tmp_path, lambda: NOW)
    people.confirm(ANNA, card="0012345678")
    again = People(tmp_path, lambda: NOW)
    assert again.find_by_password("anna", "correct horse") is not None
    found = again.find_by_card("0012345678")
    assert found is not None
    assert found.user == "anna"
    assert again.find_by_password("anna", "wrong") is None
    assert again.find_by_password("bob", "correct horse") is None
    assert again.find_by_card("0012345679") is None


def test_what_is_remembered_is_for_the_device_alone_and_holds_no_secret(tmp_path: Path) -> None:
    people = People(tmp_path, lambda: NOW)
    people.confirm(ANNA, password="correct horse")
    people.add_card("anna", "0012345678")
    file = tmp_path / "people.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "correct horse" not in file.read_text()
    assert "0012345678" not in file.read_text()


def test_after_a_month_without_the_server_nobody_is_let_in(tmp_path: Path) -> None:
    now = [NOW]
    people = People(tmp_path, lambda: now[0])
    people.confirm(ANNA, password="correct horse", card="0012345678")
    now[0] = NOW + DAYS_WITHOUT_SERVER * 86400 + 1
    assert people.find_by_password("anna", "correct horse") is None
    assert people.find_by_card("0012345678") is None


def test_a_grant_ends(tmp_path: Path) -> None:
    now = [NOW]
    people = People(tmp_path, lambda: now[0])
    people.confirm(ANNA, password="correct horse")
    assert people.grant_of("anna") == "grant-of-anna"
    now[0] = NOW + 3600
    assert people.grant_of("anna") is None
    assert people.grant_of("bob") is None


def test_a_card_belongs_to_the_last_one_who_registered_it(tmp_path: Path) -> None:
    people = People(tmp_path, lambda: NOW)
    people.confirm(ANNA, card="0012345678")
    people.confirm(Remembered("bob", "sender", "g", NOW + 1, NOW), password="another one")
    people.add_card("bob", "0012345678")
    found = people.find_by_card("0012345678")
    assert found is not None
    assert found.user == "bob"


def test_somebody_who_is_forgotten_is_not_let_in(tmp_path: Path) -> None:
    people = People(tmp_path, lambda: NOW)
    people.confirm(ANNA, password="correct horse", card="0012345678")
    people.forget("anna")
    assert People(tmp_path, lambda: NOW).find_by_password("anna", "correct horse") is None
    assert people.find_by_card("0012345678") is None


NO_TIME = {"user": "anna", "role": "", "grant": "", "grant_expires": None, "confirmed": 1, "cards": []}


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        "{",
        "[]",
        "[" * 100_000,
        '{"key": "xx", "people": []}',
        '{"key": "00", "people": [{"user": 1}]}',
        json.dumps({"key": "00", "people": [NO_TIME]}),
    ],
)
def test_a_damaged_file_lets_nobody_in_and_is_replaced(tmp_path: Path, damaged: str) -> None:
    (tmp_path / "people.json").write_text(damaged)
    people = People(tmp_path, lambda: NOW)
    assert people.find("anna") is None
    people.confirm(ANNA, password="correct horse")
    assert json.loads((tmp_path / "people.json").read_text())["people"][0]["user"] == "anna"


def test_what_cannot_be_written_is_so_until_the_program_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = People(tmp_path, lambda: NOW)
    people.confirm(ANNA, password="correct horse")
    fill_disk(monkeypatch)
    people.forget("anna")
    assert people.find("anna") is None
    assert People(tmp_path, lambda: NOW).find("anna") is not None
