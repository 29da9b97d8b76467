"""Trips, recorded and simulated, with the same names for the same signals, so that one set of figures fits both.

The recordings are read from the shared folder and nothing of them is kept; only figures over whole trips leave here.
"""

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edge.simulator.table import Tables

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

PETROL: Final = "petrol"
DIESEL: Final = "diesel"
SHORTEST_S: Final = 240.0
"""Shorter trips say nothing about spectra."""
OBD_STEPS: Final[Mapping[str, float]] = {
    "speed": 1.0,
    "rpm": 0.25,
    "load": 100.0 / 255.0,
    "pedal": 100.0 / 255.0,
    "throttle": 100.0 / 255.0,
    "map": 1.0,
    "coolant": 1.0,
    "intake": 1.0,
    "ambient": 1.0,
    "maf": 0.01,
    "timing": 0.5,
    "trim_short": 100.0 / 128.0,
    "trim_long": 100.0 / 128.0,
    "catalyst": 0.1,
    "volt": 0.001,
}
"""Resolutions of SAE J1979 PIDs, as every recording has them; simulated signals are rounded the same way."""
SIMULATED: Final[Mapping[str, str]] = {
    "Vehicle.Speed": "speed",
    "Vehicle.Powertrain.CombustionEngine.Speed": "rpm",
    "Vehicle.OBD.EngineLoad": "load",
    "Vehicle.Chassis.Accelerator.PedalPosition": "pedal",
    "Vehicle.Powertrain.CombustionEngine.TPS": "throttle",
    "Vehicle.Powertrain.CombustionEngine.MAP": "map",
    "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature": "coolant",
    "Vehicle.OBD.IntakeTemp": "intake",
    "Vehicle.Exterior.AirTemperature": "ambient",
    "Vehicle.Powertrain.CombustionEngine.MAF": "maf",
    "Vehicle.OBD.TimingAdvance": "timing",
    "Vehicle.OBD.ShortTermFuelTrim1": "trim_short",
    "Vehicle.OBD.LongTermFuelTrim1": "trim_long",
    "Vehicle.OBD.Catalyst.Bank1.Temperature1": "catalyst",
    "Vehicle.LowVoltageBattery.CurrentVoltage": "volt",
    "Vehicle.Powertrain.Transmission.CurrentGear": "gear",
    "Vehicle.Powertrain.CombustionEngine.IsRunning": "running",
}
LEON: Final[Mapping[str, str]] = {
    "ect_C": "coolant",
    "map_kPa": "map",
    "rpm": "rpm",
    "speed_kmh": "speed",
    "iat_C": "intake",
    "maf_gps": "maf",
    "throttle_pct": "throttle",
    "ambient_C": "ambient",
    "pedal_d_pct": "pedal",
}
ETIOS: Final[Mapping[str, str]] = {
    "ENGINE_RPM": "rpm",
    "VEHICLE_SPEED": "speed",
    "THROTTLE": "throttle",
    "ENGINE_LOAD": "load",
    "COOLANT_TEMPERATURE": "coolant",
    "LONG_TERM_FUEL_TRIM_BANK_1": "trim_long",
    "SHORT_TERM_FUEL_TRIM_BANK_1": "trim_short",
    "INTAKE_MANIFOLD_PRESSURE": "map",
    "PEDAL_D": "pedal",
    "INTAKE_AIR_TEMP": "intake",
    "TIMING_ADVANCE": "timing",
    "CATALYST_TEMPERATURE_BANK1_SENSOR1": "catalyst",
    "CONTROL_MODULE_VOLTAGE": "volt",
}
GPS_CAR: Final[Mapping[str, tuple[int, float, float, bool]]] = {
    "rpm": (0x0C, 0.25, 0.0, True),
    "speed": (0x0D, 1.0, 0.0, False),
    "map": (0x0B, 1.0, 0.0, False),
    "throttle": (0x11, 100.0 / 255.0, 0.0, False),
    "load": (0x04, 100.0 / 255.0, 0.0, False),
    "coolant": (0x05, 1.0, -40.0, False),
    "volt": (0x42, 0.001, 0.0, True),
}
"""Signal → PID, factor, offset, whether it has two bytes (SAE J1979)."""
ETIOS_ROWS_PER_S: Final = 2.04
"""Rows over engine run time, the same within 1 % in all files."""
SENTINEL_C: Final = 100.0
"""Intake temperatures of the Leon from here on mean "not known" (MANIFEST.md)."""


