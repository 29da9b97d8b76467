"""Cases: from an incident to a repair, and every way on where it does not go like that."""

from datetime import timedelta
from pathlib import Path

import pytest

from cloud.alerts.handling import REOPENS_WITHIN, IncidentFilter, Step
from cloud.errors import Conflict, NotAllowed, Refused, UpstreamDown
from cloud.health.model import Cause, Diagnosis
from cloud.pages import Window
from cloud.scheduling.booking import State
from cloud.scheduling.model import Technician
from cloud.scheduling.store import bookings
from cloud.scheduling.work_order import Label, OrderState, Outcome, Report
from cloud.scheduling.work_order_store import work_orders
from cloud.workflow.desk import FAILURES_MAX
from cloud.workflow.graph import CHECKPOINTS_MAX, Graph, draw
from cloud.workflow.model import EDGES, MEANINGS, Agent, Answer, Case, CaseFilter, CaseState
from cloud.workflow.people import OwnersAnswer
from cloud.workflow.store import case_steps, cases
from edge.wire.messages import Action, AlertState
from edge.wire.topics import Address
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.services import Cloud, dont_know
from tests.unit.cloud.vehicle import Speaker
from tests.unit.cloud.workshop import MONDAY, centre, week

VAN = Speaker()
DAY = timedelta(days=1)
YES = OwnersAnswer(Answer.YES, "ada")
NO = OwnersAnswer(Answer.NO, "ada", "too dear")
EVERYTHING = frozenset({"cooling", "engine"})


def pump(address: Address, component: str) -> Diagnosis:
    """A verdict."""
    cause = Cause(
        "water_pump_worn", component, "The water pump is worn", 0.8, ("hot",), (), ("look",), "water_pump_replacement"
    )
    return Diagnosis(address, component, MONDAY, (cause,), 0.1, cause.id, "the evidence is clear")


@pytest.fixture
def shop(cloud: Cloud) -> Cloud:
    """A workshop that is open, a vehicle in trouble, a diagnosis with a verdict; Monday morning."""
    cloud.now = MONDAY
    cloud.diagnose = pump
    people = (Technician("anna", EVERYTHING, week()),)
    cloud.scheduling.put_centre(centre(technicians=people), by="ada")
    cloud.take(VAN.say(says.alert(1), 1))
    return cloud


def go(cloud: Cloud) -> Case:
    """Let the agents do all they can, and give the case as it stands then."""
    for _ in range(9):
        if not cloud.workflow.runner.round():
            break
    [case, *_] = cloud.workflow.service.cases(CaseFilter(), Window()).items
    return case


def answer(cloud: Cloud, said: OwnersAnswer) -> Case:
    cloud.workflow.service.answer(go(cloud).number, said)
    return go(cloud)


def booked(cloud: Cloud) -> Case:
    answer(cloud, OwnersAnswer(Answer.YES, "ada", choose_for_me=True))
    return go(cloud)


def reasons(cloud: Cloud) -> list[str]:
    return [message.reason for message in cloud.told]


def graph_of(cloud: Cloud) -> Graph:
    graph = cloud.workflow.runner._graph
    assert graph is not None
    return graph


