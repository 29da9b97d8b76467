"""Scenarios of the petrol car: what breaks, how big, how fast. README.md tells what is seen of each, and when."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from edge.simulator.car.levers import CarLevers
from edge.simulator.car.mixture import SUPPLY_LPH
from edge.simulator.faults import DAY_S, HOUR_S, MINUTE_S, AnyFault, Fault, Stage
from edge.simulator.shared_faults import SHARED, Control
from edge.simulator.traits import Ranges

if TYPE_CHECKING:
    from edge.simulator.car.petrol import PetrolCar

CarFault = Fault[CarLevers, "PetrolCar"]

CRAWLS_LPH: Final = 6.0
"""With less fuel the car does not keep up with traffic: about what 100 km/h take."""


@dataclass(frozen=True, slots=True)
class CoolantLeak(CarFault):
    """A hose splits: coolant and pressure are lost within minutes, then the engine overheats.

    Signals: coolant, then oil temperature; the fan at full speed and with it the current; torque held back above 118
    °C.

    Codes: P0217 (red lamp).

    Noticed: at once, by the puddle; on the gauge only minutes later, for a fan that runs at speed is easily missed.
    """

    opening_s: float
    flow_kg_per_min: float

    name: ClassVar[str] = "coolant_leak"
    summary: ClassVar[str] = "a coolant hose splits; the engine overheats minutes later"
    ranges: ClassVar[Ranges] = {"opening_s": (30.0, 90.0), "flow_kg_per_min": (0.9, 1.8)}

    def act(self, stage: Stage, levers: CarLevers) -> None:
        """From the first crack to the full split."""
        levers.hole = stage.ramp(self.opening_s)
        levers.hole_kg_per_s = self.flow_kg_per_min / 60.0 * stage.pace

    def severity(self, stage: Stage, vehicle: "PetrolCar") -> float:  # noqa: ARG002
        """Share of the coolant that is gone."""
        return vehicle.cooling.lost_share

    def failed(self, vehicle: "PetrolCar") -> bool:
        """The engine is lost."""
        return vehicle.seized


@dataclass(frozen=True, slots=True)
class StuckThermostat(CarFault):
    """The thermostat no longer closes: the engine warms slowly and stays cold on the motorway.

    Signals: coolant temperature slow to rise and falling on the motorway; fuel rate a little up.

    Codes: P0128 on the second cold start.

    Noticed: on the first cold day: no heat in the cabin.
    """

    stuck_open: float

    name: ClassVar[str] = "stuck_thermostat"
    summary: ClassVar[str] = "the thermostat sticks open: the engine stays too cold"
    ranges: ClassVar[Ranges] = {"stuck_open": (0.5, 1.0)}

    def act(self, stage: Stage, levers: CarLevers) -> None:
        """Sudden: a spring breaks."""
        if stage.age_s >= 0.0:
            levers.thermostat_from = self.stuck_open

    def severity(self, stage: Stage, vehicle: "PetrolCar") -> float:  # noqa: ARG002
        """How far it is held open."""
        return self.stuck_open

    def failed(self, vehicle: "PetrolCar") -> bool:  # noqa: ARG002
        """It never strands a car."""
        return False


@dataclass(frozen=True, slots=True)
class WaterPump(CarFault):
    """The pump's impeller comes loose: flow falls within minutes, and metal heats before the coolant's sensor does.

    Signals: coolant temperature rises under load and falls at idle; the heater blows cold; fan at full speed.

    Codes: P0217.

    Noticed: within a minute of the gauge's rise: hot engine, cold radiator hose.
    """

    fails_s: float
    left: float

    name: ClassVar[str] = "water_pump"
    summary: ClassVar[str] = "the water pump fails; minutes to overheating"
    ranges: ClassVar[Ranges] = {"fails_s": (60.0, 600.0), "left": (0.0, 0.006)}

    def act(self, stage: Stage, levers: CarLevers) -> None:
        """It slips more and more."""
        levers.pump = 1.0 - (1.0 - self.left) * stage.ramp(self.fails_s)

    def severity(self, stage: Stage, vehicle: "PetrolCar") -> float:
        """Share of the flow that is gone."""
        return 1.0 - vehicle.levers.pump if stage.age_s >= 0.0 else 0.0

    def failed(self, vehicle: "PetrolCar") -> bool:
        """The engine is lost."""
        return vehicle.seized


@dataclass(frozen=True, slots=True)
class Misfire(CarFault):
    """A coil breaks down: first under load, then always; raw fuel heats the catalyst.

    Signals: roughness and the misfire count of one cylinder; catalyst temperature; lambda lean under load.

    Codes: P0301 to P0304 by the cylinder; the lamp flashes while it is bad enough to harm the catalyst.

    Noticed: in the first minute of the first hill.
    """

    cylinder_draw: float
    worse_s: float
    worst: float

    name: ClassVar[str] = "misfire"
    summary: ClassVar[str] = "an ignition coil breaks down: one cylinder misses, first under load"
    ranges: ClassVar[Ranges] = {
        "cylinder_draw": (1.0, 5.0),
        "worse_s": (2 * HOUR_S, 8 * DAY_S),
        "worst": (0.5, 0.98),
    }

    def act(self, stage: Stage, levers: CarLevers) -> None:
        """It starts at 2 % of the firings."""
        if stage.age_s >= 0.0:
            levers.misfire[min(int(self.cylinder_draw), 4)] = 0.02 + (self.worst - 0.02) * stage.ramp(self.worse_s)

    def severity(self, stage: Stage, vehicle: "PetrolCar") -> float:  # noqa: ARG002
        """Share of that cylinder's firings that fail at full load."""
        return 0.02 + (self.worst - 0.02) * stage.ramp(self.worse_s)

    def failed(self, vehicle: "PetrolCar") -> bool:  # noqa: ARG002
        """It limps home; what it ruins is the catalyst."""
        return False


