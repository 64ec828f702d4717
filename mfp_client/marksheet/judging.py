"""Finds what a page comes to: its mark, or why there is none. Only a signature that holds makes a mark (SPEC D8)."""

from __future__ import annotations

from distwire.marks import Finding, Judgement, judge_payload
from mfp_client.marksheet.ladder import climb
from mfp_client.marksheet.layout import MM_PER_INCH
from mfp_client.marksheet.scans import Scan
from mfp_client.marksheet.verdict import NO_CODE, Rule, Symbol, Verdict

_ORDER = (Finding.GENUINE, Finding.EXPIRED, Finding.FORGED, Finding.OTHER_DEVICE, Finding.FOREIGN)
_KEYWORDS = {Finding.FOREIGN: "foreign-codes"}
_WORDS = {
    Finding.FORGED: "the signature of the mark does not hold: the sheet was not made by this device, or was altered",
    Finding.OTHER_DEVICE: "the mark is of another device: take the sheet to the one that printed it",
    Finding.FOREIGN: "the codes on the page are no marks: type the number of the document",
}
_NOTHING = "no mark was found on the page: type the number that is printed beside it"
_SAME_PLACE_MM = 5.0


def judge_page(scan: Scan, rule: Rule) -> Verdict:
    """Climb the ladder until a signature holds; with `every_symbol` to its end."""
    best: Judgement | None = None
    symbols: list[Symbol] = []
    for symbol in climb(scan, every_symbol=rule.every_symbol):
        judgement = judge_payload(symbol.text, rule.key, rule.today)
        if best is None or _ORDER.index(judgement.finding) < _ORDER.index(best.finding):
            best = judgement
        if rule.every_symbol and (judgement.mark is not None or not _is_known(symbol, symbols, scan)):
            symbols.append(symbol)
        if best.mark is not None and not rule.every_symbol:
            break
    return _conclude(best, tuple({(each.format, each.text): each for each in reversed(symbols)}.values())[::-1])


def _conclude(best: Judgement | None, symbols: tuple[Symbol, ...]) -> Verdict:
    if best is None:
        return Verdict(None, f"{NO_CODE}: {_NOTHING}", symbols)
    if best.finding is Finding.GENUINE:
        return Verdict(best.mark, None, symbols)
    if best.mark is not None:
        return Verdict(None, f"{best.finding}: the sheet was good until {best.mark.expires}", symbols)
    return Verdict(None, f"{_KEYWORDS.get(best.finding, best.finding)}: {_WORDS[best.finding]}", symbols)


def _is_known(symbol: Symbol, known: list[Symbol], scan: Scan) -> bool:
    """The same symbol read once more after a rougher treatment: the first reading is the better one."""
    return any(
        each.format == symbol.format
        and abs(each.x - symbol.x) / scan.dpi[0] * MM_PER_INCH < _SAME_PLACE_MM
        and abs(each.y - symbol.y) / scan.dpi[1] * MM_PER_INCH < _SAME_PLACE_MM
        for each in known
    )
