"""Recordings are made by the vehicle's own program, and read back with their truth."""

from pathlib import Path

import pytest

from edge.errors import ConfigError
from models.recipe import Drives, Recipe
from models.recordings import read_truth, record, rows_files
from models.replay import read_recording
from tests.unit.models.small import COOLANT, small_recipe


def one_drive_a_role() -> Recipe:
    leaks = Drives(seeds=(2, 3), minutes=0.5, fault="coolant_leak", onsets_s=(5.0,))
    return small_recipe().model_copy(update={"drives": {"healthy": Drives(seeds=(1, 2), minutes=0.5), "leaks": leaks}})


def test_drives_are_simulated_and_leaks_have_their_truth(tmp_path: Path) -> None:
    recipe = one_drive_a_role()
    assert record(recipe, tmp_path, roles=("healthy", "leaks"), jobs=2) == 2
    (healthy,) = rows_files(tmp_path, recipe, "healthy")
    (leaking,) = rows_files(tmp_path, recipe, "leaks")
    samples = read_recording(healthy, {COOLANT}).samples
    assert len(samples) == 300
    assert read_truth(healthy) is None
    truth = read_truth(leaking)
    assert truth is not None
    assert (truth.onset_s, truth.failed_s) == (5.0, None)
    assert sorted(file.suffix for file in tmp_path.iterdir()) == [".jsonl", ".parquet", ".parquet"]


def test_a_drive_that_cannot_be_simulated_is_told_with_the_reason(tmp_path: Path) -> None:
    recipe = one_drive_a_role().model_copy(update={"vehicle": "tram"})
    with pytest.raises(ConfigError, match="tram"):
        record(recipe, tmp_path, roles=("healthy",))
    assert not list(tmp_path.iterdir())


def test_a_missing_recording_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"healthy-1\.parquet") as caught:
        rows_files(tmp_path, one_drive_a_role(), "healthy")
    assert "telltale-models drives" in caught.value.remedy


@pytest.mark.parametrize("text", ["", "nonsense\n", "{}\n", '{"time": 1, "onset": null, "failed": false}\n'])
def test_a_damaged_truth_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.truth.jsonl").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match="truth"):
        read_truth(tmp_path / "x.parquet")
