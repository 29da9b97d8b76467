"""What changed between two looks at a vehicle, each called what it is: appeared, healed, cleared, swapped. Pure.

A code that is gone is not thereby repaired. If a unit's counters since clearing went back, or its permanent codes still
name it, somebody cleared it. If it was not asked, or did not answer, nothing is known and nothing is said.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from edge.diagnostics.findings import Code, SinceCleared, Status, Survey, Unit


class How(StrEnum):
    """How a code came to be what it is now."""

    APPEARED = "appeared"
    CHANGED = "changed"
    """Another status or lamp."""
    CLEARED = "cleared"
    """Somebody erased it; whether it is repaired nobody knows."""
    HEALED = "healed"
    """The unit took it back itself: its test passed often enough."""
    GONE = "gone"
    """It is not told any more, and nothing shows why."""


class What(StrEnum):
    """What is not as it was, beside codes."""

    OTHER_VEHICLE = "other_vehicle"
    ECU_NEW = "ecu_new"
    ECU_SWAPPED = "ecu_swapped"
    CALIBRATION_CHANGED = "calibration_changed"
    SOFTWARE_CHANGED = "software_changed"
    ECU_FOREIGN = "ecu_foreign"
    """A unit names another VIN than the vehicle: it came from elsewhere."""
    CODES_CLEARED = "codes_cleared"
    LAMP_CHANGED = "lamp_changed"


@dataclass(frozen=True, slots=True)
class CodeChange:
    """A code is not as it was."""

    how: How
    code: Code
    """As it is now; of one that is not there any more, as it was."""
    since: SinceCleared | None = None
    """Of its unit, now."""
    is_gone: bool = False
    """Whether the unit tells nothing of it any more."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something else is not as it was."""

    what: What
    ecu: str
    field: str
    before: str
    after: str


_BODIES: Final = tuple((field, What.ECU_SWAPPED) for field in ("serial", "ecu_serial", "hardware", "identity"))
_MINDS: Final = (
    ("calibrations", What.CALIBRATION_CHANGED),
    ("verifications", What.CALIBRATION_CHANGED),
    ("software", What.SOFTWARE_CHANGED),
)


DISTANCE_MAX_KM: Final = 65_535.0
"""Where the counter of PID 31 ends (SAE J1979)."""
STEPS_KM: Final = 5.0
"""Odometer and counter are cut to whole kilometres, and are read some time apart."""


def is_other_vehicle(before: Survey, after: Survey) -> bool:
    """Whether the box sits in another vehicle now: nothing of before counts."""
    return before.vin is not None and after.vin is not None and before.vin != after.vin


def code_changes(before: Survey, after: Survey) -> Iterator[CodeChange]:
    """Codes that are not as they were, those of the later look first."""
    if is_other_vehicle(before, after):
        before = Survey()
    for key, code in after.codes.items():
        old = before.codes.get(key)
        since = after.cleared.get(code.ecu)
        if old is None:
            yield CodeChange(How.APPEARED, code, since)
        elif (old.statuses, old.lamp) != (code.statuses, code.lamp):
            yield CodeChange(_how_changed(old, code, before, after), code, since)
    for key, code in before.codes.items():
        if key not in after.codes and _was_asked(code, after):
            yield CodeChange(_how_gone(code, before, after), code, after.cleared.get(code.ecu), is_gone=True)


def other_changes(before: Survey, after: Survey) -> Iterator[Change]:
    """Everything else that is not as it was."""
    if is_other_vehicle(before, after):
        yield Change(What.OTHER_VEHICLE, "", "vin", before.vin or "", after.vin or "")
        return
    for ecu, unit in after.units.items():
        yield from _unit_changes(before, unit, before.units.get(ecu))
        if unit.vin and after.vin and unit.vin != after.vin and unit.vin != _vin(before, ecu):
            yield Change(What.ECU_FOREIGN, ecu, "vin", after.vin, unit.vin)
    for ecu in after.cleared:
        if back := _went_back(ecu, before, after):
            yield Change(What.CODES_CLEARED, ecu, *back)
    for ecu, lamps in after.lamps.items():
        for name, lamp in lamps.items():
            old = before.lamps.get(ecu, {}).get(name)
            if old is not None and old != lamp:
                yield Change(What.LAMP_CHANGED, ecu, name, old, lamp)


