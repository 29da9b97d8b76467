"""Hand-made drives: a few lines of what a vehicle does become frames, and go through the real judgement.

A track says which signals the vehicle has and how often each comes, and what it does, segment by segment:

    on | off                          the ignition, with the engine
    drive 300 s at 50 km/h north      gets there gently, then keeps it; without a speed it keeps the one it has
    stand 120 s drift 15 m            comes to rest gently; the position wanders by so much
    charge 600 s                      at rest, and current comes through the plug
    brake 3 s to 20 km/h              evenly; also `accelerate`
    turn 9 s at 10 deg/s              to the right
    tunnel 120 s                      drives on without a position
    silence 90 s                      drives on, and nothing is sent
    ferry 20 km 3600 s east           carried off, and nothing is sent
    jump 5 km 3 s                     drives on; positions are off by so much
    spike 200 km/h 0.2 s              drives on; the speed says this
    slip 30 km/h 1 s                  drives on; the wheels turn faster by up to so much
    stuck lateral -6 m/s2 60 s        drives on; a signal says this, whatever happens

With `dark` behind it, each of them has no position.
"""

import math
import re
import struct
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from edge.catalogue import info
from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.detect.finding import Detector
from edge.doing import CHARGING, ENGINE_SPEED, IGNITION, READY, SPEED
from edge.frames import NANOSECONDS, Frame, FrameBatch
from edge.grid import Grid
from edge.judgement import Judgement, Outcome
from edge.trips import Trip
from edge.whereabouts import ACCURACY, EARTH_M, LATITUDE, LONGITUDE

BATTERY: Final = "Vehicle.Powertrain.TractionBattery"
PATHS: Final = {
    "speed": SPEED,
    "ignition": IGNITION,
    "rpm": ENGINE_SPEED,
    "ready": READY,
    "latitude": LATITUDE,
    "longitude": LONGITUDE,
    "accuracy": ACCURACY,
    "heading": "Vehicle.CurrentLocation.Heading",
    "longitudinal": "Vehicle.Acceleration.Longitudinal",
    "lateral": "Vehicle.Acceleration.Lateral",
    "yaw": "Vehicle.AngularVelocity.Yaw",
    "odometer": "Vehicle.TraveledDistance",
    "fuel_rate": "Vehicle.OBD.FuelRate",
    "fuel_total": "Vehicle.Telltale.Fuel.TotalUsed",
    "volts": f"{BATTERY}.CurrentVoltage",
    "amps": f"{BATTERY}.CurrentCurrent",
    "charging": CHARGING,
}
"""What a track's vehicle may have, by the names that tracks give."""
POSITION: Final = ("latitude", "longitude", "accuracy")
"""What `position` stands for."""
STEP_S: Final = 0.05
COMFORT_MPS2: Final = 1.2
HEADINGS: Final = {"north": 0.0, "east": 90.0, "south": 180.0, "west": 270.0}
OFF, ON = 2.0, 4.0
FIRST_ID: Final = 0x100
_AMOUNT: Final = re.compile(r"^-?\d+(\.\d+)?$")


@dataclass(frozen=True, slots=True)
class Segment:
    """What the vehicle does for a while."""

    verb: str
    amounts: Mapping[str, float]
    """By unit."""
    words: frozenset[str]

    @classmethod
    def parse(cls, text: str) -> "Segment":
        """Of a line such as `drive 300 s at 50 km/h north`."""
        verb, *rest = text.split()
        amounts = {unit: float(number) for number, unit in pairwise(rest) if _AMOUNT.match(number)}
        return cls(verb, amounts, frozenset(word for word in rest if not _AMOUNT.match(word)))

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return self.amounts.get("s", 0.0) + 60.0 * self.amounts.get("min", 0.0)

    @property
    def metres(self) -> float:
        """How far: of a drift, a jump or a ferry."""
        return self.amounts.get("m", 0.0) + 1000.0 * self.amounts.get("km", 0.0)


@dataclass(frozen=True, slots=True)
class Track:
    """A drive, and what is expected of it."""

    name: str
    segments: Sequence[Segment]
    periods_s: Mapping[str, float]
    """How often each signal of the vehicle comes, by its name in PATHS."""
    holds_s: Mapping[str, float] = field(default_factory=dict)
    """Signals that are told anew less often than they come: what stands in their frames is so old."""
    accuracy_m: float = 5.0
    begins: tuple[float, float] = (52.0, 13.0)
    """Latitude and longitude in degrees."""
    began_s: float = 0.0
    """Since 1970."""
    grid_ms: int = 100
    expected: Mapping[str, Any] = field(default_factory=dict)
    """Whatever else stands with it."""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Track":
        """Of a table of TOML: `name`, `does`, `signals`; the rest is optional."""
        periods = dict(told["signals"])
        if "position" in periods:
            period_s = periods.pop("position")
            periods |= dict.fromkeys(POSITION, period_s)
        known: dict[str, Any] = {
            key: told[key] for key in ("accuracy_m", "began_s", "grid_ms", "holds_s") if key in told
        }
        if "begins" in told:
            known["begins"] = tuple(told["begins"])
        segments = tuple(Segment.parse(line) for line in told["does"])
        return cls(told["name"], segments, periods, expected=told, **known)


