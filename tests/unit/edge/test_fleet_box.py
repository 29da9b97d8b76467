"""A box of the fleet says what the daemon would say of the same vehicle, and the same for the same seed."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import TypeVar

import numpy as np
import pytest

from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.fleet.box import NO_FRAMES, Box, Habits
from edge.fleet.codes import CodeWatch
from edge.fleet.outfit import Outfit, load_outfit
from edge.fleet.plan import Enlisted
from edge.fleet.sensors import Sampler
from edge.fleet.spool import Spool
from edge.frames import NANOSECONDS
from edge.link import Broker, Link, Pace
from edge.signals import SignalBatch
from edge.simulator.ecu.codes import Code, Lamp, Monitor
from edge.simulator.ecu.memory import CodeMemory
from edge.simulator.ecu.unit import Unit
from edge.simulator.faults import parse_fault
from edge.simulator.kinds import KINDS
from edge.simulator.life import Life
from edge.simulator.simulation import Simulation
from edge.wire.codec import Uplink, decode
from edge.wire.envelope import Clock, StreamClass
from edge.wire.messages import Alert, AlertState, Health, Position, Summary, Trip, TroubleCode, TroubleCodeStatus
from edge.wire.topics import Address, Kind

BEGIN_NS = 1_800_000_000 * NANOSECONDS
FLEET = "north"
BEGIN = datetime.fromtimestamp(1_800_000_000, UTC)
ALL = ("car", "ev", "truck")
MINUTE = timedelta(minutes=1)
_T = TypeVar("_T")


@cache
def outfit(kind: str) -> Outfit:
    return load_outfit(kind, cycle="mixed", weather="any")


def box(
    kind: str = "car",
    *,
    seed: int = 3,
    faults: Sequence[str] = (),
    cycle: str = "mixed",
    position_s: int = 60,
    summary_s: int = 60,
) -> Box:
    """One that nobody has connected."""
    name = f"sim-{kind}-1"
    spool = Spool.in_memory(name)
    address = Address(FLEET, name)
    link = Link(
        spool,
        address,
        Broker("127.0.0.1", 1),
        client_id=spool.client_id,
        monotonic=lambda: 0.0,
        random=lambda: 0.5,
        pace=Pace(),
    )
    enlisted = Enlisted(name, kind, seed, tuple(map(parse_fault, faults)), begins_s=0)
    habits = Habits(FLEET, cycle, "any", summary_s=summary_s, position_s=position_s)
    return Box(enlisted, outfit=outfit(kind), habits=habits, spool=spool, link=link, begin_ns=BEGIN_NS)


def live(one: Box, seconds: int) -> list[Uplink]:
    """So many seconds, and all that it had to say by then."""
    for _ in range(seconds):
        one.second()
    return said(one)


def said(one: Box) -> list[Uplink]:
    address = Address(FLEET, one.name)
    return [
        decode(address.up(message.kind), message.payload)
        for stream_class in StreamClass
        for message in one.spool.waiting(stream_class, 0, 10_000)
    ]


def bodies(uplinks: Sequence[Uplink], kind: type[_T]) -> list[_T]:
    return [uplink.body for uplink in uplinks if isinstance(uplink.body, kind)]


@pytest.mark.parametrize("kind", ALL)
def test_what_is_sampled_is_what_a_decoder_makes_of_the_frames(kind: str) -> None:
    """The same signals in the same units, as near as noise, steps and what changed within the second allow."""
    simulation = Simulation(vehicle=kind, seed=5, start_ns=BEGIN_NS)
    decoder = Decoder([Binding(load_database(KINDS[kind].database))])
    life = Life(vehicle=kind, seed=5)
    sensors = outfit(kind).sensors
    sampler = Sampler(sensors, np.random.default_rng(1))
    compared: Counter[str] = Counter()
    for second in range(1, 1000):
        until_ns = BEGIN_NS + second * NANOSECONDS
        trace, frames = life.second(), simulation.advance(until_ns)
        sampler.hear(trace, until_ns)
        sampled = _latest(sampler.decode(NO_FRAMES))
        if trace is None or trace.rows[:, sensors.off].max() > 0.0:  # control units fall asleep and wake one by one
            assert trace is not None or not sampled
            continue
        if second % 10:
            continue
        heard = _latest(decoder.decode(frames))
        shown = trace.rows[:, sensors.column]
        for row, place in enumerate(sensors.place.tolist()):
            if math.isnan(shown[-1, row]):
                assert place not in sampled
                continue
            change = np.nanmax(shown[:, row]) - np.nanmin(shown[:, row])
            slack = 9.0 * sensors.noise[row] + 2.1 * sensors.steps.step[row] + 1.01 * change
            assert abs(sampled[place] - heard[place]) <= slack * abs(sensors.steps.factor[row]), sensors.signals[
                place
            ].path
            raw = (
                (sampled[place] - sensors.steps.shift[row]) / sensors.steps.factor[row] - sensors.steps.offset[row]
            ) / sensors.steps.step[row]
            assert raw == pytest.approx(round(raw), abs=1e-5), "a whole number of the database's steps"
            compared[sensors.signals[place].path] += 1
    assert len(compared) >= 40
    assert min(compared.values()) >= 20


def _latest(samples: SignalBatch) -> dict[int, float]:
    return dict(zip(samples.signal.tolist(), samples.value.tolist(), strict=True))


def test_a_control_unit_that_is_cut_off_is_not_heard_nor_is_a_lost_sensor() -> None:
    life, sensors = Life(vehicle="car", seed=5), outfit("car").sensors
    sampler = Sampler(sensors, np.random.default_rng(1))
    trace = life.second()
    assert trace is not None
    heard = []
    for muted in (frozenset[str](), frozenset({"ENGINE", "NOBODY"})):
        sampler.hear(replace(trace, muted=muted), BEGIN_NS)
        heard.append({sensors.signals[place].message for place in _latest(sampler.decode(NO_FRAMES))})
    assert {"EngineData", "EngineThermal"} <= heard[0] - heard[1]
    assert "VehicleMotion" in heard[1]
    trace.rows[:, life.tracer.columns.index("speed_kmh")] = math.nan
    sampler.hear(trace, BEGIN_NS)
    paths = {sensors.signals[place].path for place in _latest(sampler.decode(NO_FRAMES))}
    assert "Vehicle.Speed" not in paths
    assert "Vehicle.Powertrain.CombustionEngine.Speed" in paths
    sampler.hear(None, BEGIN_NS)
    assert len(sampler.decode(NO_FRAMES)) == 0


@pytest.mark.parametrize("kind", ALL)
def test_the_same_seed_says_the_same(kind: str) -> None:
    first, second = (live(box(kind, faults=["tyre_leak@5x500"]), 300) for _ in range(2))
    assert [(one.kind, one.observed_at, one.body) for one in first] == [
        (one.kind, one.observed_at, one.body) for one in second
    ]
    assert first[0].stream != second[0].stream
    other = live(box(kind, seed=4, faults=["tyre_leak@5x500"]), 300)
    assert bodies(first, Summary) != bodies(other, Summary)


def test_every_minute_it_sums_up_says_how_and_where_it_is() -> None:
    uplinks = live(box(), 300)
    assert {(one.address.vehicle, one.clock) for one in uplinks} == {("sim-car-1", Clock.SYNCED)}
    summaries = bodies(uplinks, Summary)
    assert [(one.started_at, one.ended_at) for one in summaries] == [
        (BEGIN + minute * MINUTE, BEGIN + (minute + 1) * MINUTE) for minute in range(5)
    ]
    assert {figures.count for figures in summaries[1].signals.values()} == {60}, "once a second"
    assert summaries[1].signals["Vehicle.Speed"].unit == "km/h"
    healths = bodies(uplinks, Health)
    assert [one.uptime_s for one in healths] == [60.0, 120.0, 180.0, 240.0, 300.0]
    assert healths[-1].counters["judgement.cells"] == 300
    assert 1 <= len(bodies(uplinks, Position)) <= 5


def test_a_summary_may_be_shorter_and_a_position_not_told_at_all() -> None:
    uplinks = live(box(summary_s=10, position_s=0), 60)
    assert len(bodies(uplinks, Summary)) == 6
    assert bodies(uplinks, Position) == []
    assert len(bodies(live(box(position_s=5), 120), Position)) > 10


def test_a_drive_is_a_trip_and_a_parked_vehicle_costs_nothing() -> None:
    car = box(cycle="commute", seed=2)
    while car.second():
        pass
    awake_s = car.life.seconds
    trip = bodies(said(car), Trip)[0]
    assert trip.ended_by == "ignition_off"
    assert trip.distance_m is not None
    assert trip.distance_m > 1000.0
    live(car, 3600)
    uplinks = said(car)
    summaries = bodies(uplinks, Summary)
    assert len(summaries) == -(-awake_s // 60), "the begun minute is told, a silent one is not"
    assert bodies(uplinks, Health)[-1].counters["judgement.cells"] < awake_s + 150
    assert len(bodies(uplinks, Health)) == (awake_s + 3600) // 60, "the box itself goes on"
    assert len(bodies(uplinks, Trip)) == 1


def test_a_car_that_charges_is_told_of_every_five_minutes_and_drives_by_the_minute() -> None:
    summaries = bodies(live(box("ev", cycle="commute", seed=2), 3000), Summary)
    driven = [one for one in summaries if one.signals["Vehicle.LowVoltageSystemState"].max >= 4.0]
    assert {one.ended_at - one.started_at for one in driven} == {MINUTE}
    charged = summaries[len(driven) :]
    assert {one.ended_at - one.started_at for one in charged[1:]} == {5 * MINUTE}
    assert min(one.signals["Vehicle.Telltale.Charging.Current"].max for one in charged[1:]) > 10.0
    assert all(before.ended_at == after.started_at for before, after in pairwise(summaries))


def test_a_fault_raises_the_alert_that_the_shipped_rules_have_for_it() -> None:
    uplinks = live(box(faults=["battery@20x3"]), 900)
    alerts = bodies(uplinks, Alert)
    assert alerts[0].state is AlertState.FIRING
    assert alerts[0].component == "charging"
    assert alerts[0].id in [name for trip in bodies(uplinks, Trip) for name in trip.alerts] or len(alerts) == 1
    healthy = live(box(), 900)
    assert bodies(healthy, Alert) == []
    assert bodies(healthy, TroubleCode) == []


def test_at_the_end_it_says_what_has_begun() -> None:
    car = box()
    live(car, 130)
    before = len(said(car))
    car.end()
    trip, summary, health = said(car)[before:]
    assert isinstance(trip.body, Trip)
    assert trip.body.ended_by == "shutdown"
    assert isinstance(summary.body, Summary)
    assert summary.body.signals["Vehicle.Speed"].count == 10
    assert isinstance(health.body, Health)
    assert health.observed_at == BEGIN + timedelta(seconds=130)
    assert car.spool.queued.total() == before + 3
    assert car.refused == 0


def test_the_truth_is_told_in_utc() -> None:
    car = box(faults=["tyre_leak@30x2000"])
    live(car, 240)
    [row] = car.truth()
    assert (row.fault, row.time_s, row.onset_s) == ("tyre_leak", 1_800_000_240.0, 1_800_000_030.0)
    assert row.severity > 0.0


SEEN_AT = datetime(2026, 5, 1, tzinfo=UTC)
MISFIRE = Code("P0301", "misfire", monitor=Monitor.MISFIRE, flashes=True, fails_after_s=1.0, trips=2)
HOT = Code("P0217", "too hot", lamp=Lamp.RED, trips=1, fails_after_s=1.0, failure_type=0x1C)
SILENT = Code("U0121", "no brakes", lamp=Lamp.NONE, trips=1, fails_after_s=1.0)
OIL = Code("SPN 100 FMI 1", "oil pressure", spn=100, fmi=1, lamp=Lamp.RED, trips=1, fails_after_s=1.0)
NAMED = {"speed_kmh": ("Vehicle.Speed", 1.0, 0.0), "odometer_km": ("Vehicle.TraveledDistance", 1000.0, 0.0)}
READINGS = {"speed_kmh": math.nan, "odometer_km": 12.5, "internal": 1.0}


def unit(*codes: Code, obd: bool = True) -> Unit:
    return Unit("ENGINE", 0x10, CodeMemory(codes), 0x7E0, 0x7E8, obd=obd)


def fail(one: Unit, code: Code, *, bad: bool = True, seconds: int = 8) -> None:
    for _ in range(seconds):
        one.memory.observe(code.text, bad)
        one.memory.second(lambda: READINGS, running=True, speed_kmh=50.0, coolant_c=90.0)


def test_a_code_is_told_when_it_appears_changes_and_goes() -> None:
    engine = unit(MISFIRE)
    watch = CodeWatch("car", [engine], NAMED)
    engine.memory.cycle_begins()
    assert watch.look(SEEN_AT) == []
    fail(engine, MISFIRE)
    [first] = watch.look(SEEN_AT)
    assert (first.ecu, first.code, first.failure_type, first.protocol) == ("7E8", "P0301", None, "j1979")
    assert (first.status, first.lamp, first.seen_at) == (TroubleCodeStatus.PENDING, "slow_flash", SEEN_AT)
    assert first.freeze_frame == {"Vehicle.Speed": None, "Vehicle.TraveledDistance": 12_500.0}
    assert watch.look(SEEN_AT) == [], "once"
    fail(engine, MISFIRE, bad=False)
    assert [one.lamp for one in watch.look(SEEN_AT)] == ["off"]
    engine.memory.cycle_begins()
    fail(engine, MISFIRE)
    fail(engine, MISFIRE, bad=False)
    assert [(one.status, one.lamp) for one in watch.look(SEEN_AT)] == [(TroubleCodeStatus.CONFIRMED, "on")]
    engine.memory.clear()
    assert [one.status for one in watch.look(SEEN_AT)] == [TroubleCodeStatus.PERMANENT]


def test_a_code_that_was_cleared_has_gone_and_may_come_again() -> None:
    engine = unit(HOT)
    watch = CodeWatch("car", [engine], NAMED)
    engine.memory.cycle_begins()
    statuses = []
    for _ in range(2):
        fail(engine, HOT)
        statuses += [one.status for one in watch.look(SEEN_AT)]
        engine.memory.clear()
        [gone] = watch.look(SEEN_AT)
        assert (gone.code, gone.status, gone.lamp, gone.freeze_frame) == ("P0217", TroubleCodeStatus.GONE, None, {})
    assert statuses == [TroubleCodeStatus.CONFIRMED] * 2


@pytest.mark.parametrize(
    ("kind", "code", "obd", "ecu", "failure_type", "protocol", "lamp"),
    [
        ("car", HOT, True, "7E8", "1C", "uds", "on"),
        ("car", SILENT, False, "7E8", "00", "uds", None),
        ("car-29bit", HOT, True, "18DAF110", "1C", "uds", "on"),
        ("car-j1979-2", HOT, True, "7E8", "1C", "j1979-2", "on"),
        ("truck", OIL, False, "16", None, "j1939", "on"),
    ],
)
def test_a_code_is_named_as_its_protocol_names_it(  # noqa: PLR0917  # one row of the table
    kind: str, code: Code, obd: bool, ecu: str, failure_type: str | None, protocol: str, lamp: str | None
) -> None:
    engine = unit(code, obd=obd)
    engine.memory.cycle_begins()
    fail(engine, code)
    [told] = CodeWatch(kind, [engine], NAMED).look(SEEN_AT)
    assert (told.ecu, told.failure_type, told.protocol, told.lamp) == (ecu, failure_type, protocol, lamp)


def test_the_codes_of_a_faulty_car_are_told_within_ten_seconds() -> None:
    car = box(faults=["wheel_speed_dropout@20x100"])
    codes = [one for one in live(car, 400) if one.kind is Kind.DTC]
    told = {one.body.code for one in codes if isinstance(one.body, TroubleCode)}
    known = {code.text for unit_ in car.life.vehicle.units for code in unit_.memory.confirmed()}
    assert told == known
    assert len(known) == 1
    assert next(iter(known)).startswith("C00")
