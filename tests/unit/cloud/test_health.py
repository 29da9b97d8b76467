"""Health as a service: codes, folds, services, scores; through the inbox, on a real database."""

from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.alerts.handling import Step
from cloud.errors import NotFound, Refused
from cloud.health import store
from cloud.health.model import CodeFilter, VehicleHealth, Why
from cloud.health.service import HealthSettings
from cloud.health.stretch import Figure, joined
from cloud.pages import Window
from edge.wire.envelope import Clock
from edge.wire.messages import AlertState, Body, SignalSummary, Summary, TroubleCodeStatus
from edge.wire.topics import Address
from tests.unit.cloud.services import Cloud, open_cloud
from tests.unit.cloud.vehicle import CARD, OTHER_CARD, T0, Speaker, alert, minute, trouble_code

VAN = Speaker(card=CARD)
COOLANT = "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature"
SPEED = "Vehicle.Powertrain.CombustionEngine.Speed"
LATER = T0 + timedelta(days=1)


def minute_at(at: datetime, coolant_c: float) -> Summary:
    def signal(value: float, unit: str = "") -> SignalSummary:
        return SignalSummary(unit=unit, min=value, max=value, mean=value, last=value, count=60)

    return Summary(
        started_at=at,
        ended_at=at + timedelta(minutes=1),
        signals={COOLANT: signal(coolant_c, "Celsius"), SPEED: signal(2000.0, "rpm")},
    )


def score(health: VehicleHealth, component: str) -> int | None:
    return next(one.score for one in health.components if one.component == component)


def codes(cloud: Cloud, *, present: bool | None = None) -> list[tuple[str, str]]:
    page = cloud.health.codes(CodeFilter(present=present), Window())
    return [(one.code, one.status) for one in page.items]


def test_codes_are_as_they_were_told_last_whatever_comes_first(cloud: Cloud) -> None:
    gone = trouble_code(status=TroubleCodeStatus.GONE, seen_at=minute(5))
    pending = trouble_code(status=TroubleCodeStatus.PENDING, seen_at=minute(9))  # by a clock that was wrong
    cloud.take(VAN.say(gone, 2))
    cloud.take(VAN.say(pending, 1), VAN.say(trouble_code("P0420"), 3))
    assert sorted(codes(cloud)) == [("P0301", "gone"), ("P0420", "confirmed")]
    assert codes(cloud, present=True) == [("P0420", "confirmed")]
    assert codes(cloud, present=False) == [("P0301", "gone")]


def test_codes_come_in_pages(cloud: Cloud) -> None:
    cloud.take(*(VAN.say(trouble_code(f"P{n:04d}"), n, received_at=minute(n)) for n in range(1, 6)))
    first = cloud.health.codes(CodeFilter(fleet="north", vehicle="van-7"), Window(limit=3))
    second = cloud.health.codes(CodeFilter(fleet="north"), Window(limit=3, after=first.after))
    assert [one.code for one in (*first.items, *second.items)] == [f"P{n:04d}" for n in range(5, 0, -1)]
    assert cloud.health.codes(CodeFilter(within=frozenset()), Window()).items == []


def test_a_minute_counts_once_also_when_two_cards_tell_it(cloud: Cloud) -> None:
    body = minute_at(T0, 90.0)
    cloud.take(VAN.say(body, 1), VAN.say(body, 1), Speaker(card=OTHER_CARD).say(body, 1))
    cloud.take(VAN.say(minute_at(minute(1), 100.0), 2))
    rows = cloud.rows(store.indicator_stretches)
    assert {row["fold"] for row in rows} == {"quarter", "day"}
    assert [row["figures"]["coolant_c"] for row in rows] == [[2, 190.0, 90.0, 100.0]] * 2


def test_a_minute_without_a_right_clock_is_counted_and_has_no_place(cloud: Cloud) -> None:
    cloud.take(VAN.say(minute_at(T0, 90.0), 1, clock=Clock.UNSYNCED))
    assert cloud.rows(store.indicator_stretches) == []
    assert cloud.counts()["summaries_without_time"] == 1


def test_old_stretches_go_and_are_counted() -> None:
    with open_cloud(health_settings=HealthSettings(quarters_per_vehicle=2, days_per_vehicle=1)) as cloud:
        for n in range(5):
            cloud.take(VAN.say(minute_at(minute(20 * n), 90.0), n + 1))
        cloud.take(VAN.say(minute_at(minute(120), 90.0), 64))
        assert len(cloud.rows(store.indicator_stretches)) == 3
        assert cloud.counts()["stretches_expired"] > 0


def test_unknown_vehicles_are_not_there(cloud: Cloud) -> None:
    nobody = Address("north", "nobody")
    for ask in (lambda: cloud.health.diagnose(nobody, "cooling"), lambda: cloud.health.health(nobody)):
        with pytest.raises(NotFound, match="nobody"):
            ask()
    with pytest.raises(NotFound):
        cloud.health.reset(nobody, "cooling", T0, by="ada")


