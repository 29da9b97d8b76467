"""Claims through the real services: from a repair to who pays, and what is said where little is known."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.alerts.handling import IncidentFilter
from cloud.errors import Conflict, NotFound, Refused
from cloud.fleet.profile import Part
from cloud.pages import Window
from cloud.scheduling.work_order import Outcome, Report
from cloud.security.audit_model import AuditFilter
from cloud.warranty.checks import Check, Finding, Subject
from cloud.warranty.claim import Assessment, Claim, ClaimFilter, ClaimState, Payer, Ruling
from cloud.warranty.eligibility import Decision, Verdict
from cloud.warranty.facts import Lack, Service
from cloud.warranty.plans import How
from cloud.warranty.service import NewClaim
from edge.wire.envelope import Clock
from edge.wire.topics import Address
from tests.unit.cloud import claims as told
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.claims import FAILED_AT, KM, VAN, profile, repaired, statement, whole
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.vehicle import T0, minute
from tests.unit.cloud.workshop import MONDAY


def made(cloud: Cloud, **changes: object) -> Claim:
    return cloud.warranty.make(NewClaim(1, statement(**changes)), by="kim")


def findings(assessment: Assessment) -> dict[Subject, Finding]:
    return {one.subject: one.finding for one in assessment.checks}


def test_from_a_repair_to_who_pays(cloud: Cloud) -> None:
    whole(cloud)
    claim = made(cloud)
    assert (claim.state, claim.component, claim.work, claim.pays) == (
        ClaimState.DRAFT, "cooling", "water_pump_replacement", Payer.OPEN,
    )  # fmt: skip
    assessment = cloud.warranty.assessment(claim)
    assert (assessment.verdict.decision, assessment.verdict.clause) == (Decision.ELIGIBLE, "V6")
    assert findings(assessment) == dict.fromkeys(Subject, Finding.PLAUSIBLE)
    claim = cloud.warranty.submit(claim.number, by="kim")
    assert (claim.state, claim.submitted_by, claim.pays) == (ClaimState.SUBMITTED, "kim", Payer.OPEN)
    claim = cloud.warranty.decide(claim.number, approved=True, by="ada")
    assert (claim.state, claim.pays, claim.sequence) == (ClaimState.APPROVED, Payer.MAKER, 2)
    assert claim.ruling == Ruling("ada", cloud.now, "")
    assert cloud.warranty.claim(claim.number) == claim
    entries = cloud.security.audit.entries(AuditFilter(), Window()).items
    assert [(one.deed.action, one.deed.by) for one in entries[:3]] == [
        ("claim_approved", "ada"), ("claim_submitted", "kim"), ("claim_draft", "kim"),
    ]  # fmt: skip


def test_without_a_repair_there_is_no_claim(cloud: Cloud) -> None:
    told.drive(cloud)
    order = repaired(cloud, report=None)
    with pytest.raises(Refused, match="work order 1 is opened: complete it with outcome repaired first"):
        made(cloud)
    cloud.orders.complete(order.number, Report(Outcome.NOT_FOUND), by="kim")
    with pytest.raises(Refused, match="work order 1 is not_done: only what was repaired is claimed"):
        made(cloud)
    with pytest.raises(NotFound, match="no work order 7"):
        cloud.warranty.make(NewClaim(7, statement()), by="kim")


def test_one_order_one_claim_however_often_it_is_sent(cloud: Cloud) -> None:
    whole(cloud)
    assert made(cloud) == made(cloud)
    with pytest.raises(Conflict, match="work order 1 has claim 1 already"):
        made(cloud, note="another")
    assert len(cloud.warranty.claims(ClaimFilter(), Window()).items) == 1


def test_a_draft_is_changed_and_what_was_submitted_is_not(cloud: Cloud) -> None:
    whole(cloud)
    claim = made(cloud)
    anew = cloud.warranty.restate(claim.number, statement(odometer_km=90_000.0), 0, by="kim")
    assert (anew.sequence, findings(cloud.warranty.assessment(anew))[Subject.MILEAGE]) == (1, Finding.IMPLAUSIBLE)
    with pytest.raises(Conflict, match="has changed meanwhile"):
        cloud.warranty.restate(claim.number, statement(note="mine"), 0, by="eve")
    submitted = cloud.warranty.submit(claim.number, 1, by="kim")
    with pytest.raises(Conflict, match="what was submitted stays as it was"):
        cloud.warranty.restate(claim.number, statement(), 2, by="kim")
    assert cloud.warranty.submit(claim.number, 1, by="kim") == submitted
    with pytest.raises(Conflict, match="is submitted already"):
        cloud.warranty.submit(claim.number, by="eve")


def test_what_becomes_known_later_changes_nothing_that_was_submitted(cloud: Cloud) -> None:
    whole(cloud)
    claim = cloud.warranty.submit(made(cloud).number, by="kim")
    pack = cloud.warranty.pack(claim.number)
    cloud.profiles.put(profile(country="US"), by="ada")
    cloud.warranty.plans.assign(VAN.address, "example_truck", by="ada")
    cloud.now += timedelta(days=1)
    assert cloud.warranty.assessment(cloud.warranty.claim(claim.number)) == claim.assessment
    assert cloud.warranty.pack(claim.number) == pack


def test_going_against_the_plan_takes_a_word(cloud: Cloud) -> None:
    whole(cloud)
    claim = cloud.warranty.submit(made(cloud, circumstances=("overloaded",)).number, by="kim")
    assert claim.assessment is not None
    assert claim.assessment.verdict.clause == "V3"
    for approved in (True, False):
        with pytest.raises(Refused, match="note: say why"):
            cloud.warranty.decide(claim.number, approved=approved, by="ada")
    after = cloud.warranty.decide(claim.number, approved=False, note="Overloaded", by="ada")
    assert (after.pays, after.ruling and after.ruling.note) == (Payer.OWNER, "Overloaded")
    assert cloud.warranty.decide(claim.number, approved=False, note="Overloaded", by="ada") == after
    with pytest.raises(Conflict, match="claim 1 is rejected"):
        cloud.warranty.decide(claim.number, approved=True, note="After all", by="ada")


def test_so_does_approving_what_the_vehicle_contradicts(cloud: Cloud) -> None:
    told.drive(cloud)
    cloud.profiles.put(profile(), by="ada")
    repaired(cloud)
    told.arrive(cloud, 48.1, 11.6)
    claim = cloud.warranty.submit(made(cloud).number, by="kim")
    assert claim.assessment is not None
    assert claim.assessment.verdict.decision is Decision.ELIGIBLE
    with pytest.raises(Refused, match="note: say why"):
        cloud.warranty.decide(claim.number, approved=True, by="ada")
    assert cloud.warranty.decide(claim.number, approved=True, note="Towed", by="ada").pays is Payer.MAKER


def test_a_draft_is_not_decided(cloud: Cloud) -> None:
    whole(cloud)
    with pytest.raises(Conflict, match="is draft; submit it first"):
        cloud.warranty.decide(made(cloud).number, approved=True, note="x", by="ada")


def test_one_vehicle_that_told_nothing_but_an_alert(cloud: Cloud) -> None:
    cloud.take(VAN.say(says.alert(1), 1))
    repaired(cloud)
    claim = cloud.warranty.make(NewClaim(1, replace(statement(), maintenance=None), from_incident=True), by="kim")
    assert claim.statement.failed_at == minute(1)
    assessment = cloud.warranty.assessment(claim)
    verdict = assessment.verdict
    assert (verdict.decision, verdict.clause, verdict.lacks) == (Decision.CANNOT_BE_SAID, "", (Lack.PLAN,))
    assert "give its profile make, model and year, or assign a plan" in verdict.reason
    assert findings(assessment) == {
        Subject.MILEAGE: Finding.CANNOT_BE_CHECKED,
        Subject.SYMPTOM: Finding.PLAUSIBLE,
        Subject.PLACE: Finding.CANNOT_BE_CHECKED,
    }
    cloud.warranty.plans.assign(VAN.address, "example_van", by="ada")
    verdict = cloud.warranty.assessment(claim).verdict
    assert (verdict.clause, verdict.lacks) == ("V1", (Lack.IN_SERVICE_ON, Lack.COUNTRY, Lack.MAINTENANCE))
    assert cloud.warranty.pack(claim.number)


def test_a_clock_that_was_wrong_says_nothing_of_distance_or_place(cloud: Cloud) -> None:
    cloud.take(VAN.say(told.hot(), 1), VAN.say(told.told(39, coolant_c=90, km=KM - 9_000), 1, clock=Clock.UNSYNCED))
    repaired(cloud)
    at = MONDAY + timedelta(hours=2)
    cloud.take(VAN.say(says.position(), 2, observed_at=at, received_at=at, clock=Clock.UNSYNCED))
    found = findings(cloud.warranty.assessment(made(cloud)))
    assert (found[Subject.MILEAGE], found[Subject.PLACE]) == (Finding.CANNOT_BE_CHECKED, Finding.CANNOT_BE_CHECKED)


def test_a_vehicle_that_was_elsewhere(cloud: Cloud) -> None:
    told.drive(cloud)
    repaired(cloud)
    told.arrive(cloud, 48.1, 11.6)
    [place] = [one for one in cloud.warranty.assessment(made(cloud)).checks if one.subject is Subject.PLACE]
    assert (place.finding, "from Workshop mitte" in place.reason) == (Finding.IMPLAUSIBLE, True)


def test_where_it_stood_is_still_known_when_it_has_long_been_elsewhere(cloud: Cloud) -> None:
    whole(cloud)
    cloud.now = MONDAY + timedelta(days=300)
    at = MONDAY + timedelta(days=299)
    cloud.take(VAN.say(says.position(), 901, observed_at=at, received_at=at))
    [place] = [one for one in cloud.warranty.assessment(made(cloud)).checks if one.subject is Subject.PLACE]
    assert (place.finding, place.sources[0][:33]) == (Finding.PLAUSIBLE, "the nearest of 1 known positions,")


def test_who_was_silent_that_day_was_nowhere_that_is_known(cloud: Cloud) -> None:
    told.drive(cloud)
    repaired(cloud)
    for n, day in enumerate((-3, 3)):
        at = MONDAY + timedelta(days=day)
        cloud.take(VAN.say(says.position(), 900 + n, observed_at=at, received_at=at))
    assert findings(cloud.warranty.assessment(made(cloud)))[Subject.PLACE] is Finding.CANNOT_BE_CHECKED


def test_a_workshop_that_is_gone(cloud: Cloud) -> None:
    whole(cloud)
    cloud.scheduling.remove_centre("mitte", by="ada")
    assert findings(cloud.warranty.assessment(made(cloud)))[Subject.PLACE] is Finding.CANNOT_BE_CHECKED


def test_the_vehicle_s_own_odometer_contradicts_the_claim(cloud: Cloud) -> None:
    whole(cloud)
    cloud.take(VAN.say(told.told(-2000, coolant_c=90, km=KM + 500), 950))
    cloud.take(*(VAN.say(told.told(n, coolant_c=90, km=KM + 500), 951 + n) for n in range(100, 102)))
    verdict = cloud.warranty.assessment(made(cloud, failed_at=T0 - timedelta(days=1))).verdict
    assert (verdict.decision, verdict.lacks) == (Decision.CANNOT_BE_SAID, (Lack.ODOMETER,))
    assert "its own odometer has 48700" in verdict.reason


def test_which_plan_a_vehicle_has(cloud: Cloud) -> None:
    cloud.take(VAN.say(says.alert(1), 1))
    assert cloud.warranty.plans.plan_of(VAN.address).how is How.UNKNOWN
    cloud.profiles.put(profile(), by="ada")
    by_model = cloud.warranty.plans.plan_of(VAN.address)
    assert (by_model.plan and by_model.plan.id, by_model.how) == ("example_van", How.BY_MODEL)
    for _ in range(2):
        said = cloud.warranty.plans.assign(VAN.address, "example_truck", by="ada")
        assert (said.plan and said.plan.id, said.how) == ("example_truck", How.ASSIGNED)
    assert cloud.warranty.plans.assign(VAN.address, None, by="ada") == by_model
    with pytest.raises(NotFound, match="there are example_truck, example_van"):
        cloud.warranty.plans.assign(VAN.address, "nonesuch", by="ada")
    with pytest.raises(NotFound, match="nothing was ever heard"):
        cloud.warranty.plans.plan_of(Address("north", "van-99"))
    actions = [one.deed.note for one in cloud.security.audit.entries(AuditFilter(action="assign_plan"), Window()).items]
    assert actions == ["by make, model and year", "example_truck"]


def test_the_part_counts_as_the_profile_says(cloud: Cloud) -> None:
    whole(cloud)
    parts = {"cooling": Part("WP-1042", None, date(2026, 1, 15), 25_000.0)}
    cloud.profiles.put(profile(parts=parts, in_service_on=date(2020, 1, 1)), by="ada")
    services = tuple(replace(one, on=date(year, 12, 1), km=None) for one in statement().maintenance or () for year in
                     (2021, 2023, 2025))  # fmt: skip
    verdict = cloud.warranty.assessment(made(cloud, maintenance=services)).verdict
    assert (verdict.decision, verdict.clause, verdict.lacks) == (
        Decision.CANNOT_BE_SAID, "V4", (Lack.MAINTENANCE,),
    )  # fmt: skip
    known = tuple(replace(one, km=(n + 1) * 15_000.0) for n, one in enumerate(services[:2]))
    last = replace(services[2], km=24_000.0)
    claim = cloud.warranty.restate(1, statement(maintenance=(known[0], replace(known[1], km=20_000.0), last)), by="kim")
    verdict = cloud.warranty.assessment(claim).verdict
    assert (verdict.decision, verdict.clause) == (Decision.ELIGIBLE, "V5")


@pytest.mark.parametrize(
    ("changes", "says_so"),
    [
        ({"failed_at": MONDAY + timedelta(days=9)}, "failed_at: .* is in the future"),
        ({"failed_at": datetime(1970, 1, 1, tzinfo=UTC)}, "no day that a clock was right"),
        ({"odometer_km": -1.0}, "odometer_km: -1 is no odometer"),
        ({"maintenance": 101 * (Service(date(2025, 1, 1)),)}, "maintenance: more than 100"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(cloud: Cloud, changes: dict[str, object], says_so: str) -> None:
    whole(cloud)
    with pytest.raises(Refused, match=says_so):
        made(cloud, **changes)


def test_claims_are_listed_the_latest_first_by_fleet_and_state(cloud: Cloud) -> None:
    whole(cloud)
    claim = made(cloud)
    for wanted in (ClaimFilter(fleet="north"), ClaimFilter(vehicle="van-7"), ClaimFilter(state=ClaimState.DRAFT)):
        assert cloud.warranty.claims(wanted, Window()).items == [claim]
    for unwanted in (ClaimFilter(within=frozenset({"south"})), ClaimFilter(state=ClaimState.APPROVED)):
        assert cloud.warranty.claims(unwanted, Window()).items == []
    with pytest.raises(NotFound, match="no claim 2"):
        cloud.warranty.claim(2)


def test_a_repair_closes_the_incident_and_the_claim_still_knows_its_alerts(cloud: Cloud) -> None:
    whole(cloud)
    [incident] = cloud.alerts.incidents(IncidentFilter(), Window()).items
    assert incident.closed_at is not None
    [symptom] = [one for one in cloud.warranty.assessment(made(cloud)).checks if one.subject is Subject.SYMPTOM]
    assert symptom.reason.startswith("alert coolant_hot 0 min before the failure")


def test_what_was_known_at_the_failure_is_not_forgotten_with_the_repair(cloud: Cloud) -> None:
    whole(cloud)
    before = cloud.health.diagnose(VAN.address, "cooling", at=FAILED_AT)
    assert before.causes[0].evidence_for
    cloud.health.reset(VAN.address, "cooling", cloud.now, by="kim")
    assert cloud.health.diagnose(VAN.address, "cooling", at=FAILED_AT) == before
    assert cloud.health.diagnose(VAN.address, "cooling", at=cloud.now) != before
    [symptom] = [one for one in cloud.warranty.assessment(made(cloud)).checks if one.subject is Subject.SYMPTOM]
    assert symptom.reason.endswith("and 1 more")


def test_a_trouble_code_of_the_component_is_a_symptom_and_another_is_not(cloud: Cloud) -> None:
    whole(cloud)
    hot, misfire = (says.trouble_code(code, seen_at=FAILED_AT - timedelta(hours=2)) for code in ("P0217", "P0301"))
    cloud.take(VAN.say(hot, 901), VAN.say(misfire, 902))
    [symptom] = [one for one in cloud.warranty.assessment(made(cloud)).checks if one.subject is Subject.SYMPTOM]
    assert symptom.reason == "code P0217 2 h before the failure, and 2 more"
    assert "trouble code P0217 of 7E8" in symptom.sources[0]


VERDICTS = st.builds(Verdict, st.sampled_from(Decision), st.just("V6"), st.just(""), st.just(""))
CHECKS = st.lists(st.builds(Check, st.sampled_from(Subject), st.sampled_from(Finding), st.just("")), max_size=3)
ASSESSMENTS = st.builds(Assessment, st.just("p"), VERDICTS, CHECKS.map(tuple), st.just(T0))


@given(st.lists(st.sampled_from(["submit", "approve", "reject", "restate"]), max_size=6), ASSESSMENTS)
def test_whatever_is_done_in_whatever_order_a_claim_is_decided_once(deeds: list[str], assessment: Assessment) -> None:
    claim = Claim(
        1, 1, 1, VAN.address, "cooling", "inspection", statement(), ClaimState.DRAFT, 0, "kim", FAILED_AT, FAILED_AT
    )
    for deed in deeds:
        before = claim
        try:
            if deed == "submit":
                claim = claim.submit(assessment, "kim", T0)
            elif deed == "restate":
                claim = claim.state_anew(statement(note="anew"), T0)
            else:
                claim = claim.decide(approved=deed == "approve", ruling=Ruling("ada", T0, "why"))
        except Conflict:
            assert claim == before
        assert claim.sequence - before.sequence == (claim != before)
        assert before.ruling is None or claim.ruling == before.ruling
        assert before.state is ClaimState.DRAFT or claim.statement == before.statement
        assert (claim.pays is Payer.OPEN) == (claim.ruling is None)
