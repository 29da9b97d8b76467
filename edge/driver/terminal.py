"""The terminal: notices as lines of text, for a box without a loudspeaker and for whoever tries things out."""

from collections.abc import Callable, Mapping

from edge.driver.notice import CabState, Notice


class Terminal:
    """An output that writes a line for each notice."""

    name = "text"
    trouble = ""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._lines = 0

    @property
    def counters(self) -> Mapping[str, int]:
        """Lines that were written."""
        return {"lines": self._lines}

    def say(self, notice: Notice) -> None:
        """Write the line."""
        self._lines += 1
        self._write(f"cab: {'*chime* ' * notice.chimes}{notice.text}\n")

    def show(self, state: CabState) -> None:
        """Nothing is shown in lines."""

    def close(self) -> None:
        """Nothing to close."""
