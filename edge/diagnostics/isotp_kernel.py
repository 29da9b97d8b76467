"""KernelAssembly: long answers put together by the kernel's own ISO-TP, where there is one (CAN_ISOTP, Linux 5.10).

A socket sends flow control of its own accord to whoever begins a long answer, so sockets are open only while a
question of ours is: another tester's answers are not ours to steer.
"""

import errno
import socket
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Final

from edge.diagnostics.can_asker import SINGLE_MAX
from edge.diagnostics.ecu import Ecu
from edge.diagnostics.isotp_library import LENGTH_MAX, LibraryAssembly
from edge.diagnostics.library import isotp
from edge.diagnostics.line import Line
from edge.errors import BusDown
from edge.frames import Frame

_CAUSES: Final = {
    errno.EILSEQ: "isotp_wrong_sequence_number",
    errno.ETIMEDOUT: "isotp_consecutive_frame_timeout",
    errno.EBADMSG: "isotp_invalid_can_frame",
    errno.EMSGSIZE: "isotp_frame_too_long",
    errno.ECOMM: "isotp_flow_control_timeout",
}
"""What the kernel tells a socket (Documentation/networking/iso15765-2.rst, net/can/isotp.c)."""
_FIRST: Final = 1


def kernel_has_isotp() -> bool:
    """Whether this kernel puts long messages together itself."""
    try:
        socket.socket(socket.AF_CAN, socket.SOCK_DGRAM, socket.CAN_ISOTP).close()
    except (OSError, AttributeError):
        return False
    return True


class KernelAssembly:
    """A socket of the kernel for each unit that is asked; units that answer unasked for are taken by can-isotp."""

    def __init__(self, line: Line, interface: str, *, padding: int = 0xCC) -> None:
        self._line = line
        self._interface = interface
        self._padding = padding
        self._sockets: dict[Ecu, isotp.socket] = {}
        self._begun: Counter[Ecu] = Counter()
        """Long answers of each unit: its first frames that were seen, less those that the kernel has made whole."""
        self._others = LibraryAssembly(line, padding=padding)
        self._losses: Counter[str] = Counter()

    @property
    def losses(self) -> Counter[str]:
        """Answers that did not become whole, by why."""
        return self._losses + self._others.losses

    def begin(self, units: Collection[Ecu]) -> None:
        """Open a socket for each unit.

        Raises:
            BusDown: the interface is not there.
        """
        self.end()
        self._others.begin(())
        try:
            for unit in set(units):
                self._sockets[unit] = self._opened(unit)
        except OSError as error:
            self.end()
            raise BusDown(f"{self._interface}: {error.strerror}") from error

    def take(self, unit: Ecu, frame: Frame) -> None:
        """The kernel hears frames itself; here it is only seen that a long answer is on its way."""
        if unit not in self._sockets:
            self._others.take(unit, frame)
        elif frame.payload and frame.payload[0] >> 4 == _FIRST:
            self._begun[unit] += 1

    def ready(self) -> Sequence[tuple[Ecu, bytes]]:
        """Answers that are whole since the last call."""
        whole = list(self._others.ready())
        for unit, end in self._sockets.items():
            while (payload := self._received(unit, end)) is not None:
                self._begun[unit] -= len(payload) > SINGLE_MAX
                whole.append((unit, payload))
        return whole

    def is_waiting(self) -> bool:
        """Whether a long answer is on its way."""
        return any(count > 0 for count in self._begun.values()) or self._others.is_waiting()

    def end(self) -> None:
        """Close every socket."""
        self._others.end()
        self._losses["isotp_unfinished"] += sum(count > 0 for count in self._begun.values())
        self._begun.clear()
        for end in self._sockets.values():
            with suppress(OSError):
                end.close()
        self._sockets.clear()

    def _opened(self, unit: Ecu) -> isotp.socket:
        mode = isotp.AddressingMode.Normal_29bits if unit.extended else isotp.AddressingMode.Normal_11bits
        end = isotp.socket()
        end.set_opts(txpad=self._padding, optflag=isotp.socket.flags.TX_PADDING)
        end.set_fc_opts(bs=0, stmin=self._line.budget.separation_ms(extended=unit.extended))
        end.settimeout(0.0)
        end.bind(self._interface, isotp.Address(mode, txid=unit.request, rxid=unit.answer))
        return end

    def _received(self, unit: Ecu, end: isotp.socket) -> bytes | None:
        try:
            return bytes(end.recv(LENGTH_MAX)) or None
        except BlockingIOError:
            return None
        except OSError as error:
            self._losses[_CAUSES.get(error.errno or 0, f"isotp_errno_{error.errno}")] += 1
            self._begun[unit] -= 1
            return None
