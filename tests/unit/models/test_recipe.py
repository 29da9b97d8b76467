import re
from pathlib import Path

import pytest

from edge.errors import ConfigError
from edge.simulator.weather import CLIMATES
from models.recipe import RECIPES, load_recipe

TEXT = (RECIPES / "coolant.toml").read_text("utf-8")


def test_the_shipped_recipe_looks_at_its_target_too() -> None:
    recipe = load_recipe(RECIPES / "coolant.toml")
    assert recipe.target.path in recipe.paths


def test_every_leak_has_its_onset_and_healthy_drives_have_none() -> None:
    drives = load_recipe(RECIPES / "coolant.toml").drives
    first = drives["leaks"].seeds[0]
    assert [drives["leaks"].fault_of(first + place) for place in (0, 1, 4)] == [
        "coolant_leak@60",
        "coolant_leak@300",
        "coolant_leak@60",
    ]
    assert drives["healthy"].fault_of(3000) is None


def test_training_sees_every_weather_and_judging_takes_what_comes() -> None:
    drives = load_recipe(RECIPES / "coolant.toml").drives
    for role in ("training", "calibration"):
        assert {drives[role].weather_of(seed) for seed in range(*drives[role].seeds)} == set(CLIMATES)
    assert {drives["healthy"].weather_of(seed) for seed in range(*drives["healthy"].seeds)} == {"any"}


@pytest.mark.parametrize(
    ("pattern", "replacement", "problem"),
    [
        (r"seeds = \[2000, 2012\]", "seeds = [1010, 1012]", "share a seed"),
        (r"seeds = \[2000, 2012\]", "seeds = [2000, 2000]", "from zero up"),
        (r"onsets_s = .*", "", "needs onsets_s"),
        (r'path = "Vehicle.OBD.IntakeTemp"', 'path = "Vehicle.Oddity"', "catalogue"),
        (r"trees = 80", "trees = 0", "greater than or equal to 1"),
        (r"trees = 80", "tree = 80", "Field required"),
        (r"\[forest\]", "[forest", "TOML"),
    ],
)
def test_a_recipe_that_cannot_be_meant_is_refused(tmp_path: Path, pattern: str, replacement: str, problem: str) -> None:
    file = tmp_path / "recipe.toml"
    file.write_text(re.sub(pattern, replacement, TEXT), "utf-8")
    with pytest.raises(ConfigError, match=problem) as caught:
        load_recipe(file)
    assert caught.value.file == str(file)


def test_a_missing_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_recipe(tmp_path / "gone.toml")
