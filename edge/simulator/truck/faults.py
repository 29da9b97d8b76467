"""Every scenario that the truck can have. README.md tells what is seen of each, and when."""

from dataclasses import dataclass
from typing import ClassVar, Final

from edge.simulator.faults import AnyFault, Stage
from edge.simulator.shared_faults import SHARED, Control
from edge.simulator.traits import Ranges
from edge.simulator.truck.engine_faults import (
    CoolantLeak,
    FuelFilter,
    Injector,
    StuckThermostat,
    TurboLeak,
    WaterPump,
)
from edge.simulator.truck.exhaust_faults import DefQuality, DpfClogging, DpfRegeneration, FrozenDef, Scr
from edge.simulator.truck.levers import TruckLevers
from edge.simulator.truck.supply_faults import AirLeak, Alternator, Compressor


@dataclass(frozen=True, slots=True)
class TrailerSwap(Control[TruckLevers]):
    """Another trailer is coupled at the onset: tonnes more or fewer.

    Signals: fuel, boost, exhaust temperature, acceleration and tyre temperature for the same road.

    Codes: none.

    Noticed: never: it is the work.
    """

    gross_kg: float

    name: ClassVar[str] = "trailer_swap"
    summary: ClassVar[str] = "another trailer is coupled: tonnes more or fewer"
    ranges: ClassVar[Ranges] = {"gross_kg": (14_500.0, 40_000.0)}

    def act(self, stage: Stage, levers: TruckLevers) -> None:
        """From the onset on."""
        if stage.age_s >= 0.0:
            levers.gross_kg = self.gross_kg


OWN: Final[tuple[type[AnyFault], ...]] = (
    CoolantLeak,
    StuckThermostat,
    WaterPump,
    Alternator,
    DpfClogging,
    TurboLeak,
    Injector,
    Scr,
    DefQuality,
    FuelFilter,
    AirLeak,
    Compressor,
    DpfRegeneration,
    FrozenDef,
    TrailerSwap,
)
"""The truck's own."""
FAULTS: Final[tuple[type[AnyFault], ...]] = (*OWN, *SHARED)
"""What the truck can have, the shared scenarios included."""