@dataclass(frozen=True, slots=True)
class MafDrift(CarFault):
    """The air flow sensor gets dirty and shows less than passes: lean, and trims that rise alike at every load.

    Signals: both long-term trims rise alike; air flow low against manifold pressure and speed.

    Codes: P0171, then P0101.

    Noticed: at the next service with a tester: trims beyond +10 %.
    """

    drifts_s: float
    shows: float

    name: ClassVar[str] = "maf_drift"
    summary: ClassVar[str] = "a dirty air flow sensor reads low: fuel trims climb for weeks"
    ranges: ClassVar[Ranges] = {"drifts_s": (15 * DAY_S, 50 * DAY_S), "shows": (0.66, 0.76)}

    def act(self, stage: Stage, levers: CarLevers) -> None:
        """Dirt settles evenly."""
        levers.maf_gain = 1.0 - (1.0 - self.shows) * stage.ramp(self.drifts_s)

    def severity(self, stage: Stage, vehicle: "PetrolCar") -> float:  # noqa: ARG002
        """Share of its final drift."""
        return stage.ramp(self.drifts_s)

    def failed(self, vehicle: "PetrolCar") -> bool:  # noqa: ARG002
        """It never strands a car."""
        return False


@dataclass(frozen=True, slots=True)
class VacuumLeak(CarFault):
    """A cracked hose behind the air flow sensor: lean and fast at idle, nothing at full load.

    Signals: long-term trim high at idle, normal under load; idle speed up.

    Codes: P0171, P0507 when it is large.

    Noticed: by ear, or at once from the two load cells of the trim.
    """

    leak_gps: float
    cracks_s: float

    name: ClassVar[str] = "vacuum_leak"
    summary: ClassVar[str] = "a cracked intake hose: unmetered air, lean and fast at idle"
    ranges: ClassVar[Ranges] = {"leak_gps": (0.7, 1.6), "cracks_s": (HOUR_S, 5 * DAY_S)}

    def act(self, stage: Stage, levers: CarLevers) -> None:
        """The crack grows."""
        levers.vacuum_leak_gps = self.leak_gps * stage.ramp(self.cracks_s)

    def severity(self, stage: Stage, vehicle: "PetrolCar") -> float:  # noqa: ARG002
        """Share of its final leak."""
        return stage.ramp(self.cracks_s)

    def failed(self, vehicle: "PetrolCar") -> bool:  # noqa: ARG002
        """It never strands a car."""
        return False


@dataclass(frozen=True, slots=True)
class O2Ageing(CarFault):
    """The oxygen sensor before the catalyst gets slow: the mixture swings, trims hunt.

    Signals: lambda no longer follows the dither; short-term trim hunts.

    Codes: P0133.

    Noticed: hardly without an oscilloscope; consumption a few percent up.
    """

    ages_s: float
    lag_s: float

    name: ClassVar[str] = "o2_ageing"
    summary: ClassVar[str] = "the oxygen sensor before the catalyst gets slow"
    ranges: ClassVar[Ranges] = {"ages_s": (40 * DAY_S, 150 * DAY_S), "lag_s": (2.5, 4.5)}

    def act(self, stage: Stage, levers: CarLevers) -> None:
        """Slower and slower."""
        levers.o2_lag_s = 0.12 + (self.lag_s - 0.12) * stage.ramp(self.ages_s)

    def severity(self, stage: Stage, vehicle: "PetrolCar") -> float:  # noqa: ARG002
        """Share of its final ageing."""
        return stage.ramp(self.ages_s)

    def failed(self, vehicle: "PetrolCar") -> bool:  # noqa: ARG002
        """It never strands a car."""
        return False


