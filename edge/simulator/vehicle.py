"""Vehicle: the one small interface behind which the petrol car, the electric car and the truck look alike."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from edge.simulator.ecu.unit import Unit
from edge.simulator.levers import Flaw

STEP_S: Final = 0.1
"""One fast step: motion, engine, currents."""
TOWED_MPS: Final = 16.0
"""Nobody tows faster, on a rope or a dolly."""
STEPS: Final = 10
"""Fast steps in a second, which is one slow step: heat, tyres, chemistry, wear, control units."""
AWAKE_S: Final = 60.0
"""The last control unit sleeps so long after the key is off."""
OFF_S: Final = "off_s"
"""Column that every vehicle has: seconds since the last reason to be awake (key, charging, a request)."""


class Condition(NamedTuple):
    """How a fault stands."""

    severity: float
    """0 healthy to 1; README.md says what it is a share of."""
    failed: bool
    """The vehicle cannot be driven any more, or must not be."""


class Second(NamedTuple):
    """One awake second, as the sensors see it before their noise."""

    fast: list[tuple[float, ...]]
    """STEPS rows of `fast_columns`, each as of the end of its step; NaN where a sensor says "not available"."""
    slow: tuple[float, ...]
    """`slow_columns` as of the end of the second."""
    flaws: Mapping[str, Flaw]
    """What is wrong with sensors, by column; applied to the rows by whoever shows them."""
    muted: frozenset[str]
    """Control units (nodes of the DBC) whose frames do not reach the bus in this second."""


class Vehicle(Protocol):
    """A vehicle that lives on, second by second; two of the same numbers and seed do the same."""

    @property
    def fast_columns(self) -> tuple[str, ...]:
        """Names of what changes within a second."""

    @property
    def slow_columns(self) -> tuple[str, ...]:
        """Names of what is moved on once a second."""

    @property
    def units(self) -> Sequence[Unit]:
        """Control units as testers meet them."""

    @property
    def asleep(self) -> bool:
        """Nothing is awake: no frame, and `rest` is enough."""

    def second(self) -> Second:
        """Live one second awake."""

    def rest(self) -> None:
        """Live one second asleep: cheap, for there are nights of them."""

    def disturb(self) -> None:
        """Someone asked something on the bus: control units stay awake, or wake, for a while."""

    def readings(self) -> dict[str, float]:
        """What the sensors showed at the end of the last second, flaws included, by column."""

    def conditions(self) -> dict[str, Condition]:
        """How each ordered fault stands now, by its name."""
