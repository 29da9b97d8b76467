"""Real answers to a logger's questions: what we make of them is what others' databases and cantools make of them.

The comparison shares nothing with our listener: payloads are put together here, by hand and by can-isotp.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import cantools
import isotp
import pytest
from cantools.database import Database
from cantools.database.can import Message

from edge.decode.answers import Answers
from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.decode.did_entries import DidEntry, DidSignal
from edge.decode.dids import declared
from edge.frames import EXTENDED, Frame, FrameBatch
from tests.mf4 import read_mf4

CAN = 1
"""The channel of the bus; GPS is another."""
CAR_ANSWERS = 6_601
ENGINE, BATTERY = 0x7E8, 0x7BB
ROUNDED = 1e-5
"""Their factor of 100/255 has five digits; all other values are equal."""
WINDOWS = (1, 3, 64, 4096)
Said = list[tuple[int, str, float]]
"""Time, path, value."""
BY_PID: Mapping[int, str] = {
    0x04: "Vehicle.OBD.EngineLoad",
    0x05: "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature",
    0x0B: "Vehicle.Powertrain.CombustionEngine.MAP",
    0x0C: "Vehicle.Powertrain.CombustionEngine.Speed",
    0x0D: "Vehicle.Speed",
    0x11: "Vehicle.Powertrain.CombustionEngine.TPS",
    0x2F: "Vehicle.Powertrain.FuelSystem.RelativeLevel",
    0x33: "Vehicle.OBD.BarometricPressure",
    0x42: "Vehicle.OBD.ControlModuleVoltage",
    0x62: "Vehicle.Telltale.Engine.PercentTorque",
}


@pytest.fixture(scope="module")
def car(shared: Path) -> list[Frame]:
    return list(read_mf4(shared / "data" / "can" / "obd2-gps-car.mf4", CAN))


@pytest.fixture(scope="module")
def ev(shared: Path) -> list[Frame]:
    return list(read_mf4(shared / "data" / "can" / "uds-ev.mf4", CAN))


def ours(decoder: Decoder, frames: Sequence[Frame], window: int) -> Said:
    said: Said = []
    for begin in range(0, len(frames), window):
        found = decoder.decode(FrameBatch.of(frames[begin : begin + window]))
        rows = zip(found.time.tolist(), found.signal.tolist(), found.value.tolist(), strict=True)
        said += [(time, decoder.signals[signal].path, value) for time, signal, value in rows]
    return said


def message_of(file: Path, name: str) -> Message:
    database = cast("Database", cantools.database.load_file(file, strict=False))
    return database.get_message_by_name(name)


def numbers(message: Message, payload: bytes) -> dict[str, float]:
    said = message.decode(payload, decode_choices=False, allow_truncated=True)
    return {name: float(cast("float", value)) for name, value in cast("Mapping[str, object]", said).items()}


def by_hand(frames: Sequence[Frame], unit: int) -> Iterator[tuple[int, bytes]]:
    """Time and payload of each answer, as long as nothing is lost (in these recordings nothing is)."""
    length, parts = 0, b""
    for frame in (one for one in frames if one.id == unit):
        kind = frame.payload[0] >> 4
        if kind == 0:
            yield frame.time, frame.payload[1 : 1 + frame.payload[0]]
        elif kind == 1:
            length, parts = int.from_bytes(frame.payload[:2], "big") & 0xFFF, frame.payload[2:]
        else:
            parts += frame.payload[1:]
            if len(parts) >= length:
                yield frame.time, parts[:length]


def by_library(frames: Sequence[Frame], unit: int) -> Iterator[bytes]:
    """Payloads as can-isotp puts them together; its flow control goes nowhere."""
    waiting = [isotp.CanMessage(arbitration_id=one.id, data=one.payload) for one in frames if one.id == unit]
    layer = isotp.TransportLayerLogic(
        rxfn=lambda timeout: waiting.pop(0) if waiting else None,  # noqa: ARG005  # its name is theirs
        txfn=lambda message: None,  # noqa: ARG005
        address=isotp.Address(isotp.AddressingMode.Normal_11bits, rxid=unit, txid=0x700),
        params={"blocksize": 0, "stmin": 0},
    )
    while waiting:
        layer.process(do_tx=True)
        while layer.available():
            yield bytes(layer.recv() or b"")


@pytest.mark.parametrize("window", WINDOWS)
def test_every_answer_of_the_car_has_the_value_that_its_database_gives(
    car: list[Frame], shared: Path, window: int
) -> None:
    theirs = message_of(shared / "data" / "dbc" / "OBD-v4.4.dbc", "OBD_RX")
    decoder = Decoder([], answers=Answers())
    said = ours(decoder, car, window)
    expected: Said = []
    for frame in car:
        if frame.id == ENGINE:
            values = numbers(theirs, frame.payload)
            pid = int(values["S01PID"])
            [name] = [one for one in values if one.startswith(f"S01PID{pid:02X}_")]
            expected.append((frame.time, BY_PID[pid], values[name]))
    assert [one[:2] for one in said] == [one[:2] for one in expected]
    assert [one[2] for one in said] == pytest.approx([one[2] for one in expected], rel=ROUNDED)
    assert len(said) == CAR_ANSWERS
    assert decoder.counts.answered == {"whole": CAR_ANSWERS, "read": CAR_ANSWERS}
    print(f"{len(said)} values of {len(BY_PID)} PIDs are those of OBD-v4.4.dbc")


@pytest.mark.parametrize("window", WINDOWS)
def test_the_cars_database_says_of_whole_answers_what_cantools_says_of_frames(
    car: list[Frame], shared: Path, window: int
) -> None:
    file = shared / "data" / "dbc" / "OBD-v4.4.dbc"
    theirs, decoder = message_of(file, "OBD_RX"), Decoder([Binding(load_database(file))], answers=Answers())
    said = [one for one in ours(decoder, car, window) if one[1].startswith("dbc.")]
    expected = [
        (frame.time, f"dbc.OBD_RX.{name}", value)
        for frame in car
        if frame.id == ENGINE
        for name, value in numbers(theirs, frame.payload).items()
    ]
    assert sorted(said) == sorted(expected)
    assert len(said) > 3 * CAR_ANSWERS - 1
    print(f"{len(said)} samples of OBD-v4.4.dbc are those of cantools")


@pytest.mark.parametrize("window", WINDOWS)
def test_answers_of_the_electric_car_are_put_together_as_others_do(ev: list[Frame], shared: Path, window: int) -> None:
    file = shared / "data" / "dbc" / "tp_uds_nissan.dbc"
    theirs, decoder = message_of(file, "SoC_Temp"), Decoder([Binding(load_database(file))], answers=Answers())
    payloads = list(by_hand(ev, BATTERY))
    assert [payload for _, payload in payloads] == list(by_library(ev, BATTERY))
    expected = [
        (time, f"dbc.SoC_Temp.{name}", value)
        for time, payload in payloads
        for name, value in numbers(theirs, bytes([len(payload)]) + payload).items()
    ]
    said = ours(decoder, ev, window)
    assert sorted(said) == sorted(expected)
    assert len(payloads) == 26
    assert len(said) == 104
    assert decoder.counts.answered == {"whole": 26}
    charge = [value for _, path, value in said if path.endswith(".SoC")]
    assert 0 < min(charge) <= max(charge) <= 100
    print(f"{len(payloads)} answers, {len(said)} samples of tp_uds_nissan.dbc are those of cantools")


def test_what_a_profile_says_of_the_electric_car_gives_the_same_as_its_database(ev: list[Frame], shared: Path) -> None:
    entries = [
        DidEntry(response="7BB", did="01", signals=[DidSignal(name="SoC", byte=31, bits=24, scale=0.0001)]),
        DidEntry(response="7BB", did="04", signals=[DidSignal(name=f"T{n}", byte=2 + 3 * n) for n in (0, 1, 3)]),
    ]
    profile = ours(Decoder([], answers=Answers(declared(entries, Path("-")))), ev, 64)
    file = shared / "data" / "dbc" / "tp_uds_nissan.dbc"
    database = ours(Decoder([Binding(load_database(file))], answers=Answers()), ev, 64)
    names = {"SoC": "SoC", "T0": "BatPackTemp1", "T1": "BatPackTemp2", "T3": "BatPackTemp4"}
    renamed = [(time, f"dbc.SoC_Temp.{names[path.rpartition('.')[2]]}", value) for time, path, value in profile]
    wanted = {f"dbc.SoC_Temp.{name}" for name in names.values()}
    assert sorted(renamed) == sorted(one for one in database if one[1] in wanted)
    assert len(renamed) == 52


def test_a_database_that_calls_itself_j1939s_is_read_from_answers_on_29_bits_alone(shared: Path) -> None:
    file = shared / "data" / "dbc" / "OBD-v4.4.dbc"
    decoder = Decoder([Binding(load_database(file))], answers=Answers())
    payload = bytes.fromhex("04410C1AF8AAAAAA")
    asked, answered = Frame(0, 0x18DA10F1, payload, flags=EXTENDED), Frame(1, 0x18DAF110, payload, flags=EXTENDED)
    said = ours(decoder, [asked, answered], 2)
    assert {time for time, _, _ in said} == {1}, "what a tester sends is no answer"
    expected = numbers(message_of(file, "OBD_RX_EXT"), payload)
    assert {path: value for _, path, value in said if path.startswith("dbc.")} == {
        f"dbc.OBD_RX_EXT.{name}": value for name, value in expected.items()
    }
    assert (1, BY_PID[0x0C], 1726.0) in said