@dataclass(frozen=True, slots=True)
class CatalystAgeing(CarFault):
    """The catalyst loses its oxygen storage: the sensor behind it begins to follow the one before it.

    Signals: the rear sensor's voltage begins to swing with the mixture.

    Codes: P0420.

    Noticed: at the emission test.
    """

    ages_s: float
    left: float

    name: ClassVar[str] = "catalyst_ageing"
    summary: ClassVar[str] = "the catalyst loses its oxygen storage"
    ranges: ClassVar[Ranges] = {"ages_s": (60 * DAY_S, 200 * DAY_S), "left": (0.01, 0.06)}

    def act(self, stage: Stage, levers: CarLevers) -> None:
        """Evenly."""
        levers.catalyst = 1.0 - (1.0 - self.left) * stage.ramp(self.ages_s)

    def severity(self, stage: Stage, vehicle: "PetrolCar") -> float:  # noqa: ARG002
        """Share of the storage that is gone."""
        return (1.0 - self.left) * stage.ramp(self.ages_s)

    def failed(self, vehicle: "PetrolCar") -> bool:  # noqa: ARG002
        """It never strands a car."""
        return False


@dataclass(frozen=True, slots=True)
class Alternator(CarFault):
    """Worn brushes: the alternator's output fades, a healthy battery carries the car for a while.

    Signals: 12 V no longer rises on the overrun and falls; alternator duty at 100 %; battery current negative.

    Codes: P0562 (charge lamp).

    Noticed: within minutes with a voltmeter; the driver by the lamp, or by weak lights.
    """

    fade_s: float
    left: float

    name: ClassVar[str] = "alternator"
    summary: ClassVar[str] = "the alternator fades behind a healthy battery; an hour or two to stranding"
    ranges: ClassVar[Ranges] = {"fade_s": (60.0, 20 * MINUTE_S), "left": (0.0, 0.15)}

    def act(self, stage: Stage, levers: CarLevers) -> None:
        """From full output to almost none."""
        levers.charger_health = 1.0 - (1.0 - self.left) * stage.ramp(self.fade_s)

    def severity(self, stage: Stage, vehicle: "PetrolCar") -> float:  # noqa: ARG002
        """Share of the output that is gone."""
        return (1.0 - self.left) * stage.ramp(self.fade_s)

    def failed(self, vehicle: "PetrolCar") -> bool:
        """The battery can neither start the engine nor keep its control unit alive."""
        return vehicle.no_start


@dataclass(frozen=True, slots=True)
class Battery(CarFault):
    """The alternator fades, and the battery behind it is an old one, which nobody noticed while it worked.

    Signals: 12 V with the engine running, current negative all the time, alternator duty at 100 %.

    Codes: P0562 (charge lamp).

    Noticed: at once: the voltage does not rise on the overrun, as a smart alternator's would.
    """

    fade_s: float
    capacity: float
    charge: float
    ohm: float

    name: ClassVar[str] = "battery"
    summary: ClassVar[str] = "the alternator fades with an old battery behind it; 12 V falls while driving"
    ranges: ClassVar[Ranges] = {
        "fade_s": (30.0, 90.0),
        "capacity": (0.45, 0.65),
        "charge": (0.6, 0.8),
        "ohm": (1.2, 1.6),
    }

    def act(self, stage: Stage, levers: CarLevers) -> None:
        """The battery is old from the beginning."""
        levers.battery_capacity, levers.battery_ohm = self.capacity, self.ohm
        if stage.now_s == 0.0:
            levers.battery_charge = self.charge
        levers.charger_health = 1.0 - stage.ramp(self.fade_s)

    def severity(self, stage: Stage, vehicle: "PetrolCar") -> float:  # noqa: ARG002
        """Share of the alternator's output that is gone."""
        return stage.ramp(self.fade_s)

    def failed(self, vehicle: "PetrolCar") -> bool:
        """The battery can neither start the engine nor keep its control unit alive."""
        return vehicle.no_start


@dataclass(frozen=True, slots=True)
class Injector(CarFault):
    """One injector clogs: its cylinder runs lean, then misses; the trims hide it for long.

    Signals: long-term trim up by a quarter of what is missing; roughness, later misfires of one cylinder.

    Codes: P0171 or P0301 to P0304.

    Noticed: by the rough idle, weeks before the lamp.
    """

    cylinder_draw: float
    clogs_s: float
    gives: float

    name: ClassVar[str] = "injector"
    summary: ClassVar[str] = "one injector clogs: a lean cylinder that begins to miss"
    ranges: ClassVar[Ranges] = {
        "cylinder_draw": (1.0, 5.0),
        "clogs_s": (5 * DAY_S, 30 * DAY_S),
        "gives": (0.35, 0.6),
    }

    def act(self, stage: Stage, levers: CarLevers) -> None:
        """Deposits grow evenly."""
        share = 1.0 - (1.0 - self.gives) * stage.ramp(self.clogs_s)
        if share < 1.0:
            levers.injector[min(int(self.cylinder_draw), 4)] = share

    def severity(self, stage: Stage, vehicle: "PetrolCar") -> float:  # noqa: ARG002
        """Share of that injector's fuel that is missing."""
        return (1.0 - self.gives) * stage.ramp(self.clogs_s)

    def failed(self, vehicle: "PetrolCar") -> bool:  # noqa: ARG002
        """It limps home."""
        return False


