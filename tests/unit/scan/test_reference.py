"""docs/reference/scanning.md tells every fault, error, word and limit."""

from __future__ import annotations

from distwire.scan.contract import Color, Limits, Source
from distwire.scan.escl.status import ADF_FAULTS
from distwire.scan.faults import Fault, FeedFault, ScanError
from distwire.scan.folder import SUFFIXES
from distwire.scan.session import Answer
from tests.support.sources import ROOT

PAGE = (ROOT / "docs/reference/scanning.md").read_text(encoding="utf-8")


def _kinds(kind: type[ScanError]) -> list[type[ScanError]]:
    return [each for direct in kind.__subclasses__() for each in (direct, *_kinds(direct))]


def test_every_fault_and_error_is_told() -> None:
    keywords = [kind.keyword for kind in _kinds(ScanError) if kind is not FeedFault]
    assert len(set(keywords)) == len(keywords)
    assert [word for word in (*keywords, *Fault) if f"| `{word}` |" not in PAGE] == []


def test_every_fault_has_words() -> None:
    assert all(str(FeedFault(fault)) and FeedFault(fault).keyword == fault for fault in Fault)


def test_every_state_of_a_feeder_is_told() -> None:
    told = PAGE.replace("`…TooLong`", "`ScannerAdfDuplexPageTooLong`")
    told = told.replace("`…Overloaded`", "`ScannerAdfInputTrayOverloaded`")
    assert [state for state in ADF_FAULTS if f"`{state}`" not in told] == []


def test_every_word_is_told() -> None:
    assert [word for word in (*Source, *Color) if f"`{word}`" not in PAGE] == []
    assert [word for word in Answer if f"**{word}**" not in PAGE] == []
    assert [suffix for suffix in SUFFIXES if f"`*{suffix}`" not in PAGE] == []


def test_every_limit_is_told() -> None:
    limits = Limits()
    assert f"{limits.pages:,}" in PAGE
    assert f"{limits.page_octets >> 20} MB" in PAGE
    assert f"{limits.total_octets >> 30} GB" in PAGE
    assert f"{limits.pixels // 1_000_000} million" in PAGE
    assert f"{limits.page_seconds:g} s" in PAGE
    assert f"{limits.answer_seconds:g} s" in PAGE
