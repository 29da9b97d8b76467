"""Listening to buses for a few seconds, beside whoever else listens; nothing is ever sent."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from edge.bus.kernel_frames import are_sound, to_batch
from edge.bus.receiver import Kernel, Receiver
from edge.errors import EdgeError
from edge.frames import ERROR, EXTENDED, FrameBatch

FRAMES_MAX: Final = 200_000
"""Of one bus: enough is known by then."""
_TURN_S: Final = 0.05
_BUS_OFF, _CONTROLLER = 0x040, 0x004
"""CAN_ERR_BUSOFF, CAN_ERR_CRTL (linux/can/error.h)."""
_OVERRUN: Final = 0x01
"""CAN_ERR_CRTL_RX_OVERFLOW, in byte 1."""
_NO_ERRORS: Final = 0x43
"""In byte 1: frames were lost (CAN_ERR_CRTL_RX_OVERFLOW, …_TX_OVERFLOW), or it is well again (…_ACTIVE)."""
_RESTARTED: Final = 0x100
"""CAN_ERR_RESTARTED: good news is no error."""


@dataclass(slots=True)
class Heard:
    """What was heard of one bus."""

    frames: int = 0
    errors: int = 0
    """Error frames of its controller."""
    bus_off: int = 0
    overruns: int = 0
    """Times that the controller said it lost frames, as nobody fetched them."""
    lost: int = 0
    """Frames that our own socket had no room for."""
    ids: Counter[tuple[bool, int]] = field(default_factory=Counter)
    """By (extended, arbitration id)."""
    trouble: str = ""
    """Why nobody could listen."""

    @property
    def repeated(self) -> int:
        """Frames whose id came more than once: what a vehicle sends comes again, what noise makes does not."""
        return sum(count for count in self.ids.values() if count > 1)


def listen(
    kernels: Mapping[str, Kernel], seconds: float, *, monotonic: Callable[[], float] = time.monotonic
) -> dict[str, Heard]:
    """What each bus says within that time, all at once; `kernels` open them, by name."""
    heard = {name: Heard() for name in kernels}
    receivers: dict[str, Receiver] = {}
    for name, kernel in kernels.items():
        try:
            receivers[name] = kernel.open()
        except (EdgeError, OSError) as error:
            heard[name].trouble = str(error)
    try:
        until_s = monotonic() + seconds
        while receivers and (left_s := until_s - monotonic()) > 0:
            for name in list(receivers):
                wait_s = min(left_s, _TURN_S) / len(receivers)
                if not _take(receivers[name], heard[name], wait_s):
                    receivers.pop(name).close()
        for name, receiver in receivers.items():
            heard[name].lost = receiver.lost()
    finally:
        for receiver in receivers.values():
            receiver.close()
    return heard


def _take(receiver: Receiver, heard: Heard, wait_s: float) -> bool:
    """Whether it is worth to go on listening."""
    try:
        if not receiver.wait(wait_s):
            return True
        taken = receiver.take()
    except OSError as error:
        heard.trouble = error.strerror or str(error)
        return False
    if len(taken.lengths):
        is_sound, is_fd = are_sound(taken.raw, taken.lengths)
        if is_sound.any():
            fd = is_fd[is_sound] if is_fd.any() else None
            _count(to_batch(taken.raw[is_sound], fd, taken.stamps[is_sound], "bus"), heard)
    return heard.frames < FRAMES_MAX


def _count(batch: FrameBatch, heard: Heard) -> None:
    for identifier, flags, payload in zip(
        batch.id.tolist(), batch.flags.tolist(), batch.payload[:, 1].tolist(), strict=True
    ):
        if not flags & ERROR:
            heard.frames += 1
            heard.ids[bool(flags & EXTENDED), identifier] += 1
            continue
        is_loss = identifier == _CONTROLLER and not payload & ~_NO_ERRORS
        heard.errors += identifier != _RESTARTED and not is_loss
        heard.bus_off += bool(identifier & _BUS_OFF)
        heard.overruns += bool(identifier & _CONTROLLER and payload & _OVERRUN)
