"""Which databases to take for a bus: the one that explains most, then what adds to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge.suggest.fit import Fit, Match, Verdict

ADDS_FRAMES: Final = 0.01
"""Of the bus: a further database must explain so much more, or ADDS_MESSAGES more."""
ADDS_MESSAGES: Final = 2
CHOSEN_MAX: Final = 8


@dataclass(frozen=True, slots=True)
class Chosen:
    """A database to take, after those before it."""

    fit: Fit
    adds: tuple[Match, ...]
    """Messages that no database before it explains."""
    share: float
    """Of the frames of the bus that it explains beyond those."""


def choose(fits: Sequence[Fit], frames: int) -> list[Chosen]:
    """Take, again and again, the database that explains the most frames more; only those that fit, wholly or in part.

    A frame is explained by a message that is plausible; an id of which the database has an implausible one is not.
    """
    left = [one for one in fits if one.verdict in {Verdict.FITS, Verdict.IN_PART}]
    chosen: list[Chosen] = []
    taken: set[tuple[bool, int]] = set()
    while left and len(chosen) < CHOSEN_MAX:
        best = max(left, key=lambda one: (sum(match.heard.frames for match in _new(one, taken)), one.evidence))
        new = _new(best, taken)
        share = sum(match.heard.frames for match in new) / max(1, frames)
        if not new or (chosen and share < ADDS_FRAMES and len(new) < ADDS_MESSAGES):
            break
        chosen.append(Chosen(best, tuple(new), share))
        taken |= {(match.heard.extended, match.heard.id) for match in new}
        left.remove(best)
    return chosen


def _new(fit: Fit, taken: set[tuple[bool, int]]) -> list[Match]:
    return [one for one in fit.matches if one.is_plausible and (one.heard.extended, one.heard.id) not in taken]