def test_from_an_incident_to_a_repair(shop: Cloud) -> None:
    case = go(shop)
    assert (case.state, case.agent, case.action) == (CaseState.ASKED, Agent.ENGAGEMENT, Action.STOP_NOW)
    assert "The water pump is worn (80%)" in shop.told[0].text
    case = answer(shop, YES)
    assert (case.state, case.agent) == (CaseState.OFFERED, Agent.SCHEDULING)
    shop.workflow.service.choose(case.number, 0, case.sequence, by="ada")
    case = go(shop)
    assert (case.state, case.agent) == (CaseState.BOOKED, Agent.WORK)
    [booking] = shop.rows(bookings)
    assert (booking["state"], booking["id"]) == (State.BOOKED, case.booking)
    [order] = shop.rows(work_orders)
    assert (order["kind"], order["diagnosed_cause"]) == ("water_pump_replacement", "water_pump_worn")
    assert case.work_order is not None
    shop.orders.start(case.work_order, 0, by="anna")
    assert go(shop).state is CaseState.IN_WORK
    report = Report(Outcome.REPAIRED, ("Shaft leaks",), "water_pump_worn", ("water_pump",))
    shop.orders.complete(case.work_order, report, 1, by="anna")
    case = go(shop)
    assert (case.state, case.ended_at) == (CaseState.REPAIRED, shop.now)
    assert shop.serviced == [(VAN.address, "cooling")]
    assert shop.orders.labels(fleets=None) == [("water_pump_worn", Label.RIGHT, 1)]
    [closed] = shop.alerts.incidents(IncidentFilter(), Window()).items
    assert closed.closed_at == shop.now
    whole = shop.alerts.alert(VAN.address, f"{1:032x}")
    assert (whole.handled.handling.step, whole.handled.handling.by) == (Step.REPAIRED, "anna")
    assert reasons(shop) == [f"case/1/{what}" for what in ("question/1", "offers/1", "booked/1/1", "repaired/1")]
    assert graph_of(shop).threads() == [], "the checkpoints of what is over are gone"


def test_nothing_happens_twice_when_nothing_happened(shop: Cloud) -> None:
    case = booked(shop)
    steps, told = shop.rows(case_steps), list(shop.told)
    assert [shop.workflow.runner.round() for _ in range(3)] == [0, 0, 0]
    assert (shop.rows(case_steps), shop.told, go(shop)) == (steps, told, case)


def test_without_a_verdict_a_workshop_finds_out(shop: Cloud) -> None:
    shop.diagnose = lambda address, component: Diagnosis(address, component, MONDAY, (), 1.0, None, "contradictory")
    case = booked(shop)
    assert "not known for sure (contradictory)" in shop.told[0].text
    [order] = shop.rows(work_orders)
    assert (order["kind"], order["diagnosed_cause"], case.cause) == ("inspection", None, None)


def test_what_becomes_worse_before_the_owner_answers_is_diagnosed_again_and_told_once(cloud: Cloud) -> None:
    cloud.now = MONDAY
    cloud.scheduling.put_centre(centre(technicians=(Technician("anna", EVERYTHING, week()),)), by="ada")
    cloud.take(VAN.say(says.alert(1, action=Action.NEXT_SERVICE), 1))
    before = go(cloud)
    assert (before.cause, before.action) == (None, Action.NEXT_SERVICE)
    cloud.diagnose = pump
    assert go(cloud) == before, "nothing has happened"
    cloud.take(VAN.say(says.alert(2, action=Action.STOP_NOW), 2))
    case = go(cloud)
    assert (case.state, case.asked, case.wake_at) == (CaseState.ASKED, 1, before.wake_at)
    assert (case.cause and case.cause.id, case.action) == ("water_pump_worn", Action.STOP_NOW)
    cloud.take(VAN.say(says.alert(3, action=Action.STOP_NOW), 3))
    assert go(cloud) == case, "no worse"
    assert reasons(cloud) == ["case/1/question/1", "case/1/question/1/stop_now"]
    assert "The water pump is worn (80%)" in cloud.told[1].text
    booked(cloud)
    assert [order["kind"] for order in cloud.rows(work_orders)] == ["water_pump_replacement"]


def test_an_owner_who_has_agreed_gets_what_the_worse_alert_asks_for(cloud: Cloud) -> None:
    cloud.now = MONDAY
    cloud.scheduling.put_centre(centre(technicians=(Technician("anna", EVERYTHING, week()),)), by="ada")
    cloud.take(VAN.say(says.alert(1, action=Action.NEXT_SERVICE), 1))
    go(cloud)
    cloud.diagnose = pump
    cloud.workflow.service.answer(1, YES)
    cloud.take(VAN.say(says.alert(2, action=Action.STOP_NOW), 2))
    case = go(cloud)
    assert (case.state, case.action) == (CaseState.OFFERED, Action.STOP_NOW)
    assert case.job is not None
    assert (case.job.action, case.cause and case.cause.work) == (Action.STOP_NOW, "water_pump_replacement")
    assert reasons(cloud) == ["case/1/question/1", "case/1/offers/1"]


