"""The start switch: contactors, READY, and why the car would not go the last time."""

from dataclasses import dataclass
from typing import Final

from edge.simulator.ev.battery_control import BatteryControl
from edge.simulator.ev.high_voltage import CLOSES_FROM_V, HOLDS_FROM_V, HighVoltage
from edge.simulator.ev.low_voltage import RESETS_V, LowVoltage
from edge.simulator.journey import Key
from edge.simulator.vehicle import STEP_S

TRIES_S: Final = 2.0
"""A start that has not worked after so long has failed."""
GIVES_UP_S: Final = 45.0
"""A driver whose car is dead turns the key off after standing this long; so does one who cannot get away."""
WANTS_MPS: Final = 3.0
CRAWLS_MPS: Final = 1.0


@dataclass(slots=True)
class Start:
    """State of the switch; `step` moves it on."""

    key: int = int(Key.OFF)
    ready: bool = False
    off_s: float = 1e6
    """Since the last reason to be awake: key, charging, topping up, a request."""
    may_close: bool = True
    """In this second; the owner says so."""
    no_start: bool = False
    """12 V could not close the contactors, or hold them under way, the last time."""
    refused: bool = False
    """The battery control unit did not let the car become READY, or switched it off, the last time."""
    stranded: bool = False
    """For want of traction power it could not go, or go on, the last time it should have."""
    dead_s: float = 0.0
    """Standing with a dead car."""
    _dropped: bool = False
    """Contactors fell under way: they stay open until the key has been off."""
    _since_s: float = 0.0
    """Since READY was asked for in vain."""
    _stuck_s: float = 0.0

    @property
    def given_up(self) -> bool:
        """The driver leaves the car alone until the next drive."""
        return self.dead_s >= GIVES_UP_S

    def begin(self) -> None:
        """A new drive: another try."""
        self.dead_s = 0.0
        self._dropped = False

    def step(
        self,
        key: int,
        span_s: float,
        *,
        started: bool,
        refuses: bool,
        high: HighVoltage,
        low: LowVoltage,
        pack_v: float,
        control: BatteryControl,
    ) -> None:
        """One step with this key; `started`: READY is due, `refuses`: contactors may not close anew."""
        if self.ready and key == self.key and self.may_close and low.volt >= HOLDS_FROM_V:
            high.link_v = pack_v
            return
        self.key = key
        awake = key != Key.OFF or low.working
        self.off_s = 0.0 if awake else self.off_s + span_s
        if key == Key.OFF:
            self._dropped = False
        was_closed = high.closed
        wanted = awake and key != Key.ACC and self.may_close and not self._dropped and (was_closed or not refuses)
        high.step(wanted=wanted, pack_v=pack_v, volt=low.volt, span_s=span_s)
        if was_closed and wanted and not high.closed:
            self._dropped = self.no_start = True
        if key < Key.ON:
            self.ready = False
            self._since_s = 0.0
            return
        if low.volt < RESETS_V and not high.closed:
            low.woken_s = 0.0
        self.ready = high.closed and started
        if self.ready:
            self.no_start = self.refused = False
            self.dead_s = self._since_s = 0.0
        elif started:
            self._fail(low, control)

    def _fail(self, low: LowVoltage, control: BatteryControl) -> None:
        """READY is due and does not come."""
        self._since_s += STEP_S
        if self._since_s > TRIES_S:
            self.no_start = self._dropped or low.volt < CLOSES_FROM_V
            self.refused = control.refuses or control.opens
            self.stranded = self.stranded or self.refused

    def watch(self, speed_mps: float, wanted_mps: float) -> None:
        """Once a second: a driver who cannot get away, although the car is READY, is stranded as well."""
        if not self.ready:
            return
        if speed_mps < CRAWLS_MPS and wanted_mps > WANTS_MPS:
            self._stuck_s += 1.0
            self.stranded = self._stuck_s > GIVES_UP_S
        elif speed_mps > 2.0 * CRAWLS_MPS:
            self._stuck_s = 0.0
            self.stranded = False
