"""What begins while somebody works on a vehicle is kept and disturbs nobody, until the vehicle is given back."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.alerts.handling import HandlingState, IncidentFilter, Step, set_aside
from cloud.alerts.model import AlertFilter
from cloud.api.server import V1
from cloud.errors import Conflict
from cloud.inbox.model import Arrival
from cloud.pages import Window
from cloud.workflow.model import CaseFilter
from edge.wire.messages import AlertState, Severity
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.asking import Talk
from tests.unit.cloud.services import Cloud, open_cloud
from tests.unit.cloud.telling import ADA, BOB, send
from tests.unit.cloud.test_api import api_of, ask
from tests.unit.cloud.test_handling import handled, standing
from tests.unit.cloud.vehicle import T0, Speaker, minute

VAN = Speaker()
FIRING, RESOLVED = AlertState.FIRING, AlertState.RESOLVED
SET_ASIDE = (HandlingState.RESOLVED, Step.WORKSHOP)


@pytest.fixture
def told(cloud: Cloud) -> Cloud:
    """Ada is told first, then Bob."""
    cloud.contacts.put(ADA, by="ada")
    cloud.contacts.put(BOB, by="ada")
    return cloud


def said(seq: int, n: int = 1, state: AlertState = FIRING, *, workshop: bool, **changes: Any) -> Arrival:
    """Alert `n` as the van tells it at minute `seq`, at once."""
    body = says.alert(n, state).model_copy(update={"workshop": workshop, **changes})
    return VAN.say(body, seq, observed_at=minute(seq), received_at=minute(seq))


def hears(cloud: Cloud, *messages: Arrival) -> None:
    for message in messages:
        cloud.now = max(cloud.now, message.received_at)
        cloud.take(message)


def is_undisturbed(cloud: Cloud) -> bool:
    """Nobody was told of anything, nobody is asked, and nothing is open; also a day later."""
    cloud.workflow.runner.round()
    cloud.now = minute(24 * 60)
    incidents = cloud.alerts.incidents(IncidentFilter(), Window()).items
    cases = cloud.workflow.service.cases(CaseFilter(), Window()).items
    still = sum(cloud.alerts.open_alerts().values()) + cloud.alerts.open_incidents()
    return not [*send(cloud), *incidents, *cases, *cloud.told] and still == 0 and "notices" not in cloud.counts()


def test_what_begins_in_a_workshop_is_kept_and_disturbs_nobody(told: Cloud) -> None:
    hears(told, said(1, workshop=True), said(2, workshop=True))
    assert standing(told) == SET_ASIDE
    assert handled(told).incident is None
    assert handled(told).alert.workshop
    assert is_undisturbed(told)


def test_what_gets_worse_in_a_workshop_disturbs_nobody_either(told: Cloud) -> None:
    hears(told, said(1, workshop=True, severity=Severity.WARNING), said(2, workshop=True))
    assert handled(told).alert.severity is Severity.CRITICAL
    assert standing(told) == SET_ASIDE
    assert is_undisturbed(told)


@pytest.mark.parametrize("workshop", [True, False])
def test_what_ends_in_the_workshop_never_disturbs(told: Cloud, workshop: bool) -> None:
    hears(told, said(1, workshop=True), said(2, state=RESOLVED, workshop=workshop), said(3, workshop=False))
    assert handled(told).alert.state is RESOLVED
    assert standing(told) == SET_ASIDE
    assert is_undisturbed(told)


def test_given_back_and_firing_still_it_has_just_begun(told: Cloud) -> None:
    hears(told, said(1, workshop=True), said(200, workshop=False))
    assert standing(told) == (HandlingState.FIRING, Step.BEGAN)
    assert not handled(told).alert.workshop
    told.workflow.runner.round()
    [incident] = told.alerts.incidents(IncidentFilter(is_open=True), Window()).items
    [case] = told.workflow.service.cases(CaseFilter(), Window()).items
    assert (incident.number, incident.opened_at, case.incident) == (
        handled(told).incident,
        minute(200),
        incident.number,
    )
    assert told.alerts.open_alerts()["critical"] == 1
    assert send(told) == ["ada"]
    told.now = minute(216)
    assert send(told) == ["bob"]
    steps = [one.step for one in told.alerts.alert(VAN.address, f"{1:032x}").steps]
    assert steps == [Step.WORKSHOP, Step.BEGAN]


def test_what_the_workshop_says_late_or_again_changes_nothing(told: Cloud) -> None:
    hears(told, said(5, workshop=False), said(6, workshop=True), said(6, workshop=True), said(7, workshop=False))
    assert standing(told) == (HandlingState.FIRING, Step.BEGAN)
    assert send(told) == ["ada"]
    hears(told, said(8, state=RESOLVED, workshop=True))
    assert standing(told) == (HandlingState.RESOLVED, Step.ALL_CLEAR)


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(list(permutations((1, 2, 3, 4)))), st.booleans())
def test_in_any_order_it_ends_as_the_same_alert_and_tells_people_once_at_most(
    order: tuple[int, ...], ends: bool
) -> None:
    messages = {
        1: said(1, workshop=True),
        2: said(2, workshop=True),
        3: said(3, workshop=False),
        4: said(4, state=RESOLVED if ends else FIRING, workshop=False),
    }
    with open_cloud() as cloud:
        cloud.contacts.put(ADA, by="ada")
        cloud.now = minute(5)
        for n in order:
            cloud.take(messages[n], messages[n])
        alert = handled(cloud).alert
        assert (alert.workshop, alert.state) == (False, RESOLVED if ends else FIRING)
        assert handled(cloud).handling.is_open != ends
        assert cloud.counts().get("notices", 0) == (1 if not ends or order.index(3) < order.index(4) else 0)


def test_what_was_open_before_the_workshop_stays_as_it_is(told: Cloud) -> None:
    hears(told, said(1, 1, workshop=False), said(2, 2, workshop=True))
    assert standing(told, 1) == (HandlingState.FIRING, Step.BEGAN)
    assert standing(told, 2) == SET_ASIDE
    hears(told, said(3, 2, workshop=False))
    assert standing(told, 1) == (HandlingState.RESOLVED, Step.SUPERSEDED)
    assert handled(told, 2).incident == handled(told, 1).incident


def test_what_only_the_workshop_saw_makes_nothing_come_back(told: Cloud) -> None:
    hears(told, said(1, 1, workshop=True), said(2, 1, RESOLVED, workshop=True), said(9, 9, workshop=False))
    assert standing(told, 9) == (HandlingState.FIRING, Step.BEGAN)


def test_people_have_nothing_to_do_about_it(told: Cloud) -> None:
    hears(told, said(1, workshop=True))
    with pytest.raises(Conflict, match="given back"):
        told.alerts.acknowledge(VAN.address, f"{1:032x}", by="ada")
    with pytest.raises(Conflict, match="given back"):
        told.alerts.close(VAN.address, f"{1:032x}", Step.REPAIRED, by="ada")
    assert set_aside(T0).all_clear(minute(1)) == set_aside(T0)


def test_it_is_listed_and_can_be_left_out(told: Cloud) -> None:
    hears(told, said(1, 1, workshop=True), said(2, 2, workshop=False, component="brakes"))
    app = api_of(told)
    listed = {
        query: [(one["workshop"], one["handling"]["step"]) for one in ask(app, f"{V1}/alerts{query}").json()["items"]]
        for query in ("?state=firing", "?workshop=true", "?workshop=false")
    }
    aside, begun = (True, "workshop"), (False, "began")
    assert list(listed.values()) == [[begun, aside], [aside], [begun]]
    assert told.alerts.alerts(AlertFilter(workshop=True), Window()).items == [handled(told)]


def test_a_workshop_s_alerts_say_nothing_of_a_vehicle_s_health(told: Cloud) -> None:
    told.take(VAN.say(says.trip(), 1))
    told.now = minute(3)
    healthy, unknown = told.health.health(VAN.address), told.health.diagnose(VAN.address, "cooling")
    told.take(said(1, workshop=True))
    assert told.health.health(VAN.address) == healthy
    assert told.health.diagnose(VAN.address, "cooling") == unknown
    told.take(said(2, workshop=False))
    assert told.health.health(VAN.address) != healthy
    assert told.health.diagnose(VAN.address, "cooling") != unknown


def test_an_owner_who_asks_hears_of_what_is_open_however_much_the_workshop_set_off(told: Cloud) -> None:
    hears(told, said(1, 1, workshop=False))
    hears(told, *(said(n, n, workshop=True, rule=f"rule_{n}") for n in range(2, 110)))
    talk = Talk(told)
    assert "Open warnings: 1." in talk.hear("what is wrong with it?")


def test_a_stop_in_the_workshop_takes_nothing_from_uptime(told: Cloud) -> None:
    hears(told, said(1, workshop=True), said(60, 2, workshop=True, component="brakes"))
    assert told.analytics.figures("north").uptime.value == 1.0
    hears(told, said(61, workshop=False))
    hears(told, said(90, workshop=False))
    assert told.analytics.figures("north").uptime.value != 1.0
