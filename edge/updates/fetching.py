"""Fetching: which bytes of an archive are asked for, and when. Pure.

They are asked for in stretches, one at a time, and taken in their order. What was lost on its way is asked for again:
at once in a new session, else after a while that grows as long as nothing comes.
"""

import math
from dataclasses import dataclass
from typing import Final

from edge.wire.bundles import PIECE_BYTES, Bundle, Piece

STRETCH_BYTES: Final = 4 * PIECE_BYTES
"""That are asked for at a time: what may be on its way when the data budget is spent."""
PACE_S: Final = 0.4
"""Between two stretches at least: 6.6 MB in 10 s at most, so that a network has room for what else comes and goes."""
PATIENCE_S: Final = 60.0
PATIENCE_MAX_S: Final = 1800.0
"""How long a piece is waited for: at first, and at most."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bytes that are asked for."""

    offset: int
    size: int


class Fetching:
    """One archive, from the first byte that is not there."""

    def __init__(self, bundle: Bundle, have: int) -> None:
        """`have`: bytes that are there already."""
        self.bundle = bundle
        self.have = have
        self.asked = 0
        """Stretches that were asked for."""
        self.asked_again = 0
        """Of them those that had been asked for before."""
        self._until = have
        self._session: int | None = None
        self._due_s = 0.0
        self._not_before_s = -math.inf
        self._patience_s = PATIENCE_S

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return self.have >= self.bundle.size

    def next(self, now_s: float, session: int | None) -> Stretch | None:
        """What is to be asked for now, if anything; `session`: the link's present one, None: there is none."""
        if self.is_whole or session is None or now_s < self._not_before_s:
            return None
        is_answered = self.have >= self._until
        if not is_answered and session == self._session and now_s < self._due_s:
            return None
        return Stretch(self.have, min(STRETCH_BYTES, self.bundle.size - self.have))

    def ask(self, stretch: Stretch, now_s: float, session: int) -> None:
        """It is asked for."""
        self.asked += 1
        if self.have < self._until:
            self.asked_again += 1
            if session == self._session:
                self._patience_s = min(2 * self._patience_s, PATIENCE_MAX_S)
        self._until = stretch.offset + stretch.size
        self._session, self._due_s, self._not_before_s = session, now_s + self._patience_s, now_s + PACE_S

    def new_in(self, piece: Piece) -> bytes:
        """Of a piece what comes next; nothing of one that is there, that leaves something out, or is of another."""
        if piece.bundle != self.bundle.id or piece.offset > self.have:
            return b""
        return piece.content[self.have - piece.offset : self.bundle.size - piece.offset]

    def took(self, size: int, now_s: float) -> None:
        """So many bytes more are there."""
        self.have += size
        self._patience_s = PATIENCE_S
        self._due_s = now_s + PATIENCE_S
