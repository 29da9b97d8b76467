"""Memories outlive a restart, and a disk or a file that is no use stops nothing."""

import logging
from pathlib import Path

import pytest

from edge.detect.sensors.commissioning import Stage
from edge.detect.sensors.progress import Progress
from edge.errors import ModelError
from edge.memories import KEEP_S, Memories


class Counting:
    """Learns one number."""

    name = "counting"

    def __init__(self) -> None:
        self.count = 0

    @property
    def progress(self) -> Progress:
        return Progress("counting", Stage.LOOKING, self.count, 9.0, self.count, (), 4)

    def memory(self) -> bytes:
        return str(self.count).encode()

    def recall(self, memory: bytes) -> None:
        if not memory.isdigit():
            raise ModelError("is damaged; the vehicle is learned anew")
        self.count = int(memory)


def test_what_was_learned_is_given_back(tmp_path: Path) -> None:
    learner = Counting()
    memories = Memories(tmp_path / "state", [learner])
    memories.recall()
    learner.count = 7
    memories.keep(0.0, at_the_end=True)
    again = Counting()
    Memories(tmp_path / "state", [again]).recall()
    assert again.count == 7


def test_it_is_written_now_and_then_and_only_when_something_is_new(tmp_path: Path) -> None:
    learner = Counting()
    memories = Memories(tmp_path, [learner])
    file = tmp_path / "counting.learned"
    memories.keep(0.0)
    learner.count = 1
    memories.keep(KEEP_S / 2)
    assert not file.exists()
    memories.keep(KEEP_S)
    assert file.read_bytes() == b"1"
    file.unlink()
    memories.keep(2 * KEEP_S)
    assert not file.exists()


def test_a_damaged_memory_is_said_and_the_vehicle_learned_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "counting.learned").write_bytes(b"nonsense")
    learner = Counting()
    with caplog.at_level(logging.WARNING):
        Memories(tmp_path, [learner]).recall()
    assert learner.count == 0
    assert "learned anew" in caplog.text


def test_a_state_that_cannot_be_written_is_said_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    learner = Counting()
    memories = Memories(tmp_path / "state", [learner])
    learner.count = 3
    with caplog.at_level(logging.WARNING):
        memories.keep(0.0, at_the_end=True)
    assert "lost with the next restart" in caplog.text
    assert memories.notes == ["counting: looking, 3.00 of 9.00 h of driving; 0 of 4 channels armed"]
