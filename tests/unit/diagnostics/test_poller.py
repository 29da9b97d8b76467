"""Politeness and truthfulness over hours of a simulated car's life, measured on its bus."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from edge.diagnostics.budget import WINDOW_NS, Budget, frame_bits
from edge.diagnostics.can_asker import CanAsker
from edge.diagnostics.cars import CarSurveyor
from edge.diagnostics.changes import How, What
from edge.diagnostics.ecu import answering
from edge.diagnostics.findings import Status
from edge.diagnostics.isotp_library import LibraryAssembly
from edge.diagnostics.line import Line
from edge.diagnostics.permission import Permission
from edge.diagnostics.poller import Poller, Rates, Told
from edge.diagnostics.standing import LineStanding
from edge.diagnostics.watch import Manners, Signs, Silence, Watch
from edge.frames import EXTENDED, NANOSECONDS, Frame
from edge.simulator.car.petrol import PetrolCar
from edge.simulator.faults import parse_fault
from edge.simulator.journey.drive import Key
from edge.simulator.simulation import Simulation
from tests.simulated_port import SimulatedPort

S = NANOSECONDS
FOREIGN = Frame(0, 0x7DF, bytes.fromhex("0201000000000000"))


def _bits(frame: Frame) -> int:
    return frame_bits(len(frame.payload), extended=bool(frame.flags & EXTENDED))


@dataclass
class Bench:
    """A car, and a poller on its bus."""

    vehicle: str = "car"
    faults: tuple[str, ...] = ()
    skip_s: int = 60
    manners: Manners = field(default_factory=lambda: Manners(asks=True))
    share: float = 0.05
    cycle: str = "mixed"

    def __post_init__(self) -> None:
        faults = [parse_fault(fault) for fault in self.faults]
        simulation = Simulation(vehicle=self.vehicle, seed=3, skip_s=self.skip_s, faults=faults, cycle=self.cycle)
        self.port = SimulatedPort(simulation)
        self.watch = Watch(self.manners, bitrate=500_000)
        self.budget = Budget(500_000, share=self.share)
        self.line = Line(self.port, Permission(), self.watch, self.budget, monotonic_ns=self.port.now_ns)
        askers = [CanAsker(self.line, LibraryAssembly(self.line), extended=extended) for extended in (False, True)]
        self.surveyor = CarSurveyor(askers, frozen=lambda pid, raw: {f"pid {pid:02X}": raw.hex()})
        self.told: list[Told] = []
        rates = Rates(identity_s=60.0, codes_s=60.0)
        self.poller = Poller(self.surveyor, LineStanding(self.line), tell=self.told.append, rates=rates)

    @property
    def car(self) -> PetrolCar:
        """The car itself."""
        car = self.port.simulation.life.vehicle
        assert isinstance(car, PetrolCar)
        return car

    def live(self, seconds: float, **signs: float) -> None:
        """The daemon runs for so long, and knows this of the vehicle."""
        until_ns = self.port.now_ns() + round(seconds * S)
        while self.port.now_ns() < until_ns:
            self.poller.step(Signs(self.port.now_ns(), **signs), wait_s=0.1)  # type: ignore[arg-type]  # each of its own type

    def seconds_of_bits(self) -> Iterator[int]:
        """Bits of ours and of answers to us in the second that ends with each such frame."""
        ours = [*self.port.sent, *(frame for frame in self.port.seen if answering(frame) is not None)]
        ours.sort(key=lambda frame: frame.time)
        first = 0
        for last, frame in enumerate(ours):
            while ours[first].time <= frame.time - WINDOW_NS:
                first += 1
            yield sum(
                frame_bits(len(one.payload), extended=bool(one.flags & EXTENDED)) for one in ours[first : last + 1]
            )


def test_listening_only_sends_nothing_in_twenty_minutes() -> None:
    bench = Bench(manners=Manners(), skip_s=0)
    bench.live(1_200, engine_rpm=900.0)
    assert not bench.port.sent
    assert bench.poller.why is Silence.LISTEN_ONLY


@pytest.mark.parametrize("vehicle", ["car", "car-29bit"])
def test_a_car_tells_who_it_is_and_what_is_wrong(vehicle: str) -> None:
    bench = Bench(vehicle, ("misfire@0x4000",), skip_s=1_500)
    bench.live(20, engine_rpm=900.0)
    survey = bench.poller.survey
    assert survey.vin == bench.port.simulation.life.vin
    assert {unit.name for unit in survey.units.values()} == {"ECM-EngineControl", "TCM-TransmisCtrl"}
    (code,) = survey.codes.values()
    assert (code.code, code.status) == ("P0303", Status.CONFIRMED)
    assert code.freeze_frame["pid 0C"]
    assert [(one.how, one.code.code) for told in bench.told for one in told.codes] == [(How.APPEARED, "P0303")]


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_no_second_holds_more_of_ours_than_the_budget(share: float) -> None:
    bench = Bench("car", ("misfire@0x4000",), skip_s=1_500, share=share)
    bench.live(120, engine_rpm=900.0)
    assert bench.poller.survey.codes
    assert len(bench.port.sent) > 400
    worst = max(bench.seconds_of_bits())
    assert worst <= bench.budget.bits_per_s, f"{worst} bits in a second, {bench.budget.bits_per_s} are granted"


def _asleep_at(bench: Bench) -> int:
    """When the bus fell silent, after a drive of some minutes; it is followed for twenty more."""
    car = bench.car
    silent_ns: int | None = None
    for _ in range(2_400):
        if car.key == Key.OFF:
            bench.live(1)
        else:
            bench.live(1, ignition=True)
        if bench.port.now_ns() - bench.port.spoke_ns < 2 * S:
            silent_ns = None
        elif silent_ns is None:
            silent_ns = bench.port.spoke_ns
        elif bench.port.now_ns() - silent_ns > 1_200 * S:
            return silent_ns
    raise AssertionError("the car never fell asleep for twenty minutes")


def test_a_car_that_is_polled_falls_asleep_as_one_that_is_not_and_is_left_asleep() -> None:
    """Its units keep sending for a minute after the key is off, longer when asked: ours must not keep them awake."""
    polled = Bench(cycle="cold_start", skip_s=240)
    alone = Bench(cycle="cold_start", skip_s=240, manners=Manners())
    asleep_ns = _asleep_at(polled)
    assert len(polled.port.sent) > 50
    assert polled.port.sent[-1].time < asleep_ns
    assert polled.poller.why is Silence.ASLEEP
    assert asleep_ns - _asleep_at(alone) < 15 * S


def test_beside_another_tester_nothing_is_sent_for_ten_minutes_after_its_last() -> None:
    bench = Bench()
    bench.live(10, engine_rpm=900.0)
    bench.port.stranger(FOREIGN)
    bench.live(100, engine_rpm=900.0)
    bench.port.stranger(FOREIGN)
    begin_ns = bench.port.now_ns()
    bench.live(700, engine_rpm=900.0)
    after = [frame.time for frame in bench.port.sent if frame.time > begin_ns]
    assert begin_ns + 600 * S <= after[0] <= begin_ns + 605 * S
    assert not [frame for frame in bench.port.sent if begin_ns - 99 * S < frame.time <= begin_ns]


def test_below_the_voltage_limit_nothing_is_sent() -> None:
    bench = Bench()
    bench.live(600, engine_rpm=900.0, volts=11.8)
    assert not bench.port.sent
    assert bench.poller.why is Silence.LOW_VOLTAGE
    bench.live(10, engine_rpm=900.0, volts=12.4)
    assert bench.port.sent


def test_a_car_that_answers_nothing_is_asked_ever_more_seldom_until_it_wakes_anew() -> None:
    bench = Bench("ev", cycle="motorway")
    bench.live(2_500, ignition=True)
    times = [round(frame.time / S) for frame in bench.port.sent if not frame.flags & EXTENDED]
    assert bench.watch.awakenings == 1
    pauses = [after - before for before, after in pairwise(times)]
    assert len(times) == 7
    assert all(after >= 2 * before - 2 for before, after in pairwise(pauses))


def test_whoever_clears_the_codes_is_found_out() -> None:
    bench = Bench("car", ("misfire@0x4000",), skip_s=1_500)
    bench.live(20, engine_rpm=900.0)
    bench.told.clear()
    bench.port.unseen(Frame(0, 0x7DF, bytes.fromhex("0104cccccccccccc")))
    bench.live(70, engine_rpm=900.0)
    first = bench.told[0]
    (change,) = first.codes
    assert (change.how, change.code.code) == (How.CLEARED, "P0303")
    assert change.code.statuses == {Status.PENDING, Status.PERMANENT}, "it failed again at once"
    assert {(one.what, one.ecu) for one in first.others} == {(What.CODES_CLEARED, "7E8"), (What.CODES_CLEARED, "7E9")}


def test_a_changed_calibration_is_told_as_that() -> None:
    bench = Bench()
    bench.live(10, engine_rpm=900.0)
    unit = next(one for one in bench.car.units if one.name == "ENGINE")
    unit.calibration_id = "TT18E-0413"
    bench.live(70, engine_rpm=900.0)
    (change,) = (one for told in bench.told for one in told.others)
    assert (change.what, change.before, change.after) == (What.CALIBRATION_CHANGED, "TT18E-0412", "TT18E-0413")
