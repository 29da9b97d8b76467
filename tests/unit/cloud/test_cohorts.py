"""Causes over a fleet: exact counts, one correction for all, and what cannot be told apart said so."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]  # its stubs are another package

from cloud.api.server import V1
from cloud.errors import NotFound, Refused
from cloud.fleet.profile import Part, Profile
from cloud.pages import Window
from cloud.rca.cohort import Attribute, Cohort, Course, Observed, Period, Side, Trait, Unit, cohorts_of
from cloud.rca.exact import Stratum, binomial_tail, rate_interval, ratio_interval, stratified_tail
from cloud.rca.insight import InsightFilter
from cloud.rca.scan import LEVEL, Evidence, Stands, try_all, why_not
from edge.wire.topics import Address
from tests.unit.cloud.fleets import Failure, Member, day, lay_down
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.test_api import api_of, ask
from tests.unit.cloud.vehicle import T0

COUNTS: Final = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda both: (min(both), max(both)))
SHARES: Final = st.floats(0.01, 0.99)
PERIOD: Final = Period(day(0.0), day(364.0))


def near(one: float | None, other: float) -> bool:
    return one is not None and math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-12)


@given(st.integers(0, 300), st.floats(0.01, 1000.0))
def test_the_interval_of_a_rate_is_garwood_s(events: int, exposure: float) -> None:
    found = rate_interval(events, exposure)
    low = float(stats.chi2.ppf(0.025, 2 * events)) / 2.0 if events else 0.0
    assert near(found.low, low / exposure)
    assert near(found.high, float(stats.chi2.ppf(0.975, 2 * events + 2)) / 2.0 / exposure)


@given(COUNTS, SHARES)
def test_the_interval_of_a_ratio_is_clopper_and_pearson_s(counts: tuple[int, int], share: float) -> None:
    inside, total = counts
    found, odds = ratio_interval(inside, total, share), share / (1.0 - share)
    if inside:
        low = float(stats.beta.ppf(0.025, inside, total - inside + 1))
        assert near(found.low, low / (1.0 - low) / odds)
    else:
        assert found.low == 0.0
    if inside == total:
        assert found.high is None
    else:
        high = float(stats.beta.ppf(0.975, inside + 1, total - inside))
        assert near(found.high, high / (1.0 - high) / odds)


@given(COUNTS, SHARES)
def test_the_tail_is_the_binomial_one(counts: tuple[int, int], share: float) -> None:
    inside, total = counts
    assert near(binomial_tail(inside, total, share), float(stats.binom.sf(inside - 1, total, share)))


@given(COUNTS, COUNTS, SHARES, SHARES)
def test_strata_without_events_say_nothing_and_alike_ones_add_up(
    one: tuple[int, int], other: tuple[int, int], share: float, unlike: float
) -> None:
    alone = stratified_tail([Stratum(*one, share)])
    assert near(alone, stratified_tail([Stratum(*one, share), Stratum(0, 0, unlike)]))
    both = stratified_tail([Stratum(*one, share), Stratum(*other, share)])
    assert near(both, binomial_tail(one[0] + other[0], one[1] + other[1], share))


def test_without_exposure_there_is_no_rate() -> None:
    with pytest.raises(ValueError, match="without exposure"):
        rate_interval(3, 0.0)
    with pytest.raises(ValueError, match="both sides"):
        ratio_interval(1, 2, 1.0)


def vehicles_of(bad: Sequence[int], *alike: Attribute, count: int = 60) -> list[Observed]:
    """Vehicles with a batch, by thirds; in these attributes they are the same third over again."""
    seen = []
    for number in range(count):
        traits = [Trait(Attribute.BATCH, None, "ABC"[number % 3], None, None)]
        traits += [Trait(attribute, None, "KLM"[number % 3], None, None) for attribute in alike]
        first = {"cooling": day(100.0 + number)} if number in bad else {}
        seen.append(
            Observed(
                Address("north", f"v-{number}"),
                tuple(traits),
                Course(1000.0, begin=PERIOD.since, end=PERIOD.until),
                first,
            )
        )
    return seen


def judged(seen: Sequence[Observed]) -> dict[tuple[str, str, str], tuple[float, float]]:
    """Of each cohort its own tail, and that of all together."""
    cohorts = [one for attribute in Attribute for one in cohorts_of(seen, "cooling", attribute, PERIOD)]
    tested, _ = try_all(seen, cohorts, PERIOD)
    return {one.cohort.key: (one.p, one.p_all) for one in tested if one.p is not None and one.p_all is not None}


@given(st.sets(st.integers(0, 59), min_size=6, max_size=30))
@settings(max_examples=20)
def test_what_shows_the_same_twice_is_corrected_for_once(bad: set[int]) -> None:
    once, twice = judged(vehicles_of(sorted(bad))), judged(vehicles_of(sorted(bad), Attribute.FIRMWARE))
    for key, (own, together) in once.items():
        assert together >= own - 0.02, "of several, never less likely than alone"
        assert together <= 3.0 * own + 0.02, "nor more than for each of them (Bonferroni)"
        assert twice[key] == pytest.approx((own, together), abs=0.02)


@given(st.sets(st.integers(0, 59), min_size=6, max_size=30))
@settings(max_examples=10)
def test_the_same_counts_give_the_same_answer_and_the_smaller_tail_comes_first(bad: set[int]) -> None:
    found = judged(vehicles_of(sorted(bad)))
    assert found == judged(vehicles_of(sorted(bad)))
    ordered = [together for own, together in sorted(found.values())]
    assert ordered == sorted(ordered)


def test_fewer_than_can_be_claimed_show_nothing_however_rare() -> None:
    """Two of six incidents in a cohort with hardly any exposure."""
    seen = vehicles_of([0, 3, 1, 2, 4, 5])
    few = [replace(one, course=replace(one.course, total=0.01)) if "A" in one.traits[0].value else one for one in seen]
    own, together = judged(few)["cooling", "batch", "A"]
    assert own < 1e-6
    assert together == 1.0


def cohort(events: int, others: int, *, vehicles: int = 20, share: float = 0.5, value: str = "A") -> Cohort:
    inside, outside = Side(vehicles, events, share), Side(vehicles, others, 1.0 - share)
    return Cohort("cooling", Attribute.BATCH, value, inside, outside, 0, {})


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (cohort(9, 0, vehicles=4), "fewer than 5 vehicles"),
        (cohort(4, 0), "fewer than 5 vehicles with such an incident"),
        (cohort(5, 5, share=1.0), "no exposure"),
        (cohort(5, 0, share=0.6), "too few incidents"),
        (cohort(9, 1), ""),
    ],
)
def test_what_is_not_tried_says_why(one: Cohort, reason: str) -> None:
    assert reason in why_not(one)
    assert bool(reason) is bool(why_not(one))


def test_nothing_beside_it_is_no_ratio() -> None:
    seen = vehicles_of(range(0, 60, 3))
    cohorts = [one for one in cohorts_of(seen, "cooling", Attribute.BATCH, PERIOD) if one.value == "A"]
    [tested], _ = try_all(seen, cohorts, PERIOD)
    assert tested.cohort.ratio is None
    assert tested.interval is not None
    assert tested.interval.high is None


def fleet(count: int, bad: Sequence[int], *, fleet: str = "north", parts: bool = True, **changes: Any) -> list[Member]:
    """Every other vehicle with batch B of the pump; these vehicles fail, each on its own day."""
    members = []
    for number in range(count):
        batch = "B" if number % 2 else "A"
        pump = {"cooling": Part("WP-1", batch)} if parts else {}
        profile = Profile(Address(fleet, f"bus-{number:02}"), model="Bus", parts=pump)
        failures = [Failure(100.0 + number)] if number in bad else []
        members.append(Member(profile, failures, **changes))
    return members


BAD: Final = range(1, 40, 2)


def test_a_bad_batch_is_found_with_its_effect(cloud: Cloud) -> None:
    lay_down(cloud, fleet(40, [*BAD, 2]))
    scan, [insight] = cloud.causes.scan("north", by="test")
    assert (insight.component, insight.attribute, insight.value) == ("cooling", Attribute.PART_BATCH, "B")
    assert (insight.stands, insight.evidence) == (Stands.ALONE, Evidence.SUSPECTED)
    assert (insight.inside.events, insight.outside.events) == (20, 1)
    assert (scan.unit, scan.vehicles, scan.incidents, scan.claims) == (Unit.KM, 40, 21, 1)
    assert insight.ratio is not None
    assert 1.0 < insight.interval_all.low <= insight.interval.low < insight.ratio
    assert insight.p <= insight.p_all <= LEVEL
    assert cloud.causes.insight(insight.number) == insight
    assert "part batch B" in insight.text


def test_where_nothing_is_nothing_is_claimed_and_the_look_is_kept(cloud: Cloud) -> None:
    lay_down(cloud, fleet(40, range(0, 40, 3)))
    scan, insights = cloud.causes.scan("north", by="test")
    assert (scan.claims, insights) == (0, [])
    assert scan.tried > 0
    assert cloud.causes.insights(InsightFilter("north"), Window()).items == []


def test_one_bad_vehicle_is_no_bad_batch(cloud: Cloud) -> None:
    members = fleet(40, [])
    lemon = members[1]
    members[1] = Member(lemon.profile, [Failure(float(at)) for at in range(10, 300, 10)])
    lay_down(cloud, members)
    seen = cloud.causes.look("north")
    [bad] = [one for one in seen.look.tested if one.cohort.value == "B"]
    assert (seen.known.incidents, bad.cohort.inside.events) == (29, 1)
    assert seen.look.claims == ()


def test_two_things_that_go_together_are_said_to_be_indistinguishable(cloud: Cloud) -> None:
    members = [
        Member(Profile(**{**_fields(one.profile), "firmware": "2" if number % 2 else "1"}), one.failures)
        for number, one in enumerate(fleet(40, BAD))
    ]
    lay_down(cloud, members)
    found = {one.attribute: one for one in cloud.causes.scan("north", by="test")[1]}
    assert set(found) == {Attribute.PART_BATCH, Attribute.FIRMWARE}
    assert {one.stands for one in found.values()} == {Stands.INDISTINGUISHABLE}
    assert [other.attribute for other in found[Attribute.FIRMWARE].others] == [Attribute.PART_BATCH]
    assert "cannot be told apart" in found[Attribute.FIRMWARE].text


def test_what_only_holds_the_bad_ones_is_explained_by_them(cloud: Cloud) -> None:
    """Model C has all of batch B, and as many others, which are well."""
    members = []
    for number in range(80):
        model, batch = ("C", "B" if number % 4 == 1 else "A") if number % 2 else ("D", "A")
        profile = Profile(Address("north", f"bus-{number:02}"), model=model, parts={"cooling": Part("WP-1", batch)})
        members.append(Member(profile, [Failure(50.0 + number)] if batch == "B" or number in {0, 3} else []))
    lay_down(cloud, members)
    stands = {one.value: one.stands for one in cloud.causes.scan("north", by="test")[1]}
    assert stands == {"B": Stands.ALONE, "C": Stands.EXPLAINED}


def test_a_part_that_was_replaced_keeps_what_it_did(cloud: Cloud) -> None:
    """All that failed got a new pump since: without what was before, batch B would look sound."""
    members = []
    for one in fleet(40, [*BAD, 2]):
        later = {}
        if one.failures:
            at = one.failures[0].at_d
            new = Part("WP-1", "C", fitted_on=day(at).date())
            later = {at + 1.0: Profile(**{**_fields(one.profile), "parts": {"cooling": new}})}
        members.append(Member(one.profile, one.failures, later=later))
    lay_down(cloud, members)
    found = {one.value: one for one in cloud.causes.scan("north", by="test")[1]}
    assert set(found) == {"B"}
    assert found["B"].inside.events == 20


def test_without_distances_days_are_counted_and_it_says_so(cloud: Cloud) -> None:
    lay_down(cloud, fleet(40, BAD, km_per_leg=None))
    scan, [insight] = cloud.causes.scan("north", by="test")
    assert (scan.unit, insight.unit) == (Unit.DAYS, Unit.DAYS)
    assert "told no distance" in scan.why_unit
    assert insight.inside.exposure == pytest.approx(sum(100.0 + number for number in BAD), abs=1.0)


def test_what_is_unknown_counts_on_neither_side(cloud: Cloud) -> None:
    lay_down(cloud, [*fleet(20, range(1, 20, 2)), *fleet(40, range(40), parts=False)[20:]])
    tested = {one.cohort.value: one for one in cloud.causes.look("north").look.tested}
    assert tested["B"].cohort.unknown == 20
    assert (tested["B"].cohort.inside.vehicles, tested["B"].cohort.outside.vehicles) == (10, 10)


def test_what_people_called_false_does_not_count(cloud: Cloud) -> None:
    from cloud.alerts.handling import IncidentFilter, Step  # noqa: PLC0415 - this test alone
    from tests.unit.cloud import vehicle as says  # noqa: PLC0415

    lay_down(cloud, fleet(10, [1]))
    cloud.now = T0
    van = says.Speaker("bus-03")
    cloud.take(van.say(says.alert(7), 9000))
    cloud.alerts.close(van.address, f"{7:032x}", Step.FALSE_ALARM, by="test")
    assert len(cloud.alerts.incidents(IncidentFilter("north"), Window()).items) == 2
    cloud.now = says.minute(30)
    known = cloud.causes.look("north").known
    assert (known.incidents, known.denied) == (1, 1)


def test_another_fleet_is_another_matter(cloud: Cloud) -> None:
    lay_down(cloud, [*fleet(40, BAD, fleet="south"), *fleet(10, [])])
    assert cloud.causes.look("north").look.tested == ()
    assert cloud.causes.scan("south", by="test")[1] != []
    wanted = InsightFilter(within=frozenset({"north"}))
    assert cloud.causes.insights(wanted, Window()).items == []


def test_a_period_must_be_one(cloud: Cloud) -> None:
    with pytest.raises(Refused, match="not before the end"):
        cloud.causes.look("north", T0, T0)
    with pytest.raises(Refused, match="at most"):
        cloud.causes.look("north", day(-3000), T0)
    with pytest.raises(NotFound, match="insight 7"):
        cloud.causes.insight(7)


def test_the_api_tells_cohorts_and_insights(cloud: Cloud) -> None:
    lay_down(cloud, fleet(40, [*BAD, 2]))
    app = api_of(cloud)
    cohorts = ask(app, f"{V1}/cohorts?fleet=north&component=cooling&attribute=part_batch").json()
    assert [one["value"] for one in cohorts["cohorts"]] == ["B", "A"]
    assert cohorts["cohorts"][0]["inside"]["rate_interval"]["low"] > 0.0
    made = ask(app, f"{V1}/insights", method="POST", body={"fleet": "north"}).json()
    assert made["insights"] == ask(app, f"{V1}/insights?fleet=north").json()["items"]
    number = made["insights"][0]["number"]
    assert ask(app, f"{V1}/insights/{number}").json() == made["insights"][0]
    assert ask(app, f"{V1}/insights/99").status_code == 404


def _fields(profile: Profile) -> dict[str, Any]:
    return {name: getattr(profile, name) for name in Profile.__dataclass_fields__}
