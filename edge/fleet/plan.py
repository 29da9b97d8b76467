"""Who drives in a fleet, when each begins, and what breaks on it: all drawn from the seed. Pure."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from edge.errors import ConfigError
from edge.simulator.faults import NONE, PLACE, FaultSpec
from edge.simulator.kinds import KINDS, kind_of

MIX: Final = "mix"
"""Every kind of vehicle that there is, as often as the others."""
VEHICLES_MAX: Final = 10_000
"""In one program; several programs share a fleet by `first`."""
CONTROL_SHARE: Final = 0.25
"""Of the vehicles that something happens to, so many are healthy but odd; an ordinary value."""
ONSET_MAX_S: Final = 3600.0
"""What is drawn breaks within the first hour, or in the first two thirds of a shorter run."""
_DRAWN_FOR: Final = zlib.crc32(b"fleet")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Orders:
    """What a fleet should be."""

    vehicles: int
    first: int = 1
    """Number of the first one; a number is always the same vehicle, whatever the size of the fleet."""
    kind: str = MIX
    seed: int = 1
    """Of vehicle number 1; the next vehicle has the next seed."""
    faults: Sequence[FaultSpec] = ()
    """On every vehicle that can have them."""
    share: float = 0.0
    """Of the vehicles that get one fault, or one oddity, drawn by the seed."""
    pace: float = 1.0
    """How many times faster than in life the drawn ones develop."""
    duration_s: int | None = None
    start_s: float = 60.0
    """The vehicles begin one after the other within this time."""

    def __post_init__(self) -> None:
        """Raises ConfigError for what cannot be, with its place on the command line."""
        _between("--vehicles", self.vehicles, 1, VEHICLES_MAX)
        _between("--first", self.first, 1, 10**9)
        _between("--seed", self.seed, 0, 10**12)
        _between("--faults", self.share, 0.0, 1.0)
        _between("--pace", self.pace, 0.01, 10_000.0)
        _between("--start", self.start_s, 0.0, 86_400.0)


@dataclass(frozen=True, slots=True)
class Enlisted:
    """One vehicle of a fleet."""

    name: str
    kind: str
    seed: int
    faults: tuple[FaultSpec, ...]
    begins_s: int
    """Seconds after the fleet."""


def enlist(orders: Orders) -> list[Enlisted]:
    """Every vehicle of the fleet, by its number.

    Raises:
        ConfigError: no such kind, or a fault that none of these vehicles can have.
    """
    kinds = _kinds(orders.kind)
    _check_faults([spec.name for spec in orders.faults], kinds)
    return [_enlisted(orders, kinds, number) for number in range(orders.first, orders.first + orders.vehicles)]


def kinds_of(enlisted: Sequence[Enlisted]) -> Sequence[str]:
    """The kinds of vehicle that are among them."""
    return sorted({one.kind for one in enlisted})


def _enlisted(orders: Orders, kinds: Mapping[str, Sequence[str]], number: int) -> Enlisted:
    seed = orders.seed + number - 1
    rng = np.random.default_rng((seed, _DRAWN_FOR))
    profile, variant, begins, onset, happens, odd, which = rng.random(7).tolist()
    kind = _pick(_pick(list(kinds.values()), profile), variant)
    faults = [spec for spec in orders.faults if spec.name in KINDS[kind].faults]
    if happens < orders.share:
        name = _draw_fault(kind, {spec.name for spec in faults}, is_control=odd < CONTROL_SHARE, which=which)
        faults += [FaultSpec(name, round(onset * _onset_s(orders)), orders.pace)] if name else []
    return Enlisted(f"sim-{kind}-{number:05d}", kind, seed, tuple(faults), int(begins * orders.start_s))


def _onset_s(orders: Orders) -> float:
    return ONSET_MAX_S if orders.duration_s is None else min(orders.duration_s * 2.0 / 3.0, ONSET_MAX_S)


def _draw_fault(kind: str, taken: set[str], *, is_control: bool, which: float) -> str | None:
    known = KINDS[kind].faults
    names = sorted(name for name, fault in known.items() if fault.control is is_control and name not in taken)
    return _pick(names, which) if names else None


def _pick(choices: Sequence[_T], place: float) -> _T:
    return choices[int(place * len(choices))]


def _kinds(wanted: str) -> Mapping[str, Sequence[str]]:
    """Names of kinds by their profile, so that a car that exists in three variants is no more frequent than a truck."""
    names = list(KINDS) if wanted == MIX else [wanted]
    by_profile: dict[str, list[str]] = {}
    for name in names:
        by_profile.setdefault(kind_of(name).profile, []).append(name)
    return by_profile


def _check_faults(names: Sequence[str], kinds: Mapping[str, Sequence[str]]) -> None:
    there_are = sorted({name for variants in kinds.values() for kind in variants for name in KINDS[kind].faults})
    for name in names:
        if name not in (NONE, *there_are):
            problem = f"no vehicle of this fleet has a fault called {name!r}"
            raise ConfigError(problem, place=PLACE, remedy=f"There are {', '.join(there_are)}")
        if names.count(name) > 1:
            raise ConfigError(f"{name} is ordered twice", place=PLACE, remedy="Order each fault once")


def _between(place: str, number: float, least: float, most: float) -> None:
    if not least <= number <= most:
        raise ConfigError(f"{number} is not from {least:,} to {most:,}", place=place, remedy="Give another number")
