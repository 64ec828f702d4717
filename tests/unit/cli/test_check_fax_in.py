"""What `distserver check` says of the file of faxes that come in."""

from __future__ import annotations

from pathlib import Path

import pytest

from distserver.cli.check_fax_in import check_routes
from distserver.cli.finding import Verdict
from distserver.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "groups").mkdir()
    (tmp_path / "groups" / "desk.rec").write_text("# Front desk\n# desk.rec\npc:desk; Desk\n", encoding="utf-8")
    return Settings(home=tmp_path)


def look(settings: Settings, text: str) -> tuple[Verdict, str]:
    settings.fax_in_path.write_text(text, encoding="utf-8")
    (found,) = check_routes(settings)
    return found.verdict, found.message


def test_nothing_is_said_where_no_faxes_are_taken(settings: Settings) -> None:
    assert list(check_routes(settings)) == []


def test_a_file_that_is_understood(settings: Settings) -> None:
    settings.secrets_path.write_text("fax1 word\n", encoding="utf-8")
    settings.secrets_path.chmod(0o600)
    verdict, message = look(settings, "hylafax://fax1; Head office; secret=@fax1\n*; front desk\n")
    assert (verdict, message.startswith("1 server and 1 line in ")) == (Verdict.OK, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hylafax://fax1; Head office\nfoo:1; Front desk\n", "fax-in.rec:2: error: 'foo:1' is no pattern"),
        ("hylafax://fax1; Head office\n*; Sales\n", "fax-in.rec:2: there is no group 'Sales'"),
        ("hylafax://fax1; Head office; secret=@fax1\n*; desk\n", "there is no file of secrets"),
        ("*; desk\n", "no server is named"),
        ("hylafax://fax1; Head office\n", "no line says who gets what"),
    ],
)
def test_what_a_fax_would_have_to_wait_for(settings: Settings, text: str, words: str) -> None:
    verdict, message = look(settings, text)
    assert (verdict, words in message) == (Verdict.WRONG, True), message
