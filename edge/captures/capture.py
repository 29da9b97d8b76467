"""Capture: one that is being taken, of frames or of samples, and the parts that it is told in."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from edge.wire.messages import HoleCause

KEPT: Final = ("id", "trigger", "wanted_from", "wanted_to", "parts", "told_to")
"""What of a capture must outlive a restart."""


class Rows(Protocol):
    """Frames, or samples, in the order in which they came."""

    @property
    def time(self) -> npt.NDArray[np.int64]:
        """(N,) ns."""

    def __len__(self) -> int: ...

    def select(self, rows: slice | npt.NDArray[np.bool_]) -> Self:
        """The chosen ones."""


R = TypeVar("R", bound=Rows)


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
    """Up to here frames were handed on."""
    cut_to: int = 0
    """Up to here they were taken out of the ring."""
    place: int = 0
    """Of the next frame in the ring."""
    holes: list[Hole] = field(default_factory=list)
    """Found since the last part."""

    def kept(self) -> dict[str, Any]:
        """What must outlive a restart."""
        return {name: getattr(self, name) for name in KEPT}

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
class Part(Generic[R]):
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
    frames: R
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
