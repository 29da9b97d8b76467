"""Heat of the traction battery: eight modules on plates in series, a loop with pump, chiller, heater and radiator.

Coolant warms from module to module, so the last ones are the warmest. A loop that lost coolant draws air and stands
still.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from edge.simulator.ev.cells import MODULES

MODULE_J_PER_K: Final = 44_000.0
"""44 kg of cells each, at 1,000 J/(kg K)."""
COOLANT_KG: Final = 6.0
LOOP_J_PER_K: Final = 24_000.0
FLOW_W_PER_K: Final = 900.0
"""Heat capacity flow of the coolant at full speed: 15 l/min."""
PLATE_W_PER_K: Final = 85.0
"""From a module to the coolant at full flow."""
STILL_W_PER_K: Final = 1.5
AIR_W_PER_K: Final = (2.6, 1.2, 1.0, 1.0, 1.0, 1.0, 1.2, 2.6)
"""Through the case; more at the ends."""
RADIATOR_W_PER_K: Final = 90.0
RESERVE_SHARE: Final = 0.82
"""The expansion tank holds the rest; the pump draws air below this."""
DRY_SHARE: Final = 0.55
PUMP_MAX_RPM: Final = 4_500.0
RACES: Final = 0.3
"""A pump in air turns so much faster."""
LOST_AT_REST: Final = 0.25


@dataclass(slots=True)
class PackHeat:
    """Temperatures of the modules and of the coolant at inlet and outlet."""

    modules_c: list[float]
    inlet_c: float
    outlet_c: float
    coolant_kg: float = COOLANT_KG
    pump_rpm: float = 0.0
    weights: Sequence[float] = field(default_factory=lambda: (1.0,) * MODULES)
    """How much of an eighth of the heat each module makes."""

    @property
    def lost_share(self) -> float:
        """Coolant that is gone, 0 to 1."""
        return 1.0 - self.coolant_kg / COOLANT_KG

    @property
    def level(self) -> float:
        """What the float in the expansion tank shows, 0 to 1."""
        share = (self.coolant_kg / COOLANT_KG - RESERVE_SHARE) / (1.0 - RESERVE_SHARE)
        return share if share > 0.0 else 0.0

    def second(
        self,
        *,
        heat_j: float,
        ambient_c: float,
        asked_rpm: float,
        cooling_w: float,
        heating_w: float,
        radiator: bool,
        lost_kg_per_h: float,
        span_s: float = 1.0,
    ) -> None:
        """Live `span_s`; `cooling_w` and `heating_w` go into the coolant, `radiator` lets it pass the front."""
        flowing = self._flowing()
        self.pump_rpm += (asked_rpm * (1.0 + RACES * (1.0 - flowing)) - self.pump_rpm) * 0.5
        if lost_kg_per_h:
            kilograms = lost_kg_per_h * (1.0 if asked_rpm else LOST_AT_REST) * span_s / 3600.0
            self.coolant_kg = max(self.coolant_kg - kilograms, 0.1 * COOLANT_KG)
        flow = asked_rpm / PUMP_MAX_RPM * flowing
        plate = STILL_W_PER_K + PLATE_W_PER_K * flow / (flow + 0.25) * 1.25
        coolant_c = self.inlet_c
        each_w = heat_j / span_s / MODULES
        modules = self.modules_c
        carried = FLOW_W_PER_K * flow + 20.0
        gain = span_s / MODULE_J_PER_K
        for place in range(MODULES):
            temp_c = modules[place]
            gives_w = plate * (temp_c - coolant_c)
            out_w = AIR_W_PER_K[place] * (temp_c - ambient_c)
            modules[place] = temp_c + (each_w * self.weights[place] - gives_w - out_w) * gain
            coolant_c += gives_w / carried
        self.outlet_c += (coolant_c - self.outlet_c) * 0.3
        self._loop(flow, ambient_c, heating_w - cooling_w, coolant_c, span_s, radiator=radiator)

    def soak(self, temp_c: float) -> None:
        """Bring everything to one temperature."""
        self.modules_c = [temp_c] * MODULES
        self.inlet_c = self.outlet_c = temp_c

    def rest(self, ambient_c: float, seconds: float, lost_kg_per_h: float) -> None:
        """Stand without flow."""
        if lost_kg_per_h:
            kilograms = lost_kg_per_h * LOST_AT_REST * seconds / 3600.0
            self.coolant_kg = max(self.coolant_kg - kilograms, 0.1 * COOLANT_KG)
        self.pump_rpm = 0.0
        modules = self.modules_c
        mean_c = sum(modules) / MODULES
        for place in range(MODULES):
            temp_c = modules[place]
            flows_w = AIR_W_PER_K[place] * (temp_c - ambient_c) + 6.0 * (temp_c - mean_c)
            modules[place] = temp_c - flows_w * seconds / MODULE_J_PER_K
        self.inlet_c += (mean_c - self.inlet_c) * min(seconds / 1800.0, 1.0)
        self.outlet_c += (mean_c - self.outlet_c) * min(seconds / 1800.0, 1.0)

    def _flowing(self) -> float:
        share = self.coolant_kg / COOLANT_KG
        flowing = (share - DRY_SHARE) / (RESERVE_SHARE - DRY_SHARE)
        return 0.0 if flowing < 0.0 else min(flowing, 1.0)

    def _loop(
        self, flow: float, ambient_c: float, into_w: float, back_c: float, span_s: float, *, radiator: bool
    ) -> None:
        """What comes back from the plates passes heater, chiller and radiator on its way to the inlet."""
        if flow < 0.02:
            self.inlet_c += (self.modules_c[0] - self.inlet_c) * span_s / 3000.0
            return
        if radiator:
            into_w -= RADIATOR_W_PER_K * flow * (back_c - ambient_c)
        carried = FLOW_W_PER_K * flow
        wanted_c = back_c + into_w / (carried + 120.0)
        lag = carried / LOOP_J_PER_K * 3.0 * span_s
        self.inlet_c += (wanted_c - self.inlet_c) * (lag if lag < 0.5 else 0.5)
