"""CodesHeard: the trouble codes that control units tell on the bus, whoever asked. Pure.

Each answer of a unit replaces what it told before in the same way (stored, pending, permanent, active), so a code that
was cleared is gone with the next one.
"""

from collections.abc import Collection
from typing import Final

UNITS_MAX: Final = 256
"""Units and ways of telling that are remembered; the one heard longest ago makes room."""
CODES_MAX: Final = 200
"""Of one unit."""


class CodesHeard:
    """What each unit told last."""

    def __init__(self) -> None:
        self._told: dict[str, frozenset[str]] = {}
        self._all: frozenset[str] = frozenset()

    def hear(self, unit: str, codes: Collection[str]) -> None:
        """All that a unit tells in one way; nothing: it tells that there are none."""
        self._told.pop(unit, None)
        if len(self._told) >= UNITS_MAX:
            del self._told[next(iter(self._told))]
        self._told[unit] = frozenset(sorted(codes)[:CODES_MAX])
        self._all = frozenset().union(*self._told.values())

    @property
    def codes(self) -> frozenset[str]:
        """Every code that some unit tells."""
        return self._all

    def tells(self, wanted: str) -> bool | None:
        """Whether some unit tells a code: `P0301`, any that begins so (`P03*`), any failure of a parameter (`SPN 110`);
        None until a unit told anything, if only that it has none."""
        if not self._told:
            return None
        if wanted.endswith("*"):
            return any(code.startswith(wanted[:-1]) for code in self._all)
        if wanted.startswith("SPN ") and " FMI " not in wanted:
            return any(code.startswith(f"{wanted} ") for code in self._all)
        return any(code == wanted or code.startswith(f"{wanted}-") for code in self._all)
