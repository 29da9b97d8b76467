"""The model on the vehicle: what it finds, what it does not know, and what of a package it refuses."""

import hashlib
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from edge.catalogue import CATALOGUE
from edge.detect.card import CARD, load_card
from edge.detect.finding import Verdict
from edge.detect.onnx import OnnxDetector, OnnxModel, load_model
from edge.errors import ModelError
from edge.frames import NANOSECONDS
from edge.history import History, Window
from edge.signals import Signal, SignalBatch
from models.making import make
from models.recipe import RECIPES
from tests.shared import ROOT
from tests.unit.models.small import COOLANT, ENGINE, OIL, RUNNING, small_recipe, write_drive

AMBIENT = "Vehicle.Exterior.AirTemperature"
ORDINARY: Mapping[str, float] = {
    RUNNING: 1.0,
    OIL: 80.0,
    COOLANT: 80.0,
    AMBIENT: 15.0,
    "Vehicle.OBD.IntakeTemp": 25.0,
    "Vehicle.Speed": 60.0,
    f"{ENGINE}.Speed": 1800.0,
    "Vehicle.OBD.FuelRate": 5.0,
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drives")
    drives = [write_drive(folder / f"{seed}.csv", seed=seed) for seed in range(3)]
    make(small_recipe(), RECIPES / "coolant.toml", drives[:2], drives[2:], folder / "package")
    return folder / "package"


@pytest.fixture
def package(made: Path, tmp_path: Path) -> Path:
    """A package of one's own, to damage."""
    for file in made.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def seen(detector: OnnxDetector, values: Mapping[str, float]) -> Window:
    """A window in which these signals were heard just now."""
    signals = [Signal(path, CATALOGUE[path].unit, "Any", path) for path in values]
    history = History(signals, grid_ns=NANOSECONDS // 10, smoothings=detector.smoothings)
    history.absorb(
        SignalBatch.of([(0, index, value) for index, value in enumerate(values.values())]), NANOSECONDS // 10
    )
    return history.window()


def verdict(detector: OnnxDetector, **changed: float | None) -> Verdict | None:
    paths = {"coolant": COOLANT, "oil": OIL, "ambient": AMBIENT, "running": RUNNING}
    values = dict(ORDINARY)
    for name, value in changed.items():
        if value is None:
            del values[paths[name]]
        else:
            values[paths[name]] = value
    findings = detector.judge(seen(detector, values))
    return findings[0].verdict if findings else None


def test_above_the_threshold_holds_between_lingers_and_below_is_nothing(made: Path) -> None:
    detector = load_model(made)
    expected = detector.expected(seen(detector, ORDINARY))
    assert expected == pytest.approx(80.0, abs=2.0)
    card = detector.card
    assert verdict(detector, coolant=expected + card.threshold + 0.01) is Verdict.HOLDS
    assert verdict(detector, coolant=expected + card.clear + 0.01) is Verdict.LINGERS
    assert verdict(detector, coolant=expected + card.clear - 0.01) is None
    assert verdict(detector, coolant=expected - 40.0) is None


def test_a_finding_tells_what_was_seen_and_expected(made: Path) -> None:
    detector = load_model(made)
    (finding,) = detector.judge(seen(detector, {**ORDINARY, COOLANT: 100.0}))
    expected = finding.values["Vehicle.Telltale.Expected.EngineCoolantTemperature"]
    assert finding.values[COOLANT] == 100.0
    assert expected is not None
    text = finding.concern.summary.format_map(finding.facts)
    assert text.startswith(f"Coolant {100.0 - expected:.3g} K hotter")
    assert finding.concern.rule == "coolant"
    assert finding.concern.for_ns == 5 * NANOSECONDS


@pytest.mark.parametrize("changed", [{"coolant": None}, {"oil": None}, {"running": None}, {"running": 0.0}])
def test_what_is_missing_or_stale_is_unknown(made: Path, changed: dict[str, float | None]) -> None:
    assert verdict(load_model(made), **changed) is Verdict.UNKNOWN


def test_far_outside_of_what_it_learned_from_it_does_not_answer(made: Path) -> None:
    detector = load_model(made)
    ambient = next(feature for feature in detector.card.features if feature.path == AMBIENT)
    assert ambient.beyond == 6.0
    assert verdict(detector, ambient=ambient.high + 6.1, coolant=110.0) is Verdict.UNKNOWN
    assert verdict(detector, ambient=ambient.high + 5.9, coolant=110.0) is Verdict.HOLDS
    assert verdict(detector, ambient=ambient.low - 6.1, coolant=110.0) is Verdict.UNKNOWN
    assert verdict(detector, oil=200.0, coolant=110.0) is Verdict.HOLDS


def test_an_unknown_finding_has_no_made_up_numbers(made: Path) -> None:
    detector = load_model(made)
    (finding,) = detector.judge(seen(detector, {path: value for path, value in ORDINARY.items() if path != OIL}))
    assert list(finding.values.values()) == [80.0, None]


def test_a_damaged_model_is_refused_before_it_is_run(package: Path) -> None:
    (package / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(ModelError, match="hash differs") as caught:
        load_model(package)
    assert str(package / "model.onnx") in str(caught.value)
    assert "Install" in str(caught.value)


def edited(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def edit(package: Path) -> None:
        card = json.loads((package / CARD).read_text("utf-8"))
        change(card)
        (package / CARD).write_text(json.dumps(card), "utf-8")

    return edit


def in_its_place_a_folder(package: Path) -> None:
    (package / CARD).unlink()
    (package / CARD).mkdir()


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "no card": (lambda package: (package / CARD).unlink(), "no such file"),
    "no model": (lambda package: (package / "model.onnx").unlink(), "no such file"),
    "card cut short": (lambda package: os.truncate(package / CARD, 200), "is not JSON"),
    "card is binary": (lambda package: (package / CARD).write_bytes(b"\xff\xfe\x00"), "is not JSON"),
    "card is huge": (lambda package: (package / CARD).write_text(" " * 1_000_001), "larger than"),
    "card is a list": (lambda package: (package / CARD).write_text("[]"), "card: "),
    "card is a folder": (in_its_place_a_folder, "cannot be read"),
    "unknown schema": (edited(lambda card: card.update(schema=2)), "schema"),
    "no threshold": (edited(lambda card: card.pop("threshold")), "threshold"),
    "clear above threshold": (edited(lambda card: card.update(clear=99.0)), "above the threshold"),
    "golden row too short": (edited(lambda card: card["golden"][0]["features"].pop()), "golden row"),
    "model elsewhere": (edited(lambda card: card.update(model_file="../model.onnx")), "model_file"),
    "a number is not one": (edited(lambda card: card.update(threshold=math.nan)), "finite"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_package_is_refused_with_its_file_and_a_remedy(package: Path, name: str) -> None:
    damage, problem = BAD[name]
    damage(package)
    with pytest.raises(ModelError, match=problem) as caught:
        load_model(package)
    assert str(package) in str(caught.value)
    assert str(caught.value).endswith("Install the model package again")
    assert "\n" not in str(caught.value)


def test_a_missing_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such file"):
        load_model(tmp_path / "gone")


def test_a_model_that_forgot_its_golden_answers_is_not_believed(package: Path) -> None:
    edited(lambda card: card["golden"][0].update(answer=card["golden"][0]["answer"] + 0.01))(package)
    detector = load_model(package)
    with pytest.raises(ModelError, match="golden answers"):
        detector.judge(seen(detector, ORDINARY))


def test_a_file_with_the_right_hash_that_is_no_model_is_refused_when_it_is_needed(package: Path) -> None:
    (package / "model.onnx").write_bytes(b"not a model")
    edited(lambda card: card.update(model_sha256=hashlib.sha256(b"not a model").hexdigest()))(package)
    detector = load_model(package)
    with pytest.raises(ModelError, match="is not a model"):
        verdict(detector)


def test_the_session_is_made_when_it_is_first_needed(package: Path) -> None:
    detector = load_model(package)
    (package / "model.onnx").unlink()
    assert verdict(detector, oil=None) is Verdict.UNKNOWN
    with pytest.raises(ModelError, match="no such file"):
        verdict(detector)


def test_rows_of_the_wrong_width_and_nonsense_are_model_errors(made: Path) -> None:
    content = (made / "model.onnx").read_bytes()
    model = OnnxModel(content, 8, "model.onnx")
    with pytest.raises(ModelError, match="cannot answer"):
        model.answers(np.zeros((1, 3), np.float32))
    with pytest.raises(ModelError, match="is not a model"):
        OnnxModel(b"nonsense", 8, "model.onnx")


def test_the_card_for_the_vehicle_is_what_was_written(made: Path) -> None:
    card = load_card(made)
    again = json.loads(card.model_dump_json(by_alias=True))
    assert again == json.loads((made / CARD).read_text("utf-8"))


def test_the_library_leaves_nothing_and_tells_nobody(tmp_path: Path) -> None:
    """Loaded as it comes, it keeps an identifier in the folder for temporary files."""
    names = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    subprocess.run(
        [sys.executable, "-c", "import edge.detect.onnx"], env={**names, "TMPDIR": str(tmp_path)}, cwd=ROOT, check=True
    )
    assert list(tmp_path.iterdir()) == []


def test_numbers_outside_of_the_model_are_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    number = onnx.numpy_helper.from_array(np.full((1, 8), 7.0, np.float32), "number")
    ends = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 8]) for name in ("x", "y")]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Mul", ["x", "number"], ["y"])], "g", ends[:1], ends[1:], [number]
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    inside = model.SerializeToString()
    onnx.save(model, tmp_path / "m.onnx", save_as_external_data=True, location="outside.bin", size_threshold=0)
    monkeypatch.chdir(tmp_path)
    assert OnnxModel(inside, 8, "inside", width=8).answers(np.ones((1, 8), np.float32)).tolist() == [7.0] * 8
    with pytest.raises(ModelError, match="External data"):
        OnnxModel((tmp_path / "m.onnx").read_bytes(), 8, "outside", width=8)