def test_work_that_the_catalogue_does_not_have_is_an_inspection_and_counted(shop: Cloud) -> None:
    def odd(address: Address, component: str) -> Diagnosis:
        cause = Cause("gremlins", component, "Gremlins", 0.9, (), (), (), "exorcism")
        return Diagnosis(address, component, MONDAY, (cause,), 0.1, cause.id, "clear")

    shop.diagnose = odd
    booked(shop)
    assert [order["kind"] for order in shop.rows(work_orders)] == ["inspection"]
    assert shop.counts()["works_unknown"] == 1
    assert any("no work 'exorcism'" in step["note"] for step in shop.rows(case_steps))


def test_a_no_ends_at_declined_and_is_doubted_once(shop: Cloud) -> None:
    case = answer(shop, NO)
    assert (case.state, case.wake_at, case.reason) == (CaseState.DECLINED, MONDAY + 7 * DAY, "ada says no")
    shop.now += 7 * DAY - timedelta(seconds=1)
    assert go(shop).state is CaseState.DECLINED
    shop.now += timedelta(seconds=1)
    assert (go(shop).state, go(shop).asked) == (CaseState.ASKED, 2)
    case = answer(shop, NO)
    assert (case.state, case.ended_at) == (CaseState.DECLINED, shop.now)
    assert reasons(shop) == ["case/1/question/1", "case/1/question/2"]
    shop.now += 100 * DAY
    assert go(shop) == case
    assert answer(shop, YES).state is CaseState.OFFERED, "the owner may think again at any time"


def test_no_answer_is_reminded_once_and_then_says_so(shop: Cloud) -> None:
    go(shop)
    shop.now += 3 * DAY
    assert (go(shop).state, go(shop).reminded) == (CaseState.ASKED, True)
    shop.now += 3 * DAY
    assert go(shop).state is CaseState.NO_ANSWER
    assert reasons(shop) == ["case/1/question/1", "case/1/question/1/reminder"]
    shop.workflow.service.retry(1, "phoned", by="bob")
    assert (go(shop).state, go(shop).asked) == (CaseState.ASKED, 2)


def test_no_choice_is_reminded_once_and_then_says_so(shop: Cloud) -> None:
    assert answer(shop, YES).state is CaseState.OFFERED
    shop.now += 3 * DAY
    assert (go(shop).state, go(shop).reminded) == (CaseState.OFFERED, True)
    shop.now += 3 * DAY
    assert (go(shop).state, go(shop).reason) == (CaseState.NO_ANSWER, "no time was chosen")


def test_no_slot_is_told_and_looked_for_again(shop: Cloud) -> None:
    shop.scheduling.remove_centre("mitte", by="ada")
    case = answer(shop, YES)
    assert (case.state, case.wake_at) == (CaseState.NO_SLOT, MONDAY + DAY)
    assert "there are no centres" in case.reason
    shop.now += DAY
    assert go(shop).state is CaseState.NO_SLOT
    assert reasons(shop) == ["case/1/question/1", "case/1/no_slot/1"]
    shop.scheduling.put_centre(centre(technicians=(Technician("anna", EVERYTHING, week()),)), by="ada")
    shop.workflow.service.retry(1, by="bob")
    assert go(shop).state is CaseState.OFFERED


def test_a_time_that_is_taken_meanwhile_brings_new_offers(shop: Cloud) -> None:
    case = answer(shop, YES)
    slot = case.offers[0].slot
    assert case.job is not None
    rival = case.job.__class__(Address("north", "van-8"), "cooling", case.job.work, Action.WATCH, case.job.ready_at)
    shop.appointments.hold("a rival's wish", rival, slot.centre, slot.start_at, by="eve")
    shop.workflow.service.choose(case.number, 0, case.sequence, by="ada")
    case = go(shop)
    assert (case.state, case.chosen, case.visit) == (CaseState.OFFERED, None, 2)
    assert slot not in [offer.slot for offer in case.offers]


