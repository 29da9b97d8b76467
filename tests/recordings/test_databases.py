"""Databases of the field: what cantools reads is read alike, and every payload gives the same bits."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cantools.database.can import Message as CanMessage

from edge.decode.database import read_layouts
from edge.decode.dbc import read_dbc
from edge.decode.layout import NUMBER_BITS, MessageLayout, Number
from edge.decode.protocol import suspicions
from edge.errors import ConfigError
from tests.beside_cantools import Account, Confused, compare, of_cantools
from tests.shared import find_shared

PAYLOADS = 20
"""Of each message, or more where its selectors have more combinations."""
FOREIGN = frozenset({".kcd", ".sym", ".arxml"})


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


def pairs_of(file: Path) -> Iterator[tuple[MessageLayout, CanMessage]]:
    """Messages that both have, and that cantools does not mistake."""
    theirs = of_cantools(file)
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
        counts["refused"] += of_cantools(file) is None and bool(messages)
        for mine, theirs in pairs_of(file):
            counts["messages"] += 1
            assert (mine.length, mine.cycle_s) == (theirs.length, (theirs.cycle_time or 0) / 1000 or None), mine.name
            units = {signal.name: signal.unit for signal in mine.signals}
            assert sorted(our_lines_of(mine), key=str) == sorted(lines_of(theirs), key=str), (file.name, units)
    assert (counts["ours"], counts["refused"]) == (74, 4), "of the 74 that hold messages cantools refuses 4"
    assert counts["messages"] > 2000


def test_payloads_that_reach_every_selector_give_what_cantools_gives(files: list[Path]) -> None:
    """DBC, KCD, SYM and ARXML, in windows of many and of one; `tests.study.databases` takes 500 of each message."""
    account, dice = Account(), np.random.default_rng(1)
    for file in [*files, *(one for one in files[0].parent.rglob("*") if one.suffix in FOREIGN)]:
        theirs = of_cantools(file)
        if theirs is not None and theirs.messages:
            account.add(compare(file, theirs, PAYLOADS, dice))
    assert (account.differences, account.examples.keys() - account.confused.keys()) == ({}, set())
    assert account.confused == {Confused.TWICE: 6, Confused.SAME_ID: 1, Confused.ENCODING: 1, Confused.SELECTOR: 1}
    assert account.aside.keys() == {"without signals"}
    assert account.messages > 2_250
    assert account.ways > 3_300
    assert account.samples > 200_000
    assert account.masked > 8_000
    assert account.alone > 3_000, "of payloads that cantools rejects"


def test_no_database_of_a_car_looks_like_j1939_and_those_of_trucks_do(files: list[Path]) -> None:
    """With what says that they are taken out of those that say so."""
    suspected = set()
    for file in [*files, *(one for one in files[0].parent.rglob("*") if one.suffix in FOREIGN)]:
        with suppress(ConfigError):
            plain = [replace(message, j1939=False) for message in read_layouts(file).messages]
            suspected |= {file.name} if suspicions(plain, "") else set()
    assert suspected == {"j1939-open.dbc", "j1939-demo.dbc"}
