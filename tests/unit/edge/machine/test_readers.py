"""What a machine tells of itself, from trees as kernels lay them out, and from trees in which nothing makes sense."""

import os
import platform
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.machine.board import Supply, board
from edge.machine.disks import cards, room
from edge.machine.kernel import kernel
from edge.machine.programs import PYTHON_MIN, PYTHON_TRIED, python, where
from edge.machine.reading import BYTES_MAX, text_of
from edge.machine.serial_ports import Node, node, serial_ports, user_of
from edge.machine.time_of_day import time_of_day
from tests.folders import folder_for_the_run
from tests.shared import ROOT
from tests.small_disks import fill, remount, small_disk

MESS = folder_for_the_run()
THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"


def tree(root: Path, **files: str) -> Path:
    """`__` in a name stands for a slash."""
    for name, text in files.items():
        file = root / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def test_of_an_empty_tree_nothing_is_known(tmp_path: Path) -> None:
    found = kernel(tmp_path)
    assert (found.release, list(found.loaded), found.there, found.socket_bytes_max) == (None, [], None, None)
    assert found.lacks("can") is None
    assert (board(tmp_path).model, board(tmp_path).supply, list(board(tmp_path).zones)) == (None, None, [])
    assert cards(tmp_path) == []
    assert serial_ports(tmp_path) == []
    assert node("/dev/ttyUSB0", tmp_path) is None


def test_modules_of_can_are_loaded_there_built_in_or_lacking(tmp_path: Path) -> None:
    release = "6.12.34+rpt-rpi-v8"
    modules = tmp_path / "lib/modules" / release
    tree(
        tmp_path,
        proc__sys__kernel__osrelease=f"{release}\n",
        proc__modules="mcp251x 24576 0 - Live 0x0000000000000000\ncan_dev 45056 1 mcp251x, Live 0x0\n",
    )
    modules.mkdir(parents=True)
    assert kernel(tmp_path).there is None, "without its list nobody says"
    (modules / "modules.dep").write_text(
        "kernel/net/can/can.ko.xz:\nkernel/net/can/can-raw.ko.xz: kernel/net/can/can.ko.xz\n"
        "kernel/drivers/net/can/usb/gs_usb.ko.xz: kernel/drivers/net/can/dev/can-dev.ko.xz\n"
    )
    (modules / "modules.builtin").write_text("kernel/drivers/net/can/vcan.ko\n")
    found = kernel(tmp_path)
    assert list(found.loaded) == ["can_dev", "mcp251x"]
    assert found.there is not None
    assert list(found.there) == ["can", "can_raw", "gs_usb", "vcan"]
    assert [found.lacks(name) for name in ("can", "can_dev", "slcan")] == [False, False, True]


@pytest.mark.parametrize(
    ("flags", "supply"),
    [
        ("0", Supply(False, False, False, False, False)),
        ("50005", Supply(True, True, True, True, False)),
        ("0x50000", Supply(False, True, False, True, False)),
        ("80008", Supply(False, False, True, True, True)),
        ("10001\n", Supply(True, True, False, False, False)),
    ],
)
def test_what_the_firmware_says_of_the_supply(tmp_path: Path, flags: str, supply: Supply) -> None:
    tree(tmp_path, **{THROTTLED.replace("/", "__"): flags})
    assert board(tmp_path).supply == supply


def test_the_firmware_of_another_board_lies_elsewhere(tmp_path: Path) -> None:
    place = "sys__devices__platform__soc@107c000000__soc@107c000000:firmware__get_throttled"
    assert board(tree(tmp_path, **{place: "1"})).supply == Supply(True, False, False, False, False)


def test_without_the_firmware_the_monitor_of_the_supply_tells(tmp_path: Path) -> None:
    tree(tmp_path, sys__class__hwmon__hwmon0__name="cpu_thermal\n", sys__class__hwmon__hwmon1__name="rpi_volt\n")
    assert board(tmp_path).supply is None
    tree(tmp_path, sys__class__hwmon__hwmon1__in0_lcrit_alarm="1\n")
    assert board(tmp_path).supply == Supply(True, None, None, None, None)


def test_thermometers_with_the_limit_of_the_kernel(tmp_path: Path) -> None:
    zone = "sys__class__thermal__thermal_zone0__"
    tree(
        tmp_path,
        proc__device_tree="",
        **{f"{zone}temp": "48312\n", f"{zone}type": "cpu-thermal\n", f"{zone}trip_point_0_type": "passive\n"},
        **{f"{zone}trip_point_1_type": "critical\n", f"{zone}trip_point_1_temp": "110000\n"},
        sys__class__thermal__thermal_zone1__temp="nothing\n",
    )
    [only] = board(tmp_path).zones
    assert (only.name, only.celsius, only.critical_celsius) == ("cpu-thermal", 48.312, 110.0)


@pytest.mark.parametrize(
    ("life", "reserve", "worn", "left"),
    [
        ("0x01 0x02\n", "0x01\n", 20, 1),
        ("0x00 0x00\n", "0x00\n", None, None),
        ("0x0b 0x01\n", "0x03\n", 110, 3),
        ("0x0c 0xff\n", "0x09\n", None, None),
        ("", "", None, None),
        ("what\n", "ever\n", None, None),
    ],
)
def test_how_worn_a_card_says_it_is(
    tmp_path: Path, life: str, reserve: str, worn: int | None, left: int | None
) -> None:
    device = "sys__block__mmcblk0__device__"
    tree(tmp_path, **{f"{device}life_time": life, f"{device}pre_eol_info": reserve, f"{device}type": "MMC\n"})
    tree(tmp_path, sys__block__mmcblk0boot0__device__life_time="0x0b 0x0b\n")
    [card] = cards(tmp_path)
    assert (card.name, card.kind, card.worn_percent, card.reserve) == ("mmcblk0", "MMC", worn, left)


