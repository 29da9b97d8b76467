"""Corrective and preventive actions: their life, and whether they helped, or that it is too early to say."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.api.server import V1
from cloud.errors import Conflict, NotFound, Refused
from cloud.fleet.profile import Part, Profile
from cloud.pages import Window
from cloud.rca.capa import Capa, CapaFilter, CapaState, Effect, Kind, check_of
from cloud.rca.capas import NewCapa
from cloud.rca.cohort import Attribute, Side, Unit
from edge.wire.topics import Address
from tests.unit.cloud.fleets import YEAR_D, Failure, Member, day, fleet_with_a_bad_batch, lay_down
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.test_api import api_of, ask
from tests.unit.cloud.vehicle import T0

ACTION: Final[dict[str, Any]] = {
    "fleet": "north",
    "title": "Replace pumps of batch B",
    "owner": "ada@example.org",
    "due_on": "2026-12-31",
    "component": "cooling",
    "attribute": "part_batch",
    "value": "B",
}
DONE_D: Final = 182.0
COUNTS: Final = st.integers(0, 40)


def opened(cloud: Cloud, **changes: Any) -> Capa:
    wanted: dict[str, Any] = {
        "fleet": "north",
        "kind": Kind.CORRECTIVE,
        "title": "Replace",
        "what": "",
        "owner": "ada",
        "due_on": T0.date(),
        "component": "cooling",
        "attribute": Attribute.PART_BATCH,
        "value": "B",
    }
    return cloud.capas.open(NewCapa(**{**wanted, **changes}), by="test")


def halves(before: Sequence[int], after: Sequence[int], count: int = 40) -> list[Member]:
    """Every other vehicle has batch B; these fail in the first half of the year, and those in the second."""
    return [
        Member(
            Profile(Address("north", f"bus-{n:02}"), model="Bus", parts={"cooling": Part("WP-1", "AB"[n % 2])}),
            [*([Failure(20.0 + n)] if n in before else []), *([Failure(DONE_D + 20.0 + n)] if n in after else [])],
        )
        for n in range(count)
    ]


def side(events: int, exposure: float) -> Side:
    return Side(20, events, exposure)


@pytest.mark.parametrize(
    ("before", "after", "effect"),
    [
        (side(20, 100.0), side(0, 100.0), Effect.HELPED),
        (side(20, 100.0), side(0, 5.0), Effect.TOO_EARLY),
        (side(20, 100.0), side(20, 100.0), Effect.NO_EFFECT_SEEN),
        (side(5, 100.0), side(40, 100.0), Effect.WORSE),
        (side(0, 100.0), side(0, 100.0), Effect.TOO_EARLY),
        (side(9, 100.0), side(0, 0.0), Effect.TOO_EARLY),
        (side(0, 0.0), side(3, 10.0), Effect.TOO_EARLY),
    ],
)
def test_what_the_counts_say(before: Side, after: Side, effect: Effect) -> None:
    found = check_of(before, after, Unit.KM)
    assert found.effect is effect
    assert found.why


@given(COUNTS, COUNTS, st.floats(0.1, 100.0), st.floats(0.1, 100.0))
def test_what_is_said_follows_the_interval(before: int, after: int, one: float, other: float) -> None:
    found = check_of(side(before, one), side(after, other), Unit.KM)
    helped = found.interval is not None and found.interval.high is not None and found.interval.high < 1.0
    assert (found.effect is Effect.HELPED) is helped
    assert (found.effect is Effect.WORSE) is (found.interval is not None and found.interval.low > 1.0)
    assert (found.ratio is None) is (before == 0)


def test_an_action_that_helped_is_verified(cloud: Cloud) -> None:
    lay_down(cloud, halves(range(1, 40, 2), []))
    capa = opened(cloud)
    assert cloud.capas.check(capa).effect is Effect.NOT_DONE
    capa = cloud.capas.done(capa.number, 0, day(DONE_D), "all are new", by="test")
    check = cloud.capas.check(capa)
    assert (check.effect, check.unit) == (Effect.HELPED, Unit.KM)
    assert check.before is not None
    assert check.after is not None
    assert (check.before.vehicles, check.before.events, check.after.vehicles, check.after.events) == (20, 20, 20, 0)
    closed = cloud.capas.close(capa.number, capa.sequence, CapaState.VERIFIED, "", by="test")
    assert closed.state is CapaState.VERIFIED
    assert closed.ended_at == cloud.now
    assert cloud.capas.close(capa.number, 0, CapaState.VERIFIED, "", by="test") == closed


def test_one_in_vain_is_not_verified_but_ineffective(cloud: Cloud) -> None:
    odd = range(1, 40, 2)
    lay_down(cloud, halves(odd, odd))
    capa = cloud.capas.done(opened(cloud).number, 0, day(DONE_D), "", by="test")
    with pytest.raises(Conflict, match="do not say that it helped: 20 vehicles"):
        cloud.capas.close(capa.number, 1, CapaState.VERIFIED, "", by="test")
    assert cloud.capas.close(capa.number, 1, CapaState.INEFFECTIVE, "", by="test").state is CapaState.INEFFECTIVE


def test_at_first_it_is_too_early(cloud: Cloud) -> None:
    lay_down(cloud, halves(range(1, 12, 2), []))
    capa = cloud.capas.done(opened(cloud).number, 0, day(YEAR_D - 2.0), "", by="test")
    assert cloud.capas.check(capa).effect is Effect.TOO_EARLY
    for state in (CapaState.VERIFIED, CapaState.INEFFECTIVE):
        with pytest.raises(Conflict, match=r"too early|nothing was driven"):
            cloud.capas.close(capa.number, 1, state, "", by="test")


def test_vehicles_whose_part_was_replaced_by_it_are_still_its_own(cloud: Cloud) -> None:
    members = []
    for one in halves(range(1, 40, 2), []):
        new = Profile(one.profile.address, parts={"cooling": Part("WP-2", "C", day(DONE_D).date())})
        is_bad = one.profile.parts["cooling"].batch == "B"
        members.append(Member(one.profile, one.failures, later={DONE_D + 1.0: new} if is_bad else {}))
    lay_down(cloud, members)
    capa = cloud.capas.done(opened(cloud).number, 0, day(DONE_D), "", by="test")
    check = cloud.capas.check(capa)
    assert check.after is not None
    assert (check.effect, check.after.vehicles) == (Effect.HELPED, 20)


def test_an_insight_says_what_it_is_about(cloud: Cloud) -> None:
    lay_down(cloud, fleet_with_a_bad_batch())
    _, [insight] = cloud.causes.scan("north", by="test")
    capa = opened(cloud, component=None, attribute=None, value=None, insight=insight.number)
    assert (capa.component, capa.attribute, capa.value) == ("cooling", Attribute.PART_BATCH, "B")
    with pytest.raises(NotFound, match="insight 1"):
        opened(cloud, fleet="south", insight=insight.number)


@pytest.mark.parametrize(
    ("changes", "field"), [({"component": None}, "component"), ({"value": None}, "attribute and value")]
)
def test_an_action_about_nothing_is_refused(cloud: Cloud, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused, match=field):
        opened(cloud, **changes)


def test_what_was_not_done_can_only_be_dropped(cloud: Cloud) -> None:
    capa = opened(cloud)
    for state in (CapaState.VERIFIED, CapaState.INEFFECTIVE):
        with pytest.raises(Conflict, match="is open, not done"):
            cloud.capas.close(capa.number, 0, state, "", by="test")
    dropped = cloud.capas.close(capa.number, 0, CapaState.DROPPED, "no parts", by="test")
    assert (dropped.state, dropped.note) == (CapaState.DROPPED, "no parts")
    with pytest.raises(Conflict, match="is dropped, not open"):
        cloud.capas.done(capa.number, 1, None, "", by="test")


def test_who_saw_another_state_is_told(cloud: Cloud) -> None:
    capa = opened(cloud)
    with pytest.raises(Conflict, match="changed meanwhile"):
        cloud.capas.done(capa.number, 3, None, "", by="test")
    with pytest.raises(Refused, match="in the future"):
        cloud.capas.done(capa.number, 0, T0 + timedelta(days=1), "", by="test")
    with pytest.raises(NotFound, match="action 9"):
        cloud.capas.done(9, 0, None, "", by="test")


def test_what_is_due_is_late_the_day_after(cloud: Cloud) -> None:
    capa = opened(cloud)
    assert not capa.is_late(T0.date())
    assert capa.is_late(T0.date() + timedelta(days=1))
    assert not capa.done(T0, "").is_late(T0.date() + timedelta(days=1))


def test_the_api_takes_an_action_from_open_to_its_check(cloud: Cloud) -> None:
    cloud.now = T0
    app = api_of(cloud)
    made = ask(app, f"{V1}/capa", method="POST", body=ACTION).json()
    assert (made["state"], made["late"]) == ("open", False)
    done = ask(app, f"{V1}/capa/1/done", method="POST", body={"sequence": 0, "note": "all"}).json()
    assert (done["state"], done["note"]) == ("done", "all")
    told = ask(app, f"{V1}/capa/1").json()
    assert told["check"]["effect"] == "too_early"
    assert ask(app, f"{V1}/capa/1/close", method="POST", body={"sequence": 1, "state": "verified"}).status_code == 409
    assert ask(app, f"{V1}/capa/1/close", method="POST", body={"sequence": 1, "state": "open"}).status_code == 422
    assert [one["number"] for one in ask(app, f"{V1}/capa?state=done").json()["items"]] == [1]
    assert cloud.capas.capas(CapaFilter(within=frozenset({"south"})), Window()).items == []
