"""What the recordings of electric vehicles show: all three stand still, so buses and batteries can be compared.

`tesla-model3-drive.log` has 26 s of a heated Tesla without a drive inverter on the bus, `uds-ev.mf4` a minute of a
Leaf's battery (40 kWh) asked by UDS, `j1939-truck.mf4` 402 s of an electric truck whose engine speed stays 0.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import cantools
import numpy as np
import numpy.typing as npt

from edge.frames import NANOSECONDS
from edge.simulator.simulation import Simulation
from edge.simulator.table import Tables
from tests.study.recorded import Floats, frames

CELLS: Final = 96
"""In series, in both batteries."""
BATTERY: Final = "Vehicle.Powertrain.TractionBattery."
TESLA: Final[Mapping[tuple[int, str], str]] = {
    (0x132, "BattVoltage132"): "pack V",
    (0x132, "SmoothBattCurrent132"): "pack A",
    (0x292, "SOCave292"): "charge %",
    (0x2B4, "PCS_dcdcLvBusVolt"): "12 V side, V",
    (0x2B4, "PCS_dcdcLvOutputCurrent"): "12 V side, A",
    (0x261, "v12vBattCurrent261"): "12 V battery, A",
    (0x312, "BMSmaxPackTemperature"): "warmest °C",
    (0x312, "BMSminPackTemperature"): "coldest °C",
    (0x332, "BattBrickVoltageMax332"): "highest cell V",
    (0x332, "BattBrickVoltageMin332"): "lowest cell V",
}
LINE: Final = re.compile(r"\((\d+\.\d+)\) \S+ ([0-9A-F]+)#((?:[0-9A-F]{2})*)$")
J1939_PERIODS_MS: Final = (20, 50, 100, 500, 1000)


def tesla(shared: Path) -> Mapping[str, Floats]:
    """The standing Tesla's signals, and the jitter of its battery's 10 ms frames."""
    database: Any = cantools.database.load_file(shared / "data" / "dbc" / "tesla-model3.dbc", strict=False)
    found: dict[str, list[float]] = {}
    times = []
    wanted = {frame for frame, _ in TESLA}
    for line in (shared / "data" / "can" / "tesla-model3-drive.log").read_text().splitlines():
        match = LINE.match(line)
        if match is None or int(match[2], 16) not in wanted:
            continue
        frame = int(match[2], 16)
        if frame == 0x132:
            times.append(float(match[1]) * 1000.0)
        try:
            values = database.decode_message(frame, bytes.fromhex(match[3]), decode_choices=False, allow_truncated=True)
        except cantools.database.DecodeError:  # a page of a multiplexed frame that the database does not know
            continue
        for signal, value in values.items():
            if (frame, signal) in TESLA:
                found.setdefault(TESLA[frame, signal], []).append(float(value))
    signals = {name: np.array(values) for name, values in found.items()}
    return {**signals, "jitter": jitter(np.array(times), 10.0), "pack V each 0.1 s": signals["pack V"][::10]}


def leaf(shared: Path) -> Mapping[str, Floats]:
    """A Leaf's battery control unit, groups 1 and 4 of service 21 (layout as in the open OVMS and LeafSpy notes)."""
    _, ids, payload = frames(shared / "data" / "can" / "uds-ev.mf4")
    found: dict[str, list[float]] = {}
    message, size = b"", 0
    for row in payload[ids == 0x7BB]:
        part = row.tobytes()
        if part[0] >> 4 == 1:
            size, message = (part[0] & 15) << 8 | part[1], part[2:]
        elif part[0] >> 4 == 2:
            message += part[1:]
        if len(message) < size:
            continue
        if message[1] == 1:
            found.setdefault("pack A", []).append(-int.from_bytes(message[2:6], "big", signed=True) / 1024.0)
            found.setdefault("pack V", []).append(int.from_bytes(message[20:22], "big") / 100.0)
            found.setdefault("12 V side, V", []).append(int.from_bytes(message[22:24], "big") / 1024.0)
            found.setdefault("charge %", []).append(int.from_bytes(message[33:36], "big") / 10_000.0)
        elif message[1] == 4:
            degrees = [int(message[place]) for place in (4, 7, 13)]
            found.setdefault("warmest °C", []).append(float(max(degrees)))
            found.setdefault("coldest °C", []).append(float(min(degrees)))
        size = 1 << 12
    return {name: np.array(values) for name, values in found.items()}


def truck_gaps(shared: Path) -> Mapping[int, Floats]:
    """Period in ms → jitter of each message of that period."""
    time_s, ids, _ = frames(shared / "data" / "can" / "j1939-truck.mf4")
    return _gaps(time_s * 1000.0, ids)


def simulated_gaps(vehicle: str) -> Mapping[int, Floats]:
    """The same of a simulated vehicle's first minute on the road."""
    batch = Simulation(vehicle=vehicle, seed=3, cycle="city", weather="mild").advance(60 * NANOSECONDS)
    return _gaps(batch.time / 1e6, batch.id & np.uint32(0x1FFFFFFF))


def jitter(time_ms: Floats, period_ms: float) -> Floats:
    """How far gaps between frames are from the period: the 95th percentile, in per cent of it."""
    return np.array([np.percentile(np.abs(np.diff(time_ms) / period_ms - 1.0), 95) * 100.0])


def _gaps(time_ms: Floats, ids: npt.NDArray[Any]) -> Mapping[int, Floats]:
    found: dict[int, list[Floats]] = {}
    for one in np.unique(ids):
        times = time_ms[ids == one]
        if len(times) < 50:
            continue
        middle = float(np.median(np.diff(times)))
        period = min(J1939_PERIODS_MS, key=lambda period: abs(period - middle))
        if abs(middle / period - 1.0) < 0.03:
            found.setdefault(period, []).append(jitter(times, float(period)))
    return {period: np.concatenate(parts) for period, parts in found.items()}


def simulated_ev(seeds: range) -> Mapping[str, Floats]:
    """A simulated car standing ready in the cold, one value a second."""
    parts = list(_standing(seeds))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _standing(seeds: range) -> Iterator[Mapping[str, Floats]]:
    for seed in seeds:
        tables = Tables(vehicle="ev", seed=seed, cycle="idle", weather="winter")
        names = [column.name for column in tables.columns]
        rows = tables.advance(1800).values

        def column(name: str, names: list[str] = names, rows: Floats = rows) -> Floats:
            return rows[:, names.index(name)]

        still = (column("Vehicle.Speed") < 0.5) & (column("Vehicle.Telltale.Ready") > 0.5)
        still &= np.arange(len(still)) > 6000  # ten minutes on: the worst of heating up is over
        volt = column(f"{BATTERY}CurrentVoltage")[still]
        yield {
            "pack V each 0.1 s": volt,
            "pack A": -column(f"{BATTERY}CurrentCurrent")[still][::10],
            "12 V side, V": column("Vehicle.Telltale.DCDC.Voltage")[still][::10],
            "12 V side, A": column("Vehicle.Telltale.DCDC.Current")[still][::10],
            "12 V battery, A": column("Vehicle.LowVoltageBattery.CurrentCurrent")[still][::10],
            "cell spread mV": 1000.0
            * (column(f"{BATTERY}CellVoltage.Max") - column(f"{BATTERY}CellVoltage.Min"))[still][::10],
            "modules apart K": (column(f"{BATTERY}Temperature.Max") - column(f"{BATTERY}Temperature.Min"))[still][::10],
        }
