"""Trouble codes as bytes: two for SAE J1979, three for ISO 14229-1 and SAE J1979-2."""

import re
from typing import Final

from edge.errors import ConfigError
from edge.simulator.ecu.codes import Code

SYSTEMS: Final = "PCBU"
"""Powertrain, chassis, body, network: the two highest bits (SAE J2012)."""
TEXT: Final = re.compile(r"([PCBU])([0-3])([0-9A-F]{3})")


def two_bytes(code: Code) -> bytes:
    """SAE J2012: `P0128` is 01 28, `U0100` is C1 00.

    Raises:
        ConfigError: the code has another form, so that OBD cannot tell of it.
    """
    match = TEXT.fullmatch(code.text)
    if match is None:
        raise ConfigError(f"{code.text!r} is no SAE J2012 code", place="codes", remedy="Write it like P0128")
    system, first, rest = match.groups()
    return (SYSTEMS.index(system) << 14 | int(first) << 12 | int(rest, 16)).to_bytes(2, "big")


def three_bytes(code: Code) -> bytes:
    """SAE J2012-DA: the two bytes and the failure type; the code of ISO 14229-1.

    Raises:
        ConfigError: as `two_bytes`.
    """
    return two_bytes(code) + bytes([code.failure_type])
