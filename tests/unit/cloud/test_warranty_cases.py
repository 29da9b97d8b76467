"""What the plans say of claims, as a person decided beforehand (warranty_cases.toml)."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest

from cloud.warranty.eligibility import judge
from cloud.warranty.facts import Claimed, FittedPart, Known, Service
from cloud.warranty.plan import KM_PER
from cloud.warranty.plan_files import shipped_plans

UNKNOWN: Final = "unknown"
TABLE: Final = tomllib.loads(Path(__file__).with_name("warranty_cases.toml").read_text())
CASES: Final[list[dict[str, Any]]] = TABLE["case"]
PLANS: Final = {plan.id: plan for plan in shipped_plans()}


def written(case: dict[str, Any]) -> dict[str, Any]:
    """A case with what is usual for its plan, and None where something is unknown."""
    usual = dict(TABLE["usual"][case["plan"] if case.get("plan", UNKNOWN) != UNKNOWN else "example_van"])
    if "km" in case:
        usual.pop("mi", None)
    whole = {**usual, **case}
    return {name: None if value == UNKNOWN else value for name, value in whole.items()}


def km(case: dict[str, Any], name: str = "") -> float | None:
    if case.get(f"{name}mi") is not None:
        return float(case[f"{name}mi"] * KM_PER["mi"])
    value = case.get(f"{name}km")
    return None if value is None else float(value)


def claimed(case: dict[str, Any]) -> Claimed:
    services = case["maintenance"]
    return Claimed(
        component=case["component"],
        work=case["work"],
        failed_on=case["failed_on"],
        claimed_on=case.get("claimed_on", date(2033, 1, 1)),
        odometer_km=km(case),
        circumstances=frozenset(case.get("circumstances", ())),
        maintenance=None if services is None else tuple(Service(one["on"], one.get("km")) for one in services),
    )


def known(case: dict[str, Any]) -> Known:
    is_fitted = {"fitted_on", "fitted_km", "fitted_mi"} & case.keys()
    part = FittedPart(case.get("fitted_on"), km(case, "fitted_")) if is_fitted else None
    return Known(in_service_on=case["in_service_on"], country=case["country"], part=part)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_plan_says_what_a_person_reads_in_it(case: dict[str, Any]) -> None:
    whole = written(case)
    plan = None if whole.get("plan", "example_van") is None else PLANS[whole.get("plan", "example_van")]
    verdict = judge(plan, claimed(whole), known(whole))
    said = [verdict.decision, verdict.clause, list(verdict.lacks)]
    assert said == [*case["says"], case.get("lacks", [])], verdict.reason
    assert verdict.reason


def test_there_are_at_least_forty_each_known_by_its_name() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES) >= 40
