"""Scenarios of the electric car: what breaks, how big, how fast. README.md tells what is seen of each, and when."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from edge.simulator.ev.levers import EvLevers
from edge.simulator.faults import DAY_S, HOUR_S, MINUTE_S, AnyFault, Fault, Stage
from edge.simulator.shared_faults import SHARED
from edge.simulator.traits import Ranges

if TYPE_CHECKING:
    from edge.simulator.ev.electric import ElectricCar

EvFault = Fault[EvLevers, "ElectricCar"]

LEVEL_KOHM: Final = 4_000.0
"""From where a creeping isolation fault begins: hardly seen beside the car's own insulation."""


@dataclass(frozen=True, slots=True)
class CellImbalance(EvFault):
    """One of 96 cells gets a short circuit inside (a burr, lithium dendrites), empties by itself, and ages fast.

    Signals: the lowest cell is always the same one, at rest first, then far below the others under load; the balancing
    draws from all the rest and cannot keep up. State of health falls, charging ends early, charge drops all at once.

    Codes: P0BBD, then P0A7F, P0A80 (power cut to 30 %), P0DE6 under load; at last contactors stay open.

    Noticed: in the second week, by one cell 20 mV below the rest on every morning.
    """

    cell_draw: float
    short_ohm: float
    capacity_left: float
    ohm: float
    worse_s: float

    name: ClassVar[str] = "cell_imbalance"
    summary: ClassVar[str] = "one battery cell leaks and loses capacity: weeks to a car that will not go"
    ranges: ClassVar[Ranges] = {
        "cell_draw": (0.0, 96.0),
        "short_ohm": (12.0, 32.0),
        "capacity_left": (0.55, 0.80),
        "ohm": (1.5, 3.0),
        "worse_s": (12 * DAY_S, 35 * DAY_S),
    }

    @property
    def cell(self) -> int:
        """Which one, 0 to 95."""
        return min(int(self.cell_draw), 95)

    def act(self, stage: Stage, levers: EvLevers) -> None:
        """A fifth of the leak at once, the rest with time."""
        if stage.age_s < 0.0:
            return
        share = stage.ramp(self.worse_s)
        levers.cell_capacity[self.cell] = 1.0 - (1.0 - self.capacity_left) * share
        levers.cell_ohm[self.cell] = 1.0 + (self.ohm - 1.0) * share
        levers.cell_leak_a[self.cell] = 3.7 / self.short_ohm * (0.2 + 0.8 * share) * stage.pace

    def severity(self, stage: Stage, vehicle: "ElectricCar") -> float:  # noqa: ARG002
        """Share of the pack's usable capacity that this cell has cost."""
        return vehicle.traction.lost_capacity

    def failed(self, vehicle: "ElectricCar") -> bool:
        """The car will not go, or it stopped under way."""
        return vehicle.start.stranded


@dataclass(frozen=True, slots=True)
class BatteryCoolantLoss(EvFault):
    """A fitting of the battery's cooling loop weeps: coolant is lost for hours to days.

    Signals: the level in the expansion tank; then a pump that turns too fast, in air; then modules that no longer
    follow the inlet, and a fast charge that heat throttles.

    Codes: P2DFC (level), P0E3B (pump), P0C32 (performance), P0A7E (over temperature). With an empty loop power is
    halved and charging refused, until the battery is empty.

    Noticed: by whoever looks at the level from one week, or day, to the next.
    """

    kg_per_h: float

    name: ClassVar[str] = "battery_coolant_loss"
    summary: ClassVar[str] = "the battery's cooling loop leaks: hours to days, then it refuses to be charged"
    ranges: ClassVar[Ranges] = {"kg_per_h": (0.10, 0.55)}

    def act(self, stage: Stage, levers: EvLevers) -> None:
        """Always at the same rate while the pump runs."""
        if stage.age_s >= 0.0:
            levers.pack_coolant_kg_per_h = self.kg_per_h * stage.pace

    def severity(self, stage: Stage, vehicle: "ElectricCar") -> float:  # noqa: ARG002
        """Share of the coolant that has to go until nothing flows."""
        return vehicle.traction.heat.lost_share / 0.45

    def failed(self, vehicle: "ElectricCar") -> bool:
        """Too hot to go on, or empty and not to be charged."""
        return vehicle.start.stranded


