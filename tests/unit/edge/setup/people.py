"""Somebody who answers as it is written, and remembers what was asked and told."""

import io
from collections.abc import Sequence

from edge.setup.person import AtTerminal


class Scripted(AtTerminal):
    """Types lines, one after the other; then nothing more."""

    def __init__(self, typed: Sequence[str] = ()) -> None:
        self.screen = io.StringIO()
        lines = iter(typed)
        super().__init__(self.screen, lambda: f"{line}\n" if (line := next(lines, None)) is not None else "")

    @property
    def told(self) -> str:
        """All that was on the screen."""
        return self.screen.getvalue()