def load_tracks(file: Path) -> list[Track]:
    """Those of a file: an array of tables `track`."""
    return [Track.of(told) for told in tomllib.loads(file.read_text("utf-8"))["track"]]


@dataclass(slots=True)
class Vehicle:
    """Where it is and what it does at a moment; what its signals say may be something else."""

    at_s: float = 0.0
    mps: float = 0.0
    heading_deg: float = 0.0
    mps2: float = 0.0
    yaw_degps: float = 0.0
    north_m: float = 0.0
    east_m: float = 0.0
    driven_m: float = 0.0
    burned_l: float = 0.0
    is_on: bool = False
    is_charging: bool = False
    is_heard: bool = True
    has_position: bool = True
    strayed_m: tuple[float, float] = (0.0, 0.0)
    """How far its position is off, to the north and to the east."""
    said: dict[str, float] = field(default_factory=dict)
    """What signals say whatever happens."""

    def step(self) -> None:
        """So long as STEP_S."""
        before = self.mps
        self.mps = max(0.0, before + self.mps2 * STEP_S)
        way, course = (before + self.mps) / 2 * STEP_S, math.radians(self.heading_deg)
        self.north_m += way * math.cos(course)
        self.east_m += way * math.sin(course)
        self.driven_m += way
        self.heading_deg = (self.heading_deg + self.yaw_degps * STEP_S) % 360.0
        self.burned_l += self.litres_per_h / 3600 * STEP_S
        self.at_s += STEP_S

    @property
    def litres_per_h(self) -> float:
        """0.8 standing, a tenth of the speed in km/h more."""
        return 0.8 + 0.36 * self.mps if self.is_on else 0.0

    @property
    def kilowatts(self) -> float:
        """Of a car of 1,800 kg, without air and rolling."""
        return 1.8 * self.mps2 * self.mps if self.is_on else 0.0


def _move(vehicle: Vehicle, segment: Segment, left_s: float) -> None:
    """What the pedals do now."""
    wanted = segment.amounts["km/h"] / 3.6 if "km/h" in segment.amounts else vehicle.mps
    match segment.verb:
        case "stand" | "charge":
            vehicle.mps2 = -min(COMFORT_MPS2, vehicle.mps / STEP_S)
        case "drive":
            missing = (wanted - vehicle.mps) / STEP_S
            vehicle.mps2 = math.copysign(min(COMFORT_MPS2, abs(missing)), missing)
        case "brake" | "accelerate":
            vehicle.mps2 = (wanted - vehicle.mps) / left_s
        case _:
            vehicle.mps2 = 0.0
    vehicle.yaw_degps = segment.amounts.get("deg/s", 0.0)


def _mislead(vehicle: Vehicle, segment: Segment, gone_s: float) -> None:
    """What its signals say that is not so, or not at all."""
    far_m = segment.metres
    drift = far_m * math.sin(gone_s / 9.7), far_m * math.sin(gone_s / 6.1)
    vehicle.strayed_m = {"stand": drift, "jump": (0.0, far_m)}.get(segment.verb, (0.0, 0.0))
    vehicle.is_charging = segment.verb == "charge"
    vehicle.is_heard = segment.verb not in ("silence", "ferry")
    vehicle.has_position = segment.verb != "tunnel" and "dark" not in segment.words
    kmh = segment.amounts.get("km/h", 0.0)
    bump = kmh * math.sin(math.pi * min(gone_s / segment.seconds, 1.0)) if segment.seconds else 0.0
    said = {
        "spike": {"speed": kmh},
        "slip": {"speed": 3.6 * vehicle.mps + bump},
        "stuck": dict.fromkeys(segment.words & PATHS.keys(), segment.amounts.get("m/s2", 0.0)),
    }
    vehicle.said = said.get(segment.verb, {})


def _carry(vehicle: Vehicle, segment: Segment) -> None:
    course, way = math.radians(vehicle.heading_deg), segment.metres * STEP_S / segment.seconds
    vehicle.north_m += way * math.cos(course)
    vehicle.east_m += way * math.sin(course)


def moments(track: Track) -> Iterator[Vehicle]:
    """The vehicle every STEP_S, always the same object."""
    vehicle = Vehicle()
    for segment in track.segments:
        for word in segment.words & HEADINGS.keys():
            vehicle.heading_deg = HEADINGS[word]
        if segment.verb in ("on", "off"):
            vehicle.is_on = segment.verb == "on"
        steps = round(segment.seconds / STEP_S)
        for number in range(steps):
            _move(vehicle, segment, (steps - number) * STEP_S)
            _mislead(vehicle, segment, number * STEP_S)
            if segment.verb == "ferry":
                _carry(vehicle, segment)
            yield vehicle
            vehicle.step()