@dataclass(frozen=True, slots=True)
class DcdcFailure(EvFault):
    """The DC-DC converter fails (the ICCU case), and a 12 V battery that is not new any more feeds the car alone.

    Signals: READY, the converter's current is 0; 12 V falls from 14 to 12 V within minutes, then on and on; the
    battery's current stays negative, also while coasting and standing. Comfort goes off near 11.3 V; below 9 V
    contactors let go.

    Codes: P0A09 and P0A94 within half a minute, P0562.

    Noticed: at once, by the current; by voltage alone, after five minutes without recovery.
    """

    fades_s: float
    capacity: float

    name: ClassVar[str] = "dcdc_failure"
    summary: ClassVar[str] = "the DC-DC converter fails: READY, 12 V falls, stranded within the hour"
    ranges: ClassVar[Ranges] = {"fades_s": (0.3, 12.0), "capacity": (0.26, 0.44)}

    def act(self, stage: Stage, levers: EvLevers) -> None:
        """Sudden, or nearly so."""
        levers.battery_capacity = self.capacity
        if stage.age_s >= 0.0:
            levers.charger_health = 1.0 - stage.ramp(self.fades_s)

    def severity(self, stage: Stage, vehicle: "ElectricCar") -> float:  # noqa: ARG002
        """Share of the 12 V battery's charge that is gone."""
        return 1.0 - vehicle.battery.charge

    def failed(self, vehicle: "ElectricCar") -> bool:
        """12 V is gone: contactors opened, or will not close."""
        return vehicle.no_start


@dataclass(frozen=True, slots=True)
class IsolationFault(EvFault):
    """High voltage finds a way to the body: a chafed cable at once, or moisture in a plug that creeps for weeks.

    Signals: the measured isolation alone; worse on wet roads, so that creeping faults come and go with the rain at
    first.

    Codes: P2C88 below 500 Ω/V, P0AA6 below 100 Ω/V (ISO 6469-3). One may finish the drive; then READY is refused.

    Noticed: when creeping, by the trend of dry days; a sudden one gives no warning.
    """

    creeps_draw: float
    creeps_s: float
    end_kohm: float

    name: ClassVar[str] = "isolation_fault"
    summary: ClassVar[str] = "high voltage leaks to the body: at once, or creeping for weeks; READY is refused"
    ranges: ClassVar[Ranges] = {
        "creeps_draw": (0.0, 1.0),
        "creeps_s": (6 * DAY_S, 25 * DAY_S),
        "end_kohm": (4.0, 32.0),
    }

    @property
    def creeps(self) -> bool:
        """Half of them do."""
        return self.creeps_draw >= 0.5

    def act(self, stage: Stage, levers: EvLevers) -> None:
        """A path whose resistance falls by the same factor each day."""
        if stage.age_s >= 0.0:
            share = stage.ramp(self.creeps_s) if self.creeps else 1.0
            levers.isolation_kohm = LEVEL_KOHM * (self.end_kohm / LEVEL_KOHM) ** share

    def severity(self, stage: Stage, vehicle: "ElectricCar") -> float:  # noqa: ARG002
        """How far it has come on a logarithmic scale."""
        return stage.ramp(self.creeps_s) if self.creeps else 1.0

    def failed(self, vehicle: "ElectricCar") -> bool:
        """READY was refused."""
        return vehicle.start.refused


