"""The terminal: notices as lines of text, for a person at a keyboard or a box without a loudspeaker."""

import threading
from collections.abc import Callable, Mapping

from edge.driver.notice import CabState, Notice


class Terminal:
    """Writes each notice at once, in its place among the other lines: that takes no longer than to wake a thread."""

    name = "terminal"

    def __init__(self, write: Callable[[str], object]) -> None:
        """`write` takes a whole line; an OSError of it is trouble, anything else is its own."""
        self._write = write
        self._trouble = ""
        self._counts = {"said": 0, "failed": 0}
        self._closed = False
        self._lock = threading.Lock()

    @property
    def trouble(self) -> str:
        """Why the last line could not be written."""
        return self._trouble

    @property
    def counters(self) -> Mapping[str, int]:
        """Lines written, and lines that could not be."""
        return dict(self._counts)

    def say(self, notice: Notice) -> None:
        """Write it on one line."""
        with self._lock:
            if self._closed:
                return
            try:
                self._write(f"cab: {'*chime* ' * notice.chimes}{' '.join(notice.text.split())}\n")
            except (OSError, ValueError) as error:
                self._counts["failed"] += 1
                self._trouble = f"the line cannot be written: {error}"
            else:
                self._counts["said"] += 1
                self._trouble = ""

    def show(self, state: CabState) -> None:
        """Nothing: a terminal has no lamp."""

    def close(self) -> None:
        """Write nothing more."""
        self._closed = True
