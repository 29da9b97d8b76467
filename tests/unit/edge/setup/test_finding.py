"""Interfaces and ports of a machine: real ones first, each port once and by a name that stays."""

from pathlib import Path

from edge.machine.interfaces import Interface
from edge.setup.finding import PORTS_MAX, find
from tests.programs import run

VCAN = Interface("vcan0", "vcan", None, is_up=True)
HAT = Interface("can1", "can", "mcp251x", is_up=True, bitrate=500_000, is_listen_only=True)
ADAPTER = Interface("can0", "can", "gs_usb", is_up=False)


def test_real_interfaces_go_before_virtual_ones_and_say_how_they_are_set(tmp_path: Path) -> None:
    found = find(tmp_path, known=lambda: [VCAN, HAT, ADAPTER])
    assert [(one.source, one.what) for one in found] == [
        ("can:can0", "gs_usb, down"),
        ("can:can1", "mcp251x, up, 500000 bit/s, listens only"),
        ("can:vcan0", "vcan, up"),
    ]
    assert [one.interface for one in found] == [ADAPTER, HAT, VCAN]


def test_a_port_is_found_once_by_its_best_name(tmp_path: Path) -> None:
    dev = tmp_path / "dev"
    (dev / "serial" / "by-id").mkdir(parents=True)
    for name in ("ttyUSB0", "ttyUSB1", "rfcomm0"):
        (dev / name).touch()
    (dev / "telltale-obd").symlink_to("ttyUSB0")
    (dev / "serial" / "by-id" / "usb-FTDI-0").symlink_to("../../ttyUSB0")
    (dev / "serial" / "by-id" / "usb-Prolific-1").symlink_to("../../ttyUSB1")
    assert [one.source for one in find(tmp_path, known=list)] == [
        "elm327:/dev/telltale-obd",
        "elm327:/dev/serial/by-id/usb-Prolific-1",
        "elm327:/dev/rfcomm0",
    ]


def test_there_may_be_nothing_and_there_is_never_too_much(tmp_path: Path) -> None:
    assert find(tmp_path, known=list) == []
    (tmp_path / "dev").mkdir()
    for number in range(PORTS_MAX + 5):
        (tmp_path / "dev" / f"rfcomm{number}").touch()
    assert len(find(tmp_path, known=list)) == PORTS_MAX


def test_a_port_that_is_not_there_is_told_as_that() -> None:
    done = run("telltale-edge", "setup", "--yes", "--bus", "elm327:/dev/nothing")
    assert (done.status, "there is no such port" in done.err) == (78, True)
