"""Features come from the vehicle's own history, whatever file the rows were in."""

from pathlib import Path

import numpy as np
import pyarrow.csv  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet  # type: ignore[import-untyped]  # it ships no types
import pytest

from edge.cli import main as edge
from edge.detect.card import Guard
from edge.errors import ConfigError
from edge.frames import NANOSECONDS
from edge.history import Smoothing
from edge.simulate import Simulated, simulate
from models.replay import read_recording, windows
from models.training import tabulate
from tests.shared import ROOT
from tests.unit.models.small import COOLANT, OIL, RUNNING, small_recipe, write_drive

GRID_NS = NANOSECONDS // 10


def test_csv_and_parquet_hold_the_same_recording(tmp_path: Path) -> None:
    drive = write_drive(tmp_path / "drive.csv", seed=1, seconds=30)
    columns = tmp_path / "drive.parquet"
    pyarrow.parquet.write_table(pyarrow.csv.read_csv(drive), columns)
    one, other = (read_recording(file, {OIL, COOLANT}) for file in (drive, columns))
    assert one.signals == other.signals
    assert np.array_equal(one.samples.time, other.samples.time)
    assert np.array_equal(one.samples.value, other.samples.value)
    assert len(one.samples) == 60


def test_windows_are_the_cells_of_the_grid_with_the_latest_values(tmp_path: Path) -> None:
    recording = read_recording(write_drive(tmp_path / "drive.csv", seed=1, seconds=12), {OIL, COOLANT})
    untils, values = [], []
    for window in windows(recording, [Smoothing(OIL, 5.0)], grid_ns=GRID_NS):
        untils.append(window.until)
        values.append((window.value(OIL), window.smoothed(OIL, 5.0)))
    assert untils[0] == GRID_NS
    assert set(np.diff(untils)) == {GRID_NS}
    assert untils[-1] >= int(recording.samples.time[-1])
    oil = recording.samples.value[recording.samples.signal == sorted({OIL, COOLANT}).index(OIL)]
    assert [value for value, _ in values[::10]] == oil.tolist()
    smoothed = oil[0]
    for value, told in values:
        smoothed += -np.expm1(-0.1 / 5.0) * (value - smoothed)
        assert told == pytest.approx(smoothed, abs=1e-9)


def test_a_program_that_starts_in_mid_drive_knows_nothing_of_before(tmp_path: Path) -> None:
    recording = read_recording(write_drive(tmp_path / "drive.csv", seed=1, seconds=20), {OIL, COOLANT})
    first = next(windows(recording, [Smoothing(OIL, 100.0)], grid_ns=GRID_NS, begin_s=10.0))
    assert first.until == 10 * NANOSECONDS + GRID_NS
    assert first.smoothed(OIL, 100.0) == first.value(OIL)
    between_samples = next(windows(recording, [], grid_ns=GRID_NS, begin_s=10.3))
    assert np.isnan(between_samples.value(OIL))


def test_rows_are_only_taken_where_the_model_applies(tmp_path: Path) -> None:
    recipe = small_recipe()
    parked = read_recording(write_drive(tmp_path / "parked.csv", seed=1, seconds=30, running=False), recipe.paths)
    driven = read_recording(write_drive(tmp_path / "driven.csv", seed=1, seconds=30), recipe.paths)
    assert not len(tabulate(recipe, parked, begin_s=0.0, every_s=1.0).time)
    table = tabulate(recipe, driven, begin_s=0.0, every_s=1.0)
    assert 28 <= len(table.time) <= 30
    assert table.features.shape == (len(table.time), len(recipe.features))
    assert table.features.dtype == np.float32
    never = recipe.model_copy(update={"when": (Guard(path=RUNNING, above=2.0),)})
    assert not len(tabulate(never, driven, begin_s=0.0, every_s=1.0).time)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("gone.csv", None, "cannot be read"),
        ("drive.txt", "time", "kind"),
        ("half.csv", "time,signal\n1,x\n", "cannot be read"),
        ("bad.parquet", "no parquet", "cannot be read"),
        ("other.csv", "time,signal,value\n1.0,Vehicle.Other,2.0\n", "none of the model's signals"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, name: str, content: str | None, problem: str) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_text(content, "utf-8")
    with pytest.raises(ConfigError, match=problem) as caught:
        read_recording(file, {OIL})
    assert caught.value.file == str(file)
    assert caught.value.remedy


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_table_holds_what_its_decoded_frames_hold(tmp_path: Path, ending: str) -> None:
    table, log, rows = tmp_path / f"table{ending}", tmp_path / "drive.log", tmp_path / f"rows{ending}"
    for out in (table, log):
        simulate(Simulated("car", [], seed=3, duration_s=40.0, speed=None, out=out, warm=True))
    assert edge(["decode", str(log), "--dbc", str(ROOT / "dbc" / "telltale-car.dbc"), "--out", str(rows)]) == 0
    one, other = (read_recording(file, {OIL, COOLANT}) for file in (table, rows))
    assert one.signals == other.signals
    assert len(one.samples) == 10 * len(other.samples) == 800
    for place in (0, 1):
        shown, decoded = (part.samples.value[part.samples.signal == place] for part in (one, other))
        assert abs(float(shown[::10].mean()) - float(decoded.mean())) < 1.0


def test_a_table_is_read_without_what_is_not_available(tmp_path: Path) -> None:
    file = tmp_path / "drive.csv"
    file.write_text(f"time,{COOLANT},other\n0.0,80.5,1\n0.1,,1\n0.2,81.0,\n", "utf-8")
    samples = read_recording(file, {OIL, COOLANT}).samples
    assert samples.time.tolist() == [0, 200_000_000]
    assert samples.value.tolist() == [80.5, 81.0]


def test_what_is_neither_rows_nor_a_table_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "drive.csv"
    file.write_text(f"when,{COOLANT}\n0.0,80.5\n", "utf-8")
    with pytest.raises(ConfigError, match="no column 'time'") as caught:
        read_recording(file, {COOLANT})
    assert "telltale-edge decode" in caught.value.remedy
