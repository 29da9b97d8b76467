"""SourceSpec: a source as the installer writes it, `KIND:REST[?key=value&…]`, and the readers of its options."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeVar

from edge.errors import ConfigError
from edge.wheels import WHEELS

_T = TypeVar("_T")

ANY: Final = frozenset({"*"})
"""Options of this kind are passed on to the interface, which knows them."""

KINDS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "ble": frozenset({"name", *WHEELS}),
        "can": frozenset({"bitrate", "fd", "name", "only", "ring", "send"}),
        "elm327": frozenset({"baud", "name", "protocol"}),
        "gpsd": frozenset({"name"}),
        "hwmon": frozenset({"divider", "name", "volts"}),
        "iio": frozenset({"divider", "name", "volts"}),
        "imu": frozenset({"name"}),
        "log": frozenset({"channel"}),
        "nmea": frozenset({"baud", "name"}),
        "pythoncan": ANY,
        "sim": frozenset({"cycle", "duration", "fault", "seed", "skip", "start", "warm", "weather"}),
        "table": frozenset({"loop", "map"}),
    }
)
"""Every kind of source, with the options that it takes."""
SUPPLIES: Final = frozenset({"hwmon", "iio"})
"""Kinds that measure the supply of the box."""
RECEIVERS: Final = frozenset({"gpsd", "nmea"})
"""Kinds that tell where it is."""
MOTIONS: Final = frozenset({"imu"})
"""Kinds that tell how it is shaken and how it lies."""
TYRES: Final = frozenset({"ble"})
"""Kinds that tell what is in its tyres."""
LIVE: Final = frozenset({"can", "elm327", "pythoncan", *SUPPLIES, *RECEIVERS, *MOTIONS, *TYRES})
"""Kinds at which time passes whether or not anything is heard."""

_ON: Final = ("on", "true", "yes", "1")
_OFF: Final = ("off", "false", "no", "0")


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A source in its parts; what it says is known to exist, not yet that it can be opened."""

    text: str
    """As it was written; the place that errors name."""
    kind: str
    rest: str
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> "SourceSpec":
        """Split at the first colon and at the first question mark; no character has to be escaped or is unescaped.

        Raises:
            ConfigError: no such kind, nothing after the colon, or an option that the kind does not take.
        """
        kind, _, rest = text.partition(":")
        rest, _, query = rest.partition("?")
        if kind not in KINDS:
            known = ", ".join(f"{name}:" for name in sorted(KINDS))
            raise ConfigError(f"no source is of kind {kind!r}", place=text, remedy=f"There are {known}")
        if not rest:
            raise ConfigError(f"nothing stands after {kind}:", place=text, remedy=f"Write it as {_EXAMPLES[kind]}")
        pairs = [part.partition("=") for part in query.split("&") if part]
        spec = cls(text, kind, rest, tuple((key, value) for key, _, value in pairs))
        spec._refuse_unknown()
        return spec

    def _refuse_unknown(self) -> None:
        known = KINDS[self.kind]
        for key, _ in self.options:
            if known is not ANY and key not in known:
                remedy = f"{self.kind}: takes {', '.join(sorted(known))}"
                raise ConfigError(f"there is no option {key!r}", place=self.text, remedy=remedy)

    def all_options(self, key: str) -> list[str]:
        """Every value given for an option that may be repeated."""
        return [value for name, value in self.options if name == key]

    def text_option(self, key: str, default: _T) -> str | _T:
        """The value of an option that may be given once.

        Raises:
            ConfigError: it is given twice, or without a value.
        """
        values = self.all_options(key)
        if not values:
            return default
        if len(values) > 1:
            raise ConfigError(f"option {key!r} is given twice", place=self.text, remedy="Leave one of them out")
        if not values[0]:
            raise ConfigError(f"option {key!r} has no value", place=self.text, remedy=f"Write {key}=…")
        return values[0]

    def bool_option(self, key: str, default: bool) -> bool:
        """`on` or `off`.

        Raises:
            ConfigError: it is neither.
        """
        value = self.text_option(key, None)
        if value is None:
            return default
        if value not in _ON + _OFF:
            raise ConfigError(f"{key}={value} is neither on nor off", place=self.text, remedy=f"Write {key}=on")
        return value in _ON

    def int_option(self, key: str, default: _T, *, least: int = 0) -> int | _T:
        """A whole number from `least` up.

        Raises:
            ConfigError: it is none.
        """
        value = self.text_option(key, None)
        if value is None:
            return default
        number = plain_value(value)
        if not isinstance(number, int) or isinstance(number, bool) or number < least:
            remedy = f"Write a whole number from {least} up"
            raise ConfigError(f"{key}={value} cannot be used", place=self.text, remedy=remedy)
        return number

    def float_option(self, key: str, default: _T) -> float | _T:
        """A finite number above zero.

        Raises:
            ConfigError: it is none.
        """
        value = self.text_option(key, None)
        if value is None:
            return default
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not 0.0 < number < math.inf:
            raise ConfigError(f"{key}={value} cannot be used", place=self.text, remedy="Write a number above 0")
        return number


_EXAMPLES: Final = {
    "ble": "ble:hci0?front_left=80:EA:CA:10:8A:78",
    "can": "can:can0",
    "elm327": "elm327:/dev/ttyUSB0?baud=38400&protocol=6",
    "gpsd": "gpsd:127.0.0.1:2947",
    "hwmon": "hwmon:/sys/class/hwmon/hwmon1/in2?divider=5.7",
    "iio": "iio:/sys/bus/iio/devices/iio:device0/in_voltage0?divider=5.7",
    "imu": "imu:/sys/bus/iio/devices/iio:device1",
    "log": "log:drive.log",
    "nmea": "nmea:/dev/ttyUSB0?baud=9600",
    "pythoncan": "pythoncan:udp_multicast:239.0.0.1?port=43113",
    "sim": "sim:car?fault=coolant_leak@60",
    "table": "table:trips.csv?map=columns.toml",
}


def plain_value(text: str) -> bool | int | float | str:
    """What a value means to an interface of python-can: a switch, a number, or itself."""
    if text in ("on", "true", "off", "false"):
        return text in _ON
    if re.fullmatch(r"[+-]?[0-9]+", text):
        return int(text)
    if re.fullmatch(r"0[xX][0-9a-fA-F]+", text):
        return int(text, 16)
    if re.fullmatch(r"[+-]?[0-9]*\.[0-9]+", text):
        return float(text)
    return text
