"""The doors of health: /vehicles/…/health, /diagnoses, /trouble-codes, /remaining-life."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from cloud.api.server import V1
from cloud.errors import ConfigError, Refused
from cloud.health.lives import Lives, load_lives
from edge.detect.remaining_life import load_remaining_life
from models.rul.making import make_rul
from models.rul.recipe import load_rul_recipe
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.test_api import api_of, ask
from tests.unit.cloud.vehicle import T0, Speaker, alert, summary, trouble_code

VAN = Speaker()
RECIPE = """
name = "drift"
description = "made up"
licence = "none"
cap = 40.0
[columns]
unit = "unit"
cycle = "cycle"
[features]
baseline_cycles = 5
ewma_spans = [5]
[trees]
trees = 10
leaves = 6
learning_rate = 0.2
rows_per_leaf = 20
l2 = 1.0
seed = 0
[judging]
folds = 3
cuts_per_unit = 5
cuts_from_cycle = 10
bands = 3
coverage = 0.9
"""
HEALTH = f"{V1}/vehicles/north/van-7/health"


def post(cloud: Cloud, path: str, body: object) -> httpx.Response:
    return ask(api_of(cloud), f"{V1}{path}", method="POST", body=body)


@pytest.fixture
def heard(cloud: Cloud) -> Cloud:
    cloud.take(VAN.say(summary(1), 1), VAN.say(alert(1), 1), VAN.say(trouble_code("P0217"), 2))
    return cloud


def test_health_says_the_score_of_each_component_and_the_worst(heard: Cloud) -> None:
    said = ask(api_of(heard), HEALTH).json()
    scores = {one["component"]: one["score"] for one in said["components"]}
    assert said["score"] == scores["cooling"] == 0
    assert scores["tyres"] is None
    [cooling] = [one for one in said["components"] if one["component"] == "cooling"]
    assert cooling["reasons"][0].startswith("critical alert coolant_hot")


def test_a_reset_is_heard_and_audited(heard: Cloud) -> None:
    said = ask(api_of(heard), f"{HEALTH}/reset", method="POST", body={"component": "cooling", "at": T0.isoformat()})
    assert said.status_code == 200
    [cooling] = [one for one in said.json()["components"] if one["component"] == "cooling"]
    assert cooling["serviced"]["by"]
    audit = ask(api_of(heard), f"{V1}/audit?action=reset_component").json()["items"]
    assert [one["note"] for one in audit] == ["cooling"]
    late = {"component": "cooling", "at": "2030-01-01T00:00:00Z"}
    assert ask(api_of(heard), f"{HEALTH}/reset", method="POST", body=late).status_code == 422


def test_a_diagnosis_tells_causes_tests_and_why(heard: Cloud) -> None:
    said = post(heard, "/diagnoses", {"fleet": "north", "vehicle": "van-7", "component": "cooling"})
    assert said.status_code == 200
    found: dict[str, Any] = said.json()
    assert (found["why"], found["verdict"]) == ("too_little", None)
    assert "coolant level" in found["reason"]
    assert found["causes"][0]["evidence_for"]
    assert 0.999 < sum(cause["probability"] for cause in found["causes"]) + found["unknown"] < 1.001
    assert all(cause["tests"] and cause["work"] for cause in found["causes"])


@pytest.mark.parametrize(
    ("question", "status"),
    [
        ({"fleet": "north", "vehicle": "nobody", "component": "cooling"}, 404),
        ({"fleet": "north", "vehicle": "van-7", "component": ""}, 422),
        ({"fleet": "north", "vehicle": "van-7"}, 422),
        ({"fleet": "north", "vehicle": "van-7", "component": "wipers"}, 200),
    ],
)
def test_questions_that_cannot_be_answered(heard: Cloud, question: dict[str, str], status: int) -> None:
    assert post(heard, "/diagnoses", question).status_code == status


def test_trouble_codes_are_listed(heard: Cloud) -> None:
    [one] = ask(api_of(heard), f"{V1}/trouble-codes?fleet=north&present=true").json()["items"]
    assert (one["code"], one["ecu"], one["status"], one["failure_type"]) == ("P0217", "7E8", "confirmed", None)
    assert ask(api_of(heard), f"{V1}/trouble-codes?present=false").json()["items"] == []


def wearing(units: int = 12, cycles: int = 60) -> str:
    """A table of units whose one sensor drifts until they fail."""
    rows = [
        f"{unit},{cycle},{0.02 * cycle * (1 + unit / 20) + 0.01 * ((cycle * 7 + unit) % 5):.4f}"
        for unit in range(1, units + 1)
        for cycle in range(1, cycles + unit + 1)
    ]
    return "\n".join(["unit,cycle,s1", *rows])


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model, really trained."""
    folder = tmp_path_factory.mktemp("rul")
    (folder / "table.csv").write_text(wearing())
    recipe = folder / "recipe.toml"
    recipe.write_text(RECIPE)
    make_rul(load_rul_recipe(recipe), recipe, folder / "table.csv", folder / "package")
    return folder / "package"


def test_the_learned_model_answers_as_where_it_was_trained(cloud: Cloud, package: Path) -> None:
    cloud.lives = load_lives(package)
    values = [0.02 * cycle for cycle in range(1, 41)]
    said = post(cloud, "/remaining-life", {"cycle": list(range(1, 41)), "sensors": {"s1": values}}).json()
    assert 0.0 <= said["lower"] <= said["middle"] <= said["upper"]
    assert said["model"] == load_remaining_life(package).card.name
    gaps = {"cycle": list(range(1, 41)), "sensors": {"s1": [None, *values[1:]]}}
    assert post(cloud, "/remaining-life", gaps).status_code == 200


def test_without_a_model_the_answer_says_how_to_get_one(cloud: Cloud) -> None:
    said = post(cloud, "/remaining-life", {"cycle": [1], "sensors": {"s1": [1.0]}})
    assert said.status_code == 404
    assert "rul_model" in said.json()["detail"]


@pytest.mark.parametrize(
    ("cycle", "sensors", "says"),
    [
        ([1.0, 2.0], {"s2": [1.0, 2.0]}, "needs s1"),
        ([1.0, 2.0], {"s1": [1.0]}, "for each of 2 cycles"),
        ([2.0, 1.0], {"s1": [1.0, 2.0]}, "must ascend"),
        ([], {"s1": []}, "give 1 to"),
    ],
)
def test_a_history_that_does_not_fit_is_refused(
    package: Path, cycle: list[float], sensors: dict[str, list[float | None]], says: str
) -> None:
    lives = load_lives(package)
    assert isinstance(lives, Lives)
    with pytest.raises(Refused, match=says):
        lives.of(cycle, sensors)


def test_a_folder_that_is_no_model_ends_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"health\.rul_model"):
        load_lives(tmp_path)
    assert load_lives(None) is None
