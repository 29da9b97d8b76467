"""Every model that ships: small, proven, judged on drives it never saw, and at work on the simulated car."""

import math
import re
from pathlib import Path

import pytest

from edge.catalogue import CATALOGUE
from edge.config import Config, with_profile
from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.detect.card import load_card
from edge.detect.finding import Verdict
from edge.detect.onnx import OnnxDetector, load_model
from edge.frames import NANOSECONDS
from edge.history import History
from edge.simulator.faults import parse_fault
from edge.simulator.simulation import Simulation
from models.recipe import PACKAGES, RECIPES, load_recipe
from models.tables import card_text, evaluation_table
from tests.shared import ROOT
from tests.unit.models.small import COOLANT, ENGINE, RUNNING

SHIPPED = sorted(file.parent for file in PACKAGES.glob("*/card.json"))
BY_NAME = pytest.mark.parametrize("package", SHIPPED, ids=[package.name for package in SHIPPED])
README = (ROOT / "models" / "README.md").read_text("utf-8")


def test_something_ships() -> None:
    assert [package.name for package in SHIPPED] == ["coolant"]


def test_the_readme_says_of_every_recipe_whether_a_package_ships() -> None:
    section = README.partition("## What ships, and what does not")[2].partition("\n## ")[0]
    rows = [
        line.split("|")[1:3] for line in section.splitlines() if line.startswith("| ") and not line.startswith("| |")
    ]
    told = {name: "package" in ships for names, ships in rows for name in re.findall(r"`(\w+)`", names)}
    packages = {package.name for package in SHIPPED} | {"intents"}
    assert (ROOT / "models" / "intents" / "package" / "card.json").exists()
    recipes = {file.stem for file in RECIPES.glob("*.toml")} - {"injections"}
    assert told == {name: name in packages for name in recipes}


def test_no_profile_switches_a_model_on() -> None:
    profiles = sorted((ROOT / "dbc").glob("*.profile.toml"))
    models = {
        file.name.removesuffix(".profile.toml"): with_profile(Config(profile=str(file)), Path.cwd())
        for file in profiles
    }
    switched_on = {name: [Path(model).name for model in config.detect.models] for name, config in models.items()}
    assert switched_on == {"fms": [], "telltale-car": [], "telltale-ev": [], "telltale-truck": []}


@BY_NAME
def test_it_is_small_licensed_and_speaks_the_catalogues_units(package: Path) -> None:
    card = load_card(package)
    assert card.name == package.name
    assert (package / card.model_file).stat().st_size <= 100_000
    assert card.licence == "Apache-2.0"
    assert sorted(file.name for file in package.iterdir()) == ["card.json", "model.onnx"]
    units = {card.target.path: card.target.unit} | {feature.path: feature.unit for feature in card.features}
    assert units == {path: CATALOGUE[path].unit for path in units}


@BY_NAME
def test_it_gives_its_golden_answers(package: Path) -> None:
    detector = load_model(package)
    model = detector._proven()
    assert model is detector._proven()


@BY_NAME
def test_it_was_judged_on_drives_that_its_making_never_saw(package: Path) -> None:
    card = load_card(package)
    recipe = load_recipe(RECIPES / f"{card.name}.toml")
    assert card.training["simulator_seeds"] == {role: list(part.seeds) for role, part in recipe.drives.items()}
    assert card.training["parity"]["rows"] >= 4000
    assert card.training["parity"]["flips"] == 0
    assert card.training["parity"]["difference_max"] <= 1e-3
    assert card.evaluation["healthy"]["driving_hours"] > 40
    figures = card.evaluation["detectors"]
    assert {"always", "never", "random", "fixed_105", "fixed_110"} < set(figures)
    assert figures[card.name]["detected_minus_healthy"] > figures["always"]["detected_minus_healthy"]


@BY_NAME
def test_the_readme_shows_the_figures_of_the_card(package: Path) -> None:
    card = load_card(package)
    assert "\n".join(evaluation_table(card.evaluation)) in README
    assert "\n".join(evaluation_table(card.evaluation)) in card_text(card)


def excesses(detector: OnnxDetector, fault: str, *, seconds: int) -> list[tuple[float, float, Verdict | None]]:
    """Coolant, expected and verdict at every tick of a warm drive with the engine running."""
    simulation = Simulation(seed=77, warm=True, faults=[parse_fault(fault)])
    decoder = Decoder([Binding(load_database(ROOT / "dbc" / "telltale-car.dbc"))])
    grid_ns = NANOSECONDS // 10
    history = History(decoder.signals, grid_ns=grid_ns, smoothings=detector.smoothings)
    found = []
    for end in range(grid_ns, seconds * NANOSECONDS + 1, grid_ns):
        history.absorb(decoder.decode(simulation.advance(end)), end)
        window = history.window()
        if window.value(RUNNING) == 1.0:
            findings = detector.judge(window)
            verdict = findings[0].verdict if findings else None
            found.append((window.value(COOLANT), detector.expected(window), verdict))
    return found


def test_on_the_simulated_car_it_finds_a_leak_before_a_fixed_limit_would() -> None:
    detector = load_model(PACKAGES / "coolant")
    ticks = excesses(detector, "coolant_leak@60", seconds=480)
    holds = [coolant for coolant, _, verdict in ticks if verdict is Verdict.HOLDS]
    assert holds
    assert holds[0] < 105.0
    assert max(coolant for coolant, _, _ in ticks) > 105.0


def test_on_a_healthy_car_it_expects_about_what_is_there() -> None:
    detector = load_model(PACKAGES / "coolant")
    ticks = excesses(detector, "none", seconds=240)
    known = [(coolant, expected) for coolant, expected, _ in ticks if not math.isnan(expected)]
    assert len(known) > 0.9 * len(ticks)
    assert all(verdict is not Verdict.HOLDS for _, _, verdict in ticks)
    assert sum(abs(coolant - expected) for coolant, expected in known) / len(known) < 3.0


def test_the_engines_own_signals_are_among_the_features() -> None:
    paths = {feature.path for feature in load_card(PACKAGES / "coolant").features}
    assert f"{ENGINE}.EngineOil.Temperature" in paths
    assert COOLANT not in paths
