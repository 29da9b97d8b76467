"""The FMS database beside an open J1939 database and a recorded truck."""

from pathlib import Path

import numpy as np
import pytest

from edge.decode.database import load_database, read_layouts
from edge.decode.decoder import Binding, Decoder
from edge.decode.layout import MessageLayout, SignalLayout
from edge.frames import FrameBatch
from tests.mf4 import read_mf4
from tests.shared import ROOT

FMS = ROOT / "dbc" / "fms.dbc"
CAN = 1
APART = {("VW", "TyrePosition"), ("VW", "AxlePosition")}
"""Halves of what is one byte there."""


@pytest.fixture(scope="module")
def others(shared: Path) -> dict[int, MessageLayout]:
    messages = read_layouts(shared / "data" / "dbc" / "j1939-open.dbc").messages
    return {message.pgn: message for message in messages}


def place(signal: SignalLayout) -> tuple[int, int, bool]:
    return signal.start, signal.length, signal.big


def test_every_signal_is_where_the_open_database_has_it(others: dict[int, MessageLayout]) -> None:
    """It knows neither scales nor units (all are raw), so places are what can be compared; it lacks the lamps."""
    messages = read_layouts(FMS).messages
    missing = {message.name for message in messages} - {one.name for one in messages if one.pgn in others}
    assert missing == {"TTS", "HRLFC"}
    compared = 0
    for message in messages:
        if message.name in missing:
            continue
        places = {place(signal) for signal in others[message.pgn].signals}
        for signal in message.signals:
            if (message.name, signal.name) not in APART:
                assert place(signal) in places, (message.name, signal.name)
                compared += 1
    assert compared == 115


def test_scales_are_those_of_the_simulated_truck_where_both_have_a_signal() -> None:
    """That database was written from SAE J1939-71 apart from this one."""
    truck = {
        (message.pgn, place(signal)): (signal.scale, signal.offset)
        for message in read_layouts(ROOT / "dbc" / "telltale-truck.dbc").messages
        for signal in message.signals
    }
    both = [
        ((signal.scale, signal.offset), truck[message.pgn, place(signal)], (message.name, signal.name))
        for message in read_layouts(FMS).messages
        for signal in message.signals
        if (message.pgn, place(signal)) in truck
    ]
    assert len(both) > 30
    assert [name for ours, theirs, name in both if ours != theirs] == []


def test_a_recorded_truck(shared: Path) -> None:
    decoder = Decoder([Binding(load_database(FMS))])
    frames = list(read_mf4(shared / "data" / "can" / "j1939-truck.mf4", CAN))
    values: dict[str, list[float]] = {}
    for begin in range(0, len(frames), 8192):
        batch = decoder.decode(FrameBatch.of(frames[begin : begin + 8192]))
        for one in np.unique(batch.signal):
            values.setdefault(decoder.signals[one].path, []).extend(batch.value[batch.signal == one].tolist())
    counts = decoder.counts
    assert (counts.frames, counts.known.total(), counts.samples) == (139_136, 41_408, 173_140)
    distance, doors = values["Vehicle.TraveledDistance"], values["Vehicle.Telltale.Door.Door1.IsOpen"]
    assert (len(distance), max(distance)) == (417, 158_910_600)
    assert (len(doors), set(doors)) == (3_961, {0.0, 1.0})
    assert set(values["Vehicle.Speed"]) == {0.0}, "it stands, and its key goes on and off"
    assert max(values["Vehicle.Telltale.Air.Circuit1Pressure"]) == 944
    assert set(values["Vehicle.Chassis.ParkingBrake.IsEngaged"]) == {0.0, 1.0}
    assert len(values["Vehicle.Chassis.Accelerator.PedalPosition"]) == 15_964, "from each of several senders"
    assert not [path for path in values if path.startswith("Vehicle.Telltale.Lamp.")], "it has no FMS gateway"