def test_a_component_that_nobody_knows_has_a_named_end(cloud: Cloud) -> None:
    cloud.take(VAN.say(minute_at(T0, 90.0), 1))
    found = cloud.health.diagnose(VAN.address, "wipers")
    assert (found.verdict, found.why, found.causes) == (None, Why.NOT_COVERED, ())
    assert "cooling" in found.reason


def test_an_alert_costs_points_until_it_is_put_right(cloud: Cloud) -> None:
    cloud.take(*(VAN.say(minute_at(minute(15 * n), 91.0), n + 1) for n in range(6)))
    cloud.now = minute(100)
    assert score(cloud.health.health(VAN.address), "cooling") == 100
    cloud.take(VAN.say(alert(95), 1), VAN.say(trouble_code("P0217", seen_at=minute(96)), 10))
    cloud.take(*(VAN.say(minute_at(minute(90 + n), 124.0), 20 + n) for n in range(8)))
    ill = cloud.health.health(VAN.address)
    assert ill.score == score(ill, "cooling") == 0
    [cooling] = [one for one in ill.components if one.component == "cooling"]
    assert "critical alert coolant_hot" in cooling.reasons[0]
    assert any("P0217" in reason for reason in cooling.reasons)
    cloud.now = minute(180)
    cloud.alerts.close(VAN.address, f"{95:032x}", Step.REPAIRED, by="ada")
    with cloud.database.transaction() as connection:
        cloud.health.serviced(connection, VAN.address, "cooling", minute(170))
    cloud.take(*(VAN.say(minute_at(minute(175 + n), 91.0), 40 + n) for n in range(5)))
    well = cloud.health.health(VAN.address)
    assert score(well, "cooling") == 100
    [cooling] = [one for one in well.components if one.component == "cooling"]
    assert cooling.serviced is not None
    assert cooling.serviced.at == minute(170)


def test_a_service_is_known_by_any_name_of_the_component_and_the_latest_stands(cloud: Cloud) -> None:
    cloud.take(VAN.say(minute_at(T0, 90.0), 1))
    cloud.now = LATER
    cloud.health.reset(VAN.address, "battery_12v", minute(10), by="ada")
    cloud.health.reset(VAN.address, "charging", minute(5), by="ben")
    [row] = cloud.rows(store.service_items)
    assert (row["component"], row["at"], row["by"]) == ("charging", minute(10), "ada")
    with pytest.raises(Refused, match="future"):
        cloud.health.reset(VAN.address, "charging", LATER + timedelta(hours=1), by="ada")


def test_what_no_system_knows_is_counted_elsewhere(cloud: Cloud) -> None:
    cloud.take(VAN.say(trouble_code("B1234"), 1))
    found = cloud.health.health(VAN.address)
    assert score(found, "other") == 70
    assert "B1234" in found.components[-1].reasons[0]


def test_a_diagnosis_as_of_then_knows_nothing_of_later(cloud: Cloud) -> None:
    cloud.take(*(VAN.say(minute_at(minute(15 * n), 91.0), n + 1) for n in range(6)))
    cloud.take(*(VAN.say(minute_at(minute(120 + n), 126.0), 20 + n) for n in range(5)))
    cloud.take(VAN.say(trouble_code("P0217", seen_at=minute(122)), 40))
    cloud.now = LATER
    assert cloud.health.diagnose(VAN.address, "cooling").why is Why.CLOSE
    assert cloud.health.diagnose(VAN.address, "cooling", at=minute(80)).why is not Why.CLOSE


def test_an_alert_that_was_called_false_speaks_for_nothing(cloud: Cloud) -> None:
    cloud.take(VAN.say(alert(1), 1), VAN.say(minute_at(T0, 90.0), 1))
    cloud.alerts.close(VAN.address, f"{1:032x}", Step.FALSE_ALARM, by="ada")
    found = cloud.health.diagnose(VAN.address, "cooling")
    assert not any("warning of a hot engine" in words for cause in found.causes for words in cause.evidence_for)


def test_an_alert_that_is_over_still_speaks(cloud: Cloud) -> None:
    bodies: list[Body] = [alert(1), alert(1, AlertState.RESOLVED)]
    cloud.take(*(VAN.say(body, n) for n, body in enumerate(bodies, 1)), VAN.say(minute_at(T0, 90.0), 1))
    cloud.now = minute(60)
    found = cloud.health.diagnose(VAN.address, "cooling")
    assert any("warning of a hot engine" in words for cause in found.causes for words in cause.evidence_for)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(-1e6, 1e6)), max_size=12), st.randoms())
def test_folding_does_not_depend_on_the_order(minutes: list[tuple[str, float]], shuffle: Random) -> None:
    def folded(parts: list[tuple[str, float]]) -> dict[str, Figure]:
        found: dict[str, Figure] = {}
        for name, value in parts:
            found = joined(found, {name: Figure.of(value)})
        return found

    other = list(minutes)
    shuffle.shuffle(other)
    one, two = folded(minutes), folded(other)
    assert set(one) == set(two)
    for name, figure in one.items():
        assert (figure.minutes, figure.low, figure.high) == (two[name].minutes, two[name].low, two[name].high)
        assert figure.total == pytest.approx(two[name].total, abs=1e-3)
