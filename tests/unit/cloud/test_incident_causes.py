"""One incident: what left first and most, everything around it in order, and what a technician found above it all."""

from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.alerts.handling import IncidentFilter
from cloud.api.server import V1
from cloud.errors import NotFound
from cloud.fleet.profile import Part, Profile
from cloud.pages import Window
from cloud.rca.departure import READINGS_MIN, Reading, departure, departures
from cloud.rca.timeline import ITEMS_MAX, Item, Source, timeline
from cloud.scheduling.work_order import Outcome, Report
from cloud.security.principal import Grant
from cloud.security.roles import Role
from edge.wire import messages
from edge.wire.messages import SignalSummary
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.fleets import fleet_with_a_bad_batch, lay_down
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.test_api import api_of, ask
from tests.unit.cloud.test_work_orders import at_work
from tests.unit.cloud.vehicle import T0, Speaker, minute

VAN: Final = Speaker()
ENGINE: Final = "Vehicle.Powertrain.CombustionEngine"
AT: Final = minute(100)


def readings(
    before: int, step_at: int | None = None, by: float = 0.0, *, seed: int = 1, until: int = 110
) -> list[Reading]:
    """A reading around 90 with a scatter of 1, each minute from `before` minutes before the incident."""
    rng = Random(seed)
    return [
        (minute(n), rng.gauss(90.0, 1.0) + (by if step_at is not None and n >= step_at else 0.0))
        for n in range(100 - before, until)
    ]


@given(st.integers(0, 500))
def test_what_stays_as_usual_seldom_leaves(seed: int) -> None:
    """Over 110 minutes of noise; the rate over many seeds is tested below."""
    found = departure("coolant_c", "°C", readings(100, seed=seed), AT)
    assert found is None or abs(found.effect) < 3.0


def test_noise_leaves_in_fewer_than_one_of_fifty() -> None:
    left = [departure("coolant_c", "°C", readings(100, seed=seed), AT) for seed in range(300)]
    assert sum(one is not None for one in left) < 6


@pytest.mark.parametrize("by", [4.0, -4.0, 12.0])
def test_a_step_is_found_where_it_was(by: float) -> None:
    found = departure("coolant_c", "°C", readings(100, 80, by), AT)
    assert found is not None
    assert abs((found.left_at - minute(80)).total_seconds()) <= 120.0
    assert found.effect * by > 0.0
    assert found.since == pytest.approx(90.0 + by, abs=0.8)


def test_one_spike_is_no_change() -> None:
    values = readings(100)
    values[90] = (values[90][0], 900.0)
    assert departure("coolant_c", "°C", values, AT) is None


def test_the_first_comes_first_and_of_what_leaves_together_the_largest() -> None:
    found = departures(
        {
            "late": ("V", readings(100, 95, 20.0)),
            "first": ("%", readings(100, 70, 5.0, seed=2)),
            "with_it": ("°C", readings(100, 71, 9.0, seed=3)),
            "never": ("A", readings(100, seed=4)),
            "young": ("K", readings(10)),
        },
        AT,
    )
    assert [one.name for one in found.ranked] == ["with_it", "first", "late"]
    assert (found.steady, found.too_few, found.reason) == (("never",), ("young",), "")


@pytest.mark.parametrize(
    ("given_", "reason"),
    [
        ({}, "told nothing before the incident"),
        ({"coolant_c": ("°C", readings(READINGS_MIN - 1))}, "not enough history: it takes 30"),
        ({"coolant_c": ("°C", readings(READINGS_MIN))}, "stayed as usual"),
    ],
)
def test_not_enough_history_is_an_answer(given_: dict[str, Any], reason: str) -> None:
    found = departures(given_, AT)
    assert found.ranked == ()
    assert reason in found.reason


def test_what_does_not_fit_on_a_timeline_is_counted() -> None:
    items = [Item(minute(n), Source.TRIP, str(n)) for n in range(ITEMS_MAX + 5)]
    found = timeline(items, T0, T0 + timedelta(days=30))
    assert (len(found.items), found.dropped) == (ITEMS_MAX, 5)
    assert found.items[0].what == "5"


def drive(cloud: Cloud, *, leak_at: int = 60) -> None:
    """A hundred minutes, of which the level falls from the 60th; then the alert, a code and a trip."""
    rng = Random(7)
    for n in range(105):
        lost = max(0.0, (n - leak_at) * 1.5)
        signals = {
            f"{ENGINE}.Speed": signal("rpm", 1500.0),
            "Vehicle.Telltale.Coolant.Level": signal("percent", 92.0 + rng.gauss(0.0, 0.3) - lost),
            f"{ENGINE}.EngineCoolant.Temperature": signal("celsius", 90.0 + rng.gauss(0.0, 0.5)),
        }
        body = messages.Summary(started_at=minute(n), ended_at=minute(n + 1), signals=signals)
        cloud.take(VAN.say(body, n + 1, observed_at=minute(n + 1), received_at=minute(n + 1)))
    cloud.take(
        VAN.say(says.alert(100), 1, observed_at=minute(100), received_at=minute(100)),
        VAN.say(says.trouble_code("P0217", seen_at=minute(101)), 200, received_at=minute(101)),
        VAN.say(says.trip(2), 201, received_at=minute(102)),
    )
    cloud.now = minute(110)


