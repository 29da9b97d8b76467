"""Answers of control units: what is put together was sent, each is accounted for once, and cutting changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from edge.decode.answers import Answers
from edge.decode.compile import Conversion, compiled
from edge.decode.database import Database
from edge.decode.dbc import read_dbc
from edge.decode.decoder import Binding, Decoder
from edge.decode.did_entries import DidEntry, DidSignal
from edge.decode.dids import declared
from edge.decode.isotp import BYTES_MAX, SESSIONS_MAX, IsoTpListener, Lost
from edge.frames import ERROR, EXTENDED, FD, REMOTE, Frame, FrameBatch
from edge.signals import Signal
from tests.fuzz.dice import Dice
from tests.fuzz.texts import HEAD

STEPS_MAX: Final = 60
STEPS_NS: Final = (1_000_000, 0, 300_000_000, 2_000_000_000, 2_000_000_001, 10**15)
UNITS: Final = ((0x7E8, 0), (0x7E9, 0), (0x7BB, 0), (0x18DAF110, EXTENDED), (0x18DAF110, 0), (0x123, 0))
BUSES: Final = ("can0", "can1")
LENGTHS: Final = (8, 8, 8, 64, 12, 7, 2, 0)
SERVICES: Final = (b"\x41", b"\x62\x01\x01", b"\x62\xf4", b"\x61\x01", b"\x7f", b"")
ENDS: Final = (Lost.WRONG_SEQUENCE, Lost.INTERRUPTED, Lost.TIMED_OUT, Lost.CROWDED_OUT)
"""What ends an answer that was begun, beside a frame of it that is too short."""
TEXT: Final = HEAD + (
    'BO_ 1979 Pack: 55 ECU\n SG_ service M : 8|8@1+ (1,0) [0|0] "" ECU\n'
    ' SG_ response m97M : 16|8@1+ (1,0) [0|0] "" ECU\n'
    ' SG_ Charge m1 : 279|24@0+ (0.0001,0) [0|0] "%" ECU\n\n'
    "SG_MUL_VAL_ 1979 response service 97-97;\nSG_MUL_VAL_ 1979 Charge response 1-1;\n"
)
DID: Final = DidEntry(response="7E9", did="0101", bytes=3, signals=[DidSignal(name="A", byte=0, bits=16, signed=True)])


@lru_cache(maxsize=1)
def spoken() -> Database:
    """One message that describes whole answers."""
    layouts = read_dbc(TEXT.encode())
    pairs = [(message, signal) for message in layouts.messages for signal in message.signals]
    tables, _ = compiled(layouts.messages, [Conversion()] * len(pairs))
    signals = tuple(Signal(f"dbc.{one.name}.{two.name}", "", one.name, two.name) for one, two in pairs)
    return Database(Path("answers.dbc"), signals, tables, ())


@dataclass
class Heard:
    """What was sent so far, kept the simplest way: of each id the frames since the last beginning."""

    parts: dict[int, list[bytes]] = field(default_factory=dict)
    begun: int = 0
    broken: int = 0
    """Frames in between that were too short."""
    whole: int = 0
    """Of more than one frame."""


def answer_anything(content: bytes) -> None:
    """Any frames on ids of answers, heard by a listener alone and decoded."""
    frames = _frames(Dice(content))
    _listen([one for one in frames if not one.flags & (ERROR | REMOTE)])
    cuts = sorted({byte % (len(frames) + 1) for byte in content[:4]})
    assert _decoded(frames, []) == _decoded(frames, cuts) == _decoded(frames, list(range(len(frames))))


def _listen(frames: Sequence[Frame]) -> None:
    listener, heard = IsoTpListener(), Heard()
    for frame in frames:
        malformed = listener.losses[Lost.MALFORMED]
        refused = malformed + listener.losses[Lost.TOO_LONG]
        found = listener.take(frame.time, frame.id, frame.payload)
        kind = frame.payload[0] >> 4 if frame.payload else None
        if kind == 1:
            heard.parts[frame.id] = [frame.payload]
            heard.begun += listener.losses[Lost.MALFORMED] + listener.losses[Lost.TOO_LONG] == refused
        elif kind == 2:
            heard.parts.setdefault(frame.id, []).append(frame.payload)
            heard.broken += listener.losses[Lost.MALFORMED] - malformed
        if found is not None:
            _check_whole(found, frame, heard)
        assert listener.open <= SESSIONS_MAX
        ended = heard.whole + heard.broken + sum(listener.losses[why] for why in ENDS)
        assert heard.begun == ended + listener.open, "answers that went without being counted"


def _check_whole(found: bytes, frame: Frame, heard: Heard) -> None:
    assert 0 < len(found) <= BYTES_MAX
    if frame.payload[0] >> 4 == 0:
        assert found in frame.payload[1:], "another answer than was sent"
        return
    heard.whole += 1
    first, *others = heard.parts[frame.id]
    joined = first[2:] + b"".join(other[1:] for other in others)
    assert joined[: len(found)] == found, "another answer than was sent"
    assert [other[0] & 15 for other in others] == [number % 16 for number in range(1, len(others) + 1)]


def _decoded(frames: Sequence[Frame], cuts: Sequence[int]) -> tuple[object, ...]:
    decoder = Decoder([Binding(spoken())], answers=Answers(declared([DID], Path("-"))))
    samples = []
    for first, last in zip([0, *cuts], [*cuts, len(frames)], strict=True):
        found = decoder.decode(FrameBatch.of(frames[first:last], buses=BUSES))
        assert np.isfinite(found.value).all()
        samples += list(zip(found.time.tolist(), found.signal.tolist(), found.value.tolist(), strict=True))
    counts = decoder.counts
    return samples, counts.answered, counts.decoded, counts.samples, counts.known, counts.unknown, counts.undecodable


def _frames(dice: Dice) -> list[Frame]:
    found: list[Frame] = []
    time_ns = 0
    while dice and len(found) < STEPS_MAX:
        identifier, flags = dice.pick(UNITS)
        bus = dice.pick(BUSES)
        for payload in _payloads(dice):
            time_ns += dice.pick(STEPS_NS) if dice.chance(4) else 1_000_000
            odd = dice.pick((REMOTE, ERROR)) if dice.chance(32) else 0
            found.append(Frame(time_ns, identifier, payload, bus, flags | odd | (FD if len(payload) > 8 else 0)))
    return found


def _payloads(dice: Dice) -> list[bytes]:
    """One frame of any kind, or an answer, whole or with a frame lost."""
    if dice.chance(3):
        return [dice.take(dice.pick(LENGTHS))]
    answer = dice.pick(SERVICES) + dice.take(dice.pick((2, 5, 1, 12, 30, 60)))
    if len(answer) < 8:
        return [bytes([len(answer)]) + answer.ljust(7, b"\xaa")]
    width = 64 if dice.chance(4) else 8
    frames = [(0x1000 | len(answer)).to_bytes(2, "big") + answer[: width - 2].ljust(width - 2, b"\xaa")]
    for at in range(width - 2, len(answer), width - 1):
        frames.append((bytes([0x20 | len(frames) % 16]) + answer[at : at + width - 1]).ljust(width, b"\xaa"))
    if dice.chance(4):
        del frames[dice.number(len(frames) - 1)]
    return frames
