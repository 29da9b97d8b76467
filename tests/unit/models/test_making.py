"""From drives to a package: trained, exported, compared, judged; and what is refused on the way."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.detect.card import load_card
from edge.detect.onnx import OnnxModel, load_model
from edge.errors import ConfigError, ModelError
from edge.frames import NANOSECONDS
from models import export
from models.cli import main
from models.evaluation import candidates, judge_drive
from models.export import check_parity, to_bytes
from models.making import assess, make
from models.packages import code_hash
from models.recipe import RECIPES
from models.training import Table, Trained, lasting_excess, train
from tests.unit.models.small import COOLANT, small_recipe, write_drive

RECIPE = RECIPES / "coolant.toml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drives")
    for seed in range(6):
        write_drive(folder / f"{seed}.csv", seed=seed)
    for seed in (10, 11):
        write_drive(folder / f"leak-{seed}.csv", seed=seed, leak_at_s=150.0)
        rows = [{"time": float(t), "fault": "coolant_leak", "onset": 150.0, "failed": t >= 290} for t in range(10, 300)]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"leak-{seed}.truth.jsonl").write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="module")
def trained(folder: Path) -> Trained:
    return train(small_recipe(), [folder / "0.csv", folder / "1.csv"], [folder / "2.csv"])


@pytest.fixture(scope="module")
def package(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("packages") / "coolant"
    make(small_recipe(), RECIPE, [folder / "0.csv", folder / "1.csv"], [folder / "2.csv"], out)
    return out


def test_it_learns_what_the_target_ought_to_be(trained: Trained) -> None:
    assert trained.calibration_rmse < 1.5
    assert trained.threshold == max(round(1.5 * max(trained.excesses), 1), 2.0)
    assert len(trained.excesses) == 2
    assert trained.features[0].low < 62
    assert trained.features[0].high > 98
    assert [feature.beyond for feature in trained.features] == [item.beyond for item in small_recipe().features]


def test_training_twice_gives_the_same_bytes(folder: Path, trained: Trained) -> None:
    again = train(small_recipe(), [folder / "0.csv", folder / "1.csv"], [folder / "2.csv"])
    assert to_bytes(again) == to_bytes(trained)


def test_drives_of_the_training_may_not_choose_the_threshold(folder: Path) -> None:
    with pytest.raises(ConfigError, match="both"):
        train(small_recipe(), [folder / "0.csv"], [folder / "0.csv"])


def test_a_drive_that_ends_before_a_daemon_would_have_started_in_it_counts_from_its_begin(tmp_path: Path) -> None:
    short = [write_drive(tmp_path / f"{seed}.csv", seed=seed, seconds=50) for seed in (51, 52)]
    found = train(small_recipe(), short[:1], short[1:])
    assert found.rows == len(found.calibration.time) > 0
    assert len(found.excesses) == 1


def test_drives_without_a_running_engine_are_refused(tmp_path: Path, folder: Path) -> None:
    parked = write_drive(tmp_path / "parked.csv", seed=1, seconds=30, running=False)
    with pytest.raises(ConfigError, match="no moment"):
        train(small_recipe(), [parked], [folder / "0.csv"])


def test_the_exported_model_answers_as_the_trained_one(trained: Trained) -> None:
    parity = check_parity(trained, to_bytes(trained))
    assert parity.rows >= 4000
    assert parity.difference <= 1e-3
    assert parity.flips == 0


def test_the_gate_stops_a_model_that_answers_otherwise(folder: Path, trained: Trained) -> None:
    other = train(small_recipe(), [folder / "3.csv"], [folder / "4.csv"])
    with pytest.raises(ModelError, match="Do not ship"):
        check_parity(trained, to_bytes(other))


def test_the_gate_stops_a_model_that_flips_an_alarm(trained: Trained) -> None:
    content = to_bytes(trained)
    ours = trained.regressor.predict(trained.calibration.features)
    theirs = OnnxModel(content, len(trained.features), "test").answers(trained.calibration.features).astype(np.float64)
    row = int(np.argmax(np.abs(ours - theirs)))
    between = trained.calibration.target[row] - (ours[row] + theirs[row]) / 2
    with pytest.raises(ModelError, match=r"flips [1-9]"):
        check_parity(replace(trained, threshold=float(between)), content)


def test_only_an_excess_that_lasts_raises_the_threshold() -> None:
    recipe = small_recipe()
    table = Table(np.arange(60) * NANOSECONDS, np.zeros((60, 8), np.float32), np.zeros(60))
    excess = np.zeros(60)
    excess[10:13] = 9.0
    excess[30:45] = 3.0
    assert lasting_excess(table, excess, recipe) == 3.0
    gap = Table(table.time + NANOSECONDS * 100 * (np.arange(60) >= 37), table.features, table.target)
    assert lasting_excess(gap, excess, recipe) == 3.0
    assert lasting_excess(gap, np.where(np.arange(60) < 37, excess, 0.0), recipe) == 3.0
    assert lasting_excess(gap, np.where((np.arange(60) < 34) | (np.arange(60) > 40), 0.0, 3.0), recipe) == 0.0


def test_a_model_too_large_for_a_box_is_refused(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MODEL_BYTES_MAX", 1000)
    with pytest.raises(ModelError, match="at most 1000"):
        to_bytes(trained)


def test_unknown_features_are_routed_as_in_training(trained: Trained) -> None:
    rows = np.full((3, len(trained.features)), np.nan, np.float32)
    answers = OnnxModel(to_bytes(trained), rows.shape[1], "test").answers(rows)
    assert answers == pytest.approx(trained.regressor.predict(rows), abs=1e-3)


def test_a_package_says_what_it_is_made_from(package: Path, folder: Path) -> None:
    card = load_card(package)
    training = card.training
    assert set(training["drives"]) == {"0.csv", "1.csv"}
    assert set(training["calibration_drives"]) == {"2.csv"}
    assert training["code_sha256"] == code_hash()
    assert training["libraries"]["scikit-learn"]
    assert training["simulator_seeds"]["healthy"] == [3000, 3060]
    assert training["parity"]["flips"] == 0
    assert len(card.golden) == 8
    assert card.licence == "Apache-2.0"
    assert card.evaluation == {}


def test_the_vehicle_runs_the_package_and_finds_a_leak(package: Path, folder: Path) -> None:
    detector = load_model(package)
    recipe = small_recipe()
    healthy = judge_drive(recipe, folder / "5.csv", candidates(detector), begin_s=0.0)
    leaking = judge_drive(recipe, folder / "leak-10.csv", candidates(detector), begin_s=0.0)
    assert healthy.alarms["coolant"] == ()
    assert healthy.driving_s == pytest.approx(300.0, abs=2.0)
    assert healthy.alarmed_s["always"] == pytest.approx(healthy.driving_s)
    ((began, ended),) = leaking.alarms["coolant"]
    wanted = 150.0 + detector.card.threshold / 0.5 + detector.card.for_s
    assert wanted - 3.0 < began < wanted + 6.0
    assert ended == leaking.span[1]
    assert leaking.truth is not None
    assert (leaking.truth.onset_s, leaking.truth.failed_s) == (150.0, 290.0)


def test_an_evaluation_is_put_on_the_card(package: Path, folder: Path) -> None:
    text = assess(
        small_recipe(),
        package,
        [folder / "4.csv", folder / "5.csv"],
        [folder / f"leak-{n}.csv" for n in (10, 11)],
        jobs=2,
    )
    figures: dict[str, Any] = load_card(package).evaluation["detectors"]
    assert list(figures) == ["coolant", "fixed_105", "fixed_110", "random", "always", "never"]
    assert figures["coolant"]["false_alarms"] == 0
    assert figures["coolant"]["detected"] == 1.0
    assert figures["always"]["detected_minus_healthy"] <= figures["coolant"]["detected_minus_healthy"]
    assert figures["never"]["detected"] == 0.0
    assert "| coolant | 0 |" in text


def test_what_made_a_model_may_not_judge_it(package: Path, folder: Path) -> None:
    with pytest.raises(ConfigError, match="used to make"):
        assess(small_recipe(), package, [folder / "2.csv"], [], jobs=1)


def test_without_driving_nothing_can_be_said_of_false_alarms(package: Path, tmp_path: Path) -> None:
    parked = write_drive(tmp_path / "parked.csv", seed=1, seconds=30, running=False)
    with pytest.raises(ConfigError, match="none of them"):
        assess(small_recipe(), package, [parked], [], jobs=1)


def test_the_card_command_prints_a_card(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["card", str(package)]) == 0
    assert COOLANT in capsys.readouterr().out


def test_commands_end_with_a_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["card", str(tmp_path)]) == 1
    assert "card.json: no such file. " in capsys.readouterr().err
    assert main(["train", "tyre", "--drives", "a.csv", "--calibration", "b.csv", "--out", str(tmp_path)]) == 78
    assert "tyre.toml" in capsys.readouterr().err
    assert main(["train", "coolant", "--drives", "a.csv", "--calibration", "b.csv", "--out", str(tmp_path)]) == 78
    assert "a.csv" in capsys.readouterr().err