def merged(before: Survey, after: Survey) -> Survey:
    """What is known after both looks: what the later one did not tell stands as it was."""
    if is_other_vehicle(before, after):
        return after
    kept = {key: code for key, code in before.codes.items() if key not in after.codes and not _was_asked(code, after)}
    units = {ecu: _filled(unit, before.units.get(ecu)) for ecu, unit in after.units.items()}
    return Survey(
        vin=after.vin or before.vin,
        units={**before.units, **units},
        codes={**kept, **after.codes},
        told={**before.told, **after.told},
        cleared={**before.cleared, **after.cleared},
        readiness={**before.readiness, **after.readiness},
        lamps={**before.lamps, **after.lamps},
        refused=after.refused,
        odometer_km=after.odometer_km if after.odometer_km is not None else before.odometer_km,
        engine_hours_h=after.engine_hours_h if after.engine_hours_h is not None else before.engine_hours_h,
    )


def _was_asked(code: Code, after: Survey) -> bool:
    """Whether the later look would show the code if it were still there."""
    return code.statuses <= after.told.get(code.ecu, frozenset())


def _how_changed(old: Code, code: Code, before: Survey, after: Survey) -> How:
    """A code that was sure and is so no more was cleared, though it may have come back since."""
    was_sure = Status.CONFIRMED in old.statuses and Status.CONFIRMED not in code.statuses
    if was_sure and _how_gone(old, before, after) is How.CLEARED:
        return How.CLEARED
    return How.CHANGED


def _how_gone(code: Code, before: Survey, after: Survey) -> How:
    if code.ecu in before.cleared and code.ecu in after.cleared:
        return How.CLEARED if _went_back(code.ecu, before, after) else How.HEALED
    still = after.codes.get(code.key)
    return How.CLEARED if still is not None and still.status is Status.PERMANENT else How.GONE


def _went_back(ecu: str, before: Survey, after: Survey) -> tuple[str, str, str] | None:
    """The first counter of a unit that is less than it should be, which only clearing does, with both values."""
    then, now = before.cleared.get(ecu), after.cleared.get(ecu)
    if then is None or now is None:
        return None
    for name in ("warm_ups", "distance_km", "minutes"):
        old, new = getattr(then, name), getattr(now, name)
        if old is not None and new is not None and new < old:
            return name, f"{old:g}", f"{new:g}"
    return _fell_behind(then, now, before, after)


def _fell_behind(then: SinceCleared, now: SinceCleared, before: Survey, after: Survey) -> tuple[str, str, str] | None:
    """The distance since clearing grows as the odometer does; one that grew less began anew in between."""
    if None in (then.distance_km, now.distance_km, before.odometer_km, after.odometer_km):
        return None
    driven_km = (after.odometer_km or 0.0) - (before.odometer_km or 0.0)
    expected_km = min((then.distance_km or 0.0) + driven_km, DISTANCE_MAX_KM)
    new_km = now.distance_km or 0.0
    if new_km >= expected_km - max(STEPS_KM, 0.02 * driven_km):
        return None
    return "distance_km", f"{then.distance_km:g}", f"{new_km:g}"


def _unit_changes(before: Survey, unit: Unit, old: Unit | None) -> Iterator[Change]:
    if old is None:
        if before.units:
            yield Change(What.ECU_NEW, unit.ecu, "name", "", unit.name or "")
        return
    swapped = list(_differences(old, unit, _BODIES))
    yield from swapped
    for change in _differences(old, unit, _MINDS):
        if not swapped:
            yield change


def _differences(old: Unit, unit: Unit, fields: tuple[tuple[str, What], ...]) -> Iterator[Change]:
    for name, what in fields:
        was, now = getattr(old, name), getattr(unit, name)
        if was and now and was != now:
            yield Change(what, unit.ecu, name, _text(was), _text(now))


def _text(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def _vin(survey: Survey, ecu: str) -> str | None:
    unit = survey.units.get(ecu)
    return unit.vin if unit else None


def _filled(unit: Unit, old: Unit | None) -> Unit:
    """A unit with what it said before where it says nothing now."""
    if old is None:
        return unit
    fields: Mapping[str, object] = {name: getattr(unit, name) or getattr(old, name) for name in Unit.__slots__}
    return Unit(**fields)  # type: ignore[arg-type]  # each field has its own type in both
