"""Who a unit says it is when it claims its address: the NAME of SAE J1939-81, 64 bits, taken apart. Pure.

Places and lengths: SAE J1939-81, 4.2 (the same in four open programs). Words for functions: those that every industry
shares (SAE J1939, appendix B, NAME functions 0 to 127; held against one open list). What makers do above 127, and whose
code a maker's is, is told as a number.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from edge.diagnostics.findings import NetworkName

NAME_BYTES: Final = 8
MAKER_UNKNOWN: Final = 0x7FF
"""Every bit of the maker's code set: not available."""

INDUSTRIES: Final = ("any industry", "road vehicles", "farming and forestry", "construction", "ships", "stationary")
"""By industry group; 6 and 7 are reserved."""

FUNCTIONS: Final[Mapping[int, str]] = MappingProxyType({
    0: "engine", 1: "auxiliary power unit", 2: "electric drive", 3: "transmission", 4: "battery pack monitor",
    5: "gear selector", 6: "main power take-off", 7: "steering axle", 8: "driving axle", 9: "brakes",
    10: "brakes of the steering axle", 11: "brakes of the driving axle", 12: "engine retarder",
    13: "driveline retarder", 14: "cruise control", 15: "fuel system", 16: "steering",
    17: "suspension of the steering axle", 18: "suspension of the driving axle", 19: "instrument cluster",
    20: "trip recorder", 21: "cab climate", 22: "aerodynamics", 23: "navigation", 24: "vehicle security",
    25: "network bridge", 26: "body controller", 27: "second power take-off", 28: "gateway to the outside",
    29: "virtual terminal", 30: "management computer", 31: "drive battery charger", 32: "distance keeping",
    33: "system monitor", 34: "hydraulic pump", 35: "suspension", 36: "pneumatics", 37: "cab controller",
    38: "tyre pressure", 39: "ignition", 40: "seats", 41: "lighting switches", 42: "water pump",
    43: "transmission display", 44: "exhaust emission control", 45: "stability control", 46: "oil monitor",
})  # fmt: skip
"""By function, whatever the industry."""


def network_name(payload: bytes) -> NetworkName | None:
    """What a claim says; None where it is no whole NAME."""
    if len(payload) != NAME_BYTES:
        return None
    bits = int.from_bytes(payload, "little")
    return NetworkName(
        identity_number=bits & 0x1FFFFF,
        maker=bits >> 21 & 0x7FF,
        ecu_instance=bits >> 32 & 0x7,
        function_instance=bits >> 35 & 0x1F,
        function=bits >> 40 & 0xFF,
        vehicle_system=bits >> 49 & 0x7F,
        vehicle_system_instance=bits >> 56 & 0xF,
        industry=bits >> 60 & 0x7,
        takes_any_address=bool(bits >> 63),
    )


def function_text(name: NetworkName) -> str:
    """What a unit is for, in words; of several alike, which one."""
    words = FUNCTIONS.get(name.function, f"function {name.function} of system {name.vehicle_system}")
    return f"{words} {name.function_instance + 1}" if name.function_instance else words


def network_name_text(name: NetworkName) -> str:
    """A NAME in a line."""
    maker = "maker unknown" if name.maker == MAKER_UNKNOWN else f"maker {name.maker}"
    industry = INDUSTRIES[name.industry] if name.industry < len(INDUSTRIES) else f"industry group {name.industry}"
    moves = ", takes any address" if name.takes_any_address else ""
    return f"{function_text(name)}, {maker}, identity number {name.identity_number}, {industry}{moves}"
