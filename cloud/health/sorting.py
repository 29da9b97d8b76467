"""Which alerts and codes belong to which component, and which of it all still counts after a service. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Final

from cloud.health.evidence import Evidence, HeardAlert
from cloud.health.knowledge import System
from cloud.health.model import ComponentHealth, StandingCode
from cloud.health.score import score_of
from cloud.health.stretch import DAY

REST: Final = System("other", "Everything else", frozenset(), 0.5, 0.5, 0.5, {}, (), "")
"""Where alerts and codes are counted that no system of the knowledge base knows: nothing falls silent."""


def of_component(system: System, evidence: Evidence) -> Evidence:
    """With the component's own alerts and codes alone, and only stretches that tell something of it."""
    told = _indicators(system)
    return replace(
        evidence,
        alerts=[alert for alert in evidence.alerts if _owns_alert(system, alert)],
        codes=own_codes(system, evidence.codes),
        stretches=[one for one in evidence.stretches if not told.isdisjoint(one.figures)],
    )


def own_codes(system: System, codes: Sequence[StandingCode]) -> list[StandingCode]:
    """Those of the codes that belong to a component."""
    return [code for code in codes if _owns_code(system, code)]


def elsewhere(systems: Sequence[System], evidence: Evidence) -> ComponentHealth | None:
    """How things stand with alerts and codes that belong to no system; None when there are none."""
    alerts = [one for one in evidence.alerts if one.is_open and not any(_owns_alert(system, one) for system in systems)]
    codes = [one for one in evidence.codes if one.is_there and not any(_owns_code(system, one) for system in systems)]
    if not alerts and not codes:
        return None
    return score_of(REST, replace(evidence, alerts=alerts, codes=codes), None, [], None)


def since(evidence: Evidence, serviced_at: datetime) -> Evidence:
    """What was known from a service on; the day of the service itself holds both, and so does not count as a day."""
    first_day = serviced_at + DAY - timedelta(microseconds=1)
    return replace(
        evidence,
        stretches=[one for one in evidence.stretches if one.started_at >= serviced_at],
        days=[one for one in evidence.days if one.started_at + DAY > first_day],
        alerts=[one for one in evidence.alerts if one.started_at >= serviced_at],
        codes=[one for one in evidence.codes if one.seen_at >= serviced_at],
    )


def _owns_alert(system: System, alert: HeardAlert) -> bool:
    return alert.component == system.component or alert.component in system.also


def _owns_code(system: System, code: StandingCode) -> bool:
    return any(fnmatchcase(code.code, one) for symptom in system.symptoms.values() for one in symptom.codes)


def _indicators(system: System) -> set[str]:
    return {symptom.level.indicator for symptom in system.symptoms.values() if symptom.level is not None}
