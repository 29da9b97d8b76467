"""Scenarios of the truck's exhaust: particulate filter and SCR; and what only looks like one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from edge.simulator.faults import DAY_S, HOUR_S, Fault, Stage
from edge.simulator.shared_faults import Control
from edge.simulator.traits import Ranges
from edge.simulator.truck.levers import TruckLevers
from edge.simulator.truck.scr import CONCENTRATION

if TYPE_CHECKING:
    from edge.simulator.truck.truck import Truck

TruckFault = Fault[TruckLevers, "Truck"]

LIMPS_SHARE: Final = 0.6
"""With less of its torque a laden truck is a hazard on the road, and is taken off it."""


@dataclass(frozen=True, slots=True)
class DpfClogging(TruckFault):
    """The particulate filter clogs: more soot from the engine, a tired oxidation catalyst, ash that stays.

    Signals: differential pressure (SPN 3251) per exhaust flow, soot load (SPN 3719), regenerations ever more
    often and longer, more fuel.

    Codes: SPN 5319 FMI 31 (incomplete), 3719 FMI 16 with 25 % less torque, 3719 FMI 0 with half of it.

    Noticed: days to weeks before, by regenerations that come sooner each time.
    """

    worse_s: float
    soot: float
    ash: float
    catalysis: float

    name: ClassVar[str] = "dpf_clogging"
    summary: ClassVar[str] = "the particulate filter clogs: regenerations ever more often, then less torque"
    ranges: ClassVar[Ranges] = {
        "worse_s": (4 * DAY_S, 18 * DAY_S),
        "soot": (4.0, 9.0),
        "ash": (0.5, 1.1),
        "catalysis": (0.10, 0.30),
    }

    def act(self, stage: Stage, levers: TruckLevers) -> None:
        """All three grow together."""
        ramp = stage.ramp(self.worse_s)
        levers.soot = 1.0 + (self.soot - 1.0) * ramp
        levers.ash = self.ash * ramp
        levers.catalysis = 1.0 - (1.0 - self.catalysis) * ramp

    def severity(self, stage: Stage, vehicle: "Truck") -> float:  # noqa: ARG002
        """Share of its worst."""
        return stage.ramp(self.worse_s)

    def failed(self, vehicle: "Truck") -> bool:
        """Too much soot to burn on the road: half the torque, and only a workshop can regenerate."""
        control = vehicle.control.aftertreatment
        return control.locked or control.torque_share < LIMPS_SHARE


@dataclass(frozen=True, slots=True)
class Scr(TruckFault):
    """The reagent's dosing valve crystallises: less and less of what is asked for reaches the catalyst.

    Signals: NOx behind the catalyst (SPN 3226) in relation to NOx before it, conversion (SPN 4364).

    Codes: SPN 4364 FMI 18 after two drives, then the inducement in three steps: 5246 FMI 15, 16, 0.

    Noticed: days before, by a conversion that sags at light load first.
    """

    clogs_s: float
    left: float

    name: ClassVar[str] = "scr"
    summary: ClassVar[str] = "the reagent's dosing valve clogs: NOx conversion falls, torque goes in steps"
    ranges: ClassVar[Ranges] = {"clogs_s": (2 * DAY_S, 10 * DAY_S), "left": (0.05, 0.45)}

    def act(self, stage: Stage, levers: TruckLevers) -> None:
        """Deposits grow."""
        levers.dosing = 1.0 - (1.0 - self.left) * stage.ramp(self.clogs_s)

    def severity(self, stage: Stage, vehicle: "Truck") -> float:  # noqa: ARG002
        """Share of the dosing that is gone."""
        return (1.0 - self.left) * stage.ramp(self.clogs_s)

    def failed(self, vehicle: "Truck") -> bool:
        """Limited to 25 mph."""
        return vehicle.control.aftertreatment.step == 3


@dataclass(frozen=True, slots=True)
class DefQuality(TruckFault):
    """Bad reagent is filled in at the onset: diluted, or the wrong fluid.

    Signals: concentration (SPN 3516) steps down from 32.5 %, conversion follows within minutes of warm exhaust.

    Codes: SPN 3516 FMI 18 or 1, 4364 FMI 18, then the inducement.

    Noticed: at the next reading: the concentration has a step, and the driver knows where it was filled.
    """

    concentration: float

    name: ClassVar[str] = "def_quality"
    summary: ClassVar[str] = "diluted reagent is filled in: NOx conversion falls at once, torque goes in steps"
    ranges: ClassVar[Ranges] = {"concentration": (8.0, 24.0)}

    def act(self, stage: Stage, levers: TruckLevers) -> None:
        """From the onset on."""
        if stage.age_s >= 0.0:
            levers.def_concentration = self.concentration

    def severity(self, stage: Stage, vehicle: "Truck") -> float:  # noqa: ARG002
        """Share of the urea that is missing."""
        return 1.0 - self.concentration / CONCENTRATION

    def failed(self, vehicle: "Truck") -> bool:
        """Limited to 25 mph."""
        return vehicle.control.aftertreatment.step == 3


@dataclass(frozen=True, slots=True)
class DpfRegeneration(Control[TruckLevers]):
    """An ordinary regeneration: the filter is full enough at the onset, and is burned clean within half an hour.

    Signals: exhaust at 550 to 620 °C, extra fuel, higher idle, differential pressure up and then down.

    Codes: none.

    Noticed: never: it is as built.
    """

    filled: float

    name: ClassVar[str] = "dpf_regeneration"
    summary: ClassVar[str] = "an ordinary active regeneration: hot exhaust, higher idle, more fuel"
    ranges: ClassVar[Ranges] = {"filled": (0.80, 0.92)}

    def act(self, stage: Stage, levers: TruckLevers) -> None:
        """Weeks of soot, put in at once."""
        if stage.sets_in:
            levers.soot_share = self.filled


@dataclass(frozen=True, slots=True)
class FrozenDef(Control[TruckLevers]):
    """A frosty spell: the reagent freezes overnight and is thawed by the coolant, and NOx leaves unreduced until then.

    Signals: no dosing pressure and no conversion for the first half hour of a day, reagent temperature below -11 °C.

    Codes: none.

    Noticed: never: it is as built.
    """

    colder_k: float
    falls_s: float

    name: ClassVar[str] = "frozen_def"
    summary: ClassVar[str] = "hard frost: the reagent thaws for the first half hour, and NOx is high until then"
    ranges: ClassVar[Ranges] = {"colder_k": (22.0, 32.0), "falls_s": (3 * HOUR_S, 8 * HOUR_S)}

    def act(self, stage: Stage, levers: TruckLevers) -> None:
        """The air gets much colder within hours."""
        levers.colder_k = self.colder_k * stage.ramp(self.falls_s)
