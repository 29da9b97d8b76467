"""Formats: how sensors write pressure and temperature into their advertisements. Pure, and never raises.

None of them is published by a maker. What stands here is what at least two people independently found with sensors of
their own:

    cap  Company 0x0100, 16 bytes, names as TPMS1_108A78. Its own address (6 bytes, of which the first counts the
         sensors of a set from 0x80), pressure (int32, Pa above the air around), temperature (int32, 0.01 °C), battery
         (percent), alarm (1: no pressure). Numbers begin with their low byte. github.com/ra6070/BLE-TPMS;
         github.com/theengs/decoder, docs/devices/TPMS.md, which also goes by the address inside.
    br   Name BR or service 0x27A5. Where the company should be: status and battery (0.1 V). Then temperature (°C),
         absolute pressure (uint16, 0.1 psi, high byte first), and a checksum that nobody has found the rule of.
         github.com/andi38/TPMS; github.com/matthewgream/BluetoothTPMS. Neither says how frost is written: from 128 on
         the temperature is unknown.

A format is recognised by more than its length, so that the lamp of a neighbour is no tyre.
"""

import struct
from collections.abc import Callable
from typing import Final

from edge.tyres.told import Advertisement, Told

CAP: Final = "cap"
BR: Final = "br"
CAP_COMPANY: Final = 0x0100
BR_NAME: Final = "BR"
BR_SERVICE: Final = "000027a5-0000-1000-8000-00805f9b34fb"
_CAP: Final = struct.Struct("<6siiBx")
_BR: Final = struct.Struct(">BH2x")
PA_IN_KPA: Final = 1000.0
PSI_KPA: Final = 6.894757
"""NIST SP 811, table B.8."""
STANDARD_KPA: Final = 101.325
"""The air around, for sensors that tell absolute pressure (ISO 2533); 1000 m up they say 11 kPa too little."""
WRITTEN_MAX_C: Final = 127
"""What a byte surely says without a sign."""


def told(heard: Advertisement) -> Told | None:
    """What a tyre's sensor says; None: this is none, or of no known format."""
    return next((said for read in _FORMATS if (said := read(heard)) is not None), None)


def _cap(heard: Advertisement) -> Told | None:
    data = heard.manufacturer.get(CAP_COMPANY, b"")
    if len(data) != _CAP.size:
        return None
    address, pascal, centidegrees, percent = _CAP.unpack(data)
    if address.hex(":").upper() != heard.address:
        return None
    return Told(
        kind=CAP,
        pressure_kpa=pascal / PA_IN_KPA,
        temperature_c=centidegrees / 100.0,
        battery_percent=float(percent) if percent <= 100 else None,
    )


def _br(heard: Advertisement) -> Told | None:
    if heard.name != BR_NAME and BR_SERVICE not in heard.services:
        return None
    words = [(company, data) for company, data in heard.manufacturer.items() if len(data) == _BR.size]
    if len(words) != 1:
        return None
    company, data = words[0]
    degrees, tenths = _BR.unpack(data)
    return Told(
        kind=BR,
        pressure_kpa=tenths / 10.0 * PSI_KPA - STANDARD_KPA,
        temperature_c=float(degrees) if degrees <= WRITTEN_MAX_C else None,
        battery_v=(company >> 8) / 10.0,
    )


_FORMATS: Final[tuple[Callable[[Advertisement], Told | None], ...]] = (_cap, _br)
