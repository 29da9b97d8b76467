"""Scenarios that any vehicle can have: wheels, brakes, starter battery, wiring; and what only looks like a fault."""

from dataclasses import dataclass
from typing import ClassVar, Final, Generic, Protocol

from edge.simulator.faults import DAY_S, HOUR_S, MINUTE_S, AnyFault, Fault, LeversT_contra, Stage
from edge.simulator.levers import Flaw, Levers
from edge.simulator.parts.brakes import Brakes
from edge.simulator.parts.lead_acid import LeadAcid
from edge.simulator.parts.tyres import Tyres
from edge.simulator.traits import Ranges

TYRE_FAILED_SHARE: Final = 0.5
"""Below half its pressure a tyre destroys itself within kilometres (ETRTO, run-flat limits)."""


class AnyVehicle(Protocol):
    """What these scenarios need to know of a vehicle."""

    tyres: Tyres
    brakes: Brakes
    battery: LeadAcid
    no_start: bool


SharedFault = Fault[Levers, AnyVehicle]


@dataclass(frozen=True, slots=True)
class TyreLeak(SharedFault):
    """A nail: the tyre loses air for hours to days, warms as it sags, and rolls on a smaller radius.

    Signals: pressure of one tyre against the others, its temperature, its wheel's speed.

    Codes: none; the tyre lamp (UN R141) at 80 % of the placard.

    Noticed: a day before the lamp, with a gauge.
    """

    wheel_draw: float
    loss_kpa_per_h: float

    name: ClassVar[str] = "tyre_leak"
    summary: ClassVar[str] = "a nail in a tyre: its pressure falls for hours to days"
    ranges: ClassVar[Ranges] = {"wheel_draw": (0.0, 4.0), "loss_kpa_per_h": (1.0, 12.0)}

    @property
    def wheel(self) -> int:
        """Which one."""
        return min(int(self.wheel_draw), 3)

    def act(self, stage: Stage, levers: Levers) -> None:
        """Air escapes at a rate that follows the pressure."""
        if stage.age_s >= 0.0:
            levers.tyre_hole_kpa_per_h[self.wheel] = self.loss_kpa_per_h * stage.pace

    def severity(self, stage: Stage, vehicle: AnyVehicle) -> float:  # noqa: ARG002
        """Share of the air above the half that destroys it which is gone."""
        return (1.0 - vehicle.tyres.share_of_placard(self.wheel)) / (1.0 - TYRE_FAILED_SHARE)

    def failed(self, vehicle: AnyVehicle) -> bool:
        """Below half its pressure it must not be driven on."""
        return vehicle.tyres.share_of_placard(self.wheel) < TYRE_FAILED_SHARE


@dataclass(frozen=True, slots=True)
class DraggingBrake(SharedFault):
    """A caliper that seizes on its pins: it never lets go, and warms disc, hub and tyre; the car needs more fuel.

    Signals: temperature of one tyre, fuel or current a few percent up, deceleration when coasting.

    Codes: none.

    Noticed: by hand on the rim after a drive.
    """

    wheel_draw: float
    drag: float
    sticks_s: float

    name: ClassVar[str] = "dragging_brake"
    summary: ClassVar[str] = "a brake caliper sticks: heat, more fuel, a warm tyre"
    ranges: ClassVar[Ranges] = {
        "wheel_draw": (0.0, 4.0),
        "drag": (0.05, 0.14),
        "sticks_s": (10 * MINUTE_S, 3 * HOUR_S),
    }

    @property
    def wheel(self) -> int:
        """Which one."""
        return min(int(self.wheel_draw), 3)

    def act(self, stage: Stage, levers: Levers) -> None:
        """It sticks more and more."""
        if stage.age_s >= 0.0:
            levers.brake_drag[self.wheel] = self.drag * stage.ramp(self.sticks_s)

    def severity(self, stage: Stage, vehicle: AnyVehicle) -> float:  # noqa: ARG002
        """Share of its final drag."""
        return stage.ramp(self.sticks_s)

    def failed(self, vehicle: AnyVehicle) -> bool:
        """A disc above 550 °C boils the fluid and cooks the bearing."""
        return vehicle.brakes.disc_c[self.wheel] > 550.0 or vehicle.brakes.lining_mm[self.wheel] <= 0.3


