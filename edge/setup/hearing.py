"""Hearing: some seconds of a bus, what is said on it, and which shipped databases explain that."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge import assets
from edge.frames import FrameBatch
from edge.setup.rates import listened, opened
from edge.suggest.candidate import files_of, read_candidates
from edge.suggest.heard import Listener
from edge.suggest.protocols import J1939
from edge.suggest.suggestion import Bus, Suggestion, suggest

IDS_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said on one bus."""

    batches: Sequence[FrameBatch]
    seconds: float
    suggestion: Suggestion | None
    """None: nothing was said."""

    @property
    def frames(self) -> int:
        """All of them."""
        return sum(map(len, self.batches))

    @property
    def bus(self) -> Bus | None:
        """What is known of it; None: nothing was said."""
        return self.suggestion.buses[0] if self.suggestion and self.suggestion.buses else None

    @property
    def speaks_j1939(self) -> bool:
        """Whether it is a heavy vehicle's."""
        return self.bus is not None and any(one.protocol == J1939 for one in self.bus.protocols)

    def lines(self) -> list[str]:
        """For whoever stands beside it."""
        if self.bus is None:
            return ["nothing is heard"]
        told = [f"{self.bus.frames:,} frames of {len(self.bus.heard)} ids in {self.seconds:g} s"]
        told += [f"speaks {one.protocol}: {one.frames:,} frames" for one in self.bus.protocols]
        told += [f"{one.fit.file.name} explains {one.share:.1%} of the frames" for one in self.bus.chosen]
        if self.bus.unknown:
            share = sum(one.share for one in self.bus.unknown)
            most = ", ".join(one.heard.name for one in self.bus.unknown[:IDS_SHOWN])
            told.append(f"{len(self.bus.unknown)} ids fit no database, {share:.1%} of the frames: {most} …")
        return told


def hear(source: str, seconds: float, databases: Sequence[Path]) -> Heard:
    """Listen for so long, and hold what was heard against databases and folders of them; none: the shipped ones.

    Raises:
        ConfigError: it is no bus that can be listened to here, or a folder holds no database.
        BusDown: the interface is not there.
    """
    with closing(opened(source)) as opened_source:
        batches = listened(opened_source, seconds)
    return Heard(batches, seconds, _explained(batches, source, databases))


def _explained(batches: Sequence[FrameBatch], source: str, databases: Sequence[Path]) -> Suggestion | None:
    listener = Listener()
    for batch in batches:
        listener.take(batch)
    heard = list(listener.heard())
    if not heard:
        return None
    candidates, unread = read_candidates(files_of(databases or assets.database_folders()))
    return suggest(source, heard, candidates, unread, listener.counters)
