"""Databases of the field: what cantools reads is read alike, and every payload gives the same bits."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import cantools.database
import numpy as np
import pytest
from cantools.database import Database as CanDatabase
from cantools.database.can import Message as CanMessage
from cantools.database.errors import Error as CantoolsError

from edge.decode.compile import Conversion, compiled
from edge.decode.dbc import read_dbc
from edge.decode.flat import FlatDecoder
from edge.decode.layout import NUMBER_BITS, MessageLayout, Number
from edge.decode.scalar import ScalarDecoder
from edge.frames import CLASSIC_BYTES, FD_BYTES
from tests.shared import find_shared

PAYLOADS = 20
"""Of each message."""


def lines_of(message: CanMessage) -> Iterator[tuple[object, ...]]:
    for signal in message.signals:
        if signal.length > NUMBER_BITS:
            continue  # text; we say so
        branch = (
            None if not signal.multiplexer_ids else (signal.multiplexer_signal, tuple(sorted(signal.multiplexer_ids)))
        )
        labels = {int(raw): str(label) for raw, label in (signal.choices or {}).items()}
        place = (signal.start, signal.length, signal.byte_order == "big_endian")
        number = Number.FLOAT if signal.is_float else Number.SIGNED if signal.is_signed else Number.UNSIGNED
        yield signal.name, place, number, float(signal.scale), float(signal.offset), labels, branch


def our_lines_of(message: MessageLayout) -> Iterator[tuple[object, ...]]:
    for one in message.signals:
        branch = None
        if one.branch is not None:
            values = tuple(sorted({value for low, high in one.branch.values for value in range(low, high + 1)}))
            branch = (one.branch.selector, values)
        yield one.name, (one.start, one.length, one.big), one.number, one.scale, one.offset, dict(one.labels), branch


@pytest.fixture(scope="module")
def files() -> list[Path]:
    return sorted((find_shared(os.environ) / "data" / "dbc").rglob("*.dbc"))


def theirs_of(file: Path) -> CanDatabase | None:
    try:
        return cast("CanDatabase", cantools.database.load_file(file, strict=False))
    except (CantoolsError, ValueError):
        return None


def pairs_of(file: Path) -> Iterator[tuple[MessageLayout, CanMessage]]:
    """Messages that both have, and that cantools does not mistake."""
    theirs = theirs_of(file)
    ours = {(one.extended, one.id): one for one in read_dbc(file.read_bytes()).messages}
    for message in [] if theirs is None else theirs.messages:
        mine = ours[message.is_extended_frame, message.frame_id]
        is_twice = len({signal.name for signal in message.signals}) < len(message.signals)  # one name of two signals
        is_another = mine.name != message.name  # the second message of one id: we keep the first
        is_odd = (
            file.name == "vw_pq.dbc" and mine.name == "Motor_2"
        )  # its selector is marked m, which it takes for none
        if not (is_twice or is_another or is_odd):
            yield mine, message


def test_what_cantools_reads_is_read_alike_and_what_it_refuses_is_read(files: list[Path]) -> None:
    counts = Counter(refused=0, ours=0, messages=0)
    for file in files:
        messages = read_dbc(file.read_bytes()).messages
        counts["ours"] += bool(messages)
        counts["refused"] += theirs_of(file) is None and bool(messages)
        for mine, theirs in pairs_of(file):
            counts["messages"] += 1
            assert (mine.length, mine.cycle_s) == (theirs.length, (theirs.cycle_time or 0) / 1000 or None), mine.name
            units = {signal.name: signal.unit for signal in mine.signals}
            assert sorted(our_lines_of(mine), key=str) == sorted(lines_of(theirs), key=str), (file.name, units)
    assert (counts["ours"], counts["refused"]) == (74, 4), "of the 74 that hold messages cantools refuses 4"
    assert counts["messages"] > 2000


def test_random_payloads_give_what_cantools_gives(files: list[Path]) -> None:
    samples = 0
    dice = np.random.default_rng(1)
    for file in files:
        messages = read_dbc(file.read_bytes()).messages
        signals = [signal for message in messages for signal in message.signals]
        tables, _ = compiled(messages, [Conversion()] * len(signals))
        flat, scalar = FlatDecoder(tables), ScalarDecoder(tables)
        number = {message.name: place for place, message in enumerate(messages)}
        for mine, theirs in pairs_of(file):
            if not mine.signals or mine.length > FD_BYTES or mine.j1939:
                continue
            payload = np.zeros((PAYLOADS, CLASSIC_BYTES if mine.length <= CLASSIC_BYTES else FD_BYTES), np.uint8)
            payload[:, : mine.length] = dice.integers(0, 256, (PAYLOADS, mine.length))
            found = flat.decode(np.full(PAYLOADS, number[mine.name]), payload, np.full(PAYLOADS, mine.length, np.uint8))
            ours: list[dict[str, float]] = [{} for _ in range(PAYLOADS)]
            for row, (frame, signal, value) in enumerate(zip(found.frame, found.signal, found.value, strict=True)):
                ours[frame][signals[signal].name] = found.exact.get(row, float(value))
            for row, mine_found in enumerate(ours):
                content = payload[row, : mine.length].tobytes()
                block, values = scalar.decode(number[mine.name], content)
                assert block.number == found.block[row]
                one_by_one = {
                    signals[signal].name: scalar.exact(block, content).get(signal, value)
                    for signal, value in zip(block.signals, values, strict=True)
                    if value is not None
                }
                assert one_by_one == mine_found
                said = numbers(theirs, content)
                if said is not None:
                    assert mine_found == said, (file.name, mine.name, content.hex())
                    samples += len(said)
    assert samples > 200_000


def numbers(message: CanMessage, payload: bytes) -> dict[str, float] | None:
    """None: it decodes no such frame, as of a selector that it does not know."""
    try:
        found = message.decode(payload, decode_choices=False)
    except (CantoolsError, KeyError):
        return None
    return {name: value for name, value in cast("dict[str, float]", found).items() if value - value == 0}