@dataclass(frozen=True, slots=True)
class BrakeWear(SharedFault):
    """Front linings near their end that wear several times too fast (poor material, much weight).

    Signals: brake fluid level falls slowly; the wear contact closes at 2 mm.

    Codes: none; the wear lamp.

    Noticed: at any wheel change.
    """

    left_mm: float
    faster: float

    name: ClassVar[str] = "brake_wear"
    summary: ClassVar[str] = "front brake linings wear out: weeks to the wear sensor, then to bare steel"
    ranges: ClassVar[Ranges] = {"left_mm": (2.6, 3.6), "faster": (4.0, 9.0)}

    def act(self, stage: Stage, levers: Levers) -> None:
        """They are thin from the beginning, and wear fast from the onset on."""
        levers.pad_start_mm = {0: self.left_mm, 1: self.left_mm + 0.3}
        if stage.age_s >= 0.0:
            levers.pad_wear = {0: self.faster * stage.pace, 1: self.faster * stage.pace}

    def severity(self, stage: Stage, vehicle: AnyVehicle) -> float:  # noqa: ARG002
        """Share of the lining at the onset that is gone."""
        return 1.0 - min(vehicle.brakes.lining_mm[:2]) / self.left_mm

    def failed(self, vehicle: AnyVehicle) -> bool:
        """Steel on steel."""
        return vehicle.brakes.bare()


@dataclass(frozen=True, slots=True)
class WeakBattery(SharedFault):
    """An old starter battery: capacity goes, resistance rises; it cranks weaker for weeks, on cold mornings first.

    Signals: the lowest voltage while cranking against its temperature; rest voltage after a night.

    Codes: none, or undervoltage codes on the day it fails.

    Noticed: weeks ahead with a conductance tester; the driver on a cold morning.
    """

    ages_s: float
    capacity: float
    ohm: float

    name: ClassVar[str] = "weak_battery"
    summary: ClassVar[str] = "the starter battery ages: it cranks weaker every cold morning, until it does not"
    ranges: ClassVar[Ranges] = {"ages_s": (10 * DAY_S, 40 * DAY_S), "capacity": (0.10, 0.25), "ohm": (4.0, 6.0)}

    def act(self, stage: Stage, levers: Levers) -> None:
        """Sulphate takes capacity and conductance together."""
        aged = 0.1 + 0.9 * stage.ramp(self.ages_s)
        levers.battery_capacity = 1.0 - (1.0 - self.capacity) * aged
        levers.battery_ohm = 1.0 + (self.ohm - 1.0) * aged

    def severity(self, stage: Stage, vehicle: AnyVehicle) -> float:  # noqa: ARG002
        """Share of its last ageing."""
        return stage.ramp(self.ages_s)

    def failed(self, vehicle: AnyVehicle) -> bool:
        """It did not start the vehicle."""
        return vehicle.no_start


@dataclass(frozen=True, slots=True)
class ParasiticDrain(SharedFault):
    """Something never sleeps (a boot lamp, a radio, a tracker): the battery empties whenever the vehicle stands.

    Signals: rest voltage falls while parked; a flat start.

    Codes: none.

    Noticed: with a clamp ammeter on the first morning.
    """

    drain_a: float

    name: ClassVar[str] = "parasitic_drain"
    summary: ClassVar[str] = "something draws current all night: the battery is flat after hours to days of standing"
    ranges: ClassVar[Ranges] = {"drain_a": (0.6, 3.0)}

    def act(self, stage: Stage, levers: Levers) -> None:
        """A constant current."""
        if stage.age_s >= 0.0:
            levers.drain_a = self.drain_a * stage.pace

    def severity(self, stage: Stage, vehicle: AnyVehicle) -> float:  # noqa: ARG002
        """Share of the battery's charge that is gone."""
        return 1.0 - vehicle.battery.charge

    def failed(self, vehicle: AnyVehicle) -> bool:
        """It did not start the vehicle."""
        return vehicle.no_start


@dataclass(frozen=True, slots=True)
class WheelSpeedDropout(SharedFault):
    """A wheel speed sensor with a cracked wire: "not available" for moments, then longer, then for good.

    Signals: one wheel speed "not available", first for moments.

    Codes: C0035, C0040, C0045, C0050 by the wheel (trucks: SPN 789 to 792); the brake lamp.

    Noticed: when the lamp comes.
    """

    wheel_draw: float
    worse_s: float

    name: ClassVar[str] = "wheel_speed_dropout"
    summary: ClassVar[str] = "a wheel speed sensor falls out for moments, then for good"
    ranges: ClassVar[Ranges] = {"wheel_draw": (0.0, 4.0), "worse_s": (10 * MINUTE_S, 5 * HOUR_S)}

    @property
    def wheel(self) -> int:
        """Which one."""
        return min(int(self.wheel_draw), 3)

    def act(self, stage: Stage, levers: Levers) -> None:
        """By chance, second by second, ever more often."""
        if stage.age_s >= 0.0 and stage.chance.random() < 0.02 + 0.98 * stage.ramp(self.worse_s):
            levers.flaws[levers.wheel_columns[self.wheel]] = Flaw(lost=True)

    def severity(self, stage: Stage, vehicle: AnyVehicle) -> float:  # noqa: ARG002
        """Share of the time without a signal."""
        return 0.02 + 0.98 * stage.ramp(self.worse_s)

    def failed(self, vehicle: AnyVehicle) -> bool:  # noqa: ARG002
        """It never strands a vehicle."""
        return False


