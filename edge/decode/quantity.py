"""Quantity: a number in the bytes of a diagnostic answer, and which signal it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quantity:
    """Bits of an answer as a value: raw x scale + offset, in `unit`. Bits count from the left of the first byte."""

    path: str
    """VSS path, or `dbc.<Message>.<Signal>` where there is none."""
    unit: str
    begin: int
    """The first bit; of a little-endian one the first bit of its first byte."""
    bits: int
    scale: float = 1.0
    offset: float = 0.0
    signed: bool = False
    """Two's complement."""
    little: bool = False
    """Little-endian: whole bytes, the least significant first."""
    told_by: int | None = None
    """The bit that says whether it is there at all; None: it always is."""
    nothing: int | None = None
    """The raw value that stands for none."""

    @property
    def end(self) -> int:
        """Bytes that an answer needs for it."""
        return (self.begin + self.bits + 7) // 8

    def value(self, content: bytes) -> float | None:
        """What the bytes say, in `unit`; None: they are too few, or say that there is nothing."""
        if len(content) < self.end or (self.told_by is not None and not _bits(content, self.told_by, 1)):
            return None
        raw = self._raw(content)
        if raw == self.nothing:
            return None
        if self.signed and raw >> (self.bits - 1):
            raw -= 1 << self.bits
        return raw * self.scale + self.offset

    def _raw(self, content: bytes) -> int:
        if self.little:
            return int.from_bytes(content[self.begin // 8 : self.end], "little")
        return _bits(content, self.begin, self.bits)


def read(quantities: Sequence[Quantity], content: bytes) -> Iterator[tuple[Quantity, float]]:
    """Each with its value, of those that the bytes tell."""
    for quantity in quantities:
        if (value := quantity.value(content)) is not None:
            yield quantity, value


def _bits(content: bytes, begin: int, count: int) -> int:
    behind = 8 * len(content) - begin - count
    return int.from_bytes(content, "big") >> behind & ((1 << count) - 1)
