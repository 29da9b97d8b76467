"""What the car's control units put on the bus: which column of the trace is which signal, how often, how noisy."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.decode.encode import Packer, load_packers
from edge.frames import FrameBatch
from edge.simulator.car import Seen
from edge.simulator.drive import STEP_S

Float64s = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
UInt8s = npt.NDArray[np.uint8]

BLOCK_NS: Final = 1_000_000_000
"""Frames are made in blocks of a second: every period divides it, so each block has the same times and ids."""
BLOCK_STEPS: Final = round(1.0 / STEP_S)
COUNTER: Final = "counter"
"""Stands for a rolling counter in place of a column."""
COUNTER_MODULUS: Final = 16
OFF_S: Final = Seen._fields.index("off_s")


@dataclass(frozen=True, slots=True)
class Probe:
    """One signal: the column it shows, and how its sensor sees it."""

    signal: str
    column: str
    noise: float = 0.0
    """Standard deviation, in the signal's unit; a sensor at rest (exactly 0) is quiet."""
    stepped: bool = False
    """A state, which is never half-way between two values."""


@dataclass(frozen=True, slots=True)
class Sender:
    """One periodic message."""

    message: str
    period_ms: int
    phase_us: int
    awake_s: float
    """How long its control unit stays awake after the key is off."""
    probes: tuple[Probe, ...]


CAR: Final[Sequence[Sender]] = (
    Sender(
        "VehicleMotion",
        20,
        1_000,
        5.0,
        (
            Probe("VehicleSpeed", "speed_kmh", 0.04),
            Probe("LongitudinalAcceleration", "accel_mps2", 0.04),
            Probe("BrakePedal", "brake_percent", 0.2),
            Probe("MotionCounter", COUNTER, stepped=True),
        ),
    ),
    Sender(
        "EngineData",
        20,
        3_200,
        10.0,
        (
            Probe("EngineSpeed", "rpm", 6.0),
            Probe("EngineTorque", "torque_nm", 0.8),
            Probe("AcceleratorPedal", "pedal_percent", 0.1),
            Probe("EngineRunning", "running", stepped=True),
            Probe("EngineCounter", COUNTER, stepped=True),
        ),
    ),
    Sender(
        "EngineAir",
        50,
        5_700,
        10.0,
        (
            Probe("MassAirFlow", "air_gps", 0.06),
            Probe("ManifoldPressure", "manifold_kpa", 0.4),
            Probe("ThrottlePosition", "throttle_percent", 0.1),
            Probe("EngineLoad", "load_percent", 0.4),
        ),
    ),
    Sender(
        "TransmissionState",
        100,
        7_100,
        5.0,
        (Probe("CurrentGear", "gear", stepped=True), Probe("SelectorLever", "lever", stepped=True)),
    ),
    Sender("FuelConsumption", 100, 11_300, 10.0, (Probe("FuelRate", "fuel_lph", 0.02),)),
    Sender(
        "EngineThermal",
        1000,
        31_400,
        10.0,
        (
            Probe("CoolantTemp", "coolant_c", 0.15),
            Probe("OilTemp", "oil_c", 0.2),
            Probe("IntakeTemp", "intake_c", 0.15),
            Probe("RadiatorFan", "fan_percent", stepped=True),
        ),
    ),
    Sender(
        "PowerSupply",
        100,
        13_900,
        60.0,
        (
            Probe("BatteryVoltage", "volt", 0.012),
            Probe("BatteryCurrent", "current_a", 0.25),
            Probe("AlternatorLoad", "alternator_percent", 0.5),
        ),
    ),
    Sender("IgnitionSwitch", 100, 17_400, 60.0, (Probe("IgnitionState", "key", stepped=True),)),
    Sender("ClusterInfo", 1000, 262_000, 20.0, (Probe("Odometer", "odometer_km"), Probe("FuelLevel", "fuel_percent"))),
    Sender("Weather", 1000, 524_600, 20.0, (Probe("AmbientTemp", "ambient_c", 0.1),)),
)
"""The petrol car's network, as dbc/telltale-car.dbc describes it."""


