"""What a benchmark says: rows of a value beside its peer's."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Work:
    """What was done in the time that was measured."""

    frames: int
    samples: int
    checksum: float
    """The sum of all values, rounded once: the order in which they were found does not matter."""

    @classmethod
    def of(cls, frames: int, values: Iterable[float]) -> "Work":
        """That so many frames gave these values."""
        found = list(values)
        return cls(frames, len(found), math.fsum(found))

    def __str__(self) -> str:
        return f"{self.frames:,} frames, {self.samples:,} samples, checksum {self.checksum!r}"


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
    work: Work | None = None
    peer_work: Work | None = None
    """None: the same as ours."""

    @property
    def ratio(self) -> float:
        """Our value divided by the peer's: 0.5 is half of what the peer needs, or half of what it reaches."""
        return self.value / self.peer_value

    def line(self) -> str:
        """For the table: the ratio both ways round, what was done by us and, where that differs, by the peer."""
        works = " | peer: ".join(str(one) for one in (self.work, self.peer_work) if one is not None)
        inverse = f"1/{1 / self.ratio:<6.4g}" if self.ratio else "nothing "
        numbers = f"{self.value:>9.4g} {self.unit:<9} {self.ratio:>7.3f} of {self.peer:<21} {inverse}"
        return f"{self.name:<38} {numbers} {works}".rstrip()


Benchmark = Callable[[], Iterable[Row]]
