"""The likeliest text of a symbol whose modules are known more or less: ordered statistics decoding.

M. Fossorier and S. Lin, "Soft-decision decoding of linear block codes based on ordered statistics", IEEE Transactions
on Information Theory 41 (5), 1995. The surest bits that do not follow from one another are taken as they are and give
all others; then one, two or three of them are taken as wrong. Of modules that are cut off nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mfp_client.marksheet.spoilt.codewords import Bits
from mfp_client.marksheet.spoilt.kinds import UNTOLD, Kind

Odds = NDArray[np.float64]
"""log2 of how much likelier dark is than light, for each bit of a code; 0: nothing is known."""

_CERTAIN = 1e6
_DOUBTFUL = 24
"""Of the bits that are taken as they are, so many of the least sure are tried three at a time."""
_MOST = 400
"""Symbols that are tried for a text, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A text, how many bits speak for it beyond those it says, and how many more than for the next likely text."""

    text: str
    beyond: float
    ahead: float


def guess_text(kind: Kind, odds: Odds) -> Guess | None:
    """The likeliest text in the form of a mark. None: there is no such text among the likeliest symbols."""
    told = np.concatenate((kind.told, np.full(len(odds) - len(kind.told), UNTOLD, np.uint8)))
    sure = np.where(told == UNTOLD, odds, np.where(told == 1, _CERTAIN, -_CERTAIN))
    texts = _list_texts(kind, sure)
    best = next(texts, None)
    if best is None:
        return None
    text, symbol = best
    other = next((each for each in texts if each[0] != text), None)
    ahead = float(odds[symbol != other[1]] @ (2.0 * symbol - 1)[symbol != other[1]]) if other else np.inf
    return Guess(text, weigh_symbol(symbol, odds, told) - kind.text_bits, ahead)


def weigh_symbol(symbol: Bits, odds: Odds, told: Bits) -> float:
    """log2 of how much better the symbol explains what was seen than chance does, by the bits that a text decides.

    For a symbol that has nothing to do with what was seen, two to the power of this is 1 in the mean, whatever the odds
    are: each bit is right or wrong alike, and its two likelihoods add up to 1. So it exceeds n at most once in 2^n.
    """
    for_it = np.where(symbol == 1, odds, -odds)
    return float((1 - np.logaddexp2(0, -for_it))[told == UNTOLD].sum())


def _list_texts(kind: Kind, sure: Odds) -> Iterator[tuple[str, Bits]]:
    basis, pivots = _reduce(kind.generator, np.argsort(-np.abs(sure), kind="stable"))
    first = ((sure[pivots] > 0).astype(np.uint8) @ basis) % 2
    free = np.flatnonzero(np.abs(sure[pivots]) < _CERTAIN)
    flips, fits = _try_flips(first, basis, free, sure)
    for each in np.argsort(-fits)[:_MOST]:
        symbol = first ^ (basis[[place for place in flips[each] if place >= 0]].sum(0) % 2).astype(np.uint8)
        text = kind.read(symbol[: len(kind.generator)])
        if text is not None and len(text) == kind.digits:
            yield text, symbol


def _reduce(generator: Bits, order: NDArray[np.intp]) -> tuple[Bits, NDArray[np.intp]]:
    """The generator solved for the first bits in `order` that do not follow from one another; and which these are."""
    rows = generator.copy()
    pivots: list[int] = []
    for column in order.tolist():
        done = len(pivots)
        having = np.flatnonzero(rows[done:, column])
        if not len(having):
            continue
        found = done + int(having[0])
        rows[[done, found]] = rows[[found, done]]
        others = rows[:, column].astype(bool)
        others[done] = False
        rows[others] ^= rows[done]
        pivots.append(column)
        if len(pivots) == len(rows):
            break
    return rows, np.array(pivots)


def _try_flips(first: Bits, basis: Bits, free: NDArray[np.intp], sure: Odds) -> tuple[NDArray[np.intp], Odds]:
    """Rows of the basis to be added (-1: none), and the odds of what comes out less those of the first symbol.

    With signs for bits a sum of rows is a product, so the odds of all pairs of rows are one product of matrices.
    """
    weights = np.where(np.abs(sure) < _CERTAIN, sure, 0) * (2.0 * first - 1)  # what the first symbol has for it
    signs = 1.0 - 2.0 * basis
    whole = weights.sum()
    ones, pairs = signs[free] @ weights, (signs[free] * weights) @ signs[free].T
    upper = np.triu_indices(len(free), 1)
    tried = [np.full((1, 3), -1), _fill(free[:, None]), _fill(np.stack((free[upper[0]], free[upper[1]]), 1))]
    fits = [np.array([whole]), ones, pairs[upper]]
    doubtful = free[-_DOUBTFUL:]  # the basis is ordered by how sure its bits are
    for place, lowest in enumerate(doubtful[:-2].tolist(), 1):
        later = doubtful[place:]
        upper = np.triu_indices(len(later), 1)
        tried.append(np.stack((np.full(len(upper[0]), lowest), later[upper[0]], later[upper[1]]), 1))
        fits.append(((signs[later] * (weights * signs[lowest])) @ signs[later].T)[upper])
    return np.concatenate(tried), np.concatenate(fits) - whole


def _fill(places: NDArray[np.intp]) -> NDArray[np.intp]:
    return np.pad(places, ((0, 0), (0, 3 - places.shape[1])), constant_values=-1)
