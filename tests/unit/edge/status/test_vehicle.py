"""What is told of the vehicle, and what is not: places never, in private mode nothing personal."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np
import pytest

from edge.alerts import Alert
from edge.decode.decoder import Key
from edge.detect.finding import Concern
from edge.detect.geofences.detector import COMPONENT as PLACE
from edge.frames import NANOSECONDS
from edge.history import NEVER
from edge.status.moment import Moment
from edge.status.told import ALERTS_MAX, SIGNALS_MAX
from edge.status.vehicle import Vehicle, alerts_of, heard_and_fresh, position_of
from edge.whereabouts import Fix

NONE: Final[Mapping[Key, int]] = MappingProxyType({})
UNTIL = 1_700_000_000 * NANOSECONDS
LATITUDE, SPEED, COOLANT = (
    "Vehicle.CurrentLocation.Latitude",
    "Vehicle.Speed",
    "Vehicle.Powertrain.CombustionEngine.ECT",
)
OWN, SILENT = "dbc.Engine.Coolant", "Vehicle.Exterior.AirTemperature"
PATHS = {OWN: 1.5, COOLANT: 90.25, SPEED: 87.31, LATITUDE: 48.137, SILENT: None}


def moment(
    paths: dict[str, float | None],
    *,
    private: bool = False,
    age_s: float = 0.5,
    alerts: tuple[Alert, ...] = (),
    known: Mapping[Key, int] = NONE,
    unknown: Mapping[Key, int] = NONE,
) -> Moment:
    """Each was heard `age_s` ago, and is stale after a second; those without a value never were."""
    heard_at = [NEVER if value is None else UNTIL - round(age_s * NANOSECONDS) for value in paths.values()]
    return Moment(
        at_s=0.0, until=UNTIL, latest=np.array([np.nan if value is None else value for value in paths.values()]),
        heard_at=np.array(heard_at, np.int64), stale_ns=np.full(len(paths), NANOSECONDS, np.int64),
        fix=Fix(UNTIL - 2 * NANOSECONDS, 48.137, 11.575, 4.0), private=private, workshop=False, doing="driving",
        trip_since=None, alerts=alerts, alerts_pending=0, known=known, unknown=unknown, decoded={}, switched_off={},
        frames_late=0, cells_skipped=0, captures_open=0, captures={}, campaigns={}, learning=(),
    )  # fmt: skip


def told(
    paths: dict[str, float | None], *, private: bool = False, age_s: float = 0.5
) -> dict[str, tuple[float | None, float | None]]:
    now = moment(paths, private=private, age_s=age_s)
    signals = vehicle(paths).signals(now, *heard_and_fresh(now), late_s=0.25)
    return {one.path: (one.value, one.age_s) for one in signals.values}


def vehicle(paths: dict[str, float | None]) -> Vehicle:
    return Vehicle({path: place for place, path in enumerate(paths)}, ["km/h"] * len(paths))


def test_signals_have_values_and_ages_and_places_have_neither() -> None:
    assert told(PATHS) == {COOLANT: (90.25, 0.75), SPEED: (87.31, 0.75), OWN: (1.5, 0.75)}
    assert list(told(PATHS))[-1] == OWN, "what nobody has named comes last"


def test_in_private_mode_nothing_personal_is_told_nor_how_old_it_is() -> None:
    assert told(PATHS, private=True) == {COOLANT: (90.25, 0.75)}


def test_what_is_stale_is_unknown_and_never_0() -> None:
    assert told(PATHS, age_s=1.5) == {COOLANT: (None, 1.75), SPEED: (None, 1.75), OWN: (None, 1.75)}


def test_what_is_no_number_is_unknown() -> None:
    assert told({SPEED: float("inf")}) == {SPEED: (None, 0.75)}


def test_all_of_it_is_counted() -> None:
    now = moment(PATHS)
    signals = vehicle(PATHS).signals(now, *heard_and_fresh(now), late_s=0.0)
    assert (signals.known, signals.heard, signals.fresh, signals.withheld, signals.left_out) == (5, 4, 4, 1, 0)


def test_of_too_many_those_that_are_fresh_are_told() -> None:
    paths: dict[str, float | None] = {f"Vehicle.Telltale.Many.S{number:04d}": 1.0 for number in range(2 * SIGNALS_MAX)}
    now = moment(paths)
    heard_at = now.heard_at.copy()
    heard_at[: SIGNALS_MAX + 100] -= 10 * NANOSECONDS
    now = replace(now, heard_at=heard_at)
    signals = vehicle(paths).signals(now, *heard_and_fresh(now), late_s=0.0)
    assert (len(signals.values), signals.left_out) == (SIGNALS_MAX, SIGNALS_MAX)
    assert sum(one.value is not None for one in signals.values) == SIGNALS_MAX - 100
    assert [one.path for one in signals.values] == sorted(one.path for one in signals.values)


def test_the_position_is_known_or_not_but_never_where() -> None:
    position = position_of(moment(PATHS), late_s=0.5)
    assert position is not None
    assert (position.age_s, position.accuracy_m) == (2.5, 4.0)
    assert "48" not in position.model_dump_json()
    unknown = position_of(replace(moment(PATHS), fix=None), late_s=0.5)
    assert unknown is not None
    assert (unknown.age_s, unknown.accuracy_m) == (None, None)
    assert position_of(moment(PATHS, private=True), late_s=0.5) is None


def alert(rule: str, *, severity: str = "warning", component: str = "cooling", started_s: int = 60) -> Alert:
    concern = Concern(rule, component, severity, "watch", "s", "a")
    return Alert(
        id=rule, concern=concern, since=0, started=UNTIL - started_s * NANOSECONDS, ended=None,
        values={SPEED: 87.31}, summary="hot at 87 km/h", advice="a", driver="",
    )  # fmt: skip


def test_the_gravest_alert_is_told_first() -> None:
    alerts = alerts_of(moment(PATHS, alerts=(alert("old"), alert("grave", severity="critical", started_s=5))))
    assert [(one.rule, one.for_s, one.summary) for one in alerts.fires] == [
        ("grave", 5.0, "hot at 87 km/h"), ("old", 60.0, "hot at 87 km/h"),
    ]  # fmt: skip


def test_in_private_mode_alerts_have_no_words_of_before_and_fences_are_not_told() -> None:
    alerts = alerts_of(moment(PATHS, private=True, alerts=(alert("hot"), alert("geofence_depot", component=PLACE))))
    assert [(one.rule, one.summary) for one in alerts.fires] == [("hot", None)]
    assert alerts.firing == 1
    assert "87" not in alerts.model_dump_json()


@pytest.mark.parametrize("count", [ALERTS_MAX, ALERTS_MAX + 7])
def test_alerts_are_counted_beyond_what_is_told(count: int) -> None:
    alerts = alerts_of(moment(PATHS, alerts=tuple(alert(f"rule_{number}") for number in range(count))))
    assert (alerts.firing, len(alerts.fires), alerts.left_out) == (count, ALERTS_MAX, count - ALERTS_MAX)
