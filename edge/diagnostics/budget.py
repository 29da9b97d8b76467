"""Budget: how much of a bus our questions and their answers may take, in any second."""

from collections import deque
from typing import Final

from edge.frames import NANOSECONDS

WINDOW_NS: Final = NANOSECONDS
SHARE: Final = 0.05
"""Of the bus: a vehicle keeps its own below 70 to 80 %. An ordinary value."""
UNKNOWN_FRAMES: Final = 12
"""What a question is taken to cost that was never asked: a long answer of two units."""


def frame_bits(length: int, *, extended: bool) -> int:
    """Bits of a classic data frame at worst, with the pause behind it (Davis and others, Controller Area Network
    schedulability analysis, 2007, equation 1)."""
    control = 54 if extended else 34
    return control + 13 + 8 * length + (control + 8 * length - 1) // 4


class Budget:
    """Bits of the last second; what a question will take is known from the last time."""

    def __init__(self, bitrate: int, *, share: float = SHARE) -> None:
        """`bitrate`: bit/s of the bus; `share`: 0 to 1."""
        self.bits_per_s = round(bitrate * share)
        self.peak_bits = 0
        """Most in any second so far."""
        self._spent: deque[tuple[int, int]] = deque()
        self._sum = 0
        self._known: dict[bytes, int] = {}

    def spend(self, bits: int, now_ns: int) -> None:
        """Something of ours, or an answer to us, was on the bus."""
        self._forget(now_ns)
        self._spent.append((now_ns, bits))
        self._sum += bits
        self.peak_bits = max(self.peak_bits, self._sum)

    def free_at(self, bits: int, now_ns: int) -> int:
        """When so many bits fit; now, where they do. More than the whole budget wait for an empty second."""
        self._forget(now_ns)
        excess = self._sum + min(bits, self.bits_per_s) - self.bits_per_s
        if excess <= 0:
            return now_ns
        for at_ns, spent in self._spent:
            excess -= spent
            if excess <= 0:
                return at_ns + WINDOW_NS
        return now_ns

    def cost(self, question: bytes, *, extended: bool) -> int:
        """Bits that a question and its answers are taken to need."""
        return self._known.get(question, UNKNOWN_FRAMES * frame_bits(8, extended=extended))

    def learn(self, question: bytes, bits: int) -> None:
        """What it took this time; the most of it counts."""
        if question in self._known or len(self._known) < QUESTIONS_MAX:
            self._known[question] = max(bits, self._known.get(question, 0))

    def separation_ms(self, *, extended: bool) -> int:
        """The pause between two frames of a long answer (STmin, 0 to 127 ms) that keeps it within the budget."""
        wanted = -(-1_000 * frame_bits(8, extended=extended) * 10 // (self.bits_per_s * 8))
        return min(max(wanted, 1), 127)

    def _forget(self, now_ns: int) -> None:
        while self._spent and self._spent[0][0] <= now_ns - WINDOW_NS:
            self._sum -= self._spent.popleft()[1]


QUESTIONS_MAX: Final = 4096
"""Different questions whose cost is remembered."""