def test_a_card_that_tells_nothing(tmp_path: Path) -> None:
    tree(tmp_path, sys__block__mmcblk0__device__type="SD\n")
    [card] = cards(tmp_path)
    assert (card.kind, card.worn_percent, card.reserve) == ("SD", None, None)


@pytest.mark.parametrize("kind", ["tmpfs", "ext4"])
def test_room_on_a_real_disk(tmp_path: Path, kind: str) -> None:
    with small_disk(kind, tmp_path, 8) as disk:
        before = room(disk / "a folder" / "to come")
        fill(disk)
        after = room(disk)
        remount(disk, "ro")
        locked = room(disk)
        remount(disk, "rw")
    assert before is not None
    assert after is not None
    assert locked is not None
    assert before.bytes_free > 3_000_000
    assert after.bytes_free < 100_000
    assert (after.is_read_only, locked.is_read_only) == (False, True)
    assert after.bytes_all == before.bytes_all


def test_adapters_by_names_that_stay_first(tmp_path: Path) -> None:
    tree(tmp_path, dev__ttyUSB0="", dev__rfcomm0="")
    (tmp_path / "dev/serial/by-id").mkdir(parents=True)
    (tmp_path / "dev/serial/by-id/usb-FTDI_FT232R-if00-port0").symlink_to("../../ttyUSB0")
    (tmp_path / "dev/telltale-obd").symlink_to("ttyUSB0")
    found = serial_ports(tmp_path)
    assert found[:2] == ["/dev/telltale-obd", "/dev/serial/by-id/usb-FTDI_FT232R-if00-port0"]
    assert found[2:] == ["/dev/rfcomm0", "/dev/ttyUSB0"]
    assert node("/dev/telltale-obd", tmp_path) is not None
    (tmp_path / "dev/ttyUSB0").unlink()
    assert node("/dev/telltale-obd", tmp_path) is None, "a name of nothing"


@given(mode=st.integers(0, 0o777), owner=st.integers(0, 3), group=st.integers(0, 3), user=st.integers(0, 3))
def test_who_may_open_a_device(mode: int, owner: int, group: int, user: int) -> None:
    """As path_resolution(7) has it: the first of owner, group and others that fits decides alone."""
    bits = f"{mode:09b}"
    part = bits[0:3] if user == owner else bits[3:6] if group == 2 else bits[6:9]
    wanted = user == 0 or part[:2] == "11"
    assert Node("/dev/x", mode, owner, group).lets(user, [2]) is wanted


def test_names_of_users_and_groups() -> None:
    root = user_of("root")
    assert root is not None
    assert root[0] == 0
    assert user_of("nobody of this name") is None
    assert Node("/dev/x", 0, 0, 0).group_name == "root"
    assert Node("/dev/x", 0, 0, 4_000_123).group_name == "4000123"


def test_this_python_and_which_are_supported() -> None:
    found = python()
    assert found.version == sys.version_info[:3]
    assert (found.architecture, found.bits) == (platform.machine(), 64)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == f">={PYTHON_MIN[0]}.{PYTHON_MIN[1]}"
    tried = [one.rpartition(":: ")[2] for one in project["classifiers"] if "Python :: 3." in one]
    assert max(tried, key=lambda text: int(text[2:])) == f"{PYTHON_TRIED[0]}.{PYTHON_TRIED[1]}"


def test_where_a_program_lies(tmp_path: Path) -> None:
    (tmp_path / "espeak-ng").write_text("")
    assert where("espeak-ng", str(tmp_path)) is None, "nobody may run it"
    (tmp_path / "espeak-ng").chmod(0o755)
    assert where("espeak-ng", str(tmp_path)) == str(tmp_path / "espeak-ng")


@pytest.mark.parametrize(("year", "is_set"), [(1970, False), (2025, False), (2026, True)])
def test_a_clock_that_was_never_set(tmp_path: Path, year: int, is_set: bool) -> None:
    now = time_of_day(tmp_path, utc=datetime(year, 1, 1, 0, 2, tzinfo=UTC))
    assert (now.is_set, now.is_synced, now.has_clock_chip) == (is_set, False, False)
    tree(tmp_path, sys__class__rtc__rtc0__name="rtc-ds1307\n")
    assert time_of_day(tmp_path).has_clock_chip
    assert abs((time_of_day(tmp_path).utc - datetime.now(UTC)).total_seconds()) < 60


@given(content=st.binary(max_size=200))
def test_whatever_stands_in_these_files_is_read_or_unknown(content: bytes) -> None:
    root = MESS
    for name in (THROTTLED, "proc/modules", "proc/sys/net/core/rmem_max", "sys/class/thermal/thermal_zone0/temp"):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    device = root / "sys/block/mmcblk0/device"
    device.mkdir(parents=True, exist_ok=True)
    for name in ("life_time", "pre_eol_info", "type"):
        (device / name).write_bytes(content)
    board(root)
    kernel(root)
    [card] = cards(root)
    assert card.worn_percent is None or 10 <= card.worn_percent <= 110


def test_what_is_read_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * (BYTES_MAX + 10))
    assert len(text_of(tmp_path / "large") or "") == BYTES_MAX
    assert text_of(tmp_path) is None
    if os.geteuid() == 0:
        assert text_of(Path("/proc/self/mem")) is None, "a file that cannot be read at its beginning"
