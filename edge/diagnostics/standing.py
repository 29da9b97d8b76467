"""LineStanding: where a poller stands with a vehicle whose bus it shares."""

from edge.diagnostics.line import Line
from edge.diagnostics.watch import Signs, Silence


class LineStanding:
    """A line, as `Poller` looks at it."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def now_ns(self) -> int:
        """Monotonic."""
        return self._line.now_ns()

    def why_silent(self) -> Silence | None:
        """Why nothing may be asked now."""
        return self._line.why_silent()

    def tell(self, signs: Signs) -> None:
        """The vehicle's state as others know it."""
        self._line.watch.tell(signs)

    def listen(self, wait_s: float) -> int:
        """Hear what goes on; how often the vehicle has woken up so far."""
        self._line.heard(wait_s)
        return self._line.watch.awakenings
