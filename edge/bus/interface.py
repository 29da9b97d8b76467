"""Interface: which python-can interface a source names, and opening it. The library's errors stop here."""

import errno
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from ipaddress import ip_address
from types import MappingProxyType
from typing import Any, Final

from edge.bus.can_filters import Wanted
from edge.bus.kernel_frames import EXTENDED_BIT
from edge.bus.library import can
from edge.bus.spec import SourceSpec, plain_value
from edge.errors import BusDown, ConfigError

SOCKETCAN: Final = "socketcan"
UDP_MULTICAST: Final = "udp_multicast"

_LISTEN_ONLY: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "cantact": {"monitor": True},
        "kvaser": {"driver_mode": False},
        "nixnet": {"listen_only": True},
        "pcan": {"state": can.BusState.PASSIVE},
        "seeedstudio": {"operation_mode": "silent"},
        "slcan": {"listen_only": True},
        "systec": {"state": can.BusState.PASSIVE},
        "vector": {"listen_only": True},
    }
)
"""How an interface is told not even to acknowledge (constructors of python-can 4.6). SocketCAN is told by `ip link`."""

_DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType({UDP_MULTICAST: {"hop_limit": 0}})
"""Without this, frames on a multicast group leave the machine."""

_NO_SUCH_FAMILY: Final = (errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT)


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface of python-can with its options; not open yet."""

    spec: SourceSpec
    kind: str
    channel: str
    name: str
    """What its bus is called in frames and rows."""
    options: Mapping[str, Any]

    @classmethod
    def of(cls, spec: SourceSpec) -> "Interface":
        """What `can:CHANNEL` or `pythoncan:INTERFACE:CHANNEL` names: listen-only where it can be, unless `send=on`.

        Raises:
            ConfigError: python-can has no such interface, or no channel is named.
        """
        kind, channel = (SOCKETCAN, spec.rest) if spec.kind == "can" else _split(spec)
        options = dict(_DEFAULTS.get(kind, {}))
        if not spec.bool_option("send", False):
            options |= _LISTEN_ONLY.get(kind, {})
        ours = ("name", "send", "bitrate", "only", "ring") if spec.kind == "can" else ("name", "send")
        named = {key for key, _ in spec.options if key not in ours}
        options |= {key: plain_value(spec.text_option(key, "")) for key in named}
        return cls(spec, kind, channel, spec.text_option("name", channel), MappingProxyType(options))

    def sending(self) -> "Interface":
        """The same, but allowed to send."""
        quiet = _LISTEN_ONLY.get(self.kind, {})
        return replace(self, options={key: value for key, value in self.options.items() if key not in quiet})

    def hearing(self, wanted: Sequence[Wanted]) -> "Interface":
        """The same, but only these ids are heard; all of them when there are none."""
        if not wanted:
            return self
        filters = [
            {
                "can_id": one.identifier & ~EXTENDED_BIT,
                "can_mask": one.mask & ~EXTENDED_BIT,
                "extended": bool(one.identifier & EXTENDED_BIT),
            }
            for one in wanted
        ]
        return replace(self, options={**self.options, "can_filters": filters})

    def open(self) -> can.BusABC:
        """The open bus.

        Raises:
            ConfigError: its driver is missing here, or does not take these options.
            BusDown: it is not there just now.
        """
        logging.getLogger("can").setLevel(logging.CRITICAL)  # it repeats every failed attempt; we say it once
        try:
            return can.Bus(interface=self.kind, channel=self.channel, ignore_config=True, **self.options)
        except (NotImplementedError, ImportError, NameError) as error:
            raise self._no_driver(error) from error
        except (TypeError, ValueError) as error:
            remedy = f"See the options of {self.kind} in the documentation of python-can"
            raise ConfigError(f"it cannot be opened like this: {error}", place=self.spec.text, remedy=remedy) from error
        except OSError as error:
            if error.errno in _NO_SUCH_FAMILY or (type(error) is OSError and error.errno is None):
                raise self._no_driver(error) from error
            raise self.down(error) from error
        except can.CanError as error:
            raise self.down(error) from error

    def down(self, error: Exception) -> BusDown:
        """What is said of an error after which it may be tried again."""
        cause = f" ({error.__cause__})" if error.__cause__ else ""
        return BusDown(f"{self.spec.text}: {error}{cause}")

    def _no_driver(self, error: Exception) -> ConfigError:
        remedy = f"Install what {self.kind} needs, or name another interface"
        return ConfigError(f"this machine has no driver for it ({error})", place=self.spec.text, remedy=remedy)


def shut(bus: can.BusABC) -> None:
    """Give a bus back; one whose device is gone cannot say goodbye."""
    with suppress(can.CanError, OSError):
        bus.shutdown()


def _split(spec: SourceSpec) -> tuple[str, str]:
    kind, _, channel = spec.rest.partition(":")
    if kind not in can.interfaces.BACKENDS:
        known = ", ".join(sorted(can.interfaces.BACKENDS))
        raise ConfigError(f"python-can has no interface {kind!r}", place=spec.text, remedy=f"It has {known}")
    if not channel:
        remedy = f"Write it as pythoncan:{kind}:CHANNEL"
        raise ConfigError("no channel is named", place=spec.text, remedy=remedy)
    if kind == UDP_MULTICAST and not _is_group(channel):
        remedy = "Take one from 239.0.0.0 to 239.255.255.255"
        raise ConfigError(f"{channel} is no multicast group", place=spec.text, remedy=remedy)
    return kind, channel


def _is_group(text: str) -> bool:
    try:
        return ip_address(text).is_multicast
    except ValueError:
        return False