@dataclass(slots=True)
class _Voice:
    """A sender ready to speak: everything about it that is the same in every block."""

    sender: Sender
    packer: Packer
    rng: np.random.Generator
    times_ns: Int64s
    before: npt.NDArray[np.intp]
    """Row of the trace at or before each frame."""
    beyond: Float64s
    """How far each frame is on its way to the next row, 0 to 1."""
    columns: npt.NDArray[np.intp]
    glides: Float64s
    noise: Float64s
    counter: int | None

    def frames(self, trace: Float64s, block: int) -> tuple[UInt8s, npt.NDArray[np.bool_]]:
        """Payloads (N, 8) of one block, and which of them are sent."""
        here = trace[self.before]
        values = here[:, self.columns]
        values += self.beyond[:, None] * self.glides * (trace[self.before + 1][:, self.columns] - values)
        values += self.rng.standard_normal(values.shape) * self.noise * (values != 0.0)
        if self.counter is not None:
            values[:, self.counter] = (np.arange(len(values)) + block * len(values)) % COUNTER_MODULUS
        return self.packer.pack(values), here[:, OFF_S] <= self.sender.awake_s


@dataclass(slots=True)
class Network:
    """One bus of the car; turns a trace of a second into its frames."""

    file: Path
    bus: str
    senders: Sequence[Sender]
    rng: np.random.Generator
    _voices: list[_Voice] = field(init=False)
    _order: npt.NDArray[np.intp] = field(init=False)
    _template: FrameBatch = field(init=False)

    def __post_init__(self) -> None:
        packers = load_packers(self.file, [sender.message for sender in self.senders])
        streams = self.rng.spawn(len(self.senders))
        self._voices = [
            _voice(sender, packers[sender.message], stream)
            for sender, stream in zip(self.senders, streams, strict=True)
        ]
        times = np.concatenate([voice.times_ns for voice in self._voices])
        self._order = np.argsort(times, kind="stable")
        self._template = self._one_block(times)

    def block(self, trace: Float64s, block: int, start_ns: int) -> FrameBatch:
        """Frames of second `block` (0, 1, …) from the trace's rows at its start, every step, and its end."""
        spoken = [voice.frames(trace, block) for voice in self._voices]
        payload = np.concatenate([payload for payload, _ in spoken])[self._order]
        sent = np.concatenate([sent for _, sent in spoken])[self._order]
        base_ns = start_ns + block * BLOCK_NS
        whole = self._template
        frames = FrameBatch(
            time=whole.time + base_ns,
            bus=whole.bus,
            id=whole.id,
            flags=whole.flags,
            length=whole.length,
            payload=payload,
            buses=whole.buses,
            until=base_ns + BLOCK_NS,
        )
        return frames if sent.all() else frames.select(sent)

    def _one_block(self, times: Int64s) -> FrameBatch:
        def each(values: Sequence[int]) -> Int64s:
            counts = [len(voice.times_ns) for voice in self._voices]
            return np.repeat(np.array(values, np.int64), counts)[self._order]

        return FrameBatch(
            time=times[self._order],
            bus=np.zeros(len(times), np.uint8),
            id=each([voice.packer.id for voice in self._voices]).astype(np.uint32),
            flags=np.zeros(len(times), np.uint8),
            length=each([voice.packer.length for voice in self._voices]).astype(np.uint8),
            payload=np.zeros((len(times), 8), np.uint8),
            buses=(self.bus,),
            until=BLOCK_NS,
        )


def _voice(sender: Sender, packer: Packer, rng: np.random.Generator) -> _Voice:
    by_signal = {probe.signal: probe for probe in sender.probes}
    probes = [by_signal[name] for name in packer.signals]
    times_ns = np.arange(sender.phase_us * 1000, BLOCK_NS, sender.period_ms * 1_000_000, dtype=np.int64)
    steps = times_ns / (BLOCK_NS / BLOCK_STEPS)
    counters = [place for place, probe in enumerate(probes) if probe.column == COUNTER]
    return _Voice(
        sender=sender,
        packer=packer,
        rng=rng,
        times_ns=times_ns,
        before=steps.astype(np.intp),
        beyond=steps % 1.0,
        columns=np.array([0 if probe.column == COUNTER else Seen._fields.index(probe.column) for probe in probes]),
        glides=np.array([not probe.stepped for probe in probes], np.float64),
        noise=np.array([probe.noise for probe in probes]),
        counter=counters[0] if counters else None,
    )
