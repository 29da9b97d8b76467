"""From what the installer wrote to a source: the right kind, paced where it must be."""

import threading
from pathlib import Path

import pytest

from edge.bus.log import Log
from edge.bus.open import open_source
from edge.bus.pace import Paced
from edge.bus.pythoncan import PythonCanSource
from edge.bus.simulated import SimulatedSource
from edge.bus.source import Source
from edge.bus.spec import SourceSpec
from edge.errors import ConfigError
from tests.unit.bus.flaky import FlakyBus


def opened(text: str, *, speed: float | None = None) -> Source:
    return open_source(SourceSpec.parse(text), speed=speed, now_ns=5_000_000_000, stop=threading.Event())


def test_every_kind_is_opened(tmp_path: Path, flaky_bus: type[FlakyBus]) -> None:
    file = tmp_path / "drive.log"
    file.write_text("(1.0) can0 123#00\n")
    kinds = {f"log:{file}": Log, "sim:car": SimulatedSource, "pythoncan:flaky:x": PythonCanSource}
    for text, kind in kinds.items():
        source = opened(text)
        assert isinstance(source, kind)
        source.close()


def test_a_simulation_begins_at_the_wall_clock() -> None:
    batch = opened("sim:car").read(0.0)
    assert batch is not None
    assert batch.until == 6_000_000_000


def test_recordings_and_simulations_are_paced_and_live_buses_are_not(flaky_bus: type[FlakyBus]) -> None:
    assert isinstance(opened("sim:car", speed=2.0), Paced)
    assert isinstance(opened("pythoncan:flaky:x", speed=2.0), PythonCanSource)


def test_what_cannot_be_opened_is_refused() -> None:
    with pytest.raises(ConfigError, match="No such file"):
        opened("log:/nowhere/drive.log")
