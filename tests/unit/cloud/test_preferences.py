"""What a visit has to heed: preferences, where the vehicle is, how long the part lasts."""

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from cloud.api.server import V1
from cloud.health.model import Lifetime
from cloud.scheduling.model import Job, Life, Place, Preferences, Work
from cloud.workflow.circumstances import DUE_WITHIN, life_of
from cloud.workflow.model import CaseState
from edge.wire.topics import Address
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.test_api import api_of, ask, problem
from tests.unit.cloud.test_workflow import YES, answer, go, shop
from tests.unit.cloud.vehicle import Speaker
from tests.unit.cloud.workshop import BERLIN, MONDAY, POTSDAM, centre

__all__ = ["shop"]
VAN = Speaker()
PATH = f"{V1}/vehicles/north/van-7/preferences"
WANTED = {"weekdays": [3, 1], "after": "09:00:00", "before": None, "centre": "mitte", "distance_max_km": 40.0}
WISH = {"preferences": WANTED, "base": {"latitude_deg": 52.39, "longitude_deg": 13.06}}
DAY = timedelta(days=1)
Call = Callable[..., httpx.Response]


@pytest.fixture
def call(cloud: Cloud) -> Call:
    app = api_of(cloud)
    return lambda method, body=None, path=PATH: ask(app, path, method=method, body=body)


def lifetime(part: str, low: float | None, high: float | None) -> Lifetime:
    return Lifetime(part, part, None if low is None else low + 1, low, high, "")


def job_of(cloud: Cloud) -> Job:
    """The wish for a time of the only case."""
    case = go(cloud)
    assert case.state is CaseState.OFFERED
    assert case.job is not None
    return case.job


def test_what_was_put_is_given_back_with_who_put_it(cloud: Cloud, call: Call) -> None:
    cloud.take(VAN.say(says.alert(), 1))
    assert call("GET").json() == {
        "fleet": "north",
        "vehicle": "van-7",
        "preferences": {"weekdays": [], "after": None, "before": None, "centre": None, "distance_max_km": None},
        "base": None,
        "by": "",
        "put_at": None,
    }
    put = call("PUT", WISH)
    assert put.status_code == 200, put.text
    assert call("GET").json() == put.json()
    assert put.json()["preferences"] == {**WANTED, "weekdays": [1, 3]}
    assert (put.json()["base"], put.json()["by"]) == (WISH["base"], "bootstrap")
    assert call("PUT", {}).json()["preferences"]["weekdays"] == [], "what is left out is no preference"


def test_of_a_vehicle_that_was_never_heard_nothing_is_kept(call: Call) -> None:
    path = f"{V1}/vehicles/north/nobody/preferences"
    assert problem(call("PUT", {}, path))["detail"] == "nothing was ever heard of vehicle 'nobody' in fleet 'north'"
    assert call("GET", path=path).json()["by"] == ""


@pytest.mark.parametrize(
    ("preferences", "place"),
    [({"weekdays": [7]}, "weekdays"), ({"after": "09:00Z"}, "after"), ({"distance_max_km": 0}, "distance_max_km")],
)
def test_what_cannot_be_is_refused_with_its_place(
    cloud: Cloud, call: Call, preferences: dict[str, object], place: str
) -> None:
    cloud.take(VAN.say(says.alert(), 1))
    assert place in problem(call("PUT", {"preferences": preferences}))["detail"]


def test_offers_heed_preferences_and_where_the_vehicle_stands(shop: Cloud) -> None:
    wanted = Preferences(weekdays=frozenset({3}))
    shop.preferences.put(Address("north", "van-7"), wanted, POTSDAM, by="ada")
    answer(shop, YES)
    job = job_of(shop)
    assert (job.preferences, job.place, job.life) == (wanted, POTSDAM, None)
    assert any("km away" in reason for offer in go(shop).offers for reason in offer.reasons)


def test_where_the_vehicle_says_that_it_is_counts_more(shop: Cloud) -> None:
    shop.preferences.put(Address("north", "van-7"), Preferences(), POTSDAM, by="ada")
    shop.take(VAN.say(says.position(52.52, 13.405), 1))
    answer(shop, YES)
    assert job_of(shop).place == BERLIN


def test_where_nothing_was_told_the_place_is_unknown(shop: Cloud) -> None:
    answer(shop, YES)
    assert job_of(shop).place is None


def test_too_far_is_no_slot(shop: Cloud) -> None:
    shop.scheduling.put_centre(centre("far", place=Place(48.1, 11.6)), by="ada")
    shop.scheduling.remove_centre("mitte", by="ada")
    shop.preferences.put(Address("north", "van-7"), Preferences(distance_max_km=50.0), BERLIN, by="ada")
    answer(shop, YES)
    case = go(shop)
    assert (case.state, case.reason) == (CaseState.NO_SLOT, "far: too far")


def test_only_the_life_of_what_is_replaced_counts_and_of_several_the_first_to_fail() -> None:
    work = Work(30, parts=frozenset({"battery_12v", "brake_pads"}))
    pads, battery = lifetime("brake_pads", 30.0, 90.0), lifetime("battery_12v", 10.0, 20.0)
    life = life_of(work, [pads, lifetime("coolant", 0.0, 1.0), battery], MONDAY)
    assert life == Life(MONDAY + 10 * DAY, MONDAY + 20 * DAY)
    assert life_of(Work(30), [pads], MONDAY) is None


@pytest.mark.parametrize(("low", "high"), [(None, None), (5.0, None)])
def test_no_end_in_sight_is_unknown(low: float | None, high: float | None) -> None:
    assert life_of(Work(30, parts=frozenset({"brake_pads"})), [lifetime("brake_pads", low, high)], MONDAY) is None


def test_what_is_due_now_has_a_day() -> None:
    life = life_of(Work(30, parts=frozenset({"brake_pads"})), [lifetime("brake_pads", 0.0, 0.0)], MONDAY)
    assert life == Life(MONDAY, MONDAY + DUE_WITHIN)
