"""What the stages found, in the words of the contract."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from edge.alerts import Alert
from edge.figures import Figures
from edge.frames import NANOSECONDS
from edge.style import StyleEvent, StyleKind
from edge.summaries import Period
from edge.trips import Trip, kept_private
from edge.wire import messages

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
PLACES: Final = 5
"""Decimals of a trip's positions: a metre."""


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
        severity=messages.Severity(alert.severity),
        action=messages.Action(alert.action),
        state=state_of(alert),
        started_at=utc(alert.started),
        ended_at=None if alert.ended is None else utc(alert.ended),
        since_at=utc(alert.since),
        summary=alert.summary,
        advice=alert.advice,
        driver=alert.driver,
        values=dict(alert.values),
        window_s=alert.window_ns / NANOSECONDS,
        flapping=alert.flapping,
        freeze_frame={path: _digits(value, 9) for path, value in alert.scene.freeze_frame.items()},
        latitude_deg=_rounded(alert.scene.latitude_deg, 6),
        longitude_deg=_rounded(alert.scene.longitude_deg, 6),
        trip=alert.scene.trip,
        workshop=alert.scene.workshop,
    )


def alert_line(alert: Alert) -> str:
    """One line of `--alerts-out`: times of the data only, so that two replays give the same bytes."""
    return json.dumps(
        {
            "id": alert.id,
            "rule": alert.concern.rule,
            "component": alert.concern.component,
            "severity": alert.severity,
            "action": alert.action,
            "state": str(state_of(alert)),
            "started_at": stamp(alert.started),
            "ended_at": None if alert.ended is None else stamp(alert.ended),
            "values": dict(alert.values),
        },
        ensure_ascii=False,
    )


def trip_body(trip: Trip) -> messages.Trip:
    """The wire message of a finished trip; of a private one, what `kept_private` leaves."""
    if trip.private:
        return _private_body(trip)
    manners, start, end = trip.manners, trip.start, trip.end
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
        signals=_signals(trip.figures),
        distance_by=trip.distance_by,
        odometer_start_km=_rounded(trip.odometer_start_km, 3),
        odometer_end_km=_rounded(trip.odometer_end_km, 3),
        fuel_idle_l=_rounded(trip.fuel_idle_l, 4),
        energy_used_kwh=_rounded(trip.energy_used_kwh, 4),
        energy_recuperated_kwh=_rounded(trip.energy_recuperated_kwh, 4),
        engine_on_s=_rounded(trip.engine_on_s, 1),
        stops=trip.stops,
        stopped_s=_rounded(trip.stopped_s, 1),
        no_position_s=_rounded(trip.no_position_s, 1),
        moved_off_m=_rounded(trip.moved_off_m, 0),
        start_latitude_deg=None if start is None else round(start.latitude_deg, PLACES),
        start_longitude_deg=None if start is None else round(start.longitude_deg, PLACES),
        end_latitude_deg=None if end is None else round(end.latitude_deg, PLACES),
        end_longitude_deg=None if end is None else round(end.longitude_deg, PLACES),
        harsh_braking=manners.count(StyleKind.HARSH_BRAKING),
        harsh_acceleration=manners.count(StyleKind.HARSH_ACCELERATION),
        harsh_cornering=manners.count(StyleKind.HARSH_CORNERING),
        overspeed=manners.count(StyleKind.OVERSPEED),
        overspeed_s=_rounded(manners.overspeed_s, 1),
        events=[_style_event(event) for event in manners.events],
        events_left_out=manners.left_out,
    )


def _private_body(whole: Trip) -> messages.Trip:
    """Whoever hands it over: nothing more than may leave."""
    trip = kept_private(whole)
    return messages.Trip(
        id=trip.id,
        started_at=utc(trip.started),
        ended_at=utc(trip.ended),
        ended_by=trip.ended_by,
        distance_m=_rounded(trip.distance_m, 1),
        moving_s=None,
        idle_s=None,
        speed_max_kmh=None,
        fuel_used_l=None,
        alerts=list(trip.alerts),
        odometer_start_km=_rounded(trip.odometer_start_km, 3),
        odometer_end_km=_rounded(trip.odometer_end_km, 3),
        private=True,
    )


def _style_event(event: StyleEvent) -> messages.StyleEvent:
    return messages.StyleEvent(
        kind=event.kind,
        started_at=utc(event.at),
        duration_s=round(event.duration_s, 2),
        worst=round(event.worst, 2),
        speed_kmh=_rounded(event.speed_kmh, 1),
    )


def summary_body(period: Period) -> messages.Summary:
    """The wire message of a summary period; figures to six digits, which is finer than any sensor."""
    return messages.Summary(
        started_at=utc(period.started),
        ended_at=utc(period.ended),
        signals=_signals(period.figures),
    )


def _signals(figures: Mapping[str, Figures]) -> dict[str, messages.SignalSummary]:
    return {
        path: messages.SignalSummary(
            unit=one.unit,
            min=_digits(one.min),
            max=_digits(one.max),
            mean=_digits(one.mean),
            last=_digits(one.last),
            count=one.count,
        )
        for path, one in sorted(figures.items())
    }


def _digits(value: float, digits: int = 6) -> float:
    return float(f"{value:.{digits}g}")


def _rounded(value: float | None, places: int) -> float | None:
    return None if value is None else round(value, places)