@dataclass(frozen=True, slots=True)
class IntermittentConnector(SharedFault):
    """A corroded plug: one control unit is off the bus for seconds, more often on rough roads and as time goes on.

    Signals: all frames of one control unit missing for seconds.

    Codes: U0100 in the others (trucks: SPN 639), pending, gone, and back.

    Noticed: by wiggling the loom, if the driver can say when.
    """

    per_hour: float
    length_s: float
    worse_s: float

    name: ClassVar[str] = "intermittent_connector"
    summary: ClassVar[str] = "a corroded plug: a control unit vanishes from the bus for seconds"
    ranges: ClassVar[Ranges] = {"per_hour": (4.0, 20.0), "length_s": (1.0, 8.0), "worse_s": (DAY_S, 10 * DAY_S)}

    def act(self, stage: Stage, levers: Levers) -> None:
        """Gaps come by chance and last about `length_s`: two states with the right odds of changing."""
        if stage.age_s < 0.0:
            return
        often = self.per_hour * (0.3 + 0.7 * stage.ramp(self.worse_s)) / HOUR_S
        share = often * self.length_s / (1.0 + often * self.length_s)
        slot = stage.now_s // self.length_s
        if _coin(slot, self.per_hour) < share:
            levers.muted.add(levers.loose_node)

    def severity(self, stage: Stage, vehicle: AnyVehicle) -> float:  # noqa: ARG002
        """How often it happens in relation to the end."""
        return 0.3 + 0.7 * stage.ramp(self.worse_s)

    def failed(self, vehicle: AnyVehicle) -> bool:  # noqa: ARG002
        """It does not strand a vehicle by itself."""
        return False


@dataclass(frozen=True, slots=True)
class SensorGlitch(SharedFault):
    """One sensor shows nonsense for a second, now and then (a bad crimp): nothing is wrong with the vehicle.

    Signals: one sensor jumps for one second.

    Codes: none.

    Noticed: never, and nothing is to be repaired.
    """

    per_hour: float
    gain: float

    name: ClassVar[str] = "sensor_glitch"
    summary: ClassVar[str] = "a sensor shows a wild value for a second now and then; nothing is broken"
    control: ClassVar[bool] = True
    ranges: ClassVar[Ranges] = {"per_hour": (6.0, 30.0), "gain": (1.6, 4.0)}

    def act(self, stage: Stage, levers: Levers) -> None:
        """By chance, one second at a time."""
        if stage.age_s >= 0.0 and stage.chance.random() < self.per_hour / HOUR_S:
            column = levers.glitch_columns[int(stage.chance.random() * len(levers.glitch_columns))]
            levers.flaws[column] = Flaw(gain=self.gain)

    def severity(self, stage: Stage, vehicle: AnyVehicle) -> float:  # noqa: ARG002
        """Always whole."""
        return 1.0

    def failed(self, vehicle: AnyVehicle) -> bool:  # noqa: ARG002
        """Never."""
        return False


@dataclass(frozen=True, slots=True)
class Control(Fault[LeversT_contra, object], Generic[LeversT_contra]):
    """Healthy but odd."""

    control: ClassVar[bool] = True

    def severity(self, stage: Stage, vehicle: object) -> float:  # noqa: ARG002
        """Nothing is wrong."""
        return 0.0

    def failed(self, vehicle: object) -> bool:  # noqa: ARG002
        """Never."""
        return False


@dataclass(frozen=True, slots=True)
class ColdTyres(Control[Levers]):
    """The first frost: every tyre loses about 10 kPa for each 10 K, all of them alike.

    Signals: all pressures fall together, with the air's temperature.

    Codes: none; the tyre lamp may come when they were low already.

    Noticed: with a gauge; add air.
    """

    colder_k: float
    falls_s: float

    name: ClassVar[str] = "cold_tyres"
    summary: ClassVar[str] = "the first frost: all tyres lose pressure alike"
    ranges: ClassVar[Ranges] = {"colder_k": (10.0, 18.0), "falls_s": (4 * HOUR_S, 12 * HOUR_S)}

    def act(self, stage: Stage, levers: Levers) -> None:
        """The air gets colder within hours."""
        levers.colder_k = self.colder_k * stage.ramp(self.falls_s)


