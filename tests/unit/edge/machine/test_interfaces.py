"""Interfaces as a kernel told them: recorded answers to RTM_GETLINK, of two controllers and two virtual buses."""

import socket
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import EdgeError
from edge.machine import netlink
from edge.machine.interfaces import Counted, Interface, State, interfaces

RECORDED = Path(__file__).parent / "recorded"
UP = (RECORDED / "up.netlink").read_bytes()


def told(recording: str) -> dict[str, Interface]:
    raw = (RECORDED / f"{recording}.netlink").read_bytes()
    return {one.name: one for one in interfaces(Path("/nowhere"), ask=lambda: raw)}


def test_controllers_that_were_never_set() -> None:
    found = told("never_set")
    assert list(found) == ["can0", "can1", "vcan0", "vcan1"]
    can0 = found["can0"]
    assert (can0.kind, can0.is_up, can0.is_virtual) == ("can", False, False)
    assert (can0.bitrate, can0.sample_point, can0.data_bitrate) == (None, None, None)
    assert (can0.state, can0.is_listen_only, can0.restart_ms) == (State.STOPPED, False, 0)
    assert can0.queue == 10
    assert can0.counted == Counted(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def test_what_an_installer_has_set() -> None:
    can0, can1 = told("set_and_down")["can0"], told("set_and_down")["can1"]
    assert (can0.is_up, can0.bitrate, can0.sample_point) == (False, 500_000, 0.875)
    assert (can0.is_listen_only, can1.is_listen_only) == (True, False)
    assert (can0.restart_ms, can1.restart_ms) == (100, 0)
    up = told("up")["can0"]
    assert (up.is_up, up.state, up.transmit_errors, up.receive_errors) == (True, State.ERROR_ACTIVE, 0, 0)


def test_of_a_virtual_bus_nothing_is_told_that_only_a_controller_has() -> None:
    vcan0 = told("up")["vcan0"]
    assert (vcan0.kind, vcan0.is_virtual, vcan0.is_up, vcan0.queue) == ("vcan", True, True, 1000)
    unknown = (vcan0.driver, vcan0.bitrate, vcan0.state, vcan0.is_listen_only, vcan0.restart_ms, vcan0.counted.bus_off)
    assert unknown == (None,) * 6
    assert vcan0.counted.received == 0


def test_the_driver_is_what_sysfs_links_to(tmp_path: Path) -> None:
    device = tmp_path / "sys/class/net/can0/device"
    device.mkdir(parents=True)
    (device / "driver").symlink_to("../../../bus/spi/drivers/mcp251x")
    drivers = {one.name: one.driver for one in interfaces(tmp_path, ask=lambda: UP)}
    assert drivers == {"can0": "mcp251x", "can1": None, "vcan0": None, "vcan1": None}


@given(data=st.data())
def test_whatever_is_damaged_is_told_or_left_out(data: st.DataObject) -> None:
    damaged = bytearray(UP)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(damaged[: data.draw(st.integers(0, len(damaged)))])
    for one in interfaces(Path("/nowhere"), ask=lambda: cut):
        assert one.name
        assert one.name.isprintable()
        assert one.bitrate is None or 0 < one.bitrate < 0xFFFF_FFFF


@given(raw=st.binary(max_size=400))
def test_any_bytes_are_attributes_as_far_as_they_are_whole(raw: bytes) -> None:
    found = list(netlink.attributes(raw))
    assert len(found) <= netlink.ATTRIBUTES_MAX
    assert sum(len(content) + 4 for _, content in found) <= len(raw)


def test_attributes_are_bounded() -> None:
    many = struct.pack("=HH", 4, 1) * 1000
    assert len(list(netlink.attributes(many))) == netlink.ATTRIBUTES_MAX


def test_an_attribute_of_no_length_ends_them() -> None:
    assert list(netlink.attributes(struct.pack("=HHI", 8, 3, 7) + bytes(8))) == [(3, struct.pack("=I", 7))]


def test_this_machine_tells_what_it_has() -> None:
    names = {link.attributes[3].rstrip(b"\0").decode() for link in netlink.links(netlink.dump())}
    assert names == {name for _, name in socket.if_nameindex()}
    assert [one.name for one in interfaces()] == sorted(name for name in names if _is_can(name))


def _is_can(name: str) -> bool:
    return Path("/sys/class/net", name, "type").read_text().strip() == "280"


def test_a_kernel_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "AF_NETLINK", socket.AF_INET6 + 200)
    with pytest.raises(EdgeError, match="does not tell its network interfaces"):
        interfaces()
