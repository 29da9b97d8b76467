"""Opening a CAN interface of the kernel: as a ring of memory where that is allowed, else as a socket."""

import errno
import logging
import socket
from contextlib import closing
from typing import Final

from edge.bus.can_filters import packet_filters, raw_filters, wanted_of
from edge.bus.datagrams import Datagrams
from edge.bus.packet_ring import PacketRing
from edge.bus.receiver import Receiver
from edge.bus.spec import SourceSpec
from edge.errors import BusDown, ConfigError

logger = logging.getLogger(__name__)

_ERR_FILTER: Final = 2
"""CAN_RAW_ERR_FILTER (linux/can/raw.h)."""
_ALL_ERRORS: Final = 0x1FFF_FFFF
_NO_CAN: Final = (errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT)


class KernelCan:
    """Opens what a source names, as often as it has to be opened."""

    def __init__(self, spec: SourceSpec) -> None:
        """Raises ConfigError when a wanted id is none."""
        self._spec = spec
        self._wanted = wanted_of(spec)
        self._ring = spec.bool_option("ring", True)

    def open(self) -> Receiver:
        """Listen to the interface.

        Raises:
            ConfigError: this kernel has no CAN.
            BusDown: the interface is not there just now.
        """
        try:
            with closing(self._new_socket()) as plain:
                plain.bind((self._spec.rest,))  # only what is a CAN interface is opened as a ring
            if self._ring:
                try:
                    return PacketRing(self._spec.rest, filters=packet_filters(self._wanted))
                except OSError as error:
                    if error.errno == errno.ENODEV:
                        raise
                    self._ring = False  # no CAP_NET_RAW, or a kernel without such rings
                    logger.info("%s: read by a socket, as a ring cannot be had: %s", self._spec.text, error.strerror)
            return self._plain()
        except OSError as error:
            if error.errno in _NO_CAN:
                remedy = "Load the kernel's CAN modules, or name another interface"
                problem = f"this machine has no driver for it ({error})"
                raise ConfigError(problem, place=self._spec.text, remedy=remedy) from error
            raise self.down(error) from error

    def down(self, error: OSError) -> BusDown:
        """What is said of an error after which it may be opened again."""
        return BusDown(f"{self._spec.text}: {error.strerror or error}")

    def _plain(self) -> Datagrams:
        """A socket that asks for everything that the kernel can tell, and only then listens."""
        opened = self._new_socket()
        try:
            opened.setsockopt(socket.SOL_CAN_RAW, socket.CAN_RAW_FD_FRAMES, 1)
            opened.setsockopt(socket.SOL_CAN_RAW, _ERR_FILTER, _ALL_ERRORS)
            if self._wanted:
                opened.setsockopt(socket.SOL_CAN_RAW, socket.CAN_RAW_FILTER, raw_filters(self._wanted))
            receiver = Datagrams(opened)
            opened.bind((self._spec.rest,))
        except OSError:
            opened.close()
            raise
        return receiver

    def _new_socket(self) -> socket.socket:
        return socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW)
