"""Which protocols beside plain signals are spoken on a bus: J1939, OBD-II, UDS over ISO-TP, CANopen."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.decode.layout import pgn_of
from edge.decode.protocol import ENOUGH, WELL_KNOWN
from edge.frames import UInt8s
from edge.suggest.heard import HeardId

J1939: Final = "J1939"
OBD: Final = "OBD-II"
UDS: Final = "UDS"
ISOTP: Final = "ISO-TP"
CANOPEN: Final = "CANopen"
OBD_SERVICES: Final = frozenset(range(0x01, 0x0B))
"""SAE J1979."""
UDS_SERVICES: Final = frozenset(
    {0x10, 0x11, 0x14, 0x19, 0x1A, 0x21, 0x22, 0x23, 0x27, 0x28, 0x2E, 0x2F, 0x31, 0x34, 0x36, 0x37, 0x3E, 0x85}
)
"""ISO 14229-1, and 0x1A and 0x21 of its forerunner (ISO 14230-3), which are still asked for."""
ANSWER: Final = 0x40
"""Added to a service by its answer."""
NEGATIVE: Final = 0x7F
VALID: Final = 0.98
"""Of the frames of an id have to be parts of ISO-TP messages."""
PARTS_MIN: Final = 5
COUNT_ON: Final = 0.9
"""Of the parts that follow a first or another one so many have the next number; losses come between."""
HEARTBEATS: Final = (0x701, 0x77F)
STATES: Final = frozenset({0x00, 0x04, 0x05, 0x7F})
"""CiA 301: boot-up, stopped, operational, pre-operational."""
RUNNING: Final = (0x05, 0x7F)
OBJECTS: Final = (0x080, 0x180, 0x200, 0x280, 0x300, 0x380, 0x400, 0x480, 0x500, 0x580, 0x600)
"""CiA 301: emergency, PDO 1 to 4 out and in, SDO; a node's number is added."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A protocol that was heard."""

    protocol: str
    frames: int
    why: str


def spoken(heard: Sequence[HeardId]) -> list[Spoken]:
    """What is spoken on one bus."""
    return [one for one in (_j1939(heard), *_diagnostics(heard), _canopen(heard)) if one is not None]


def _j1939(heard: Sequence[HeardId]) -> Spoken | None:
    """Two groups that nearly every such vehicle sends; one could be there by accident (see decode/protocol.py)."""
    long_ones = [one for one in heard if one.extended]
    groups = {pgn_of(one.id) for one in long_ones}
    known = [one for one in long_ones if pgn_of(one.id) in WELL_KNOWN]
    if len(groups & WELL_KNOWN) < ENOUGH:
        return None
    senders = len({one.id & 0xFF for one in long_ones})
    why = f"{len(groups)} parameter groups, {len(groups & WELL_KNOWN)} of them well known, from {senders} senders"
    return Spoken(
        J1939, sum(one.frames for one in long_ones), f"{why}; {sum(one.frames for one in known)} frames of those"
    )


def is_tester(heard: HeardId) -> bool:
    """Whether its id is one that testers use (ISO 15765-4)."""
    if heard.extended:
        return heard.id == 0x18DB33F1 or heard.id & 0x1FFFFF00 == 0x18DAF100 or heard.id & 0x1FFF00FF == 0x18DA00F1
    return heard.id == 0x7DF or 0x7E0 <= heard.id <= 0x7EF


def is_isotp(heard: HeardId) -> bool:
    """Whether its frames are parts of ISO-TP messages.

    All must be such by their first byte; and it has an id that testers use, or its parts count on, or it asks for known
    services and says when parts may come (flow control).
    """
    kind, is_valid = _parts(heard)
    if not len(kind) or is_valid.mean() < VALID:
        return False
    if is_tester(heard):
        return True
    if (kind == 3).any() and (kind == 0).any() and not (kind % 3).any():
        return {service & ~ANSWER for service in _services(heard)} <= OBD_SERVICES | UDS_SERVICES
    number = (heard.payload[:, 0] & 0x0F).astype(np.int64)
    is_next = heard.follows[1:] & (kind[1:] == 2)
    is_begun = kind[:-1][is_next] == 1
    counts_on = np.where(is_begun, number[1:][is_next] == 1, np.diff(number)[is_next] % 16 == 1)
    return bool(is_begun.any() and len(counts_on) >= PARTS_MIN and counts_on.mean() >= COUNT_ON)


def _parts(heard: HeardId) -> tuple[UInt8s, npt.NDArray[np.bool_]]:
    """By frame its kind (ISO 15765-2: 0 single, 1 first, 2 consecutive, 3 flow control), and whether it can be one."""
    kind: UInt8s = (heard.payload[:, 0] >> 4).astype(np.uint8)
    low = heard.payload[:, 0] & 0x0F
    total = (low.astype(np.int64) << 8) | heard.payload[:, 1]
    is_valid = np.select(
        [kind == 0, kind == 1, kind == 2, kind == 3],
        [(low > 0) & (low < heard.length), total > 7, heard.length > 1, (low <= 2) & (heard.length >= 3)],
        default=False,
    )
    return kind, is_valid.astype(np.bool_)


def _services(heard: HeardId) -> Counter[int]:
    """Services that are asked for or answered, of messages that begin in a frame of the sample."""
    kind, _ = _parts(heard)
    first = np.concatenate([heard.payload[kind == 0, 1], heard.payload[kind == 1, 2]])
    values, counts = np.unique(first, return_counts=True)
    return Counter(dict(zip(values.tolist(), counts.tolist(), strict=True)))


def _diagnostics(heard: Sequence[HeardId]) -> Iterator[Spoken]:
    found: dict[str, list[HeardId]] = {}
    services: dict[str, set[int]] = {}
    for one in (one for one in heard if is_isotp(one)):
        asked = {value & ~ANSWER for value in _services(one) if value != NEGATIVE}
        protocol = OBD if asked & OBD_SERVICES and is_tester(one) else UDS if asked & UDS_SERVICES else ISOTP
        found.setdefault(protocol, []).append(one)
        services.setdefault(protocol, set()).update(asked & (OBD_SERVICES | UDS_SERVICES))
    for protocol, ids in sorted(found.items()):
        names = ", ".join(one.name for one in ids[:6]) + (", …" if len(ids) > 6 else "")
        asked_for = ", ".join(f"{one:02X}" for one in sorted(services[protocol])[:8])
        why = f"{names}{f': services {asked_for}' if asked_for else ''}"
        yield Spoken(protocol, sum(one.frames for one in ids), why)


def _canopen(heard: Sequence[HeardId]) -> Spoken | None:
    """Heartbeats of a byte with a state, and another object of the same node."""
    ids = {one.id: one for one in heard if not one.extended}
    nodes = [
        one.id & 0x7F
        for one in ids.values()
        if HEARTBEATS[0] <= one.id <= HEARTBEATS[1]
        and set(one.lengths) == {1}
        and one.frames > 2
        and set(np.unique(one.payload[:, 0]).tolist()) <= STATES
        and np.isin(one.payload[:, 0], RUNNING).mean() > 0.5
    ]
    alive = [node for node in nodes if any(base + node in ids for base in OBJECTS)]
    if not alive:
        return None
    frames = sum(ids[0x700 + node].frames for node in alive)
    return Spoken(CANOPEN, frames, f"heartbeats of nodes {', '.join(map(str, alive[:8]))}")
