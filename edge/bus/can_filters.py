"""What the kernel lets through, as an installer writes it (`only=`), for a CAN socket and for a packet socket."""

import re
import struct
import sys
from dataclasses import dataclass
from typing import Final

from edge.bus.kernel_frames import ERROR_BIT, EXTENDED_BIT, ID_MASK, STANDARD_MASK
from edge.bus.packet_ring import Instruction
from edge.bus.spec import SourceSpec
from edge.errors import ConfigError

FILTERS_MAX: Final = 512
"""CAN_RAW_FILTER_MAX (linux/can/raw.h)."""
_WRITTEN: Final = re.compile(r"([0-7][0-9A-Fa-f]{2}|[01][0-9A-Fa-f]{7})(?:/([0-9A-Fa-f]{1,8}))?")
_LOAD, _AND, _IS, _RETURN = 0x20, 0x54, 0x15, 0x06
"""BPF_LD | BPF_W | BPF_ABS; BPF_ALU | BPF_AND | BPF_K; BPF_JMP | BPF_JEQ | BPF_K; BPF_RET | BPF_K: bpf_common.h."""
_WHOLE: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class Wanted:
    """Ids that agree with `identifier` in the bits of `mask`."""

    identifier: int
    """With EXTENDED_BIT for 29 bits."""
    mask: int


def wanted_of(spec: SourceSpec) -> tuple[Wanted, ...]:
    """`only=123,18FEF100`, or with a mask, `only=18FEF100/1FFFFF00`; nothing: all frames.

    Raises:
        ConfigError: an id is none, or there are too many.
    """
    parts = [part for part in spec.text_option("only", "").split(",") if part]
    found = [_WRITTEN.fullmatch(part) for part in parts]
    wanted = tuple(_wanted(one) for one in found if one is not None)
    if len(wanted) < len(parts) or len(wanted) > FILTERS_MAX:
        remedy = f"Write ids of 3 or 8 hexadecimal digits, at most {FILTERS_MAX}, as in only=123,18FEF100/1FFFFF00"
        raise ConfigError(f"only={','.join(parts)[:80]} cannot be used", place=spec.text, remedy=remedy)
    return wanted


def _wanted(written: "re.Match[str]") -> Wanted:
    is_long = len(written[1]) == len("18FEF100")
    widest = ID_MASK if is_long else STANDARD_MASK
    mask = int(written[2], 16) & widest if written[2] else widest
    return Wanted(int(written[1], 16) & widest | (EXTENDED_BIT if is_long else 0), mask | EXTENDED_BIT)


def raw_filters(wanted: tuple[Wanted, ...]) -> bytes:
    """For CAN_RAW_FILTER; error frames have a filter of their own."""
    return b"".join(struct.pack("=II", one.identifier, one.mask) for one in wanted)


def packet_filters(wanted: tuple[Wanted, ...]) -> list[Instruction]:
    """A program for packet sockets that lets through the same, and every error frame."""
    if not wanted:
        return []
    tests = [(ERROR_BIT, ERROR_BIT), *((one.mask, one.identifier & one.mask) for one in wanted)]
    program: list[Instruction] = []
    for mask, identifier in tests:
        program += [
            (_LOAD, 0, 0, 0),
            (_AND, 0, 0, _as_loaded(mask)),
            (_IS, 0, 1, _as_loaded(identifier)),
            (_RETURN, 0, 0, _WHOLE),
        ]
    return [*program, (_RETURN, 0, 0, 0)]


def _as_loaded(word: int) -> int:
    """What a word of this machine is to BPF, which loads as networks do."""
    return int.from_bytes(word.to_bytes(4, sys.byteorder), "big")
