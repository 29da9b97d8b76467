"""What the stages found, in the words of the contract."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from edge.alerts import Alert
from edge.detect.finding import Concern
from edge.judgement import Period
from edge.trips import Trip
from edge.wire import messages

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def utc(time: int) -> datetime:
    """UTC of a time on the axis (ns since 1970), to the microsecond."""
    return EPOCH + timedelta(microseconds=time // 1000)


def stamp(time: int) -> str:
    """RFC 3339 text of a time on the axis, always with six decimals."""
    return utc(time).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def state_of(alert: Alert) -> messages.AlertState:
    """Whether the alert fires or is over."""
    return messages.AlertState.FIRING if alert.ended is None else messages.AlertState.RESOLVED


def alert_body(alert: Alert) -> messages.Alert:
    """The wire message of an alert's transition."""
    return messages.Alert(
        id=alert.id,
        rule=alert.concern.rule,
        component=alert.concern.component,
        severity=messages.Severity(alert.concern.severity),
        action=messages.Action(alert.concern.action),
        state=state_of(alert),
        started_at=utc(alert.started),
        ended_at=None if alert.ended is None else utc(alert.ended),
        since_at=utc(alert.since),
        summary=alert.summary,
        advice=alert.advice,
        driver=alert.driver,
        values=dict(alert.values),
    )


def alert_line(alert: Alert) -> str:
    """One line of `--alerts-out`: times of the data only, so that two replays give the same bytes."""
    return json.dumps(
        {
            "id": alert.id,
            "rule": alert.concern.rule,
            "component": alert.concern.component,
            "severity": alert.concern.severity,
            "action": alert.concern.action,
            "state": str(state_of(alert)),
            "started_at": stamp(alert.started),
            "ended_at": None if alert.ended is None else stamp(alert.ended),
            "values": dict(alert.values),
        },
        ensure_ascii=False,
    )


def trip_body(trip: Trip) -> messages.Trip:
    """The wire message of a finished trip."""
    return messages.Trip(
        id=trip.id,
        started_at=utc(trip.started),
        ended_at=utc(trip.ended),
        ended_by=trip.ended_by,
        distance_m=_rounded(trip.distance_m, 1),
        moving_s=_rounded(trip.moving_s, 1),
        idle_s=_rounded(trip.idle_s, 1),
        speed_max_kmh=_rounded(trip.speed_max_kmh, 2),
        fuel_used_l=_rounded(trip.fuel_used_l, 4),
        alerts=list(trip.alerts),
    )


def summary_body(period: Period) -> messages.Summary:
    """The wire message of a summary period; figures to six digits, which is finer than any sensor."""
    return messages.Summary(
        started_at=utc(period.started),
        ended_at=utc(period.ended),
        signals={
            path: messages.SignalSummary(
                unit=figures.unit,
                min=_digits(figures.min),
                max=_digits(figures.max),
                mean=_digits(figures.mean),
                last=_digits(figures.last),
                count=figures.count,
            )
            for path, figures in sorted(period.figures.items())
        },
    )


def pack_alerts(alerts: Sequence[Alert]) -> bytes:
    """Firing alerts as the outbox remembers them across a restart."""
    return json.dumps(
        [
            {
                **{name: getattr(alert, name) for name in ("id", "since", "started", "summary", "advice", "driver")},
                "values": dict(alert.values),
                "concern": {name: getattr(alert.concern, name) for name in Concern.__slots__},
            }
            for alert in alerts
        ]
    ).encode()


def unpack_alerts(packed: bytes) -> list[Alert]:
    """The alerts of `pack_alerts`."""
    return [Alert(**{**entry, "concern": Concern(**entry["concern"]), "ended": None}) for entry in json.loads(packed)]


def _digits(value: float) -> float:
    return float(f"{value:.6g}")


def _rounded(value: float | None, places: int) -> float | None:
    return None if value is None else round(value, places)
