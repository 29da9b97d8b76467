"""Packing many frames at once says the same bits as cantools frame by frame."""

import math
from pathlib import Path
from typing import cast

import cantools.database
import numpy as np
import pytest
from cantools.database import Database
from hypothesis import given
from hypothesis import strategies as st

from edge.decode.encode import load_packers
from edge.errors import ConfigError
from tests.shared import ROOT

CAR = ROOT / "dbc" / "telltale-car.dbc"
DATABASE = cast("Database", cantools.database.load_file(CAR))
MESSAGES = [message.name for message in DATABASE.messages]
PACKERS = load_packers(CAR, MESSAGES)

ODD = """VERSION ""
BO_ 100 Mixed: 7 A
 SG_ Little : 3|11@1- (0.5,-3) [0|0] "" A
 SG_ Big : 31|13@0- (2,5) [0|0] "" A
 SG_ Wide : 47|16@0+ (0.001,0) [0|10] "" A
BO_ 200 Muxed: 8 A
 SG_ Which M : 0|8@1+ (1,0) [0|1] "" A
 SG_ One m0 : 8|8@1+ (1,0) [0|1] "" A
BO_ 300 Long: 12 A
 SG_ One : 0|8@1+ (1,0) [0|1] "" A
BO_ 400 Floating: 8 A
 SG_ One : 0|32@1- (1,0) [0|1] "" A
BO_ 2147484148 Extended: 1 A
 SG_ Falling : 0|8@1+ (-1,100) [0|0] "" A
SIG_VALTYPE_ 400 One : 1;
"""


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("dbc") / "odd.dbc"
    file.write_text(ODD, "utf-8")
    return file


@given(seed=st.integers(0, 2**32 - 1), name=st.sampled_from(MESSAGES))
def test_equal_to_cantools(seed: int, name: str) -> None:
    message, packer = DATABASE.get_message_by_name(name), PACKERS[name]
    rng = np.random.default_rng(seed)
    signals = [message.get_signal_by_name(signal) for signal in packer.signals]
    low = np.array([float(signal.minimum or 0.0) for signal in signals])
    high = np.array([float(signal.maximum or 0.0) for signal in signals])
    values = rng.uniform(low, high, (20, len(signals)))
    values[0], values[1] = low, high
    rows = packer.pack(values)
    assert rows.shape == (20, 8)
    for row, wanted in zip(rows, values, strict=True):
        by_name = dict(zip(packer.signals, wanted.tolist(), strict=True))
        assert row[: packer.length].tobytes() == message.encode(by_name)
        assert not row[packer.length :].any()


def test_byte_orders_signs_and_offsets_mixed(odd: Path) -> None:
    database = cast("Database", cantools.database.load_file(odd))
    packer = load_packers(odd, ["Mixed"])["Mixed"]
    message = database.get_message_by_name("Mixed")
    rng = np.random.default_rng(1)
    for _ in range(300):
        values = {"Little": rng.uniform(-515, 508.5), "Big": rng.uniform(-8187, 8195), "Wide": rng.uniform(0, 10)}
        row = packer.pack(np.array([[values[name] for name in packer.signals]]))[0]
        assert row[:7].tobytes() == message.encode({name: float(value) for name, value in values.items()})


def test_a_negative_scale_and_an_extended_id(odd: Path) -> None:
    packer = load_packers(odd, ["Extended"])["Extended"]
    assert (packer.id, packer.extended, packer.length) == (500, True, 1)
    assert packer.pack(np.array([[100.0], [-155.0], [-1000.0]]))[:, 0].tolist() == [0, 255, 255]


def test_beyond_the_range_is_the_end_of_the_range() -> None:
    packer = PACKERS["EngineThermal"]
    coolant = packer.signals.index("CoolantTemp")
    values = np.zeros((3, len(packer.signals)))
    values[:, coolant] = (-300.0, 400.0, math.inf)
    assert packer.pack(values)[:, 0].tolist() == [0, 255, 255]


def test_unknown_is_sent_as_all_ones() -> None:
    packer = PACKERS["WheelSpeeds"]
    assert packer.pack(np.array([[1.0, math.nan, 2.0, 3.0]]))[0].tolist() == [100, 0, 255, 255, 200, 0, 44, 1]


def test_no_rows_give_no_payloads() -> None:
    assert PACKERS["EngineThermal"].pack(np.zeros((0, 4))).shape == (0, 8)


@pytest.mark.parametrize(
    ("message", "problem"), [("Muxed", "multiplexed"), ("Long", "12 bytes"), ("Floating", "float"), ("Gone", "no such")]
)
def test_what_is_not_packed_is_refused_by_name(odd: Path, message: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem) as caught:
        load_packers(odd, [message])
    assert caught.value.place == message
    assert caught.value.file == str(odd)
    assert caught.value.remedy
