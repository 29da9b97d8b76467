"""All that is said of a recording: by bus the protocols, the databases, and what nobody understands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from edge.frames import NANOSECONDS
from edge.suggest.candidate import Candidate, Unread
from edge.suggest.choose import Chosen, choose
from edge.suggest.fit import Fit, fits
from edge.suggest.heard import HeardId
from edge.suggest.layouts import of_candidates
from edge.suggest.protocols import Spoken, spoken
from edge.suggest.unknown import Portrait, portrait


@dataclass(frozen=True)
class Bus:
    """One bus of the recording."""

    name: str
    heard: tuple[HeardId, ...]
    protocols: tuple[Spoken, ...]
    fits: tuple[Fit, ...]
    """The best first."""
    chosen: tuple[Chosen, ...]
    """To take, in this order."""

    @property
    def frames(self) -> int:
        """All of it."""
        return sum(one.frames for one in self.heard)

    @property
    def span_s(self) -> float:
        """From the first frame to the last."""
        first, last = min(one.first_ns for one in self.heard), max(one.last_ns for one in self.heard)
        return (last - first) / NANOSECONDS

    @property
    def explained(self) -> float:
        """Of its frames, by the chosen databases."""
        return sum(one.share for one in self.chosen)

    @cached_property
    def unknown(self) -> tuple[Portrait, ...]:
        """Ids that no chosen database explains, those with the most frames first."""
        known = {(one.heard.extended, one.heard.id) for each in self.chosen for one in each.adds}
        left = [one for one in self.heard if (one.extended, one.id) not in known]
        return tuple(portrait(one, self.frames) for one in sorted(left, key=lambda one: (-one.frames, one.id)))


@dataclass(frozen=True)
class Suggestion:
    """The whole recording."""

    log: str
    buses: tuple[Bus, ...]
    databases: int
    """That could be read."""
    unread: tuple[Unread, ...]
    counters: Mapping[str, int]
    """Frames, and those not looked at by why."""

    @property
    def chosen(self) -> list[tuple[Candidate, list[str]]]:
        """Each database to take once, with the buses it is for."""
        found: dict[int, tuple[Candidate, list[str]]] = {}
        for bus in self.buses:
            for one in bus.chosen:
                found.setdefault(id(one.fit.candidate), (one.fit.candidate, []))[1].append(bus.name)
        return list(found.values())


def suggest(
    log: str,
    heard: Sequence[HeardId],
    candidates: Sequence[Candidate],
    unread: Sequence[Unread] = (),
    counters: Mapping[str, int] | None = None,
) -> Suggestion:
    """Hold every candidate against every bus; the same recording and files always give the same answer."""
    layouts = of_candidates(candidates)
    buses = []
    for name in dict.fromkeys(one.bus for one in heard):
        own = tuple(one for one in heard if one.bus == name)
        protocols = tuple(spoken(own))
        found = fits(layouts, own, [one.protocol for one in protocols])
        chosen = choose(found, sum(one.frames for one in own))
        buses.append(Bus(name, own, protocols, tuple(found), tuple(chosen)))
    return Suggestion(log, tuple(buses), len(candidates), tuple(unread), dict(counters or {}))
