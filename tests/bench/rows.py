"""What a benchmark says: rows of a value beside its peer's."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One measured value, in `unit`, and what a peer needed for the same work in the same run."""

    name: str
    value: float
    unit: str
    peer: str
    """Whom we are measured against, e.g. `python-can + cantools`."""
    peer_value: float
    """The peer's value, in the same unit."""

    @property
    def ratio(self) -> float:
        """Our value divided by the peer's: 0.5 is half of what the peer needs, or half of what it reaches."""
        return self.value / self.peer_value


Benchmark = Callable[[], Iterable[Row]]
