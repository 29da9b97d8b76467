"""How often chance alone shows as much, over all the cohorts of one look together. Pure.

Cohorts overlap: a firmware comes with a model, a part number is another name for it. So they are judged together: the
incidents of each component fall anew on its vehicles, many times, as their exposure has it, and of each fall the
smallest tail of any cohort is kept (Westfall and Young 1993, Resampling-Based Multiple Testing, step-down minP,
algorithm 2.8). What cannot show anything, or shows what another cohort shows, costs nothing then. The falls come from a
fixed seed: the same counts give the same answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.rca.cohort import Attribute, Cohort, Observed, Period, Piece, pieces_of

FALLS_MAX: Final = 20_000
"""So that a chance of 5 % is known to 0.3 %."""
FALLS_MIN: Final = 2_000
_INCIDENTS_MAX: Final = 4_000_000
"""That fall in one look, about: more of them, fewer falls, and a look stays a matter of seconds."""
_SEED: Final = 1993
_ALIKE: Final = 1.0 + 1e-9
"""Tails that differ by rounding are equal."""
Tails = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Together:
    """What chance does with all cohorts of a look."""

    p: Mapping[tuple[str, str, str], float]
    """By the cohort's key: how often chance alone would show as much in any of those that are not shown already."""
    least: float
    """The largest tail that the smallest one of a look by chance is not below more often than `level` says; 0: none."""


def together(
    vehicles: Sequence[Observed], cohorts: Sequence[Cohort], period: Period, *, level: float, events_min: int
) -> Together:
    """Judge cohorts together.

    Args:
        vehicles: what the cohorts were made of.
        cohorts: those that are tried; each has exposure in it and beside it.
        period: which the cohorts were made for.
        level: how often a look may claim something by chance.
        events_min: fewer in a cohort show nothing, whatever their tail is.
    """
    rng = np.random.default_rng(_SEED)
    components = sorted({one.component for one in cohorts})
    pieces = {
        name: [p for one in vehicles for p in pieces_of(one, name, tuple(Attribute), period)] for name in components
    }
    incidents = sum(piece.had for some in pieces.values() for piece in some)
    falls = max(FALLS_MIN, min(FALLS_MAX, _INCIDENTS_MAX // max(1, incidents)))
    smallest, own, keys = [], [], []
    for name in components:
        some = [one for one in cohorts if one.component == name]
        smallest.append(_by_chance(pieces[name], some, falls, events_min, rng))
        own += [_own(one, events_min) for one in some]
        keys += [one.key for one in some]
    if not keys:
        return Together({}, 0.0)
    return _step_down(keys, np.array(own), np.concatenate(smallest), level)


def _by_chance(
    pieces: Sequence[Piece], cohorts: Sequence[Cohort], falls: int, events_min: int, rng: np.random.Generator
) -> Tails:
    """The tail of each cohort (rows) in each fall of the component's incidents (columns)."""
    exposure = np.cumsum([piece.exposure for piece in pieces])
    incidents = sum(piece.had for piece in pieces)
    hit = np.searchsorted(exposure, rng.random((falls, incidents)) * exposure[-1], side="right")
    hit = np.minimum(hit, len(pieces) - 1)
    tails = np.ones((len(cohorts), falls))
    for place, attribute in enumerate(Attribute):
        mine = [(row, one) for row, one in enumerate(cohorts) if one.attribute is attribute]
        if not mine:
            continue
        names = sorted({value for piece in pieces if (value := piece.values[place]) is not None})
        codes = {value: code for code, value in enumerate(names)}
        values = np.array([codes.get(piece.values[place] or "", -1) for piece in pieces], dtype=np.int16)[hit]
        known = (values >= 0).sum(axis=1)
        for row, one in mine:
            inside = (values == codes[one.value]).sum(axis=1)
            tails[row] = _tails(inside, known, one.share or 0.0, events_min)
    return tails


def _own(cohort: Cohort, events_min: int) -> float:
    inside, total = cohort.inside.events, cohort.inside.events + cohort.outside.events
    return float(_tails(np.array([inside]), np.array([total]), cohort.share or 0.0, events_min)[0])


def _tails(inside: Counts, totals: Counts, share: float, events_min: int) -> Tails:
    """How probable at least so many of so many are in a group with this share of the exposure; 1 where they are few."""
    found = np.ones(len(inside))
    for total in np.unique(totals):
        here = totals == total
        found[here] = _tail_row(int(total), share)[inside[here]]
    found[inside < events_min] = 1.0
    return found


def _tail_row(total: int, share: float) -> Tails:
    """The binomial tail at each count from 0 to `total`."""
    counts = np.arange(total + 1)
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, total + 1)))])
    log_ways = log_factorial[total] - log_factorial - log_factorial[::-1]
    each = np.exp(log_ways + counts * np.log(share) + (total - counts) * np.log1p(-share))
    tails: Tails = np.minimum(1.0, np.cumsum(each[::-1])[::-1])
    return tails


def _step_down(keys: Sequence[tuple[str, str, str]], own: Tails, by_chance: Tails, level: float) -> Together:
    """From the smallest tail to the largest: how often the smallest of those that are left is as small by chance."""
    order = np.argsort(own, kind="stable")
    left = np.minimum.accumulate(by_chance[order][::-1], axis=0)[::-1]
    falls = by_chance.shape[1]
    p, worst = {}, 0.0
    for rank, place in enumerate(order):
        worst = max(worst, (1 + int((left[rank] <= own[place] * _ALIKE).sum())) / (falls + 1))
        p[keys[place]] = 1.0 if own[place] >= 1.0 else worst
    return Together(p, _least(left[0], level))


def _least(smallest: Tails, level: float) -> float:
    """The largest of these that at most `level` of them do not exceed, themselves included; 0: there is none."""
    ordered = np.sort(smallest)
    reached = (1 + np.searchsorted(ordered, ordered * _ALIKE, side="right")) / (len(ordered) + 1)
    allowed = ordered[reached <= level]
    return float(allowed[-1]) if len(allowed) else 0.0