def signal(unit: str, value: float) -> SignalSummary:
    return SignalSummary(unit=unit, min=value, max=value, mean=value, last=value, count=60)


def test_what_a_technician_found_stands_above_what_was_predicted() -> None:
    with at_work() as (cloud, order):
        report = Report(Outcome.REPAIRED, (), "coolant_leak", ("hose",))
        cloud.orders.complete(order.number, report, by="anna")
        found = cloud.incident_causes.causes(order.incident)
        assert (found.found, found.predicted, found.denied) == ("coolant_leak", "water_pump_worn", False)
        items = cloud.incident_causes.timeline(order.incident, with_trips=False).items
        said = [one.what for one in items if one.source is Source.WORK_ORDER]
        assert said[-1] == f"work order {order.number} done: repaired, found coolant_leak"
        cloud.now += timedelta(minutes=1)
        assert cloud.causes.look("north").known.incidents == 1


def test_where_a_technician_found_nothing_it_counts_no_more() -> None:
    with at_work() as (cloud, order):
        assert cloud.causes.look("north").known.denied == 0
        cloud.orders.complete(order.number, Report(Outcome.NOT_FOUND), by="anna")
        cloud.now += timedelta(minutes=1)
        assert cloud.incident_causes.causes(order.incident).denied
        known = cloud.causes.look("north").known
        assert (known.incidents, known.denied) == (0, 1)


def test_a_cause_of_another_component_counts_there() -> None:
    with at_work() as (cloud, order):
        cloud.orders.complete(order.number, Report(Outcome.REPAIRED, (), "alternator"), by="anna")
        assert cloud.causes.look("north").known.components == ("charging",)


def test_the_level_left_first(cloud: Cloud) -> None:
    drive(cloud)
    found = cloud.incident_causes.causes(1)
    assert [one.name for one in found.departures.ranked] == ["coolant_level"]
    [level] = found.departures.ranked
    assert minute(58) <= level.left_at <= minute(64)
    assert level.effect < -3.0
    assert "coolant_c" in found.departures.steady
    assert (found.found, found.denied) == (None, False)


def test_everything_around_it_is_in_order_with_its_source(cloud: Cloud) -> None:
    drive(cloud)
    cloud.workflow.runner.round()
    found = cloud.incident_causes.timeline(1, with_trips=True)
    assert [one.at for one in found.items] == sorted(one.at for one in found.items)
    expected = {Source.ALERT, Source.HANDLING, Source.INCIDENT, Source.TROUBLE_CODE, Source.READING, Source.CASE}
    assert {one.source for one in found.items} == expected | {Source.TRIP}
    without = cloud.incident_causes.timeline(1, with_trips=False)
    assert Source.TRIP not in {one.source for one in without.items}


def test_a_young_vehicle_has_not_enough_history(cloud: Cloud) -> None:
    cloud.take(VAN.say(says.alert(1), 1))
    found = cloud.incident_causes.causes(1)
    assert "not enough history" in found.departures.reason
    assert found.predicted is None


def test_of_no_incident_there_is_nothing(cloud: Cloud) -> None:
    for ask_for in (cloud.incident_causes.causes, lambda n: cloud.incident_causes.timeline(n, with_trips=True)):
        with pytest.raises(NotFound, match="incident 9"):
            ask_for(9)


def test_what_looks_claim_of_vehicles_like_it_is_told(cloud: Cloud) -> None:
    lay_down(cloud, fleet_with_a_bad_batch())
    cloud.causes.scan("north", by="test")
    found = {
        one.vehicle: cloud.incident_causes.causes(one.number).insights
        for one in cloud.alerts.incidents(IncidentFilter("north"), Window()).items
    }
    assert [one.value for one in found["bus-01"]] == ["B"]
    mended = Profile(Speaker("bus-01").address, parts={"cooling": Part("WP-1", "A")})
    cloud.profiles.put(mended, by="test")
    [first] = cloud.alerts.incidents(IncidentFilter("north", "bus-01"), Window()).items
    assert cloud.incident_causes.causes(first.number).insights == ()


def test_trips_are_on_it_for_who_may_see_drives(cloud: Cloud) -> None:
    drive(cloud)
    app = api_of(cloud)
    for role, sees in ((Role.FLEET_MANAGER, True), (Role.TECHNICIAN, False)):
        _, token = cloud.security.people.make_key(str(role), (Grant(role, "north"),), by="test")
        told = ask(app, f"{V1}/incidents/1/timeline", token=token).json()
        assert told["trips"] is sees
        assert ("trip" in {one["source"] for one in told["items"]}) is sees
    causes = ask(app, f"{V1}/incidents/1/causes").json()
    assert causes["departures"][0]["name"] == "coolant_level"
    assert datetime.fromisoformat(causes["began_at"]) == minute(100)
