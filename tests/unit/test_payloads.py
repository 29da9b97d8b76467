"""Payloads that reach all of a message do: every combination of selectors, every signal."""

import numpy as np
from hypothesis import given

from edge.decode.dbc import read_dbc
from edge.decode.layout import Branch, MessageLayout, SignalLayout
from tests.beside_cantools import Ours
from tests.payloads import bits_of, payloads, placed, ways
from tests.unit.edge.databases import MadeMessage, nested_messages, text_of


@given(nested_messages())
def test_every_signal_is_reached_whatever_selects_it(made: MadeMessage) -> None:
    [message] = read_dbc(text_of({made.identifier: made}).encode()).messages
    contents = payloads(message, 1, np.random.default_rng(0))
    said = Ours([message]).at_once(message, contents)
    assert {name for one in said for name in one} == {signal.name for signal in message.signals}
    signals = {signal.name: signal for signal in message.signals}
    for way in ways(message):
        assert any(all(bits_of(one, signals[name]) == raw for name, raw in way.items()) for one in contents)


def test_selectors_that_do_not_know_of_each_other_are_crossed() -> None:
    selectors = [SignalLayout(f"Sel{n}", 8 * n, 8, big=False) for n in range(2)]
    chosen = [SignalLayout(f"Val{n}", 16 + 8 * n, 8, big=False, branch=Branch(f"Sel{n}", ((3, 4),))) for n in range(2)]
    found = ways(MessageLayout("M", 1, extended=False, length=8, signals=(*selectors, *chosen)))
    assert sorted((way["Sel0"], way["Sel1"]) for way in found) == [(a, b) for a in (3, 4, 5) for b in (3, 4, 5)]


def test_bits_are_put_where_they_are_read() -> None:
    for signal in (SignalLayout("S", 3, 13, big=False), SignalLayout("S", 3, 13, big=True)):
        content = placed(b"\xff" * 8, signal, 0x1234)
        assert bits_of(content, signal) == 0x1234
        assert placed(content, signal, 0x1FFF) == b"\xff" * 8
