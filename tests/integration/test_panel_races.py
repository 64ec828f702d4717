"""Cards and codes on each kind of database, when many come at once: one gets it (N7)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import pytest

from distserver.accounts.cards import Cards
from distserver.accounts.enrolments import MOST_GUESSES, SECONDS, Enrolments, NewDevice
from distserver.accounts.seal import Seal
from distserver.accounts.service import Accounts
from distserver.accounts.throttle import Throttle
from distserver.errors import Conflict, DistserverError, NotInAllRec, NotSignedIn, TooManyTries, WrongProof
from distserver.model.accounts import Card, Role
from distserver.model.address import Destination, parse_address
from distserver.model.jobs import Actor
from distserver.store.database import Database
from distserver.store.migrate import migrate

ROOT = Actor("root", Role.ADMINISTRATOR)
PRINTER = Actor("ipp://sapporo.example.org/ipp/print", Role.DEVICE)
T = TypeVar("T")


@dataclass
class Desk:
    """Two servers on one database."""

    database: Database
    now: float = 1_000_000.0

    def cards(self) -> Cards:
        return Cards(self.database, Seal("key"), lambda: self.now)

    def enrolments(self, key: str = "key") -> Enrolments:
        patient = Throttle(free=1000)
        return Enrolments(self.database, Seal(key), _find_line, lambda: self.now, patient)


def _find_line(device: str) -> Destination:
    if not device or "nowhere" in device:
        raise NotInAllRec("no such line")
    return Destination(parse_address(device), "札幌支店")


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    database = Database(database_url, durable=True, pool=10)
    migrate(database)
    yield Desk(database)
    database.close()


def _at_once(calls: list[Callable[[], T]]) -> list[T | DistserverError]:
    results: list[T | DistserverError] = []
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> None:
        start.wait()
        try:
            results.append(call())
        except DistserverError as error:
            results.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_code_is_taken_once_however_many_come(desk: Desk) -> None:
    servers = [desk.enrolments(), desk.enrolments()]
    code = servers[0].make_code("sapporo.example.org", ROOT).digits
    results = _at_once([lambda s=s: s.take("sapporo.example.org", code, "192.0.2.1") for s in servers * 4])  # type: ignore[misc]
    devices = [one for one in results if isinstance(one, NewDevice)]
    assert len(devices) == 1
    assert all(isinstance(one, WrongProof) for one in results if one is not devices[0])
    tokens = Accounts(desk.database).list_tokens(ROOT)
    assert [(one.subject, one.role) for one in tokens] == [(PRINTER.name, Role.DEVICE)]
    assert Accounts(desk.database).authenticate(devices[0].secret, "192.0.2.1") == PRINTER


def test_the_device_that_is_enrolled_takes_the_place_of_the_one_before(desk: Desk) -> None:
    """Also of one that had a token made by hand; another address, and tokens of people, are left alone."""
    enrolments, people = desk.enrolments(), Accounts(desk.database)
    by_hand = people.create_token(PRINTER.name, Role.DEVICE, "", ROOT)[1]
    osaka = people.create_token("ipp://osaka.example.org/ipp/print", Role.DEVICE, "", ROOT)[1]
    first = enrolments.take(PRINTER.name, enrolments.make_code(PRINTER.name, ROOT).digits, "192.0.2.1")
    code = enrolments.make_code("sapporo.example.org", ROOT).digits
    with pytest.raises(WrongProof):
        enrolments.take(PRINTER.name, "0", "192.0.2.1")
    assert people.authenticate(first.secret, "192.0.2.1") == PRINTER, "a wrong code ends nothing"
    second = enrolments.take(PRINTER.name, code, "192.0.2.1")
    for secret in (by_hand, first.secret):
        with pytest.raises(NotSignedIn):
            people.authenticate(secret, "192.0.2.1")
    assert people.authenticate(second.secret, "192.0.2.1") == PRINTER
    assert people.authenticate(osaka, "192.0.2.1").name == "ipp://osaka.example.org/ipp/print"
    revoked = [one for one in people.list_audit(ROOT, action="token-revoke") if one.who == PRINTER.name]
    assert len(revoked) == 2


def test_a_code_holds_for_its_time_its_address_and_as_the_newest(desk: Desk) -> None:
    enrolments = desk.enrolments()
    first = enrolments.make_code("sapporo.example.org", ROOT)
    second = enrolments.make_code("sapporo.example.org", ROOT)
    assert [one.address for one in enrolments.list_codes(ROOT)] == [PRINTER.name]
    for address, digits in (
        ("sapporo.example.org", first.digits),
        ("osaka.example.org", second.digits),
        ("nowhere.example.org", second.digits),
        ("", second.digits),
        ("sapporo.example.org", ""),
        ("sapporo.example.org", "%"),
    ):
        with pytest.raises(WrongProof) as refused:
            enrolments.take(address, digits, "192.0.2.1")
        assert refused.value.keyword == "wrong-code"
    desk.now += SECONDS
    with pytest.raises(WrongProof):
        enrolments.take("sapporo.example.org", second.digits, "192.0.2.1")
    assert enrolments.list_codes(ROOT) == []
    third = enrolments.make_code("sapporo.example.org", ROOT).digits
    wide = third.translate({ord(str(n)): 0xFF10 + n for n in range(10)})
    assert enrolments.take("ipp://sapporo.example.org/ipp/print", f" {wide} ", "192.0.2.1").where.name == "札幌支店"


def test_a_code_that_was_guessed_at_holds_no_more(desk: Desk) -> None:
    """Also when each guess comes from an address of its own, and to a server of its own."""
    right = desk.enrolments().make_code("sapporo.example.org", ROOT).digits
    wrong = f"{(int(right.replace(' ', '')) + 1) % 10**8:08}"
    for number in range(MOST_GUESSES):
        with pytest.raises(WrongProof):
            desk.enrolments().take("sapporo.example.org", wrong, f"192.0.2.{number}")
    with pytest.raises(WrongProof):
        desk.enrolments().take("sapporo.example.org", right, "192.0.2.99")
    assert desk.enrolments().list_codes(ROOT) == []
    refused = Accounts(desk.database).list_audit(ROOT, action="enrolment-refused")
    assert len(refused) == MOST_GUESSES
    assert (refused[-1].who, refused[-1].object) == ("192.0.2.0", PRINTER.name)


def test_a_code_is_stored_under_a_key_that_the_database_lacks(desk: Desk) -> None:
    code = desk.enrolments().make_code("sapporo.example.org", ROOT).digits
    with pytest.raises(WrongProof):
        desk.enrolments("another key").take("sapporo.example.org", code, "192.0.2.1")
    assert isinstance(desk.enrolments().take("sapporo.example.org", code, "192.0.2.1"), NewDevice)


def test_a_card_that_two_register_at_once_is_one_users(desk: Desk) -> None:
    for name in ("hanako", "taro"):
        Accounts(desk.database).create_user(name, Role.SENDER, None, ROOT)
    people = [Actor(name, Role.SENDER, via=PRINTER.name) for name in ("hanako", "taro")] * 4
    results = _at_once([lambda by=by: desk.cards().add("04A2F9C1B7", by) for by in people])  # type: ignore[misc]
    (card,) = desk.cards().list(ROOT)
    assert {one.user for one in results if isinstance(one, Card)} == {card.user}
    assert all(isinstance(one, Conflict) for one in results if not isinstance(one, Card))
    assert desk.cards().sign_in("04A2F9C1B7", PRINTER).name == card.user


def test_a_removed_card_is_gone_for_one_of_two_who_remove_it(desk: Desk) -> None:
    Accounts(desk.database).create_user("hanako", Role.SENDER, None, ROOT)
    card = desk.cards().add("04A2F9C1B7", Actor("hanako", Role.SENDER, via=PRINTER.name))
    results = _at_once([lambda: desk.cards().remove(card.id, ROOT)] * 4)
    assert len([one for one in results if isinstance(one, Card)]) == 1


def test_cards_that_are_guessed_at_once_gain_nothing(desk: Desk) -> None:
    cards = desk.cards()
    guesses = [f"04A2F9C1{number:02}" for number in range(30)]
    results = _at_once([lambda n=n: cards.sign_in(n, PRINTER) for n in guesses])  # type: ignore[misc]
    assert all(isinstance(one, WrongProof | TooManyTries) for one in results)
    assert len(Accounts(desk.database).list_audit(ROOT, action="card-refused")) == 11, "so many were looked up"
