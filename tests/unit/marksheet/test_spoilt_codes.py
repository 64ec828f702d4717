"""D8: symbols as codes of bits: what zxing-cpp draws is what the tables here say, and half of it gives the rest."""

from __future__ import annotations

import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from mfp_client.marksheet.readers import MATRIX, read_zxing
from mfp_client.marksheet.spoilt.codewords import Bits, Field, join_words, split_words
from mfp_client.marksheet.spoilt.kinds import AZTEC, KINDS, OWN, SHORT, UNTOLD, Kind, draw_symbol, has_form
from mfp_client.marksheet.spoilt.likeliest import guess_text, weigh_symbol

KIND = st.sampled_from(KINDS)
NAMES = [f"{kind.format.name} {kind.digits}" for kind in KINDS]


@st.composite
def kinds_and_texts(draw: st.DrawFn) -> tuple[Kind, str]:
    kind = draw(KIND)
    return kind, draw(st.text("0123456789", min_size=kind.digits, max_size=kind.digits))


def _bits_of(kind: Kind, text: str) -> Bits:
    return draw_symbol(kind, text).ravel()[kind.places].astype(np.uint8)


@given(kinds_and_texts())
def test_what_is_drawn_is_a_word_of_the_code_and_says_the_text(case: tuple[Kind, str]) -> None:
    kind, text = case
    bits = _bits_of(kind, text)
    data = bits[: len(kind.generator)]
    assert np.array_equal(data.astype(int) @ kind.generator % 2, bits)
    assert kind.read(data) == text
    assert np.array_equal(data[kind.told != UNTOLD], kind.told[kind.told != UNTOLD])
    assert np.array_equal(draw_symbol(kind, text)[kind.pattern != 0], kind.pattern[kind.pattern != 0] > 0)


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_no_two_bits_share_a_module(kind: Kind) -> None:
    assert len(set(kind.places.tolist())) == len(kind.places) == kind.generator.shape[1]


@given(kinds_and_texts(), st.data())
def test_whatever_other_data_say_is_digits_or_nothing(case: tuple[Kind, str], data: st.DataObject) -> None:
    kind, text = case
    bits = _bits_of(kind, text)[: len(kind.generator)]
    bits[data.draw(st.lists(st.integers(0, len(bits) - 1), min_size=1, max_size=9))] ^= 1
    read = kind.read(bits)
    assert read is None or read.isdecimal()


def test_aztec_without_stuffing_in_its_place_is_refused() -> None:
    """A word of six equal bits cannot be."""
    bits = _bits_of(AZTEC, "12345678901234")[:66]
    bits[12:18] = 0
    assert AZTEC.read(bits) is None


@given(st.lists(st.integers(0, 63), min_size=1))
def test_words_and_bits_are_each_others_inverse(words: list[int]) -> None:
    assert join_words(np.array(split_words(words, 6), np.uint8), 6) == words


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_the_field_is_a_field(a: int, b: int, c: int) -> None:
    field = Field(8, 0x12D)
    assert field.multiply(a, b) == field.multiply(b, a) < 256
    assert field.multiply(a, b ^ c) == field.multiply(a, b) ^ field.multiply(a, c)
    assert field.multiply(a, 1) == a
    assert field.multiply(a, b) or not (a and b)


@pytest.mark.parametrize(("text", "form"), [("1" * 14, True), ("1" * 26, True), ("1" * 13, False), ("A" * 14, False)])
def test_the_form_of_a_mark(text: str, form: bool) -> None:
    assert has_form(text) is form


# Guessing


def _odds_of(kind: Kind, text: str, chance: np.random.Generator, lost: int, doubtful: int) -> np.ndarray:
    """Odds as a scan gives them: `lost` bits unknown, `doubtful` ones as wrong as right and not sure, the rest sure."""
    odds = (2.0 * _bits_of(kind, text) - 1) * chance.uniform(4, 7, kind.generator.shape[1])
    order = chance.permutation(len(odds))
    odds[order[:lost]] = 0
    odds[order[lost : lost + doubtful]] = chance.uniform(-1, 1, doubtful)
    return odds


@settings(max_examples=60)
@given(kinds_and_texts(), st.integers(0, 1 << 30))
def test_the_text_is_guessed_when_a_quarter_of_the_bits_are_lost(case: tuple[Kind, str], seed: int) -> None:
    """Of Aztec's 102 bits 36 are check bits, of Data Matrix's 144 it is 80, so a quarter leaves enough to tell."""
    kind, text = case
    bits = kind.generator.shape[1]
    guess = guess_text(kind, _odds_of(kind, text, np.random.default_rng(seed), bits // 5, bits // 20))
    assert guess is not None
    assert (guess.text, guess.beyond > 10, guess.ahead > 4) == (text, True, True)


@pytest.mark.parametrize(("kind", "words"), [(SHORT, 7), (SHORT, 10), (OWN, 14), (AZTEC, 5)])
def test_as_many_whole_words_may_be_lost_as_there_are_check_words(kind: Kind, words: int) -> None:
    """Data Matrix of 14 cells has 10 check words, that of 18 has 14, Aztec 6: nothing else is left with all in use."""
    size = 6 if kind is AZTEC else 8
    text = "59900862462724" + "123456789012"[: kind.digits - 14]
    odds = (2.0 * _bits_of(kind, text) - 1) * 6
    odds[3 * size : (3 + words) * size] = 0
    guess = guess_text(kind, odds)
    assert guess is not None
    assert guess.text == text


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_sure_bits_that_are_wrong_are_put_right(kind: Kind) -> None:
    """Nine in ten modules are seen, and two of them are under dirt."""
    chance = np.random.default_rng(7)
    text = "".join(chance.choice(list("0123456789"), kind.digits))
    odds = _odds_of(kind, text, chance, len(kind.places) // 10, 0)
    seen = np.flatnonzero(odds)
    odds[seen[[4, 40]]] *= -0.4
    guess = guess_text(kind, odds)
    assert guess is not None
    assert (guess.text, guess.beyond > 10) == (text, True)


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_nothing_is_made_of_noise(kind: Kind) -> None:
    """What speaks for the likeliest text of noise stays far below what is asked for."""
    chance = np.random.default_rng(3)
    most = max(
        guess.beyond
        for _ in range(60)
        if (guess := guess_text(kind, chance.normal(0, 4, len(kind.places)))) is not None
    )
    assert most < 6


def test_no_odds_at_all_lead_to_no_belief() -> None:
    guess = guess_text(SHORT, np.zeros(144))
    assert guess is None or (guess.beyond < 0 and guess.ahead < 1)


@given(st.lists(st.floats(-9, 9), min_size=8, max_size=8))
def test_chance_explains_as_well_as_chance(odds: list[float]) -> None:
    """Over all words of eight bits two to the power of the weight is 1 in the mean: the limit rests on it."""
    told = np.full(8, UNTOLD, np.uint8)
    every = (np.arange(256)[:, None] >> np.arange(8) & 1).astype(np.uint8)
    assert np.mean([2 ** weigh_symbol(each, np.array(odds), told) for each in every]) == pytest.approx(1)


def test_the_drawn_symbols_are_those_that_others_read() -> None:
    for kind in KINDS:
        text = "4711" * 3 + "0" * (kind.digits - 12)
        cells = np.pad(draw_symbol(kind, text), 3)
        picture = np.kron(np.where(cells, 0, 255).astype(np.uint8), np.ones((7, 7), np.uint8))
        assert [each.text for each in read_zxing(np.ascontiguousarray(picture), MATRIX, False)] == [text]
    assert zxingcpp.BarcodeFormat.Aztec is AZTEC.format
