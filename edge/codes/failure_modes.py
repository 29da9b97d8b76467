"""The failure mode identifiers of SAE J1939-73 (appendix A) in own words, and how much of a fault each is."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from edge.codes.severity import Severity

FAILURE_MODES: Final[Mapping[int, str]] = MappingProxyType(
    {
        0: "far too high: most severe",
        1: "far too low: most severe",
        2: "erratic, comes and goes, or wrong",
        3: "voltage too high, or shorted to supply",
        4: "voltage too low, or shorted to ground",
        5: "current too low, or circuit open",
        6: "current too high, or circuit grounded",
        7: "mechanical part does not respond, or out of adjustment",
        8: "frequency or pulse width wrong",
        9: "messages come too seldom or not at all",
        10: "changes too fast",
        11: "failure not known",
        12: "smart device or component faulty",
        13: "out of calibration",
        14: "special instructions: see the maker's papers",
        15: "too high: least severe",
        16: "too high: moderately severe",
        17: "too low: least severe",
        18: "too low: moderately severe",
        19: "received with an error",
        20: "drifted high",
        21: "drifted low",
        **{mode: f"mode {mode}, not assigned by the standard" for mode in range(22, 31)},
        31: "the condition exists",
    }
)
"""FMI → words. 22 to 30 were reserved when this was written."""

_WORST: Final = frozenset((0, 1, 31))
_LEAST: Final = frozenset((15, 17))


def severity_of(worst: Severity, fmi: int) -> Severity:
    """How bad a parameter's fault is: 0, 1 and 31 count whole, 15 and 17 are told only, the others at most warn."""
    if fmi in _WORST:
        return worst
    if fmi in _LEAST:
        return "info"
    return "info" if worst == "info" else "warning"
