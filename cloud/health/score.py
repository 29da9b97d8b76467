"""The health score of a component: 100 less what is known against it, each with its reason. Pure.

    score = max(0, 100 - alerts - codes - diagnosis - remaining life)

Everything only ever takes points, so whatever else becomes known never makes a component look better; only that
something is over does. Of several alerts, or codes, the worst counts whole and each other one a quarter of its own.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from cloud.health.evidence import Evidence, HeardAlert
from cloud.health.knowledge import System
from cloud.health.model import ComponentHealth, Diagnosis, Lifetime, Serviced, StandingCode, Why
from edge.wire.messages import Severity, TroubleCodeStatus

ALERT_POINTS: Final[Mapping[str, float]] = {Severity.CRITICAL: 70.0, Severity.WARNING: 40.0, Severity.INFO: 10.0}
CODE_POINTS: Final[Mapping[TroubleCodeStatus, float]] = {
    TroubleCodeStatus.PENDING: 10.0,
    TroubleCodeStatus.CONFIRMED: 30.0,
    TroubleCodeStatus.PREVIOUS: 5.0,
    TroubleCodeStatus.PERMANENT: 30.0,
}
DIAGNOSIS_POINTS: Final[Mapping[Why, float]] = {
    Why.SURE: 35.0,
    Why.CLOSE: 25.0,
    Why.NONE_OF_THESE: 25.0,
    Why.CONTRADICTORY: 20.0,
}
LIFE_POINTS: Final = ((0.0, 50.0), (7.0, 35.0), (30.0, 20.0), (90.0, 8.0))
"""Days at most, and what they cost; by the lower bound of the interval."""
OTHERS_SHARE: Final = 0.25
STALE: Final = timedelta(days=7)

Loss = tuple[float, str]


def score_of(
    system: System,
    evidence: Evidence,
    diagnosis: Diagnosis | None,
    lifetimes: Sequence[Lifetime],
    serviced: Serviced | None,
) -> ComponentHealth:
    """How well a component is; the evidence holds only its own alerts and codes."""
    losses = [
        *_worst_first([_alert(alert) for alert in evidence.alerts if alert.is_open]),
        *_worst_first([_code(code) for code in evidence.codes if code.is_there]),
        *([] if diagnosis is None else _diagnosis(diagnosis)),
        *(loss for life in lifetimes if (loss := _life(life)) is not None),
    ]
    as_of = evidence.stretches[-1].started_at if evidence.stretches else None
    known = bool(losses) or bool(evidence.stretches) or serviced is not None
    reasons = [reason for _, reason in sorted(losses, key=lambda loss: (-loss[0], loss[1]))]
    if not known:
        reasons.append("nothing is known: the vehicle tells nothing of it")
    elif as_of is None and serviced is not None:
        reasons.append(f"put right at {serviced.at:%Y-%m-%d %H:%M} UTC; nothing was told of it since")
    elif as_of is not None and evidence.at - as_of > STALE:
        reasons.append(f"as of {as_of:%Y-%m-%d}: nothing was heard since")
    return ComponentHealth(
        component=system.component,
        title=system.title,
        score=max(0, round(100.0 - sum(points for points, _ in losses))) if known else None,
        reasons=tuple(reasons),
        lifetimes=tuple(lifetimes),
        serviced=serviced,
        as_of=as_of,
    )


def _worst_first(losses: Sequence[Loss]) -> list[Loss]:
    ranked = sorted(losses, key=lambda loss: (-loss[0], loss[1]))
    return [*ranked[:1], *((points * OTHERS_SHARE, reason) for points, reason in ranked[1:])]


def _alert(alert: HeardAlert) -> Loss:
    return ALERT_POINTS[alert.severity], f"{alert.severity} alert {alert.rule}: {alert.summary}"


def _code(code: StandingCode) -> Loss:
    return CODE_POINTS[code.status], f"code {code.code} {code.status} since {code.seen_at:%Y-%m-%d %H:%M} UTC"


def _diagnosis(diagnosis: Diagnosis) -> list[Loss]:
    points = DIAGNOSIS_POINTS.get(diagnosis.why, 0.0) if diagnosis.why is not None else 0.0
    return [(points, f"diagnosis: {diagnosis.reason}")] if points else []


def _life(life: Lifetime) -> Loss | None:
    if life.low_days is None:
        return None
    for days, points in LIFE_POINTS:
        if life.low_days <= days:
            return points, f"{life.title} may be due in {life.low_days:.0f} days"
    return None
