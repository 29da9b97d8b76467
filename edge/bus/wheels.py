"""Which sensor sits on which wheel, as a source of tyres says it."""

import re
from typing import Final

from edge.bus.spec import SourceSpec
from edge.errors import ConfigError
from edge.wheels import WHEELS

_ADDRESS: Final = re.compile(r"([0-9A-F]{2}:){5}[0-9A-F]{2}")
_ADAPTER: Final = re.compile(r"hci[0-9]{1,3}")


def sensors_of(spec: SourceSpec) -> dict[str, str]:
    """The address of each sensor, in capitals, by the name of its wheel.

    Raises:
        ConfigError: no adapter, no sensor, one on two wheels, two on one, or no address.
    """
    if _ADAPTER.fullmatch(spec.rest) is None:
        remedy = "Write ble:hci0; bluetoothctl list names the adapters of this box"
        raise ConfigError(f"{spec.rest} is no Bluetooth adapter", place=spec.text, remedy=remedy)
    found: dict[str, str] = {}
    for wheel in WHEELS:
        if (said := spec.text_option(wheel, None)) is None:
            continue
        address = said.upper()
        if _ADDRESS.fullmatch(address) is None:
            remedy = "Write six bytes as 80:EA:CA:10:8A:78; telltale-edge tyres lists those that are heard"
            raise ConfigError(f"{said} is no address of a sensor", place=spec.text, remedy=remedy)
        other = next((one for one, taken in found.items() if taken == address), None)
        if other is not None:
            remedy = "Let the air out of one of both: the sensor that telltale-edge tyres sees fall is on it"
            raise ConfigError(f"{address} is to be on {other} and on {wheel}", place=spec.text, remedy=remedy)
        found[wheel] = address
    if not found:
        remedy = "Write front_left=80:EA:CA:10:8A:78; telltale-edge tyres lists those that are heard"
        raise ConfigError("no wheel has a sensor", place=spec.text, remedy=remedy)
    return found
