"""Log-in at a panel: the server decides, the device only while the server is away."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from distwire.api.failures import Refused, Unreachable
from distwire.api.panel import SignedIn, SignIn
from mfp_client.panel.log_in import LogIn
from mfp_client.panel.people import People
from mfp_client.panel.refusals import Refusal
from tests.support.full_disk import fill_disk

NOW = 1_000_000.0
EXPIRES = datetime.fromtimestamp(NOW + 7 * 86400, UTC)


class Gate:
    """Stands for the server's answer: passwords and cards that are right, or nothing at all."""

    def __init__(self) -> None:
        self.passwords = {"anna": "correct horse", "root": "operators word"}
        self.cards = {"0012345678": "anna"}
        self.up = True

    def sign_in(self, who: SignIn) -> SignedIn:
        if not self.up:
            raise Unreachable("no route to the server", begun=False)
        user = self.cards.get(who.card) if who.card is not None else who.user
        if user is None:
            raise Refused(401, "card-unknown", "this card is nobody's")
        if who.card is None and self.passwords.get(user) != who.password:
            raise Refused(401, "wrong-password", "user or password is wrong")
        role = "operator" if user == "root" else "sender"
        return SignedIn(user=user, role=role, grant=f"grant-of-{user}", grant_expires=EXPIRES)


class House:
    """A gate, a clock, and the log-in of a device."""

    def __init__(self, home: Path) -> None:
        self.now = NOW
        self.steady = 50.0
        self.gate = Gate()
        self.people = People(home, lambda: self.now)
        self.log_in = LogIn(self.people, self.gate, lambda: self.now, lambda: self.steady)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_the_server_lets_in_and_the_device_remembers(house: House) -> None:
    arrival = house.log_in.by_password(" anna ", "correct horse")
    assert (arrival.person.name, arrival.person.operator, arrival.offline) == ("anna", False, False)
    assert house.people.grant_of("anna") == "grant-of-anna"
    assert house.log_in.by_password("root", "operators word").person.operator


def test_the_server_refuses_and_its_words_are_told(house: House) -> None:
    with pytest.raises(Refused, match="wrong"):
        house.log_in.by_password("anna", "wrong")
    with pytest.raises(Refused) as refused:
        house.log_in.by_card("9999999999")
    assert refused.value.keyword == "card-unknown"


def test_while_the_server_is_away_the_device_knows_who_was_here(house: House) -> None:
    house.log_in.by_password("anna", "correct horse")
    house.log_in.by_card("0012345678")
    house.gate.up = False
    assert house.log_in.by_password("anna", "correct horse").offline
    assert house.log_in.by_card("0012345678").person.name == "anna"


@pytest.mark.parametrize("user", ["anna", "bob"])
def test_while_the_server_is_away_a_wrong_password_opens_nothing(house: House, user: str) -> None:
    house.log_in.by_password("anna", "correct horse")
    house.gate.up = False
    with pytest.raises(Refusal) as refused:
        house.log_in.by_password(user, "wrong")
    assert refused.value.keyword == "server-down"


def test_an_old_password_opens_nothing_once_the_server_has_refused_it(house: House) -> None:
    house.log_in.by_password("anna", "correct horse")
    house.gate.passwords["anna"] = "another word"
    with pytest.raises(Refused):
        house.log_in.by_password("anna", "correct horse")
    house.gate.up = False
    with pytest.raises(Refusal):
        house.log_in.by_password("anna", "correct horse")


def test_guessing_while_the_server_is_away_takes_longer_and_longer(house: House) -> None:
    house.log_in.by_password("anna", "correct horse")
    house.gate.up = False
    words = []
    for _ in range(8):
        with pytest.raises(Refusal) as refused:
            house.log_in.by_password("anna", "guess")
        words.append(refused.value.keyword)
    assert words == ["server-down"] * 5 + ["locked-out"] * 3
    with pytest.raises(Refusal):
        house.log_in.by_password("anna", "correct horse")
    house.now += 400 * 86400.0  # the clock is set, and no time has passed
    with pytest.raises(Refusal):
        house.log_in.by_password("anna", "guess")
    house.now -= 400 * 86400.0
    house.steady += 400.0
    assert house.log_in.by_password("anna", "correct horse").offline


def test_a_card_that_the_server_gave_to_another_lets_nobody_in_as_its_old_owner(house: House) -> None:
    house.log_in.by_card("0012345678")
    house.gate.cards["0012345678"] = "root"
    house.log_in.by_card("0012345678")
    house.gate.up = False
    assert house.log_in.by_card("0012345678").person.name == "root"


def test_a_card_that_was_removed_opens_nothing_once_the_server_has_said_so(house: House) -> None:
    house.log_in.by_card("0012345678")
    del house.gate.cards["0012345678"]
    with pytest.raises(Refused):
        house.log_in.by_card("0012345678")
    house.gate.up = False
    with pytest.raises(Refusal) as refused:
        house.log_in.by_card("0012345678")
    assert refused.value.keyword == "server-down"


def test_many_guesses_at_once_gain_nothing_while_the_server_is_away(house: House) -> None:
    house.log_in.by_password("anna", "correct horse")
    house.gate.up = False
    words: list[str] = []

    def guess() -> None:
        with pytest.raises(Refusal) as refused:
            house.log_in.by_password("anna", "guess")
        words.append(refused.value.keyword)

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert words.count("server-down") == 5


def test_on_a_full_disk_people_are_let_in_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who wants to make room must log in first."""
    fill_disk(monkeypatch)
    house = House(tmp_path)
    assert house.log_in.by_password("anna", "correct horse").person.name == "anna"
    assert house.people.grant_of("anna") == "grant-of-anna"
    house.gate.up = False
    assert house.log_in.by_password("anna", "correct horse").offline


def _guess(house: House, **shown: str) -> str:
    with pytest.raises(Refusal) as refused:
        house.log_in.by_card(shown["card"]) if "card" in shown else house.log_in.by_password(**shown)
    return refused.value.keyword


def test_tries_under_many_names_make_nobody_forget_who_was_guessed_at(house: House) -> None:
    house.log_in.by_password("anna", "correct horse")
    house.gate.up = False
    for _ in range(5):
        assert _guess(house, user="anna", password="guess") == "server-down"
    for number in range(1200):
        _guess(house, user=f"nobody{number}", password="guess")
    assert _guess(house, user="anna", password="guess") == "locked-out"


def test_who_holds_a_card_does_not_guess_others_between_two_uses_of_it(house: House) -> None:
    house.log_in.by_card("0012345678")
    house.gate.up = False
    words = []
    for number in range(4):
        words.append(_guess(house, card=f"7000000{number}"))
    assert house.log_in.by_card("0012345678").offline
    words += [_guess(house, card=f"8000000{number}") for number in range(4)]
    assert words == ["server-down"] * 5 + ["locked-out"] * 3
    house.steady += 2000.0  # nobody has tried for a while
    words = [_guess(house, card=f"9000000{number}") for number in range(6)]
    assert words == ["server-down"] * 5 + ["locked-out"]
