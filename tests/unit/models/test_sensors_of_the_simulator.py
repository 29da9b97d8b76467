"""Virtual sensors of simulated vehicles: their recipes, and a small one made by the one command."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from edge.detect.sensors.detector import load_sensors
from edge.errors import ConfigError
from edge.simulator.journey import CYCLES
from edge.simulator.weather import CLIMATES
from models.cli import main
from models.recipe import RECIPES, Drives
from models.recordings import run_edge
from models.sensors.drives import read_drives
from models.sensors.evaluation import folds_of
from models.sensors.making import record_drives, trips_of
from models.sensors.recipe import SensorsRecipe, load_sensors_recipe
from tests.small_sensors import RECIPE
from tests.study.rules.kit import load_kit
from tests.study.rules.seeds import FINAL_FIRST, TUNING

VEHICLES = ("car", "ev", "truck")


def shipped(vehicle: str) -> SensorsRecipe:
    """The recipe for a kind of vehicle."""
    return load_sensors_recipe(RECIPES / f"{vehicle}_sensors.toml")


@pytest.mark.parametrize("vehicle", VEHICLES)
def test_a_vehicle_sends_every_signal_of_its_recipe_in_the_unit_that_it_names(vehicle: str) -> None:
    recipe, sensors = shipped(vehicle), load_kit(vehicle).sensors
    units = {sensors.signals[place].path: sensors.signals[place].unit for place in sensors.place}
    assert recipe.vehicle == vehicle
    assert {channel.path: channel.unit for channel in recipe.plan.channels}.items() <= units.items()


def test_what_is_learned_from_is_neither_tuned_on_nor_judged() -> None:
    seeds = [range(*shipped(vehicle).drives["training"].seeds) for vehicle in VEHICLES]
    assert all(not set(one) & set(other) for one, other in combinations(seeds, 2))
    assert all(one[0] not in TUNING and one[-1] < FINAL_FIRST for one in seeds)


@pytest.mark.parametrize("vehicle", VEHICLES)
def test_drives_to_learn_from_go_everywhere_in_all_weathers(vehicle: str) -> None:
    drives = shipped(vehicle).drives["training"]
    every = [(drives.cycle_of(seed), drives.weather_of(seed)) for seed in range(*drives.seeds)]
    assert {weather for _, weather in every} == set(CLIMATES)
    assert {cycle for cycle, _ in every} == set(drives.cycles) <= set(CYCLES)
    assert len(set(every)) == len(every), "no drive is like another"


def test_a_recipe_without_drives_or_without_an_evaluation_is_refused_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="learns from no simulated drives"):
        record_drives(load_sensors_recipe(RECIPES / "obd_sensors.toml"), tmp_path, jobs=1)
    with pytest.raises(ConfigError, match="does not say which drives judge"):
        list(folds_of(shipped("car"), [], develop=True))


def test_one_command_makes_drives_and_a_package_of_them(small_sensors: Path) -> None:
    detector = load_sensors(small_sensors)
    assert detector.card.training["trips"] == 2
    assert sorted(file.name for file in small_sensors.parent.joinpath("drives").iterdir()) == [
        "training-40000.parquet",
        "training-40001.parquet",
    ]
    assert detector.progress.in_words == "small: looking, 0.00 of 0.02 h of driving; 0 of 4 channels armed"


def test_a_card_says_how_much_was_learned_from(small_sensors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["card", str(small_sensors)]) == 0
    assert "Learned from: the simulator (0.1 h in 2 drives)" in capsys.readouterr().out


def test_trips_of_several_tables_are_told_apart_by_file(small_sensors: Path) -> None:
    recipe = load_sensors_recipe(small_sensors.parent / "small.toml")
    sources = [f"table:{file}" for file in sorted(small_sensors.parent.joinpath("drives").iterdir())]
    names = [trip.name for trip in trips_of(recipe, sources)]
    assert names == ["training-40000.parquet, drive 1", "training-40001.parquet, drive 1"]
    assert [trip.name for trip in trips_of(recipe, sources[:1])] == ["drive 1"]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_decoded_rows_are_the_same_drive_as_the_table_that_they_came_from(
    small_sensors: Path, tmp_path: Path, kind: str
) -> None:
    paths = load_sensors_recipe(small_sensors.parent / "small.toml").plan.paths
    source, rows = f"table:{small_sensors.parent / 'drives' / 'training-40001.parquet'}", tmp_path / f"rows.{kind}"
    run_edge(["decode", source, "--out", str(rows)])
    (was,), (now,) = read_drives(source, paths), read_drives(str(rows), paths)
    assert (was.name, was.stamps) == (now.name, now.stamps)
    np.testing.assert_array_equal(was.rows, now.rows)


def test_a_log_that_was_not_decoded_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not of a kind that is read here") as refused:
        read_drives(str(tmp_path / "drive.log"), ["Vehicle.Speed"])
    assert "csv" in str(refused.value)


def test_drives_in_several_files_judge_a_recipe(
    small_sensors: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, recipe, tried = (
        small_sensors.parent / "drives" / "training-40001.parquet",
        tmp_path / "r.toml",
        tmp_path / "i.toml",
    )
    folds = "[evaluation]\ndevelop_from = 4\ntest_from = 6\nfolds = 1\ncalibration_trips = 1\n"
    recipe.write_text(RECIPE + folds, "utf-8")
    sizes = "\n".join(f"{name} = [50]" for name in ("speed", "engine_speed", "air_flow", "fuel_rate"))
    tried.write_text(
        f"within_s = 60\nsettled_s = 30\nseeds = [1]\n[sizes]\n{sizes}\n[common]\ndropout = [1.0]\n", "utf-8"
    )
    options = ["small", "--config", str(recipe), "--injections", str(tried), "--develop"]
    assert main(["evaluate", *options, "--data", *[str(table)] * 6]) == 78
    assert "no drive longer than 300 s is left to calibrate on" in capsys.readouterr().err
    long = tmp_path / "long.parquet"
    run_edge(["simulate", "--vehicle", "car", "--out", str(long), "--seed", "40009", "--duration", "420", "--warm"])
    files = [str(table)] * 3 + [str(long)] * 2 + [str(table)]
    assert main(["evaluate", *options, "--data", *files]) == 0
    said = capsys.readouterr().out
    assert "| always |" in said
    assert "Drives to develop on: r.toml" in said


def test_a_cycle_that_there_is_not_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (RECIPES / "car_sensors.toml").read_text("utf-8")
    file = tmp_path / "odd.toml"
    file.write_text(text.replace('"mixed"', '"orbit"'), "utf-8")
    assert main(["drives", "odd", "--config", str(file), "--out", str(tmp_path)]) == 78
    assert "orbit" in capsys.readouterr().err


def test_cycles_take_turns() -> None:
    drives = Drives(seeds=(5, 9), minutes=1.0, cycles=("city", "haul", "rural"))
    assert [drives.cycle_of(seed) for seed in range(5, 9)] == ["city", "haul", "rural", "city"]