def test_a_centre_that_goes_brings_new_offers_for_the_same_booking_and_order(shop: Cloud) -> None:
    before = booked(shop)
    shop.scheduling.put_centre(centre("potsdam", technicians=(Technician("otto", EVERYTHING, week()),)), by="ada")
    shop.scheduling.remove_centre("mitte", by="ada")
    case = go(shop)
    assert (case.state, case.booking, case.work_order) == (CaseState.BOOKED, before.booking, before.work_order)
    [booking] = shop.rows(bookings)
    assert (booking["centre"], booking["state"]) == ("potsdam", State.BOOKED)
    assert "case/1/lost/1" in reasons(shop)
    assert any(step["state"] == CaseState.CENTRE_GONE for step in shop.rows(case_steps))


def test_a_cancelled_booking_needs_a_person_who_may_want_another(shop: Cloud) -> None:
    case = booked(shop)
    assert case.booking is not None
    shop.appointments.cancel(case.booking, "sold", by="ada")
    case = go(shop)
    assert (case.state, case.reason) == (CaseState.NEEDS_A_PERSON, "the booking was cancelled (sold)")
    assert [order["state"] for order in shop.rows(work_orders)] == [OrderState.CANCELLED]
    shop.workflow.service.retry(1, "not sold after all", by="ada")
    assert go(shop).state is CaseState.BOOKED
    assert [one["state"] for one in shop.rows(bookings)] == [State.CANCELLED, State.BOOKED]


def test_a_vehicle_that_never_came_is_noticed_and_can_still_come(shop: Cloud) -> None:
    case = booked(shop)
    shop.now += 28 * DAY
    assert go(shop).state is CaseState.OVERDUE
    assert case.work_order is not None
    shop.orders.start(case.work_order, by="anna")
    assert go(shop).state is CaseState.IN_WORK


def test_a_visit_that_repairs_nothing_begins_again_at_diagnosis(shop: Cloud) -> None:
    case = booked(shop)
    assert case.work_order is not None
    shop.orders.complete(case.work_order, Report(Outcome.NOT_FOUND), by="anna")
    case = go(shop)
    assert (case.state, case.reason) == (CaseState.NOT_REPAIRED, "not found")
    assert shop.serviced == []
    assert shop.orders.labels(fleets=None) == [("water_pump_worn", Label.NOTHING_WRONG, 1)]
    shop.workflow.service.retry(1, by="ada")
    case = go(shop)
    assert (case.state, case.asked, case.booking) == (CaseState.ASKED, 2, None)
    assert booked(shop).state is CaseState.BOOKED
    assert len(shop.rows(work_orders)) == 2


def test_an_incident_that_closes_before_anything_is_booked_is_all_clear(shop: Cloud) -> None:
    shop.diagnose = dont_know
    go(shop)
    shop.take(VAN.say(says.alert(1, AlertState.RESOLVED), 2, received_at=shop.now))
    assert go(shop).state is CaseState.ASKED, "it may come back"
    shop.now += REOPENS_WITHIN
    assert go(shop).state is CaseState.ALL_CLEAR
    with pytest.raises(Conflict, match="nobody is asked: the case is all_clear"):
        shop.workflow.service.answer(1, YES)


def test_a_fault_that_was_found_is_not_gone_because_its_alert_ended(shop: Cloud) -> None:
    go(shop)
    shop.take(VAN.say(says.alert(1, AlertState.RESOLVED), 2))
    assert go(shop).state is CaseState.ASKED
    shop.take(VAN.say(says.alert(2), 3))
    assert go(shop).state is CaseState.ASKED
    assert len(shop.rows(cases)) == 1, "it is the same fault"
    assert booked(shop).state is CaseState.BOOKED


