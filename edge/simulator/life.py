"""Life: one vehicle of a kind, drawn from a seed, lived second by second, with the truth about its faults."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from edge.errors import ConfigError
from edge.simulator.broadcast import stepped_columns
from edge.simulator.faults import NONE, PLACE, FaultSpec, draw_faults
from edge.simulator.journey import Journey
from edge.simulator.kinds import KINDS, Kind, Parts, kind_of
from edge.simulator.trace import Trace, Tracer
from edge.simulator.vehicle import Second
from edge.simulator.weather import Weather

MIXED: Final = "mixed"
ANY: Final = "any"
VIN_CHARACTERS: Final = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
"""ISO 3779: no I, O, Q."""
VIN_WEIGHTS: Final = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
VIN_VALUES: Final = dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)
)
"""Check digit of 49 CFR 565.15."""


@dataclass(frozen=True, slots=True)
class TruthRow:
    """How one ordered fault stands at one moment."""

    time_s: float
    fault: str
    onset_s: float
    severity: float
    """0 healthy to 1; README.md says what it is a share of."""
    failed: bool
    """The vehicle cannot be driven any more, or must not be."""
    failed_s: float | None
    """When that began; None as long as it has not."""

    def line(self) -> str:
        """One JSON line, without its end."""
        return json.dumps(
            {
                "time": round(self.time_s, 3),
                "fault": self.fault,
                "onset": round(self.onset_s, 3),
                "severity": round(self.severity, 4),
                "failed": self.failed,
                "failed_at": None if self.failed_s is None else round(self.failed_s, 3),
            }
        )


class Life:
    """One vehicle, alone; the same arguments give the same life."""

    def __init__(
        self,
        *,
        vehicle: str,
        faults: Sequence[FaultSpec] = (),
        seed: int,
        cycle: str = MIXED,
        weather: str = ANY,
        warm: bool = False,
        chapter: int = 0,
    ) -> None:
        """A vehicle at the beginning of a drive; drives and parking follow one another without end.

        `chapter`: each has other roads, other weather and other noise, of the same vehicle with another driver.

        Raises:
            ConfigError: no such vehicle, cycle or weather, a fault that it cannot have, or a negative seed.
        """
        if seed < 0:
            raise ConfigError(f"{seed} is below zero", place="seed", remedy="Give a whole number from 0 up")
        self.kind: Kind = kind_of(vehicle)
        self.specs = tuple(spec for spec in faults if spec.name != NONE)
        _sensible(vehicle, self.specs)
        bodies, roads, skies, names, self.sensors = (
            np.random.default_rng(part) for part in np.random.SeedSequence(seed).spawn(5)
        )
        if chapter:
            roads, skies, self.sensors = (
                np.random.default_rng(part) for part in np.random.SeedSequence((seed, chapter)).spawn(3)
            )
        self.vin = draw_vin(names)
        ordered = draw_faults(self.specs, self.kind.faults, seed)
        journey = Journey(cycle, self.kind.style, roads)
        self.vehicle = self.kind.build(Parts(bodies, ordered, journey, Weather(weather, skies), warm))
        self.tracer = Tracer(self.vehicle, stepped_columns(self.kind.senders))
        self.seconds = 0
        """Lived so far."""
        self._failed_s: dict[str, float] = {}

    def second(self) -> Trace | None:
        """Live one second and trace it; None when the vehicle slept through it."""
        second = self.live()
        if second is None:
            self.tracer.slept()
            return None
        return self.tracer.trace(second)

    def live(self) -> Second | None:
        """Live one second, for who hands it to the tracer; None when the vehicle slept through it."""
        vehicle = self.vehicle
        self.seconds += 1
        if vehicle.asleep:
            vehicle.rest()
            return None
        second = vehicle.second()
        if len(self._failed_s) < len(self.specs):
            self._watch_failures()
        return second

    def truth(self, start_s: float) -> tuple[TruthRow, ...]:
        """How every ordered fault stands now, with times that count from `start_s`."""
        return tuple(self._rows(start_s))

    def _rows(self, start_s: float) -> Iterator[TruthRow]:
        conditions = self.vehicle.conditions()
        for spec in self.specs:
            condition = conditions[spec.name]
            failed_s = self._failed_s.get(spec.name)
            yield TruthRow(
                start_s + self.seconds,
                spec.name,
                start_s + spec.onset_s,
                condition.severity,
                condition.failed,
                None if failed_s is None else start_s + failed_s,
            )

    def _watch_failures(self) -> None:
        for name, condition in self.vehicle.conditions().items():
            if condition.failed:
                self._failed_s.setdefault(name, float(self.seconds))


def draw_vin(rng: np.random.Generator) -> str:
    """A vehicle identification number of a maker that does not exist (ISO 3780 region X9), with its check digit."""
    letters = [*"X9T", *(VIN_CHARACTERS[place] for place in rng.integers(len(VIN_CHARACTERS), size=14))]
    letters[8] = "0"
    letters[11:] = [str(digit) for digit in rng.integers(10, size=6)]
    total = sum(
        weight * VIN_VALUES.get(letter, 0 if letter.isalpha() else int(letter) if letter.isdigit() else 0)
        for letter, weight in zip(letters, VIN_WEIGHTS, strict=True)
    )
    letters[8] = "X" if total % 11 == 10 else str(total % 11)
    return "".join(letters)


def _sensible(vehicle: str, specs: Sequence[FaultSpec]) -> None:
    """Refuse what this vehicle cannot have, naming who can."""
    for spec in specs:
        if spec.name in KINDS[vehicle].faults:
            continue
        others = [name for name, kind in KINDS.items() if spec.name in kind.faults]
        there_are = f"There are {', '.join([NONE, *sorted(KINDS[vehicle].faults)])}"
        if others:
            problem = f"{spec.name} makes no sense on {vehicle}; {', '.join(others)} can have it"
            raise ConfigError(problem, place=PLACE, remedy=there_are)
        raise ConfigError(f"no fault is called {spec.name!r}", place=PLACE, remedy=there_are)
