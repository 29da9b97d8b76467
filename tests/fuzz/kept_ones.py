"""Kept tables: whatever happened to the file, what is loaded is what the database says."""

from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from edge.decode import kept
from edge.decode.database import Database, load_database
from tests.fuzz.dice import Dice
from tests.fuzz.scratch import scratch
from tests.fuzz.texts import HEAD

TEXT: Final = HEAD + (
    'BO_ 256 Muxed: 3 ECU\n SG_ Which M : 0|8@1+ (1,0) [0|255] "" ECU\n SG_ One m1 : 8|16@1+ (0.5,0) [0|9] "V" ECU\n'
    'VAL_ 256 Which 1 "One" 2 "Two" ;\nVAL_ 256 Gone 1 "a remark" ;\n'
)


@lru_cache(maxsize=1)
def whole() -> tuple[Path, Path, bytes, Database]:
    """The database, the file that is kept of it, what is in that, and what it says."""
    state = scratch() / "state"
    state.mkdir(exist_ok=True)
    file = scratch() / "kept.dbc"
    file.write_text(TEXT)
    kept.load_kept(file, None, state)
    [found] = (state / kept.FOLDER).iterdir()
    return file, found, found.read_bytes(), load_database(file)


def load_anything_kept(content: bytes) -> None:
    """The first byte says whether the rest is the file, or choices of what happens to it."""
    file, found, sound, wanted = whole()
    dice = Dice(content)
    damaged = dice.rest() if dice.chance(4) else _damaged(dice, sound)
    found.write_bytes(damaged)
    loaded = kept.load_kept(file, None, found.parent.parent)
    assert is_same(loaded, wanted), "another database than the file says"
    assert len(list(found.parent.iterdir())) == 1
    assert found.read_bytes()[:4] == b"PK\x03\x04", "what is damaged is still there"


def _damaged(dice: Dice, sound: bytes) -> bytes:
    """Bits turned, bytes lost, moved or written over."""
    content = bytearray(sound)
    for _ in range(1 + dice.number(3)):
        at = dice.number(len(content))
        kind = dice.number(5)
        if kind == 0 and at < len(content):
            content[at] ^= 1 << dice.number(7)
        elif kind == 1:
            del content[at:]
        elif kind == 2:
            del content[at : at + 1 + dice.number(255)]
        elif kind == 3:
            content[at : at + 4] = dice.take(4)
        elif kind == 4:
            content[at:at] = dice.take(1 + dice.number(15))
        else:
            content[: len(content) - at] = content[at:]
    return bytes(content)


def is_same(one: Database, other: Database) -> bool:
    """Whether two databases say the same."""
    pairs = zip(one.tables.packed().values(), other.tables.packed().values(), strict=True)
    alike = all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in pairs)
    return alike and (one.file, one.signals, one.remarks) == (other.file, other.signals, other.remarks)
