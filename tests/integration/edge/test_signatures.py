"""Signed packages from end to end: a run with keys, what it finds, and what it says of a package that it refuses."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from edge.detect.card import CARD
from edge.detect.signature import SIGNATURE
from edge.outbox import Limits, Outbox
from edge.wire.envelope import StreamClass
from edge.wire.topics import Kind
from models.signing import sign
from tests.programs import run
from tests.signed import Keys, new_keys, package_in

ENGINE: Final = "Vehicle.Powertrain.CombustionEngine"
HOT: Final = {
    f"{ENGINE}.IsRunning": 1.0,
    f"{ENGINE}.EngineOil.Temperature": 80.0,
    f"{ENGINE}.EngineCoolant.Temperature": 118.0,
    "Vehicle.Exterior.AirTemperature": 15.0,
    "Vehicle.OBD.IntakeTemp": 25.0,
    "Vehicle.Speed": 60.0,
    f"{ENGINE}.Speed": 1800.0,
    "Vehicle.OBD.FuelRate": 5.0,
}
"""The coolant is hotter than all else says it ought to be, and a rule's limit is passed."""
RULES: Final = f"""
[[rule]]
alert = "hot"
expr = "{ENGINE}.EngineCoolant.Temperature > 115 Celsius"
component = "cooling"
severity = "critical"
action = "stop_now"
summary = "Too hot"
"""
CONFIG: Final = """
[[bus]]
source = "table:drive.csv"
speed = "max"
[detect]
rules = ["rules.toml"]
models = ["./package"]
model_keys = ["fleet.pub.pem"]
[state]
directory = "state"
[link]
broker = "mqtt://127.0.0.1:1"
drain_s = 0
"""


@dataclass(frozen=True, slots=True)
class Box:
    """A folder with a signed package, the key that it is signed with, and a hot drive."""

    folder: Path
    keys: Keys

    @property
    def package(self) -> Path:
        return self.folder / "package"

    @property
    def arguments(self) -> list[str]:
        return ["run", "--config", f"{self.folder / 'edge.toml'}", "--alerts-out", f"{self.folder / 'alerts.jsonl'}"]

    def fired(self) -> set[str]:
        """Rules that fired in the last run."""
        lines = map(json.loads, (self.folder / "alerts.jsonl").read_text().splitlines())
        return {line["rule"] for line in lines if line["state"] == "firing"}

    def parts(self) -> dict[str, Any]:
        """What the last health message tells of the daemon's parts."""
        limits = Limits(messages=1000, bytes=10_000_000)
        path = self.folder / "state" / "outbox.db"
        with closing(Outbox.open(path, vehicle="vehicle-1", limits=limits, random_hex=lambda _: "0" * 32)) as outbox:
            told = [one for one in outbox.waiting(StreamClass.RECORD, 0, 100) if one.kind is Kind.HEALTH]
        parts: dict[str, Any] = json.loads(told[-1].payload)["body"]["parts"]
        return parts


@pytest.fixture
def box(tmp_path: Path) -> Box:
    keys = new_keys(tmp_path, "fleet")
    package_in(tmp_path / "package", keys)
    rows = [",".join([str(1_764_000_000 + second), *map(str, HOT.values())]) for second in range(90)]
    (tmp_path / "drive.csv").write_text("\n".join([",".join(["time", *HOT]), *rows]))
    (tmp_path / "rules.toml").write_text(RULES)
    (tmp_path / "edge.toml").write_text(CONFIG)
    return Box(tmp_path, keys)


def test_a_signed_package_judges_beside_the_rules(box: Box) -> None:
    ended = run("telltale-edge", *box.arguments)
    assert ended.status == 0, ended.err
    assert box.fired() == {"hot", "coolant"}
    assert not [name for name in box.parts() if name.startswith("detector.")]


def other_package(box: Box) -> None:
    """Another package of the same maker, whole and signed, but for the model, which stays."""
    other = package_in(box.folder / "other")
    content = (other / "model.onnx").read_bytes() + b"\0"
    (other / "model.onnx").write_bytes(content)
    card = json.loads((other / CARD).read_text("utf-8"))
    (other / CARD).write_text(json.dumps(card | {"model_sha256": hashlib.sha256(content).hexdigest()}), "utf-8")
    sign(other, box.keys.private)
    for name in (CARD, SIGNATURE):
        (other / name).replace(box.package / name)


def deaf_card(box: Box) -> None:
    card = json.loads((box.package / CARD).read_text("utf-8"))
    (box.package / CARD).write_text(json.dumps(card | {"threshold": 90.0}), "utf-8")


def false_signature(box: Box) -> None:
    said = json.loads((box.package / SIGNATURE).read_bytes())
    said["signature"] = said["signature"][::-1]
    (box.package / SIGNATURE).write_text(f"{json.dumps(said, indent=1)}\n")


TAMPERED: dict[str, tuple[Callable[[Box], object], str]] = {
    "deaf card": (deaf_card, "is not the card that signature.json was made for"),
    "no signature": (lambda box: (box.package / SIGNATURE).unlink(), "signature.json: no such file"),
    "false signature": (false_signature, "is no signature of card.json by key"),
    "another maker": (
        lambda box: sign(box.package, new_keys(box.folder, "thief").private),
        "trusted are only",
    ),
    "another package's card": (other_package, "its hash differs"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_a_tampered_package_is_switched_off_and_said_and_the_rules_go_on(box: Box, name: str) -> None:
    damage, problem = TAMPERED[name]
    damage(box)
    ended = run("telltale-edge", *box.arguments)
    assert ended.status == 0, ended.err
    assert box.fired() == {"hot"}
    [line] = [line for line in ended.err.splitlines() if "detector package is switched off" in line]
    assert problem in line
    assert str(box.package) in line
    assert problem in "\n".join(line for line in ended.out.splitlines() if line.startswith("note"))
    part = box.parts()["detector.package"]
    assert part["state"] == "off"
    assert problem in part["reason"]


def test_the_daemon_never_imports_what_computes_signatures(box: Box) -> None:
    asked = ("onnxruntime", "cryptography", "edge.detect.ed25519")
    code = f"import sys; from edge.cli import main; main(sys.argv[1:]); print([n in sys.modules for n in {asked}])"
    ended = subprocess.run(
        [sys.executable, "-c", code, *box.arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.stdout.splitlines()[-1] == "[True, False, False]", ended.stderr
    assert box.fired() == {"hot", "coolant"}, "a signature was held against a key"