@dataclass(frozen=True, slots=True)
class Trip:
    """One trip: each signal sampled in steps of `step_s`, held from one reading to the next."""

    name: str
    source: str
    fuel: str
    refresh_s: float
    """How often a new reading really came: faster changes cannot be seen."""
    step_s: float
    signals: Mapping[str, Floats]

    def __contains__(self, signal: str) -> bool:
        return signal in self.signals

    def __getitem__(self, signal: str) -> Floats:
        return self.signals[signal]

    def every(self, step_s: float) -> "Trip":
        """The same at another pace."""
        each = round(step_s / self.step_s)
        signals = {name: values[::each] for name, values in self.signals.items()}
        return Trip(self.name, self.source, self.fuel, self.refresh_s, self.step_s * each, signals)

    @property
    def town(self) -> bool:
        """In streets rather than between towns."""
        speed = self["speed"]
        moving = speed[speed > 3.0]
        return len(moving) == 0 or float(moving.mean()) < 42.0


STEP_S: Final = 0.5


def _held(time_s: Floats, values: Floats) -> Floats:
    """Readings onto the common pace."""
    steps = np.arange(time_s[0], time_s[-1], STEP_S)
    return np.asarray(values[np.searchsorted(time_s, steps, side="right") - 1], dtype=np.float64)


def leon(shared: Path) -> Iterator[Trip]:
    """38 trips of a Seat Leon; its manifold above 1 bar at idle and open throttle show that it is a diesel."""
    columns = _parquet(shared / "data" / "obd" / "seat-leon-2017.parquet")
    clock = np.array([sum(float(part) * by for part, by in zip(text.split(":"), (3600, 60, 1), strict=True))
                      for text in columns["time"]])  # fmt: skip
    trips = np.array(columns["trip"])
    for name in dict.fromkeys(trips.tolist()):
        if "Messfehler" in name:  # by its name a measurement that went wrong
            continue
        rows = trips == name
        signals = {}
        for column, signal in LEON.items():
            values = np.array(columns[column], dtype=np.float64)[rows]
            values = np.where(np.isnan(values), values[~np.isnan(values)][0], values)
            if signal == "intake":
                known = np.maximum.accumulate(np.where(values < SENTINEL_C, np.arange(len(values)), 0))
                values = values[known]
                if values[0] >= SENTINEL_C:
                    continue
            signals[signal] = _held(clock[rows], values)
        yield Trip(name, "leon", DIESEL, 0.87, STEP_S, _from_rest(signals))


def etios(shared: Path) -> Iterator[Trip]:
    """52 drives and 47 times of idling of a Toyota Etios, each reading about 1.9 s after the one before."""
    columns = _parquet(shared / "data" / "obd" / "toyota-etios.parquet")
    files = np.array(columns["file"])
    for name in dict.fromkeys(files.tolist()):
        rows = files == name
        time_s = np.arange(rows.sum()) / ETIOS_ROWS_PER_S
        signals = {to: _held(time_s, np.array(columns[of], dtype=np.float64)[rows]) for of, to in ETIOS.items()}
        yield Trip(name, "etios", PETROL, 1.9, STEP_S, _from_rest(signals))


