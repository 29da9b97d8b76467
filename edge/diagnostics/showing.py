"""A look at a vehicle for whoever stands beside it: lines for a person, values for a program. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

from edge.codes.explain import Explanation
from edge.diagnostics.findings import Code, Readiness, SinceCleared, Survey, Unit
from edge.diagnostics.j1939.network_name import network_name_text
from edge.diagnostics.obd_messages import check_digit_fits

Explain = Callable[[str, int | None], Explanation]
"""What a code and its failure type mean, as `Catalogue.explain` tells it."""

NOT_UNDERSTOOD: Final = ("payload_", "codes_of_old_methods", "malformed")
"""How the counters begin of what came and could not be read."""


def as_values(survey: Survey, explain: Explain) -> dict[str, Any]:
    """Everything, for a program."""
    return {
        "vin": survey.vin,
        "vin_check_digit": check_digit_fits(survey.vin) if survey.vin else None,
        "units": [asdict(unit) for unit in survey.units.values()],
        "codes": [_code(code, explain) for code in survey.codes.values()],
        "readiness": {ecu: asdict(one) for ecu, one in survey.readiness.items()},
        "since_cleared": {ecu: asdict(one) for ecu, one in survey.cleared.items()},
        "odometer_km": survey.odometer_km,
        "engine_hours_h": survey.engine_hours_h,
        "lamps": {ecu: dict(lamps) for ecu, lamps in survey.lamps.items()},
        "refused": dict(survey.refused),
    }


def _code(code: Code, explain: Explain) -> dict[str, Any]:
    told = asdict(code)
    known = explanation(code, explain)
    told["meaning"] = line_of(known)
    told["words"] = known.source.value if known else None
    return {**told, "statuses": sorted(told["statuses"]), "status": code.status}


def explanation(code: Code, explain: Explain) -> Explanation | None:
    """What a code means; None where it is a code of no standard that we know."""
    try:
        return explain(code.code, None if code.failure_type is None else int(code.failure_type, 16))
    except ValueError:
        return None


def line_of(known: Explanation | None) -> str:
    """The same in a line, without the code."""
    return known.text().partition("  ")[2] if known else "meaning unknown"


def as_lines(survey: Survey, explain: Explain) -> Iterator[str]:
    """The same for a person."""
    yield f"VIN            {survey.vin or 'not told'}"
    if survey.odometer_km is not None:
        yield f"odometer       {survey.odometer_km:,.1f} km"
    if survey.engine_hours_h is not None:
        yield f"engine         {survey.engine_hours_h:,.1f} h"
    for ecu, lamps in survey.lamps.items():
        if lit := [f"{name} {lamp}" for name, lamp in lamps.items() if lamp != "off"]:
            yield f"lamps of {ecu}    {', '.join(lit)}"
    for unit in survey.units.values():
        yield from _unit_lines(unit, survey.readiness.get(unit.ecu), survey.cleared.get(unit.ecu))
    yield f"trouble codes  {len(survey.codes) or 'none'}"
    for code in survey.codes.values():
        kind = f"-{code.failure_type}" if code.failure_type else ""
        yield f"  {code.code}{kind}  {code.ecu}  {', '.join(sorted(code.statuses))}, lamp {code.lamp or 'unknown'}"
        yield f"      {line_of(explanation(code, explain))}"
        yield from (f"      {path} = {value}" for path, value in code.freeze_frame.items())
    for asked, why in survey.refused.items():
        yield f"refused        {asked}: {why}"


def not_understood(counters: Mapping[str, int]) -> Iterator[str]:
    """What came and was not whole, or says what nobody can tell."""
    if found := [f"{count} {cause}" for cause, count in counters.items() if count and cause.startswith(NOT_UNDERSTOOD)]:
        yield f"not understood  {', '.join(found)}"


def _unit_lines(unit: Unit, ready: Readiness | None, since: SinceCleared | None) -> Iterator[str]:
    yield f"unit {unit.ecu}  {unit.name or 'no name'}"
    if unit.calibrations:
        yield f"  calibration  {', '.join(unit.calibrations)}  ({', '.join(unit.verifications) or 'no CVN'})"
    for name, told in (
        ("hardware", unit.hardware),
        ("software", unit.software),
        ("serial", (unit.serial,)),
        ("serial of the control unit", (unit.ecu_serial,)),
        ("location", (unit.location,)),
    ):
        if any(told):
            yield f"  {name}  {', '.join(text for text in told if text)}"
    if unit.network_name is not None:
        yield f"  network name  {network_name_text(unit.network_name)}"
    if ready is not None:
        lamp = {True: "on", False: "off", None: "unknown"}[ready.mil]
        open_ones = [monitor.name for monitor in ready.monitors if not monitor.complete]
        yield f"  lamp {lamp}; monitors not ready: {', '.join(open_ones) or 'none'}"
    if since is not None:
        parts = ((since.distance_km, "km"), (since.warm_ups, "warm-ups"), (since.minutes, "min"))
        known = ", ".join(f"{value:g} {name}" for value, name in parts if value is not None)
        yield f"  since its codes were cleared: {known}"