@dataclass(frozen=True, slots=True)
class FuelFilter(CarFault):
    """Fuel filter and pump tire together: rail pressure falls short at full load first, then at less.

    Signals: rail pressure falls at full load, then at less; lambda lean there; air flow normal.

    Codes: P0087, later misfires; a day or so before it leaves one standing.

    Noticed: on a long hill: no power at full throttle.
    """

    clogs_s: float
    left: float

    name: ClassVar[str] = "fuel_filter"
    summary: ClassVar[str] = "fuel filter and pump give less: rail pressure falls under load"
    ranges: ClassVar[Ranges] = {"clogs_s": (3 * DAY_S, 20 * DAY_S), "left": (0.03, 0.08)}

    def act(self, stage: Stage, levers: CarLevers) -> None:
        """Less flow from day to day."""
        levers.fuel_supply = 1.0 - (1.0 - self.left) * stage.ramp(self.clogs_s)

    def severity(self, stage: Stage, vehicle: "PetrolCar") -> float:  # noqa: ARG002
        """Share of the flow that is gone."""
        return (1.0 - self.left) * stage.ramp(self.clogs_s)

    def failed(self, vehicle: "PetrolCar") -> bool:
        """Not enough fuel to keep up with traffic."""
        return vehicle.levers.fuel_supply * SUPPLY_LPH < CRAWLS_LPH


@dataclass(frozen=True, slots=True)
class LooseFuelCap(CarFault):
    """The fuel cap is not screwed on: the tank holds no vacuum. Harmless; it must be tightened.

    Signals: tank pressure stays at zero while the tank is sealed for its test.

    Codes: P0457 after two cold starts.

    Noticed: at the pump; it is told as "tighten the cap".
    """

    unused: float

    name: ClassVar[str] = "loose_fuel_cap"
    summary: ClassVar[str] = "the fuel cap is loose: the leak test fails, nothing else"
    ranges: ClassVar[Ranges] = {"unused": (0.0, 1.0)}

    def act(self, stage: Stage, levers: CarLevers) -> None:
        """At once."""
        levers.fuel_cap_open = stage.age_s >= 0.0

    def severity(self, stage: Stage, vehicle: "PetrolCar") -> float:  # noqa: ARG002
        """Always whole."""
        return 1.0

    def failed(self, vehicle: "PetrolCar") -> bool:  # noqa: ARG002
        """It never strands a car."""
        return False


@dataclass(frozen=True, slots=True)
class SmartAlternator(Control[CarLevers]):
    """A regulator that saves fuel: the car lives on its battery for minutes and charges on the overrun.

    Signals: 12 V near 12.4 for minutes, above 14 on each overrun.

    Codes: none.

    Noticed: never: it is as built.
    """

    unused: float

    name: ClassVar[str] = "smart_alternator"
    summary: ClassVar[str] = "the alternator saves fuel: 12.4 V for minutes, then 14.5 V on the overrun"
    ranges: ClassVar[Ranges] = {"unused": (0.0, 1.0)}

    def act(self, stage: Stage, levers: CarLevers) -> None:
        """From the onset on."""
        levers.smart_alternator = stage.age_s >= 0.0


@dataclass(frozen=True, slots=True)
class StopStart(Control[CarLevers]):
    """The engine stops at every light and starts again, a dozen times in a drive.

    Signals: engine speed zero with the key on, a voltage dip at each restart.

    Codes: none.

    Noticed: never: it is as built.
    """

    unused: float

    name: ClassVar[str] = "stop_start"
    summary: ClassVar[str] = "the engine stops when the car stands"
    ranges: ClassVar[Ranges] = {"unused": (0.0, 1.0)}

    def act(self, stage: Stage, levers: CarLevers) -> None:
        """From the onset on."""
        levers.stop_start = stage.age_s >= 0.0


FAULTS: Final[tuple[type[AnyFault], ...]] = (
    CoolantLeak,
    StuckThermostat,
    WaterPump,
    Misfire,
    MafDrift,
    VacuumLeak,
    O2Ageing,
    CatalystAgeing,
    Alternator,
    Battery,
    Injector,
    FuelFilter,
    LooseFuelCap,
    *SHARED,
    SmartAlternator,
    StopStart,
)
"""Everything that can be ordered on this car."""
