"""Capture: one that is being taken, and the parts that it is told in."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from edge.frames import FrameBatch
from edge.wire.messages import HoleCause


@dataclass(frozen=True, slots=True)
class Hole:
    """A stretch (ns) in which frames are missing."""

    started: int
    ended: int
    frames: int | None
    """None: unknown."""
    cause: HoleCause


@dataclass(slots=True)
class Capture:
    """A capture that is being taken; times in ns on the axis of the data."""

    id: str
    trigger: str
    wanted_from: int
    wanted_to: int
    """Frames before it."""
    parts: int = 0
    """How many were handed on."""
    told_to: int = 0
    """Up to here frames were cut."""
    place: int = 0
    """Of the next frame in the ring."""
    holes: list[Hole] = field(default_factory=list)
    """Found since the last part."""

    def kept(self) -> dict[str, Any]:
        """What must outlive a restart."""
        known = asdict(self)
        del known["place"], known["holes"]
        return known

    @classmethod
    def taken_up(cls, kept: Mapping[str, Any]) -> Self:
        """As it was kept.

        Raises:
            ValueError: it is damaged.
        """
        try:
            return cls(
                id=str(kept["id"]),
                trigger=str(kept["trigger"]),
                wanted_from=int(kept["wanted_from"]),
                wanted_to=int(kept["wanted_to"]),
                parts=int(kept["parts"]),
                told_to=int(kept["told_to"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"no capture: {error}") from error


@dataclass(frozen=True, slots=True)
class Part:
    """Frames of a capture on their way to the outbox, and what is to be known of all captures once they are there."""

    id: str
    trigger: str
    wanted_from: int
    wanted_to: int
    number: int
    """From 1."""
    is_last: bool
    started: int
    """ns; first frame, or where the part begins when it has none."""
    ended: int
    frames: FrameBatch
    holes: Sequence[Hole]
    state: bytes


@dataclass(frozen=True, slots=True)
class State:
    """What is remembered of captures: those that are being taken, and when the last ones began."""

    open: Sequence[Capture] = ()
    begun: Mapping[str, int] = field(default_factory=dict)
    """By id, ns."""

    def packed(self) -> bytes:
        """To be remembered."""
        return json.dumps({"open": [one.kept() for one in self.open], "begun": dict(self.begun)}).encode()

    @classmethod
    def unpacked(cls, kept: bytes) -> Self:
        """As it was remembered.

        Raises:
            ValueError: it is damaged.
        """
        try:
            known = json.loads(kept)
            begun = {str(one): int(at) for one, at in known["begun"].items()}
            return cls([Capture.taken_up(one) for one in known["open"]], begun)
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"no state of captures: {error}") from error
