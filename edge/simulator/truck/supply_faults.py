"""Scenarios of the truck's supplies: 24 V and compressed air."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from edge.simulator.faults import DAY_S, MINUTE_S, Fault, Stage
from edge.simulator.traits import Ranges
from edge.simulator.truck.air import FREE_FROM_KPA, HOLDS_BELOW_KPA
from edge.simulator.truck.levers import TruckLevers

if TYPE_CHECKING:
    from edge.simulator.truck.truck import Truck

TruckFault = Fault[TruckLevers, "Truck"]

BUILT_UP_S: Final = 600.0
"""A compressor in order has filled an empty system by then."""


@dataclass(frozen=True, slots=True)
class Alternator(TruckFault):
    """Worn brushes: the alternator gives less and less, in a truck whose batteries are old already.

    Signals: charging voltage (SPN 167) and battery voltage fall below 26 V while driving, battery current is
    negative all the time.

    Codes: SPN 167 FMI 1, later 168 FMI 1.

    Noticed: at once on a voltmeter: nothing rises any more when the engine revs.
    """

    fades_s: float
    capacity: float
    ohm: float

    name: ClassVar[str] = "alternator"
    summary: ClassVar[str] = "the alternator fades; 24 V falls while driving, for half an hour to two hours"
    ranges: ClassVar[Ranges] = {
        "fades_s": (5 * MINUTE_S, 30 * MINUTE_S),
        "capacity": (0.12, 0.28),
        "ohm": (1.3, 2.0),
    }

    def act(self, stage: Stage, levers: TruckLevers) -> None:
        """The batteries are old from the beginning; the alternator fades from the onset on."""
        levers.battery_capacity, levers.battery_ohm = self.capacity, self.ohm
        levers.charger_health = 1.0 - stage.ramp(self.fades_s)

    def severity(self, stage: Stage, vehicle: "Truck") -> float:  # noqa: ARG002
        """Share of its output that is gone."""
        return stage.ramp(self.fades_s)

    def failed(self, vehicle: "Truck") -> bool:
        """The batteries could not start the engine, or keep its control unit alive."""
        return vehicle.no_start


@dataclass(frozen=True, slots=True)
class AirLeak(TruckFault):
    """A chafed brake hose: one circuit loses air, first only overnight, then faster than the compressor pumps.

    Signals: pressure lost per hour parked (SPN 1087 or 1088), compressor on more of the time, build-up in the
    morning longer, at last pressure falls while driving.

    Codes: SPN 1087/1088 FMI 18, 117/118 FMI 1 at 55 psi.

    Noticed: weeks before the lamp, on the parked truck, by ear and by the gauge in the morning.
    """

    circuit_draw: float
    worse_s: float
    worst_nl_per_min: float

    name: ClassVar[str] = "air_leak"
    summary: ClassVar[str] = "a brake circuit leaks: overnight at first, then faster than the compressor can pump"
    ranges: ClassVar[Ranges] = {
        "circuit_draw": (1.0, 3.0),
        "worse_s": (8 * DAY_S, 28 * DAY_S),
        "worst_nl_per_min": (600.0, 1000.0),
    }

    @property
    def circuit(self) -> int:
        """Brake circuit 1 or 2."""
        return min(int(self.circuit_draw), 2)

    def act(self, stage: Stage, levers: TruckLevers) -> None:
        """A chafed hose goes slowly for long, and fast at last."""
        if stage.age_s >= 0.0:
            ramp = stage.ramp(self.worse_s)
            levers.air_hole_nl_per_min[self.circuit] = self.worst_nl_per_min * (0.01 * ramp + 0.99 * ramp**4)

    def severity(self, stage: Stage, vehicle: "Truck") -> float:  # noqa: ARG002
        """Share of the time to its worst."""
        return stage.ramp(self.worse_s)

    def failed(self, vehicle: "Truck") -> bool:
        """A running compressor no longer holds what the law asks of a circuit."""
        kpa = vehicle.air.circuits_kpa[self.circuit - 1]
        return kpa < HOLDS_BELOW_KPA and vehicle.control.run_s > BUILT_UP_S


@dataclass(frozen=True, slots=True)
class Compressor(TruckFault):
    """Worn rings and coked valves: the compressor pumps less, and at last not enough.

    Signals: time from cut-in to cut-out, and the share of time under load (SPN 1351), grow for weeks; in the end
    the pressure sags at every stop.

    Codes: SPN 1351 FMI 7, then 1087/1088 FMI 18, 117/118 FMI 1.

    Noticed: weeks before, by the seconds from cut-in to cut-out.
    """

    wears_s: float
    left: float

    name: ClassVar[str] = "compressor"
    summary: ClassVar[str] = "the air compressor wears out: it needs ever longer, until the air does not suffice"
    ranges: ClassVar[Ranges] = {"wears_s": (7 * DAY_S, 25 * DAY_S), "left": (0.0, 0.02)}

    def act(self, stage: Stage, levers: TruckLevers) -> None:
        """It wears evenly."""
        levers.compressor = 1.0 - (1.0 - self.left) * stage.ramp(self.wears_s)

    def severity(self, stage: Stage, vehicle: "Truck") -> float:  # noqa: ARG002
        """Share of its air that is gone."""
        return (1.0 - self.left) * stage.ramp(self.wears_s)

    def failed(self, vehicle: "Truck") -> bool:
        """A brake circuit has less than the driver may drive with."""
        air = vehicle.air
        return min(air.circuits_kpa[:2]) < FREE_FROM_KPA and air.holds and vehicle.control.run_s > BUILT_UP_S
