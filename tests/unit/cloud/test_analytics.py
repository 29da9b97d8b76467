"""How well the service does: each figure by its method, unknown where it cannot be known, and for whom it is."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.alerts.handling import Handling, HandlingState, Reaction, Step, reactions_of
from cloud.analytics.measures import (
    UNREPAIRED_MIN,
    Warned,
    breakdowns_avoided,
    time_to_acknowledge,
    time_to_repair,
    union,
    uptime,
)
from cloud.api.server import V1
from cloud.errors import Refused
from cloud.scheduling.work_order import Outcome, Report
from cloud.security.principal import Grant
from cloud.security.roles import Role
from edge.wire.messages import AlertState
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.test_api import api_of, ask
from tests.unit.cloud.test_work_orders import at_work
from tests.unit.cloud.vehicle import T0, Speaker, minute

VAN: Final = Speaker()
SPANS: Final = st.lists(
    st.tuples(st.integers(0, 100), st.integers(0, 100)).map(lambda both: (minute(min(both)), minute(max(both)))),
    max_size=8,
)
REPAIRED: Final = Warned(broke=False, repaired=True, over=True)
BROKE: Final = Warned(broke=True, repaired=False, over=False)
PASSED: Final = Warned(broke=False, repaired=False, over=True)
GOES_ON: Final = Warned(broke=False, repaired=False, over=False)


@given(SPANS)
def test_a_union_is_the_same_time_and_nothing_twice(spans: Sequence[tuple[datetime, datetime]]) -> None:
    found = union(spans)
    assert all(one[1] < other[0] for one, other in pairwise(found))
    for n in range(100):
        at = minute(n + 0.5)
        assert any(a <= at < b for a, b in spans) is any(a <= at < b for a, b in found)


def test_uptime_is_what_is_left_of_the_time_that_was_watched() -> None:
    day = (T0, T0 + timedelta(hours=24))
    down = [(T0 - timedelta(hours=5), T0 + timedelta(hours=6)), (T0 + timedelta(hours=3), T0 + timedelta(hours=12))]
    assert uptime([day, day], [down, []]).value == pytest.approx(0.75)
    assert uptime([], []).why == "no vehicle was heard in the period"


def reaction(minutes: float | None, *, over: bool = False) -> Reaction:
    seen = None if minutes is None else minute(minutes)
    return Reaction(T0, seen, minute(1) if over else None)


def test_who_is_still_waited_for_waits_longest() -> None:
    seen = [reaction(float(n)) for n in (1, 2, 3)]
    assert time_to_acknowledge(seen).why.startswith("fewer than 5")
    assert time_to_acknowledge([*seen, reaction(None), reaction(None)]).value == 180.0
    assert time_to_acknowledge([*seen, reaction(None), reaction(None)]).upper is None
    assert "still waited for" in time_to_acknowledge([*seen, *[reaction(None)] * 4]).why
    assert time_to_acknowledge([*seen, *[reaction(None, over=True)] * 4]).count == 3
    assert time_to_repair([timedelta(hours=n) for n in range(1, 11)]).upper == 9 * 3600.0


def test_each_opening_of_an_alert_is_seen_for_itself() -> None:
    def step(n: int, what: Step, state: HandlingState) -> Handling:
        return Handling(state, what, minute(n))

    steps = [
        step(0, Step.BEGAN, HandlingState.FIRING),
        step(2, Step.SEEN, HandlingState.ACKNOWLEDGED),
        step(3, Step.ALL_CLEAR, HandlingState.RESOLVED),
        step(5, Step.CAME_BACK, HandlingState.REOPENED),
    ]
    assert reactions_of(steps) == [Reaction(minute(0), minute(2), minute(3)), Reaction(minute(5), None, None)]
    assert reactions_of(steps[1:3]) == []


def test_what_was_avoided_is_measured_by_those_that_were_left_alone() -> None:
    few = [REPAIRED] * 4 + [BROKE] * (UNREPAIRED_MIN - 1)
    assert breakdowns_avoided([PASSED] * 20).why == "nothing was repaired in time"
    assert "too few" in breakdowns_avoided([*few, GOES_ON]).why
    found = breakdowns_avoided([REPAIRED] * 4 + [BROKE] * 5 + [PASSED] * 5)
    assert found.value == pytest.approx(2.0)
    assert found.interval is not None
    assert found.interval.high is not None
    assert 0.0 < found.interval.low < 2.0 < found.interval.high < 4.0


def test_an_empty_fleet_knows_nothing_and_says_why(cloud: Cloud) -> None:
    found = cloud.analytics.figures("north")
    figures = (found.uptime, found.acknowledge, found.repair, found.avoided)
    assert [one.value for one in figures] == [None] * 4
    assert all(one.why and one.method for one in figures)
    with pytest.raises(Refused, match="not before the end"):
        cloud.analytics.figures("north", T0, T0)


def test_what_happened_is_in_the_figures(cloud: Cloud) -> None:
    for n in range(1, 7):
        van = Speaker(f"van-{n}")
        cloud.take(van.say(says.trip(1), 1, received_at=T0))
        cloud.take(van.say(says.alert(1), 1, received_at=minute(1)))
        cloud.now = minute(1 + n)
        cloud.alerts.acknowledge(van.address, f"{1:032x}", by="ada")
        cloud.take(van.say(says.alert(1, AlertState.RESOLVED), 2, received_at=minute(11)))
    cloud.now = minute(20)
    found = cloud.analytics.figures("north")
    assert (found.acknowledge.value, found.acknowledge.upper, found.acknowledge.count) == (180.0, 360.0, 6)
    assert found.uptime.value == pytest.approx(1.0 - 0.5 / 11.0)
    assert "fewer than 5" in found.repair.why


def test_a_repair_counts_from_the_incident_s_opening() -> None:
    with at_work() as (cloud, order):
        cloud.now += timedelta(hours=3)
        cloud.orders.complete(order.number, Report(Outcome.REPAIRED, (), "water_pump_worn"), by="anna")
        cloud.now += timedelta(hours=1)
        found = cloud.analytics.figures("north")
        assert found.repair.count == 1
        assert found.avoided.why == "nothing was repaired in time"  # it began with "stop now"


def test_a_role_sees_what_it_may(cloud: Cloud) -> None:
    cloud.take(VAN.say(says.trip(1), 1, received_at=T0))
    cloud.take(VAN.say(says.trip(2), 2, received_at=minute(5)))
    cloud.now = minute(10)
    app = api_of(cloud)
    sees = {}
    for role in Role:
        grants = (Grant(role, None if role is Role.ADMIN else "north"),)
        _, token = cloud.security.people.make_key(str(role), grants, by="test")
        told = ask(app, f"{V1}/analytics?fleet=north", token=token).json()
        sees[role] = told["uptime"]["value"] == 1.0
        assert told["uptime"]["why"] == ("" if sees[role] else "not for this role")
        assert told["time_to_repair"]["count"] == 0
    assert sees == {role: role is not Role.TECHNICIAN for role in Role}
