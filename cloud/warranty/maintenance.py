"""Whether every service was done in time. Pure."""

from datetime import date, timedelta
from itertools import pairwise

from cloud.warranty.facts import Claimed, Known, Lack, Service
from cloud.warranty.plan import Maintenance, Plan, months_after

Answer = tuple[bool | None, str, frozenset[Lack]]
"""True: none was missed; False: one was; None: cannot be said, with what is missing."""


def missed(clause: Maintenance, plan: Plan, claimed: Claimed, known: Known) -> Answer:
    """What the service book says, from going into service (at 0 km) up to the failure."""
    if claimed.maintenance is None:
        return None, "Whether it was serviced in time is unknown", frozenset({Lack.MAINTENANCE})
    if known.in_service_on is None:
        return None, "From which day on it had to be serviced is unknown", frozenset({Lack.IN_SERVICE_ON})
    done = sorted((one for one in claimed.maintenance if one.on <= claimed.failed_on), key=lambda one: one.on)
    stops = [Service(known.in_service_on, 0.0), *done, Service(claimed.failed_on, claimed.odometer_km)]
    late = _late(clause, stops) or _far(clause, plan, stops)
    if late:
        return False, late, frozenset()
    return _unsure(clause, plan, stops) or (True, "Every service was done in time", frozenset())


def _late(clause: Maintenance, stops: list[Service]) -> str:
    """Why one came too late by the calendar; "" where none did."""
    if clause.months is None:
        return ""
    for before, after in pairwise(stops):
        by = _last_day(before.on, clause.months, clause.grace_days)
        if after.on > by:
            return f"After {before.on} a service was due, with all grace by {by}; there was none until {after.on}"
    return ""


def _last_day(day: date, months: int, grace_days: int) -> date:
    return months_after(day, months) + timedelta(days=grace_days)


def _far(clause: Maintenance, plan: Plan, stops: list[Service]) -> str:
    """Why one came too far by the odometer, between two readings with no service in between; "" where none did."""
    if clause.distance is None:
        return ""
    most = clause.distance + clause.grace_distance
    for before, after in pairwise(stops):
        if before.km is not None and after.km is not None and plan.of_unit(after.km - before.km) > most:
            ran = f"{plan.of_unit(after.km - before.km):.10g} {plan.unit}"
            return f"After the service at {before.km:.10g} km it ran {ran} without another; {most:g} are forgiven"
    return ""


def _unsure(clause: Maintenance, plan: Plan, stops: list[Service]) -> Answer | None:
    """Where a distance is unknown, and the whole way around it is too long for one interval."""
    if clause.distance is None:
        return None
    most = clause.distance + clause.grace_distance
    if stops[-1].km is None:
        return None, "How far it ran since its last service is unknown", frozenset({Lack.ODOMETER})
    told = [one for one in stops if one.km is not None]
    for before, after in pairwise(told):
        is_whole = stops.index(after) == stops.index(before) + 1
        if not is_whole and plan.of_unit((after.km or 0.0) - (before.km or 0.0)) > most:
            reason = f"The odometer of a service between {before.on} and {after.on} is unknown"
            return None, reason, frozenset({Lack.MAINTENANCE})
    return None
