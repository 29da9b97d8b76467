"""dbc/telltale-truck.dbc against SAE J1939-71, against the senders, and against VSS."""

import csv
import tomllib
from dataclasses import replace
from pathlib import Path

import cantools.database
import numpy as np
import pytest
from cantools.database import Database

from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.decode.encode import load_packers
from edge.simulator.broadcast import Network
from edge.simulator.life import Life
from edge.simulator.truck.senders import SENDERS
from edge.simulator.truck.truck import COLUMNS, Truck
from edge.simulator.truck.units import ADDRESSES
from tests.shared import ROOT

FILE = ROOT / "dbc" / "telltale-truck.dbc"
SAE = {
    # SPN: (PGN, first bit, bits, scale, offset), SAE J1939-71
    190: (61444, 24, 16, 0.125, 0),
    512: (61444, 8, 8, 1, -125),
    513: (61444, 16, 8, 1, -125),
    91: (61443, 8, 8, 0.4, 0),
    92: (61443, 16, 8, 1, 0),
    84: (65265, 8, 16, 1 / 256, 0),
    523: (61445, 24, 8, 1, -125),
    526: (61445, 8, 16, 0.001, 0),
    191: (61442, 8, 16, 0.125, 0),
    520: (61440, 8, 8, 1, -125),
    521: (61441, 8, 8, 0.4, 0),
    904: (65215, 0, 16, 1 / 256, 0),
    905: (65215, 16, 8, 1 / 16, -7.8125),
    110: (65262, 0, 8, 1, -40),
    175: (65262, 16, 16, 0.03125, -273),
    94: (65263, 0, 8, 4, 0),
    100: (65263, 24, 8, 4, 0),
    111: (65263, 56, 8, 0.4, 0),
    157: (65243, 16, 16, 1 / 256, 0),
    183: (65266, 0, 16, 0.05, 0),
    102: (65270, 8, 8, 2, 0),
    105: (65270, 16, 8, 1, -40),
    173: (65270, 40, 16, 0.03125, -273),
    167: (65271, 16, 16, 0.05, 0),
    168: (65271, 32, 16, 0.05, 0),
    108: (65269, 0, 8, 0.5, 0),
    171: (65269, 24, 16, 0.03125, -273),
    46: (65198, 0, 8, 8, 0),
    1087: (65198, 16, 8, 8, 0),
    1088: (65198, 24, 8, 8, 0),
    117: (65274, 8, 8, 4, 0),
    118: (65274, 16, 8, 4, 0),
    1761: (65110, 0, 8, 0.4, 0),
    3216: (61454, 0, 16, 0.05, -200),
    3226: (61455, 0, 16, 0.05, -200),
    3251: (64946, 32, 16, 0.1, 0),
    3719: (64891, 0, 8, 1, 0),
    3700: (64892, 10, 2, 1, 0),
    247: (65253, 0, 32, 0.05, 0),
    917: (65217, 0, 32, 5, 0),
    96: (65276, 8, 8, 0.4, 0),
    95: (65276, 16, 8, 2, 0),
    241: (65268, 8, 8, 4, 0),
    929: (65268, 0, 8, 1, 0),
    242: (65268, 16, 16, 0.03125, -273),
    177: (65272, 32, 16, 0.03125, -273),
    1624: (65132, 48, 16, 1 / 256, 0),
    1639: (65213, 16, 16, 0.125, 0),
    4364: (64878, 32, 8, 0.4, 0),
    3516: (64923, 8, 8, 0.25, 0),
}


def strictly() -> Database:
    loaded = cantools.database.load_file(FILE, strict=True)
    assert isinstance(loaded, Database)
    return loaded


def pgn(frame_id: int) -> int:
    """J1939-21: the destination of a PDU1 group is no part of its number."""
    number = frame_id >> 8 & 0x3FFFF
    return number & 0x3FF00 if (number >> 8 & 0xFF) < 0xF0 else number


def spn_of(signal: cantools.database.can.Signal) -> int:
    attributes = signal.dbc.attributes
    return int(attributes["SPN"].value) if "SPN" in attributes else 0


def test_signals_are_where_and_what_the_standard_says() -> None:
    found = {}
    for message in strictly().messages:
        for signal in message.signals:
            if spn_of(signal) in SAE:
                place = (pgn(message.frame_id), signal.start, signal.length)
                found[spn_of(signal)] = (*place, signal.scale, signal.offset)
    assert set(found) == set(SAE)
    for spn, expected in SAE.items():
        assert found[spn] == pytest.approx(expected), spn


def test_positions_are_those_of_an_independent_database(shared: Path) -> None:
    file = shared / "data" / "dbc" / "j1939-open.dbc"
    other = cantools.database.load_file(file, strict=False)
    assert isinstance(other, Database)
    places = {
        (pgn(message.frame_id), spn_of(signal)): {
            (each.start, each.length) for each in message.signals if spn_of(each) == spn_of(signal)
        }
        for message in other.messages
        for signal in message.signals
        if spn_of(signal)
    }
    compared = 0
    for message in strictly().messages:
        for signal in message.signals:
            known = places.get((pgn(message.frame_id), spn_of(signal)))
            if known:
                compared += 1
                assert (signal.start, signal.length) in known, signal.name
    assert compared > 90


