"""Kinds: the ways in which a signal can contradict the others."""

from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """The kinds of evidence, in the order in which they stand."""

    LEANS_60 = "leans_60"
    LEANS_600 = "leans_600"
    STRAYS_60 = "strays_60"
    STRAYS_300 = "strays_300"
    MOVED_1 = "moved_1"
    MOVED_10 = "moved_10"
    MOVED_60 = "moved_60"
    STUCK = "stuck"
    STANDS = "stands"
    MISSING = "missing"
    MISPLACED_60 = "misplaced_60"
    MISPLACED_600 = "misplaced_600"
    GEARS_600 = "gears_600"

    @property
    def in_words(self) -> str:
        """For an alert: what the signal does, and over how long."""
        what, _, seconds = self.partition("_")
        return f"{what} over {seconds} s" if seconds else what


KINDS: Final = tuple(Kind)
BY_ITSELF: Final = frozenset({Kind.MOVED_1, Kind.MOVED_10, Kind.MOVED_60, Kind.STANDS, Kind.MISSING, Kind.GEARS_600})
"""Needs no expectation."""
