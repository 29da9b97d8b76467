"""Evidence of vehicles for tests of health: quarters of an hour that tell what a test wants."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from cloud.health.evidence import Evidence, HeardAlert
from cloud.health.knowledge import System, shipped, system_for
from cloud.health.model import Diagnosis, StandingCode
from cloud.health.stretch import QUARTER, Figure, Stretch
from cloud.health.verdict import diagnose
from edge.wire.envelope import Clock
from edge.wire.messages import Severity, TroubleCodeStatus
from edge.wire.topics import Address
from tests.unit.cloud.vehicle import T0

VAN: Final = Address("north", "van-7")
Told = Mapping[str, float]


def quarters(*told: Told) -> list[Stretch]:
    """One quarter of an hour after the other, each indicator with one figure."""
    return [
        Stretch(T0 + n * QUARTER, {name: Figure.of(value) for name, value in one.items()}) for n, one in enumerate(told)
    ]


def code(text: str, status: TroubleCodeStatus = TroubleCodeStatus.CONFIRMED, seen_at: datetime = T0) -> StandingCode:
    return StandingCode(VAN, "7E8", text, None, "j1979", status, None, seen_at, Clock.SYNCED, {}, seen_at)


def warning(rule: str, component: str, severity: Severity = Severity.WARNING, *, is_open: bool = True) -> HeardAlert:
    return HeardAlert(rule, component, severity, "something is up", T0, is_open)


def evidence(
    *told: Told, codes: Sequence[str] = (), alerts: Sequence[HeardAlert] = (), days: Sequence[Stretch] = ()
) -> Evidence:
    stretches = quarters(*told)
    at = T0 + timedelta(days=1)
    return Evidence(at, stretches, list(alerts), [code(text) for text in codes], list(days))


def system(component: str) -> System:
    found = system_for(shipped(), component)
    assert found is not None
    return found


def asked(component: str, known: Evidence) -> Diagnosis:
    return diagnose(system(component), known, VAN)


WARM: Final = {"coolant_c": 92.0, "coolant_warm_c": 90.0, "rough": 2.2, "trim_long": 1.0}
HOT: Final = {**WARM, "coolant_c": 124.0}
TRUCK: Final = {**WARM, "coolant_level": 99.0, "coolant_kpa": 71.0}
