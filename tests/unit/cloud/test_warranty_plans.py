"""Plans: read strictly, linted, found for a vehicle; months by the calendar."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.errors import ConfigError
from cloud.warranty.eligibility import Decision, judge
from cloud.warranty.facts import Claimed, FittedPart, Known, Service
from cloud.warranty.plan import Edge, Plan, months_after, plans_for
from cloud.warranty.plan_files import FOLDER, load_plan, load_plans, shipped_plans
from cloud.warranty.plan_lint import lint

VAN, TRUCK = (next(plan for plan in shipped_plans() if plan.id == name) for name in ("example_van", "example_truck"))
DAYS = st.dates(date(2000, 1, 1), date(2090, 1, 1))
HEAD = 'id = "a"\ntitle = "A"\nunit = "km"\n'
COVER = '[[clause]]\nid = "1"\nkind = "cover"\ntext = "All of it."\nmonths = 24\n'
REST = '[[clause]]\nid = "9"\nkind = "rest"\ntext = "Nothing else."\n'
GOOD = HEAD + COVER + REST


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2025, 1, 31), 1, date(2025, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2025, 8, 31), 1, date(2025, 9, 30)),
        (date(2025, 12, 15), 1, date(2026, 1, 15)),
    ],
)
def test_months_are_the_calendar_s(day: date, months: int, then: date) -> None:
    assert months_after(day, months) == then


@given(DAYS, st.integers(1, 100))
def test_a_later_month_has_the_same_day_or_its_last(day: date, months: int) -> None:
    then = months_after(day, months)
    assert (then.year * 12 + then.month) - (day.year * 12 + day.month) == months
    assert then.day == day.day or (then + timedelta(days=1)).day == 1 < day.day


def claim(failed_on: date, km: float = 0.0, component: str = "charging") -> Claimed:
    return Claimed(component, "alternator_replacement", failed_on, date(2100, 1, 1), km, maintenance=())


@given(DAYS)
def test_whatever_the_day_the_last_one_is_the_one_before_the_months_are_complete(day: date) -> None:
    known = Known(in_service_on=day, country="DE")
    complete = months_after(day, 24)
    before, then = (judge(VAN, claim(one), known) for one in (complete - timedelta(days=1), complete))
    assert (before.decision, then.decision) == (Decision.ELIGIBLE, Decision.NOT_ELIGIBLE)
    assert before.clause == then.clause == "V6"


@given(DAYS, st.integers(0, 4000), st.integers(0, 4000))
def test_what_was_not_covered_once_is_not_covered_later(day: date, one: int, other: int) -> None:
    known = Known(in_service_on=day, country="DE")
    earlier, later = (judge(VAN, claim(day + timedelta(days=n)), known).decision for n in sorted((one, other)))
    assert not (earlier is Decision.NOT_ELIGIBLE and later is Decision.ELIGIBLE)


KM = st.none() | st.floats(0, 1e6)
SERVICES = st.none() | st.lists(st.builds(Service, DAYS, KM), max_size=4).map(tuple)
COMPONENTS = st.sampled_from(["charging", "cooling", "tyres", "glove_box"])
CLAIMS = st.builds(
    Claimed, COMPONENTS, st.just("inspection"), DAYS, st.just(date(2100, 1, 1)), KM, st.just(frozenset()), SERVICES
)
VEHICLES = st.builds(
    Known, st.none() | DAYS, st.none() | st.just("DE"), st.none() | st.builds(FittedPart, st.none() | DAYS, KM)
)


@given(CLAIMS, VEHICLES, st.sampled_from([VAN, TRUCK, None]))
def test_every_claim_gets_one_verdict_with_its_reason(claimed: Claimed, known: Known, plan: Plan | None) -> None:
    verdict = judge(plan, claimed, known)
    assert verdict == judge(plan, claimed, known)
    assert verdict.reason
    assert bool(verdict.lacks) == (verdict.decision is Decision.CANNOT_BE_SAID)
    assert verdict.clause or verdict.decision is Decision.CANNOT_BE_SAID
    clauses = {} if plan is None else {one.id: one.text for one in plan.clauses}
    assert verdict.text == clauses.get(verdict.clause, "")


def test_the_examples_make_sense_and_say_that_they_are_invented() -> None:
    assert lint(shipped_plans()) == []
    for plan in shipped_plans():
        assert "invented" in plan.title
        assert "invented" in (FOLDER / plan.file).read_text().splitlines()[0]


@pytest.mark.parametrize(
    ("make", "model", "year", "found"),
    [
        ("example", "parcel", 2025, ["example_van"]),
        ("Example", "Hauler", 2018, ["example_truck"]),
        ("Example", "Hauler", 2017, []),
        ("Example", None, 2025, []),
        ("Example", "Parcel", None, []),
        (None, None, None, []),
    ],
)
def test_a_plan_is_found_by_make_model_and_year(
    make: str | None, model: str | None, year: int | None, found: list[str]
) -> None:
    assert [plan.id for plan in plans_for(shipped_plans(), make, model, year)] == found


def test_what_a_file_leaves_out_has_a_default(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(GOOD)
    [plan] = load_plans(tmp_path)
    assert (plan.id, plan.applies, [clause.id for clause in plan.clauses]) == ("a", (), ["1", "9"])
    assert plan.clauses[0].term.last_day is Edge.INCLUDED  # type: ignore[attr-defined]  # it is a Cover


@pytest.mark.parametrize(
    ("text", "says_so"),
    [
        ("[", "not TOML"),
        (HEAD, "clause: Field required"),
        (GOOD.replace('"km"', '"furlong"'), "unit: Input should be 'km' or 'mi'"),
        (GOOD.replace("months = 24", "months = 0"), r"clause\.0\.months"),
        (GOOD.replace("months = 24", "colour = 1"), r"clause\.0\.colour"),
        (GOOD.replace("months = 24", 'countries = ["DE"]'), "kind cover says nothing of countries. It takes"),
        (GOOD.replace("months = 24\n", ""), "clause 1: never ends. Give months or distance"),
        (GOOD.replace('"9"', '"1"'), "another clause has this id"),
        (HEAD + COVER, "has not exactly one clause of kind rest"),
        (HEAD + REST + COVER, "has not exactly one clause of kind rest"),
        (HEAD + REST, "covers nothing"),
        (GOOD + REST.replace('"9"', '"8"'), "has not exactly one clause of kind rest"),
        (GOOD.replace("months", 'works = ["exorcism"]\nmonths'), "there is no kind of work 'exorcism'"),
        (HEAD + '[[clause]]\nid = "0"\nkind = "wear"\ntext = "W"\n' + COVER + REST, "says nothing that could be"),
        (HEAD + '[[clause]]\nid = "0"\nkind = "misuse"\ntext = "M"\n' + COVER + REST, "List circumstances"),
        (HEAD + '[[clause]]\nid = "0"\nkind = "countries"\ntext = "C"\n' + COVER + REST, "List countries"),
        (HEAD + '[[clause]]\nid = "0"\nkind = "maintenance"\ntext = "S"\n' + COVER + REST, "Give months or distance"),
        (HEAD + '[[applies]]\nmake = "X"\nyears = [2020, 2019]\n' + COVER + REST, "ends before it begins"),
    ],
)
def test_a_plan_that_is_none_says_where_and_what_to_do(tmp_path: Path, text: str, says_so: str) -> None:
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(ConfigError, match=says_so):
        load_plans(tmp_path)


def test_two_plans_for_one_vehicle_are_told_before_anybody_has_one(tmp_path: Path) -> None:
    applies = '[[applies]]\nmake = "X"\nyears = [2020, 2025]\n'
    (tmp_path / "a.toml").write_text(HEAD + applies + COVER + REST)
    (tmp_path / "b.toml").write_text(HEAD.replace('"a"', '"b"') + applies.replace("X", "x") + COVER + REST)
    with pytest.raises(ConfigError, match=r"b\.toml, applies: some vehicles fit a\.toml as well"):
        load_plans(tmp_path)
    (tmp_path / "b.toml").write_text(GOOD)
    with pytest.raises(ConfigError, match="a is another plan's as well"):
        load_plans(tmp_path)


def test_no_plans_and_no_file_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="0 plans are there"):
        load_plans(tmp_path)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_plan(tmp_path / "none.toml")
