"""What a vehicle is: its build, its parts, since when it is in service. Pure. None is unknown, and stays so."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from cloud.errors import Refused
from edge.wire.topics import Address

PARTS_MAX: Final = 50
FORMERS_MAX: Final = 50
"""Of one vehicle: what was in it before; the newest."""
TEXT_MAX: Final = 100
"""Characters of a make, a model, a number or a batch."""
YEARS: Final = range(1900, 2101)
KM_MAX: Final = 10_000_000.0
"""More than any vehicle has driven."""
VIN_LENGTH: Final = 17
"""ISO 3779, and 49 CFR 565.13."""
_VALUES: Final = {
    sign: value
    for row in ("0123456789", " ABCDEFGH ", " JKLMN P R", "  STUVWXYZ")
    for value, sign in enumerate(row)
    if sign != " "
}
"""What each sign of a VIN counts (49 CFR 565.15, table III); there is no I, O and Q, which look like figures."""
_WEIGHTS: Final = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
"""Of each place (49 CFR 565.15, table IV)."""
_CHECK_PLACE: Final = 8


@dataclass(frozen=True, slots=True)
class Part:
    """A part that is in a vehicle now."""

    number: str
    """The maker's."""
    batch: str | None = None
    fitted_on: date | None = None
    """None: not known; a part of the first build has the vehicle's `built_on`."""
    fitted_km: float | None = None
    """What the odometer said then."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of a vehicle beyond what it tells itself."""

    address: Address
    vin: str | None = None
    make: str | None = None
    model: str | None = None
    model_year: int | None = None
    batch: str | None = None
    """Of the vehicle's build."""
    built_on: date | None = None
    in_service_on: date | None = None
    country: str | None = None
    """Where it is in service (ISO 3166-1, two letters)."""
    firmware: str | None = None
    """Of its control units, as its maker names the release."""
    parts: Mapping[str, Part] = field(default_factory=dict)
    """By component: cooling, charging, …"""

    def checked(self) -> "Profile":
        """The same, with the VIN in capitals.

        Raises:
            Refused: something in it cannot be; names the field.
        """
        vin = None if self.vin is None else checked_vin(self.vin)
        if self.built_on and self.in_service_on and self.in_service_on < self.built_on:
            raise Refused(f"in_service_on: {self.in_service_on} is before built_on ({self.built_on}); check both")
        if self.model_year is not None and self.model_year not in YEARS:
            raise Refused(f"model_year: {self.model_year} is not within {YEARS.start}-{YEARS.stop - 1}")
        if len(self.parts) > PARTS_MAX:
            raise Refused(f"parts: {len(self.parts)} are too many; name the {PARTS_MAX} that matter")
        for component, part in self.parts.items():
            self._check_part(component, part)
        return replace(self, vin=vin)

    def _check_part(self, component: str, part: Part) -> None:
        if part.fitted_km is not None and not 0 <= part.fitted_km <= KM_MAX:
            raise Refused(f"parts.{component}.fitted_km: {part.fitted_km} is no reading of an odometer in km")
        if self.built_on and part.fitted_on and part.fitted_on < self.built_on:
            raise Refused(f"parts.{component}.fitted_on: {part.fitted_on} is before built_on ({self.built_on})")


@dataclass(frozen=True, slots=True)
class Former:
    """What was in a vehicle before something else took its place: without it, what failed would be counted nowhere."""

    address: Address
    component: str | None
    """Whose part it was; None: it is a firmware."""
    number: str
    """Of the part; or the firmware."""
    batch: str | None
    until: datetime


def fitted_at(day: date) -> datetime:
    """From when on a part counts that was fitted on this day: its end, as what failed that day was the part before."""
    return datetime.combine(day, time(), UTC) + timedelta(days=1)


def formers_of(before: Profile, after: Profile, at: datetime) -> list[Former]:
    """What a new profile says was replaced.

    A part with another `fitted_on` was replaced that day; without one the old entry is taken for a mistake, and is
    gone. Another firmware was loaded when it was said.
    """
    gone = []
    if before.firmware and after.firmware and before.firmware != after.firmware:
        gone.append(Former(after.address, None, before.firmware, None, at))
    for component, part in before.parts.items():
        new = after.parts.get(component)
        if new is not None and new.fitted_on is not None and new.fitted_on != part.fitted_on:
            until = fitted_at(new.fitted_on)
            gone.append(Former(after.address, component, part.number, part.batch, until))
    return gone


@dataclass(frozen=True, slots=True)
class ProfileFilter:
    """Which profiles are wanted; None is all."""

    fleet: str | None = None
    within: frozenset[str] | None = None
    """Only of these fleets; None: of all."""


def checked_vin(text: str) -> str:
    """A VIN in capitals.

    Raises:
        Refused: it is none.
    """
    vin = text.upper()
    if len(vin) != VIN_LENGTH:
        raise Refused(f"vin: {text!r} has {len(vin)} signs; a VIN has {VIN_LENGTH}")
    wrong = sorted({sign for sign in vin if sign not in _VALUES})
    if wrong:
        raise Refused(
            f"vin: {text!r} has {', '.join(map(repr, wrong))}; a VIN has figures, and letters without I, O, Q"
        )
    return vin


def check_digit_agrees(vin: str) -> bool:
    """Whether the ninth sign is the check digit of the others (49 CFR 565.15 (c)).

    Only a note: vehicles built for markets outside North America need not have one (ISO 3779 leaves the sign free).
    """
    rest = sum(_VALUES[sign] * weight for sign, weight in zip(vin, _WEIGHTS, strict=True)) % 11
    return vin[_CHECK_PLACE] == ("X" if rest == 10 else str(rest))
