"""Bundles, who is to run which, and how far that is. Pure; times are by the cloud's clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from cloud.bundles.archive import File
from edge.wire.envelope import Clock
from edge.wire.messages import UpdateStep
from edge.wire.topics import Address


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that is kept, without its bytes."""

    fleet: str
    id: str
    """32 hex digits."""
    name: str
    """Of a fleet's bundles only one has it."""
    size: int
    """Bytes of the archive."""
    sha256: str
    files: Sequence[File]
    added_at: datetime
    by: str


class RolloutState(StrEnum):
    """How far a rollout is."""

    FIRST = "first"
    """Only the first have it; the others wait until these have kept it."""
    ALL = "all"
    """Everybody has it, or is given it now."""
    STOPPED = "stopped"
    """Nobody else is given it: one went back or refused it, or a person said so."""


class Standing(StrEnum):
    """How a vehicle of a rollout stands."""

    HELD = "held"
    """It waits for the first ones."""
    DUE = "due"
    """It is given it at the next look."""
    GIVEN = "given"
    """Its document is signed; the vehicle has said nothing of it."""
    FETCHING = "fetching"
    TRYING = "trying"
    KEPT = "kept"
    REFUSED = "refused"
    ROLLED_BACK = "rolled_back"
    LEFT_OUT = "left_out"
    """The rollout was stopped before its turn."""
    REPLACED = "replaced"
    """A later rollout gave it something else."""

    @property
    def waits(self) -> bool:
        """Whether it was not given it, and may be still."""
        return self in {Standing.HELD, Standing.DUE}

    @property
    def has_failed(self) -> bool:
        """Whether it was given it, and runs what it ran before."""
        return self in {Standing.REFUSED, Standing.ROLLED_BACK}


STANDING_OF: Final[Mapping[UpdateStep, Standing]] = MappingProxyType(
    {step: Standing(step.value) for step in UpdateStep}
)


@dataclass(frozen=True, slots=True)
class Rollout:
    """Some vehicles of a fleet are to run a bundle, or none."""

    fleet: str
    number: int
    bundle: str | None
    """None: what the installer has set up, and nothing else."""
    name: str
    """Of the bundle; "none" of none."""
    first: int | None
    """So many vehicles first; None: all at once."""
    probation_s: int
    alerts_max: int
    state: RolloutState
    by: str
    at: datetime
    changed_at: datetime
    why: str = ""
    """Why it was stopped, or goes on."""
    newcomers: bool = False
    """Whoever comes to the fleet later is given it as well: so it stops at whoever goes back, though nobody waits."""

    def stopped(self, why: str, at: datetime) -> "Rollout":
        """Nobody else is given it."""
        return replace(self, state=RolloutState.STOPPED, why=why, changed_at=at, newcomers=False)

    def for_all(self, why: str, at: datetime) -> "Rollout":
        """The others are given it too."""
        return replace(self, state=RolloutState.ALL, why=why, changed_at=at)


@dataclass(frozen=True, slots=True)
class Member:
    """A vehicle of a rollout."""

    vehicle: str
    is_first: bool
    standing: Standing
    reason: str
    version: int | None
    """Of the document that gave it; None: not given."""
    changed_at: datetime


def next_state(rollout: Rollout, members: Mapping[Standing, int], first: Mapping[Standing, int]) -> RolloutState:
    """Where a rollout goes from how its vehicles stand.

    Args:
        rollout: as it stands.
        members: how many of its vehicles stand how.
        first: the same of those that go first.
    """
    waiting = sum(count for standing, count in members.items() if standing.waits)
    failed = sum(count for standing, count in members.items() if standing.has_failed)
    if rollout.state is RolloutState.STOPPED or not (waiting or rollout.newcomers):
        return rollout.state
    if failed:
        return RolloutState.STOPPED
    if rollout.state is RolloutState.FIRST and set(first) == {Standing.KEPT}:
        return RolloutState.ALL
    return rollout.state


@dataclass(frozen=True, slots=True)
class Step:
    """What a vehicle said of an update."""

    step: UpdateStep
    reason: str
    bundle: str | None
    """None: none."""
    name: str | None
    """Of the bundle, as far as it was known; None: it was not."""
    version: int
    """Of the document that asked for it."""
    observed_at: datetime
    clock: Clock
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Running:
    """A bundle on a vehicle, or none."""

    bundle: str | None
    name: str | None
    """None: no bundle, or one of which nothing is known here any more."""
    version: int
    """Of the document that asked for it."""
    at: datetime
    """Since when that is known."""


@dataclass(frozen=True, slots=True)
class Standpoint:
    """What a vehicle is to run and what it runs."""

    address: Address
    wanted: Running | None
    """None: nothing was ever said to it."""
    runs: Running | None
    """What it has kept last; None: it has never said so."""
    last: Step | None
    """The latest step that it told; None: none."""
    rollout: int | None
    """By which it was given what it is to run."""
