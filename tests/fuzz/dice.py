"""Dice: choices read off the bytes of a fuzzer, so that one byte changed is one choice changed."""

from collections.abc import Sequence
from typing import TypeVar

_T = TypeVar("_T")


class Dice:
    """Reads bytes from the front; when they are at an end every choice is the first one."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def __bool__(self) -> bool:
        """Whether there are bytes left."""
        return self._at < len(self._content)

    def take(self, count: int) -> bytes:
        """As many bytes, or what is left."""
        found = self._content[self._at : self._at + count]
        self._at += count
        return found

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(max(0, len(self._content) - self._at))

    def number(self, most: int) -> int:
        """From 0 to `most`, of as few bytes as hold it."""
        size = (most.bit_length() + 7) // 8
        return int.from_bytes(self.take(size), "little") % (most + 1)

    def chance(self, one_in: int) -> bool:
        """True once in so many."""
        return self.number(255) % one_in == one_in - 1

    def pick(self, things: Sequence[_T]) -> _T:
        """One of them."""
        return things[self.number(len(things) - 1)]
