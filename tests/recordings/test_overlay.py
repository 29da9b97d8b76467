"""Kuksa's overlay of a real car on its real drive: every value as Kuksa's rules make it of what cantools decodes."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import cantools.database
import pytest
from cantools.database import Database, DecodeError
from cantools.database.namedsignalvalue import NamedSignalValue

from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.decode.layout import Fate
from edge.frames import Frame, FrameBatch
from tests.decoded import candump_frames

Samples = dict[tuple[int, str], float]
"""By frame and path."""
REFUSED = {
    *(f"Vehicle.Body.Mirrors.{side}Side.{way}" for side in ("Driver", "Passenger") for way in ("Pan", "Tilt")),
    "Vehicle.Chassis.SteeringWheel.Angle",
    "Vehicle.OBD.EngineLoad",
}
"""What rounds is no straight line."""


@pytest.fixture(scope="module")
def files(shared: Path) -> tuple[Path, Path]:
    folder = shared / "data" / "dbc"
    return folder / "tesla-model3.dbc", folder / "tesla-model3.vss_dbc.json"


@pytest.fixture(scope="module")
def frames(shared: Path) -> list[Frame]:
    """Their places in the log are their times."""
    log = shared / "data" / "can" / "tesla-model3-drive.log"
    return [Frame(place, one.id, one.payload) for place, one in enumerate(candump_frames(log))]


def leaves(tree: Mapping[str, Any], base: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, node in tree.items():
        path = f"{base}.{name}".lstrip(".")
        yield from leaves(node.get("children", {}), path)
        if "dbc2vss" in node:
            yield path, node


def by_their_rules(node: Mapping[str, Any], value: Any) -> float | None:
    """What the feeder passes on; text as its place among what is allowed."""
    lines = node["dbc2vss"].get("transform", {}).get("mapping")
    if lines is None:
        return float(value.value if isinstance(value, NamedSignalValue) else value)
    found = next((line["to"] for line in lines if line["from"] == value), None)
    if isinstance(found, str):
        return float(node["allowed"].index(found))
    return None if found is None else float(found)


@pytest.fixture(scope="module")
def theirs(files: tuple[Path, Path], frames: list[Frame]) -> tuple[Samples, set[int]]:
    """And the frames that cantools refuses."""
    database = cantools.database.load_file(files[0], strict=False)
    assert isinstance(database, Database)
    rules: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for path, node in leaves(json.loads(files[1].read_text())):
        if path not in REFUSED:
            rules.setdefault(node["dbc2vss"]["signal"], []).append((path, node))
    wanted = {
        message.frame_id: message for message in database.messages for one in message.signals if one.name in rules
    }
    samples: Samples = {}
    refused = set()
    for frame in frames:
        if frame.id not in wanted:
            continue
        try:
            decoded = wanted[frame.id].decode(frame.payload)
        except DecodeError:
            refused.add(frame.time)
            continue
        assert isinstance(decoded, dict)
        for signal in decoded.keys() & rules.keys():
            for path, node in rules[signal]:
                if (value := by_their_rules(node, decoded[signal])) is not None:
                    samples[frame.time, path] = value
    return samples, refused


@pytest.mark.parametrize(("size", "count"), [(4096, 6_829), (3, 1_124)])
def test_every_value_is_that_of_kuksas_rules(
    files: tuple[Path, Path], frames: list[Frame], theirs: tuple[Samples, set[int]], size: int, count: int
) -> None:
    database = load_database(*files)
    decoder = Decoder([Binding(database)])
    mapped = {at: one.path for at, one in enumerate(database.signals) if one.path.startswith("Vehicle.")}
    ours: Samples = {}
    some = frames if size > 100 else frames[:9_000]
    for begin in range(0, len(some), size):
        batch = decoder.decode(FrameBatch.of(some[begin : begin + size]))
        rows = zip(batch.time.tolist(), batch.signal.tolist(), batch.value.tolist(), strict=True)
        ours.update({(time, mapped[signal]): value for time, signal, value in rows if signal in mapped})
    samples, refused = theirs
    expected = {key: value for key, value in samples.items() if key[0] < len(some)}
    assert {key: value for key, value in ours.items() if key[0] not in refused} == expected
    assert (len(ours), len(refused)) == (count, 0)


def test_what_is_not_used_is_told(files: tuple[Path, Path]) -> None:
    remarks = [one for one in load_database(*files).remarks if files[1].name in one.what]
    skipped = {one.what.partition(": ")[2] for one in remarks if one.fate is Fate.SKIPPED}
    assert skipped == REFUSED
    assert {one.what.rpartition(".")[2] for one in remarks if one.fate is Fate.DOUBTFUL} == {"Temperature", "Torque"}
