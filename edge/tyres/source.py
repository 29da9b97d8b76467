"""TyreSource: the sensors on the valves as a bus: what each is believed to say, by the wheel that it sits on."""

import time
from collections.abc import Callable, Collection, Mapping
from typing import Final

from edge.frames import FrameBatch
from edge.measured import ON_VALVE, TYRE_PERIOD_S, Reading, batch_of
from edge.tyres.bluez import Bluez
from edge.tyres.formats import told
from edge.tyres.sieve import CAUSES, Sieve
from edge.tyres.told import Advertisement, Radio, Told
from edge.wheels import PRESSURE, TEMPERATURE, WHEELS, is_compared

S: Final = 1_000_000_000
FRAMES: Final = "frames"
READINGS: Final = "readings"
UNREADABLE: Final = "unreadable"
SILENT: Final = "silent_"
"""Before the name of a wheel: 1 when its sensor was not heard for as long as makes what it said stale."""
SILENT_NS: Final = round(10 * TYRE_PERIOD_S) * S


class TyreSource:
    """Used by the thread of its reader; whoever else advertises is not heard, and so not even counted."""

    live = True

    def __init__(
        self,
        adapter: str,
        wheels: Mapping[str, str],
        *,
        name: str,
        radio: Callable[[str, Collection[str]], Radio] = Bluez,
        now_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """`adapter`: as hci0; `wheels`: the address of each sensor by the name of its wheel; `name`: of its bus."""
        self._adapter, self._name, self._open, self._now_ns = adapter, name, radio, now_ns
        self._wheels = {address.upper(): wheel for wheel, address in wheels.items()}
        self._sieves = {wheel: Sieve() for wheel in wheels}
        self._heard_ns = dict.fromkeys(wheels, now_ns())
        """When each was believed last; before, when we began."""
        self._counts = {FRAMES: 0, READINGS: 0, UNREADABLE: 0}
        self._radio: Radio | None = None

    @property
    def counters(self) -> Mapping[str, int]:
        """Readings, what was none by why, and which wheel is silent."""
        refused = {cause: sum(one.counters[cause] for one in self._sieves.values()) for cause in CAUSES}
        now_ns = self._now_ns()
        silent = {f"{SILENT}{wheel}": int(now_ns - at > SILENT_NS) for wheel, at in self._heard_ns.items()}
        return {**self._counts, **refused, **silent}

    def read(self, wait_s: float) -> FrameBatch:
        """What is believed of the next `wait_s`.

        Raises:
            BusDown: nobody listens just now.
        """
        try:
            radio = self._radio = self._radio or self._open(self._adapter, self._wheels)
            readings = [one for advertisement in radio.heard(wait_s) for one in self._taken(advertisement)]
        except BaseException:
            self.close()
            raise
        self._counts[FRAMES] += len(readings)
        return batch_of(readings, self._name, self._now_ns())

    def close(self) -> None:
        """Listen no more; safe to repeat."""
        if self._radio is not None:
            self._radio.close()
            self._radio = None

    def _taken(self, advertisement: Advertisement) -> list[Reading]:
        wheel = self._wheels.get(advertisement.address)
        if wheel is None:
            return []
        said = told(advertisement)
        if said is None:
            self._counts[UNREADABLE] += 1
            return []
        now_ns = self._now_ns()
        believed = self._sieves[wheel].take(now_ns, said)
        if believed is None:
            return []
        self._heard_ns[wheel] = now_ns
        self._counts[READINGS] += 1
        return _readings(now_ns, wheel, believed)


def _readings(now_ns: int, wheel: str, believed: Told) -> list[Reading]:
    """What is below 0 is a flat tyre: a sensor knows the air around only roughly."""
    readings = [Reading(now_ns, f"{WHEELS[wheel]}.{PRESSURE}", max(believed.pressure_kpa, 0.0))]
    if believed.temperature_c is not None:
        readings.append(Reading(now_ns, f"{WHEELS[wheel]}.{TEMPERATURE}", believed.temperature_c))
    if is_compared(wheel):
        readings.append(Reading(now_ns, ON_VALVE, 1.0))
    return readings
