"""Told: what a sensor says of its tyre, the advertisement that it says it in, and who hears that."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Advertisement:
    """What one device was just heard to say, as far as it matters here."""

    address: str
    """In capitals: 80:EA:CA:10:8A:78."""
    manufacturer: Mapping[int, bytes]
    """By company; only what is new, never what a receiver remembers."""
    name: str = ""
    services: frozenset[str] = field(default_factory=frozenset)
    """UUIDs, in small letters and in full."""


@dataclass(frozen=True, slots=True)
class Told:
    """One word of a sensor; unknown is None."""

    kind: str
    """Of its format."""
    pressure_kpa: float
    """Above the air around."""
    temperature_c: float | None = None
    battery_percent: float | None = None
    battery_v: float | None = None


class Radio(Protocol):
    """Hears advertisements."""

    def heard(self, wait_s: float) -> list[Advertisement]:
        """What is heard within the next `wait_s`, or as soon as there is something.

        Raises:
            BusDown: nobody listens any more.
        """

    def close(self) -> None:
        """Listen no more; safe to repeat."""
