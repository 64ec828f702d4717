"""The screen's books of words: the same keys and blanks in both languages, and words for every keyword that comes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import mfp_client.panel
from distserver.model.states import Reason
from distserver.report.words import _OUR_OWN, _STOPPING
from distwire.scan import faults
from distwire.scan.faults import Fault, ScanError
from mfp_client.memory import errors
from mfp_client.memory.errors import MemoryFault
from mfp_client.panel import refusals
from tests.support.sheet_refusals import SHEET_REFUSALS

STATIC = Path(mfp_client.panel.__file__).parent / "static"
LANGUAGES = ("en", "ja")
_LINE = re.compile(r'^  ("(?:[^"\\]|\\.)+"): ("(?:[^"\\]|\\.)*"),$')
_SAID = re.compile(r'\b(?:say|count|sayOr|knows)\("([a-z][\w.-]*)"')
_HEAD = re.compile(r"`([a-z][\w.-]*\.[\w.-]*)\$\{")
"""Of a key that is put together, as `why.${keyword}`."""
_NAMED = re.compile(r'\b(?:words|missing|yes): "([a-z][\w-]*\.[\w.-]+)"|, "([a-z]+\.[a-z.-]+)"[\],]')


def read_book(language: str) -> dict[str, str]:
    lines = (STATIC / f"words_{language}.js").read_text(encoding="utf-8").splitlines()
    pairs = [found.groups() for line in lines if (found := _LINE.match(line))]
    assert len(pairs) == len(lines) - 4, "a line is not of the form that this test reads"
    assert len({key for key, _ in pairs}) == len(pairs), "a key stands there twice"
    return {json.loads(key): json.loads(words) for key, words in pairs}


BOOKS = {language: read_book(language) for language in LANGUAGES}


def test_books_have_the_same_keys_in_the_same_order() -> None:
    assert list(BOOKS["en"]) == list(BOOKS["ja"])


def test_every_key_has_words() -> None:
    assert [key for book in BOOKS.values() for key, words in book.items() if not words.strip()] == []


def test_blanks_are_the_same() -> None:
    def blanks(words: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", words))

    assert [key for key in BOOKS["en"] if blanks(BOOKS["en"][key]) != blanks(BOOKS["ja"][key])] == []


def test_japanese_is_japanese() -> None:
    """A sentence that somebody forgot to translate would stand there in Latin letters alone."""
    latin = {"login.other-language", "login.other-language-code", "fax.plus"}
    plain = {key for key, words in BOOKS["ja"].items() if not re.search(r"[぀-ヿ一-鿿]", words)}
    assert plain == latin


def test_words_that_the_scripts_say_are_there() -> None:
    said = set()
    for script in STATIC.rglob("*.js"):
        text = script.read_text(encoding="utf-8")
        said |= set(_SAID.findall(text)) | {one or two for one, two in _NAMED.findall(text)}
    missing = {key for key in said if key not in BOOKS["en"] and f"{key}.one" not in BOOKS["en"]}
    assert len(said) > 150
    assert missing == set()


def test_no_words_are_left_that_no_script_says() -> None:
    scripts = [one for one in STATIC.rglob("*.js") if not one.name.startswith(("words_", "reasons_"))]
    text = "\n".join(script.read_text(encoding="utf-8") for script in scripts)
    said, heads = set(re.findall(r'"([^"\s]+)"', text)), tuple(_HEAD.findall(text))
    keys = {key: re.sub(r"\.(one|other)$", "", key) for key in BOOKS["en"]}
    assert [key for key, counted in keys.items() if not {key, counted} & said and not key.startswith(heads)] == []


@pytest.mark.parametrize("keyword", SHEET_REFUSALS)
def test_each_refusal_of_a_sheet_has_words_of_its_own(keyword: str) -> None:
    for book in BOOKS.values():
        words = book[f"why.{keyword}"]
        assert [other for other in SHEET_REFUSALS if other != keyword and book[f"why.{other}"] == words] == []
        assert book[f"why.{keyword}.title"]


def test_each_fault_of_a_feeder_asks_in_words() -> None:
    for fault in [*map(str, Fault), "scanner-unreachable", "scanner-busy"]:
        assert {f"question.{fault}", f"question.{fault}.words", f"error.{fault}"} <= BOOKS["en"].keys(), fault


def test_each_fault_of_the_image_memory_has_words() -> None:
    kinds = {one.keyword for one in vars(errors).values() if isinstance(one, type) and issubclass(one, MemoryFault)}
    generic = {"image-memory-error", "wrong-request"}  # what is wrong with it stands in the message alone
    assert {f"error.{kind}" for kind in kinds - generic} <= BOOKS["en"].keys()


def test_each_fault_of_a_scanner_has_words() -> None:
    kinds = {one.keyword for one in vars(faults).values() if isinstance(one, type) and issubclass(one, ScanError)}
    own = {"setting-refused"}  # says what this scanner can do
    assert {f"error.{kind}" for kind in kinds - own} <= BOOKS["en"].keys()


def test_each_reason_of_the_server_and_what_stops_a_device_is_said_in_japanese() -> None:
    """In English the server's own sentence is shown; `none` is nothing to tell."""
    book = set(
        re.findall(r'^  "([a-z-]+)": ".*[ぁ-ん].*",$', (STATIC / "reasons_ja.js").read_text("utf-8"), re.MULTILINE)
    )
    wanted = {str(one) for one in Reason} - {"none"}
    assert len(wanted) > 20
    assert wanted | set(_STOPPING) <= book


def test_what_the_server_found_by_itself_is_not_called_words_of_the_device() -> None:
    script = (STATIC / "pieces" / "deliveries.js").read_text("utf-8")
    listed = re.search(r"const OWN = \[(.*?)\];", script, re.DOTALL)
    assert listed is not None
    assert set(re.findall(r'"([a-z-]+)"', listed[1])) == {str(one) for one in _OUR_OWN}


def test_each_refusal_of_the_panel_has_words() -> None:
    assert {f"error.{keyword}" for keyword in refusals._STATUS} <= BOOKS["en"].keys()
