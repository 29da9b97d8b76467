"""Scenarios of the truck's engine: cooling, boost, fuel."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from edge.simulator.faults import DAY_S, HOUR_S, MINUTE_S, Fault, Stage
from edge.simulator.traits import Ranges
from edge.simulator.truck.engine import CYLINDERS
from edge.simulator.truck.levers import TruckLevers

if TYPE_CHECKING:
    from edge.simulator.truck.truck import Truck

TruckFault = Fault[TruckLevers, "Truck"]

LIMPS_SHARE: Final = 0.6
"""With less of its torque a laden truck is a hazard on the road, and is taken off it."""
STARVED_SHARE: Final = 0.72
"""Fuel that is injected of what is asked for."""


@dataclass(frozen=True, slots=True)
class CoolantLeak(TruckFault):
    """A seeping hose or radiator: coolant goes for hours, unnoticed until the expansion tank is empty.

    Signals: coolant level (SPN 111) falls first, coolant pressure next; temperature and fan only when the pump
    draws air.

    Codes: SPN 111 FMI 1; then 110 FMI 16 with less torque, 110 FMI 0.

    Noticed: between two stops, by the level, hours before the gauge moves.
    """

    opening_s: float
    flow_kg_per_h: float

    name: ClassVar[str] = "coolant_leak"
    summary: ClassVar[str] = "coolant seeps away for hours; the level falls long before the engine overheats"
    ranges: ClassVar[Ranges] = {"opening_s": (10 * MINUTE_S, HOUR_S), "flow_kg_per_h": (1.5, 8.0)}

    def act(self, stage: Stage, levers: TruckLevers) -> None:
        """The hole opens; what it loses follows pressure."""
        levers.hole = 0.3 * stage.ramp(self.opening_s)
        levers.hole_kg_per_s = self.flow_kg_per_h / 0.3 / HOUR_S * stage.pace

    def severity(self, stage: Stage, vehicle: "Truck") -> float:  # noqa: ARG002
        """Share of the coolant that is gone."""
        return float(vehicle.cooling.lost_share)

    def failed(self, vehicle: "Truck") -> bool:
        """The engine is lost, or protects itself with less torque than a laden truck needs."""
        return vehicle.seized or vehicle.control.engine.torque_share < LIMPS_SHARE


@dataclass(frozen=True, slots=True)
class StuckThermostat(TruckFault):
    """A thermostat that no longer closes: long warm-up, 45 to 70 °C on the motorway by the load, more fuel, a cold cab.

    Signals: coolant and oil temperature too low for the work done.

    Codes: SPN 110 FMI 17 after two cold drives.

    Noticed: in the first warm-up.
    """

    stuck_open: float

    name: ClassVar[str] = "stuck_thermostat"
    summary: ClassVar[str] = "the thermostat sticks open: the engine stays too cold"
    ranges: ClassVar[Ranges] = {"stuck_open": (0.52, 0.7)}

    def act(self, stage: Stage, levers: TruckLevers) -> None:
        """Sudden: the element breaks."""
        if stage.age_s >= 0.0:
            levers.thermostat_from = self.stuck_open

    def severity(self, stage: Stage, vehicle: "Truck") -> float:  # noqa: ARG002
        """How far it is held open."""
        return self.stuck_open

    def failed(self, vehicle: "Truck") -> bool:  # noqa: ARG002
        """It strands nobody."""
        return False


@dataclass(frozen=True, slots=True)
class WaterPump(TruckFault):
    """The pump's impeller slips, then its shaft breaks: minutes to overheating.

    Signals: coolant temperature rises with load, the fan runs at full speed, then torque is taken away.

    Codes: SPN 110 FMI 16, then FMI 0.

    Noticed: by the fan, which is loud on a flat road, a minute before the lamp.
    """

    fails_s: float
    left: float

    name: ClassVar[str] = "water_pump"
    summary: ClassVar[str] = "the water pump fails; minutes to overheating"
    ranges: ClassVar[Ranges] = {"fails_s": (2 * MINUTE_S, 10 * MINUTE_S), "left": (0.0, 0.03)}

    def act(self, stage: Stage, levers: TruckLevers) -> None:
        """It slips more and more."""
        levers.pump = 1.0 - (1.0 - self.left) * stage.ramp(self.fails_s)

    def severity(self, stage: Stage, vehicle: "Truck") -> float:  # noqa: ARG002
        """Share of the flow that is gone."""
        return (1.0 - self.left) * stage.ramp(self.fails_s)

    def failed(self, vehicle: "Truck") -> bool:
        """The engine is lost, or protects itself with less torque than a laden truck needs."""
        return vehicle.seized or vehicle.control.engine.torque_share < LIMPS_SHARE


@dataclass(frozen=True, slots=True)
class TurboLeak(TruckFault):
    """A split charge-air hose: boost falls short of what the load asks for, first only at full load.

    Signals: boost (SPN 102) per load and speed, air filter differential pressure up for the same boost, exhaust
    hotter, more soot, less pull uphill.

    Codes: SPN 102 FMI 18 with a quarter less torque.

    Noticed: by the hiss and by black hands, a day or two before the lamp.
    """

    splits_s: float
    leak: float

    name: ClassVar[str] = "turbo_leak"
    summary: ClassVar[str] = "a charge-air hose splits: boost falls short, soot rises"
    ranges: ClassVar[Ranges] = {"splits_s": (2 * HOUR_S, 4 * DAY_S), "leak": (0.35, 0.60)}

    def act(self, stage: Stage, levers: TruckLevers) -> None:
        """The split grows."""
        levers.charge_leak = self.leak * stage.ramp(self.splits_s)

    def severity(self, stage: Stage, vehicle: "Truck") -> float:  # noqa: ARG002
        """Share of its final size."""
        return stage.ramp(self.splits_s)

    def failed(self, vehicle: "Truck") -> bool:  # noqa: ARG002
        """It limps home."""
        return False


@dataclass(frozen=True, slots=True)
class Injector(TruckFault):
    """One injector drifts: it gives too little (worn nozzle, deposits) or too much (a needle that does not close).

    Signals: that cylinder's balance in the engine's unit, engine speed that trembles at idle; too much also makes soot,
    too little costs power.

    Codes: SPN 651 to 656 FMI 7 by cylinder, after two drives.

    Noticed: at idle, by the balance of the cylinders.
    """

    cylinder_draw: float
    drifts_s: float
    way: float
    change: float

    name: ClassVar[str] = "injector"
    summary: ClassVar[str] = "one injector gives too little or too much: uneven running, power or soot"
    ranges: ClassVar[Ranges] = {
        "cylinder_draw": (1.0, CYLINDERS + 1.0),
        "drifts_s": (DAY_S, 12 * DAY_S),
        "way": (-1.0, 0.6),
        "change": (0.30, 0.65),
    }

    @property
    def cylinder(self) -> int:
        """Which one."""
        return min(int(self.cylinder_draw), CYLINDERS)

    def act(self, stage: Stage, levers: TruckLevers) -> None:
        """It drifts one way."""
        if stage.age_s >= 0.0:
            sign = 1.0 if self.way > 0.0 else -1.0
            ramp = stage.ramp(self.drifts_s)
            levers.injector[self.cylinder] = 1.0 + sign * self.change * ramp
            if sign > 0.0:
                levers.soot *= 1.0 + 4.0 * self.change * ramp

    def severity(self, stage: Stage, vehicle: "Truck") -> float:  # noqa: ARG002
        """Share of its final drift."""
        return stage.ramp(self.drifts_s)

    def failed(self, vehicle: "Truck") -> bool:  # noqa: ARG002
        """It strands nobody."""
        return False


@dataclass(frozen=True, slots=True)
class FuelFilter(TruckFault):
    """The fuel filter clogs: it holds fuel back when much is asked for, the more so when it is cold.

    Signals: filter differential pressure (SPN 95) up for the same fuel rate, delivery pressure (SPN 94) down
    under load, then rail pressure (SPN 157) short with boost normal.

    Codes: SPN 94 FMI 18, 157 FMI 18 with a quarter less torque.

    Noticed: days before, by the pressure behind the filter uphill.
    """

    clogs_s: float
    clogged: float

    name: ClassVar[str] = "fuel_filter"
    summary: ClassVar[str] = "the fuel filter clogs: pressure falls under load, then rail pressure and power"
    ranges: ClassVar[Ranges] = {"clogs_s": (3 * DAY_S, 14 * DAY_S), "clogged": (1.05, 1.40)}

    def act(self, stage: Stage, levers: TruckLevers) -> None:
        """Slow at first."""
        levers.fuel_filter = self.clogged * stage.ramp(self.clogs_s) ** 1.3

    def severity(self, stage: Stage, vehicle: "Truck") -> float:  # noqa: ARG002
        """Share of its final resistance's cause."""
        return stage.ramp(self.clogs_s)

    def failed(self, vehicle: "Truck") -> bool:
        """The engine is given so little fuel that a laden truck no longer climbs."""
        return vehicle.fuel.rail_share < STARVED_SHARE
