"""SupplySource: the supply as a bus: its voltage, and how deep a start pulled it."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from edge.converter import Converter
from edge.frames import FrameBatch
from edge.measured import Reading, batch_of
from edge.supply.crank import FAST_NS, CrankWatch
from edge.supply.nominal import Nominal, Volts

FRAMES: Final = "frames"
READINGS: Final = "readings"
S: Final = 1_000_000_000
MILLI: Final = 1000.0


class SupplySource:
    """Reads an ADC as often as it is worth, in the thread of its reader."""

    live = True

    def __init__(
        self,
        kind: str,
        channel: Path,
        *,
        name: str,
        divider: float = 1.0,
        nominal: Volts | None = None,
        wait: Callable[[float], object] = time.sleep,
        now_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """`kind`: iio or hwmon; `name`: of its bus; `divider`: how many times what the converter sees the supply is;
        `wait`: for so many seconds."""
        self._kind, self._channel, self._divider, self._name = kind, channel, divider, name
        self._wait, self._now_ns = wait, now_ns
        self._watch = CrankWatch(Nominal(nominal))
        self._adc: Converter | None = None
        self._due_ns = 0
        self._readings = self._frames = 0

    @property
    def counters(self) -> Mapping[str, int]:
        """What was handed on; readings, those that cannot be, and starts."""
        return {FRAMES: self._frames, READINGS: self._readings, **self._watch.counters}

    def read(self, wait_s: float) -> FrameBatch:
        """What is worth handing on of the next `wait_s` of readings.

        Raises:
            BusDown: the converter is not there just now.
        """
        adc = self._adc = self._adc or Converter(self._kind, self._channel, self._divider / MILLI)
        end_ns = self._now_ns() + round(wait_s * S)
        told: list[Reading] = []
        try:
            while True:
                told += self._read_on(adc)
                left_ns = end_ns - self._now_ns()
                if left_ns <= 0:
                    break
                self._wait(min(max(self._due_ns - self._now_ns(), 0), left_ns) / S)
        except BaseException:
            self.close()
            raise
        self._frames += len(told)
        return batch_of(told, self._name, max(self._now_ns(), told[-1].time_ns if told else 0))

    def close(self) -> None:
        """Give the converter back; safe to repeat."""
        if self._adc is not None:
            self._adc.close()
            self._adc = None

    def _read_on(self, adc: Converter) -> list[Reading]:
        """What is due: one reading, or all that wait in a pipe."""
        now_ns = self._now_ns()
        if now_ns < self._due_ns:
            return []
        volts = adc.value()
        if volts is None:
            self._due_ns = now_ns + FAST_NS
            return []
        self._readings += 1
        told = self._watch.take(now_ns, volts)
        pause_ns = self._watch.pause_ns
        self._due_ns = max(self._due_ns + pause_ns, now_ns + pause_ns // 4)  # late ones are caught up, but not at once
        return told