@dataclass(frozen=True, slots=True)
class Altitude(Control[Levers]):
    """A trip into the mountains: thin air, less boost or manifold pressure, more pressure in the tyres.

    Signals: outside pressure, manifold pressure or boost, gauge pressure of the tyres.

    Codes: none.

    Noticed: never: it is the place.
    """

    climb_m: float
    climbs_s: float

    name: ClassVar[str] = "altitude"
    summary: ClassVar[str] = "the vehicle is taken up into thin air"
    ranges: ClassVar[Ranges] = {"climb_m": (1200.0, 2600.0), "climbs_s": (0.7 * HOUR_S, 2 * HOUR_S)}

    def act(self, stage: Stage, levers: Levers) -> None:
        """Height is gained evenly."""
        levers.climb_m = self.climb_m * stage.ramp(self.climbs_s)


@dataclass(frozen=True, slots=True)
class BatteryReplaced(Control[Levers]):
    """A tired battery is replaced by a new one at the onset: crank and rest voltage jump up.

    Signals: crank minimum and rest voltage step up.

    Codes: none.

    Noticed: it was he.
    """

    capacity: float
    ohm: float

    name: ClassVar[str] = "battery_replaced"
    summary: ClassVar[str] = "an ageing starter battery is replaced by a new one"
    ranges: ClassVar[Ranges] = {"capacity": (0.5, 0.7), "ohm": (1.3, 1.7)}

    def act(self, stage: Stage, levers: Levers) -> None:
        """Old before, new and full after."""
        if stage.age_s < 0.0:
            levers.battery_capacity, levers.battery_ohm = self.capacity, self.ohm
        elif stage.sets_in:
            levers.battery_charge = 0.97


@dataclass(frozen=True, slots=True)
class SensorReplaced(Control[Levers]):
    """A temperature sensor that read a little low is replaced: its value steps to the truth.

    Signals: the outside temperature steps up by some kelvin.

    Codes: none.

    Noticed: it was he.
    """

    offset_k: float

    name: ClassVar[str] = "sensor_replaced"
    summary: ClassVar[str] = "a temperature sensor that read low is replaced by a good one"
    ranges: ClassVar[Ranges] = {"offset_k": (-5.0, -3.0)}

    def act(self, stage: Stage, levers: Levers) -> None:
        """Low before, right after."""
        if stage.age_s < 0.0:
            levers.flaws["ambient_c"] = Flaw(offset=self.offset_k)


@dataclass(frozen=True, slots=True)
class JumpStart(Control[Levers]):
    """Lamps were left on; the vehicle is started with a helper's battery, then charges its own for an hour.

    Signals: 12 V at 13 with the engine off; a long charge afterwards.

    Codes: none.

    Noticed: it was he.
    """

    left_charge: float
    helped_s: float

    name: ClassVar[str] = "jump_start"
    summary: ClassVar[str] = "the lamps were left on, and a helper starts the vehicle"
    ranges: ClassVar[Ranges] = {"left_charge": (0.08, 0.2), "helped_s": (20 * MINUTE_S, 30 * MINUTE_S)}

    def act(self, stage: Stage, levers: Levers) -> None:
        """Empty at the onset, with the helper's leads on for a while."""
        if stage.sets_in:
            levers.battery_charge = self.left_charge
        levers.jump_start = 0.0 <= stage.age_s < self.helped_s


@dataclass(frozen=True, slots=True)
class Towing(Control[Levers]):
    """The vehicle rolls on a rope or a dolly: wheels turn, the engine does not.

    Signals: wheel speeds without engine speed or drive torque.

    Codes: none.

    Noticed: it is he.
    """

    towed_s: float

    name: ClassVar[str] = "towing"
    summary: ClassVar[str] = "the vehicle is towed: wheels turn, nothing drives"
    ranges: ClassVar[Ranges] = {"towed_s": (8 * MINUTE_S, 25 * MINUTE_S)}

    def act(self, stage: Stage, levers: Levers) -> None:
        """From the onset on, for a while."""
        levers.towed = 0.0 <= stage.age_s < self.towed_s


def _coin(slot: float, salt: float) -> float:
    """A number from 0 to 1 that depends on the slot of time alone, so that gaps do not depend on how time was cut."""
    bits = (int(slot) * 2_654_435_761 + int(salt * 1e6) * 40_503) & 0xFFFF_FFFF
    bits ^= bits >> 15
    bits = bits * 0x2C1B_3C6D & 0xFFFF_FFFF
    bits ^= bits >> 12
    bits = bits * 0x297A_2D39 & 0xFFFF_FFFF
    return ((bits ^ bits >> 15) & 0xFFFF_FFFF) / 2.0**32


SHARED: Final[tuple[type[AnyFault], ...]] = (
    TyreLeak,
    DraggingBrake,
    BrakeWear,
    WeakBattery,
    ParasiticDrain,
    WheelSpeedDropout,
    IntermittentConnector,
    SensorGlitch,
    ColdTyres,
    Altitude,
    BatteryReplaced,
    SensorReplaced,
    JumpStart,
    Towing,
)
