"""Bit rates: the right one is found by listening alone, and where none is right the link is as it was."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from edge.bitrate import Kind
from edge.errors import BusDown
from edge.frames import ERROR, NANOSECONDS, Frame, FrameBatch
from edge.machine.interfaces import Interface
from edge.setup.rates import RATES, Found, LinkEar, restore, search

MS = 1_000_000
MANY = dict.fromkeys(range(0x080, 0x094), 100)
FEW = {0x0C4: 10, 0x1A0: 50, 0x6F1: 100}
Heard = Callable[[int, int], list[Frame]]


def rhythm(ids: dict[int, int]) -> Heard:
    def heard(begin_ns: int, end_ns: int) -> list[Frame]:
        frames = [
            Frame(time, identifier, bytes([time // MS & 0xFF, 0, 0xFF]))
            for identifier, period in ids.items()
            for time in range(begin_ns + identifier * 5 % period * MS, end_ns, period * MS)
        ]
        return sorted(frames, key=lambda frame: frame.time)

    return heard


def noise(begin_ns: int, end_ns: int) -> list[Frame]:
    """Ids that do not come again, without an error frame."""
    rng = np.random.default_rng(begin_ns)
    times = sorted(rng.integers(begin_ns, end_ns, 400).tolist())
    return [Frame(time, int(rng.integers(2048)), rng.bytes(int(rng.integers(9)))) for time in times]


def errors(begin_ns: int, end_ns: int) -> list[Frame]:
    return [Frame(time, 0x88, bytes(8), flags=ERROR) for time in range(begin_ns, end_ns, 20 * MS)]


def silence(begin_ns: int, end_ns: int) -> list[Frame]:
    del begin_ns, end_ns
    return []


class WireEar:
    """A bus whose controller hears at each rate what it would there."""

    def __init__(self, right: int | None, heard: Heard, elsewhere: Heard) -> None:
        self._right, self._heard, self._elsewhere = right, heard, elsewhere
        self._now_ns = 0
        self._bitrate = 0
        self.tuned: list[int] = []

    def tune(self, bitrate: int) -> None:
        self._bitrate = bitrate
        self.tuned.append(bitrate)

    def listen(self, seconds: float) -> list[FrameBatch]:
        begin_ns, self._now_ns = self._now_ns, self._now_ns + round(seconds * NANOSECONDS)
        heard = self._heard if self._bitrate == self._right else self._elsewhere
        return [FrameBatch.of(heard(begin_ns, self._now_ns))]


def searched(ear: WireEar) -> tuple[Found, list[str]]:
    told: list[str] = []
    return search(ear, RATES, told.append), told


@pytest.mark.parametrize("elsewhere", [noise, errors, silence], ids=["noise", "error frames", "silence"])
@pytest.mark.parametrize("right", RATES)
def test_the_right_rate_is_found_whatever_is_heard_at_others(right: int, elsewhere: Heard) -> None:
    found, told = searched(ear := WireEar(right, rhythm(MANY), elsewhere))
    assert found.bitrate == right
    assert ear.tuned == list(RATES[: RATES.index(right) + 1])
    assert told[-1] == f"{right:>9,} bit/s: {found.heard[right]}"
    assert not any(found.heard[rate].is_right for rate in ear.tuned[:-1])


def test_a_bus_of_few_ids_is_heard_at_every_rate_before_it_is_believed() -> None:
    found, _ = searched(ear := WireEar(500_000, rhythm(FEW), noise))
    assert (found.bitrate, ear.tuned) == (500_000, list(RATES))


def test_a_bus_that_says_little_is_listened_to_for_longer() -> None:
    found, _ = searched(WireEar(250_000, rhythm({0x100: 250, 0x200: 500}), silence))
    assert found.bitrate == 250_000
    assert found.heard[250_000].frames >= 24


@pytest.mark.parametrize(
    ("elsewhere", "why"),
    [(silence, "is the ignition on"), (noise, "no rate is right"), (errors, "CAN-H and CAN-L exchanged")],
)
def test_where_no_rate_is_right_it_is_said_why_and_what_to_do(elsewhere: Heard, why: str) -> None:
    found, told = searched(WireEar(None, silence, elsewhere))
    assert found.bitrate is None
    assert why in found.why
    assert found.is_silent == (elsewhere is silence)
    assert len(told) == len(RATES)


def test_two_rates_that_are_as_good_as_each_other_are_left_to_a_person() -> None:
    found, _ = searched(WireEar(None, silence, rhythm(FEW)))
    assert found.bitrate is None
    assert "say which by --bitrate" in found.why


def test_a_lone_sender_is_found_at_once_and_named() -> None:
    def repeated(begin_ns: int, end_ns: int) -> list[Frame]:
        return [Frame(time, 0x123, b"\1" * 8) for time in range(begin_ns, end_ns, 230_000)]

    found, _ = searched(ear := WireEar(500_000, repeated, silence))
    assert (found.bitrate, found.is_lone, ear.tuned) == (500_000, True, [500_000])
    assert found.heard[500_000].kind is Kind.LONE_SENDER


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What an `ip` that does nothing was asked for."""
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "ip").write_text(f'#!/bin/sh\necho "$@" >> {tmp_path / "asked"}\n')
    (tmp_path / "ip").chmod(0o755)
    return tmp_path / "asked"


def test_a_link_is_tuned_without_taking_part(asked: Path) -> None:
    ear = LinkEar("ttnone0")
    with suppress(Exception):  # where there is no CAN at all, or no such interface
        ear.tune(250_000)
    ear.close()
    assert asked.read_text().splitlines() == [
        "link set ttnone0 down",
        "link set ttnone0 type can bitrate 250000 restart-ms 0 listen-only on",
        "link set ttnone0 up",
    ]


def test_an_ear_that_was_never_tuned_hears_nothing() -> None:
    with pytest.raises(BusDown, match="set to no bit rate"):
        LinkEar("ttnone0").listen(1.0)


def test_what_was_up_before_is_set_as_it_was(asked: Path) -> None:
    before = Interface("can0", "can", "mcp251x", is_up=True, bitrate=125_000, is_listen_only=False, restart_ms=100)
    assert restore(before) == "can0 is at 125000 bit/s again, as before"
    assert asked.read_text().splitlines()[1:] == [
        "link set can0 type can bitrate 125000 restart-ms 100 listen-only off",
        "link set can0 up",
    ]


def test_what_was_down_before_is_left_down(asked: Path) -> None:
    before = Interface("can0", "can", "mcp251x", is_up=False, bitrate=125_000)
    assert restore(before) == "can0 is left down"
    assert asked.read_text().splitlines() == ["link set can0 down"]


def test_an_interface_that_cannot_be_set_any_more_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    up = Interface("can0", "can", None, is_up=True, bitrate=125_000)
    assert restore(up).startswith("can0 cannot be set as it was before: ")
    assert "set it down" in restore(Interface("can0", "can", None, is_up=False))
