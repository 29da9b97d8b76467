"""The doctor and real controllers, as far as emulated ones are: down, not set, without frames, silent."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.machine.interfaces import interfaces
from tests.slcan import ip
from tests.vehicle.doctoring import Doctor, because, doctor_of, wrong

CONTROLLER = "can0"
pytestmark = pytest.mark.skipif(
    not Path(f"/sys/class/net/{CONTROLLER}/device").exists(), reason="no controllers on one wire here"
)


@pytest.fixture
def doctor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Doctor:
    return doctor_of(tmp_path, capsys)


@pytest.fixture
def controller() -> Iterator[str]:
    """Nobody else is on its wire."""
    ip(CONTROLLER, "down")
    yield CONTROLLER
    ip(CONTROLLER, "down")


def test_a_link_that_is_down_and_one_that_nobody_has_set(controller: str, doctor: Doctor) -> None:
    bitrate = next(one.bitrate for one in interfaces() if one.name == controller)
    told = doctor(f"can:{controller}", bus="bitrate = 500000")
    assert wrong(told) == ["bitrate" if bitrate is None else "link"]
    ip(controller, "type", "can", "bitrate", "500000", "listen-only", "on")
    told = doctor(f"can:{controller}", bus="bitrate = 500000")
    assert wrong(told) == ["link"]
    assert f"ip link set {controller} up" in told["link", "it"]["remedy"]
    assert "frames" in because(told, "link")


def test_no_frames_and_a_silent_connector(controller: str, doctor: Doctor) -> None:
    ip(controller, "type", "can", "bitrate", "500000", "listen-only", "on")
    ip(controller, "up")
    assert wrong(doctor(f"can:{controller}")) == ["frames"]
    told = doctor(f"can:{controller}", bus='ask = "obd"')
    assert wrong(told) == ["listen-only"]
    ip(controller, "down")
    ip(controller, "type", "can", "bitrate", "500000", "listen-only", "off")
    ip(controller, "up")
    told = doctor(f"can:{controller}", bus='ask = "obd"')
    assert wrong(told) == ["gateway"]
    assert f"--bus can:{controller} --silent-connector" in told["gateway", "it"]["remedy"]
    assert "frames" in because(told, "gateway")
