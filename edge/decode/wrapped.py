"""Which messages of a database describe whole answers of control units instead of frames.

Databases for diagnostics (such as those of CSS Electronics) lay out what ISO 15765-2 transports: a byte of length, the
service of the answer, then PID or DID, each selecting what comes behind it. In the frames of a longer answer those
bytes stand for other things, so such a message is decoded from the whole payload alone.
"""

from collections.abc import Iterator
from typing import Final

from edge.decode.answers import is_answer
from edge.decode.compiled import SELECTOR_BITS, Form, Tables

FRAME_BYTES: Final = 8
IDS_11: Final = 0x600
"""From here on makers use 11-bit ids for diagnostics; lower ones are more urgent than that."""
GROUP: Final = 0xDA00
"""The PGN of 18DAxxxx: a database that calls itself J1939's has one message for all units (ISO 15765-2, 10.3.2)."""
_POSITIVE: Final = range(0x41, 0x7F)
"""Service bytes of positive answers (ISO 14229-1, table 2; ISO 14230-3)."""
_SERVICES: Final = range(0x01, 0x40)
"""Without the bit that marks an answer: some databases take six bits of the byte."""


def whole_answers(tables: Tables) -> frozenset[int]:
    """The numbers of such messages."""
    return frozenset(number for number in range(len(tables.root)) if _is_whole_answer(tables, number))


def length_byte(tables: Tables, message: int, payload: bytes) -> bytes:
    """What comes before a payload where the database counts from the byte of length: its lowest eight bits."""
    selector = _selector(tables, message)
    is_counted = selector is not None and int(tables.begin[selector]) // 8 == 1
    return bytes([len(payload) & 0xFF]) if is_counted else b""


def _is_whole_answer(tables: Tables, message: int) -> bool:
    selector, form = _selector(tables, message), int(tables.form[message])
    if selector is None or (form == Form.J1939 and int(tables.id[message]) != GROUP):
        return False
    identifier, extended = int(tables.id[message]), form == Form.EXTENDED
    is_standard = form == Form.J1939 or is_answer(extended, identifier)
    is_long = int(tables.length[message]) > FRAME_BYTES and (extended or identifier >= IDS_11)
    byte, within = divmod(int(tables.begin[selector]), 8)
    if byte > 1 or not (is_standard or is_long):
        return False
    values = set(_selected(tables, -1 - int(tables.root[message])))
    if not values:
        return False
    if int(tables.bits[selector]) == 8 and within == 0:
        return all(value in _POSITIVE for value in values)
    is_six = int(tables.bits[selector]) == 6 and within == (2 if tables.big[selector] else 0)
    return is_six and is_standard and all(value in _SERVICES for value in values)


def _selector(tables: Tables, message: int) -> int | None:
    """The signal that selects first; None: nothing selects."""
    root = int(tables.root[message])
    return int(tables.fork[-1 - root]) if root < 0 else None


def _selected(tables: Tables, fork: int) -> Iterator[int]:
    """Values of a selector that select something; of ranges the first."""
    for key, to in zip(tables.arm_key.tolist(), tables.arm_to.tolist(), strict=True):
        if key >> SELECTOR_BITS == fork and to != tables.absent[fork]:
            yield key & ((1 << SELECTOR_BITS) - 1)
