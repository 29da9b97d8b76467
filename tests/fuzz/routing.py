"""Routes: any number of ids on any bus is decoded and counted in bounded memory."""

from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.decode.compile import Conversion, compiled
from edge.decode.database import Database
from edge.decode.dbc import read_dbc
from edge.decode.decoder import Binding, Decoder
from edge.decode.layout import Layouts
from edge.decode.routes import IDS_MAX, KNOWN_MAX
from edge.frames import ERROR, EXTENDED, FrameBatch
from edge.signals import Signal
from tests.fuzz.dice import Dice
from tests.fuzz.texts import HEAD

FRAMES_MAX: Final = 1_000
BUSES: Final = ("can0", "can1", "can0/engine", "vcan7")
TEXT: Final = HEAD + (
    'BO_ 2566844926 Cruise: 8 ECU\n SG_ Speed : 8|16@1+ (0.00390625,0) [0|0] "km/h" ECU\n\n'
    'BO_ 2364540158 Asked: 8 ECU\n SG_ What : 0|16@1+ (1,0) [0|0] "" ECU\n\n'
    'BO_ 241 Low: 1 ECU\n SG_ X : 0|8@1+ (1,0) [0|0] "" ECU\n\n'
    'BO_ 2047 Top: 1 ECU\n SG_ X : 0|8@1+ (1,0) [0|0] "" ECU\n\n'
    'BO_ 2147483889 Wide: 1 ECU\n SG_ X : 0|8@1+ (1,0) [0|0] "" ECU\n\n'
    'BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","J1939PG";\n'
    'BA_DEF_DEF_ "VFrameFormat" "ExtendedCAN";\n'
    'BA_ "VFrameFormat" BO_ 2566844926 3;\nBA_ "VFrameFormat" BO_ 2364540158 3;\n'
)


@lru_cache(maxsize=1)
def spoken() -> tuple[Database, Layouts]:
    """Two groups of J1939, two ids of 11 bits and one of 29."""
    layouts = read_dbc(TEXT.encode())
    pairs = [(message, signal) for message in layouts.messages for signal in message.signals]
    tables, _ = compiled(layouts.messages, [Conversion()] * len(pairs))
    signals = tuple(Signal(f"dbc.{one.name}.{two.name}", "", one.name, two.name) for one, two in pairs)
    return Database(Path("routes.dbc"), signals, tables, ()), layouts


def route_anything(content: bytes) -> None:
    """Stretches of ids on buses, one batch after the other."""
    dice = Dice(content)
    database, layouts = spoken()
    bound = dice.pick(("", "can0", "can1"))
    decoder = Decoder([Binding(database, bound)])
    known = unknown = errors = frames = 0
    while dice and frames < FRAMES_MAX:
        batch = _batch(dice)
        samples = decoder.decode(batch)
        is_known = _is_known(batch, layouts, bound)
        is_error = (batch.flags & ERROR) != 0
        known += int(np.count_nonzero(is_known & ~is_error))
        unknown += int(np.count_nonzero(~is_known & ~is_error))
        errors += int(np.count_nonzero(is_error))
        frames += len(batch)
        assert np.isfinite(samples.value).all()
    counts = decoder.counts
    assert counts.frames == frames == known + unknown + errors
    assert (counts.known.total(), counts.unknown.total()) == (known, unknown)
    assert len(counts.known) <= KNOWN_MAX + len(BUSES) * len(layouts.messages), "routes without end"
    assert len(counts.unknown) <= IDS_MAX + 1, "routes without end"


def _batch(dice: Dice) -> FrameBatch:
    """Ids in steps from a first one, on one bus or on all in turn."""
    count = dice.pick((1, 3, 17, 60))
    first = dice.pick((0x18FEF100, 0, 241, 0x0CEA0000, dice.number(0x1FFF_FFFF)))
    step = dice.pick((1, 0, 256, 1 << 26, 7))
    identifier = ((first + step * np.arange(count, dtype=np.int64)) & 0x1FFF_FFFF).astype(np.uint32)
    flags = dice.pick((EXTENDED, EXTENDED, 0, EXTENDED | ERROR, ERROR, EXTENDED | 4, 2))
    if not flags & EXTENDED and dice.number(1):
        identifier &= np.uint32(0x7FF)
    buses = BUSES[: 1 + dice.number(3)]
    bus = np.arange(count) % len(buses) if dice.chance(2) else np.full(count, len(buses) - 1)
    return FrameBatch(
        time=np.arange(count, dtype=np.int64),
        bus=bus.astype(np.uint8),
        id=identifier,
        flags=np.full(count, flags, np.uint8),
        length=np.full(count, 8, np.uint8),
        payload=np.zeros((count, 8), np.uint8),
        buses=buses,
        until=count,
    )


def _is_known(batch: FrameBatch, layouts: Layouts, bound: str) -> npt.NDArray[np.bool_]:
    """(N,) by looking each id up in the database, the simplest way."""
    heard = np.array([not bound or bus == bound or bus.startswith(f"{bound}/") for bus in batch.buses])
    extended = bool(len(batch) and batch.flags[0] & EXTENDED)
    ids = [one.id for one in layouts.messages if not one.j1939 and one.extended == extended]
    groups = [one.pgn for one in layouts.messages if one.j1939] + [0xEC00, 0xEB00] if extended else []
    group = (batch.id >> np.uint32(8)) & np.uint32(0x3FFFF)
    group = np.where((group >> np.uint32(8)) & np.uint32(0xFF) >= 240, group, group & np.uint32(0x3FF00))
    return heard[batch.bus] & (np.isin(batch.id, ids) | np.isin(group, groups))
