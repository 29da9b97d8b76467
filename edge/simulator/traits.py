"""What differs from car to car and from fault to fault: drawn by the seed from ranges.

README.md shows the same ranges; a test holds the two equal.
"""

from dataclasses import dataclass, fields
from typing import ClassVar, Self, TypeAlias

import numpy as np

Ranges: TypeAlias = dict[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Traits:
    """Numbers drawn from `ranges`, one for each field."""

    ranges: ClassVar[Ranges] = {}

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Self:
        """Every field uniformly from its range, in the order of the fields."""
        return cls(**{field.name: float(rng.uniform(*cls.ranges[field.name])) for field in fields(cls)})
