"""Virtual sensors from end to end: trained on tables, a vehicle learned from tables, a table judged."""

import json
import shutil
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pytest

from edge.detect.card import CARD
from edge.detect.finding import Finding, Verdict
from edge.detect.sensors.detector import SensorsDetector, load_sensors
from edge.errors import ModelError
from edge.frames import NANOSECONDS
from edge.history import History
from edge.signals import Signal, SignalBatch
from edge.state import locked
from models.signing import sign
from tests.programs import run
from tests.signed import new_keys
from tests.unit.edge.sensors.world import COOLANT, PRESSURE, SPEED, Float64s, drive, plan
from tests.unit.models.test_sensors import recipe

pytestmark = pytest.mark.xdist_group("sensors")
Int64s = npt.NDArray[np.int64]

HOURS: Final = {"looking": 0.2, "fitting": 0.5, "scaling": 0.4, "measuring": 1.2}
CONFIG: Final = """
[judging]
grid_ms = 1000
[state]
directory = "state"
[detect]
models = ["./package"]
"""


def table(file: Path, drives: list[Float64s]) -> str:
    """A table of drives, an hour between them; as a source."""
    names = [channel.path for channel in plan().channels]
    lines = [",".join(["time", *names])]
    begins = 1_700_000_000.0
    for rows in drives:
        for second, row in enumerate(rows):
            cells = ["" if np.isnan(value) else f"{value:.1f}" for value in row]
            lines.append(",".join([f"{begins + second + 0.5:.1f}", *cells]))
        begins += len(rows) + 3600.0
    file.write_text("\n".join(lines) + "\n")
    return f"table:{file}"