def gps_car(shared: Path) -> Iterator[Trip]:
    """One drive of nine minutes of a turbocharged petrol car, asked for five PIDs twice a second."""
    time_s, ids, payload = frames(shared / "data" / "can" / "obd2-gps-car.mf4")
    signals = {}
    for signal, (pid, scale, offset, wide) in GPS_CAR.items():
        rows = (ids == 0x7E8) & (payload[:, 1] == 0x41) & (payload[:, 2] == pid)
        high, low = (payload[rows][:, place].astype(np.float64) for place in (3, 4))
        signals[signal] = _held(time_s[rows], (high * 256.0 + low if wide else high) * scale + offset)
    least = min(len(values) for values in signals.values())
    yield Trip("gps-car", "gps-car", PETROL, 0.5, STEP_S, {name: values[:least] for name, values in signals.items()})


def simulated(cycle: str, seed: int, length_s: int, refresh_s: float, weather: str) -> Iterator[Trip]:
    """The trips of a healthy simulated car, read as slowly and coarsely as a recording."""
    tables = Tables(vehicle="car", seed=seed, cycle=cycle, weather=weather)
    rows = tables.advance(length_s)
    wanted = {SIMULATED[column.name]: at for at, column in enumerate(tables.columns) if column.name in SIMULATED}
    values = {name: rows.values[:, at] for name, at in wanted.items()}
    on = np.nan_to_num(values["running"]) > 0.5
    begun = np.flatnonzero(np.diff(on.astype(int), prepend=0) == 1)
    ended = np.flatnonzero(np.diff(on.astype(int), append=0) == -1)
    for number, (first, last) in enumerate(zip(begun, ended, strict=True)):
        if (last - first) * 0.1 < SHORTEST_S or rows.time_s[last] - rows.time_s[first] > (last - first) * 0.1 + 1.0:
            continue
        time_s = rows.time_s[first:last] - rows.time_s[first]
        asked_s = np.arange(0.0, time_s[-1] - refresh_s, refresh_s)
        signals = {}
        for turn, (name, each) in enumerate(values.items()):  # one after another, as a tester asks for them
            read = np.searchsorted(time_s, asked_s + refresh_s * turn / len(values))
            signals[name] = _held(asked_s, _rounded(name, each[first:last][read]))
        yield Trip(f"{cycle}-{seed}-{number}", "simulated", PETROL, refresh_s, STEP_S, signals)


def frames(file: Path) -> tuple[Floats, npt.NDArray[np.uint32], npt.NDArray[np.uint8]]:
    """Time, id and bytes of the longest group of CAN frames in an MDF4 file."""
    asammdf: Any = importlib.import_module("asammdf")  # it ships no types
    mdf = asammdf.MDF(file)
    groups = [
        (group.channel_group.cycles_nr, at)
        for at, group in enumerate(mdf.groups)
        if any(channel.name == "CAN_DataFrame" for channel in group.channels)
    ]
    found = mdf.get("CAN_DataFrame", group=max(groups)[1])
    ids = found.samples["CAN_DataFrame.ID"].astype(np.uint32) & np.uint32(0x1FFFFFFF)
    return np.asarray(found.timestamps), ids, np.asarray(found.samples["CAN_DataFrame.DataBytes"])


def _rounded(name: str, values: Floats) -> Floats:
    step = OBD_STEPS.get(name, 0.0)
    return np.round(values / step) * step if step else values


def _from_rest(signals: dict[str, Floats]) -> dict[str, Floats]:
    """Pedals in per cent of their way; real ones show 14 to 16 % at rest."""
    pedal = signals["pedal"]
    rest = float(pedal.min())
    return {**signals, "pedal": (pedal - rest) / (PEDAL_FULL - rest) * 100.0}


PEDAL_FULL: Final = 85.0
"""What a pedal's first potentiometer shows when it is pressed down (the Leon reaches 85.1 %)."""


def _parquet(file: Path) -> Mapping[str, list[Any]]:
    parquet: Any = importlib.import_module("pyarrow.parquet")
    found: Mapping[str, list[Any]] = parquet.read_table(file).to_pydict()
    return found
