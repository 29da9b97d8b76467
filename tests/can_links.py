"""CAN interfaces as a kernel would tell them: rtnetlink's bytes of what a test wants to be there."""

import struct
from collections.abc import Iterable

from edge.machine.interfaces import CAN_TYPE, Counted, Interface, State

_NEW_LINK, _DONE = 16, 3


def told(links: Iterable[Interface]) -> bytes:
    """The answer to RTM_GETLINK."""
    bodies = [_link(index, one) for index, one in enumerate(links, start=2)]
    return b"".join(_message(_NEW_LINK, body) for body in bodies) + _message(_DONE, bytes(4))


def controller(
    name: str, *, bitrate: int | None = 500_000, is_up: bool = True, is_listen_only: bool = False,
    state: State = State.ERROR_ACTIVE, restart_ms: int = 100, counted: Counted | None = None,
) -> Interface:  # fmt: skip
    """One that is well, but for what is said."""
    return Interface(
        name=name, kind="can", driver=None, is_up=is_up, bitrate=bitrate, sample_point=0.8 if bitrate else None,
        state=state if is_up else State.STOPPED, is_listen_only=is_listen_only, is_fd=False, restart_ms=restart_ms,
        transmit_errors=0, receive_errors=0, queue=1000,
        counted=counted or Counted(5000, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    )  # fmt: skip


def _link(index: int, one: Interface) -> bytes:
    counted = one.counted
    statistics = [0] * 24
    for place, value in ((0, counted.received), (1, counted.sent), (4, counted.receive_errors)):
        statistics[place] = value or 0
    statistics[6], statistics[11] = counted.receive_dropped or 0, counted.receive_over or 0
    info = _attribute(1, (one.kind or "").encode() + b"\0") if one.kind else b""
    if one.state is not None:
        info += _attribute(2, _controller(one))
        own = (counted.bus_errors, counted.error_warning, counted.error_passive, counted.bus_off, 0, counted.restarts)
        info += _attribute(3, struct.pack("=6I", *(value or 0 for value in own)))
    attributes = _attribute(3, one.name.encode() + b"\0") + _attribute(13, struct.pack("=I", one.queue or 0))
    attributes += _attribute(18, info) + _attribute(23, struct.pack("=24Q", *statistics))
    return struct.pack("=BxHiII", 0, CAN_TYPE, index, int(one.is_up), 0) + attributes


def _controller(one: Interface) -> bytes:
    flags = (0x02 if one.is_listen_only else 0) | (0x20 if one.is_fd else 0)
    told_of = b""
    if one.bitrate is not None:
        sample = round((one.sample_point or 0.0) * 1000)
        told_of += _attribute(1, struct.pack("=8I", one.bitrate, sample, 0, 0, 0, 0, 0, 0))
    if one.data_bitrate is not None:
        told_of += _attribute(9, struct.pack("=8I", one.data_bitrate, 0, 0, 0, 0, 0, 0, 0))
    if one.state is not None:
        told_of += _attribute(4, struct.pack("=I", list(State).index(one.state)))
    told_of += _attribute(5, struct.pack("=II", 0, flags)) + _attribute(6, struct.pack("=I", one.restart_ms or 0))
    return told_of + _attribute(8, struct.pack("=HH", one.transmit_errors or 0, one.receive_errors or 0))


def _attribute(kind: int, content: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(content), kind) + content + bytes(-len(content) % 4)


def _message(kind: int, body: bytes) -> bytes:
    return struct.pack("=IHHII", 16 + len(body), kind, 2, 1, 0) + body + bytes(-len(body) % 4)