def toml(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {toml(one)}" for name, one in value.items() if one is not None) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a trained package, and a configuration that names it."""
    where = tmp_path_factory.mktemp("sensors")
    small = recipe().model_dump(mode="json", exclude_defaults=True) | {"hours": HOURS}
    (where / "recipe.toml").write_text("".join(f"{name} = {toml(value)}\n" for name, value in small.items()))
    source = table(where / "training.csv", [drive(900, seed=seed) for seed in range(5)])
    trained = run(
        "telltale-models", "train", "small_world", "--config", where / "recipe.toml", "--data", source,
        "--out", where / "package",
    )  # fmt: skip
    assert trained.status == 0, trained.err
    assert "| manifold_pressure | kPa |" in trained.out
    assert "learned on a vehicle" not in trained.err
    (where / "edge.toml").write_text(CONFIG)
    return where


def judged(folder: Path, source: str) -> tuple[list[dict[str, Any]], str]:
    """Alerts of a run over a table, and what it printed."""
    out = folder / "alerts.jsonl"
    ended = run(
        "telltale-edge", "run", "--config", folder / "edge.toml", "--bus", source, "--speed", "max", "--alerts-out", out
    )
    assert ended.status == 0, ended.err
    return [json.loads(line) for line in out.read_text().splitlines()], ended.out


def test_a_vehicle_is_learned_over_several_runs_and_then_told_of_what_contradicts(folder: Path) -> None:
    healthy = drive(3000, seed=300)
    faulty = healthy.copy()
    faulty[1500:, PRESSURE] += 25.0
    before, said = judged(folder, table(folder / "early.csv", [drive(1500, seed=99)]))
    assert before == []
    assert "small_world: fitting" in said
    for run_ in range(3):
        first = [drive(1800, seed=100 + 2 * run_ + number) for number in range(2)]
        learning, said = judged(folder, table(folder / f"first{run_}.csv", first))
        assert learning == []
    assert "small_world: armed after" in said
    quiet, _ = judged(folder, table(folder / "healthy.csv", [healthy]))
    assert quiet == []
    told, _ = judged(folder, table(folder / "faulty.csv", [faulty]))
    firing = [line for line in told if line["state"] == "firing"]
    assert "small_world_manifold_pressure" in {line["rule"] for line in firing}
    first_line = next(line for line in firing if line["rule"] == "small_world_manifold_pressure")
    path = plan().channels[PRESSURE].path
    assert first_line["started_at"] >= "2023-11-14T22:38:20"
    assert first_line["values"][path] > first_line["values"]["Vehicle.Telltale.Expected." + path[8:].replace(".", "")]


@pytest.fixture(scope="module")
def taught(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of its own, whose vehicle has been learned."""
    where = tmp_path_factory.mktemp("taught")
    shutil.copytree(folder / "package", where / "package")
    (where / "edge.toml").write_text(CONFIG)
    _, said = judged(where, table(where / "first.csv", [drive(1800, seed=100 + number) for number in range(7)]))
    assert "armed after" in said
    return where


def _samples(at: Int64s, row: Float64s) -> SignalBatch:
    return SignalBatch(at, np.arange(4, dtype=np.int32), row, np.zeros(4, np.uint8), ("M",))


def findings(
    folder: Path, rows: Float64s, *, private: bool = False, stop_at: int = 0, stop_s: int = 0
) -> tuple[SensorsDetector, list[Finding]]:
    """What the detector finds second by second, by a history that is private or not, with what the last runs taught.

    After `stop_at` rows the vehicle says nothing for `stop_s`.
    """
    detector = load_sensors(folder / "package")
    detector.recall((folder / "state" / "small_world.learned").read_bytes())
    signals = [Signal(one.path, one.unit, "M", one.name, period_s=1.0) for one in plan().channels]
    history = History(signals, grid_ns=NANOSECONDS)
    history.private = private
    found: list[Finding] = []
    for number, row in enumerate(rows, start=1):
        second = number if number <= stop_at else number + stop_s
        at = np.full(4, second * NANOSECONDS - 1)
        history.absorb(_samples(at, row), second * NANOSECONDS)
        found += detector.judge(history.window())
    return detector, [one for one in found if one.verdict is Verdict.HOLDS]


def test_another_season_is_learned_beside_the_first_over_several_runs(taught: Path, tmp_path: Path) -> None:
    where = Path(shutil.copytree(taught, tmp_path / "taught"))
    card = json.loads((where / "package" / CARD).read_text())
    for channel in (PRESSURE, COOLANT):
        card["plan"]["channels"][channel] |= {"surroundings": True, "pace": "slow"}
    card["hours"] = {"looking": 0.1, "fitting": 0.3, "scaling": 0.3, "measuring": 0.9}
    (where / "package" / CARD).write_text(json.dumps(card))
    heat = np.array([0.0, 150.0, 0.0, 40.0])
    unknown = drive(1800, seed=399) + heat
    unknown[900:, SPEED] += 900.0
    assert judged(where, table(where / "unknown.csv", [unknown]))[0] == [], "nobody can tell"
    (where / "state" / "small_world.learned").write_bytes((taught / "state" / "small_world.learned").read_bytes())
    for run_ in range(2):
        drives = [drive(1800, seed=400 + 3 * run_ + number) + heat for number in range(3 - run_)]
        silent, said = judged(where, table(where / f"hot{run_}.csv", drives))
        assert silent == []
        assert ("learning another season: " in said, "; 2 seasons" in said) == (run_ == 0, run_ == 1), said
    for moves in (heat, 0.0 * heat):
        rows = drive(2100, seed=300) + moves
        rows[1500:, SPEED] += 2000.0
        told, _ = judged(where, table(where / "faulty.csv", [rows]))
        firing = {line["rule"]: line["started_at"] for line in told if line["state"] == "firing"}
        assert "small_world_engine_speed" in firing
        assert firing["small_world_engine_speed"] >= "2023-11-14T22:38:20"


def test_in_private_mode_no_text_and_no_value_tells_how_somebody_drives(taught: Path) -> None:
    healthy = drive(3000, seed=300)
    faulty = healthy.copy()
    faulty[1500:, SPEED] += 900.0
    open_, hidden = (findings(taught, faulty, private=private)[1] for private in (False, True))
    assert open_, "there is something to hide"
    assert len(hidden) == len(open_)
    assert all(one.facts["value"] != "unknown" for one in open_ if "engine_speed" in one.concern.rule)
    personal = [one for one in hidden if "engine_speed" in one.concern.rule]
    assert personal
    assert all((one.facts["value"], one.facts["threshold"]) == ("unknown", "unknown") for one in personal)
    assert not any(one.values for one in personal)


def test_who_contradicts_at_the_same_time_is_named(taught: Path) -> None:
    faulty = drive(3000, seed=300)
    faulty[1500:, [PRESSURE, COOLANT]] += 25.0
    said = {one.concern.rule: one.facts["kind"] for one in findings(taught, faulty)[1]}
    assert "the coolant temperature" in said["small_world_manifold_pressure"].partition("; ")[2]
    assert "the manifold pressure" in said["small_world_coolant_temperature"].partition("; ")[2]
    assert "the manifold pressure" not in said["small_world_manifold_pressure"]


def test_what_is_learned_belongs_to_one_program_at_a_time_without_a_broker_too(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "package", tmp_path / "package")
    (tmp_path / "edge.toml").write_text(CONFIG)
    arguments = ("telltale-edge", "run", "--config", tmp_path / "edge.toml", "--speed", "max", "--bus")
    source = table(tmp_path / "drive.csv", [drive(60, seed=1)])
    with locked(tmp_path / "state"):
        refused = run(*arguments, source)
    assert refused.status == 78
    assert "another telltale-edge uses this state folder" in refused.err
    assert run(*arguments, source).status == 0


def test_an_engine_that_cooled_while_the_vehicle_was_off_is_no_fault(taught: Path) -> None:
    rows = drive(1800, seed=300)
    rows[1500:1620, COOLANT] -= np.linspace(14.0, 0.0, 120)
    assert any("coolant" in one.concern.rule for one in findings(taught, rows)[1]), "while it drives, it is one"
    assert not findings(taught, rows, stop_at=1500, stop_s=300)[1]


def test_a_private_trip_teaches_nothing(folder: Path) -> None:
    fresh = load_sensors(folder / "package")
    detector = load_sensors(folder / "package")
    signals = [Signal(one.path, one.unit, "M", one.name, period_s=1.0) for one in plan().channels]
    history = History(signals, grid_ns=NANOSECONDS)
    history.private = True
    for second, row in enumerate(drive(600, seed=1), start=1):
        at = np.full(4, second * NANOSECONDS - 1)
        history.absorb(_samples(at, row), second * NANOSECONDS)
        detector.judge(history.window())
    assert detector.memory() == fresh.memory()


def test_the_card_is_printed_for_people(folder: Path) -> None:
    printed = run("telltale-models", "card", folder / "package")
    assert printed.status == 0
    assert "# small_world" in printed.out
    assert "2.3 h of its own healthy driving" in printed.out


def spoilt(folder: Path, where: Path, **changes: Any) -> Path:
    """A copy of the package whose card says otherwise."""
    package = where / "package"
    shutil.copytree(folder / "package", package)
    card = json.loads((package / "card.json").read_text())
    (package / "card.json").write_text(json.dumps(card | changes))
    return package


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"kind": "sensors", "schema": 2}, "schema"),
        ({"model_sha256": "0" * 64}, "its hash differs"),
        ({"model_file": "other.onnx"}, "no such file"),
        ({"model_file": "../model.onnx"}, "model_file"),
        ({"trained": []}, "trained tells of 0 signals"),
        ({"golden": []}, "golden"),
        ({"golden_tolerance": 0}, "golden_tolerance"),
        ({"surprise": 1}, "surprise"),
        ({"false_per_hour": -1}, "false_per_hour"),
    ],
)
def test_a_spoilt_package_is_refused_with_its_place(
    folder: Path, tmp_path: Path, changes: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ModelError, match=problem):
        load_sensors(spoilt(folder, tmp_path, **changes))


def test_a_model_that_gives_other_answers_than_its_golden_rows_is_switched_off(folder: Path, tmp_path: Path) -> None:
    card = json.loads((folder / "package" / "card.json").read_text())
    card["golden"][0]["answers"][0] += 1.0
    package = spoilt(folder, tmp_path, golden=card["golden"])
    (tmp_path / "edge.toml").write_text(CONFIG)
    source = table(tmp_path / "drive.csv", [drive(300, seed=1)])
    ended = run("telltale-edge", "run", "--config", tmp_path / "edge.toml", "--bus", source, "--speed", "max")
    assert ended.status == 0, ended.err
    assert package.exists()
    assert "off the golden answers" in ended.err


def test_a_signed_package_learns_and_one_that_was_changed_since_is_switched_off(folder: Path, tmp_path: Path) -> None:
    keys = new_keys(tmp_path, "fleet")
    shutil.copytree(folder / "package", tmp_path / "package")
    sign(tmp_path / "package", keys.private)
    (tmp_path / "edge.toml").write_text(f'{CONFIG}model_keys = ["{keys.public.name}"]\n')
    _, said = judged(tmp_path, table(tmp_path / "drive.csv", [drive(300, seed=1)]))
    assert "small_world: looking" in said
    assert "switched off" not in said
    card = json.loads((tmp_path / "package" / "card.json").read_text())
    (tmp_path / "package" / "card.json").write_text(json.dumps(card | {"false_per_hour": 9.0}))
    _, said = judged(tmp_path, f"table:{tmp_path / 'drive.csv'}")
    assert "small_world: looking" not in said
    assert "is not the card that signature.json was made for" in said


def test_tables_are_looked_at_before_training_and_refused_where_no_drive_is_left(folder: Path, tmp_path: Path) -> None:
    drives = [drive(900, seed=seed) for seed in range(5)]
    for begin in (100, 300, 500):
        drives[1][begin : begin + 10, COOLANT] = -40.0
    drives[2][100:160] = drives[2][100]
    arguments = ("telltale-models", "train", "small_world", "--config", folder / "recipe.toml", "--out")
    told = run(*arguments, tmp_path / "package", "--data", table(tmp_path / "planted.csv", drives))
    assert told.status == 0, told.err
    assert (
        "| coolant_temperature | sentinel | 30 | reads -40 Celsius, far from all else | left out as unknown |"
        in told.err
    )
    assert "| all | stall | 59 | all signals stand still at once: the recorder does | left out as unknown |" in told.err
    assert "coolant_temperature: reads -40 Celsius, far from all else (30 s, left out as unknown)" in told.out
    card = json.loads((tmp_path / "package" / "card.json").read_text())
    assert [one["defect"] for one in card["training"]["remarks"]] == ["sentinel", "stall"]
    kelvin = [rows + np.array([0.0, 0.0, 0.0, 273.15]) for rows in drives]
    refused = run(*arguments, tmp_path / "none", "--data", table(tmp_path / "kelvin.csv", kelvin))
    assert refused.status == 78
    assert "none of the 5 drives is left to learn from: coolant_temperature: outside of what" in refused.err
    assert not (tmp_path / "none").exists()