@pytest.mark.parametrize("step", [Step.FALSE_ALARM, Step.ACCEPTED, Step.REPAIRED])
def test_a_person_who_says_that_it_is_over_ends_the_case(shop: Cloud, step: Step) -> None:
    go(shop)
    shop.alerts.close(VAN.address, says.alert(1).id, step, by="ada")
    assert go(shop).state is CaseState.ALL_CLEAR


def test_what_comes_and_goes_is_one_case_and_asked_once(shop: Cloud) -> None:
    shop.diagnose = dont_know
    go(shop)
    for n in range(1, 9):
        shop.now += timedelta(minutes=5)
        shop.take(VAN.say(says.alert(n, AlertState.RESOLVED), 2 * n, received_at=shop.now))
        assert go(shop).state is CaseState.ASKED
        shop.take(VAN.say(says.alert(n + 1), 2 * n + 1, received_at=shop.now))
        assert go(shop).state is CaseState.ASKED
    assert [row["asked"] for row in shop.rows(cases)] == [1]
    assert reasons(shop) == ["case/1/question/1"]


def test_what_is_gone_before_it_is_looked_at_is_not_asked_about(shop: Cloud) -> None:
    shop.diagnose = dont_know
    shop.take(VAN.say(says.alert(1, AlertState.RESOLVED), 2, received_at=shop.now))
    assert shop.workflow.runner.round() == 0
    assert (reasons(shop), shop.rows(cases)) == ([], [])


def test_what_comes_back_is_a_new_case(shop: Cloud) -> None:
    shop.diagnose = dont_know
    go(shop)
    shop.take(VAN.say(says.alert(1, AlertState.RESOLVED), 2, received_at=shop.now))
    shop.now += REOPENS_WITHIN
    go(shop)
    shop.take(VAN.say(says.alert(2), 3))
    case = go(shop)
    assert (case.number, case.incident, case.coming, case.state) == (2, 1, 1, CaseState.ASKED)


def test_what_is_only_to_be_watched_is_watched_until_it_gets_worse(cloud: Cloud) -> None:
    mild = says.alert(1).model_copy(update={"action": Action.WATCH})
    cloud.take(VAN.say(mild, 1))
    assert go(cloud).state is CaseState.WATCHING
    assert cloud.told == []
    cloud.take(VAN.say(says.alert(2).model_copy(update={"rule": "coolant_low"}), 2))
    assert (go(cloud).state, go(cloud).action) == (CaseState.ASKED, Action.STOP_NOW)


def test_two_people_at_once(shop: Cloud) -> None:
    seen = go(shop)
    shop.workflow.service.answer(1, YES, seen.sequence)
    with pytest.raises(Conflict, match="changed meanwhile"):
        shop.workflow.service.answer(1, NO, seen.sequence)
    with pytest.raises(Conflict, match="nobody is asked"):
        shop.workflow.service.answer(1, NO)
    case = go(shop)
    shop.workflow.service.choose(1, 0, case.sequence, by="ada")
    with pytest.raises(Conflict):
        shop.workflow.service.choose(1, 0, case.sequence, by="bob")
    with pytest.raises(Conflict, match="nothing is to be chosen"):
        shop.workflow.service.choose(1, 0, by="bob")


def test_a_choice_beyond_the_offers_is_refused(shop: Cloud) -> None:
    answer(shop, YES)
    with pytest.raises(Refused, match="counted from 0"):
        shop.workflow.service.choose(1, 9, by="ada")


def test_a_person_closes_a_case_and_opens_it_again(shop: Cloud) -> None:
    go(shop)
    shop.workflow.service.close(1, "sold", by="ada")
    case = go(shop)
    assert (case.state, case.reason, graph_of(shop).threads()) == (CaseState.CLOSED, "sold", [])
    shop.workflow.service.retry(1, by="ada")
    assert go(shop).state is CaseState.ASKED
    booked(shop)
    with pytest.raises(Conflict, match="the way on: move or cancel the booking"):
        shop.workflow.service.close(1, by="ada")