def test_every_message_is_of_29_bits_8_bytes_one_sender_and_a_period() -> None:
    database = strictly()
    assert len({message.frame_id for message in database.messages}) == len(database.messages)
    for message in database.messages:
        assert message.is_extended_frame
        assert message.length == 8
        assert not message.is_multiplexed()
        assert message.cycle_time
        assert message.comment
        assert len(message.senders) == 1
        address = message.frame_id & 0xFF
        node = message.senders[0]
        assert address == ADDRESSES.get(node, 0xEE) or (message.name, address) == ("ERC1", 0x0F)
        assert 2 <= message.frame_id >> 26 <= 6
    assert sum(len(message.signals) for message in database.messages) >= 60


def test_all_ones_are_beyond_every_range_so_that_not_available_can_be_told() -> None:
    for message in strictly().messages:
        for signal in message.signals:
            ones = ((1 << signal.length) - 1) * signal.scale + signal.offset
            assert signal.maximum is not None
            assert signal.minimum is not None
            assert signal.maximum < ones
            assert signal.minimum < signal.maximum
            assert not signal.is_signed


def test_senders_send_every_signal_of_every_message_at_its_period() -> None:
    messages = {message.name: message for message in strictly().messages}
    assert sorted(sender.message for sender in SENDERS) == sorted(messages)
    for sender in SENDERS:
        message = messages[sender.message]
        assert sender.period_ms == message.cycle_time
        assert 1000 % sender.period_ms == 0
        assert 0 <= sender.phase_us < sender.period_ms * 1000
        assert {probe.signal for probe in sender.probes} == {signal.name for signal in message.signals}
        for probe in sender.probes:
            assert probe.column in COLUMNS, probe
            assert probe.noise >= 0.0
        states = {signal.name for signal in message.signals if signal.choices}
        assert states <= {probe.signal for probe in sender.probes if probe.stepped}


def test_columns_have_one_name_each() -> None:
    assert len(set(COLUMNS)) == len(COLUMNS)
    assert (*Truck.fast_columns, *Truck.slow_columns) == COLUMNS


def test_a_value_goes_there_and_back_within_half_a_step() -> None:
    packers = load_packers(FILE, [sender.message for sender in SENDERS])
    database = strictly()
    for name, packer in packers.items():
        low, high, scale, _ = np.array([placing[:4] for placing in packer.placings]).T
        values = (0.25 * np.maximum(low, -1e6) + 0.75 * np.minimum(high, 1e6))[None, :]
        payload = packer.pack(values)[0].tobytes()
        decoded = database.decode_message(name, payload, decode_choices=False)
        assert isinstance(decoded, dict)
        for signal, value, step in zip(packer.signals, values[0], scale, strict=True):
            shown = decoded[signal]
            assert isinstance(shown, int | float)
            assert abs(shown - value) <= 0.5001 * step, (name, signal)
        nothing = packer.pack(np.full_like(values, np.nan))[0]
        for signal_info in database.get_message_by_name(name).signals:
            raw = int.from_bytes(nothing.tobytes(), "little") >> signal_info.start
            assert raw & ((1 << signal_info.length) - 1) == (1 << signal_info.length) - 1


def mapped() -> dict[str, dict[str, object]]:
    text = FILE.with_suffix(".vss.toml").read_text("utf-8")
    signals: dict[str, dict[str, object]] = tomllib.loads(text)["signals"]
    return signals


def test_the_mapping_names_each_path_once_and_loads() -> None:
    paths = [str(entry["path"]) for entry in mapped().values()]
    assert len(set(paths)) == len(paths)
    loaded = load_database(FILE)
    by_path = {signal.path: signal for signal in loaded.signals}
    assert by_path["Vehicle.Speed"].source_name == "WheelBasedVehicleSpeed"
    assert set(paths) <= set(by_path)


def test_paths_of_vss_are_there_with_their_unit_and_others_are_ours(shared: Path) -> None:
    with (shared / "data" / "vss" / "vss-6.0.csv").open(encoding="utf-8", newline="") as rows:
        units = {row["path"]: row["unit"] for row in csv.DictReader(rows)}
    by_path = {signal.path: signal for signal in load_database(FILE).signals}
    for entry in mapped().values():
        path = str(entry["path"])
        if path.startswith("Vehicle.Telltale."):
            assert path not in units
        else:
            assert by_path[path].unit == units[path], path


def test_key_positions_are_numbered_as_vss_lists_them(shared: Path) -> None:
    with (shared / "data" / "vss" / "vss-6.0.csv").open(encoding="utf-8", newline="") as rows:
        row = next(row for row in csv.DictReader(rows) if row["path"] == "Vehicle.LowVoltageSystemState")
    signals = load_database(FILE).signals
    labels = next(signal.labels for signal in signals if signal.path == "Vehicle.LowVoltageSystemState")
    states = [part.strip("' ") for part in row["allowed"][1:-1].split(",")]
    assert [label for _, label in sorted(labels.items())] == states


def test_what_no_unit_knows_is_heard_as_nothing() -> None:
    """All ones are "not available" (SAE J1939-71, 5.1.4): a number made of them would be 3,076.75 ppm of NOx."""
    truck = Life(vehicle="truck", seed=1)
    trace = truck.second()
    assert trace is not None
    network = Network(FILE, "can0", SENDERS, COLUMNS, truck.sensors)
    unknown = np.full_like(trace.rows, np.nan)
    unknown[:, COLUMNS.index("off_s")] = trace.rows[:, COLUMNS.index("off_s")]
    decoder = Decoder([Binding(load_database(FILE))])
    frames = network.block(replace(trace, rows=unknown), 0, 0)
    assert len(frames) > 300
    assert len(decoder.decode(frames).value) == 0
    assert len(decoder.decode(network.block(trace, 1, 0)).value) > 300
