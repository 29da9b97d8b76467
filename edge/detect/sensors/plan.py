"""Plan: which signals watch each other, and what of the others each of them is expected by.

One row of signals a second goes in; the columns that come out are the same for all channels, and each channel's expert
looks at those that its own signal has no part in.
"""

from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from edge.detect.card import Path_
from edge.detect.sensors.kinds import Kind

CHANNELS_MAX: Final = 24
ALIGNED_S: Final = 20.0
"""Time constant of the means by which a vehicle is learned."""
Seconds = Annotated[FiniteFloat, Field(gt=0, le=7200)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Pace(StrEnum):
    """How quickly a signal can change."""

    FAST = "fast"
    """Within a second: speed, pressure, pedal."""
    SLOW = "slow"
    """Within minutes: temperatures."""


class Gate(_Part):
    """When there is something to compare: by the signal or, since it may be the faulty one, by what is expected."""

    path: Path_
    above: FiniteFloat


class Awake(Gate):
    """When a sensor answers that sleeps at other times: one of nitrogen oxides does while its pipe may be wet."""

    for_s: Annotated[FiniteFloat, Field(ge=0, le=3600)]
    """So long it has been so: the sensor has warmed up."""


class Channel(_Part):
    """A signal that is watched, and helps to watch the others."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    path: Path_
    unit: str
    pace: Pace = Pace.FAST
    step: Annotated[FiniteFloat, Field(gt=0)] | None = None
    """A slow signal that moves further than this within a second was misread, until it stays where it went."""
    tolerance: Annotated[FiniteFloat, Field(ge=0)] = 0.0
    """What it may be wrong by before anybody needs to know, in its unit."""
    surroundings: bool = False
    """It tells of the season, which an individual may be learned in: outside of what it has shown, less is known of all
    others (see watch.py)."""
    restless: bool = False
    """It never stands for long while the vehicle runs and is warm, as a thermostat's coolant: how long is learned, and
    longer is a frozen reading, though nobody expects it to have moved."""
    awake: Awake | None = None
    """No reading is missed but then; without it, whenever the vehicle runs."""


class Combination(_Part):
    """Two signals together: air per turn, speed per turn."""

    kind: Literal["product", "quotient"]
    of: tuple[Path_, Path_]
    geared: tuple[FiniteFloat, FiniteFloat] | None = None
    """Of a quotient that has a few values only, since a gearbox makes it: what both parts must be above to tell."""


class Plan(_Part):
    """What the experts look at."""

    channels: Annotated[tuple[Channel, ...], Field(min_length=3, max_length=CHANNELS_MAX)]
    combinations: Annotated[tuple[Combination, ...], Field(max_length=CHANNELS_MAX)] = ()
    fast_s: Annotated[tuple[Seconds, ...], Field(min_length=1, max_length=4)] = (5.0, 20.0, 60.0)
    """Time constants of the means that all experts see."""
    slow_s: Annotated[tuple[Seconds, ...], Field(max_length=4)] = (300.0, 1200.0)
    """And of those that experts of slow signals see as well."""
    running: Gate
    """The engine turns."""
    warm: Gate | None = None
    """It has its temperature, as far as the others tell."""
    settle_s: Seconds = 120.0
    """Of a trip's beginning nothing is judged."""
    without: tuple[Kind, ...] = ()
    """Kinds of evidence that nobody goes by: what they would find, others find, and the budget of false alarms is
    split over fewer."""
    soak_s: Seconds = 120.0
    """After each stop of the engine slow signals are not judged for so long: they have soaked up its heat."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        paths = self.paths
        if len(set(paths)) != len(paths):
            raise ValueError("two channels have the same path")
        gates = [gate.path for gate in (self.running, self.warm, *(one.awake for one in self.channels)) if gate]
        for path in [*gates, *(path for one in self.combinations for path in one.of)]:
            if path not in paths:
                raise ValueError(f"{path} is not among the channels")
        if fast := next((one for one in self.channels if one.surroundings and one.pace is not Pace.SLOW), None):
            raise ValueError(f"{fast.name} tells of the surroundings: it must be slow")
        if self_made := next((one for one in self.channels if one.awake and one.awake.path == one.path), None):
            raise ValueError(f"{self_made.name} cannot tell itself that it is awake: name another signal's path")
        if ALIGNED_S not in self.fast_s:
            raise ValueError(f"fast_s lacks {ALIGNED_S:g}, by which a vehicle is learned")
        if any(one.geared and one.kind != "quotient" for one in self.combinations):
            raise ValueError("only a quotient can be geared")
        return self

    @property
    def paths(self) -> tuple[str, ...]:
        """Of the channels, in order."""
        return tuple(channel.path for channel in self.channels)

    @property
    def taus_s(self) -> tuple[float, ...]:
        """All time constants, in the order of the columns."""
        return (*self.fast_s, *self.slow_s)

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """The combinations, by number of channel."""
        paths = self.paths
        return tuple((paths.index(one.of[0]), paths.index(one.of[1])) for one in self.combinations)

    @property
    def geared(self) -> tuple[tuple[int, int, float, float], ...]:
        """The geared ones: the two channels, and what each must be above."""
        return tuple(
            (*pair, *one.geared) for pair, one in zip(self.pairs, self.combinations, strict=True) if one.geared
        )

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self._columns())

    def columns_of(self, channel: int) -> list[int]:
        """What the expert of a channel may look at: nothing that its own signal has a part in, but how a trip began.

        Where a slow signal stood at the beginning is known of itself too: it tells a car that slept in the sun from
        one that stopped for a minute. A fault that comes later does not touch it.
        """
        is_slow = self.channels[channel].pace is Pace.SLOW
        return [
            number
            for number, (kind, parts) in enumerate(self._columns())
            if (is_slow or kind not in ("slow", "first")) and (channel not in parts or kind == "first")
        ]

    def columns_with(self, channel: int) -> list[int]:
        """The columns that become unknown where a channel is."""
        return [number for number, (_, parts) in enumerate(self._columns()) if channel in parts]

    def _columns(self) -> list[tuple[str, frozenset[int]]]:
        """Kind of each column, and whose signals have a part in it. See features.py for what stands in them."""
        each = [frozenset({channel}) for channel in range(len(self.channels))]
        rows = [("now", part) for _ in range(3) for part in each]
        means = [("fast" if tau in self.fast_s else "slow", part) for tau in self.taus_s for part in each]
        both = [("now", frozenset(pair)) for pair in self.pairs]
        return [*rows, *means, *both, *(("first", part) for part in each), ("slow", frozenset())]
