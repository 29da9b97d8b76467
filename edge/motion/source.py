"""MotionSource: an accelerometer as a bus, read fifty times a second."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from edge.converter import Converter
from edge.frames import FrameBatch
from edge.measured import Reading, batch_of
from edge.motion.watch import MotionWatch

S: Final = 1_000_000_000
PAUSE_NS: Final = S // 50
"""What shakes a standing vehicle (steps, a jack, a winch) is slower than 10 Hz, and a running engine shows anyway."""
AXES: Final = ("in_accel_x", "in_accel_y", "in_accel_z")
FRAMES: Final = "frames"
READINGS: Final = "readings"


class MotionSource:
    """Used by the thread of its reader."""

    live = True

    def __init__(
        self,
        device: Path,
        *,
        name: str,
        wait: Callable[[float], object] = time.sleep,
        now_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """`device`: of the kernel's iio, as /sys/bus/iio/devices/iio:device1; `name`: of its bus."""
        self._device, self._name, self._wait, self._now_ns = device, name, wait, now_ns
        self._watch = MotionWatch()
        self._axes: list[Converter] = []
        self._due_ns = 0
        self._counts = {FRAMES: 0, READINGS: 0}

    @property
    def counters(self) -> Mapping[str, int]:
        """What was handed on, readings, and those that cannot be."""
        return {**self._counts, **self._watch.counters}

    def read(self, wait_s: float) -> FrameBatch:
        """What the next `wait_s` come to.

        Raises:
            BusDown: the sensor is not there just now.
        """
        end_ns = self._now_ns() + round(wait_s * S)
        told: list[Reading] = []
        try:
            if not self._axes:
                for axis in AXES:
                    self._axes.append(Converter("iio", self._device / axis, 1.0))
            while True:
                told += self._felt()
                left_ns = end_ns - self._now_ns()
                if left_ns <= 0:
                    break
                self._wait(min(max(self._due_ns - self._now_ns(), 0), left_ns) / S)
        except BaseException:
            self.close()
            raise
        self._counts[FRAMES] += len(told)
        return batch_of(told, self._name, self._now_ns())

    def close(self) -> None:
        """Give the sensor back; safe to repeat."""
        for one in self._axes:
            one.close()
        self._axes = []

    def _felt(self) -> list[Reading]:
        now_ns = self._now_ns()
        if now_ns < self._due_ns:
            return []
        self._due_ns = now_ns + PAUSE_NS
        x, y, z = (one.value() for one in self._axes)
        if x is None or y is None or z is None:
            return []
        self._counts[READINGS] += 1
        return self._watch.take(now_ns, (x, y, z))