def test_a_forbidden_hand_over_ends_the_run(shop: Cloud) -> None:
    shop.forbidden.add((Agent.DIAGNOSIS, Agent.ENGAGEMENT))
    case = go(shop)
    assert (case.state, case.agent) == (CaseState.NEEDS_A_PERSON, Agent.DIAGNOSIS)
    assert case.reason == "forbidden: case/1: diagnosis may not hand over to engagement"
    shop.forbidden.clear()
    shop.workflow.service.retry(1, by="ada")
    assert go(shop).state is CaseState.ASKED


def test_an_agent_that_fails_is_tried_again_and_then_given_to_a_person(shop: Cloud) -> None:
    def broken(address: Address, component: str) -> Diagnosis:
        raise NotAllowed("no")

    shop.diagnose = broken
    go(shop)
    assert shop.workflow.runner.parts()["agent_diagnosis"] == "no"
    for _ in range(FAILURES_MAX - 1):
        assert go(shop).state is CaseState.NEW
        shop.now += DAY
    case = go(shop)
    assert (case.state, case.reason) == (CaseState.NEEDS_A_PERSON, "diagnosis failed: no")
    assert set(shop.workflow.runner.parts().values()) == {""}
    shop.diagnose = pump
    shop.workflow.service.retry(1, by="ada")
    assert go(shop).state is CaseState.ASKED


def test_what_is_away_is_waited_for_and_counts_as_no_failure(shop: Cloud) -> None:
    def away(address: Address, component: str) -> Diagnosis:
        raise UpstreamDown("the model is away")

    shop.diagnose = away
    for _ in range(FAILURES_MAX + 1):
        with pytest.raises(UpstreamDown):
            shop.workflow.runner.round()
    shop.diagnose = pump
    assert go(shop).state is CaseState.ASKED


def test_a_lost_checkpoint_costs_nothing(shop: Cloud) -> None:
    case = answer(shop, YES)
    shop.workflow.runner.close()
    for file in Path(shop.database.file).parent.glob("checkpoints.db*"):
        file.unlink()
    shop.workflow.service.choose(case.number, 0, case.sequence, by="ada")
    assert go(shop).state is CaseState.BOOKED
    assert len(set(reasons(shop))) == len(reasons(shop)) == 3


def test_checkpoints_of_another_database_are_forgotten(shop: Cloud) -> None:
    """As after restoring an older backup: the graph stands further than the case."""
    before = shop.rows(cases)
    go(shop)
    answer(shop, YES)
    graph = graph_of(shop)
    assert graph.checkpoints(1) > 0
    with shop.database.transaction() as connection:
        back = {"agent": Agent.DATA, "state": CaseState.NEW, "sequence": 99, "wake_at": shop.now, "answer": None}
        connection.execute(cases.update().values(back))
    assert before == []
    assert go(shop).state is CaseState.ASKED


def test_checkpoints_stay_few(shop: Cloud) -> None:
    shop.scheduling.remove_centre("mitte", by="ada")
    answer(shop, YES)
    counted = []
    for _ in range(CHECKPOINTS_MAX):
        shop.now += DAY
        assert go(shop).state is CaseState.NO_SLOT
        counted.append(graph_of(shop).checkpoints(1))
    assert max(counted) <= CHECKPOINTS_MAX
    assert 0 in counted, "a long run forgets and walks from the start"


def test_the_graph_has_the_allowed_ways_and_no_others() -> None:
    drawn = draw(lambda *_: "over").compile().get_graph()
    agents = set(Agent)
    ways = {(edge.source, edge.target) for edge in drawn.edges if {edge.source, edge.target} <= agents}
    assert {way for way in ways if way[0] != way[1]} == EDGES
    assert {way[0] for way in ways if way[0] == way[1]} == agents, "each may wait"


def test_every_state_has_a_meaning_and_a_way_on() -> None:
    assert set(MEANINGS) == set(CaseState)