def _says(vehicle: Vehicle, track: Track) -> dict[str, float]:
    """Every signal as of now."""
    latitude, longitude = track.begins
    north_m, east_m = vehicle.north_m + vehicle.strayed_m[0], vehicle.east_m + vehicle.strayed_m[1]
    latitude += math.degrees(north_m / EARTH_M)
    longitude += math.degrees(east_m / EARTH_M / math.cos(math.radians(track.begins[0])))
    return {
        "speed": 3.6 * vehicle.mps,
        "ignition": ON if vehicle.is_on else OFF,
        "rpm": 800.0 + 100.0 * vehicle.mps if vehicle.is_on else 0.0,
        "ready": float(vehicle.is_on),
        "latitude": latitude,
        "longitude": (longitude + 180.0) % 360.0 - 180.0,
        "accuracy": track.accuracy_m,
        "heading": vehicle.heading_deg,
        "longitudinal": vehicle.mps2,
        "lateral": vehicle.mps * math.radians(vehicle.yaw_degps),
        "yaw": vehicle.yaw_degps,
        "odometer": 12_000_000.0 + vehicle.driven_m,
        "fuel_rate": vehicle.litres_per_h,
        "fuel_total": 5000.0 + vehicle.burned_l,
        "volts": 400.0,
        "amps": 100.0 if vehicle.is_charging else -1000.0 * vehicle.kilowatts / 400.0,
        "charging": float(vehicle.is_charging),
        **vehicle.said,
    }


def frames_of(track: Track) -> list[Frame]:
    """What it puts on the bus: a message of its own for each signal."""
    every = {name: max(1, round(period_s / STEP_S)) for name, period_s in track.periods_s.items()}
    held: dict[str, float] = {}
    ids = {name: FIRST_ID + place for place, name in enumerate(PATHS)}
    frames: list[Frame] = []
    for number, vehicle in enumerate(moments(track)):
        due = [name for name, steps in every.items() if number % steps == 0] if vehicle.is_heard else []
        says = _says(vehicle, track) if due else {}
        for name, hold_s in track.holds_s.items():
            if name in says and (name not in held or number % round(hold_s / STEP_S) == 0):
                held[name] = says[name]
        at = round((track.began_s + vehicle.at_s) * NANOSECONDS)
        known = [name for name in due if vehicle.has_position or name not in (*POSITION, "heading")]
        frames += [Frame(at, ids[name], struct.pack("<d", held.get(name, says[name]))) for name in known]
    return frames


@cache
def decoder_of(names: frozenset[str]) -> tuple[str, str]:
    """A database and its mapping for these signals, each a float64 in a message of its own."""
    dbc, mapping, types = 'VERSION ""\n\nBU_: ECU\n\n', "[signals]\n", ""
    for place, (name, path) in enumerate(PATHS.items()):
        if name in names:
            known = info(path)
            assert known is not None
            unit = known.unit
            dbc += f'BO_ {FIRST_ID + place} {name}: 8 ECU\n SG_ V : 0|64@1- (1,0) [0|0] "{unit}" ECU\n\n'
            types += f"SIG_VALTYPE_ {FIRST_ID + place} V : 2;\n"
            mapping += f'"{name}.V" = {{ path = "{path}", unit = "{unit}" }}\n'
    return dbc + types, mapping


def judgement_of(track: Track, *detectors: Detector, **more: Any) -> Judgement:
    """A judgement of a vehicle with the signals of the track; `more`: what Judgement takes besides."""
    dbc, mapping = decoder_of(frozenset(track.periods_s))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "track.dbc"
        file.write_text(dbc)
        file.with_suffix(".vss.toml").write_text(mapping)
        decoder = Decoder([Binding(load_database(file))])
    grid_ns = track.grid_ms * NANOSECONDS // 1000
    return Judgement(decoder, detectors, vehicle="car", grid_ns=grid_ns, summary_ns=3600 * NANOSECONDS, **more)


def run(track: Track, *detectors: Detector, **more: Any) -> list[Outcome]:
    """Everything that its drive brings to light, the end of the recording included."""
    subject = judgement_of(track, *detectors, **more)
    grid = Grid([False], grid_ns=track.grid_ms * NANOSECONDS // 1000, wait_ns=0)
    if frames := frames_of(track):
        grid.offer(0, FrameBatch.of(frames), 0)
    grid.end(0)
    cells = grid.close(0)
    return [*(subject.advance(cells) if cells else ()), subject.close()]


def trips_of(track: Track, **more: Any) -> list[Trip]:
    """The trips of its drive."""
    return [trip for outcome in run(track, **more) for trip in outcome.trips]
