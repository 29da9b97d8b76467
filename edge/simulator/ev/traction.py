"""The traction battery as a whole: cells, terminals and heat together, second by second and at rest."""

from typing import Final

import numpy as np

from edge.simulator.ev.battery_control import BatteryControl
from edge.simulator.ev.cells import MODULES, Cells
from edge.simulator.ev.estimate import EMPTY_SHARE, FULL_SHARE, Estimate
from edge.simulator.ev.levers import EvLevers
from edge.simulator.ev.pack import Pack
from edge.simulator.ev.pack_heat import PackHeat
from edge.simulator.ev.traits import EvTraits

BALANCES_S: Final = 6 * 3600.0
"""After a drive or a charge the balancing works on for so long."""
CHARGED_KWH_PER_KM: Final = 0.19
USED_KWH_PER_KM: Final = 0.175
WARMS_EVERY: Final = 5
"""Resistances follow the temperature so often (s)."""
WEIGHS_EVERY: Final = 60


class Traction:
    """96 cells, their terminals, their heat, and what the battery control unit believes of them."""

    def __init__(self, traits: EvTraits, rng: np.random.Generator, temp_c: float) -> None:
        self.cells = Cells.draw(
            rng,
            ah=traits.pack_ah * traits.health,
            charge=_true(traits.pack_charge),
            capacity_spread=traits.capacity_spread,
            ohm_spread=traits.ohm_spread,
        )
        self.pack = Pack(self.cells)
        self.pack.charged_kwh = traits.odometer_km * CHARGED_KWH_PER_KM
        self.pack.used_kwh = traits.odometer_km * USED_KWH_PER_KM
        self.heat = PackHeat([temp_c] * MODULES, temp_c, temp_c, weights=self.cells.weights())
        self.cells.warm(self.heat.modules_c)
        self.mean_a = 0.0
        """Current of the last second on average."""
        self._whole_ah = self.cells.left_ah() + self.cells.room_ah()
        self.estimate = Estimate(self._charge(), self._whole_ah, traits.pack_ah)
        self._balances_s = BALANCES_S

    @property
    def lost_capacity(self) -> float:
        """Share of the usable capacity that the worst cells have cost since the beginning."""
        return 1.0 - (self.cells.left_ah() + self.cells.room_ah()) / self._whole_ah

    def pull(self, levers: EvLevers) -> None:
        """Let scenarios change cells, charge and temperature."""
        self.cells.spoil(levers.cell_capacity, levers.cell_ohm, levers.cell_leak_a)
        if levers.pack_charge is not None:
            self.cells.fill(_true(levers.pack_charge))
            self.estimate.charge = self._charge()
        if levers.pack_c is not None:
            self.heat.soak(levers.pack_c)

    def second(self, control: BatteryControl, levers: EvLevers, *, ambient_c: float, closed: bool, now_s: int) -> None:
        """One second awake: count charge, measure cells, move heat."""
        self.mean_a = self.pack.stored_as
        self.heat.second(
            heat_j=self.pack.second(),
            ambient_c=ambient_c,
            asked_rpm=control.pump_rpm,
            cooling_w=control.cooling_w if closed else 0.0,
            heating_w=control.heating_w if closed else 0.0,
            radiator=control.radiator,
            lost_kg_per_h=levers.pack_coolant_kg_per_h,
        )
        if now_s % WARMS_EVERY == 0:
            self.cells.warm(self.heat.modules_c)
        if levers.cell_ohm and now_s % WEIGHS_EVERY == 0:
            self.heat.weights = self.cells.weights()
        self._balances_s = BALANCES_S

    def rest(self, levers: EvLevers, *, ambient_c: float, seconds: float) -> None:
        """Some time asleep: leaks go on, cells are balanced, and what they show at rest is believed."""
        cells = self.cells
        self.pack.rest(seconds)
        self.heat.rest(ambient_c, seconds, levers.pack_coolant_kg_per_h)
        cells.warm(self.heat.modules_c)
        self.estimate.settle(cells.left_ah(), cells.room_ah(), seconds)
        cells.bleeding = 0
        if self._balances_s > 0.0:
            self._balances_s -= seconds
            cells.balance(seconds)

    def _charge(self) -> float:
        left_ah = self.cells.left_ah()
        return left_ah / (left_ah + self.cells.room_ah())


def _true(shown: float) -> float:
    """Charge behind what the driver sees."""
    return EMPTY_SHARE + (FULL_SHARE - EMPTY_SHARE) * shown
