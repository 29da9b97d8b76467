"""What diagnostic messages of heavy vehicles say; what is not available is unknown, and nothing raises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.diagnostics.findings import Lamp, SinceCleared
from edge.diagnostics.j1939 import messages
from edge.diagnostics.j1939.messages import Trouble


def test_a_code_is_taken_apart() -> None:
    assert messages.trouble(bytes.fromhex("6e00030c")) == Trouble(110, 3, 12)
    assert messages.trouble(bytes.fromhex("c011e97f")) == Trouble(0x711C0, 9, None)
    assert Trouble(110, 0, 1).text == "SPN 110 FMI 0"


@pytest.mark.parametrize("octets", ["00000000", "ffffffff", "6e000a8c", "6e00"])
def test_no_code_an_old_method_and_a_cut_one_are_none(octets: str) -> None:
    assert messages.trouble(bytes.fromhex(octets)) is None
    assert messages.ambiguous(b"\xff\xff" + bytes.fromhex(octets)) == (octets == "6e000a8c")


@given(st.integers(0, 0x7FFFF), st.integers(0, 31), st.integers(0, 126))
def test_every_code_comes_back(spn: int, fmi: int, count: int) -> None:
    raw = bytes((spn & 0xFF, spn >> 8 & 0xFF, spn >> 16 << 5 | fmi, count))
    told = messages.trouble(raw)
    assert told == (Trouble(spn, fmi, count) if any(raw) else None)


@pytest.mark.parametrize(
    ("octets", "lamps"),
    [
        ("ffff", {}),
        ("00ff", dict.fromkeys(messages.LAMPS, Lamp.OFF)),
        ("7fff", {"mil": Lamp.ON}),
        ("7f3f", {"mil": Lamp.SLOW_FLASH}),
        ("7f7f", {"mil": Lamp.FAST_FLASH}),
        ("dfdf", {"red_stop": Lamp.FAST_FLASH}),
        ("bfff", {}),
        ("40", {}),
    ],
)
def test_lamps_and_how_they_flash(octets: str, lamps: dict[str, Lamp]) -> None:
    assert messages.lamps(bytes.fromhex(octets)) == lamps


def test_numbers_that_are_not_available_are_unknown() -> None:
    assert messages.since_cleared(bytes.fromhex("0000110000001600")) == SinceCleared(None, 17, 22)
    assert messages.since_cleared(bytes.fromhex("fffffffffffffeff")) == SinceCleared()
    assert messages.hours_h(bytes.fromhex("a0860100")) == pytest.approx(5000.0)
    assert messages.hours_h(b"\xff" * 8) is None
    assert messages.distance_km(bytes.fromhex("0000000040420f00"), fine=False) == pytest.approx(125_000.0)
    assert messages.distance_km(bytes.fromhex("40420f00"), fine=True) == pytest.approx(5_000.0)
    assert messages.distance_km(b"\xff" * 8, fine=True) is None


def test_a_freeze_frame_tells_what_every_maker_tells_alike() -> None:
    frame = bytes.fromhex("6e000301" + "00" + "32" + "803e" + "50" + "82" + "0050" + "ff")
    ((code, values),) = messages.freeze_frames(bytes([len(frame)]) + frame)
    assert code.text == "SPN 110 FMI 3"
    assert values == {
        "Vehicle.Powertrain.CombustionEngine.MAP": 100.0,
        "Vehicle.Powertrain.CombustionEngine.Speed": 2000.0,
        "Vehicle.OBD.EngineLoad": 80.0,
        "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature": 90.0,
        "Vehicle.Speed": 80.0,
    }


def test_readiness_and_calibrations() -> None:
    ready = messages.readiness(bytes.fromhex("0201142600040004"))
    assert ready is not None
    assert [(one.name, one.complete) for one in ready.monitors] == [
        ("fuel_system", False), ("components", True), ("particulate_filter", False)
    ]  # fmt: skip
    told = bytes.fromhex("e7921c5a") + b"TT18E-0412".ljust(16, b"\0")
    assert list(messages.calibrations(told * 2)) == [("TT18E-0412", "5A1C92E7")] * 2


@given(st.binary(max_size=60))
def test_nothing_that_is_sent_raises(payload: bytes) -> None:
    list(messages.troubles(payload))
    list(messages.freeze_frames(payload))
    list(messages.calibrations(payload))
    for read in (messages.lamps, messages.readiness, messages.since_cleared, messages.hours_h, messages.ambiguous):
        read(payload)
    for fine in (False, True):
        messages.distance_km(payload, fine=fine)
