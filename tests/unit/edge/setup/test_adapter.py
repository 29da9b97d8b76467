"""An ELM327 behind a port is known by its name; whatever else is there is none, and nothing is left open."""

from pathlib import Path

import pytest

from edge.setup.adapter import adapter_at
from edge.simulator.elm327 import CLONE_VERSION, VERSION, Defect, Elm327
from tests.elm327 import plugged_in
from tests.unit.simulator.ecu.car import Car

QUICK_S = 0.3


@pytest.mark.parametrize(
    ("defect", "name"), [(Defect.NONE, VERSION), (Defect.CLONE, CLONE_VERSION), (Defect.ECHO, VERSION)]
)
def test_an_adapter_says_who_it_is_and_no_vehicle_is_asked(defect: Defect, name: str) -> None:
    car = Car()
    with plugged_in(Elm327(car.network(), defect=defect)) as adapter:
        before = set(Path("/proc/self/fd").iterdir())
        assert adapter_at(adapter.path) == (name, 38_400)
        assert set(Path("/proc/self/fd").iterdir()) == before


def test_one_that_is_silent_is_none() -> None:
    with plugged_in(Elm327(Car().network(), defect=Defect.SILENT)) as adapter:
        assert adapter_at(adapter.path, answer_s=QUICK_S) is None


def test_one_that_is_pulled_out_meanwhile_is_none() -> None:
    with plugged_in(Elm327(Car().network(), defect=Defect.UNPLUGGED)) as adapter:
        assert adapter_at(adapter.path, answer_s=QUICK_S) is None


def test_what_is_no_serial_port_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"ELM327 v1.5\r>")
    assert adapter_at(str(tmp_path / "file")) is None
    assert adapter_at(str(tmp_path / "nothing")) is None