@dataclass(frozen=True, slots=True)
class CoolantPump(EvFault):
    """The pump of the drive unit's loop fails: its motor seizes, or the impeller slips on the shaft.

    Signals: inverter, then motor warm while the coolant's sensor stays cool: their distance for a load is the
    signature; the pump's speed, when it seizes (a slipping impeller turns as told). Torque is cut above 88 °C, all of
    it at 116 °C.

    Codes: P0C73 when the speed is missing, P0A93, P0A3C.

    Noticed: within five minutes, by inverter and coolant that drift apart.
    """

    fails_s: float
    left: float
    slips_draw: float

    name: ClassVar[str] = "coolant_pump"
    summary: ClassVar[str] = "the drive unit's coolant pump fails: minutes to little power under load"
    ranges: ClassVar[Ranges] = {
        "fails_s": (20.0, 8 * MINUTE_S),
        "left": (0.0, 0.002),
        "slips_draw": (0.0, 1.0),
    }

    def act(self, stage: Stage, levers: EvLevers) -> None:
        """Less and less flow; less speed, too, unless the impeller slips."""
        gone = (1.0 - self.left) * stage.ramp(self.fails_s)
        levers.pump_flow = 1.0 - gone
        if self.slips_draw < 0.6:
            levers.pump_rpm = 1.0 - gone

    def severity(self, stage: Stage, vehicle: "ElectricCar") -> float:
        """Share of the flow that is gone."""
        return 1.0 - vehicle.levers.pump_flow if stage.age_s >= 0.0 else 0.0

    def failed(self, vehicle: "ElectricCar") -> bool:
        """Hardly any torque is left."""
        return vehicle.control.drive.share < 0.25


@dataclass(frozen=True, slots=True)
class ChargePortHot(EvFault):
    """Contacts of the charging inlet wear and burn: their resistance rises for days to weeks.

    Signals: the inlet's temperature with the square of the charging current; above 80 °C current is reduced, and fast
    charging gets slower and slower; above 103 °C the session ends. Nothing while driving.

    Codes: P0E5F.

    Noticed: by the inlet's temperature for the same current from session to session.
    """

    ohm: float
    worse_s: float

    name: ClassVar[str] = "charge_port_hot"
    summary: ClassVar[str] = "worn contacts in the charging inlet: slower and slower fast charging, then none"
    ranges: ClassVar[Ranges] = {"ohm": (14.0, 30.0), "worse_s": (5 * DAY_S, 25 * DAY_S)}

    def act(self, stage: Stage, levers: EvLevers) -> None:
        """Resistance rises by the same factor each day."""
        levers.inlet_ohm = self.ohm ** stage.ramp(self.worse_s)

    def severity(self, stage: Stage, vehicle: "ElectricCar") -> float:  # noqa: ARG002
        """Share of the way to its final resistance, on a logarithmic scale."""
        return stage.ramp(self.worse_s)

    def failed(self, vehicle: "ElectricCar") -> bool:
        """The last session was broken off by heat."""
        return vehicle.charging.cut_off


@dataclass(frozen=True, slots=True)
class FastCharging(EvFault):
    """An ordinary fast charge on a long way: nearly empty, warmed before, 150 kW and more.

    Signals: modules above 45 °C for some minutes; the car is plugged in, and cools from 48 °C on.

    Codes: none.

    Noticed: nothing is wrong.
    """

    charge: float
    warmed_c: float
    station_kw: float

    name: ClassVar[str] = "fast_charging"
    summary: ClassVar[str] = "an ordinary fast charge that takes the battery above 45 °C"
    control: ClassVar[bool] = True
    ranges: ClassVar[Ranges] = {"charge": (0.22, 0.30), "warmed_c": (37.0, 41.0), "station_kw": (150.0, 250.0)}

    def act(self, stage: Stage, levers: EvLevers) -> None:
        """The battery is low from the beginning; from the onset on the driver goes for a charger."""
        if stage.now_s == 0.0:
            levers.pack_charge, levers.pack_c = self.charge, self.warmed_c
        levers.warms_pack = stage.age_s < 0.0
        levers.seeks_charger = 0.0 <= stage.age_s < 2 * HOUR_S * stage.pace
        levers.station_kw = self.station_kw

    def severity(self, stage: Stage, vehicle: "ElectricCar") -> float:  # noqa: ARG002
        """Nothing is wrong."""
        return 0.0

    def failed(self, vehicle: "ElectricCar") -> bool:  # noqa: ARG002
        """Never."""
        return False


FAULTS: Final[tuple[type[AnyFault], ...]] = (
    CellImbalance,
    BatteryCoolantLoss,
    DcdcFailure,
    IsolationFault,
    CoolantPump,
    ChargePortHot,
    FastCharging,
    *SHARED,
)
"""What can be ordered on the electric car."""
