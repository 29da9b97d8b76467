"""What diagnostics found, in the words of the contract."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from edge.diagnostics.changes import Change, CodeChange
from edge.diagnostics.findings import Status, Survey, Unit, Value
from edge.diagnostics.j1939.network_name import network_name_text
from edge.diagnostics.poller import Told
from edge.personal import without_personal
from edge.wire import messages

VALUES_MAX: Final = 200
NOT_TOLD: Final = "Vehicle.Telltale.NotTold"
"""Values for which a message had no room."""
CHANGES_MAX: Final = 100
TEXT_MAX: Final = 2_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where the vehicle was, as far as it is known."""

    latitude_deg: float | None = None
    longitude_deg: float | None = None
    odometer_km: float | None = None


def bodies(told: Told, at: datetime, place: Place, *, private: bool = False) -> Iterator[messages.Body]:
    """The messages of one look: a `dtc` for each code that is not as it was, one `reported` for everything else.

    In private mode a freeze frame lacks what is personal.
    """
    for change in told.codes:
        body = _code_body(change, told.survey, at, place)
        yield body.model_copy(update={"freeze_frame": without_personal(body.freeze_frame)}) if private else body
    if told.others or not told.codes:
        yield _reported_body(told, at)


def _code_body(change: CodeChange, survey: Survey, at: datetime, place: Place) -> messages.TroubleCode:
    code, since = change.code, change.since
    status = messages.TroubleCodeStatus.GONE if change.is_gone else _status(code.status)
    return messages.TroubleCode(
        ecu=code.ecu,
        code=code.code,
        failure_type=code.failure_type,
        protocol=code.protocol,
        status=status,
        lamp=None if change.is_gone else code.lamp,
        seen_at=at,
        freeze_frame=limited(code.freeze_frame),
        how=messages.TroubleCodeTurn(change.how),
        occurrences=code.occurrences,
        odometer_km=place.odometer_km if place.odometer_km is not None else survey.odometer_km,
        engine_hours_h=survey.engine_hours_h,
        latitude_deg=place.latitude_deg,
        longitude_deg=place.longitude_deg,
        since_cleared_km=since.distance_km if since else None,
        since_cleared_warm_ups=since.warm_ups if since else None,
    )


def _status(status: Status) -> messages.TroubleCodeStatus:
    """The contract knows one kind of code that was there before."""
    return messages.TroubleCodeStatus(Status.PREVIOUS if status is Status.LIT_BEFORE else status)


def _reported_body(told: Told, at: datetime) -> messages.Reported:
    changes = [_change(change, at) for change in told.others[:CHANGES_MAX]]
    return messages.Reported(desired_version=0, state=limited(dict(_state(told.survey))), refusals=[], changes=changes)


def _change(change: Change, at: datetime) -> messages.VehicleChange:
    return messages.VehicleChange(
        what=change.what, ecu=change.ecu, field=change.field, before=change.before, after=change.after, seen_at=at
    )


def _state(survey: Survey) -> Iterator[tuple[str, Value]]:
    """The vehicle and its units by name, such as `Vehicle.Telltale.Ecu.7E8.Calibrations`."""
    yield "Vehicle.VehicleIdentification.VIN", survey.vin
    for unit in survey.units.values():
        yield from _unit_state(unit)
    for asked, why in survey.refused.items():
        ecu, _, what = asked.partition(" ")
        yield f"Vehicle.Telltale.Ecu.{ecu}.Refuses.{what or 'all'}", why


def _unit_state(unit: Unit) -> Iterator[tuple[str, Value]]:
    named: Mapping[str, str | tuple[str, ...] | None] = {
        "Name": unit.name,
        "Serial": unit.serial,
        "EcuSerial": unit.ecu_serial,
        "Location": unit.location,
        "NetworkName": network_name_text(unit.network_name) if unit.network_name else None,
        "Hardware": unit.hardware,
        "Software": unit.software,
        "Calibrations": unit.calibrations,
        "Verifications": unit.verifications,
    }
    for name, value in named.items():
        if value:
            text = value if isinstance(value, str) else ", ".join(value)
            yield f"Vehicle.Telltale.Ecu.{unit.ecu}.{name}", text[:TEXT_MAX]


def limited(values: Mapping[str, Value]) -> dict[str, Value]:
    """As many as a message may have; the last says how many more there were."""
    if len(values) <= VALUES_MAX:
        return dict(values)
    kept = dict(list(values.items())[: VALUES_MAX - 1])
    return {**kept, NOT_TOLD: len(values) - len(kept)}
