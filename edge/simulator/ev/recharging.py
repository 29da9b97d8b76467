"""Recharging: when the driver takes the car to the wall box or to a fast charger, and what hangs on its inlet then."""

import random
from typing import Final

from edge.simulator.ev.charging import Charging
from edge.simulator.ev.levers import EvLevers
from edge.simulator.ev.monitors import EvTests
from edge.simulator.ev.stops import ChargingStop, Phase
from edge.simulator.ev.top_up import TopUp
from edge.simulator.ev.traits import EvTraits

STATIONS_KW: Final = (50.0, 100.0, 150.0, 150.0, 200.0)
"""Fast chargers that one meets."""
PLUGGED_AFTER_S: Final = 20.0
"""From parking to the wall box's cable."""
UNPLUGGED_BEFORE_S: Final = 60.0
ON_THE_ROAD: Final = 0.09
"""Charge, as shown, at which a driver under way turns off the road."""
WORTH_S: Final = 240.0
"""With less of the drive to go one goes on."""
SETTLES_S: Final = 5.0
"""A session that is over so soon has not begun yet."""


class Recharging:
    """The inlet, the driver's stops, and the 12 V battery's topping up."""

    def __init__(self, traits: EvTraits, ambient_c: float, seed: int) -> None:
        self.inlet = Charging(ambient_c, ambient_c)
        self.stop = ChargingStop()
        self.top_up = TopUp()
        self._traits = traits
        self._chance = random.Random(seed)  # nosec B311  # chance, no secret
        self._sought = False

    @property
    def busy(self) -> bool:
        """High voltage is needed although the key may be off."""
        return self.inlet.busy or self.top_up.busy

    def seeks(self, levers: EvLevers) -> bool:
        """Whether a scenario sends the driver to a charger now; once each time it begins to."""
        if not levers.seeks_charger:
            self._sought = False
        return levers.seeks_charger and not self._sought

    def first(self, shown: float, levers: EvLevers) -> bool:
        """Before a drive: unplug, and see whether to go to a fast charger first."""
        self.inlet.unplug()
        wanted = shown < self._traits.recharges_at or self.seeks(levers)
        if wanted and not self.stop.tried:
            self.stop.begin(under_way=False, speed_mps=0.0)
            return True
        self.stop.tried = False
        self.top_up.done = 0
        return False

    def look_ahead(self, shown: float, levers: EvLevers, *, left_s: float, speed_mps: float) -> None:
        """Under way: turn off the road when the battery gets low, unless one is nearly there."""
        low = shown < ON_THE_ROAD and not self.stop.tried
        if left_s > WORTH_S and (low or self.seeks(levers)):
            self.stop.begin(under_way=True, speed_mps=speed_mps)

    def second(
        self,
        control: EvTests,
        levers: EvLevers,
        *,
        wall_s: float | None,
        spare_w: float,
        closed: bool,
        pack_v: float,
        current_a: float,
        key_off: bool,
    ) -> None:
        """One second; `wall_s`: since it was parked at a wall box, if there is one; `spare_w`: what the car uses."""
        inlet, stop, battery = self.inlet, self.stop, control.battery
        shown = battery.estimate.shown
        stop.second(shown=shown, over=stop.spent_s > SETTLES_S and inlet.plugged and not inlet.busy)
        if stop.idle and wall_s is not None and wall_s >= PLUGGED_AFTER_S and not inlet.plugged:
            inlet.plug(fast=False, most_w=self._traits.wall_kw * 1000.0)
        elif stop.phase is Phase.CHARGES and not inlet.plugged:
            station_kw = levers.station_kw or self._chance.choice(STATIONS_KW)
            inlet.plug(fast=True, most_w=station_kw * 1000.0)
            self._sought = levers.seeks_charger
        elif stop.phase is Phase.LEAVES and inlet.fast:
            inlet.unplug()
        inlet.second(
            allowed_w=battery.charge_w + spare_w,
            full=shown >= (1.0 if inlet.fast else self._traits.charge_to),
            refused=battery.refuses_charge,
            too_hot=control.power.too_hot,
            share=control.power.share,
            closed=closed,
            pack_v=pack_v,
        )
        self.top_up.second(current_a, key_off=key_off)
