"""Databases: any file is read in bounded time and memory, and what cannot be read is told by its line."""

import math
from pathlib import Path
from typing import Final

import numpy as np

from edge.decode.compile import LOOKS_MAX, Conversion, compiled
from edge.decode.compiled import BLOCKS_MAX, SELECTOR_BITS, Tables
from edge.decode.database import Database, load_database
from edge.decode.dbc import EXTENDED_MAX, REMARKS_MAX, STANDARD_MAX, read_dbc
from edge.decode.layout import BITS_MAX, NUMBER_BITS, Layouts, Remark, SignalLayout
from edge.decode.protocol import distinct
from edge.errors import ConfigError
from edge.signals import Signal
from tests.fuzz import texts
from tests.fuzz.dice import Dice
from tests.fuzz.scratch import check_refusal, scratch

CONVERSIONS: Final = (Conversion(), Conversion(0.001), Conversion(1.0, 273.15), Conversion(-3.6, 1e9))


def read_any_database(content: bytes) -> None:
    """The first byte says whether the rest is a file, or choices of which a file is made."""
    kind, rest = content[:1], content[1:]
    if kind and kind[0] % 4 == 0:
        text = rest
    elif kind and kind[0] % 4 == 1:
        text = texts.HEAD.encode() + rest
    else:
        text = texts.database(Dice(rest), sound=False).encode("utf-8", "surrogatepass")
    layouts = read_dbc(text)
    check_layouts(layouts, text)
    if kind and kind[0] >= 0xE0:
        _load(text, layouts)
    else:
        count = sum(len(message.signals) for message in layouts.messages)
        tables, remarks = compiled(layouts.messages, [Conversion()] * count)
        _check_remarks(tuple(remarks), 1 + text.count(b"\n") + text.count(b"\r"))
        check_tables(tables, len(layouts.messages), count)


def _load(text: bytes, layouts: Layouts) -> None:
    """The way of the daemon: from a file, which it refuses only when there is nothing in it."""
    file = scratch() / "any.dbc"
    file.write_bytes(text)
    try:
        database = load_database(file)
    except ConfigError as error:
        check_refusal(error, file)
        assert not layouts.messages, "refused, though it holds messages"
        return
    assert layouts.messages, "taken, though it holds no message"
    check_database(database, layouts)


def check_layouts(layouts: Layouts, text: bytes) -> None:
    """What was read is what can be: ids, bits and numbers in their bounds, each remark with a line of the file."""
    ids = [(one.extended, one.id) for one in layouts.messages]
    assert len(set(ids)) == len(ids), "two messages of one id"
    for message in layouts.messages:
        assert 0 <= message.id <= (EXTENDED_MAX if message.extended else STANDARD_MAX)
        assert 8 * message.length <= BITS_MAX
        assert message.cycle_s is None or 0 < message.cycle_s < math.inf
        names = [signal.name for signal in message.signals]
        assert len(set(names)) == len(names), f"two signals of one name: {names}"
        for signal in message.signals:
            assert signal.name.strip(), "a signal without a name"
            assert 1 <= signal.length <= NUMBER_BITS
            assert 8 * signal.end_byte <= BITS_MAX
            assert math.isfinite(signal.scale)
            assert math.isfinite(signal.offset)
    _check_remarks(layouts.remarks, 1 + text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n"))


def _check_remarks(remarks: tuple[Remark, ...], lines: int) -> None:
    assert len(remarks) <= REMARKS_MAX
    for remark in remarks:
        assert 1 <= remark.line <= lines, f"{remark} of {lines} lines"
        assert remark.what.strip(), f"{remark} is about nothing"
        assert remark.reason.strip(), f"{remark} without a reason"


def check_database(database: Database, layouts: Layouts) -> None:
    """Its tables are as they say, and no larger than the file gives reason for."""
    messages, _ = distinct(layouts.messages)
    count = sum(len(message.signals) for message in messages)
    assert len(database.signals) == count
    for signal in database.signals:
        assert 0 < signal.period_s < math.inf
        assert all(math.isfinite(value) for value in signal.labels), f"labels of no number: {signal.labels}"
    check_tables(database.tables, len(messages), count)


def check_tables(tables: Tables, messages: int, signals: int) -> None:
    """Every way through the tables ends in a block, and every block holds signals that there are."""
    blocks, forks = len(tables.first), len(tables.fork)
    assert len(tables.root) == len(tables.id) == len(tables.form) == len(tables.sender) == messages
    assert len(tables.begin) == len(tables.scale) == signals
    assert blocks <= (BLOCKS_MAX + 1) * messages
    assert len(tables.slots) <= signals + LOOKS_MAX * messages, "tables that grow by leaps"
    assert _within(tables.slots, 0, signals - 1)
    assert _within(tables.fork, 0, signals - 1)
    for way in (tables.root, tables.arm_to, tables.absent):
        assert _within(way, -forks, blocks - 1)
    assert (tables.first + tables.count <= len(tables.slots)).all()
    begins = set((tables.arm_key >> np.uint64(SELECTOR_BITS)).tolist())
    assert begins == set(range(forks)), "a fork without arms"
    assert (np.diff(tables.arm_key.astype(np.int64)) > 0).all(), "arms that do not ascend"
    firsts = tables.arm_key[np.searchsorted(tables.arm_key, np.arange(forks, dtype=np.uint64) << np.uint64(32))]
    assert (firsts & np.uint64(0xFFFF_FFFF) == 0).all(), "a fork whose first arm is not from 0"


def _within(numbers: np.ndarray[tuple[int, ...], np.dtype[np.int32]], low: int, high: int) -> bool:
    return not len(numbers) or (int(numbers.min()) >= low and int(numbers.max()) <= high)


def sound_database(dice: Dice, name: str) -> tuple[Database, list[tuple[int, bool]]] | None:
    """A database with a few messages, some of its signals converted, and the ids that it has; None: it has none."""
    layouts = read_dbc(texts.database(dice, sound=True).encode())
    if not layouts.messages:
        return None
    pairs = [(message, signal) for message in layouts.messages for signal in message.signals]
    tables, remarks = compiled(layouts.messages, [_conversion(dice, signal) for _, signal in pairs])
    signals = tuple(Signal(f"dbc.{one.name}.{two.name}", two.unit, one.name, two.name) for one, two in pairs)
    database = Database(Path(name), signals, tables, (*layouts.remarks, *remarks))
    return database, [(message.id, message.extended) for message in layouts.messages]


def _conversion(dice: Dice, signal: SignalLayout) -> Conversion:
    """As a mapping may have it: one that leads beyond any number is refused."""
    one = dice.pick(CONVERSIONS) if dice.chance(3) else Conversion()
    return one if math.isfinite(signal.reach * abs(one.factor) + abs(one.offset)) else Conversion()
